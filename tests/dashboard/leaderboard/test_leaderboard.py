import csv
import io
import math
from dataclasses import replace
from statistics import mean, median, stdev

import pandas as pd
import pytest

from cache.results.results import fetch
from dashboard.costs import cost_frames
from dashboard.leaderboard import leaderboard
from dashboard.leaderboard.board_catalogue import columns, metrics_of
from dashboard.leaderboard.comparability import Comparability
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.tasks import CLASSIFICATION, NEXT_WORD, TASKS
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from tests.conftest import DEVICE

FINGERPRINT = "f" * 16
ALL = columns(CLASSIFICATION)
BY_KEY = {column.key: column for column in ALL}


@pytest.fixture
def results(store, comparison, finish):
    specs = comparison.specs(FINGERPRINT)
    finish(specs["Flatten"][0], [0.70, 0.80, 0.90], seconds=1.0)
    finish(specs["Flatten"][1], [0.84, 0.82], seconds=3.0)
    finish(specs["LSTM"][0], [0.60, 0.88], seconds=7.0)
    return fetch(store, comparison, FINGERPRINT, DEVICE)


def asked(comparison):
    return Comparability.asked(comparison, FINGERPRINT, DEVICE)


def only_group(runs, comparison, shown=ALL):
    ((_, frame),) = leaderboard.groups(runs, shown, asked(comparison))
    return frame.set_index("label")


def test_a_longer_run_is_read_as_far_as_was_asked(results):
    runs = leaderboard.runs_frame(results, ALL, 0.8).set_index(["label", "seed"])
    assert runs.loc[("Flatten", 0), "group"].epochs == 2
    assert runs.loc[("Flatten", 0), "validation_accuracy_best"] == 0.80
    assert runs.loc[("Flatten", 0), "test_accuracy"] == 0.80 - 0.01


def test_a_run_is_scored_at_its_best_validation_epoch(results):
    runs = leaderboard.runs_frame(results, ALL, 0.8).set_index(["label", "seed"])
    assert runs.loc[("Flatten", 1), "best_epoch"] == 1
    assert runs.loc[("Flatten", 1), "test_accuracy"] == 0.84 - 0.01
    assert runs.loc[("Flatten", 1), "validation_accuracy_last"] == 0.82


def test_the_board_equals_an_independent_calculation(results, comparison):
    board = only_group(leaderboard.runs_frame(results, ALL, 0.83), comparison)
    flatten, lstm = board.loc["Flatten"], board.loc["LSTM"]
    expected = {
        "test_accuracy": [0.79, 0.83],
        "validation_accuracy_best": [0.80, 0.84],
        "validation_accuracy_last": [0.80, 0.82],
        "validation_accuracy_minimum": [0.70, 0.82],
        "validation_accuracy_maximum": [0.80, 0.84],
        "train_accuracy_best": [0.9, 0.9],
        "best_epoch": [2, 1],
        "seconds_per_epoch_median": [1.0, 3.0],
        "total_seconds": [2.0 + 1.0, 4.0 + 3.0],
        "first_epoch_extra_seconds": [1.0, 1.0],
        "params_per_point": [171_533 / 79, 171_533 / 83],
    }
    for key, values in expected.items():
        assert flatten[key] == pytest.approx(mean(values)), key
        assert flatten[f"{key}_std"] == pytest.approx(stdev(values)), key
        assert flatten[f"{key}_n"] == 2
    assert flatten["num_params"] == 171_533
    assert flatten["seeds"] == 2
    assert lstm["seeds"] == 1 and math.isnan(lstm["test_accuracy_std"])
    assert flatten["seconds_to_target"] == pytest.approx(4.0)
    assert (flatten["seconds_to_target_n"], flatten["seconds_to_target_never"]) == (1, 1)
    assert lstm["seconds_to_target"] == pytest.approx(8.0 + 7.0)


CURVE = [
    # epoch, losses and accuracies of training, validation and test, seconds of both, is_first, top-5 of the three
    EpochFinished(1, 3.0, 0.50, 2.5, 0.60, 2.4, 0.61, 9.0, 0.5, True, 0.61, 0.71, 0.81),
    EpochFinished(2, 2.0, 0.70, 2.0, 0.80, 2.2, 0.78, 4.0, 0.3, False, 0.62, 0.72, 0.82),
    EpochFinished(3, 1.0, 0.80, 2.3, 0.75, None, None, 6.0, 0.4, False, 0.63, 0.70, None),
    EpochFinished(4, 0.5, 0.95, 2.9, 0.79, None, None, 5.0, 0.2, False, 0.64, 0.73, None),
]


@pytest.fixture
def drawn(store, finish):
    """One run of next words with the curve above."""
    encoding = TextEncoding(1_000, 20, "pre", "pre")
    comparison = Comparison("imdb", None, encoding, Training(), 4, 1, (Entry("next_word_gru"),))
    finish(comparison.specs(FINGERPRINT)[Entry("next_word_gru").label][0], [0.1] * 4)
    (result,) = fetch(store, comparison, FINGERPRINT, DEVICE)
    return replace(result, epochs=tuple(CURVE))


