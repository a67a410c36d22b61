"""The arrays that are shown for each kind of layer, with their ranges, and its arithmetic as formulas."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from models.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    GlobalMaxPooling1D,
    Layer,
    MultiHeadAttention,
    Permute,
    Recurrent,
    RepeatVector,
    Reshape,
    Residual,
    SelfAttention,
    SeparableConv1D,
    SimpleRNN,
)


@dataclass(frozen=True)
class Map:
    """One array (steps, units) of a layer. ``bounds`` are the ends of its colours; an infinite one means the largest
    absolute value.
    """

    key: str
    title: str
    bounds: tuple[float, float]


BETWEEN_0_AND_1 = ("sigmoid", "hard_sigmoid", "softmax")
BEFORE_RESET = "g = tanh(W·x + U·(r · h₋₁) + b) = tanh({g_sum}) = {g}"
STATE, CANDIDATE, GATE = (-1.0, 1.0), (-1.0, 1.0), (0.0, 1.0)
FREE, SHARE = (-inf, inf), (0.0, inf)
MAPS: dict[type[Layer], tuple[Map, ...]] = {
    SimpleRNN: (Map("h", "State h", STATE),),
    LSTM: (
        Map("h", "Output h", STATE),
        Map("c", "Cell state c", FREE),
        Map("i", "Input gate i", GATE),
        Map("f", "Forget gate f", GATE),
        Map("o", "Output gate o", GATE),
        Map("g", "Candidate g", CANDIDATE),
    ),
    GRU: (
        Map("h", "State h", STATE),
        Map("z", "Update gate z", GATE),
        Map("r", "Reset gate r", GATE),
        Map("g", "Candidate g", CANDIDATE),
    ),
    Conv1D: (Map("a", "Filter activation", FREE),),
    SeparableConv1D: (Map("a", "Filter activation", FREE),),
}
FORMULAS: dict[type[Layer], tuple[str, ...]] = {
    SimpleRNN: ("h = tanh(W·x + U·h₋₁ + b) = tanh({h_sum}) = {h}",),
    LSTM: (
        "i = σ({i_sum}) = {i}",
        "f = σ({f_sum}) = {f}",
        "o = σ({o_sum}) = {o}",
        "g = tanh({g_sum}) = {g}",
        "c = f · c₋₁ + i · g = {f} · {c₋₁} + {i} · {g} = {c}",
        "h = o · tanh(c) = {o} · tanh({c}) = {h}",
    ),
    GRU: (
        "z = σ({z_sum}) = {z}",
        "r = σ({r_sum}) = {r}",
        "g = tanh(W·x + b + r · (U·h₋₁ + b′)) = tanh({g_input} + {r} · {g_state}) = {g}",
        "h = z · h₋₁ + (1 − z) · g = {z} · {h₋₁} + (1 − {z}) · {g} = {h}",
    ),
    Conv1D: ("a = {a}",),
    SeparableConv1D: ("a = {a}",),
}
"""Names in braces are numbers of the step; with ₋₁ those of the step before. Each sum is W·x + U·h₋₁ + b."""


def maps_of(layer: Layer) -> tuple[Map, ...]:
    """Return the arrays that are shown for a layer without directions."""
    if isinstance(layer, MultiHeadAttention):
        return tuple(Map(f"head_{head}", f"Weights of head {head}", SHARE) for head in range(1, layer.num_heads + 1))
    if isinstance(layer, SelfAttention):
        return (Map("head_1", "Weights", SHARE),)
    maps = MAPS.get(type(layer), ())
    if isinstance(layer, Recurrent):
        gates, state = _word(layer, "recurrent_activation") in BETWEEN_0_AND_1, layer.activation == "tanh"
        return tuple(each if (gates if each.bounds == GATE else state) else replace(each, bounds=FREE) for each in maps)
    return maps


def formulas_of(layer: Layer) -> tuple[str, ...]:
    """Return the arithmetic of one step of one unit, with the layer's own activations."""
    formulas = FORMULAS.get(type(layer), ())
    if not isinstance(layer, Recurrent):
        return formulas
    if isinstance(layer, GRU) and not layer.reset_after:
        formulas = tuple(BEFORE_RESET if each.startswith("g =") else each for each in formulas)
    gate, state = _word(layer, "recurrent_activation"), layer.activation or ""
    named = (each.replace("σ(", f"{'σ' if gate == 'sigmoid' else gate}(") for each in formulas)
    found = (each.replace("tanh(", f"{state}(") for each in named)
    return tuple(found if layer.use_bias else (each.replace(" + b′", "").replace(" + b", "") for each in found))


def _word(layer: Recurrent, name: str) -> str:
    """The name of an activation; empty if there is none."""
    return getattr(layer, name, None) or ""


def flattened(layers: Sequence[Layer]) -> Iterator[Layer]:
    """Yield each layer in the order in which Keras creates them, including those within shortcuts."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from flattened(layer.layers)
        else:
            yield layer


def is_pooled(layers: Sequence[Layer], number: int) -> bool:
    """Return whether the next layer takes the largest of each unit's values that are shown, not of a sum with others.

    Args:
        layers: Those of a model.
        number: The layer's number in the flattened list.
    """
    place = 0
    for layer, following in pairwise(layers):
        if place == number:
            is_own = (
                not isinstance(layer, Residual | SelfAttention) and getattr(layer, "merge_mode", "concat") == "concat"
            )
            return is_own and isinstance(following, GlobalMaxPooling1D)
        place += len(list(flattened([layer])))
    return False


def shown_layers(layers: Sequence[Layer]) -> list[tuple[str, str, Layer]]:
    """List the layers of a model whose states can be shown.

    Returns:
        For each layer, and each of its directions, its key, its title and the layer itself. The key is the layer's
        number in the flattened list, with the direction: "1", "1 forward".
    """
    found = []
    alike = [type(directions[0][1]) for _, directions in _each(layers)]
    seen: dict[type[Layer], int] = {}
    for number, directions in _each(layers):
        kind = type(directions[0][1])
        seen[kind] = seen.get(kind, 0) + 1
        title = f"{kind.__name__} {seen[kind]}" if alike.count(kind) > 1 else kind.__name__
        found += [
            (f"{number} {direction}".strip(), f"{title}, {direction}" if direction else title, layer)
            for direction, layer in directions
        ]
    return found


def _each(layers: Sequence[Layer]) -> Iterator[tuple[int, Sequence[tuple[str, Layer]]]]:
    """(number, layers by direction), as long as steps correspond to tokens."""
    for number, layer in enumerate(flattened(layers)):
        if isinstance(layer, Permute | Reshape | RepeatVector):
            return
        if isinstance(layer, Bidirectional):
            yield number, layer.directions
        elif maps_of(layer):
            yield number, (("", layer),)
