"""Charts of the models' answers to a reader's sentence. Pure."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.charts import Layers, names, readable, tips

ROW_HEIGHT = 30


def one_class(frame: pd.DataFrame, label_of_class: str, colours: Mapping[str, str], text_color: str) -> Layers:
    """The probability of one class: each seed as a dot, the mean as a tick, and a dashed line between the classes."""
    own = frame[frame["answer"] == label_of_class]
    base = alt.Chart(own).encode(
        y=names(colours),
        color=alt.Color("label:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None),
    )
    x: dict[str, Any] = {
        "title": f"Probability of “{label_of_class}”",
        "scale": alt.Scale(domain=[0, 1]),
        "axis": alt.Axis(format="%", tickCount=5),
    }
    dots = base.mark_point(filled=True, size=90, opacity=0.7).encode(
        x=alt.X("probability:Q", **x),
        tooltip=tips(
            "label", "seed", alt.Tooltip("probability:Q", title=f"Says “{label_of_class}” with", format=".1%")
        ),
    )
    means = base.mark_tick(thickness=4, size=24).encode(x=alt.X("mean(probability):Q", **x))
    middle = (
        alt.Chart(pd.DataFrame({"at": [0.5]})).mark_rule(strokeDash=[4, 4], color=text_color).encode(x=alt.X("at:Q"))
    )
    return readable(middle, dots, means, text_color=text_color, height=alt.Step(ROW_HEIGHT))
