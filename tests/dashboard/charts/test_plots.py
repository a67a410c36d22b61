import io
from datetime import date

import altair as alt
import pandas as pd
import pytest

from dashboard.charts.plots import PAPER_TEXT, Plot, printable_spec, table
from dashboard.shell.tab import slug


def plot(*labels, frame=None):
    frame = pd.DataFrame({"label": list(labels), "accuracy": [0.1 + 0.2] * len(labels)}) if frame is None else frame

    def draw(text_color):
        base = alt.Chart(frame).encode(x="accuracy:Q", y="label:N")
        return (base.mark_bar() + base.mark_text(color=text_color)).configure_axis(labelColor=text_color)

    return Plot("Seconds per epoch", "Bars", draw, (), frame, "Measured on Test CPU.")


@pytest.mark.parametrize("labels", [(), ("LSTM",), ("Flatten", "LSTM", "GRU")], ids=["none", "one", "many"])
def test_on_paper_a_chart_is_dark_on_white_with_title_and_caption(labels):
    spec = printable_spec(plot(*labels))
    assert spec["config"]["background"] == "white"
    assert spec["config"]["axis"] == {"labelColor": PAPER_TEXT}
    assert spec["title"]["text"] == "Seconds per epoch"
    assert spec["title"]["subtitle"] == ["Measured on Test CPU.", f"Unroll, {date.today():%d %B %Y}"]
    assert spec["width"] == 760
    (values,) = spec["datasets"].values()
    assert [row["label"] for row in values] == list(labels)


def test_a_page_of_its_own_captions_beside_the_chart():
    spec = printable_spec(plot("LSTM"), width="container", captioned=False)
    assert spec["width"] == "container" and "subtitle" not in spec["title"]


@pytest.mark.parametrize("labels", [(), ("LSTM",), ("Flatten", "LSTM", "GRU")], ids=["none", "one", "many"])
def test_csv_is_what_is_drawn_to_the_last_digit(labels):
    drawn = plot(*labels)
    read = pd.read_csv(io.BytesIO(table(drawn)))
    assert list(read.columns) == ["label", "accuracy"]
    assert list(read["label"]) == list(labels) and list(read["accuracy"]) == [0.1 + 0.2] * len(labels)


def test_no_spreadsheet_runs_what_users_typed():
    assert b"\n'=1+1,-1.5\n" in table(plot(frame=pd.DataFrame({"label": ["=1+1"], "accuracy": [-1.5]})))


def test_file_names_are_plain():
    assert slug("Training loss (cross-entropy)") == "training-loss-cross-entropy"
    assert slug("…") == "chart"
