"""Reads the internal states of a Keras model. Only processes that load Keras, and tests, import this module.

States come from Keras's own cells, step by step; gates from the same cells, whose activation functions are recorded.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.inside.equalities import differences
from models.inside.maps import flattened
from models.inside.readings import Reading, Readings
from models.layers import Bidirectional, Layer, MultiHeadAttention, SelfAttention
from models.layers.convolution import Conv1D, SeparableConv1D
from models.layers.recurrent import GRU, LSTM, Recurrent
from models.text.encoding import PAD_ID


class OpenModel:
    """A model with everything that is needed to read its states. What is compiled at the first text is kept, for any
    weights.
    """

    def __init__(self, layers: Sequence[Layer], model: keras.Model) -> None:
        self._model = model
        made = [each for each in model.layers if not isinstance(each, keras.layers.InputLayer | keras.layers.Add)]
        embedded = made[0].output
        self._parts = [
            part
            for number, pair in enumerate(zip(flattened(layers), made, strict=True))
            for part in _parts(number, *pair)
        ]
        tensors = [tensor for part in self._parts for tensor in part.tensors]
        self._forward = _forward(keras.Model(model.input, [embedded, *tensors]))
        self._answer = _forward(model)
        self._name: Hashable = None
        self._differences: dict[tuple[Hashable, str], dict[str, float]] = {}
        self._looked_into = list(dict.fromkeys(part.made for part in self._parts))
        outputs = [layer.output for layer in self._looked_into]
        mask = getattr(embedded, "_keras_mask", None)
        self._is_masked = mask is not None
        given = [embedded, mask] if self._is_masked else embedded
        self._gradients = _gradients(keras.Model(given, [model.output, *outputs]))

    def use(self, weights: Sequence[np.ndarray], name: Hashable) -> None:
        """Set other weights.

        Args:
            weights: All weights, in Keras's order.
            name: A unique name of these weights: values that depend only on them are computed once for each name.
        """
        if name != self._name:
            self._model.set_weights(weights)
            self._name = name

    def read(self, numbers: np.ndarray, padding: str) -> Readings:
        """Read the model's states for a text.

        Args:
            numbers: The tokens of the text, (length,), int32, padded.
            padding: The side on which texts are padded, "pre" or "post".
        """
        length, read = len(numbers), numbers[numbers != PAD_ID]
        shortened = [_padded(np.delete(read, place), length, padding) for place in range(len(read))]
        embedded, *values = self._forward(numbers[None].astype(np.int32))
        mask = tf.constant((numbers != PAD_ID)[None]) if self._is_masked else None
        of_text, *of_outputs = self._gradients(embedded, mask)
        gradients = dict(zip(self._looked_into, of_outputs, strict=True))
        rest, layers = iter(values), {}
        for part in self._parts:
            given = [next(rest)[0] for _ in part.tensors]
            weight = np.linalg.norm(part.own(np.atleast_2d(gradients[part.made][0])), axis=0)
            key = self._name, part.key
            if key not in self._differences:  # they depend on the weights alone, so any text will do
                self._differences[key] = part.differences(given[0])
            layers[part.key] = Reading(part.arrays(*given), weight, self._differences[key])
        return Readings(
            numbers=numbers,
            answers=self._answers(_prefixes(numbers, padding), length),
            without=self._answers(shortened, length),
            gradient=np.linalg.norm(of_text[0], axis=-1),
            layers=layers,
        )

    def answers_with(self, weights: Sequence[Sequence[np.ndarray]], numbers: np.ndarray, padding: str) -> np.ndarray:
        """Returns the answers to each prefix of a text with other weights, such as those of other seeds. The model
        keeps its own.

        Args:
            weights: For each seed, all weights of the model, in Keras's order.
            numbers: The tokens of the text, (length,), int32, padded.
            padding: The side on which texts are padded, "pre" or "post".

        Returns:
            (seeds, tokens read, classes).
        """
        own, prefixes, found = self._model.get_weights(), _prefixes(numbers, padding), []
        try:
            for each in weights:
                self._model.set_weights(each)
                found.append(self._answers(prefixes, len(numbers)))
        finally:
            self._model.set_weights(own)
        return np.stack(found)

    def _answers(self, rows: Sequence[np.ndarray], length: int) -> np.ndarray:
        """Always as many rows as there are places, so that the function is compiled once: (rows, classes)."""
        batch = np.full((length, length), PAD_ID, np.int32)
        batch[: len(rows)] = rows
        return self._answer(batch)[0][: len(rows)]


class _Part(ABC):
    """One direction of one layer. ``tensors`` are those that ``arrays`` needs for the text, without the batch."""

    def __init__(self, key: str, made: keras.Layer, tensors: Sequence[keras.KerasTensor]) -> None:
        self.key, self.made, self.tensors = key, made, tensors

    @abstractmethod
    def arrays(self, *values: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays that are shown for the part, each (steps, units); ``values`` are those of ``tensors``."""

    def differences(self, given: np.ndarray) -> dict[str, float]:
        """The equalities that hold for a recurrent layer; ``given`` is the value of the first tensor."""
        return {}

    def own(self, gradient: np.ndarray) -> np.ndarray:
        """The columns of the layer's output that belong to this part: (steps, features) → (steps, units)."""
        return gradient


