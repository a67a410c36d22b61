"""Architectures drawn side by side, from the input down to the answer, as a graph in the DOT language. Pure."""

from collections.abc import Mapping, Sequence

from models.layers.keras_code import layer_code
from models.layers.stack import LayerSummary

INPUT, PLAIN = "tokens", "1"
DIFFERENT = "3"
"""Width of the frame of a layer that not all of them have."""


def dot(
    layers: Mapping[str, Sequence[LayerSummary]], colours: Mapping[str, str], text_color: str, background: str
) -> str:
    """Return a graph in the DOT language, with a column of boxes for each label: layer, output shape and parameters.

    A thick frame marks a layer that some of the architectures do not have.

    Args:
        layers: The layers of each label.
        colours: The colour of each label.
        text_color: The page's text colour.
        background: The colour of the boxes.
    """
    common = _in_all(layers)
    lines = [
        "digraph {",
        '  graph [rankdir=TB, bgcolor="transparent", nodesep=0.4, ranksep=0.25, fontname="sans-serif"]',
        f'  node [shape=box, style="rounded,filled", fillcolor={_text(background)}, fontcolor={_text(text_color)}, '
        'fontname="sans-serif", fontsize=13, margin="0.18,0.08"]',
        f"  edge [color={_text(text_color)}, arrowsize=0.6]",
    ]
    for column, (label, summaries) in enumerate(layers.items()):
        colour = _text(colours.get(label, text_color))
        lines.append(f"  n{column}_0 [label={_text(label)}, shape=plaintext, style=bold, fontsize=15]")
        length = summaries[0].input_shape if summaries else ()
        boxes = [(f"{_shape(length)} {INPUT}", PLAIN)]
        for summary in summaries:
            code = layer_code(summary.layer)
            parts = [code, f"{_shape(summary.output_shape)}, {summary.num_params:,} parameters"]
            boxes.append(("\n".join(parts), PLAIN if code in common else DIFFERENT))
        for row, (text, width) in enumerate(boxes, start=1):
            lines.append(f"  n{column}_{row} [label={_text(text)}, color={colour}, penwidth={width}]")
            style = " [style=invis]" if row == 1 else ""
            lines.append(f"  n{column}_{row - 1} -> n{column}_{row}{style}")
    return "\n".join([*lines, "}"])


def _in_all(layers: Mapping[str, Sequence[LayerSummary]]) -> set[str]:
    """The code of the layers that all of them have."""
    codes = [{layer_code(summary.layer) for summary in each} for each in layers.values()]
    return set.intersection(*codes) if codes else set()


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def _text(text: str) -> str:
    """A quoted string; quotation marks in labels, which people type, must not end it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
