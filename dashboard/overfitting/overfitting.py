"""Signs of overfitting in learning curves, as DataFrames. Pure."""

from collections.abc import Iterable

import pandas as pd

from cache.results.overfitting import MEASURES, measures
from cache.results.results import Result
from cache.results.stuck import is_stuck
from dashboard.charts.aggregate import aggregate_over_seeds


def runs_frame(results: Iterable[Result]) -> pd.DataFrame:
    """Tabulate the signs of overfitting of each whole run. Only whole runs have the same number of epochs."""
    rows = [
        (result.label, result.spec.seed, is_stuck(result.epochs), *measures(result.epochs).values())
        for result in results
        if result.is_cached
    ]
    return pd.DataFrame(rows, columns=["label", "seed", "is_stuck", *MEASURES]).astype(dict.fromkeys(MEASURES, float))


def that_learnt(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``summary_frame`` with a seed that learnt anything; all if there are none."""
    return summary[summary["has_learnt"]] if summary["has_learnt"].any() else summary


def summary_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """Aggregate the signs of overfitting over the seeds that learnt anything; over all if none did.

    Args:
        runs: A result of ``runs_frame``.

    Returns:
        A row for each label as from ``aggregate_over_seeds``, with the earliest and latest best epoch of its seeds, the
        number of seeds (``unfinished``) whose last epoch is the best, and the number that learnt nothing (``stuck``),
        which are left out if ``has_learnt``.
    """
    stuck = runs.groupby("label")["is_stuck"].sum()
    learnt = ~runs["is_stuck"].astype(bool)
    labels = set(runs.loc[learnt, "label"])
    runs = runs[learnt | ~runs["label"].isin(labels)]
    summary = aggregate_over_seeds(runs, ("label",), MEASURES)
    runs = runs.assign(unfinished=runs["best_epoch"] == runs["last_epoch"])
    groups = runs.groupby("label", sort=False)
    return summary.assign(
        earliest_best=groups["best_epoch"].min().to_numpy(),
        latest_best=groups["best_epoch"].max().to_numpy(),
        unfinished=groups["unfinished"].sum().to_numpy(),
        stuck=summary["label"].map(stuck).astype(int),
        has_learnt=summary["label"].isin(labels),
    )
