import pytest

SLIDES = [
    "Which will be right",
    "These runs cannot rank them",
    "Which is right",
    "How large",
    "How long",
    "How do they",
    "Which one to take",
]


@pytest.fixture
def open_slide(open_page):
    return lambda **query: open_page("present", **{"epochs": "2", "models": ["GRU", "LSTM"]} | query)


def test_every_slide(open_slide, trained, classes):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    for slide in range(7):
        app = open_slide(slide=str(slide))
        assert not app.exception
        assert app.header[0].value.startswith(SLIDES[slide])
        has_chart = 2 <= slide <= 5
        files = [button.proto.label for button in app.get("download_button")]
        assert files == (["PNG", "SVG", "CSV"] if has_chart else [])


def test_pages_are_turned_and_the_guess_is_judged(open_slide, trained, classes):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.50, 0.51, 0.50))
    app = open_slide()
    app.button(key="choice order LSTM").click().run()
    app.button(key="choice order GRU").click().run()
    assert app.query_params["guess"] == ["LSTM", "GRU"]
    app.button(key="next").click().run()
    assert not app.exception
    assert app.header[0].value == "The ranking"
    shown = " ".join(each.value.replace("\\", "") for each in app.markdown)
    assert "0 of 1 pair in the right order." in shown and "2. LSTM :gray[" in shown
    app.button(key="back").click().run()
    assert app.header[0].value.startswith("Which will be right")
    assert "LSTM :blue[our number 1]" in " ".join(each.value for each in app.markdown)
    app.button(key="choice order LSTM").click().run()
    assert app.query_params["guess"] in ("GRU", ["GRU"])


def test_the_keys_of_the_digits_guess(open_slide, trained, classes):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.50, 0.51, 0.50))
    guesses = [button for button in open_slide().button if button.label == "Guess"]
    assert [button.proto.shortcut for button in guesses] == ["1", "2"]


def test_nothing_is_ahead_where_nothing_is_decided(open_slide, trained, classes):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    for slide in ("1", "6"):
        shown = " ".join(each.value for each in open_slide(slide=slide).markdown)
        assert "Cannot be told apart with 3 seeds" in shown and "ahead" not in shown


def test_the_last_slide_begins_with_what_to_take(open_slide, trained, classes):
    trained(gru=(0.90, 0.90, 0.90), lstm=(0.91, 0.91, 0.91))
    app = open_slide(slide="6", margin="5 points")
    shown = [each.value.replace("\\", "") for each in app.markdown]
    assert shown[0].startswith("### Take GRU: none of the others is better by more than 5 points")
    assert any("are equal within 5 points" in each for each in shown[1:])
    assert open_slide(slide="6", margin="0.5 points").markdown[0].value.startswith("### Take LSTM")


def test_places_that_are_not_decided_are_ranges(open_slide, trained, classes):
    trained(flatten=(0.50, 0.50, 0.50), gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    shown = [each.value.replace("\\", "") for each in open_slide(slide="1", models=["Flatten", "GRU", "LSTM"]).markdown]
    assert any(each.startswith("### 1–3. LSTM") for each in shown) and any(
        each.startswith("### 2–3. F") for each in shown
    )


def test_seconds_say_of_how_many_epochs_they_are(open_slide, trained, classes):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    captions = " ".join(each.value for each in open_slide(slide="4").caption)
    assert "the median of the 2 epochs of a run" in captions


def test_without_runs_it_shows_where_to_train_them(open_slide):
    app = open_slide()
    assert not app.exception
    assert "Train it on Compare" in app.info[0].value


@pytest.mark.parametrize("slide", ["-1", "7", "99", "nonsense"])
def test_a_slide_that_does_not_exist_is_reported_and_the_first_is_shown(open_slide, trained, classes, slide):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    app = open_slide(slide=slide)
    assert f"“{slide}” as slide, which goes from 0 to 6" in app.warning[0].value.replace("\\", "")
    assert app.header[0].value.startswith(SLIDES[0])
