import math
from statistics import mean, stdev

import pandas as pd
import pytest

from dashboard.charts.aggregate import aggregate_over_seeds


def test_mean_spread_and_number_over_seeds():
    runs = pd.DataFrame(
        [("b", 0, 1.0, 5.0), ("b", 1, 4.0, math.inf), ("a", 0, 2.0, math.nan), ("b", 2, 9.0, 6.0)],
        columns=["label", "seed", "score", "seconds"],
    )
    table = aggregate_over_seeds(runs, ["label"], ["score", "seconds"]).set_index("label")
    assert list(table.index) == ["b", "a"]
    assert list(table["seeds"]) == [3, 1]
    assert table.loc["b", "score"] == pytest.approx(mean([1, 4, 9]))
    assert table.loc["b", "score_std"] == pytest.approx(stdev([1, 4, 9]))
    assert (table.loc["b", "seconds"], table.loc["b", "seconds_n"], table.loc["b", "seconds_never"]) == (5.5, 2, 1)
    assert math.isnan(table.loc["a", "score_std"])
    assert math.isnan(table.loc["a", "seconds"])
    assert (table.loc["a", "seconds_n"], table.loc["a", "seconds_never"]) == (0, 0)


def test_nothing_to_be_summed_up():
    runs = pd.DataFrame({"label": ["a"], "score": [1.0]})
    assert list(aggregate_over_seeds(runs, ["label"], [])) == ["label", "seeds"]
    assert aggregate_over_seeds(runs[:0], ["label"], ["score"]).empty
