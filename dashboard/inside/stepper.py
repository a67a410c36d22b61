"""The data of the stepping part of the page, for ``stepper.js``. Pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import isinf
from pathlib import Path
from typing import Any

import numpy as np

from models.inside.maps import Map, formulas_of, maps_of
from models.inside.readings import Reading
from models.layers import Layer, SelfAttention
from models.text.tokens import PADDING, Token, read_places, visible

HERE = Path(__file__).parent
BLUE, RED, PURPLE = [33, 102, 172], [178, 24, 43], [84, 39, 143]
LIGHT_BLUE, LIGHT_RED, LIGHT_PURPLE = [110, 175, 255], [255, 140, 110], [190, 150, 255]
UNIT, FILTER, LOOKED_AT = "Unit", "Filter", "Weight of token"
SEVERAL = "–"
"""In the name of a row that stands for all padding. Its weights would leave no colours for those on single tokens."""


@dataclass(frozen=True)
class Block:
    """One layer of one model. ``answers`` has a probability for each token that was read, in order.

    With ``is_pooled``, the maximum over the text is taken of each unit. ``units`` are the numbers of the shown ones.
    ``band`` has the lowest and the highest answer of ``num_seeds`` seeds for each token that was read; it is empty for
    one seed.
    """

    title: str
    short_title: str
    colour: str
    layer: Layer
    reading: Reading
    units: Sequence[int]
    answers: Sequence[float]
    answer_title: str
    is_backward: bool = False
    is_pooled: bool = False
    band: Sequence[Sequence[float]] = ()
    num_seeds: int = 1


def shown_range(tokens: Sequence[Token]) -> tuple[int, int]:
    """The places of the shown tokens: all that are read, with one of the padding on each side."""
    read = read_places(tokens)
    first, last = (read[0], read[-1]) if read else (0, len(tokens) - 1)
    return max(0, first - 1), min(len(tokens) - 1, last + 1)


def shown_units(tokens: Sequence[Token], block: Block) -> Sequence[int]:
    """The units in the rows of a block's maps, by their numbers; of self-attention the steps that are looked at."""
    if not isinstance(block.layer, SelfAttention):
        return block.units
    num_steps = len(block.reading.output)
    offset, stride = alignment(len(tokens), num_steps)
    first, last = (max(0, (place - offset) // stride) for place in shown_range(tokens))
    return range(first, min(last, num_steps - 1) + 1)


def stepper_data(
    tokens: Sequence[Token],
    blocks: Sequence[Block],
    cursor: tuple[int, int],
    pins: Sequence[Any],
    *,
    is_dark: bool,
    is_guided: bool = False,
) -> dict[str, Any]:
    """All that the browser needs to step through a text.

    Args:
        tokens: Those of the text that the models read, with the padding, without what is cut.
        blocks: The layers to show, each with what it did at every token.
        cursor: The token, counted from the first that is shown, and the row with which to begin.
        pins: Pairs of a token and a row that stay marked.
        is_dark: Whether the page is dark.
        is_guided: Whether the cursor moves there even after the reader has moved it.
    """
    first, last = shown_range(tokens)
    places = range(first, last + 1)
    data = {
        "length": len(tokens),
        "first": first,
        "tokens": [_token(tokens, place) for place in places],
        "models": [_block(block, tokens, places, is_dark) for block in blocks],
    }
    where = {"cursor": {"token": cursor[0], "unit": cursor[1]}, "is_guided": is_guided, "pins": list(pins)}
    return data | where | {"id": sha256(repr(data).encode()).hexdigest()}


def _token(tokens: Sequence[Token], place: int) -> dict[str, Any]:
    token, number = tokens[place], place + 1
    if token.place == PADDING:
        count = sum(each.place == PADDING for each in tokens)
        return {"text": f"{count} × padding", "kind": "padding", "number": number, "help": "Zeros up to the length"}
    if token.is_unknown:
        return {
            "text": visible(token.text),
            "kind": "unknown",
            "number": number,
            "help": "Not in the vocabulary: <OOV>",
        }
    return {"text": token.text, "kind": "read", "number": number, "help": f"Token {token.number} of the vocabulary"}


def _block(block: Block, tokens: Sequence[Token], places: range, is_dark: bool) -> dict[str, Any]:
    offset, stride = alignment(len(tokens), len(block.reading.output))
    looks = isinstance(block.layer, SelfAttention)
    units = list(shown_units(tokens, block))
    names: list[int] | list[str] = units
    arrays = {name: array[:, units] for name, array in block.reading.arrays.items()}
    if looks:
        names = _looked_at(tokens, [offset + step * stride for step in units])
        arrays = {name: _with_all_padding(array, units) for name, array in block.reading.arrays.items()}
    of_one = [row for row, name in enumerate(names) if SEVERAL not in str(name)] or [0]
    formulas = [*formulas_of(block.layer)]
    marks: dict[str, list[list[int]]] = {}
    if block.is_pooled:
        key, values = next(iter(arrays.items()))
        arrays[f"{key}_max"] = np.broadcast_to(values.max(0), values.shape)
        formulas.append(f"The largest of the text, which pooling takes (dots): {{{key}_max}}")
        highest = values.argmax(0) * stride + offset - places.start
        marks[key] = [[int(place), row] for row, place in enumerate(highest) if 0 <= place < len(places)]
    read = read_places(tokens)
    answers = dict(zip(read, block.answers, strict=True))
    band = dict(zip(read, block.band, strict=True)) if block.band else {}
    return {
        "title": block.title,
        "short_title": block.short_title,
        "colour": block.colour,
        "answer_title": block.answer_title,
        "answers": [answers.get(place) for place in places],
        "band": [band.get(place) for place in places],
        "answer_range": f"0 to 1, band of {block.num_seeds} seeds" if band else "0 to 1",
        "units": names,
        "unit_name": LOOKED_AT if looks else FILTER if "a" in arrays else UNIT,
        "offset": offset,
        "stride": stride,
        "backwards": block.is_backward,
        "maps": [
            _map(each, arrays[each.key][:, of_one], is_dark)
            | {"marks": marks.get(each.key, []), "note": " without padding" if len(of_one) < len(units) else ""}
            for each in maps_of(block.layer)
        ],
        "numbers": {name: _packed(array) for name, array in arrays.items()},
        "formulas": formulas,
        "drawing": _drawing(block.layer),
    }


def _looked_at(tokens: Sequence[Token], places: Sequence[int]) -> list[str]:
    """The numbers of the tokens at these places, from 1; the first and the last stand for all padding on their side."""
    names = [str(place + 1) for place in places]
    if places[0] > 0 and tokens[places[0]].place == PADDING:
        names[0] = f"1{SEVERAL}{names[0]}"
    if places[-1] + 1 < len(tokens) and tokens[places[-1]].place == PADDING:
        names[-1] = f"{names[-1]}{SEVERAL}{len(tokens)}"
    return names


def _with_all_padding(weights: np.ndarray, steps: Sequence[int]) -> np.ndarray:
    """The weights on the shown steps and on the padding before and after them, so that each row adds up to 1."""
    shown = weights[:, steps]
    shown[:, 0] += weights[:, : steps[0]].sum(1)
    shown[:, -1] += weights[:, steps[-1] + 1 :].sum(1)
    return shown


def alignment(num_tokens: int, num_steps: int) -> tuple[int, int]:
    """(the token at which step 0 is, the number of tokens per step) of a layer of ``num_steps``.

    A step of a convolution with fewer steps is at the last token that it reads; behind pooling a step covers several
    tokens.
    """
    stride = max(1, num_tokens // num_steps)
    return (num_tokens - num_steps, 1) if stride == 1 else (0, stride)


def bounds(each: Map, array: np.ndarray) -> tuple[float, float]:
    """The ends of a map's colours. Those that are infinite become the largest absolute value."""
    largest = float(np.abs(array).max()) or 1.0
    low, high = each.bounds
    return -largest if isinf(low) else low, largest if isinf(high) else high


def _map(each: Map, array: np.ndarray, is_dark: bool) -> dict[str, Any]:
    low, high = bounds(each, array)
    blue, red, purple = (LIGHT_BLUE, LIGHT_RED, LIGHT_PURPLE) if is_dark else (BLUE, RED, PURPLE)
    return {"key": each.key, "title": each.title, "bounds": [low, high], "colours": [blue, red if low < 0 else purple]}


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def _drawing(layer: Layer) -> str:
    """The drawing of a cell, with the layer's own activation; empty for a layer without one."""
    file = HERE / "cells" / f"{type(layer).__name__.lower()}.svg"
    return file.read_text().replace("tanh", getattr(layer, "activation", None) or "linear") if file.exists() else ""
