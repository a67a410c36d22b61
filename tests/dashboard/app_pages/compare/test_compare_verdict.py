"""The verdict on Compare, from predictions as a run keeps them."""

import re
from urllib.parse import parse_qs

import pytest

from cache.core.processes import ProcessIdentity
from cache.tasks.task_status import RUNNING, TaskStatus
from cache.tasks.text_tasks import ReadTestTexts
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.machine.devices import cpu
from tests.dashboard.pages import texts


@pytest.fixture
def open_verdict(open_compare):
    return lambda **query: open_compare(**{"epochs": "2"} | query)


def test_what_differs_and_what_does_not_is_reported(open_verdict, trained, classes, store):
    trained(flatten=(0.70, 0.71, 0.70), gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    app = open_verdict(models=["Flatten", "GRU", "LSTM"])
    assert not app.exception
    shown = texts(app, "markdown")
    assert "GRU beats Flatten by 20.0 points (simultaneous 95% interval" in shown
    assert "LSTM and GRU cannot be told apart with 3 seeds: the mean of LSTM is 1.3 points higher" in shown
    assert "of 3 pairs can be told apart" in texts(app, "caption")


def test_compare_begins_with_what_to_take(open_verdict, trained, classes):
    trained(gru=(0.90, 0.90, 0.90), lstm=(0.91, 0.91, 0.91))
    app = open_verdict(models=["GRU", "LSTM"], margin="5 points")
    assert not app.exception
    shown = texts(app, "markdown")
    assert "Take GRU: none of the others is better by more than 5 points" in shown
    assert shown.index("Take GRU") < shown.index("LSTM and GRU are equal within 5 points")
    app.selectbox(key="margin").set_value("1 point").run()
    assert "Take LSTM: none of the others is better by more than 1 point" in texts(app, "markdown")
    assert "Train two or more." in texts(open_verdict(models=["Flatten", "Conv1D"]), "markdown")


def test_a_wrong_margin_is_reported(open_verdict, trained, classes):
    trained(gru=(0.90,) * 3, lstm=(0.93,) * 3)
    app = open_verdict(models=["GRU", "LSTM"], margin="7 points")
    assert "“7 points” as margin" in app.warning[0].value.replace("\\", "")


def test_runs_that_diverged_are_counted(open_verdict, trained, classes, store):
    trained(gru=(0.90,) * 3, lstm=(0.93,) * 2)
    fingerprint = get_dataset("imdb").fingerprint(None)
    spec = RunSpec.create(dataset="imdb", fingerprint=fingerprint, architecture="lstm", seed=2)
    (run_id,) = store.submit([spec], 2, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.fail(run_id, "The loss became nan in epoch 1: choose a learning rate below 0.001.")
    assert "1 run of LSTM diverged and cannot be compared." in texts(open_verdict(models=["GRU", "LSTM"]), "markdown")


def settle_button(app):
    (button,) = [each for each in app.button if str(each.key).startswith("settle")]
    return button


def seeds_needed(app):
    return int(re.search(r"like these, (\d+) seeds are needed to decide", texts(app, "markdown"))[1])


def test_the_seeds_of_the_next_look_are_queued(open_verdict, trained, classes, store):
    trained(gru=(0.86, 0.85, 0.87), lstm=(0.85, 0.93, 0.97))
    app = open_verdict(models=["GRU", "LSTM"])
    assert seeds_needed(app) > 5
    assert settle_button(app).label.startswith("Train 4 runs to 5 seeds (")
    settle_button(app).click().run()
    assert not app.exception
    assert app.number_input(key="seeds").value == 5
    queued = [run.spec for run in store.runs(["queued"])]
    assert {(spec.architecture, spec.seed) for spec in queued} == {
        (name, seed) for name in ("gru", "lstm") for seed in (3, 4)
    }
    assert "looking after every seed would find differences where there are none" in texts(app, "caption")


def test_the_seeds_of_the_last_look_can_be_asked_for(open_verdict, trained, classes, store):
    accuracies = [0.86, 0.85, 0.87, 0.86, 0.85] * 4
    trained(gru=accuracies, lstm=[each + (0.12, -0.03)[seed % 2] for seed, each in enumerate(accuracies)])
    app = open_verdict(models=["GRU", "LSTM"], seeds="20")
    assert seeds_needed(app) == 40
    button = settle_button(app)
    assert button.label.startswith("Train 40 runs to 40 seeds")


def test_seeds_that_are_cached_already_are_shown_without_training(open_verdict, trained, classes, store):
    trained(gru=(0.86, 0.85, 0.87), lstm=(0.85, 0.93, 0.97))
    settle_button(open_verdict(models=["GRU", "LSTM"])).click().run()
    app = open_verdict(models=["GRU", "LSTM"])  # as they wait, nothing is missing
    (button,) = [each for each in app.button if each.label == "Show 5 seeds"]
    button.click().run()
    assert app.number_input(key="seeds").value == 5


def test_who_reads_other_tokens_is_reported_by_the_verdict(open_verdict, trained, classes):
    trained(lstm=(0.90, 0.91, 0.90), lstm_small_vocabulary=(0.85, 0.86, 0.85))
    app = open_verdict(models=["LSTM", "LSTM, small vocabulary"])
    assert "because they read other tokens: LSTM, small vocabulary" in texts(app, "caption")
    trained(gru=(0.8,) * 3)
    assert "other tokens:" not in texts(open_verdict(models=["LSTM", "GRU"]), "caption")


def test_one_architecture_or_one_seed_has_no_verdict(open_verdict, trained, classes):
    trained(gru=(0.9,), lstm=(0.8,))
    app = open_verdict(models=["GRU", "LSTM"], seeds="1")
    assert "cannot be told apart with 1 seed" in texts(app, "markdown")
    app = open_verdict(models=["GRU"], seeds="1")
    assert "Verdict" not in [each.value for each in app.subheader]


def test_runs_from_elsewhere_need_the_test_texts_first(open_verdict, trained, store, started_tasks):
    trained(gru=(0.9,) * 3, lstm=(0.8,) * 3)
    app = open_verdict(models=["GRU", "LSTM"])
    assert "their test texts must be read" in texts(app, "caption")
    app.button(key="read_test").click().run()
    task = ReadTestTexts("imdb")
    assert started_tasks == [(store.root, task)]
    me = ProcessIdentity.current().to_json()
    TaskStatus(RUNNING, "Reading IMDB reviews", me, 0).write(task.status_file(store.root))
    assert "Reading IMDB reviews …" in texts(open_verdict(models=["GRU", "LSTM"]), "caption")


def test_all_pairs_are_drawn_when_asked_for(open_verdict, trained, classes):
    trained(flatten=(0.70, 0.71, 0.70), gru=(0.90, 0.91, 0.90))
    closed, opened = (open_verdict(models=["Flatten", "GRU"], pairs_open=value) for value in ("false", "true"))
    assert "Bonferroni" not in texts(closed, "caption")
    assert "Bonferroni: each of 1 has a level of 99.00%" in texts(opened, "caption")


def test_where_they_disagree(open_verdict, trained, classes):
    trained(gru=(0.90, 0.91, 0.90), lstm=(0.85, 0.93, 0.97))
    for view in ("Contested texts", "Agreement", "Confusion", "Calibration"):
        app = open_verdict(models=["GRU", "LSTM"], disagreement_open="true", disagreement=view)
        assert not app.exception
        if view == "Contested texts":
            table = next(each.value for each in app.dataframe if "Text" in each.value)
            assert {"GRU", "LSTM"} <= set(table) and len(table) == 48
            assert "The models disagree on 48 of 400 test texts." in texts(app, "caption")
            assert app.get("code")[-1].value.startswith("Text ")
            assert "GRU: positive 100%" in texts(app, "caption") or "GRU: negative 100%" in texts(app, "caption")
        else:
            assert {"Agreement": "another seed", "Confusion": "predicted class", "Calibration": "overconfident"}[
                view
            ] in texts(app, "caption")


def test_models_that_agree_on_every_text_are_said_to(open_verdict, trained, classes):
    trained(gru=(0.90, 0.90), lstm=(0.90, 0.90))
    app = open_verdict(models=["GRU", "LSTM"], seeds="2", disagreement_open="true")
    assert not app.exception
    assert "give the same answer to each of 400 test texts" in texts(app, "info")
    assert not any("Text" in each.value for each in app.dataframe)


def test_a_contested_text_is_opened_in_the_models_of_the_comparison(open_verdict, trained, classes, store, finish):
    trained(gru=(0.90, 0.91), lstm=(0.85, 0.93))
    query = {"models": ["GRU", "LSTM"], "seeds": "2", "disagreement_open": "true"}
    links = {each.proto.label: parse_qs(each.proto.query_string) for each in open_verdict(**query).get("page_link")}
    opened = links["See inside these models as they read it"]
    first = {run.label: run.title for run in reversed(store.runs())}
    assert set(opened["inside_models"]) == set(first.values())
    assert opened["inside_text"][0].startswith("Text ")
    for run in store.runs():
        (store.files_dir(run.id) / "best_weights.npz").unlink()
    assert "no run of exactly" not in texts(open_verdict(**query), "caption")
    longer = finish(next(run for run in store.runs() if run.label == "GRU").spec, [0.7] * 3)
    app = open_verdict(**query)
    opened = {each.proto.label: parse_qs(each.proto.query_string) for each in app.get("page_link")}
    assert opened["See inside these models as they read it"]["inside_models"] == [longer.title]
    assert (
        "1 model of 3 epochs answers there (GRU), because no run of exactly 2 epochs has its weights in this cache."
        in texts(app, "caption")
    )
    (store.files_dir(longer.id) / "best_weights.npz").unlink()
    links = [each.proto.label for each in open_verdict(**query).get("page_link")]
    assert not [label for label in links if label.startswith("See inside")]


def test_equal_parameters_are_set_and_queued(open_verdict, store):
    app = open_verdict(models=["GRU", "LSTM"], budgets_open="true", seeds="1", param_budget="200000")
    assert not app.exception
    table = next(each.value for each in app.dataframe if "Sized by" in each.value)
    assert (abs(table["Parameters"] / 200_000 - 1) <= 0.01).all()
    app.button(key="train_matched").click().run()
    assert not app.exception
    counts = {run.num_params for run in store.runs(["queued"])}
    assert counts == set(table["Parameters"])
    units = app.number_input(key="gru.units").value
    assert units > 32 and app.query_params["gru.units"] == str(units)


def test_equal_time_and_accuracy(open_verdict, trained):
    trained(gru=(0.9,) * 3, lstm=(0.8,) * 3)
    for budget, heading in (("Equal time", "Epochs done"), ("Equal accuracy", "Seeds that reached it")):
        app = open_verdict(models=["GRU", "LSTM"], budgets_open="true", budget=budget)
        assert not app.exception
        table = next(each.value for each in app.dataframe if heading in each.value)
        assert sorted(table["Architecture"]) == ["GRU", "LSTM"]


def test_runs_that_were_timed_elsewhere_have_no_equal_time(open_verdict, finish, trained):
    app = open_verdict(models=["GRU"], budgets_open="true", budget="Equal time")
    assert "No run of this line-up" in texts(app, "caption")


def test_a_sentence_is_put_to_every_model(open_verdict, trained, store, monkeypatch):
    from cache.inference import generation_requests
    from cache.inference.generation_requests import Answer, Request
    from cache.tasks.task_status import DONE
    from models.training.generation import Candidate, Step

    started = []
    monkeypatch.setattr(generation_requests, "ensure_process", started.append)
    trained(gru=(0.9,) * 3, lstm=(0.8,) * 3)
    query = {"models": ["GRU", "LSTM"], "ask_open": "true", "question": "Not bad at all."}
    app = open_verdict(**query)
    assert app.button(key="ask").label == "Ask 6 models"
    app.button(key="ask").click().run()
    assert not app.exception and started
    request = Request(tuple(range(1, 7)), "Not bad at all.", 1, 1.0, 1, 0)
    candidates = (Candidate("positive", 0.9, 0.9), Candidate("negative", 0.1, 0.1))
    steps = {run: (Step("positive", 0.9, 0.9, candidates),) for run in range(1, 6)}
    me = ProcessIdentity.current().to_json()
    Answer(DONE, "Written", me, steps | {6: ()}, {6: "The weights are gone."}).write(store, request)
    app = open_verdict(**query)
    assert not app.exception
    table = next(each.value for each in app.dataframe if "Seeds that say so" in each.value)
    assert table["Seeds that say so"].tolist() == ["3 of 3", "2 of 2"]
    assert table["Mean probability of “positive”"].tolist() == pytest.approx([90, 90])
    assert "The weights are gone." in texts(app, "caption")


def test_the_line_up_is_drawn_when_asked_for(open_verdict):
    def drawn(**query):
        return [each for each in open_verdict(**query).get("vega_lite_chart") if "Boxes" in each.proto.alt]

    assert not drawn(models=["GRU", "LSTM"])
    shown = drawn(models=["GRU", "LSTM"], drawing_open="true")
    assert [each.proto.alt.partition(".")[0] for each in shown] == ["GRU", "LSTM"]


def test_the_method_names_the_device_of_seconds_only_where_seconds_are_compared(open_verdict, trained, classes, store):
    trained(gru=(0.90,) * 3, lstm=(0.93,) * 3)
    query = {"models": ["GRU", "LSTM"], "pairs_open": "true"}
    assert f"Seconds are those of {cpu().name}, training only." in texts(open_verdict(**query), "caption")
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET contended = 'a game'")
    assert "disturbed" not in texts(open_verdict(**query), "caption").replace("disturbed seconds above", "")
    app = open_verdict(contended="true", **query)
    note = "Seconds and their ratios include 6 disturbed runs, whose seconds are too high."
    assert texts(app, "caption").count(note) == 1 and note not in texts(app, "markdown")
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET device = 'NVIDIA H200'")
    assert f"Seconds are those of {cpu().name}" not in texts(open_verdict(**query), "caption")
