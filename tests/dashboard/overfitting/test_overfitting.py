from dataclasses import replace
from statistics import mean, stdev

import pandas as pd
import pytest

from cache.results.overfitting import MEASURES
from cache.results.results import fetch
from dashboard.overfitting import overfitting
from tests.conftest import DEVICE


def runs_with(stuck):
    """A ``runs_frame`` of one architecture, with a seed for each of ``stuck``."""
    rows = [{"label": "LSTM", "seed": seed, "is_stuck": each} for seed, each in enumerate(stuck)]
    return pd.DataFrame(rows).assign(**dict.fromkeys(MEASURES, 1.0))


def test_seeds_are_summed_up_by_architecture(store, comparison, finish):
    wanted = replace(comparison, epochs=3, num_seeds=3)
    curves = [[0.7, 0.8, 0.78], [0.8, 0.78, 0.75], [0.7, 0.75, 0.8]]
    for spec, validation in zip(wanted.specs("f" * 16)["LSTM"], curves, strict=True):
        finish(spec, validation)
    finish(wanted.specs("f" * 16)["Flatten"][0], [0.8])  # not whole
    summary = overfitting.summary_frame(overfitting.runs_frame(fetch(store, wanted, "f" * 16, DEVICE)))
    (row,) = summary.to_dict("records")
    assert (row["label"], row["seeds"]) == ("LSTM", 3)
    assert row["drop"] == pytest.approx(mean([0.02, 0.05, 0]))
    assert row["drop_std"] == pytest.approx(stdev([0.02, 0.05, 0]))
    assert row["gap_at_last"] == pytest.approx(mean([0.9 - 0.78, 0.9 - 0.75, 0.9 - 0.8]))
    assert (row["earliest_best"], row["latest_best"], row["unfinished"]) == (1, 3, 1)


def test_nothing_gives_empty_frames():
    assert overfitting.summary_frame(overfitting.runs_frame([])).empty


def test_seeds_that_learnt_nothing_are_left_out(store, comparison, finish):
    wanted = replace(comparison, epochs=3, num_seeds=3)
    flat = [0.9] * 3  # as training accuracy
    for spec, validation in zip(wanted.specs("f" * 16)["LSTM"], [flat, [0.7, 0.8, 0.75], flat], strict=True):
        finish(spec, validation)
    finish(wanted.specs("f" * 16)["Flatten"][0], flat)
    summary = overfitting.summary_frame(overfitting.runs_frame(fetch(store, wanted, "f" * 16, DEVICE)))
    rows = {row["label"]: row for row in summary.to_dict("records")}
    assert (rows["LSTM"]["seeds"], rows["LSTM"]["stuck"], rows["LSTM"]["has_learnt"]) == (1, 2, True)
    assert rows["LSTM"]["drop"] == pytest.approx(0.05)
    assert (rows["Flatten"]["seeds"], rows["Flatten"]["stuck"], rows["Flatten"]["has_learnt"]) == (1, 1, False)
