"""Recurrent layers as one loop over the steps of a text, for both directions."""

from collections.abc import Callable, Sequence
from functools import partial

import keras
from jax import Array, lax
from jax import numpy as jnp

STEPS_AT_ONCE = 8
"""How many steps of a text one turn of a loop reads. More are hardly faster and take longer to compile."""

States = list[Array]
"""What a cell hands on to the next step, h first; each of shape (directions, batch, units)."""


def read_in_one_loop(layer: keras.Layer) -> None:
    """Have a recurrent layer multiply all its inputs at once, and then read them in one loop.

    Both directions of a bidirectional layer go through the same loop if they are alike and have no dropout. Layers with
    dropout of the state, and a GRU whose reset gate comes before its product, are left as they are.
    """
    if isinstance(layer, keras.layers.Bidirectional):
        directions = [layer.forward_layer, layer.backward_layer]
        if all(map(_is_known, directions)) and _are_alike(*directions):
            layer.call = partial(_read_both_ways, layer)
            return
    else:
        directions = [layer]
    for direction in filter(_is_known, directions):
        direction.inner_loop = partial(_read, direction)


def _is_known(layer: keras.Layer) -> bool:
    if not isinstance(layer, keras.layers.RNN) or type(layer.cell) not in STEPS:
        return False
    return not layer.cell.recurrent_dropout and getattr(layer.cell, "reset_after", True)


def _are_alike(forward: keras.layers.RNN, backward: keras.layers.RNN) -> bool:
    """Whether only their weights and the order of reading differ, and no dropout is to be drawn for each."""
    found = [{**layer.get_config(), "name": None, "go_backwards": None} for layer in (forward, backward)]
    return found[0] == found[1] and not forward.cell.dropout


def _read(
    layer: keras.layers.RNN, sequences: Array, initial_state: States, mask: Array | None, training: bool = False
) -> tuple[Array, Array, States]:
    """As the layer's ``inner_loop``: (the output of the last step, the outputs to be returned, the states)."""
    if training and (kept := layer.cell.get_dropout_mask(sequences[:, 0])) is not None:
        sequences = sequences * kept[:, None]
    masks = None if mask is None else mask[None]
    states, outputs = _loop([layer.cell], sequences[None], masks, layer.zero_output_for_mask, layer.go_backwards)
    return states[0][0], outputs[0], [state[0] for state in states]


def _read_both_ways(
    layer: keras.layers.Bidirectional,
    sequences: Array,
    initial_state: None = None,
    mask: Array | None = None,
    training: bool | None = None,
) -> Array:
    """As the layer's ``call``."""
    cells = [layer.forward_layer.cell, layer.backward_layer.cell]
    masks = None if mask is None else jnp.stack([mask, mask[:, ::-1]])
    both = jnp.stack([sequences, sequences[:, ::-1]])
    states, outputs = _loop(cells, both, masks, layer.forward_layer.zero_output_for_mask)
    forward, backward = (outputs[0], outputs[1, :, ::-1]) if layer.return_sequences else states[0]
    merge = {
        "concat": lambda: jnp.concatenate([forward, backward], axis=-1),
        "sum": lambda: forward + backward,
        "ave": lambda: (forward + backward) / 2,
        "mul": lambda: forward * backward,
    }
    return merge[layer.merge_mode]()


def _loop(
    cells: Sequence[keras.Layer],
    sequences: Array,
    masks: Array | None,
    zero_where_masked: bool,
    backwards: bool = False,
) -> tuple[States, Array]:
    """Read with one cell for each direction.

    Args:
        cells: Alike but for their weights.
        sequences: (directions, batch, steps, features), each in the order in which it is read, unless ``backwards``.
        masks: (directions, batch, steps), False at steps at which the states stay as they are.
        zero_where_masked: Whether the output of such a step is 0 instead of h.
        backwards: Whether the last step is read first. The outputs are in the order of reading in any case.

    Returns:
        (the states at the end, the outputs: (directions, batch, steps, units)).
    """
    kernels, recurrent_kernels = (
        jnp.stack([jnp.asarray(getattr(cell, name)) for cell in cells]) for name in ("kernel", "recurrent_kernel")
    )
    input_biases, state_biases = (jnp.stack(biases)[:, None] for biases in zip(*map(_biases, cells), strict=True))
    inputs = jnp.einsum("dbsf,dfg->sdbg", sequences, kernels) + input_biases
    num_states, step = STEPS[type(cells[0])]
    start = [jnp.zeros((*inputs.shape[1:3], cells[0].units), inputs.dtype)] * num_states
    kept = None if masks is None else jnp.moveaxis(masks, 2, 0)[..., None]

    def advance(states: States, given: tuple[Array, Array | None]) -> tuple[States, Array]:
        of_inputs, is_kept = given
        of_state = jnp.einsum("dbu,dug->dbg", states[0], recurrent_kernels) + state_biases
        new = step(cells[0], of_inputs, of_state, states)
        if is_kept is None:
            return new, new[0]
        new = [jnp.where(is_kept, *pair) for pair in zip(new, states, strict=True)]
        return new, jnp.where(is_kept, new[0], 0) if zero_where_masked else new[0]

    states, outputs = lax.scan(advance, start, (inputs, kept), reverse=backwards, unroll=STEPS_AT_ONCE)
    return states, jnp.moveaxis(outputs[::-1] if backwards else outputs, 0, 2)


def _biases(cell: keras.Layer) -> tuple[Array, Array]:
    """(that of the inputs, that of the state), each of shape (gates · units,)."""
    if not cell.use_bias:
        return (jnp.zeros(cell.kernel.shape[1]),) * 2
    bias = jnp.asarray(cell.bias)
    return (bias[0], bias[1]) if bias.ndim == 2 else (bias, jnp.zeros_like(bias))


def _step_of_simple_rnn(cell: keras.Layer, of_inputs: Array, of_state: Array, states: States) -> States:
    return [cell.activation(of_inputs + of_state)]


def _step_of_lstm(cell: keras.Layer, of_inputs: Array, of_state: Array, states: States) -> States:
    enter, forget, candidate, output = jnp.split(of_inputs + of_state, 4, axis=-1)
    gate = cell.recurrent_activation
    c = gate(forget) * states[1] + gate(enter) * cell.activation(candidate)
    return [gate(output) * cell.activation(c), c]


def _step_of_gru(cell: keras.Layer, of_inputs: Array, of_state: Array, states: States) -> States:
    gates = 2 * cell.units
    update, reset = jnp.split(cell.recurrent_activation(of_inputs[..., :gates] + of_state[..., :gates]), 2, axis=-1)
    candidate = cell.activation(of_inputs[..., gates:] + reset * of_state[..., gates:])
    return [update * states[0] + (1 - update) * candidate]


Step = Callable[[keras.Layer, Array, Array, States], States]
"""(cell, products of the inputs, products of h, states) → the new states."""

STEPS: dict[type[keras.Layer], tuple[int, Step]] = {
    keras.layers.SimpleRNNCell: (1, _step_of_simple_rnn),
    keras.layers.LSTMCell: (2, _step_of_lstm),
    keras.layers.GRUCell: (1, _step_of_gru),
}
"""Of each cell how many states it hands on, and how it makes them."""
