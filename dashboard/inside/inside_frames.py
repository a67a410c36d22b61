"""How models read a text, as frames. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.inside.stepper import alignment
from models.inside.readings import Readings
from models.inside.returns import OUTPUT, SEQUENCE, Flags, outputs
from models.layers import Recurrent
from models.text.tokens import PADDING, Token, read_places, visible

Answers = Mapping[str, tuple[Readings, int]]
"""By the title of each model, its readings and the number of the class whose probability is its answer."""


def probabilities(answers: np.ndarray, number: int) -> np.ndarray:
    """The probability of one class, (texts,), from answers (texts, classes); a single column is the second of two
    classes.
    """
    return answers[:, 0] if answers.shape[1] == 1 else answers[:, number]


def band(readings: Readings, number: int) -> np.ndarray:
    """The lowest and highest probability of one class over all seeds, after each token that was read: (tokens, 2)."""
    seeds = [probabilities(each, number) for each in (readings.answers, *readings.seeds)]
    return np.stack([np.min(seeds, axis=0), np.max(seeds, axis=0)], axis=1)


def map_frame(
    tokens: Sequence[Token], array: np.ndarray, units: Sequence[int], offset: int, stride: int
) -> pd.DataFrame:
    """A row for each step and unit: the step's place among the tokens from 1, its token, the unit, and the value."""
    places = [offset + step * stride for step in range(len(array))]
    rows = [
        (place + 1, _name(tokens[place]), unit, float(array[step, unit]))
        for step, place in enumerate(places)
        if tokens[place].place != PADDING
        for unit in units
    ]
    return pd.DataFrame(rows, columns=["position", "token", "unit", "value"])


def outline_frame(tokens: Sequence[Token], num_steps: int, layer: Recurrent, flags: Flags) -> pd.DataFrame:
    """What a recurrent layer gives out: a row for each output, direction and column of tokens.

    All padding on one side is one column. ``place`` numbers the columns and ``token`` names them; ``comes_out`` is true
    where the output has the values of that step, and ``row`` says in which of its rows.

    Args:
        tokens: Those that are read, with the padding.
        num_steps: The number of steps that the layer reads, which pooling below it makes fewer.
        layer: The layer.
        flags: Its arguments.
    """
    offset, stride = alignment(len(tokens), num_steps)
    steps = [tokens[offset + step * stride] for step in range(num_steps)]
    columns: list[list[int]] = []
    for step, token in enumerate(steps):
        if step and token.place == steps[step - 1].place == PADDING:
            columns[-1].append(step)
        else:
            columns.append([step])
    rows = []
    for name, direction in _parts(layer, flags, num_steps):
        is_backward = flags.go_backwards or "backward" in (direction, *name.split())
        last = 0 if is_backward else num_steps - 1
        part = ", ".join(filter(None, (name, direction, f"{layer.units} units")))
        for place, each in enumerate(columns):
            numbers = [num_steps - step if flags.go_backwards else step + 1 for step in (each[0], each[-1])]
            row = "–".join(dict.fromkeys(map(str, numbers))) if name == SEQUENCE else ""
            first = steps[each[0]]
            title = f"{len(each)} × padding" if first.place == PADDING else _name(first)
            rows.append((name, part, place, title, bool(row) or last in each, row))
    return pd.DataFrame(rows, columns=["output", "part", "place", "token", "comes_out", "row"])


def _parts(layer: Recurrent, flags: Flags, num_steps: int) -> Iterator[tuple[str, str]]:
    """The name and direction of each part of what comes out; states are named after their direction already."""
    for name in outputs(layer, flags, num_steps):
        is_state = name not in (OUTPUT, SEQUENCE)
        for direction in ("forward", "backward") if flags.is_bidirectional and not is_state else ("",):
            yield name, direction


def wide(frame: pd.DataFrame, unit_name: str = "Unit") -> pd.DataFrame:
    """A row for each token and a column for each unit, as screen readers read it."""
    table = frame.pivot_table(index=["position", "token"], columns="unit", values="value", sort=False)
    return table.rename(columns=lambda unit: f"{unit_name} {unit}").rename_axis(columns=None).reset_index()


def gradient_frame(tokens: Sequence[Token], answers: Answers) -> pd.DataFrame:
    """A row for each model and each token that was read: the length of the gradient, and the distance to the end."""
    read = read_places(tokens)
    rows = [
        (title, place + 1, visible(tokens[place].text), read[-1] - place, float(readings.gradient[place]))
        for title, (readings, _) in answers.items()
        for place in read
    ]
    return pd.DataFrame(rows, columns=["label", "position", "token", "back", "gradient"])


def without_table(tokens: Sequence[Token], answers: Answers) -> pd.DataFrame:
    """A row for each token that was read: the change of each model's answer without it, in points."""
    table = pd.DataFrame({"Left out": [visible(tokens[place].text) for place in read_places(tokens)]})
    for title, (readings, number) in answers.items():
        whole = probabilities(readings.answers, number)[-1]
        table[title] = 100 * (probabilities(readings.without, number) - whole)
    return table


def two_texts_table(answers: Sequence[tuple[str, Readings, Readings, int, str]]) -> pd.DataFrame:
    """Tabulate the answers to two texts: a row for each model, in per cent, and the change in points.

    Args:
        answers: For each model its title, its readings of both texts, and the number and name of the class.
    """
    rows = []
    for title, first, second, number, name in answers:
        one, other = (100 * float(probabilities(each.answers, number)[-1]) for each in (first, second))
        rows.append((title, f"“{name}”", one, other, other - one))
    return pd.DataFrame(rows, columns=["Model", "Probability of", "Your text", "The other text", "Change"])


def turning_points(tokens: Sequence[Token], answers: Answers) -> dict[str, int | None]:
    """By model, the place of the token after which its answer keeps the side of its final answer; None if it was always
    on this side.
    """
    read = read_places(tokens)
    found: dict[str, int | None] = {}
    for title, (readings, number) in answers.items():
        turn = last_turn(probabilities(readings.answers, number))
        found[title] = read[turn] if turn else None
    return found


def last_turn(answers: np.ndarray) -> int:
    """The index of the first probability from which on all are on the side of the last; 0 if all are. ``answers``:
    (tokens read,).
    """
    sides = answers >= 0.5
    other = np.flatnonzero(sides != sides[-1])
    return int(other[-1]) + 1 if len(other) else 0


def _name(token: Token) -> str:
    return f"{visible(token.text)} (unknown)" if token.is_unknown else token.text
