"""The stack that is being composed: its text is in a field and in the address, its past in the session."""

from typing import Any

import streamlit as st

from cache.cli import stack_commands
from cache.store.store import RunStore
from dashboard.compose import stack_editor
from dashboard.compose.stack_editor import History
from dashboard.shell.actions import EXPLAINED, sentence
from models.architectures import ARCHITECTURES, get_architecture
from models.layers import Embedding, Layer
from models.stacks.named_stacks import named_stacks
from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import Stack, StackError, check_stack, write_stack
from models.tasks import CLASSIFICATION

TEXT = "stack"
"""The key of the text in the URL."""
EMPTY = "Nothing but the embedding"
DEFAULT = str(get_architecture("composed").hyperparameters["stack"].default)


def history() -> History:
    return st.session_state.setdefault("compose", History(DEFAULT))


def read(text: str) -> tuple[Stack, str | None]:
    """(the stack of ``text``, or the latest that could be read, and then a sentence on what is wrong)"""
    try:
        stack = parse_stack(text)
    except StackError as error:
        return parse_stack(history().now), str(error)
    past = st.session_state.get("compose")
    st.session_state["compose"] = past.then(write_stack(stack)) if past else History(write_stack(stack))
    return stack, None


def change(stack: Stack) -> None:
    """For a click: the stack from now on."""
    try:
        _show(history().then(write_stack(check_stack(stack))))
    except StackError as error:
        st.session_state["compose_refusal"] = str(error)


def undo() -> None:
    _show(history().undo())


def redo() -> None:
    _show(history().redo())


def _show(now: History) -> None:
    st.session_state["compose"], st.session_state[TEXT] = now, now.now


def add(stack: Stack, place: int, key: str) -> None:
    """For a menu of kinds of layers."""
    change(stack_editor.add(stack, place, st.session_state[key]))


def turn(stack: Stack, place: int, key: str) -> None:
    """For a field with the kind of a layer."""
    change(stack_editor.put(stack, place, stack_editor.turned(stack.layers[place], st.session_state[key])))


def set_argument(stack: Stack, place: int, name: str, key: str) -> None:
    """For a field of one of a layer's arguments."""
    layer = stack_editor.with_arguments(stack.layers[place], {name: _plain(st.session_state[key])})
    change(stack_editor.put(stack, place, layer))


def set_layer(stack: Stack, place: int, layer: Layer) -> None:
    change(stack_editor.put(stack, place, layer))


def set_embedding_dim(stack: Stack, key: str) -> None:
    if st.session_state[key] is not None:
        change(Stack(int(st.session_state[key]), stack.layers))


def _plain(value: Any) -> Any:
    """Rates as they are shown: more digits can be typed, and steps add up to 0.15000000000000002."""
    return round(value, 2) if isinstance(value, float) else value


def starting_points() -> dict[str, str]:
    """What one can start from, each as a text by its title."""
    found = {EMPTY: "Embedding(16)"}
    for entry in ARCHITECTURES.values():
        if entry.task != CLASSIFICATION:
            continue
        embedding, *layers = entry.layers(1_000)
        if not isinstance(embedding, Embedding):
            continue
        try:
            found[entry.title] = write_stack(parse_stack(write_stack(Stack(embedding.output_dim, tuple(layers[:-1])))))
        except StackError:
            continue  # it has layers that cannot be composed here
    return found | {stack.title: stack.text for stack in named_stacks()}


def open_text(text: str) -> None:
    change(parse_stack(text))


def start_from(key: str) -> None:
    change(parse_stack(starting_points()[st.session_state[key]]))


def save(store: RunStore, key: str, text: str) -> None:
    """For a click: gives the stack the name that is in the field."""
    name = st.session_state[key].strip()
    try:
        saved = stack_commands.save(store, name, text)
    except EXPLAINED as error:
        st.session_state["compose_refusal"] = f"Nothing was saved: {sentence(error)}"
        return
    st.session_state["compose_notice"] = f"“{saved.title}” can be chosen on the page Compare now."


def delete(store: RunStore, name: str, text: str) -> None:
    """For a click; it can be taken back."""
    try:
        stack_commands.delete(store, name)
    except EXPLAINED as error:
        st.session_state["compose_refusal"] = sentence(error)
        return
    st.session_state["undo"] = (
        f"The stack “{name}” was deleted. Its runs stay.",
        "delete",
        stack_commands.save,
        (name, text),
    )