def _parts(number: int, layer: Layer, made: keras.Layer) -> list[_Part]:
    """Empty for a kind of layer that is not shown."""
    if isinstance(layer, Bidirectional):
        pairs = zip(layer.directions, (made.forward_layer, made.backward_layer), strict=True)
        return [_Cell(f"{number} {name}", made, own, each) for (name, own), each in pairs]
    if isinstance(layer, Recurrent):
        return [_Cell(str(number), made, layer, made)]
    if isinstance(layer, Conv1D | SeparableConv1D):
        return [_Filters(str(number), made, [made.output])]
    if isinstance(layer, SelfAttention):
        return [_Attention(str(number), made, has_heads=isinstance(layer, MultiHeadAttention))]
    return []


class _Cell(_Part):
    """States and gates of one direction of a recurrent layer, in the order of the text."""

    def __init__(self, key: str, made: keras.Layer, layer: Recurrent, direction: keras.Layer) -> None:
        self._layer, self._direction, self._cell = layer, direction, direction.cell
        self._backwards = direction.go_backwards
        steps = keras.layers.RNN(_StateCell(direction.cell), return_sequences=True, go_backwards=self._backwards)
        x, *masks = _as_list(made.input)
        super().__init__(key, made, [x, steps(x, mask=masks[-1]) if masks else steps(x)])

    def own(self, gradient: np.ndarray) -> np.ndarray:
        is_beside_another = gradient.shape[1] == 2 * self._layer.units
        return (
            gradient[:, -self._layer.units :]
            if is_beside_another and self._backwards
            else gradient[:, : self._layer.units]
        )

    def arrays(self, *values: np.ndarray) -> dict[str, np.ndarray]:
        given, states = values
        inputs = given[::-1] if self._backwards else given
        before = np.concatenate([np.zeros_like(states[:1]), states[:-1]])
        found = self._arrays(inputs, states, before)
        return {name: np.ascontiguousarray(each[::-1] if self._backwards else each) for name, each in found.items()}

    def differences(self, given: np.ndarray) -> dict[str, float]:
        return differences(self._direction, given)

    def _arrays(self, inputs: np.ndarray, states: np.ndarray, before: np.ndarray) -> dict[str, np.ndarray]:
        """All steps in one batch, each with the state before it."""
        units = self._layer.units
        parts = [before[:, start : start + units] for start in range(0, before.shape[1], units)]
        gates, activations = self._listen(inputs, parts)
        h = states[:, :units]
        if isinstance(self._layer, LSTM):
            named = dict(zip(("i", "f", "o"), gates, strict=True)) | {"g": activations[0]}
            found = {"h": h, "c": states[:, units:]}
        elif isinstance(self._layer, GRU):
            named, found = dict(zip(("z", "r"), gates, strict=True)) | {"g": activations[0]}, {"h": h}
        else:
            named, found = {"h": activations[0]}, {}
        found |= {name: value for name, (_, value) in named.items()} | {"h": h}
        found |= {f"{name}_sum": total for name, (total, _) in named.items()}
        if isinstance(self._layer, GRU) and self._layer.reset_after:
            kernel, recurrent_kernel, *biases = (
                np.asarray(each)[..., 2 * units :] for each in self._cell.get_weights()
            )
            input_bias, state_bias = biases[0] if biases else (0.0, 0.0)
            found["g_input"] = inputs @ kernel + input_bias
            found["g_state"] = parts[0] @ recurrent_kernel + state_bias
        return found

    def _listen(self, inputs: np.ndarray, states: list[np.ndarray]) -> tuple[list, list]:
        """The inputs and outputs of the cell's two activations, in the order of their calls."""
        cell = self._cell
        heard: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {"recurrent_activation": [], "activation": []}
        kept = {name: getattr(cell, name) for name in heard if hasattr(cell, name)}

        def listener(name: str) -> Callable[[Any], Any]:
            def listen(total: Any) -> Any:
                value = kept[name](total)
                heard[name].append((np.asarray(total), np.asarray(value)))
                return value

            return listen

        try:
            for name in kept:
                setattr(cell, name, listener(name))
            cell(tf.constant(inputs), [tf.constant(each) for each in states])
        finally:
            for name, function in kept.items():
                setattr(cell, name, function)
        return heard["recurrent_activation"], heard["activation"]


