"""Every letter of a chart lies within it, however narrow the chart is and however long names and figures are."""

import re
from xml.etree import ElementTree

import altair
import pandas as pd
import pytest
import vl_convert

from dashboard.charts.chart_cache import spec
from dashboard.costs import cost_charts
from dashboard.data import data_charts
from dashboard.disagreement import ask_charts, disagreement_charts
from dashboard.generate import generate_charts
from dashboard.studies import study_charts

LONG, SHORT = "Bidirectional LSTM, 2 equal layers", "GRU"
COLOURS = {LONG: "#007252", SHORT: "#2060D8"}
INK = "#31333F"
VERSION = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def parameters():
    columns = ["label", "position", "layer", "formula", "num_params", "num_trainable", "total"]
    rows = [(LONG, 1, "Embedding", "v d", 99_999_999, 99_999_999, 99_999_999), (SHORT, 1, "Dense", "", 9, 9, 9)]
    return cost_charts.parameter_bars, (pd.DataFrame(rows, columns=columns), COLOURS)


def seconds():
    means = pd.DataFrame({"label": [LONG, SHORT], "seconds_per_epoch": [12345.67, 0.5], "n": [3, 3]})
    epochs = pd.DataFrame(
        {"label": [LONG, SHORT], "seed": 0, "epoch": 2, "is_first": False, "train_seconds": [12345, 1]}
    )
    return cost_charts.seconds_bars, (means, epochs, COLOURS)


def ranking():
    frame = pd.DataFrame({"label": [LONG, SHORT], "value": [0.84, 0.8], "low": 0.79, "high": [0.85, 0.81], "n": 3})
    return study_charts.ranking, (frame, COLOURS)


def sweep():
    frame = pd.DataFrame({"label": ["LSTM, small"] * 2, "x": [1_000, 20_000], "value": 0.8, "low": 0.7, "high": 0.9})
    return study_charts.sweep, (frame.assign(n=3), "Training texts", {"LSTM, small": "#007252"}, False)


def candidates():
    rows = [("unwatchable", 0.9999, 1.0, True), ("a", 0.0001, 0.0, False)]
    frame = pd.DataFrame(rows, columns=["token", "probability", "chance", "is_written"])
    return generate_charts.candidates, (frame, "#007252")


def agreement():
    pairs = [(one, two, 0.9, 9) for one in COLOURS for two in COLOURS]
    return disagreement_charts.agreement, (pd.DataFrame(pairs, columns=["first", "second", "share", "pairs"]),)


def classes():
    label = "a class that a user gave a long name"
    frame = pd.DataFrame({"label": [label], "split": "all", "num_texts": 12_345, "share": 1.0})
    return data_charts.class_bars, (frame, [label])


def answers():
    frame = pd.DataFrame({"label": [LONG, SHORT], "seed": 0, "answer": "positive", "probability": [1.0, 0.0]})
    return ask_charts.one_class, (frame, "positive", COLOURS)


@pytest.mark.parametrize("width", [320, 480, 760])
@pytest.mark.parametrize(
    "chart",
    [parameters, seconds, ranking, sweep, candidates, agreement, classes, answers],
    ids=lambda chart: chart.__name__,
)
def test_every_label_is_within_its_chart(chart, width):
    make, values = chart()
    drawn = spec(make, *values, INK) | {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    svg = vl_convert.vegalite_to_svg(drawn, vl_version=VERSION, allowed_base_urls=[])
    found = list(texts(ElementTree.fromstring(svg)))
    assert len(found) > 3
    assert not [text for text, left, right in found if left < -1 or right > width + 1 or "…" in text]


def letters(text):
    """Width of a text in units of its size, somewhat less than in most fonts."""
    return sum(0.28 if letter in "iljtfr.,:' I" else 0.53 for letter in text)


def texts(element, x=0.0, is_turned=False):
    """(text, left, right) of each horizontal text of a drawing, its width estimated from its letters."""
    for place, turn in re.findall(r"(translate|rotate)\(([^)]*)\)", element.get("transform", "")):
        x += float(turn.split(",")[0]) if place == "translate" and not is_turned else 0
        is_turned = is_turned or (place == "rotate" and float(turn) != 0)
    if element.tag.endswith("}text") and not is_turned and float(element.get("opacity", 1)):
        lines = [*(child.text or "" for child in element), element.text or ""]
        width = float(element.get("font-size").removesuffix("px")) * max(map(letters, lines))
        left = x - {"start": 0, "middle": width / 2, "end": width}[element.get("text-anchor", "start")]
        yield " ".join(filter(None, lines)), left, left + width
    for child in element:
        yield from texts(child, x, is_turned)
