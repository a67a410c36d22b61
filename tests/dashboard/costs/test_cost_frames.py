from statistics import mean, median, stdev

import pytest

from cache.results.results import fetch, timed
from dashboard.costs import cost_frames
from tests.conftest import DEVICE


@pytest.fixture
def results(store, comparison, finish):
    specs = comparison.specs("f" * 16)
    finish(specs["Flatten"][0], [0.70, 0.80, 0.90], seconds=1.0)
    finish(specs["Flatten"][1], [0.84, 0.82], seconds=3.0)
    finish(specs["LSTM"][0], [0.60, 0.88], seconds=7.0)
    finish(specs["LSTM"][1], [0.60, 0.70], seconds=7.0, device="Another")
    finish(specs["LSTM (64 units)"][0], [0.60, 0.50], seconds=9.0, contended="other programs used 1.5 of 2 cores")
    return fetch(store, comparison, "f" * 16, DEVICE)


def test_epochs_keep_every_measurement(results):
    epochs = cost_frames.epochs_frame(timed(results, DEVICE))
    steady = epochs[~epochs["is_first"]]
    assert median(steady["train_seconds"]) == 3.0
    assert list(epochs[epochs["label"] == "LSTM"]["train_seconds"]) == [8.0, 7.0]
    assert set(epochs["label"]) == {"Flatten", "LSTM"}


def test_seconds_are_medians_of_steady_epochs_and_means_over_seeds(results):
    seconds = cost_frames.seconds_frame(cost_frames.epochs_frame(timed(results, DEVICE)))
    assert dict(zip(seconds["label"], seconds["seconds_per_epoch"], strict=True)) == {
        "Flatten": mean([1.0, 3.0]),
        "LSTM": 7.0,
    }
    assert dict(zip(seconds["label"], seconds["n"], strict=True)) == {"Flatten": 2, "LSTM": 1}


def test_the_first_epochs_extra_stands_apart(results):
    extra = cost_frames.extra_frame(timed(results, DEVICE))
    assert extra[["label", "seed", "extra_seconds"]].values.tolist() == [
        ["Flatten", 0, 1.0],
        ["Flatten", 1, 1.0],
        ["LSTM", 0, 1.0],
    ]


def test_accuracy_and_cost_equal_an_independent_calculation(results):
    points = cost_frames.trade_off_frame(results, DEVICE).set_index("label")
    flatten, lstm = points.loc["Flatten"], points.loc["LSTM"]
    assert flatten["test_accuracy"] == pytest.approx(mean([0.79, 0.83]))
    assert flatten["test_accuracy_std"] == pytest.approx(stdev([0.79, 0.83]))
    assert flatten["num_params"] == 171_533
    assert flatten["seconds_per_epoch"] == mean([1.0, 3.0])
    assert flatten["total_seconds"] == mean([2.0 + 1.0, 4.0 + 3.0])
    assert flatten["total_seconds_std"] == pytest.approx(stdev([3.0, 7.0]))
    assert (flatten["n"], flatten["num_timed"]) == (2, 2)
    # Accuracies belong to the question, seconds to the device.
    assert lstm["test_accuracy"] == pytest.approx(mean([0.87, 0.69]))
    assert (lstm["n"], lstm["num_timed"], lstm["seconds_per_epoch"]) == (2, 1, 7.0)


def test_contended_seconds_are_left_out_unless_asked_for(results):
    label = "LSTM (64 units)"
    assert cost_frames.trade_off_frame(results, DEVICE).set_index("label").loc[label, "num_timed"] == 0
    asked = cost_frames.trade_off_frame(results, DEVICE, include_contended=True).set_index("label")
    assert asked.loc[label, "seconds_per_epoch"] == 9.0


@pytest.mark.parametrize(
    ("costs", "accuracies", "front"),
    [
        ([], [], []),
        ([1], [0.5], [True]),
        ([1, 2, 3], [0.5, 0.7, 0.6], [True, True, False]),
        ([1, 1, 2], [0.5, 0.6, 0.6], [False, True, False]),
        ([1, 1], [0.5, 0.5], [True, True]),
        ([2, float("nan"), 1], [0.9, 0.99, 0.8], [True, False, True]),
    ],
)
def test_the_front_holds_what_nothing_beats(costs, accuracies, front):
    assert cost_frames.pareto_front(costs, accuracies) == front


def test_nothing_gives_empty_frames():
    assert cost_frames.seconds_frame(cost_frames.epochs_frame([])).empty
    assert cost_frames.extra_frame([]).empty
    assert cost_frames.trade_off_frame([], DEVICE).empty
