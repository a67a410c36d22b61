"""What a room sees of a comparison: one figure for each architecture. Pure."""

from collections.abc import Iterable, Mapping

import pandas as pd

from cache.results.results import Result, has_seconds
from cache.store.runs import best_epoch, seconds_per_epoch
from dashboard.charts.figures import seeds_in_words

CURVE_COLUMNS = ("label", "epoch", "accuracy", "n")


def accuracies(results: Iterable[Result]) -> pd.DataFrame:
    """Tabulate the test accuracy at the best validation epoch of whole runs: mean over ``n`` seeds ± one standard
    deviation.
    """
    best = ((result.label, best_epoch(result.epochs).test_accuracy) for result in results if result.is_cached)
    found = _means((label, accuracy) for label, accuracy in best if accuracy is not None)
    return found.assign(high=found["high"].clip(upper=1.0))


def parameters(results: Iterable[Result]) -> pd.DataFrame:
    """Tabulate the number of parameters. It is the same for all seeds, so it has no spread."""
    return exact({result.label: result.asked_run.num_params for result in results if result.is_cached})


def exact(values: Mapping[str, int]) -> pd.DataFrame:
    """Tabulate figures without a spread, by label."""
    rows = [(label, value, value, value, 1) for label, value in values.items()]
    return pd.DataFrame(rows, columns=["label", "value", "low", "high", "n"])


def seconds(results: Iterable[Result], device: str, include_contended: bool) -> pd.DataFrame:
    """Tabulate seconds per steady epoch on ``device``, without disturbed runs unless they are included."""
    return _means(
        (result.label, found)
        for result in results
        if result.is_cached and result.device == device and has_seconds(result, include_contended)
        if (found := seconds_per_epoch(list(result.epochs))) is not None
    )


def curves(results: Iterable[Result], of_all: bool = False) -> pd.DataFrame:
    """Tabulate validation accuracy by epoch: mean over ``n`` seeds of whole runs, or of all runs with ``of_all``."""
    rows = [
        (result.label, epoch.epoch, epoch.validation_accuracy)
        for result in results
        if of_all or result.is_cached
        for epoch in result.epochs
    ]
    frame = pd.DataFrame(rows, columns=["label", "epoch", "accuracy"])
    means = frame.groupby(["label", "epoch"], sort=False)["accuracy"].agg(["mean", "count"]).reset_index()
    return means.set_axis(list(CURVE_COLUMNS), axis=1)


def _means(pairs: Iterable[tuple[str, float]]) -> pd.DataFrame:
    return means(pd.DataFrame(pairs, columns=["label", "value"]).astype({"value": float}), ["label"])


def means(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The mean ``value`` of each group and its number ``n``, with ``low`` and ``high``, ± one standard deviation, not
    below 0.
    """
    table = frame.groupby(by, sort=False)["value"].agg(["mean", "std", "count"]).reset_index()
    spread = table["std"].fillna(0.0)
    ends = {"low": (table["mean"] - spread).clip(lower=0.0), "high": table["mean"] + spread}
    return table[by].assign(value=table["mean"], **ends, n=table["count"])


def timing(results: Iterable[Result], device: str, seeds: pd.Series) -> str:
    """Say on which device seconds per epoch were measured, and over how many epochs and seeds.

    Args:
        results: The results that are compared.
        device: The name of the device.
        seeds: The number of timed seeds of each label.
    """
    num_epochs = {len(result.epochs) for result in results if result.is_cached and result.device == device}
    of = f"the {min(num_epochs)} epochs" if len(num_epochs) == 1 else "all epochs"
    over = f" Mean over {seeds_in_words(seeds)}." if len(seeds) else ""
    return f"Measured on {device}: the median of {of} of a run, without the first.{over}"
