"""The stack that is being composed: its text is in a field and in the URL, its history in the session."""

from dataclasses import dataclass, fields, replace

import streamlit as st

from cache.cli import stack_commands
from cache.store.store import RunStore
from dashboard.compose import stack_editor
from dashboard.compose.stack_editor import History
from dashboard.shell import links
from dashboard.shell.actions import tell, told
from dashboard.widgets.sidebar import RANGES
from models.architectures import ARCHITECTURES, Architecture, get_architecture
from models.hyperparameters import FloatRange
from models.layers import Embedding, Layer
from models.pasting.pasted import CODE_WORDS, ending, only_model
from models.pasting.training_calls import Settings, in_words
from models.stacks.diagnosis import Fix
from models.stacks.named_stacks import named_stacks
from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import Stack, StackError, check_stack, write_stack
from models.tasks import CLASSIFICATION
from models.vectors.word_vectors import RANDOM, find_dimension

TEXT = "stack"
"""The key of the text in the URL."""
PASTE_BELOW = "Paste whole models into the field under “Paste a Keras model”."
TRAINING = "pasted_training"
LAYER = "layer "
SAVING = "saving"
"""The place of messages on saved stacks."""
EMPTY = "Nothing but the embedding"
DEFAULT = str(get_architecture("composed").hyperparameters["stack"].default)


def history() -> History:
    return st.session_state.setdefault("compose", History(DEFAULT))


@dataclass(frozen=True)
class Typed:
    """The stack of a text. If the text has a mistake, it is the latest stack that could be read, with ways to fix the
    text.
    """

    stack: Stack
    mistake: str | None = None
    fixes: tuple[Fix, ...] = ()
    note: str | None = None


def read(text: str, num_classes: int) -> Typed:
    """Read what was typed. If the last layer is the answer, the stack ends before it.

    Args:
        text: The stack as text.
        num_classes: The number of classes of the dataset.
    """
    past = st.session_state.get("compose")
    if past and text == past.now:
        return Typed(parse_stack(text))
    try:
        found = _stack_in(text, num_classes)
    except StackError as error:
        hint = f" {PASTE_BELOW}" if any(word in text for word in CODE_WORDS) else ""
        return Typed(parse_stack(history().now), f"{error}{hint}")
    if found.mistake:
        return replace(found, stack=parse_stack(history().now))
    st.session_state["compose"] = past.then(write_stack(found.stack)) if past else History(write_stack(found.stack))
    return found


def _stack_in(text: str, num_classes: int) -> Typed:
    """The one model of a text.

    Raises:
        StackError: It cannot be used as it is.
    """
    one = only_model(text)
    assert one.stack is not None  # noqa: S101
    end = ending(one, num_classes)
    if end is None:
        return Typed(one.stack)
    return Typed(end.stack or one.stack, None if end.stack else end.sentence, end.fixes, end.sentence)


def layer_place(number: int) -> str:
    """The place of messages on the layer with this index."""
    return f"{LAYER}{number}"


def change(stack: Stack) -> None:
    """Replace the stack, for a click."""
    with told():
        _show(history().then(write_stack(check_stack(stack))))


def settings_that_fit(settings: Settings) -> tuple[Settings, list[str]]:
    """Separate the settings of a pasted text into those that can be set here and, in words, those that cannot."""
    ranges = {name: RANGES[key] for name, key in _keys().items()} | {
        "batch_size": RANGES["batch"], "learning_rate": RANGES["rate"], "epochs": RANGES["epochs"],
    }  # fmt: skip
    outside = {
        name: None
        for name, (low, high) in ranges.items()
        if (value := getattr(settings, name)) is not None and not low <= value <= high
    }
    refused = Settings(**{name: getattr(settings, name) for name in outside})
    return replace(settings, **outside), list(in_words(refused))


def _keys() -> dict[str, str]:
    """The fields of Settings that are widgets at the left, with their keys."""
    tokens = st.session_state.get("tokens", "words")
    return {"vocabulary_size": links.VOCABULARY_KEYS[tokens], "length": links.LENGTH_KEYS[CLASSIFICATION]}


def current_settings(asked: Settings) -> Settings:
    """The fields of ``asked``, with their current values."""
    held = {name: st.session_state.get(key) for name, key in _keys().items()} | st.session_state.get(TRAINING, {})
    names = [field.name for field in fields(Settings)]
    return Settings(**{name: held.get(name) for name in names if getattr(asked, name) is not None})


