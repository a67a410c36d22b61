"""The rows of the editor, one for each layer: its kind, its arguments, and buttons to change it."""

from typing import Any

import streamlit as st

from cache.core.formatting import count
from dashboard.compose import compose_state, stack_editor
from dashboard.compose.stack_editor import KINDS
from dashboard.shell.actions import drop_outcomes, show_outcome
from dashboard.shell.markdown import escape_markdown
from models.hyperparameters import IntOrNone, IntRange, Sizes
from models.layers import Bidirectional, Layer, Recurrent, Residual, Shape
from models.layers.arguments import RARE, Option
from models.layers.keras_code import kind_name, layer_code
from models.layers.kinds import EMBEDDING_DIM, MASK_ZERO, TRAINABLE
from models.regularizers import Penalty
from models.stacks.diagnosis import Problem
from models.stacks.stack_parser import parse_layers
from models.stacks.stack_text import MAX_LAYERS, Stack, StackError, layers_text, num_layers
from models.vectors.word_vectors import RANDOM, RANDOM_TITLE, VECTORS_DOMAIN

WIDE, NARROW = 190, 130
NAMES = {"use_bias": "Bias", "return_sequences": "Return sequences", "key_dim": "Key dimensions", "num_heads": "Heads"}


def rows(stack: Stack, shapes: list[Shape], problem: Problem | None) -> None:
    """Draw a row for each layer of the stack.

    Args:
        stack: The stack.
        shapes: The input shape of each layer, as far as they are known.
        problem: Why the stack cannot work; None if it does.
    """
    _embedding(stack, shapes, problem)
    for place, layer in enumerate(stack.layers):
        with st.container(border=True, key=f"layer-{place}"):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                _kind(stack, place, layer)
                if not isinstance(layer, Residual):
                    _fields(stack, place, layer)
            if isinstance(layer, Residual):
                _within(stack, place, layer)
            _below(stack, place, shapes, problem)
            _actions(stack, place, layer)
    drop_outcomes(compose_state.LAYER)
    with st.container(border=True):
        st.markdown(f"Layer {len(stack.layers) + 2}, the answer: Dense")
        st.caption("One sigmoid unit for two classes, softmax for more: set by the dataset.")


