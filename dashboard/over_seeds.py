"""Mean, spread and number over seeds. Pure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def over_seeds(runs: pd.DataFrame, by: Sequence[str], keys: Sequence[str]) -> pd.DataFrame:
    """A row for each group of ``by``, in the order of their first runs: ``by``, ``seeds``, and for each of ``keys`` its
    mean under its own name, ``*_std`` (n − 1, missing for one seed), ``*_n`` and ``*_never``.

    A missing value is not counted in n. An infinite one stands for what never came about: it is counted in never alone.
    """
    keys, seeds = list(keys), runs.groupby(list(by), sort=False).size().rename("seeds")
    if not keys:
        return seeds.reset_index()
    values = runs[keys].astype(float)
    groups = [runs[name] for name in by]
    finite = values.replace([np.inf, -np.inf], np.nan).groupby(groups, sort=False)
    parts = [
        seeds,
        finite.mean(),
        finite.std().add_suffix("_std"),
        finite.count().add_suffix("_n"),
        np.isinf(values).groupby(groups, sort=False).sum().add_suffix("_never"),
    ]
    return pd.concat(parts, axis=1).reset_index()
