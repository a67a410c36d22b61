"""Charts of the verdict. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from cache.results.verdicts import Verdict
from dashboard.charts.charts import MOST_LETTERS, ON_A_PHONE, Layers, readable

ROW_HEIGHT = 30
UNDECIDED = "#8a8a8a"
COLUMNS = ("pair", "points", "low", "high", "seeds", "colour", "sentence")


def intervals_frame(verdicts: Sequence[Verdict], colours: Mapping[str, str]) -> pd.DataFrame:
    """A row for each pair, in points of accuracy, in the colour of the better one if they differ."""
    rows = []
    for verdict in verdicts:
        low, high = verdict.difference.interval(verdict.level)
        colour = colours.get(verdict.better, UNDECIDED) if verdict.is_different else UNDECIDED
        rows.append(
            (
                f"{verdict.better} − {verdict.other}",
                100 * verdict.difference.mean,
                100 * low,
                100 * high,
                verdict.difference.num_seeds,
                colour,
                verdict.sentence,
            )
        )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.replace([float("inf"), float("-inf")], None).astype({"low": float, "high": float})


def intervals(verdicts: Sequence[Verdict], colours: Mapping[str, str], text_color: str) -> Layers:
    """The difference of each pair as a point with its interval, and a line at zero. One seed has no interval."""
    in_two = f"({ON_A_PHONE} || length(datum.label) > {MOST_LETTERS})"
    names = alt.Axis(
        labelExpr=f"{in_two} ? split(replace(datum.label, ' − ', ' −\\n'), '\\n') : datum.label",
        labelOffset=alt.ExprRef(f"{ON_A_PHONE} ? -6 : 0"),
        labelLineHeight=13,
        labelLimit=0,
        labelFlush=False,
        labelOverlap=False,
    )
    base = alt.Chart(intervals_frame(verdicts, colours)).encode(
        y=alt.Y("pair:N", title=None, sort=None, axis=names),
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("sentence:N", title="Verdict"), alt.Tooltip("seeds:Q", title="Seeds")],
    )
    # A narrow plot is narrower than its title, which then goes on below the names.
    x: dict[str, Any] = {
        "title": "Points of test accuracy",
        "axis": alt.Axis(format=".1~f", tickCount=5, titleAnchor="end"),
    }
    bars = base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", **x), x2=alt.X2("high:Q"))
    points = base.mark_point(filled=True, size=90, opacity=1).encode(x=alt.X("points:Q", **x))
    zero = (
        alt.Chart(pd.DataFrame({"zero": [0.0]}))
        .mark_rule(strokeDash=[4, 4], color=text_color)
        .encode(x=alt.X("zero:Q"))
    )
    return readable(zero, bars, points, text_color=text_color, height=alt.Step(ROW_HEIGHT))
