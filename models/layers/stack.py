"""A list of layers, followed from its input shape: shapes, weights and parameter counts."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    def num_trainable(self) -> int:
        """The number of trainable parameters."""
        return sum(weight.num_params for weight in self.weights if weight.trainable)

    @property
    def params_per_gate(self) -> dict[str, int]:
        """Parameters of each gate of a recurrent layer; empty for every other layer."""
        gates = self.layer.gates
        return {gate: self.num_params // len(gates) for gate in gates}


def summarize(layers: Sequence[Layer], input_shape: Shape) -> list[LayerSummary]:
    """Summarize ``layers`` for an input shape. Raises ShapeError if a layer cannot take the output before it."""
    summaries, shape = [], input_shape
    for layer in layers:
        output_shape = layer.output_shape(shape)
        summaries.append(LayerSummary(layer, shape, output_shape, layer.weights(shape)))
        shape = output_shape
    return summaries


def count_params(layers: Sequence[Layer], input_shape: Shape) -> int:
    """Count all parameters, trainable or not."""
    return sum(summary.num_params for summary in summarize(layers, input_shape))


def count_trainable_params(layers: Sequence[Layer], input_shape: Shape) -> int:
    return sum(summary.num_trainable for summary in summarize(layers, input_shape))
