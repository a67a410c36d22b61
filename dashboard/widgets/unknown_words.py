"""Words of a reader's text that the vocabularies of models do not contain."""

from collections.abc import Mapping, Sequence

import streamlit as st

from cache.core.formatting import count
from cache.store.store import RunStore
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets.sentence import tokenizer_of
from models.experiments.spec import RunSpec
from models.text.encoding import TextEncoding
from models.text.tokens import READ, Token, tokens_of, visible
from models.training.generation import read_encoding

MOST_NAMED = 8


def show(store: RunStore, specs: Mapping[str, RunSpec], text: str) -> None:
    """Show a note for each vocabulary that does not contain some words of the text. Missing vocabularies are skipped.

    Args:
        store: The cache.
        specs: The specs of the models, by the labels that the page shows.
        text: The reader's text.
    """
    notes: dict[str, list[str]] = {}
    for label, spec in specs.items():
        if note := _note(store, spec, text):
            notes.setdefault(note, []).append(label)
    for note, labels in notes.items():
        whose = f"**{escape_markdown(', '.join(labels))}**: " if len(notes) > 1 else ""
        st.markdown(f":material/help: {whose}{escape_markdown(note)}")


def _note(store: RunStore, spec: RunSpec, text: str) -> str:
    if (tokenizer := tokenizer_of(store, spec)) is None:
        return ""
    encoding = read_encoding(spec)
    read = [token for token in tokens_of(tokenizer, encoding, text) if token.place == READ]
    return describe(read, encoding)


def describe(read: Sequence[Token], encoding: TextEncoding) -> str:
    """Say how many of the tokens are unknown to a model, and which; empty if none are."""
    unknown = list(dict.fromkeys(visible(token.text) for token in read if token.is_unknown))
    vocabulary = f"the vocabulary of {encoding.vocabulary_size:,} {encoding.tokenizer}"
    if not unknown:
        return ""
    if all(token.is_unknown for token in read):
        return (
            f"No word of this text is in {vocabulary}: each is read as “unknown”, so the answer does not depend on "
            "your words."
        )
    number, more = sum(token.is_unknown for token in read), len(unknown) - MOST_NAMED
    verb = "is" if number == 1 else "are"
    named = ", ".join(unknown[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return (
        f"{number:,} of {count(len(read), encoding.tokenizer[:-1])} {verb} not in {vocabulary} and {verb} read as "
        f"“unknown”: {named}."
    )
