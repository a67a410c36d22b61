"""A page's charts are sent as Arrow; both ways of writing rows out say the same."""

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.chart_cache import page_spec, spec
from dashboard.charts.charts import readable
from tests.dashboard.pages import PATIENCE

FRAME = pd.DataFrame(
    {
        "label": ["LSTM", "GRU", None],
        "n": [3, 2, 1],
        "mean": [0.5, np.nan, np.inf],
        "is_best": [True, False, False],
    },
    index=[7, 8, 9],
)


def bars(frame, text_color):
    base = alt.Chart(frame).encode(alt.X("mean:Q"), alt.Y("label:N"))
    return readable(
        base.mark_bar(), base.mark_text(color=text_color), alt.Chart(frame[:1]).mark_rule(), text_color=text_color
    )


def test_layers_share_a_frame_by_its_name():
    drawn = spec(bars, FRAME, "#000000")
    names = [layer["data"]["name"] for layer in drawn["layer"]]
    assert names == ["data-1", "data-1", "data-2"] and list(drawn["datasets"]) == ["data-1", "data-2"]
    alt.LayerChart.from_dict(drawn)  # raises for what is no Vega-Lite


@pytest.mark.parametrize("frame", [FRAME, FRAME[:0]], ids=["rows", "no rows"])
def test_a_page_is_sent_the_same_rows(frame):
    alone, sent = spec(bars, frame, "#000000"), page_spec(bars, frame, "#000000")
    assert {**alone, "datasets": 0} == {**sent, "datasets": 0}
    for name, rows in alone["datasets"].items():
        assert isinstance(sent["datasets"][name], pa.Table)
        assert sent["datasets"][name].to_pylist() == rows


def test_what_is_drawn_twice_is_whole_twice():
    """Streamlit takes the rows out of what it is given."""

    def page():
        import streamlit as st

        from dashboard.charts.plots import Plot, draw
        from tests.dashboard.charts.test_chart_cache import FRAME, bars

        plot = Plot("Bars", "Bars of two", bars, (FRAME,), FRAME).with_text_color("#000000")
        with st.container():
            draw(plot)
        draw(plot)

    app = AppTest.from_function(page, default_timeout=PATIENCE).run()
    assert not app.exception
    first, second = (element.proto for element in app.get("vega_lite_chart"))
    assert first.spec == second.spec and len(first.datasets) == len(second.datasets) == 2
    assert [each.data.data for each in first.datasets] == [each.data.data for each in second.datasets]
