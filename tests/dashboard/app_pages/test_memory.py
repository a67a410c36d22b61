from urllib.parse import parse_qs

import pytest

from cache.core.processes import ProcessIdentity
from dashboard.shell import links
from models.data.memory_tests import ONE_CUE, ORDER, TESTS, memory_dataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.statistics.learnt import CAVEAT
from models.text.encoding import TextEncoding
from tests.dashboard.pages import texts

LINE_UP = ("simple_rnn", "gru", "lstm", "conv1d", "flatten")


@pytest.fixture
def open_memory(open_page):
    return lambda page="memory", **query: open_page(page, **query)


def specs_at(steps, test=ONE_CUE, directions=2, names=LINE_UP):
    dataset = memory_dataset(steps, test)
    entries = tuple(Entry(name, {} if directions == 2 else {"directions": directions}) for name in names)
    asked = Comparison(dataset.name, None, TextEncoding(), Training(), 10, 3, entries)
    return asked.specs(dataset.fingerprint(None))


def test_an_empty_cache_shows_what_to_do_and_the_texts(open_memory):
    app = open_memory()
    assert "0 of 75 runs cached" in texts(app, "markdown")  # 5 architectures, 5 distances, 3 seeds
    assert app.button(key="train").label == "Train 75 runs"
    assert "shortest distances come first" in texts(app, "info")
    assert "Generated data" in texts(app, "markdown") and "10 steps back" in texts(app, "markdown")
    assert ":orange-background[**terrible**]" in " ".join(element.value for element in app.markdown)


def test_the_address_holds_the_choices_and_train_queues_the_shortest_first(open_memory, store):
    app = open_memory(
        memory_steps=["5", "10"], memory_models=["SimpleRNN", "LSTM"], memory_seeds="1", memory_epochs="4"
    )
    app.button(key="train").click().run()
    assert not app.exception
    queued = sorted(store.runs(["queued"]), key=lambda run: run.id)
    assert [(run.settings["dataset"], run.label, run.epochs) for run in queued] == [
        (f"memory_{steps}", label, 4) for steps in (5, 10) for label in ("SimpleRNN", "LSTM")
    ]
    assert "4 in training or waiting" in texts(app, "markdown")


def test_cached_runs_are_drawn_described_and_tabled(open_memory, finish):
    for steps, accuracy in ((2, 1.0), (80, 0.52)):
        for seed in range(2):
            finish(specs_at(steps)["SimpleRNN"][seed], [accuracy] * 10)
    app = open_memory(memory_steps=["2", "80"], memory_seeds="2")
    assert "4 of 60 runs cached" in texts(app, "markdown")
    assert "**SimpleRNN** remembers up to 2 steps back; only guesses from 80 steps on" in texts(app, "markdown")
    assert CAVEAT in texts(app, "markdown")
    assert len(app.get("vega_lite_chart")) == 1
    assert "mean over 2 seeds" in texts(app, "caption")
    assert app.dataframe[0].value["Architecture"].tolist() == ["SimpleRNN"]


def test_the_address_holds_the_test_and_the_directions(open_memory, store):
    app = open_memory(
        memory_test=ORDER.kind, memory_directions="one direction", memory_steps=["10", "20"],
        memory_models=["GRU", "Conv1D"], memory_seeds="1",
    )  # fmt: skip
    assert not app.warning
    app.button(key="train").click().run()
    assert not app.exception
    queued = sorted(store.runs(["queued"]), key=lambda run: run.id)
    assert [(run.settings["dataset"], run.label) for run in queued] == [
        (f"memory_order_{steps}", label) for steps in (10, 20) for label in ("GRU (1 direction)", "Conv1D")
    ]
    shown = texts(app, "markdown")
    assert all(f"Class *{label}*" in shown for label in ORDER.labels)
    assert ":orange-background[**terrible**]" in shown and "Hochreiter" in texts(app, "caption")


@pytest.mark.parametrize("kind", [test.kind for test in TESTS.values()])
@pytest.mark.parametrize("directions", ["one direction", "both directions"])
def test_every_test_can_be_asked_in_one_direction_and_in_both(open_memory, kind, directions):
    app = open_memory(memory_test=kind, memory_directions=directions)
    assert not app.warning and f"**{kind}:**" in texts(app, "markdown")
    assert "0 of 75 runs cached" in texts(app, "markdown")


