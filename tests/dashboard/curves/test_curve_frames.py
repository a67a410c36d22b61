from dataclasses import replace
from statistics import mean, stdev

import pandas as pd
import pytest
from scipy import stats

from cache.core.processes import ProcessIdentity
from cache.results.results import fetch, timed
from dashboard.curves.curve_frames import MOST_POINTS, bands_frame, best_frame, curves_frame, drawn
from dashboard.curves.curve_options import DEVIATION, EXAMPLES, INTERVAL, RANGE, SECONDS, CurveOptions
from models.experiments.comparison import Entry
from models.training.events import EpochFinished
from tests.conftest import DEVICE


@pytest.fixture
def flatten(store, comparison, finish):
    """Fetches three seeds of Flatten, of which one has fewer epochs."""
    asked = replace(comparison, epochs=3, num_seeds=3, entries=(Entry("flatten"),))
    for spec, accuracies, seconds in zip(
        asked.specs("f" * 16)["Flatten"],
        ([0.70, 0.80, 0.90], [0.84, 0.82, 0.81], [0.60, 0.88]),
        (1.0, 3.0, 8.0),
        strict=True,
    ):
        finish(spec, accuracies, seconds)
    return fetch(store, asked, "f" * 16, DEVICE)


def validation(bands):
    return bands[bands["split"] == "validation"].set_index("epoch")


@pytest.mark.parametrize("band", [DEVIATION, INTERVAL, RANGE])
def test_bands_equal_an_independent_calculation(flatten, band):
    bands = validation(bands_frame(curves_frame(flatten), CurveOptions(band=band)))
    for epoch, values in {1: [0.70, 0.84, 0.60], 3: [0.90, 0.81]}.items():
        expected = {
            DEVIATION: (mean(values) - stdev(values), mean(values) + stdev(values)),
            INTERVAL: stats.t.interval(0.95, len(values) - 1, mean(values), stats.sem(values)),
            RANGE: (min(values), max(values)),
        }[band]
        assert bands.loc[epoch, "mean"] == pytest.approx(mean(values))
        assert bands.loc[epoch, "n"] == len(values)
        cut = (max(0, expected[0]), min(1, expected[1]))
        assert (bands.loc[epoch, "low"], bands.loc[epoch, "high"]) == pytest.approx(cut)


@pytest.mark.parametrize("band", [DEVIATION, INTERVAL, RANGE])
def test_one_seed_has_no_band(flatten, band):
    bands = bands_frame(curves_frame(flatten[:1]), CurveOptions(band=band))
    assert bands[["low", "high"]].isna().all(axis=None)
    assert set(bands["n"]) == {1}


def test_smoothing_weighs_what_came_before_and_keeps_the_raw_means(flatten):
    raw = validation(bands_frame(curves_frame(flatten[:1]), CurveOptions()))
    smooth = validation(bands_frame(curves_frame(flatten[:1]), CurveOptions(smoothing=0.5)))
    assert raw["smooth"].tolist() == raw["mean"].tolist() == smooth["mean"].tolist()
    expected = [0.70, (0.80 + 0.5 * 0.70) / 1.5, (0.90 + 0.5 * 0.80 + 0.25 * 0.70) / 1.75]
    assert smooth["smooth"].tolist() == pytest.approx(expected)


def test_examples_are_those_of_whole_epochs(flatten):
    bands = validation(bands_frame(curves_frame(flatten), CurveOptions(axis=EXAMPLES), 20_000))
    assert bands["x"].tolist() == [20_000, 40_000, 60_000]


def test_seconds_are_means_of_sums_as_far_as_all_seeds_go(flatten):
    bands = validation(bands_frame(curves_frame(flatten), CurveOptions(axis=SECONDS)))
    assert bands["x"].tolist() == pytest.approx([mean([2, 4, 9]), mean([3, 7, 17])])
    assert bands["n"].tolist() == [3, 3]


def test_seconds_of_other_devices_and_of_disturbed_runs_do_not_count(store, comparison, finish):
    specs = comparison.specs("f" * 16)["Flatten"]
    finish(specs[0], [0.7, 0.8], device="Another")
    finish(specs[1], [0.7, 0.8], contended="other programs used 1.5 of 2 cores")
    results = fetch(store, comparison, "f" * 16, DEVICE)
    assert timed(results, DEVICE) == []
    assert [result.spec.seed for result in timed(results, DEVICE, include_contended=True)] == [1]


def test_the_best_epoch_is_that_of_the_mean_on_validation(flatten):
    curves = curves_frame(flatten)
    means = {1: mean([0.70, 0.84, 0.60]), 2: mean([0.80, 0.82, 0.88]), 3: mean([0.90, 0.81])}
    best = best_frame(bands_frame(curves, CurveOptions()), "accuracy")
    assert set(best["epoch"]) == {max(means, key=means.get)}
    assert set(best["split"]) == {"train", "validation"}
    # All losses are equal: the earliest is best.
    assert set(best_frame(bands_frame(curves, CurveOptions("loss")), "loss")["epoch"]) == {1}


def test_what_is_drawn_can_be_narrowed(flatten):
    bands = bands_frame(curves_frame(flatten), CurveOptions())
    assert set(drawn(bands, CurveOptions(from_epoch=2))["epoch"]) == {2, 3}
    assert set(drawn(bands, CurveOptions(from_epoch=99))["epoch"]) == {3}
    assert drawn(bands, CurveOptions(only=("LSTM",))).empty


def test_very_many_epochs_are_thinned_and_the_last_is_kept():
    epochs = range(1, 201)
    bands = pd.DataFrame({"label": "GRU", "split": "validation", "epoch": epochs, "x": epochs})
    seen = drawn(bands, CurveOptions())["epoch"]
    assert len(seen) <= MOST_POINTS + 1
    assert seen.min() == 1 and seen.max() == 200


def test_failed_runs_are_not_drawn(store, comparison):
    spec = comparison.specs("f" * 16)["Flatten"][0]
    (run_id,) = store.submit([spec], 2, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.mark_started(run_id, {"device": DEVICE}, None)
    store.add_epoch(run_id, EpochFinished(1, 0.4, 0.9, 0.5, 0.1, 0.6, 0.1, 2.0, 0.1, True))
    assert len(curves_frame(fetch(store, comparison, "f" * 16, DEVICE))) == 2
    store.fail(run_id, "gone astray")
    assert curves_frame(fetch(store, comparison, "f" * 16, DEVICE)).empty


@pytest.mark.parametrize("axis", ["epoch", EXAMPLES, SECONDS])
@pytest.mark.parametrize("metric", ["accuracy", "loss", "top5_accuracy", "perplexity"])
def test_nothing_gives_empty_frames(axis, metric):
    options = CurveOptions(metric, axis, INTERVAL, 0.5)
    bands = bands_frame(curves_frame([]), options, 100)
    assert bands.empty and best_frame(bands, metric).empty and drawn(bands, options).empty