def test_every_reading_of_every_metric(drawn):
    row = leaderboard.runs_frame([drawn], columns(NEXT_WORD), 0.8).iloc[0]
    of = {
        "validation_accuracy": [0.60, 0.80, 0.75, 0.79],
        "train_accuracy": [0.50, 0.70, 0.80, 0.95],
        "validation_loss": [2.5, 2.0, 2.3, 2.9],
        "train_loss": [3.0, 2.0, 1.0, 0.5],
        "validation_top5_accuracy": [0.71, 0.72, 0.70, 0.73],
        "train_top5_accuracy": [0.61, 0.62, 0.63, 0.64],
        "validation_perplexity": [math.e**2.5, math.e**2.0, math.e**2.3, math.e**2.9],
    }
    for key, values in of.items():
        assert row[f"{key}_best"] == pytest.approx(values[1]), key
        assert row[f"{key}_last"] == pytest.approx(values[-1]), key
        assert row[f"{key}_minimum"] == pytest.approx(min(values)), key
        assert row[f"{key}_maximum"] == pytest.approx(max(values)), key
    steady, validation = [4.0, 6.0, 5.0], [0.5, 0.3, 0.4, 0.2]
    for key, values in {"seconds_per_epoch": steady, "validation_seconds": validation}.items():
        assert row[f"{key}_median"] == median(values)
        assert row[f"{key}_last"] == values[-1]
        assert (row[f"{key}_minimum"], row[f"{key}_maximum"]) == (min(values), max(values))
    assert row["seconds_to_target"] == pytest.approx(9.0 + 4.0)
    assert row["total_seconds"] == pytest.approx(24.0)
    assert row["test_top5_accuracy"] == 0.82
    assert row["test_perplexity"] == pytest.approx(math.e**2.2)
    assert set(of) | {"seconds_per_epoch", "validation_seconds"} == {metric.key for metric in metrics_of(NEXT_WORD)}


@pytest.mark.parametrize("task", TASKS)
def test_columns_can_be_distinguished(task):
    assert len({column.title for column in columns(task)}) == len({column.key for column in columns(task)})
    assert len(columns(task)) == len({column.key for column in columns(task)})


def test_only_chosen_columns_are_shown_in_the_order_of_the_table():
    chosen = columns(CLASSIFICATION, ["num_params", "test_accuracy"], {"train_loss": ["maximum", "best"]})
    assert [column.title for column in chosen] == [
        "Test accuracy", "Best training loss", "Maximum training loss", "Parameters",
    ]  # fmt: skip


def test_disturbed_seconds_are_missing_and_accuracies_are_not(store, comparison, finish):
    specs = comparison.specs(FINGERPRINT)["Flatten"]
    finish(specs[0], [0.7, 0.8], seconds=1.0)
    finish(specs[1], [0.8, 0.9], seconds=9.0, contended="others")
    found = fetch(store, comparison, FINGERPRINT, DEVICE)
    board = only_group(leaderboard.runs_frame(found, ALL, 0.85), comparison).loc["Flatten"]
    assert board["test_accuracy_n"] == 2
    for key in ("seconds_per_epoch_median", "total_seconds", "first_epoch_extra_seconds", "validation_seconds_last"):
        assert board[f"{key}_n"] == 1, key
    assert (board["seconds_to_target_n"], board["seconds_to_target_never"]) == (0, 1)
    together = only_group(leaderboard.runs_frame(found, ALL, 0.85, True), comparison).loc["Flatten"]
    assert (together["seconds_per_epoch_median"], together["test_accuracy_n"]) == (5.0, 2)


def test_what_is_not_alike_is_grouped_apart(store, comparison, finish):
    line_up = replace(comparison, entries=(Entry("flatten"), Entry("lstm_small_vocabulary"), Entry("gru")))
    specs = line_up.specs(FINGERPRINT)
    finish(specs["Flatten"][0], [0.7, 0.8], seconds=1.0)
    finish(specs["Flatten"][1], [0.7, 0.8], seconds=9.0, device="Another")
    finish(specs["LSTM, small vocabulary"][0], [0.7, 0.9])
    finish(specs["GRU"][0], [0.7])
    found = fetch(store, line_up, FINGERPRINT, DEVICE)
    apart = leaderboard.groups(leaderboard.runs_frame(found, ALL, 0.8), ALL, asked(line_up))
    assert [(list(frame["label"]), group.device, group.epochs) for group, frame in apart] == [
        (["Flatten"], DEVICE, 2),
        (["Flatten"], "Another", 2),
        (["LSTM, small vocabulary"], DEVICE, 2),
        (["GRU"], DEVICE, 1),
    ]
    assert [frame["seconds_per_epoch_median"].iloc[0] for _, frame in apart[:2]] == [1.0, 9.0]


