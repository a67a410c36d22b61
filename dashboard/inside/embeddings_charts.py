"""The map of words before and after training. Pure."""

import altair as alt
import pandas as pd

from dashboard.charts.charts import FIT_WIDTH, Layers, background_of, legend, readable, scale
from dashboard.inside.embeddings_frames import AFTER, BEFORE, NEIGHBOUR, OTHER

GREY = "#8A8A8A"


def embedding_map(frame: pd.DataFrame, word: str, colour: str, text_color: str) -> Layers:
    """Hollow points before training, filled ones after; lines connect those of the searched word and its neighbours."""
    roles = {word: text_color, NEIGHBOUR: colour, OTHER: GREY}
    is_other = frame["role"] == OTHER

    def part(rows: pd.Series) -> alt.Chart:
        return alt.Chart(frame[rows]).encode(
            x=alt.X("x:Q", title="First principal component"),
            y=alt.Y("y:Q", title="Second principal component"),
            color=alt.Color("role:N", scale=scale(roles), legend=legend(list(roles), of_lines=False)),
            tooltip=["word:N", "when:N", alt.Tooltip("moved:Q", format=".3f")],
        )

    points = [
        part((frame["when"] == when) & rows).mark_point(filled=when == AFTER, size=size, opacity=opacity)
        for rows, size, opacity in ((is_other, 20, 0.4), (~is_other, 50, 1.0))
        for when in (BEFORE, AFTER)
    ]
    labels = part(frame["label"] != "").encode(text="label:N", color=alt.value(text_color))
    edge = labels.mark_text(dy=-9, fontSize=12, stroke=background_of(text_color), strokeWidth=4, strokeJoin="round")
    lines = part(~is_other).mark_line(strokeWidth=1.2, opacity=0.7).encode(detail="word:N")
    layers = [*points[:2], lines, *points[2:], edge, labels.mark_text(dy=-9, fontSize=12)]
    return readable(*layers, text_color=text_color, height=340, autosize=FIT_WIDTH)
