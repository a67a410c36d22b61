"""What architectures cost, as tidy DataFrames. Pure: no file, no session; no results give empty frames."""

from collections.abc import Iterable, Sequence

import pandas as pd

from cache.results.results import Result, timed
from cache.store.runs import best_epoch, first_epoch_extra_seconds, seconds_per_epoch
from dashboard.charts.aggregate import aggregate_over_seeds

MEASUREMENT_COLUMNS = ("label", "seed", "device", "epoch", "is_first", "train_seconds")
SECONDS_COLUMNS = ("label", "device", "seconds_per_epoch", "n")
EXTRA_COLUMNS = ("label", "seed", "device", "extra_seconds")
RUN_COLUMNS = ("label", "seed", "num_params", "test_accuracy", "seconds_per_epoch", "total_seconds")
COSTS = ("num_params", "seconds_per_epoch", "total_seconds")


def epochs_frame(results: Iterable[Result]) -> pd.DataFrame:
    """A row for each measured epoch with its training seconds, including epochs of runs that are still training."""
    rows = [
        (result.label, result.spec.seed, result.device, epoch.epoch, epoch.is_first, epoch.train_seconds)
        for result in results
        for epoch in result.epochs
    ]
    return pd.DataFrame(rows, columns=list(MEASUREMENT_COLUMNS))


def seconds_frame(epochs: pd.DataFrame) -> pd.DataFrame:
    """A row for each label and device: the median of each seed's steady epochs, then the mean over ``n`` seeds, as in
    the leaderboard.
    """
    steady = epochs[~epochs["is_first"].astype(bool)]
    per_seed = steady.groupby(["label", "device", "seed"], sort=False)["train_seconds"].median().reset_index()
    table = per_seed.groupby(["label", "device"], sort=False)["train_seconds"].agg(["mean", "count"]).reset_index()
    return table.rename(columns={"mean": "seconds_per_epoch", "count": "n"})[list(SECONDS_COLUMNS)]


def extra_frame(results: Iterable[Result]) -> pd.DataFrame:
    """A row for each run with the extra time of its first epoch: tracing and compilation."""
    rows = [
        (result.label, result.spec.seed, result.device, extra)
        for result in results
        if (extra := first_epoch_extra_seconds(result.epochs)) is not None
    ]
    return pd.DataFrame(rows, columns=list(EXTRA_COLUMNS))


def trade_off_frame(results: Iterable[Result], device: str, include_contended: bool = False) -> pd.DataFrame:
    """Tabulate accuracy and costs.

    Args:
        results: The results; those that are not cached whole are left out.
        device: The name of the device whose seconds count.
        include_contended: Whether disturbed seconds count.

    Returns:
        A row for each label: mean and ``*_std`` over ``n`` seeds of the test accuracy at the best epoch, and of the
        training seconds over ``num_timed`` seeds.
    """
    results = [result for result in results if result.is_cached]
    is_timed = {(result.label, result.spec.seed) for result in timed(results, device, include_contended)}
    rows = []
    for result in results:
        measured = result.epochs if (result.label, result.spec.seed) in is_timed else ()
        total = sum(epoch.train_seconds for epoch in measured) if measured else None
        accuracy = best_epoch(result.epochs).test_accuracy
        rows.append(
            (result.label, result.spec.seed, result.asked_run.num_params, accuracy, seconds_per_epoch(measured), total)
        )
    runs = pd.DataFrame(rows, columns=list(RUN_COLUMNS)).astype(dict.fromkeys(RUN_COLUMNS[3:], float))
    table = aggregate_over_seeds(runs, ["label"], RUN_COLUMNS[2:]).rename(
        columns={"seeds": "n", "total_seconds_n": "num_timed"}
    )
    spread = [column for name in RUN_COLUMNS[3:] for column in (name, f"{name}_std")]
    return table[["label", "num_params", "n", "num_timed", *spread]].astype({"num_params": int})


def pareto_front(costs: Sequence[float], accuracies: Sequence[float]) -> list[bool]:
    """Return whether each entry is Pareto-optimal: no other is at least as cheap and accurate, and better in one of
    both.

    Args:
        costs: The cost of each entry; NaN if unknown, which is never optimal.
        accuracies: The accuracy of each entry.
    """
    pairs = list(zip(costs, accuracies, strict=True))
    return [
        not pd.isna(cost)
        and not any(
            other_cost <= cost and other >= accuracy and (other_cost < cost or other > accuracy)
            for other_cost, other in pairs
        )
        for cost, accuracy in pairs
    ]
