"""The section Embeddings of the page Inside: how training moved the vectors of words."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from zipfile import BadZipFile

import numpy as np
import streamlit as st

from cache.core.formatting import too_long
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, InsideRequest, embedding_file, why_not
from cache.inference.request_store import request_store
from cache.store.store import RunStore
from dashboard.charts import plots
from dashboard.inside import embeddings_charts, embeddings_frames
from dashboard.inside.embeddings_frames import AFTER, BEFORE, NUM_DRAWN, Embedding
from dashboard.inside.openable import Opened
from dashboard.shell import tab
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import run_progress
from dashboard.widgets.sentence import tokenizer_of
from models.inside.embeddings import load_embedding, overlap
from models.text.encoding import lowered
from models.text.tokens import READ, Token, token_names
from models.training.run_files import BEST_WEIGHTS, load_arrays

MOST_MODELS = 2
MAX_LETTERS = 100


def show(store: RunStore, request: InsideRequest, tokens: Sequence[Token], models: Sequence[Opened]) -> None:
    """Show the word vectors of the first two trained models.

    Args:
        store: The cache.
        request: The request that the models have answered.
        tokens: The tokens that they read.
        models: The models.
    """
    trained = [model for model in models if model.run]
    if not trained:
        return
    with st.expander("Embeddings", icon=":material/scatter_plot:", key="embeddings_open", bind="query-params") as part:
        if not part.open:
            return
        shown = trained[:MOST_MODELS]
        if len(models) > len(shown):
            st.caption("This section shows the first two models that were trained.")
        runs = [model.run.id for model in shown if model.run]
        if not _computed(store, replace(request, runs=tuple(runs), is_fresh=True, others=(), kept_epoch=None), runs):
            return
        found = [(model, embedding) for model in shown if (embedding := _embedding(store, model))]
        if found:
            _show([embedding for _, embedding in found], [model for model, _ in found], tokens)


def _computed(store: RunStore, request: InsideRequest, runs: Sequence[int]) -> bool:
    """Whether the vectors before training of any run exist. For missing ones, the button or the progress of ``request``
    is shown.
    """
    missing = [run for run in runs if not embedding_file(request_store(store).root, run).exists()]
    if not missing:
        return True
    answer = Answer.of(store, request)
    if answer and not answer.has_ended:
        run_progress.show_answer(store, request)
        return False
    for problem in [answer.problems.get(run) for run in missing] if answer else []:
        if problem:
            st.error(escape_markdown(problem), icon=":material/error:")
    if generation_requests.ask_problem(store):
        st.caption("This cache is read-only, so the vectors before training cannot be computed.")
    elif st.button("Compute the vectors before training", icon=":material/scatter_plot:", key="embeddings_ask"):
        run_action(partial(generation_requests.ask, again=True), store, request)
        st.rerun()
    return len(missing) < len(runs)


def _embedding(store: RunStore, model: Opened) -> Embedding | None:
    """The vectors of a model; None with a message if they are missing."""
    if (run := model.run) is None or not (file := embedding_file(request_store(store).root, run.id)).exists():
        return None
    problem = why_not(store, run)
    if problem is None and BEST_WEIGHTS in store.damaged_files(run):
        problem = f"The weights of {run.title} are damaged: train it again."
    tokenizer = tokenizer_of(store, run.spec)
    if problem is None and tokenizer:
        try:
            before, after = load_embedding(file), load_arrays(store.files_dir(run.id) / BEST_WEIGHTS)[0][0]
            words = token_names(tokenizer)[: len(after)]
            if before.shape == after.shape and np.isfinite(after).all():
                return Embedding(run.title, words, before[: len(words)], after[: len(words)])
            problem = f"The vectors of {run.title} contain NaN or infinity, or have another shape than at the start."
        except (OSError, ValueError, KeyError, IndexError, BadZipFile):
            problem = f"The vectors of {run.title} cannot be read."
    st.error(escape_markdown(problem or f"The vocabulary of {run.title} cannot be read."), icon=":material/error:")
    return None


def _show(embeddings: Sequence[Embedding], models: Sequence[Opened], tokens: Sequence[Token]) -> None:
    sizes = " or ".join(dict.fromkeys(str(each.after.shape[1]) for each in embeddings))
    st.markdown(
        f"A model stores each word as a vector of {sizes} numbers. Training changes these numbers. **Moved** is the "
        "length of that change: the distance (Euclidean) from the vector before training to the vector after it. "
        "**Neighbours** are the words with the most similar direction: their cosine is 1 for the same "
        f"direction and 0 for a right angle. The cosine uses all {sizes} numbers."
    )
    first = embeddings_frames.first_word(embeddings, [token.number for token in tokens if token.place == READ])
    typed = st.text_input(
        "Search for a word", key="inside_word", bind="query-params", placeholder=first,
        help="Empty: the word of your text that moved most.",
    )  # fmt: skip
    if problem := too_long(typed, MAX_LETTERS):
        st.info(problem, icon=":material/search_off:")
        typed = ""
    word = lowered(typed).strip() or first
    neighbours = {}
    for column, embedding, model in zip(st.columns(len(models), gap="large"), embeddings, models, strict=True):
        with column:
            st.markdown(f"**{escape_markdown(embedding.title)}**")
            if word in embedding.numbers:
                neighbours[embedding.title] = embedding.neighbours(word)
                _word(embedding, model, word, neighbours[embedding.title])
            else:
                st.info(
                    f"“{escape_markdown(word)}” is not in the vocabulary: the model reads it as “unknown”.",
                    icon=":material/search_off:",
                )
    if len(neighbours) == MOST_MODELS:
        one, other = neighbours.values()
        if np.array_equal(embeddings[0].before, embeddings[1].before):
            st.markdown("Both models began with the same vectors.")
        for when in (BEFORE, AFTER):
            st.markdown(f"{when}, the two models share {_shared(one[when][0], other[when][0])}.")
    _table(embeddings)


def _word(embedding: Embedding, model: Opened, word: str, neighbours: dict[str, tuple[list[str], np.ndarray]]) -> None:
    """What happened to one word in one model, with its map."""
    moved = float(embedding.moved[embedding.numbers[word]])
    name = escape_markdown(word)
    share = min(embedding.share_below(word), 0.99)
    others = "all other words" if moved == embedding.moved.max() else f"{share:.0%} of all words"
    further = f"moved by {moved:.3f}, further than {others}"
    st.markdown(f"“{name}” {further if moved else 'did not move'}.")
    number = st.column_config.NumberColumn("Cosine", format="%.3f", width=70)
    table = embeddings_frames.neighbours_table(neighbours)
    columns = {str(name): number for name in table if str(name).startswith("Cosine")}
    st.dataframe(table, hide_index=True, width="stretch", height="content", column_config=columns)
    st.markdown(f"Training kept {_shared(*(words for words, _ in neighbours.values()))}.")
    frame, share = embeddings_frames.map_frame(embedding, word, neighbours)
    caption = f"Hollow: before training. Filled: after. Both on two axes that show {share:.0%} of the variance."
    title = f"Map of words: {embedding.title}"
    values = (frame, word, model.colour)
    plots.show(
        plots.Plot(title, f"Points: words around {word}", embeddings_charts.embedding_map, values, frame, caption)
    )
    kind = "most frequent words" if model.spec.encoding.tokenizer == "words" else "first subwords"
    st.caption(
        f"{caption} Distances in the map are only a projection; the table above uses all numbers. The map draws the "
        f"{min(NUM_DRAWN, len(embedding.numbers))} {kind} of the vocabulary, “{name}” and its neighbours."
    )


def _shared(one: Sequence[str], other: Sequence[str]) -> str:
    """A sentence on the neighbours that are in both lists."""
    shared, share = overlap(one, other)
    words = f": {escape_markdown(', '.join(shared))}" if shared else ""
    return f"{len(shared)} of {max(len(one), len(other))} neighbours ({share:.0%}){words}"


def _table(embeddings: Sequence[Embedding]) -> None:
    """The distance that every word moved, also as a file."""
    st.markdown("**How far each word moved**")
    table = embeddings_frames.moved_table(embeddings)
    number = st.column_config.NumberColumn(format="%.4f")
    st.dataframe(
        table, hide_index=True, width="stretch", height=320,
        column_config={str(name): number for name in table if str(name).startswith("Moved")},
    )  # fmt: skip
    st.download_button(
        "All words (.csv)", partial(plots.csv, table), tab.file_name("how far each word moved", "csv"), "text/csv",
        on_click="ignore", key="moved_csv", icon=":material/download:", type="tertiary",
    )  # fmt: skip
