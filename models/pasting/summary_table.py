"""Reads what ``model.summary()`` printed: kinds of layers, shapes and parameters, from which the arguments follow.

A summary does not name activations and rates; these are asked for, but for the activations of recurrent layers, which
are taken to be Keras's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.layers import GRU, LSTM, Bidirectional, Layer, Recurrent, SimpleRNN
from models.layers.keras_code import layer_code
from models.layers.kinds import ARGUMENTS
from models.layers.layer import Shape, ShapeError
from models.layers.stack import summarize
from models.pasting.graph import INPUTS, MAKES_TOKENS, FoundModel
from models.pasting.values import Call, Unset
from models.stacks.keras_names import ALIASES, OTHER_LAYERS

HEAD = re.compile(r"Layer\s*\(type\)")
SHAPE = re.compile(r"\[?\((?:None|\d+)[\d, None]*\)\]?")
NO_SHAPES = re.compile(r"\(unbuilt\)|\bmultiple\b")
PARAMS = re.compile(r"\s*([\d,]+)")
BORDERS = str.maketrans(dict.fromkeys("│┃|", " "))
TYPE = re.compile(r"\(\s*(\w+)\s*\)\s*$")
RECURRENT: dict[str, type[Recurrent]] = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
POOLINGS = ("MaxPooling1D", "MaxPool1D", "AveragePooling1D", "AvgPool1D")
KINDS = (*(kind.__name__ for kind in ARGUMENTS), *ALIASES, *OTHER_LAYERS, *INPUTS, "Embedding")
NOT_SHOWN = ("activation", "rate", "stddev")
STRIDES = range(2, 65)
MERGES = ("concat", "sum")
OF_MASKS = ("NotEqual", "Any", "ConvertToTensor", "LogicalOr", "LogicalAnd")
"""Rows of the computations that make a mask, which Keras lists among the layers of a graph."""
MASK_ZERO = re.compile(r"\(NotEqual\)(?!.*\(Masking\))", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One layer of a summary. ``shape`` is what it gives out, without the batch; None for a length that is open."""

    kind: str
    shape: tuple[int | None, ...]
    num_params: int


def is_summary(text: str) -> bool:
    """Whether a text is the table of a summary."""
    return bool(HEAD.search(text))


def before_summary(text: str) -> str:
    """The code before the first summary of a text."""
    head = HEAD.search(text)
    return text[: head.start()] if head else text


def summary_rows(text: str) -> list[Row]:
    """The layers of the first summary in a text."""
    lines = text[HEAD.search(text).start() :].split("\n")[1:]  # type: ignore[union-attr]
    cells: list[list[str]] = []
    for line in lines:
        if HEAD.search(line) or "Total params" in line:
            break
        row = line.translate(BORDERS).strip()
        if found := SHAPE.search(row):
            params = PARAMS.match(row, found.end())
            cells.append([row[: found.start()].strip(), found[0], params[1] if params else ""])
        elif cells and (rest := row.strip("├─┼┤└┴┘═━_=┡╇┩+ ")) and not TYPE.search(cells[-1][0]):
            cells[-1][0] += rest if "(" in cells[-1][0] else f" {rest}"
    return list(_rows(cells))


def _rows(cells: list[list[str]]) -> Iterator[Row]:
    for name, shape, params in cells:
        kind = _kind(name)
        sizes = re.findall(r"None|\d+", shape)[1:]
        if kind and params and kind not in (*OF_MASKS, *MAKES_TOKENS):
            known = tuple(None if each == "None" else int(each) for each in sizes)
            yield Row(kind, known, int(params.replace(",", "") or 0))


def _kind(cell: str) -> str | None:
    """The kind of a layer. Keras 2 cuts long ones, as in "max_pooling1d_2 (MaxPooli"; its own name says the rest."""
    if found := TYPE.search(cell):
        return found[1]
    name, bracket, beginning = cell.partition("(")
    if not bracket:
        return None
    plain = re.sub(r"_\d+$", "", name.strip()).replace("_", "")
    kinds = [each for each in KINDS if each.startswith(beginning.strip())]
    return next((each for each in kinds if each.lower() == plain or len(kinds) == 1), f"{beginning}…")


def summary_model(text: str, given: Mapping[str, Any]) -> FoundModel:
    """The model of a summary as calls of layers. ``given`` has values for what a summary does not say."""
    model = FoundModel("summary", 1)
    before: tuple[int | None, ...] = ()
    number = 0
    for row in summary_rows(text):
        if row.kind in INPUTS:
            model.layers.append(Call("Input", (row.shape,)))
        else:
            number += 1
            arguments = dict(_arguments(row, before, number, given))
            if row.kind == "Embedding" and MASK_ZERO.search(text):
                arguments["mask_zero"] = True
            call = Call(row.kind, (), arguments, row.kind)
            model.layers.append(call)
            if row.kind == "Bidirectional" and "layer" not in call.kwargs:
                model.problem = model.problem or (
                    f"Layer {number}, Bidirectional: no recurrent layer of Unroll has {row.num_params:,} parameters "
                    "here."
                )
        before = row.shape
    if not number and NO_SHAPES.search(text):
        model.problem = (
            "The summary has no shapes: print it after model.build((None, 100)), or paste the code of the layers."
        )
    elif not number:
        model.problem = (
            "The table has no layer that can be read: paste all lines and columns that model.summary() prints."
        )
    return model


