"""The frames and charts of Present, against figures counted by hand."""

from types import SimpleNamespace

import pytest

from dashboard import present_charts, present_frames
from models.events import EpochFinished

COLOURS = {"GRU": "#111111", "LSTM": "#222222"}


def result(label, accuracies, seconds=2.0, device="CPU", contended=None, is_cached=True):
    epochs = tuple(
        EpochFinished(number, 0.4, 0.9, 0.5, accuracy, 0.6, accuracy - 0.1, seconds, 0.1, number == 1)
        for number, accuracy in enumerate(accuracies, start=1)
    )
    return SimpleNamespace(
        label=label, epochs=epochs, device=device, contended=contended, is_cached=is_cached,
        run=SimpleNamespace(num_params=100),
    )  # fmt: skip


RESULTS = [result("GRU", (0.7, 0.9)), result("GRU", (0.8, 0.7), 4.0), result("LSTM", (0.6, 0.5), contended="busy")]


def test_accuracies_are_those_of_the_test_split_at_the_best_epoch():
    frame = present_frames.accuracies(RESULTS).set_index("label")
    assert frame.loc["GRU", "value"] == pytest.approx((0.8 + 0.7) / 2)
    assert frame.loc["GRU", "high"] - frame.loc["GRU", "value"] == pytest.approx(0.1 / 2**0.5)
    assert frame.loc["LSTM", "low"] == frame.loc["LSTM", "high"] == pytest.approx(0.5)
    assert frame["n"].tolist() == [2, 1]


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


@pytest.mark.parametrize(("count", "step"), [(0, 84), (1, 84), (8, 84), (12, 56), (20, 36)])
def test_many_bars_fit_on_a_screen(count, step):
    frame = present_frames.parameters(result(f"Model {place}", (0.5,)) for place in range(count))
    chart = present_charts.bars(frame, "Figure", ",d", dict.fromkeys(frame["label"], "#111111"), True, "#000000")
    assert chart.to_dict()["height"] == {"step": step}


@pytest.mark.parametrize("results", [[], RESULTS[:1], RESULTS], ids=["none", "one", "many"])
def test_charts_of_none_one_and_many(results):
    for frame, from_zero in ((present_frames.accuracies(results), False), (present_frames.parameters(results), True)):
        spec = present_charts.bars(frame, "Figure", ".1%", COLOURS, from_zero, "#000000").to_dict()
        kinds = [layer["mark"]["type"] for layer in spec["layer"]]
        assert ("bar" in kinds) == from_zero, "a bar has to begin at zero"
        assert spec["config"]["axis"]["labelFontSize"]["expr"].endswith(": 24)")
    assert present_charts.curves(present_frames.curves(results), COLOURS, "#000000").to_dict()
