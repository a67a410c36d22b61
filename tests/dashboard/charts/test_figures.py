import math

import pandas as pd

from dashboard.charts.figures import PERCENT, PLAIN, POINTS, SECONDS, figure, plus_minus


def summary(*rows):
    return pd.DataFrame(rows, columns=["x", "x_std", "x_n", "x_never", "seeds"])


def test_figures_line_up_and_say_their_spread():
    cells = plus_minus(summary((0.9, 0.02, 3, 0, 3), (1.0, math.nan, 1, 0, 1)), "x", PERCENT)
    assert cells == ["\u200790.00 ± 2.00%", "100.00%"]


def test_figures_say_of_how_many_seeds_they_are():
    nothing = (math.nan, math.nan, 0)
    rows = (1234.5, 1.0, 2, 1, 3), (*nothing, 3, 3), (*nothing, 0, 3)
    assert plus_minus(summary(*rows), "x", SECONDS) == ["1,234.50 ± 1.00 s (2 of 3)", "not reached", "–"]


def test_negative_figures_have_a_minus_sign_and_zero_has_none():
    assert [figure(value, POINTS) for value in (-0.00273, -0.00001)] == ["−0.27", "0.00"]


def test_a_figure_gone_astray_stays_short():
    assert plus_minus(summary((1e300, math.nan, 1, 0, 1)), "x", PLAIN) == ["1.00e+300"]
