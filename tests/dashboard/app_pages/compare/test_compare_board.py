"""The leaderboard and the reading of overfitting on Compare."""

import pytest

from cache.core.processes import ProcessIdentity
from dashboard.leaderboard import board_view
from dashboard.shell import session
from models.data.datasets import get_dataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from tests.dashboard.pages import texts

HERE = cpu().name
LINE_UP = ("flatten", "lstm", "lstm_small_vocabulary", "gru")
MODELS = ["Flatten", "LSTM", "LSTM, small vocabulary", "GRU"]


@pytest.fixture(autouse=True)
def one_device(monkeypatch):
    monkeypatch.setattr(session, "devices", lambda backend: [cpu()])


@pytest.fixture
def specs():
    entries = tuple(Entry(name) for name in LINE_UP)
    comparison = Comparison("imdb", None, TextEncoding(), Training(), 3, 2, entries)
    return comparison.specs(get_dataset("imdb").fingerprint(None))


@pytest.fixture
def open_board(open_compare):
    def open_it(**query):
        app = open_compare(**{"models": MODELS, "epochs": "3", "seeds": "2"} | query)
        assert not app.exception
        return app

    return open_it


def boards(app):
    """The tables of the leaderboard, without that of overfitting and those of layers."""
    wanted = (
        {"Architecture", "Seeds"} <= set(frame.value) and "Drop after best" not in frame.value
        for frame in app.dataframe
    )
    return [frame.value for frame, is_board in zip(app.dataframe, wanted, strict=True) if is_board]


def pick(app, key, values):
    next(group for group in app.get("button_group") if group.key == key).set_value(values).run()
    assert not app.exception


def test_the_columns_of_the_issue_are_there_unasked(open_board, specs, finish):
    finish(specs["LSTM"][0], [0.7, 0.85, 0.8], seconds=2.0, device=HERE)
    finish(specs["LSTM"][1], [0.7, 0.75, 0.79], seconds=4.0, device=HERE)
    (table,) = boards(open_board())
    assert table.iloc[0].to_dict() == {
        "Architecture": "LSTM",
        "Seeds": 2,
        "Test accuracy": "81.00 ± 4.24%",
        "Best validation": "82.00 ± 4.24%",
        "Last validation": "79.50 ± 0.71%",
        "Epochs to best": "2.5 ± 0.7",
        "Seconds per epoch": "3.00 ± 1.41 s",
        "Seconds to 80%": "5.00 s (1 of 2)",
        "Total seconds": "10.00 ± 4.24 s",
        "First epoch extra": "1.00 ± 0.00 s",
        "Parameters": 172_941,
        "Parameters per point": "2,138 ± 112",
    }


def test_each_metric_is_read_as_the_reader_chooses(open_board, specs, finish):
    finish(specs["LSTM"][0], [0.7, 0.85, 0.8], device=HERE)
    app = open_board()
    pick(app, "board.validation_accuracy", ["minimum", "maximum"])
    pick(app, "board.train_loss", ["last"])
    pick(app, "board", ["num_params"])
    (table,) = boards(app)
    assert list(table) == [
        "Architecture", "Seeds", "Minimum validation", "Maximum validation", "Last training loss", "Seconds per epoch",
        "Parameters",
    ]  # fmt: skip
    assert table["Minimum validation"][0] == "70.00%"
    pick(app, "board", [])
    pick(app, "board.validation_accuracy", [])
    pick(app, "board.train_loss", [])
    pick(app, "board.seconds_per_epoch", [])
    (table,) = boards(app)
    assert list(table) == ["Architecture", "Seeds"]


def test_the_link_holds_columns_order_and_target(open_board, specs, finish):
    finish(specs["LSTM"][0], [0.7, 0.85, 0.8], seconds=9.0, device=HERE)
    finish(specs["Flatten"][0], [0.7, 0.75, 0.7], seconds=1.0, device=HERE)
    query = {"board": ["Test accuracy", "Seconds to target"], "board.validation_accuracy": ["best", "minimum"]}
    app = open_board(target="72.5", board_sort="Total seconds", **query)
    assert not app.warning
    (table,) = boards(app)
    assert list(table["Architecture"]) == ["Flatten", "LSTM"]
    assert "Seconds to 72.5%" in table and "Minimum validation" in table and "Last validation" not in table
    (table,) = boards(open_board(board_sort="Total seconds", board_reversed="true"))
    assert list(table["Architecture"]) == ["LSTM", "Flatten"]
    (table,) = boards(open_board(board_sort="Line-up"))
    assert list(table["Architecture"]) == ["Flatten", "LSTM"]


def test_what_a_link_asks_of_the_board_in_vain_is_named(open_board):
    app = open_board(target="120", board="Beauty", board_sort="Luck", **{"board.train_loss": "worst"})
    shown = texts(app, "warning")
    for words in ("“120” as target", "“Beauty” as board", "“Luck” as board_sort", "“worst” as board.train_loss"):
        assert words in shown


