import pytest

SLIDES = [
    "Which will be right",
    "The ranking",
    "Who is right",
    "How large",
    "How long",
    "How do they",
    "What can be said",
]


@pytest.fixture
def open_slide(open_page):
    return lambda **query: open_page("present", **{"epochs": "2", "models": ["GRU", "LSTM"]} | query)


@pytest.mark.parametrize("slide", range(7))
def test_every_slide(open_slide, trained, classes, slide):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    app = open_slide(slide=str(slide))
    assert not app.exception
    assert app.header[0].value.startswith(SLIDES[slide])
    has_chart = 2 <= slide <= 5
    files = [button.proto.label for button in app.get("download_button")]
    assert files == (["PNG", "SVG", "CSV"] if has_chart else [])


def test_pages_are_turned_and_the_guess_is_judged(open_slide, trained, classes):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.50, 0.51, 0.50))
    app = open_slide()
    app.multiselect(key="guess").set_value(["LSTM", "GRU"]).run()
    app.button(key="next").click().run()
    assert not app.exception
    assert app.header[0].value == "The ranking"
    said = " ".join(each.value.replace("\\", "") for each in app.markdown)
    assert "0 of 1 pairs in the right order" in said or "No pair is decided yet" in said
    app.button(key="back").click().run()
    assert app.header[0].value.startswith("Which will be right")
    assert app.multiselect(key="guess").value == ["LSTM", "GRU"]


def test_without_runs_it_says_where_to_train_them(open_slide):
    app = open_slide()
    assert not app.exception
    assert "Train it on Compare" in app.info[0].value


@pytest.mark.parametrize("slide", ["-1", "99", "nonsense"])
def test_a_slide_that_is_not_there_is_the_first_or_the_last(open_slide, trained, classes, slide):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    assert not open_slide(slide=slide).exception
