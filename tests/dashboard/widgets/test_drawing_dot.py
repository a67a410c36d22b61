import re

from dashboard.widgets.drawing_dot import DIFFERENT, dot
from models.architectures import get_architecture
from models.layers.stack import summarize


def layers(*names):
    return {get_architecture(name).title: summarize(get_architecture(name).layers(1_000), (50,)) for name in names}


def widths(graph):
    return re.findall(r"penwidth=(\d)", graph)


def test_every_layer_is_a_box_with_its_shape_and_parameters():
    graph = dot(layers("lstm"), {"LSTM": "#123456"}, "#000000", "#FFFFFF")
    assert graph.count("penwidth") == 1 + 4
    assert "Bidirectional(LSTM(32))" in graph
    assert "50 × 16, 16,000 parameters" in graph
    assert graph.count('color="#123456"') == 5
    assert "50 tokens" in graph
    assert DIFFERENT not in widths(graph), "one alone differs from nothing"


def test_what_not_all_of_them_have_is_framed_thickly():
    graph = dot(layers("lstm", "gru"), {}, "#000000", "#FFFFFF")
    assert widths(graph).count(DIFFERENT) == 2
    thick = [line for line in graph.splitlines() if f"penwidth={DIFFERENT}" in line]
    assert "LSTM(32)" in thick[0] and "GRU(32)" in thick[1]


def test_names_that_people_typed_end_no_string():
    found = {'My "stack" \\ {x}': layers("gru")["GRU"]}
    graph = dot(found, {}, "#000000", "#FFFFFF")
    assert 'label="My \\"stack\\" \\\\ {x}"' in graph


def test_nothing_is_an_empty_graph():
    assert dot({}, {}, "#000000", "#FFFFFF").endswith("}")