def test_what_does_not_compare_is_ranked_apart_and_gives_the_reason(open_board, specs, finish, store):
    finish(specs["Flatten"][0], [0.7, 0.8, 0.8], device=HERE)
    finish(specs["LSTM"][0], [0.7, 0.8, 0.9], device="NVIDIA H200")
    finish(specs["LSTM, small vocabulary"][0], [0.7, 0.8, 0.9], device=HERE)
    (run_id,) = store.submit([specs["GRU"][0]], 3, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.mark_started(run_id, {"device": HERE}, None)
    store.add_epoch(run_id, EpochFinished(1, 0.4, 0.9, 0.5, 0.7, 0.6, 0.7, 2.0, 0.1, True))
    app = open_board()
    assert [list(table["Architecture"]) for table in boards(app)] == [
        ["Flatten"], ["LSTM"], ["LSTM, small vocabulary"], ["GRU"],
    ]  # fmt: skip
    shown = texts(app, "markdown")
    assert f"measured on NVIDIA H200 instead of {HERE}, with whose seconds these cannot be compared" in shown
    assert "a vocabulary of 1,000 instead of 10,000, so the models read other tokens" in shown
    assert "1 instead of 3 epochs, so less could be learnt" in shown
    assert "Fewer than 2 seeds here: Flatten 1." in texts(app, "caption")


def test_disturbed_seconds_are_named_once_they_are_included_and_accuracies_stay_together(open_board, specs, finish):
    finish(specs["Flatten"][0], [0.7, 0.8, 0.8], seconds=1.0, device=HERE)
    finish(specs["Flatten"][1], [0.7, 0.8, 0.8], seconds=9.0, device=HERE, contended="other programs")
    (table,) = boards(open_board())
    assert table["Seconds per epoch"][0] == "1.00 s (1 of 2)"
    app = open_board(contended="true")
    (table,) = boards(app)
    assert table["Seconds per epoch"][0].startswith("5.00 ±") and table["Seeds"][0] == 2
    note = "Seconds and their ratios include 1 disturbed run, whose seconds are too high."
    assert texts(app, "caption").count(note) == 1  # below the bars
    assert "not affected; these seconds, which are too high, are included." in texts(app, "caption")


def test_accuracy_that_is_never_reached_is_reported(open_board, specs, finish):
    finish(specs["Flatten"][0], [0.7, 0.8, 0.8], device=HERE)
    finish(specs["Flatten"][1], [0.7, 0.92, 0.8], device=HERE)
    finish(specs["LSTM"][0], [0.7, 0.8, 0.8], device=HERE)
    app = open_board(target="90")
    (table,) = boards(app)
    assert list(table["Seconds to 90%"]) == ["5.00 s (1 of 2)", "not reached"]
    assert "A validation accuracy of 90% is not reached by Flatten (1 of 2 seeds); LSTM (1 of 1 seed)." in texts(
        app, "caption"
    )


def test_seeds_that_learnt_nothing_are_named_with_the_likely_cause(open_board, specs, finish, monkeypatch):
    finish(specs["LSTM"][0], [0.7, 0.85, 0.8], device=HERE)
    finish(specs["GRU"][0], [0.9, 0.9, 0.9], device=HERE)  # as is its training accuracy
    warned = texts(open_board(), "warning")
    assert "Learnt nothing, every text gets the same answer: GRU (1 of 1 seed)." in warned and "LSTM" not in warned
    assert (
        "It may have trained too briefly: it always gives the most frequent class." in warned and "ReLU" not in warned
    )
    monkeypatch.setattr(board_view, "has_equal_classes", lambda results, num_classes: num_classes == 2)
    assert "narrow ReLU layer" in texts(open_board(), "warning")


def test_it_can_be_taken_away(open_board, specs, finish):
    finish(specs["Flatten"][0], [0.7, 0.8, 0.8], device=HERE)
    app = open_board()
    assert "Download CSV" in [button.label for button in app.get("download_button")]
    assert "Architecture\tSeeds\tTest accuracy" in texts(app, "code")


def test_overfitting_is_read_in_words(open_board, specs, finish):
    for spec in specs["Flatten"]:
        finish(spec, [0.7, 0.85, 0.8], device=HERE)
    finish(specs["LSTM"][0], [0.7, 0.8, 0.85], device=HERE)
    app = open_board()
    shown = texts(app, "markdown")
    assert (
        "**Flatten** is unsteady: after epoch 2 validation falls by 5.0 points, but training accuracy does not rise "
        "further."
    ) in shown
    assert "**LSTM** has a wide gap" in shown or "**LSTM** does not overfit so far" in shown
    assert "The best epoch is the last (3): train longer, it may not be finished." in shown
    assert "Without all epochs so far: GRU; LSTM, small vocabulary." in texts(app, "caption")
    assert "With one seed, all of this may be chance: train at least three." in texts(app, "caption")
    table = next(frame.value for frame in app.dataframe if "Drop after best" in frame.value)
    assert list(table["Drop after best"]) == ["5.00 ± 0.00", "0.00"]
    assert list(table["Last epoch"]) == [3, 3]


def test_an_empty_cache_shows_what_is_to_come(open_board):
    app = open_board()
    assert boards(app) == []
    assert "No run has finished all its epochs yet" in texts(app, "info")