def _embedding(stack: Stack, shapes: list[Shape], problem: Problem | None) -> None:
    with st.container(border=True, key="layer-embedding"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            key = "row embedding"
            st.session_state[key] = stack.embedding_dim
            st.number_input(
                "Layer 1, embedding", EMBEDDING_DIM.minimum, EMBEDDING_DIM.maximum, key=key, width=WIDE,
                help=EMBEDDING_DIM.help, on_change=compose_state.set_embedding, args=(stack, "embedding_dim", key),
            )  # fmt: skip
            _toggle(stack, "Mask zeros", "mask_zero", MASK_ZERO.help)
            key, chosen = "row vectors", stack.vectors or RANDOM
            titles = {RANDOM: RANDOM_TITLE, **VECTORS_DOMAIN.titles()}
            titles.setdefault(chosen, VECTORS_DOMAIN.title(chosen))
            st.session_state[key] = chosen
            st.selectbox(
                "Begins with", list(titles), format_func=titles.__getitem__, key=key, width=WIDE,
                help=VECTORS_DOMAIN.help, on_change=compose_state.set_embedding, args=(stack, "vectors", key),
            )  # fmt: skip
            _toggle(stack, "Trained", "trainable", TRAINABLE.help)
            _adder(stack, 0)
        _below(stack, -1, shapes, problem)


def _toggle(stack: Stack, label: str, name: str, help_text: str) -> None:
    """One of the embedding's arguments that is true or false."""
    key = f"row {name}"
    st.session_state[key] = getattr(stack, name)
    st.toggle(label, key=key, help=help_text, on_change=compose_state.set_embedding, args=(stack, name, key))


def _kind(stack: Stack, place: int, layer: Layer) -> None:
    key = f"row {place} kind"
    st.session_state[key] = kind_name(layer)
    st.selectbox(
        f"Layer {place + 2}", KINDS, key=key, width=WIDE, on_change=compose_state.turn, args=(stack, place, key)
    )


def _actions(stack: Stack, place: int, layer: Layer) -> None:
    number, is_last = place + 2, place == len(stack.layers) - 1
    is_full = num_layers(stack) + num_layers(Stack(1, (layer,))) > MAX_LAYERS
    with st.container(horizontal=True, gap="small"):
        _button("Up", f"Move layer {number} up", place == 0, stack_editor.move(stack, place, -1))
        _button("Down", f"Move layer {number} down", is_last, stack_editor.move(stack, place, 1))
        _button("Duplicate", f"Duplicate layer {number}", is_full, stack_editor.duplicate(stack, place))
        _button("Remove", f"Remove layer {number}", False, stack_editor.remove(stack, place))
        _adder(stack, place + 1)


def _button(label: str, help_text: str, disabled: bool, then: Stack) -> None:
    st.button(
        label,
        help=help_text,
        key=help_text,
        type="tertiary",
        disabled=disabled,
        on_click=compose_state.change,
        args=(then,),
    )


def _adder(stack: Stack, place: int) -> None:
    key, is_full = f"add at {place}", num_layers(stack) >= MAX_LAYERS
    st.menu_button(
        "Add layer", KINDS, icon=":material/add:", key=key, type="tertiary", disabled=is_full,
        help=f"There are already {MAX_LAYERS} layers, the maximum." if is_full else f"Add below layer {place + 1}",
        on_click=compose_state.add, args=(stack, place, key),
    )  # fmt: skip


def _fields(stack: Stack, place: int, layer: Layer) -> None:
    domains, arguments = stack_editor.domains(layer), stack_editor.arguments(layer)
    inner = layer.layer if isinstance(layer, Bidirectional) else layer
    seldom = RARE | {"activation"} if isinstance(inner, Recurrent) else RARE
    rare = {name: value for name, value in arguments.items() if name in seldom}
    for name, value in arguments.items():
        if name not in rare:
            _field(stack, place, name, value, domains[name])
    if rare:
        number = sum(value != stack_editor.default(layer, name) for name, value in rare.items())
        with st.popover(f"More ({number} changed)" if number else "More", key=f"row {place} more"):
            for name, value in rare.items():
                _field(stack, place, name, value, domains[name])
    if isinstance(layer, Bidirectional) and layer.backward_layer:
        st.caption(f"Backwards: {layer_code(layer.backward_layer)}")


def _field(stack: Stack, place: int, name: str, value: Any, domain: Any) -> None:
    """A field that always shows the current value of the stack, also after a change elsewhere."""
    kind = kind_name(stack.layers[place])
    key, label = f"row {place} {kind} {name}", NAMES.get(name, name.replace("_", " ").capitalize())
    st.session_state[key] = value
    rest = {"key": key, "help": domain.help, "width": NARROW, "on_change": compose_state.set_argument}
    rest["args"] = stack, place, name, key
    if isinstance(domain, Option) and domain.options == (False, True):
        st.toggle(label, **rest | {"width": "content"})
    elif isinstance(domain, Option):
        st.session_state[key] = str(value)  # for None would be no choice
        st.selectbox(label, [str(option) for option in domain.options], **rest)
    elif isinstance(domain, IntOrNone):
        st.number_input(label, domain.minimum, domain.maximum, value=None, step=1, **rest)
    elif isinstance(domain, IntRange):
        st.number_input(label, domain.minimum, domain.maximum, step=1, **rest)
    elif isinstance(domain, Sizes):
        st.session_state[key] = ", ".join(map(str, value))
        st.text_input(label, **rest)
    elif isinstance(domain, Penalty):
        st.session_state[key] = str(value)
        others = [] if str(value) in domain.suggestions else [str(value)]
        st.selectbox(label, [*domain.suggestions, *others], accept_new_options=True, **rest)
    else:
        step, shown = (0.05, "%.2f") if domain.digits == 2 else (0.0001, "%g")
        st.number_input(label, domain.minimum, domain.maximum, step=step, format=shown, **rest)


def _within(stack: Stack, place: int, layer: Residual) -> None:
    """The layers of a shortcut as text; what is typed stays until it can be read."""
    key, shown = f"row {place} within", layers_text(layer.layers)
    if st.session_state.get(f"{key} of") != shown:
        st.session_state[f"{key} of"] = st.session_state[key] = shown
    text = st.text_input(
        "Layers that the shortcut goes around", key=key,
        help="Their output is added to their input, so both need the same shape.",
    )  # fmt: skip
    try:
        wanted = Residual(*parse_layers(text))
        if not wanted.layers:
            raise StackError("A shortcut needs at least one layer: remove the whole row instead.")
        if wanted != layer:
            st.button(
                "Take these layers", icon=":material/check:", key=f"{key} take", on_click=compose_state.set_layer,
                args=(stack, place, wanted),
            )  # fmt: skip
    except StackError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")


def _below(stack: Stack, place: int, shapes: list[Shape], problem: Problem | None) -> None:
    """The output shape of the layer, or that there is none; the reason is shown above the rows.

    A value of the layer that was just refused is shown, too.
    """
    show_outcome(compose_state.layer_place(place))
    if problem and problem.place == place:
        st.error("The stack stops working here: see the message above the layers.", icon=":material/build:")
    elif place + 1 < len(shapes):
        layer = stack.layers[place] if place >= 0 else None
        has = f", {count(layer.num_params(shapes[place]), 'parameter')}" if layer else ""
        st.caption(f"→ {describe_shape(shapes[place + 1])}{has}")


def describe_shape(shape: Shape) -> str:
    """Describe a shape: "120 steps of 16 features", "64 features"."""
    steps = f"{shape[0]:,} step{'s' * (shape[0] != 1)} of " if len(shape) == 2 else ""
    return f"{steps}{shape[-1]:,} feature{'s' * (shape[-1] != 1)}"