class _StateCell(keras.layers.Layer):
    """A cell that returns its whole state at each step, side by side."""

    def __init__(self, cell: keras.layers.Layer) -> None:
        super().__init__()
        self.cell, self.state_size = cell, cell.state_size
        sizes = [cell.state_size] if isinstance(cell.state_size, int) else list(cell.state_size)
        self.output_size = sum(sizes)

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        _, new = self.cell(inputs, states)
        return keras.ops.concatenate(list(new), axis=-1), new


class _Filters(_Part):
    """The activations of a convolution, (steps, filters)."""

    def arrays(self, *values: np.ndarray) -> dict[str, np.ndarray]:
        return {"a": values[0]}


class _Attention(_Part):
    """The weights of each head: a row for each query step, a column for each key step."""

    def __init__(self, key: str, made: keras.Layer, has_heads: bool) -> None:
        self._has_heads = has_heads
        mask = getattr(made.input[0], "_keras_mask", None)
        super().__init__(key, made, [made.input[0]] if mask is None else [made.input[0], mask])

    def arrays(self, *values: np.ndarray) -> dict[str, np.ndarray]:
        x, *mask = (tf.constant(each[None]) for each in values)
        if not self._has_heads:
            masks = {"mask": [mask[0], mask[0]]} if mask else {}
            _, weights = self.made([x, x], return_attention_scores=True, **masks)
            return {"head_1": np.asarray(weights)[0]}
        masks = {"query_mask": mask[0], "value_mask": mask[0]} if mask else {}
        _, scores = self.made(x, x, return_attention_scores=True, **masks)
        return {f"head_{head}": each for head, each in enumerate(np.asarray(scores)[0], start=1)}


def _forward(model: keras.Model) -> Callable[[np.ndarray], list[np.ndarray]]:
    function = tf.function(lambda row: model(row, training=False), reduce_retracing=True, autograph=False)
    return lambda row: [each.numpy() for each in _as_list(function(tf.constant(row)))]


def _gradients(model: keras.Model) -> Callable[[np.ndarray, Any], list[np.ndarray]]:
    """Gradients of the first output, the probability of the most likely answer, with respect to the input and to each
    other output. The mask of the embedding has to be given again, because the model begins behind it.
    """

    @tf.function(reduce_retracing=True, autograph=False)
    def gradients(given: Any, mask: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(given)
            answers, *outputs = _as_list(model(given if mask is None else [given, mask], training=False))
            answer = tf.reduce_max(answers, axis=-1)
        return tape.gradient(answer, [given, *outputs], unconnected_gradients="zero")

    return lambda given, mask: [each.numpy() for each in gradients(tf.constant(given), mask)]


def _as_list(found: Any) -> list:
    """Keras returns one tensor instead of a list of one."""
    return list(found) if isinstance(found, list | tuple) else [found]


def _prefixes(numbers: np.ndarray, padding: str) -> list[np.ndarray]:
    """The text up to each of its tokens, each (length,)."""
    read = numbers[numbers != PAD_ID]
    return [_padded(read[: end + 1], len(numbers), padding) for end in range(len(read))]


def _padded(numbers: np.ndarray, length: int, side: str) -> np.ndarray:
    padding = np.full(length - len(numbers), PAD_ID, np.int32)
    return np.concatenate([padding, numbers] if side == "pre" else [numbers, padding])
