"""Layers and weights as DataFrames. Pure: no file, no session; no architecture gives empty frames."""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

import pandas as pd

from cache.core.formatting import count
from models.layers.keras_code import kind_name, layer_code
from models.layers.stack import LayerSummary
from models.layers.weight_parts import calculation, weight_parts

FLOW_COLUMNS = (
    "label", "row", "kind", "layer", "input_shape", "output_shape", "num_params", "calculation", "differs",
)  # fmt: skip
NO_LAYER = "no layer here"
BOX_LETTERS, NARROW_BOX_LETTERS, AXIS_LETTERS, MOST_LINES = 42, 23, 22, 4
"""Letters in a line of a box, in one of more than two boxes side by side, and beside bars; lines in a box."""

Stacks = Mapping[str, Sequence[LayerSummary]]
"""The layers of each architecture by its label."""


def align(stacks: Stacks) -> dict[str, list[LayerSummary | None]]:
    """Bring all architectures to the same number of rows, with None where one has no layer.

    The first layers are at the top and the last ones at the bottom. The gap is placed where most layers are beside a
    layer of the same kind in the longest architecture.
    """
    longest = max(stacks.values(), key=len, default=())
    return {label: _fit(stack, longest) for label, stack in stacks.items()}


def _fit(stack: Sequence[LayerSummary], longest: Sequence[LayerSummary]) -> list[LayerSummary | None]:
    gap = [None] * (len(longest) - len(stack))
    cuts = range(max(1, len(stack) - 1), 0, -1)
    return max(([*stack[:cut], *gap, *stack[cut:]] for cut in cuts), key=lambda rows: _same_kinds(rows, longest))


def _same_kinds(rows: Sequence[LayerSummary | None], longest: Sequence[LayerSummary]) -> int:
    return sum(
        each is not None and kind_name(each.layer) == kind_name(other.layer)
        for each, other in zip(rows, longest, strict=True)
    )


def flow_frame(stacks: Stacks) -> pd.DataFrame:
    """A row for each label and row of the aligned layers.

    ``layer`` is empty in a gap, through which the shape passes unchanged. ``differs`` is true if layer, shape or number
    of parameters is not the same in all architectures.
    """
    aligned = align(stacks)
    rows = []
    for label, layers in aligned.items():
        shape = stacks[label][0].input_shape
        for row, each in enumerate(layers):
            differs = len({_compared(others[row]) for others in aligned.values()}) > 1
            if each is None:
                rows.append((label, row, "", "", str(shape), str(shape), 0, "", differs))
                continue
            shape = each.output_shape
            numbers = calculation(each.layer, each.input_shape)
            rows.append(
                (
                    label, row, kind_name(each.layer), layer_code(each.layer), str(each.input_shape), str(shape),
                    each.num_params, numbers, differs,
                )
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(FLOW_COLUMNS))


def _compared(each: LayerSummary | None) -> object:
    return each and (layer_code(each.layer), each.input_shape, each.output_shape, each.num_params)


def row_titles(flow: pd.DataFrame) -> dict[int, str]:
    """Names each row by its place and the kinds of its layers, on lines that fit beside bars."""
    titles = {}
    for row in sorted(set(flow["row"])):
        kinds = dict.fromkeys(kind for kind in flow[flow["row"] == row]["kind"] if kind)
        titles[row] = _lines(f"{row + 1}\N{NO-BREAK SPACE}{', '.join(kinds)}", AXIS_LETTERS)
    return titles


def boxes_frame(flow: pd.DataFrame) -> pd.DataFrame:
    """The flow with the text of each box: the layer's code on a few lines, and its parameters."""
    signs = ["≠ " if differs else "" for differs in flow["differs"]]
    most = BOX_LETTERS if flow["label"].nunique() <= 2 else NARROW_BOX_LETTERS
    codes = [_code_lines(code, most) for code in flow["layer"]]
    return flow.assign(
        code=codes,
        num_lines=pd.Series([code.count("\n") + 1 for code in codes], flow.index, dtype=int),
        parameters=[sign + count(number, "parameter") for sign, number in zip(signs, flow["num_params"], strict=True)],
    )


def _code_lines(code: str, most: int) -> str:
    """Break code into lines, also after an opening bracket."""
    spaced = re.sub(r"\((?=[A-Za-z])", "( ", code.removesuffix("()"))
    lines = _lines(spaced, most).replace("( ", "(").split("\n")
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "…"])


def _lines(text: str, most: int) -> str:
    return "\n".join(wrap(text, most, break_long_words=False))


def side_by_side(flow: pd.DataFrame) -> pd.DataFrame:
    """A row for each layer and a column for each architecture, and whether the row is the same in all of them."""
    texts = [
        f"{layer}: {before} → {after}, {count(number, 'parameter')}" if layer else NO_LAYER
        for layer, before, after, number in zip(
            flow["layer"], flow["input_shape"], flow["output_shape"], flow["num_params"], strict=True
        )
    ]
    labels = list(dict.fromkeys(flow["label"]))
    table = flow.assign(text=texts).pivot(index="row", columns="label", values="text")[labels]
    totals = {
        label: count(int(number), "parameter") for label, number in flow.groupby("label")["num_params"].sum().items()
    }
    if len(labels) > 1:
        differs = flow.groupby("row")["differs"].any()
        table.insert(0, "Same in all", ["no" if each else "yes" for each in differs])
        totals["Same in all"] = "yes" if len(set(totals.values())) == 1 else "no"
    table.insert(0, "Layer", [str(row + 1) for row in table.index])
    return pd.concat([table, pd.DataFrame([{"Layer": "All", **totals}])], ignore_index=True)


def weights_table(layers: Sequence[LayerSummary]) -> pd.DataFrame:
    """Tabulate weights: a row for each weight of each layer and, in recurrent layers, of each gate.

    Columns with the same value in every row are left out: gates if there are none, and "Trainable" if everything is.
    """
    rows = [
        (
            f"{place} {type(each.layer).__name__}",
            part.place.capitalize() if part.place.islower() else part.place,
            part.gate.capitalize(),
            part.name,
            part.weight.name,
            str(part.weight.shape),
            str(part.shape),
            part.formula,
            part.calculation,
            part.num_params,
            "yes" if part.trainable else "no",
        )
        for place, each in enumerate(layers, start=1)
        for part in weight_parts(each.layer, each.input_shape)
    ]
    columns = [
        "Layer", "Within", "Gate", "Weight", "Name in Keras", "Shape in Keras", "Shape", "Formula", "With numbers",
        "Parameters", "Trainable",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    plain = [
        name for name, value in (("Within", ""), ("Gate", ""), ("Trainable", "yes")) if (table[name] == value).all()
    ]
    plain += ["Shape in Keras"] if "Gate" in plain else []
    return table.drop(columns=plain)
