"""Charts of the Generate page. Pure."""

import altair as alt
import pandas as pd

from dashboard.charts.charts import Layers, at_the_end, readable, with_room
from models.training.generation import Step

ROW_HEIGHT = 26


def candidates_frame(step: Step) -> pd.DataFrame:
    """The most likely words at one place, and the word that was written."""
    rows = [(each.token, each.probability, each.chance) for each in step.candidates]
    if step.token not in {token for token, *_ in rows}:
        rows.append((step.token, step.probability, step.chance))
    frame = pd.DataFrame(rows, columns=["token", "probability", "chance"])
    frame["is_written"] = frame["token"] == step.token
    return frame


def candidates(frame: pd.DataFrame, colour: str, text_color: str) -> Layers:
    """Words as bars; the word that was written is drawn at full opacity."""
    base = alt.Chart(frame).encode(
        y=alt.Y("token:N", title=None, sort=None, axis=alt.Axis(labelLimit=160)),
        tooltip=[
            alt.Tooltip("token:N", title="Word"),
            alt.Tooltip("probability:Q", title="The model says", format=".2%"),
            alt.Tooltip("chance:Q", title="Drawn with", format=".2%"),
        ],
    )
    bars = base.mark_bar(color=colour).encode(
        x=alt.X(
            "probability:Q",
            title="Probability",
            scale=with_room(f"{value:.1%}" for value in frame["probability"]),
            axis=alt.Axis(format="%", tickCount=4),
        ),
        opacity=alt.condition("datum.is_written", alt.value(1), alt.value(0.4)),
    )
    figures = at_the_end(base, text_color).encode(
        x=alt.X("probability:Q"), text=alt.Text("probability:Q", format=".1%")
    )
    return readable(bars, figures, text_color=text_color, height=alt.Step(ROW_HEIGHT))
