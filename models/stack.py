"""A list of layers walked from its input shape: shapes, weights and parameter counts, and how two lists differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from models.layers import Layer, Shape, Weight


@dataclass(frozen=True)
class LayerSummary:
    """One layer at its place in a stack."""

    layer: Layer
    input_shape: Shape
    output_shape: Shape
    weights: tuple[Weight, ...]

    @property
    def num_params(self) -> int:
        return sum(weight.num_params for weight in self.weights)

    @property
    def params_per_gate(self) -> dict[str, int]:
        """Parameters of each gate of a recurrent layer; empty for every other layer."""
        gates = self.layer.gates
        return {gate: self.num_params // len(gates) for gate in gates}


def summarize(layers: Sequence[Layer], input_shape: Shape) -> list[LayerSummary]:
    """Walks ``layers`` from ``input_shape``. Raises ShapeError where a layer cannot take what comes before it."""
    summaries, shape = [], input_shape
    for layer in layers:
        output_shape = layer.output_shape(shape)
        summaries.append(LayerSummary(layer, shape, output_shape, layer.weights(shape)))
        shape = output_shape
    return summaries


def count_params(layers: Sequence[Layer], input_shape: Shape) -> int:
    return sum(summary.num_params for summary in summarize(layers, input_shape))


def diff_layers(left: Sequence[Layer], right: Sequence[Layer]) -> list[tuple[Layer | None, Layer | None]]:
    """Lines up two stacks: pairs of layers, with None opposite a layer that only one of them has.

    Layers of the same kind with other arguments are put opposite each other.
    """
    kinds = [[_kind(layer) for layer in layers] for layers in (left, right)]
    pairs: list[tuple[Layer | None, Layer | None]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *kinds, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += zip(left[i1:i2], right[j1:j2], strict=True)
        else:
            pairs += [(layer, None) for layer in left[i1:i2]]
            pairs += [(None, layer) for layer in right[j1:j2]]
    return pairs


def _kind(layer: Layer) -> str:
    inner = getattr(layer, "layer", None)
    return type(layer).__name__ + (f"({type(inner).__name__})" if inner else "")