def test_a_link_of_before_there_were_other_tests_asks_the_same_as_ever(open_memory, store):
    app = open_memory(
        memory_models=["SimpleRNN", "GRU", "LSTM"], memory_steps=["10", "80"], memory_epochs="10", memory_seeds="3"
    )
    assert not app.warning and "0 of 36 runs cached" in texts(app, "markdown")
    app.button(key="train").click().run()
    if again := [button for button in app.button if button.key == "yes train"]:
        again[0].click().run()
    queued = {run.identity for run in store.runs(["queued"])}
    names = ("simple_rnn", "gru", "lstm")
    assert queued == {
        spec.identity for steps in (10, 20, 40, 80) for each in specs_at(steps, names=names).values() for spec in each
    }


def test_seeds_in_two_groups_are_shown_in_place_of_a_mean(open_memory, finish):
    for seed, accuracy in enumerate((1.0, 0.48, 0.48)):
        finish(specs_at(40)["GRU"][seed], [accuracy] * 10)
    app = open_memory(memory_steps=["40", "40"], memory_models=["GRU"])
    # ``finish`` gives each run a test accuracy one point below the validation accuracy.
    expected = "1 of 3 seeds learnt it (99%, 47%, 47%)"
    assert f"**GRU** at 40 steps back {expected}" in texts(app, "markdown")
    assert app.dataframe[0].value["40 back"].tolist() == [expected]


def test_progress_shows_how_far_back(open_memory, store):
    (run_id,) = store.submit([specs_at(40)["LSTM"][0]], 10, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.set_progress(run_id, epoch=2, batch=8, num_batches=32, seconds=1.5)
    (bar,) = open_memory().get("progress")
    assert "LSTM, 40 steps back" in bar.proto.text and "epoch 2 of 10" in bar.proto.text


def test_what_cannot_work_is_left_out_where_it_cannot(open_memory):
    app = open_memory(memory_steps=["2", "20"], memory_models=["SimpleRNN", "Conv1D, stacked"], memory_seeds="1")
    assert "Left out at 2, 5 steps back" in texts(app, "error")
    assert app.button(key="train").label == "Train 6 runs"


def test_odd_addresses_and_no_architectures_are_explained(open_memory):
    app = open_memory(memory_steps=["3", "20"], memory_epochs="0")
    assert "“3” as memory_steps" in texts(app, "warning") and "“0” as memory_epochs" in texts(app, "warning")
    app.pills(key="memory_models").set_value([]).run()
    assert "Pick one or more" in texts(app, "info")


@pytest.mark.parametrize("page", ["compare", "data"])
@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_other_pages_take_it_as_a_dataset_with_its_steps(open_memory, page, test):
    app = open_memory(page, **links.dataset_query(memory_dataset(33, test)))
    assert app.slider(key="steps").value == 33
    assert f"{test.title}, 33 steps back (generated)" in " ".join(
        texts(app, kind) for kind in ("markdown", "subheader")
    )
    assert f"read whole, all {test.num_words(33)}" in texts(app, "caption")
    assert not [field for field in app.number_input if field.key in ("vocabulary", "length")]
    assert not app.warning
    odd = open_memory(page, **links.dataset_query(memory_dataset(33, test)) | {"steps": "500"})
    assert "“500” as steps, which goes from 2 to 200" in texts(odd, "warning")


def test_its_runs_are_marked_and_lead_back_to_their_question(store, finish):
    run = finish(specs_at(20)["LSTM"][1], [0.9] * 10)
    assert run.marks == ["generated data"]
    query = links.compare_query(run)
    assert (query["dataset"], query["steps"]) == ("Memory test (generated)", "20")
    assert not {"length", "vocabulary", "tokens"} & set(query)


def test_the_list_of_runs_marks_them(open_memory, finish):
    finish(specs_at(20)["LSTM"][1], [0.9] * 10)
    app = open_memory("runs")
    assert app.dataframe[0].value["marks"].tolist() == ["generated data"]


def test_link_opens_the_models_of_the_legible_distance_with_a_test_text(open_memory, store, finish):
    for steps in (2, 10, 80):
        for seed in range(2):
            finish(specs_at(steps)["LSTM"][seed], [0.9] * 10)
    gru = finish(specs_at(10)["GRU"][0], [0.9] * 10)
    app = open_memory(memory_steps=["2", "80"], memory_seeds="2")
    query = inside_query(app, "See inside these models, 10 steps back")
    first = next(run for run in store.runs() if run.settings["dataset"] == "memory_10")
    assert query["inside_models"] == [gru.title, first.title]
    assert query["inside_text"] == [memory_dataset(10, ONE_CUE).load(None)["test"].texts[0]]
    (store.files_dir(gru.id) / "best_weights.npz").unlink()
    assert inside_query(app.run(), "See inside these models, 10 steps back")["inside_models"] == [first.title]


def inside_query(app, label):
    (link,) = [link for link in app.get("page_link") if link.proto.label == label]
    return parse_qs(link.proto.query_string)
