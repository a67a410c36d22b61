"""What models do not read of a reader's text: words outside of their vocabularies, and what is cut."""

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from cache.core.formatting import count
from cache.store.store import RunStore
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets.sentence import tokenizer_of
from models.experiments.spec import RunSpec
from models.text.encoding import TextEncoding
from models.text.tokens import CUT, READ, Token, tokens_of, visible
from models.training.generation import read_encoding

MOST_NAMED = 8


def show(store: RunStore, specs: Mapping[str, RunSpec], text: str) -> None:
    """Show a note for each vocabulary that does not contain some words of the text, and for each length that cuts it.
    Missing vocabularies are skipped.

    Args:
        store: The cache.
        specs: The specs of the models, by the labels that the page shows.
        text: The reader's text.
    """
    unknown: dict[str, list[str]] = {}
    cut: dict[str, list[str]] = {}
    for label, spec in specs.items():
        if (tokenizer := tokenizer_of(store, spec)) is None:
            continue
        encoding = read_encoding(spec)
        tokens = tokens_of(tokenizer, encoding, text)
        read = [token for token in tokens if token.place == READ]
        unknown.setdefault(describe(read, encoding), []).append(label)
        cut.setdefault(describe_cut(tokens, encoding), []).append(label)
    for icon, notes in (("help", unknown), ("content_cut", cut)):
        for note, labels in notes.items():
            if note:
                whose = f"**{escape_markdown(', '.join(labels))}**: " if len(notes) > 1 else ""
                st.markdown(f":material/{icon}: {whose}{escape_markdown(note)}")


def describe_cut(tokens: Sequence[Token], encoding: TextEncoding) -> str:
    """Say how many tokens of a text are not read, and at which end; empty if all are read."""
    num_cut = sum(token.place == CUT for token in tokens)
    if not num_cut:
        return ""
    which = f"The {'first' if encoding.truncating == 'pre' else 'last'} {count(num_cut, 'token')}"
    are = "is" if num_cut == 1 else "are"
    return f"{which} of the text {are} not read: a text is cut to {encoding.length:,} tokens."


def describe(read: Sequence[Token], encoding: TextEncoding) -> str:
    """Say how many of the tokens are unknown to a model, and which; empty if none are."""
    times = Counter(visible(token.text) for token in read if token.is_unknown)
    unknown = [name if number == 1 else f"{name} ({number:,} times)" for name, number in times.items()]
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
