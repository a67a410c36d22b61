"""Mean, spread and number over seeds. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def aggregate_over_seeds(runs: pd.DataFrame, by: Sequence[str], keys: Sequence[str]) -> pd.DataFrame:
    """Aggregate runs over their seeds.

    Computed with NumPy, since pandas takes ten times as long to group a few dozen rows, and every rerun waits for it.

    Args:
        runs: A row for each run.
        by: The columns that runs of one group share.
        keys: Columns of numbers. Missing values are not counted; infinity means that the event never happened.

    Returns:
        A row for each group, in the order of their first runs: ``by``, ``seeds``, and for each of ``keys`` its mean
        under its own name, ``*_std`` (n − 1, missing for one seed), ``*_n`` and the number of infinite values,
        ``*_never``.
    """
    places: dict[tuple, list[int]] = {}
    for place, group in enumerate(zip(*(runs[name] for name in by), strict=True)):
        places.setdefault(group, []).append(place)
    values = runs[list(keys)].to_numpy(float)  # (runs, keys)
    most = max(map(len, places.values()), default=0)
    padded = [rows + [-1] * (most - len(rows)) for rows in places.values()]  # with a row of nothing, at the end
    rows = np.array(padded, dtype=int).reshape(len(places), most)
    figures = _figures(np.vstack([values, np.full((1, len(keys)), np.nan)])[rows])
    columns: dict[str, Any] = {name: [group[place] for group in places] for place, name in enumerate(by)}
    columns["seeds"] = [len(rows) for rows in places.values()]
    for number, key in enumerate(keys):
        columns |= {key: figures[:, 0, number], f"{key}_std": figures[:, 1, number]}
        columns |= {f"{key}_n": figures[:, 2, number].astype(int), f"{key}_never": figures[:, 3, number].astype(int)}
    return pd.DataFrame(columns)


def _figures(values: np.ndarray) -> np.ndarray:
    """Mean, standard deviation, n and never of each key: (groups, seeds, keys) to (groups, 4, keys)."""
    is_there = np.isfinite(values)
    n = is_there.sum(axis=1)
    mean = _ratio(np.where(is_there, values, 0).sum(axis=1), n)
    squares = np.where(is_there, values - mean[:, None], 0) ** 2
    return np.stack([mean, np.sqrt(_ratio(squares.sum(axis=1), n - 1)), n, np.isinf(values).sum(axis=1)], axis=1)


def _ratio(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Missing where there is nothing to count."""
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
