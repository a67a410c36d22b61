"""The frames and charts of Present, against figures counted by hand."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from dashboard.costs import cost_frames
from dashboard.present import present_charts, present_frames
from dashboard.studies import study_charts
from models.training.events import EpochFinished

COLOURS = {"GRU": "#111111", "LSTM": "#222222"}


def result(label, accuracies, seconds=2.0, device="CPU", contended=None, is_cached=True):
    epochs = tuple(
        EpochFinished(number, 0.4, 0.9, 0.5, accuracy, 0.6, accuracy - 0.1, seconds, 0.1, number == 1)
        for number, accuracy in enumerate(accuracies, start=1)
    )
    return SimpleNamespace(
        label=label, epochs=epochs, device=device, contended=contended, is_cached=is_cached,
        asked_run=SimpleNamespace(num_params=100),
    )  # fmt: skip


RESULTS = [result("GRU", (0.7, 0.9)), result("GRU", (0.8, 0.7), 4.0), result("LSTM", (0.6, 0.5), contended="busy")]


def test_accuracies_are_those_of_the_test_split_at_the_best_epoch():
    frame = present_frames.accuracies(RESULTS).set_index("label")
    assert frame.loc["GRU", "value"] == pytest.approx((0.8 + 0.7) / 2)
    assert frame.loc["GRU", "high"] - frame.loc["GRU", "value"] == pytest.approx(0.1 / 2**0.5)
    assert frame.loc["LSTM", "low"] == frame.loc["LSTM", "high"] == pytest.approx(0.5)
    assert frame["n"].tolist() == [2, 1]


def test_whiskers_end_at_possible_values():
    frame = present_frames.accuracies([result("GRU", (accuracy,)) for accuracy in (0.2, 1.1, 1.1)])
    (row,) = frame.to_dict("records")
    assert row["value"] < 1 == row["high"] and row["low"] >= 0
    (row,) = present_frames.seconds(
        [result("GRU", (0.5,) * 2, seconds) for seconds in (0.1, 9.0)], "CPU", False
    ).to_dict("records")
    assert row["low"] == 0 and row["high"] > 9


def test_seconds_are_steady_undisturbed_and_of_this_device():
    assert present_frames.seconds(RESULTS, "CPU", False)["label"].tolist() == ["GRU"]
    assert present_frames.seconds(RESULTS, "CPU", False)["value"].tolist() == [3.0]
    assert present_frames.seconds(RESULTS, "CPU", True)["label"].tolist() == ["GRU", "LSTM"]
    assert present_frames.seconds(RESULTS, "GPU", True).empty


def test_curves_are_means_over_seeds():
    frame = present_frames.curves(RESULTS)
    assert frame[frame["label"] == "GRU"]["accuracy"].tolist() == pytest.approx([0.75, 0.8])
    assert frame["n"].tolist() == [2, 2, 1, 1]


def test_runs_that_are_not_whole_are_not_shown():
    partial = [result("GRU", (0.7,), is_cached=False)]
    for frame in (
        present_frames.accuracies(partial),
        present_frames.parameters(partial),
        present_frames.curves(partial),
    ):
        assert frame.empty


LEAST = 18
"""Pixels of the smallest type on a projector."""


def charts(count):
    """Every chart of Tour and Present, by name, of so many labels."""
    colours = {f"Model {place}": "#111111" for place in range(count)}
    results = [result(label, (0.5, 0.6)) for label in colours]
    means, curves = present_frames.accuracies(results), present_frames.curves(results)
    points = cost_frames.trade_off_frame([fully(each) for each in results], "CPU")
    return {
        "bars": present_charts.bars(means, "Figure", ".1%", colours, True, "#000000"),
        "dots": present_charts.bars(means, "Figure", ".1%", colours, False, "#000000"),
        "curves": present_charts.curves(curves, colours, "#000000"),
        "arriving": present_charts.arriving(curves, colours, 5, "#000000"),
        "trade-off": present_charts.trade_off(points, colours, "#000000"),
        "seeds": present_charts.seeds(means.assign(seed=0, new=True), colours, "#000000"),
        "sweep": study_charts.sweep(means.assign(x=1_000.0), "Training texts", colours, True, "#000000"),
    }


def fully(each):
    each.spec = SimpleNamespace(seed=0)
    return each


def sizes(spec):
    """Every size of type that a chart names, in pixels: of an expression the numbers that it chooses from."""
    for key, value in spec.items() if isinstance(spec, dict) else enumerate(spec):
        if isinstance(key, str) and key.lower().endswith("fontsize"):
            chosen = value["expr"].split("?")[1] if isinstance(value, dict) else str(value)
            yield from map(float, re.findall(r"\d+", chosen))
        elif key != "datasets" and isinstance(value, dict | list):
            yield from sizes(value)


@pytest.mark.parametrize("count", [1, 4, 20])
def test_no_type_in_a_chart_is_small_and_the_chart_takes_the_height_it_is_given(count):
    for name, chart in charts(count).items():
        spec = chart.to_dict()
        spec["config"].pop("title")  # of a picture that is taken away
        found = list(sizes(spec))
        assert len(found) >= 4 and min(found) >= LEAST, name
        assert spec["autosize"]["type"] == "fit" and spec["height"] >= 400, name


def test_seconds_say_of_how_many_epochs_and_seeds_they_are():
    seeds = pd.Series([2, 1])
    assert present_frames.timing(RESULTS[:2], "CPU", seeds) == (
        "Measured on CPU: the median of the 2 epochs of a run, without the first. Mean over 1 to 2 seeds."
    )
    longer = [*RESULTS, result("GRU", (0.5, 0.6, 0.7))]
    assert "the median of all epochs of a run" in present_frames.timing(longer, "CPU", seeds)


@pytest.mark.parametrize("results", [[], RESULTS[:1], RESULTS], ids=["none", "one", "many"])
def test_charts_of_none_one_and_many(results):
    for frame, from_zero in ((present_frames.accuracies(results), False), (present_frames.parameters(results), True)):
        spec = present_charts.bars(frame, "Figure", ".1%", COLOURS, from_zero, "#000000").to_dict()
        kinds = [layer["mark"]["type"] for layer in spec["layer"]]
        assert ("bar" in kinds) == from_zero, "a bar has to begin at zero"
    assert present_charts.curves(present_frames.curves(results), COLOURS, "#000000").to_dict()
    assert present_charts.curves(present_frames.curves(results, of_all=True), COLOURS, "#000000").to_dict()


def test_curves_that_still_arrive_are_drawn_too():
    arriving = [result("GRU", (0.7,), is_cached=False)]
    assert present_frames.curves(arriving).empty
    assert present_frames.curves(arriving, of_all=True)["accuracy"].tolist() == [0.7]