def apply_settings(settings: Settings) -> None:
    """Set the widgets at the left, and keep the rest for the link to Compare, for a click."""
    keys = _keys()
    for name, key in keys.items():
        if (value := getattr(settings, name)) is not None:
            st.session_state[key] = value
    others = {field.name: getattr(settings, field.name) for field in fields(Settings) if field.name not in keys}
    st.session_state[TRAINING] = {name: value for name, value in others.items() if value is not None}


def training_query() -> dict[str, str]:
    """The URL parameters of Compare for the training settings of a pasted text."""
    keys = {"optimizer": "optimizer", "learning_rate": "rate", "batch_size": "batch", "epochs": "epochs"}
    return {keys[name]: str(value) for name, value in st.session_state.get(TRAINING, {}).items()}


def undo() -> None:
    _show(history().undo())


def redo() -> None:
    _show(history().redo())


def _show(now: History) -> None:
    st.session_state["compose"], st.session_state[TEXT] = now, now.now


def add(stack: Stack, place: int, key: str) -> None:
    """Add a layer, for the menu of layers."""
    change(stack_editor.add(stack, place, st.session_state[key]))


def turn(stack: Stack, place: int, key: str) -> None:
    """Change the kind of a layer, for its field."""
    change(stack_editor.put(stack, place, stack_editor.with_kind(stack.layers[place], st.session_state[key])))


def set_argument(stack: Stack, place: int, name: str, key: str) -> None:
    """Set an argument of a layer, for its field."""
    layer, value = stack.layers[place], st.session_state[key]
    domain = stack_editor.domains(layer)[name]
    if isinstance(domain, FloatRange) and value is not None:
        # As it is shown: more can be typed, and steps add up to 0.15000000000000002.
        value = round(value, domain.digits)
    with told(place=layer_place(place)):
        value = domain.check(name, domain.parse(value) if isinstance(value, str) else value)
        change(stack_editor.put(stack, place, stack_editor.with_arguments(layer, {name: value})))


def set_layer(stack: Stack, place: int, layer: Layer) -> None:
    change(stack_editor.put(stack, place, layer))


def set_embedding(stack: Stack, name: str, key: str) -> None:
    """Set an argument of the embedding, for its field. Word vectors determine the length of its vectors."""
    value = st.session_state[key]
    if name == "vectors":
        dimension = find_dimension(value) or stack.embedding_dim
        change(replace(stack, vectors=None if value == RANDOM else value, embedding_dim=dimension))
    elif value is not None:
        change(replace(stack, **{name: value}))


def starting_points() -> dict[str, str]:
    """The texts of stacks to start from, by title."""
    found = {EMPTY: "Embedding(16)"}
    for entry in ARCHITECTURES.values():
        if entry.task != CLASSIFICATION:
            continue
        embedding, *layers = entry.layers(1_000)
        if not isinstance(embedding, Embedding):
            continue
        try:
            stack = Stack(
                embedding.output_dim, tuple(layers[:-1]), embedding.mask_zero, embedding.trainable, _vectors(entry)
            )
            found[entry.title] = write_stack(parse_stack(write_stack(stack)))
        except StackError:
            continue  # it has layers that cannot be composed here
    return found | {stack.title: stack.text for stack in named_stacks()}


def _vectors(entry: Architecture) -> str | None:
    vectors = entry.hyperparameters.get("vectors")
    return str(vectors.default) if vectors else None


def open_text(text: str) -> None:
    change(parse_stack(text))


def start_from(key: str) -> None:
    change(parse_stack(starting_points()[st.session_state[key]]))


def save(store: RunStore, key: str, text: str) -> None:
    """Save the stack under the name in the field, for a click."""
    with told("Nothing was saved: ", SAVING):
        saved = stack_commands.save(store, st.session_state[key].strip(), text)
        tell(f"“{saved.title}” can be chosen on the page Compare now.", SAVING)


def delete(store: RunStore, name: str, text: str) -> None:
    """Delete a stack, for a click. It can be undone."""
    with told(place=SAVING):
        stack_commands.delete(store, name)
        message = f"The stack “{name}” was deleted. Its runs stay."
        st.session_state["undo"] = message, "delete", stack_commands.save, (name, text)
