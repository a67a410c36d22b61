"""The summary of a model as text, in the layout of Keras. No framework is loaded."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Column, Table

from models.layers import Bidirectional, Layer, MultiHeadAttention, Residual, SelfAttention, Shape
from models.layers.stack import LayerSummary, summarize

SEQUENTIAL_WIDTH, GRAPH_WIDTH = 88, 108
"""Characters in a line, as in Keras on a wide terminal."""
SEQUENTIAL_ENDS, GRAPH_ENDS = (0.45, 0.8, 1.0), (0.3, 0.56, 0.74, 1.0)
"""Where the columns end, as shares of the line."""
HEADINGS = ("Layer (type)", "Output Shape", "Param #", "Connected to")
BYTES_PER_PARAM = 4
UNITS = ("B", "KB", "MB", "GB")
WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""The boundaries between the words of a class name: Simple, RNN."""

Row = tuple[str, str, str, str]


def summary_text(layers: Sequence[Layer], length: int) -> str:
    """Writes the output of ``model.summary()`` for the model of ``model_code(layers, length)``.

    Args:
        layers: A plain list is a ``Sequential``. With shortcuts, there is a column for the connections.
        length: The number of tokens of a text.

    Returns:
        Lines of text, without colours. Layers are named as in a new Python session. Computations of masks, which Keras
        lists in a graph, are left out.

    Raises:
        ShapeError: A layer cannot take the output of the one before.
    """
    summaries = summarize(layers, (length,))
    is_graph = any(isinstance(layer, SelfAttention | Residual) for layer in layers)
    rows = list(_rows(summaries, (length,)))
    total, trainable = sum(each.num_params for each in summaries), sum(each.num_trainable for each in summaries)
    counts = {"Total": total, "Trainable": trainable, "Non-trainable": total - trainable}
    lines = (f" {kind} params: {number:,} ({_memory(number)})" for kind, number in counts.items())
    name, table = (
        ("functional", _table(rows, GRAPH_WIDTH, GRAPH_ENDS))
        if is_graph
        else ("sequential", _table(rows[1:], SEQUENTIAL_WIDTH, SEQUENTIAL_ENDS))
    )
    return "\n".join([f'Model: "{name}"', table, *lines])


def _table(rows: Sequence[Row], width: int, ends: Sequence[float]) -> str:
    places = [int(end * width) for end in ends]
    widths = [end - start for start, end in zip([0, *places], places, strict=False)]
    columns = [
        Column(heading, justify="right" if heading == "Param #" else "left", width=width)
        for heading, width in zip(HEADINGS, widths, strict=False)
    ]
    table = Table(*columns, width=width, show_lines=True)
    for row in rows:
        table.add_row(*row[: len(columns)])
    console = Console(file=StringIO(), width=width, color_system=None, markup=False, highlight=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get().rstrip("\n")


def _rows(summaries: Sequence[LayerSummary], input_shape: Shape) -> Iterator[Row]:
    """A row for the input and for each layer, including those within shortcuts."""
    names: Counter[str] = Counter()
    yield "input_layer (InputLayer)", _shape(input_shape), "0", "-"
    before = "input_layer"
    for summary in summaries:
        for row in _rows_of(summary.layer, summary.input_shape, before, names):
            yield row
            before = row[0].split(" ")[0]


def _rows_of(layer: Layer, shape: Shape, before: str, names: Counter[str]) -> Iterator[Row]:
    """``before`` is the name of the layer that gives the input."""
    if isinstance(layer, Residual):
        last = before
        for inner, given in layer.walk(shape):
            for row in _rows_of(inner, given, last, names):
                yield row
                last = row[0].split(" ")[0]
        yield _named("Add", names), _shape(shape), "0", _connections(before, last)
        return
    if isinstance(layer, Bidirectional | MultiHeadAttention):  # Keras names the layer within, too, but does not list it
        _named(type(layer.layer).__name__ if isinstance(layer, Bidirectional) else "Dropout", names)
        if isinstance(layer, Bidirectional) and layer.backward_layer:
            _named(type(layer.backward_layer).__name__, names)
    inputs = [before, before] if isinstance(layer, SelfAttention) else [before]
    name = _named(type(layer).__name__, names)
    yield name, _shape(layer.output_shape(shape)), f"{layer.num_params(shape):,}", _connections(*inputs)


def _named(kind: str, names: Counter[str]) -> str:
    """Names a layer as Keras does: "dense_1 (Dense)" for the second one."""
    base = WORDS.sub("_", kind).lower()
    number = names[base]
    names[base] += 1
    return f"{base}_{number} ({kind})" if number else f"{base} ({kind})"


def _connections(*layers: str) -> str:
    return ", ".join(f"{layer}[0][0]" for layer in layers)


def _shape(shape: Shape) -> str:
    return f"({', '.join(map(str, (None, *shape)))})"


def _memory(num_params: int) -> str:
    """Formats the size of so many 32-bit numbers: "639.88 KB"."""
    size, unit = float(BYTES_PER_PARAM * num_params), 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.2f} {UNITS[unit]}"
