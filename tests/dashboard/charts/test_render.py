import pytest

from dashboard.charts.render import PNG, SVG, draw, javascript

SPEC = {
    "data": {"values": [{"label": "LSTM & GRU", "value": 3}]},
    "mark": "bar",
    "encoding": {"x": {"field": "value", "type": "quantitative"}, "y": {"field": "label", "type": "nominal"}},
}


def test_a_spec_becomes_a_picture():
    assert draw(PNG, SPEC).startswith(b"\x89PNG\r\n")
    svg = draw(SVG, SPEC).decode()
    assert svg.startswith("<svg") and "LSTM &amp; GRU" in svg


def test_what_cannot_be_drawn_gives_the_reason():
    with pytest.raises(RuntimeError, match="could not be drawn"):
        draw(PNG, {"mark": "nothing of the kind"})


def test_the_javascript_is_self_contained():
    assert "window.vegaEmbed" in javascript()
    assert "</script" not in javascript()
