import pytest

from dashboard.layers import layers_charts, layers_frames
from models.architectures import ARCHITECTURES
from models.layers.stack import summarize

NAMES = ("lstm", "gru", "self_attention", "conv1d_under_lstm")
COLOURS = {
    ARCHITECTURES[name].title: colour
    for name, colour in zip(NAMES, ("#111111", "#222222", "#333333", "#444444"), strict=True)
}


def frame(names):
    return layers_frames.flow_frame(
        {ARCHITECTURES[name].title: summarize(ARCHITECTURES[name].layers(1_000), (50,)) for name in names}
    )


@pytest.mark.parametrize("names", [(), NAMES[:1], NAMES], ids=["none", "one", "four"])
def test_charts_of_none_one_and_many(names):
    labels = [ARCHITECTURES[name].title for name in names]
    spec = layers_charts.flow(frame(names), labels, COLOURS, "#000000").to_dict()
    assert spec["layer"][0]["encoding"]["fill"]["scale"] == {"domain": list(COLOURS), "range": list(COLOURS.values())}
    spec = layers_charts.parameter_bars(frame(names), COLOURS, "#000000").to_dict()
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == list(COLOURS)


def test_parts_of_a_drawing_are_as_high_as_the_whole():
    layers = frame(NAMES)
    heights = {layers_charts.flow(layers, [label], COLOURS, "#000000").to_dict()["height"] for label in COLOURS}
    assert heights == {layers_charts.flow(layers, list(COLOURS), COLOURS, "#000000").to_dict()["height"]}


def test_what_differs_has_a_thick_frame():
    spec = layers_charts.flow(frame(NAMES), list(COLOURS), COLOURS, "#000000").to_dict()
    condition = spec["layer"][0]["encoding"]["strokeWidth"]["condition"]
    assert condition == {"test": "datum.differs", "value": layers_charts.THICK}
