"""A sentence of the reader as a model reads it: as words and as subwords, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import streamlit as st
from tokenizers import Tokenizer

from cache.core.formatting import count, too_long
from cache.inference.generation_requests import vocabulary_file
from cache.inference.request_store import request_store
from cache.store.runs import RUNNING
from cache.store.store import RunStore
from cache.tasks.text_tasks import MakeVocabularies
from dashboard.charts import frames
from dashboard.shell import links
from dashboard.shell.actions import run_action
from dashboard.widgets import run_progress
from models.encoded.fitted import read_tokenizer, tokenizer_file
from models.experiments.comparison import Comparison
from models.experiments.spec import RunSpec
from models.text.encoding import DEFAULT_VOCABULARY, VERSIONS, TextEncoding, lowered
from models.text.tokens import CUT, PADDING, READ, Token, tokens_of

SENTENCE = "Unmissable! A rewatchable, un-Hollywood masterpiece; I wouldn't unwatch it for 1,000,000 dollars."
MAX_CHARACTERS = 5_000


def panel(store: RunStore, comparison: Comparison, fingerprint: str | None) -> None:
    """Draw a sentence of the reader as words and as subwords, in an expander.

    Args:
        store: The cache.
        comparison: The comparison whose encoding is used.
        fingerprint: That of the dataset; None if it is not downloaded.
    """
    with st.expander(
        "A sentence as words and as subwords", icon=":material/segment:", key="tokens_open", bind="query-params"
    ) as expander:
        text = st.text_area(
            f"Try a sentence (up to {MAX_CHARACTERS:,} characters)",
            SENTENCE,
            height=68,
            key="sentence",
            bind="query-params",
        )
        if not expander.open:
            return
        if problem := too_long(text, MAX_CHARACTERS):
            st.info(problem, icon=":material/segment:")
            return
        if fingerprint is None:
            st.caption("A vocabulary is made from the training texts: download the dataset first.")
            return
        encodings = {tokenizer: _encoding(comparison.encoding, tokenizer) for tokenizer in VERSIONS}
        files = {
            tokenizer: tokenizer_file(comparison.dataset, comparison.vocabulary_examples, encoding, store.root)
            for tokenizer, encoding in encodings.items()
        }
        found = {tokenizer: tokenizer_in(file) for tokenizer, file in files.items()}
        missing = {tokenizer: encodings[tokenizer] for tokenizer in VERSIONS if found[tokenizer] is None}
        if missing:
            make(store, comparison, missing)
        for column, tokenizer in zip(st.columns(2, gap="large"), VERSIONS, strict=True):
            if made := found[tokenizer]:
                with column:
                    tokens(made, encodings[tokenizer], text)


def _encoding(chosen: TextEncoding, tokenizer: str) -> TextEncoding:
    """The chosen encoding, or its counterpart with the other tokenizer and that one's default vocabulary."""
    if chosen.tokenizer == tokenizer:
        return chosen
    return replace(chosen, tokenizer=tokenizer, version=None, vocabulary_size=DEFAULT_VOCABULARY[tokenizer])


def tokenizer_in(file: Path) -> Tokenizer | None:
    """Read a tokenizer, once for each version of the file; None if it does not exist."""
    try:
        return _read(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


def tokenizer_of(store: RunStore, spec: RunSpec) -> Tokenizer | None:
    """Read the tokenizer of a run; None if it does not exist. A read-only server makes them outside of the cache."""
    return tokenizer_in(vocabulary_file(request_store(store).root, spec))


@st.cache_resource(show_spinner=False, max_entries=8)
def _read(file: Path, written_at: int) -> Tokenizer | None:
    return read_tokenizer(file)


def task_for(comparison: Comparison, encodings: Iterable[TextEncoding]) -> MakeVocabularies:
    """Return the task that makes the vocabularies of these encodings."""
    return MakeVocabularies(comparison.dataset_name, comparison.vocabulary_examples, tuple(encodings))


def make(store: RunStore, comparison: Comparison, missing: Mapping[str, TextEncoding]) -> None:
    """Offer to make vocabularies that do not exist yet, and show the progress.

    Args:
        store: The cache.
        comparison: The comparison whose training texts are used.
        missing: The encodings without a vocabulary, by tokenizer.
    """
    task = task_for(comparison, missing.values())
    if run_progress.show_task(store, task, "Making it failed: "):
        return
    names = " and ".join(f"{encoding.vocabulary_size:,} {encoding.tokenizer}" for encoding in missing.values())
    num_texts = comparison.vocabulary_examples or comparison.dataset.num_train
    st.write(f"The vocabulary of {names} has not been made from {num_texts:,} training texts yet.")
    if store.read_only:
        st.caption("This cache is read-only, so the vocabulary cannot be made.")
        return
    st.button(
        "Make it now", icon=":material/build:", key="make_vocabulary", on_click=run_action, args=(task.start, store)
    )
    busy = store.runs([RUNNING])
    st.caption(
        "This takes some seconds of the processor"
        + (", and the seconds of the current training would be marked as disturbed." if busy else ".")
    )


def tokens(tokenizer: Tokenizer, encoding: TextEncoding, text: str) -> None:
    found = tokens_of(tokenizer, encoding, text)
    st.markdown(f"**{encoding.tokenizer.capitalize()}**, a vocabulary of {encoding.vocabulary_size:,}")
    st.caption(summary(text, found, encoding))
    if read := [token.token for token in found if token.place == READ]:
        # As code: typed text is never rendered as Markdown or HTML.
        st.code(" ".join(read), language=None, wrap_lines=True)
    narrow = st.column_config.NumberColumn(width=70)
    columns = {"Position": narrow, "Number": narrow}
    st.dataframe(frames.tokens_frame(found), hide_index=True, width="stretch", height=300, column_config=columns)
    if (size := tokenizer.get_vocab_size()) < encoding.vocabulary_size:
        st.caption(f"The training texts give only {size:,} entries; the other rows of the embedding are never used.")


def summary(text: str, tokens: list[Token], encoding: TextEncoding) -> str:
    """Count the tokens of a text in words: unknown, dropped, cut and padding.

    Args:
        text: The text.
        tokens: All its tokens, including padding and cut ones.
        encoding: The encoding that made them.
    """
    num_cut, num_padding = (sum(token.place == place for token in tokens) for place in (CUT, PADDING))
    parts = [count(len(tokens) - num_padding, "token"), f"{sum(token.is_unknown for token in tokens)} unknown"]
    if num_dropped := len("".join(lowered(text).split())) - sum(len(token.text) for token in tokens):
        parts.append(f"{count(num_dropped, 'character')} dropped")
    if num_cut:
        parts.append(f"{num_cut} cut {links.SIDE_NAMES[encoding.truncating]}")
    if num_padding:
        parts.append(f"{num_padding} of padding {links.SIDE_NAMES[encoding.padding]}")
    return ", ".join(parts)