def _arguments(
    row: Row, before: tuple[int | None, ...], number: int, given: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The arguments of one layer, as far as its shape and parameters say them."""
    features = row.shape[-1] if row.shape else None
    if row.kind == "Embedding" and features:
        yield "input_dim", row.num_params // features
        yield "output_dim", features
        if row.shape[0]:
            yield "input_length", row.shape[0]
    elif row.kind in RECURRENT:
        yield from (("units", features), ("return_sequences", len(row.shape) == 2))
    elif row.kind == "Bidirectional":
        yield from _bidirectional(row, before, number, given)
    elif row.kind == "Conv1D" and features and before and before[-1]:
        kernel = (row.num_params - features) // (features * before[-1])
        yield from (("filters", features), ("kernel_size", kernel))
        yield from _window(row.shape[0], before[0], kernel)
    elif row.kind in POOLINGS and before and before[0] and row.shape[0]:
        yield "pool_size", before[0] // row.shape[0]
    elif row.kind == "Dense":
        yield "units", features
    elif row.kind == "RepeatVector" and row.shape:
        yield "n", row.shape[0]
    elif row.kind == "Reshape":
        yield "target_shape", row.shape
    elif row.kind == "Permute":
        yield "dims", (1, 2) if row.shape == before else (2, 1)
    elif row.kind == "PReLU" and len(row.shape) == 2 and row.num_params == features:
        yield "shared_axes", 1
    elif row.kind in ("Attention", "AdditiveAttention"):
        yield "use_scale", row.num_params > 0
    kind = next((each for each in ARGUMENTS if each.__name__ == row.kind and not issubclass(each, Recurrent)), None)
    for name in NOT_SHOWN:
        if kind and name in ARGUMENTS[kind]:
            code = f"{name} of layer {number}"
            yield name, given.get(code, Unset(code))


def _window(steps: int | None, before: int | None, kernel: int) -> Iterator[tuple[str, Any]]:
    """Padding, strides and dilation of a convolution, as far as one choice alone leaves so many steps."""
    if not steps or not before or kernel < 1 or steps == before - kernel + 1:
        return
    if steps == before:
        yield "padding", "same"
        return
    fitting = [("strides", each, "valid") for each in STRIDES if (before - kernel) // each + 1 == steps]
    fitting += [("strides", each, "same") for each in STRIDES if -(-before // each) == steps]
    fitting += [("dilation_rate", each, "valid") for each in STRIDES if before - each * (kernel - 1) == steps]
    if len(fitting) == 1:
        name, value, padding = fitting[0]
        yield from ((name, value), ("padding", padding))


def _bidirectional(
    row: Row, before: tuple[int | None, ...], number: int, given: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The layer within, by the number of parameters."""
    for merge in MERGES:
        units = (row.shape[-1] or 0 if row.shape else 0) // (2 if merge == "concat" else 1)
        for name, kind in RECURRENT.items():
            if units and _num_params(Bidirectional(kind(units), merge), before) == row.num_params:
                yield "layer", Call(name, (), {"units": units, "return_sequences": len(row.shape) == 2}, name)
                if merge != "concat":
                    code = f"merge_mode of layer {number}"
                    yield "merge_mode", given.get(code, Unset(code))
                return


def first_difference(rows: Sequence[Row], layers: Sequence[Layer], length: int) -> str | None:
    """Compares a summary with layers, one by one.

    Args:
        rows: The rows of the summary, with or without its input.
        layers: The layers of a model, the embedding first.
        length: The number of tokens of a text.

    Returns:
        A sentence on the first layer that differs; None if all are alike.
    """
    own, shown = summarize(layers, (length,)), [row for row in rows if row.kind not in INPUTS]
    for number, (row, layer) in enumerate(zip(shown, own, strict=False), start=1):
        is_shape = len(row.shape) == len(layer.output_shape) and all(
            one in (None, other) for one, other in zip(row.shape, layer.output_shape, strict=True)
        )
        kind = type(layer.layer).__name__
        if ALIASES.get(row.kind, row.kind) == kind and is_shape and row.num_params == layer.num_params:
            continue
        theirs = f"{row.kind} {_shape(row.shape)} with {row.num_params:,} parameters"
        ours = f"{layer_code(layer.layer)} {_shape(layer.output_shape)} with {layer.num_params:,}"
        return f"Layer {number} differs: the summary has {theirs}, the stack has {ours}."
    if len(shown) == len(own):
        return None
    return f"The summary has {len(shown)} layers, the stack has {len(own)} with its answer."


def _shape(shape: Sequence[int | None]) -> str:
    return f"({', '.join(['None', *map(str, shape)])})"


def _num_params(layer: Layer, before: tuple[int | None, ...]) -> int | None:
    """None where the input is not known."""
    if len(before) != 2 or before[1] is None:
        return None
    shape: Shape = (before[0] or 1, before[1])
    try:
        return layer.num_params(shape)
    except ShapeError:
        return None
