"""Comparisons at equal cost, against sums made by hand."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from dashboard.costs import budget_frames
from models.experiments.budget import Matched
from models.experiments.comparison import Entry
from models.training.events import EpochFinished


def result(label, accuracies, seconds, device="CPU", contended=None, is_cached=True):
    epochs = tuple(
        EpochFinished(number, 0.4, 0.9, 0.5, accuracy, None, None, each, 0.1, number == 1)
        for number, (accuracy, each) in enumerate(zip(accuracies, seconds, strict=True), start=1)
    )
    return SimpleNamespace(label=label, epochs=epochs, device=device, contended=contended, is_cached=is_cached)


RESULTS = [
    result("Flatten", (0.7, 0.8, 0.75), (2.0, 1.0, 1.0)),
    result("Flatten", (0.6, 0.7, 0.9), (2.0, 1.0, 1.0)),
    result("LSTM", (0.82, 0.85, 0.86), (6.0, 5.0, 5.0)),
]


def test_at_equal_time_each_has_what_it_had_by_then():
    frame = budget_frames.at_equal_time(RESULTS, 4.0).set_index("label")
    assert frame.loc["Flatten", "accuracy"] == pytest.approx((0.8 + 0.9) / 2)
    assert frame.loc["Flatten", "accuracy_std"] == pytest.approx(0.1 / 2**0.5)
    assert (frame.loc["Flatten", "epochs"], frame.loc["Flatten", "seeds"]) == (3, 2)
    assert frame.loc["LSTM", "seeds"] == 0 and frame["accuracy"].isna()["LSTM"]
    later = budget_frames.at_equal_time(RESULTS, 11.0)
    assert later["label"].tolist() == ["LSTM", "Flatten"] or later.set_index("label").loc["LSTM", "accuracy"] == 0.85
    assert later.set_index("label").loc["LSTM", "epochs"] == 2


def test_at_equal_accuracy_the_seconds_are_summed_up_to_the_first_such_epoch():
    frame = budget_frames.at_equal_accuracy(RESULTS, 0.8).set_index("label")
    assert frame.loc["Flatten", "seconds"] == pytest.approx((3 + 4) / 2)
    assert frame.loc["Flatten", "epochs"] == 2.5
    assert (frame.loc["LSTM", "seconds"], frame.loc["LSTM", "reached"]) == (6.0, 1)
    strict = budget_frames.at_equal_accuracy(RESULTS, 0.88).set_index("label")
    assert strict.loc["Flatten", "reached"] == 1 and strict.loc["LSTM", "reached"] == 0
    assert strict.index.tolist() == ["Flatten", "LSTM"]


def test_only_whole_undisturbed_runs_of_the_device_are_timed():
    disturbed, elsewhere = result("A", (0.5,), (1.0,), contended="busy"), result("A", (0.5,), (1.0,), device="GPU")
    partial = result("A", (0.5,), (1.0,), is_cached=False)
    runs = [*RESULTS, disturbed, elsewhere, partial]
    assert budget_frames.whole_and_timed(runs, "CPU", False) == RESULTS
    assert budget_frames.whole_and_timed(runs, "CPU", True) == [*RESULTS, disturbed]


def test_the_time_to_begin_with_leaves_no_run_without_an_epoch():
    seconds = budget_frames.seconds_for_all(RESULTS)
    assert seconds == 6.0
    assert budget_frames.at_equal_time(RESULTS, seconds)["seeds"].tolist() == [2, 1]


@pytest.mark.parametrize("results", [[], RESULTS[:1]])
def test_frames_of_none_and_one(results):
    assert len(budget_frames.at_equal_time(results, 10.0)) == len(results)
    assert len(budget_frames.at_equal_accuracy(results, 0.1)) == len(results)


def test_the_table_of_sizes_shows_what_changes_and_how_far_off_it_is():
    matched = Matched(Entry("gru", {"units": 36}), 173_421, 172_000, {"units": 36})
    table = budget_frames.matched_table([matched, replace(matched, changed={}, num_params=100, budget=50)])
    assert table.iloc[0].tolist() == ["GRU", "units 36", 173_421, "+0.83%"]
    assert table.iloc[1].tolist() == ["GRU", "as it is", 100, "+100.00%, the nearest possible size"]
