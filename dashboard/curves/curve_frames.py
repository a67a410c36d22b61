"""Curves of runs as tidy DataFrames. Pure: no file, no session; no results give empty frames with all their columns."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cache.results.results import Result
from cache.store.runs import Run
from dashboard.charts.aggregate import aggregate_over_seeds
from dashboard.curves.curve_options import EPOCH, EXAMPLES, INTERVAL, RANGE, SECONDS, CurveOptions
from models.training.events import EpochFinished
from models.training.metrics import BY_KEY, METRICS, TRAIN, VALIDATION

CURVE_COLUMNS = ("label", "seed", "split", "epoch", "seconds", *(metric.key for metric in METRICS))
LEVEL = 0.95
MOST_POINTS = 100
"""On one line; a chart is only a few hundred pixels wide."""


def curves_frame(results: Iterable[Result]) -> pd.DataFrame:
    """A row for each epoch and split ("train", "validation") with its metrics and the training seconds up to its end.
    Missing measurements are empty.
    """
    return _curves((result.label, result.spec.seed, result.epochs) for result in results)


def run_curves_frame(runs: Sequence[Run], epochs: Mapping[int, Sequence[EpochFinished]]) -> pd.DataFrame:
    """Tabulate the curves of runs, each under its own title, with the columns of ``curves_frame``.

    Args:
        runs: The runs.
        epochs: The epochs by run id.
    """
    return _curves((run.title, run.settings.get("seed"), epochs[run.id]) for run in runs)


def _curves(measured: Iterable[tuple[str, int | None, Sequence[EpochFinished]]]) -> pd.DataFrame:
    """From (label, seed, epochs)."""
    rows = [
        (label, seed, split, epoch.epoch, seconds, *(metric.value(epoch, split) for metric in METRICS))
        for label, seed, epochs in measured
        for epoch, seconds in zip(epochs, accumulate(epoch.train_seconds for epoch in epochs), strict=True)
        for split in (TRAIN, VALIDATION)
    ]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS)).astype({metric.key: float for metric in METRICS})


def bands_frame(curves: pd.DataFrame, options: CurveOptions, num_train: int | None = None) -> pd.DataFrame:
    """Compute lines and bands.

    Args:
        curves: A result of ``curves_frame``.
        options: How the curves are drawn.
        num_train: The number of examples in an epoch.

    Returns:
        A row for each label, split and epoch: ``mean`` of the metric over ``n`` seeds, ``low`` and ``high`` of the band
        (missing for one seed, and cut at values that the metric cannot have), ``smooth`` and the place ``x`` on the
        axis. On the axis of seconds, ``x`` is the mean of the seeds' seconds up to the end of that epoch. Epochs that
        some seed has not reached are left out there, because other seeds would take another time.
    """
    by, metric = ["label", "split", "epoch"], options.metric
    curves = curves[curves[metric].notna()]  # what a split or an older run has not measured has no line
    table = aggregate_over_seeds(curves, by, [metric, "seconds"])
    table = table.rename(columns={metric: "mean", f"{metric}_std": "std", f"{metric}_n": "n"})
    table = table[[*by, "mean", "std", "n", "seconds"]]
    if options.band == RANGE:
        ends = curves.groupby(by, sort=False)[metric].agg(["min", "max"])
        table["low"], table["high"] = ends["min"].to_numpy(), ends["max"].to_numpy()
    else:
        half = table["std"] * (_interval_factor(table["n"]) if options.band == INTERVAL else 1.0)
        table["low"], table["high"] = table["mean"] - half, table["mean"] + half
    most = 1.0 if BY_KEY[metric].is_share else None  # no metric is below 0
    table[["low", "high"]] = table[["low", "high"]].clip(0.0, most)
    table.loc[table["n"] < 2, ["low", "high"]] = np.nan
    table["smooth"] = _smooth(table, options.smoothing)
    if options.axis == SECONDS:
        table = table[table["n"] == table.groupby(["label", "split"], sort=False)["n"].transform("max")]
    places = {EPOCH: table["epoch"], EXAMPLES: table["epoch"] * (num_train or 1), SECONDS: table["seconds"]}
    return table.assign(x=places[options.axis].astype(float)).drop(columns="std").reset_index(drop=True)


def _interval_factor(n: pd.Series) -> np.ndarray:
    """The factor by which the standard deviation is multiplied for half of Student's interval of a mean of ``n``
    values.
    """
    degrees = np.where(n > 1, n - 1.0, np.nan)
    return stdtrit(degrees, (1 + LEVEL) / 2) / np.sqrt(n)


def _smooth(bands: pd.DataFrame, weight: float) -> pd.Series:
    """The exponential moving average of the means, weighted by 1, weight, weight², … backwards from each epoch."""
    if not weight or bands.empty:
        return bands["mean"]
    lines = bands.groupby(["label", "split"], sort=False)["mean"]
    return lines.transform(lambda means: means.ewm(alpha=1 - weight, adjust=True).mean())


def best_frame(bands: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows of ``bands``, of both splits, at the epoch with the best mean of each label on the validation split; the
    earliest if there are several.
    """
    sign = -1 if BY_KEY[metric].lower_is_better else 1
    best: dict[str, tuple[float, int]] = {}
    for label, split, epoch, mean in zip(bands["label"], bands["split"], bands["epoch"], bands["mean"], strict=True):
        if split == "validation" and sign * mean > best.get(label, (float("-inf"), 0))[0]:
            best[label] = sign * mean, epoch
    is_best = [best.get(label, (0, 0))[1] == epoch for label, epoch in zip(bands["label"], bands["epoch"], strict=True)]
    return bands[np.array(is_best, dtype=bool)].reset_index(drop=True)


def drawn(bands: pd.DataFrame, options: CurveOptions) -> pd.DataFrame:
    """The visible part of ``bands``: the chosen labels and epochs. If there are very many epochs, every so many and the
    last.
    """
    if options.only:
        bands = bands[bands["label"].isin(options.only)]
    last = bands["epoch"].max() if len(bands) else 0
    step = -(-last // MOST_POINTS) or 1
    epochs = bands["epoch"]
    seen = epochs >= min(options.from_epoch, last)
    return bands[seen & (((epochs - options.from_epoch) % step == 0) | (epochs == last))].reset_index(drop=True)