@pytest.mark.parametrize(
    ("key", "worst_first", "order"),
    [
        ("test_accuracy", False, ["LSTM", "Flatten"]),
        ("test_accuracy", True, ["Flatten", "LSTM"]),
        ("seconds_per_epoch_median", False, ["Flatten", "LSTM"]),
        (None, False, ["Flatten", "LSTM"]),
    ],
)
def test_the_best_comes_first(results, comparison, key, worst_first, order):
    frame = only_group(leaderboard.runs_frame(results, ALL, 0.8), comparison).reset_index()
    assert list(leaderboard.ranked(frame, BY_KEY.get(key), worst_first)["label"]) == order


def test_what_was_not_measured_comes_last(results, comparison):
    runs = leaderboard.runs_frame(results, ALL, 0.85)  # which Flatten never reaches
    frame = only_group(runs, comparison).reset_index()
    for worst_first in (False, True):
        assert list(leaderboard.ranked(frame, BY_KEY["seconds_to_target"], worst_first)["label"])[-1] == "Flatten"


def test_the_table_reads_as_figures(results, comparison):
    shown = columns(
        CLASSIFICATION, ["test_accuracy", "seconds_to_target", "num_params"], {"seconds_per_epoch": ["median"]}
    )
    frame = only_group(leaderboard.runs_frame(results, shown, 0.85), comparison, shown).reset_index()
    table = leaderboard.board_table(frame, shown, 0.85)
    assert table.iloc[0].to_dict() == {
        "Architecture": "Flatten",
        "Seeds": 2,
        "Test accuracy": "81.00 ± 2.83%",
        "Seconds per epoch": "2.00 ± 1.41 s",
        "Seconds to 85%": "not reached",
        "Parameters": 171_533,
    }


def test_the_csv_holds_what_was_measured_and_no_formula(results, comparison):
    runs = leaderboard.runs_frame(results, ALL, 0.83).replace({"label": {"LSTM": "=1+1"}})
    found = leaderboard.groups(runs, ALL, asked(comparison))
    rows = list(csv.DictReader(io.StringIO(leaderboard.csv_text(leaderboard.csv_frame(found, ALL, 0.83)))))
    assert [row["architecture"] for row in rows] == ["Flatten", "'=1+1"]
    assert float(rows[0]["test_accuracy_mean"]) == pytest.approx(0.81)
    assert float(rows[0]["test_accuracy_std"]) == pytest.approx(stdev([0.79, 0.83]))
    assert rows[0]["test_accuracy_n"] == "2"
    assert rows[0]["seconds_to_target_never"] == "1"
    assert (rows[0]["num_params"], rows[0]["target"]) == ("171533", "0.83")
    assert (rows[0]["dataset"], rows[0]["encoding_vocabulary_size"], rows[0]["device"]) == ("imdb", "10000", DEVICE)
    assert rows[1]["test_accuracy_std"] == ""


def test_a_copied_table_is_separated_by_tabs_and_holds_no_formula():
    table = pd.DataFrame({"Architecture": ["=LSTM"], "Test accuracy": ["\u200781.00 ± 2.00%"]})
    lines = leaderboard.copied_text(table).splitlines()
    assert lines == ["Architecture\tTest accuracy", "'=LSTM\t81.00 ± 2.00%"]


def test_bars_show_the_boards_seconds(results, comparison):
    seconds = cost_frames.seconds_frame(cost_frames.epochs_frame(results))
    board = only_group(leaderboard.runs_frame(results, ALL, 0.8), comparison)["seconds_per_epoch_median"]
    assert dict(zip(seconds["label"], seconds["seconds_per_epoch"], strict=True)) == board.to_dict()
    assert dict(zip(seconds["label"], seconds["n"], strict=True)) == {"Flatten": 2, "LSTM": 1}


def test_no_results_give_no_groups(comparison):
    runs = leaderboard.runs_frame([], ALL, 0.8)
    assert runs.empty
    assert leaderboard.groups(runs, ALL, asked(comparison)) == []
    assert leaderboard.csv_frame([], ALL, 0.8).empty


def test_frozen_parameters_stand_apart_only_where_there_are_any(store, comparison, finish):
    line_up = replace(comparison, entries=(Entry("flatten"), Entry("transfer")), num_seeds=1)
    for each in line_up.specs(FINGERPRINT).values():
        finish(each[0], [0.7, 0.8])
    flatten, transfer = fetch(store, line_up, FINGERPRINT, DEVICE)
    assert not {"num_trainable", "num_frozen"} & {column.key for column in leaderboard.telling([flatten], ALL)}
    assert leaderboard.telling([flatten, transfer], ALL) == ALL
    board = only_group(leaderboard.runs_frame([flatten, transfer], ALL, 0.8), line_up)
    trained, frozen = board["num_trainable"], board["num_frozen"]
    assert (trained["Flatten"], frozen["Flatten"]) == (171_533, 0)
    assert (
        frozen[transfer.label] > 0
        and trained[transfer.label] + frozen[transfer.label] == board["num_params"][transfer.label]
    )
