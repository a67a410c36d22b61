"""Pretrained word vectors for transfer models: adding a file, the list of vectors, and how many words of the dataset
they contain.
"""

from pathlib import Path

import streamlit as st

from cache.cli import vector_commands
from cache.core.formatting import count, megabytes
from cache.store.store import RunStore
from cache.tasks.add_vectors import ADD_VECTORS, cancel_adding, start_adding, start_adding_upload, title_for
from cache.tasks.task_status import DONE, FAILED
from cache.tasks.text_tasks import CountCoverage
from dashboard.charts import plots
from dashboard.data import data_charts, data_frames
from dashboard.shell import session
from dashboard.shell.actions import run_action, show_outcome, told
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import run_progress
from models.data.dataset import Dataset
from models.text.encoding import TextEncoding
from models.vectors.coverage import Coverage, coverage_file, read_coverage
from models.vectors.word_vectors import WordVectors, registered

ENDINGS = ["txt", "vec", "gz", "zip"]
FORMAT = (
    "Each line is a word and its numbers, as GloVe, word2vec (as text) and fastText write them; a gzip or a zip file "
    "of one will do."
)


def show(store: RunStore, dataset: Dataset, train_examples: int | None, encoding: TextEncoding) -> None:
    """Draw the word vectors, their coverage of a dataset, and the form to add a file.

    Args:
        store: The cache.
        dataset: The dataset.
        train_examples: The number of training examples; None for all.
        encoding: The encoding of the texts.
    """
    st.subheader("Word vectors")
    st.markdown(
        "The architecture **Transfer** begins with vectors that come ready-made: from a file that "
        "you add here, such as [GloVe](https://nlp.stanford.edu/projects/glove/), or, without one, from **word2vec**, "
        "trained on the chosen training texts themselves when a run asks for them. Those stand in for GloVe: they are "
        "of this dataset alone and know nothing beyond it."
    )
    above = st.container()  # what is below keeps its place, with or without messages
    with above:
        if store.read_only:
            st.info("This cache is read-only, so no vectors can be added.", icon=":material/lock:")
        elif not _adding(store):
            _form(store)
        show_outcome()
    found = registered()
    if not found:
        st.info(
            "No file was added yet. `glove.6B.zip` from the address above unpacks to files of 50 to 300 dimensions; "
            "100 is what the published model has.",
            icon=":material/article:",
        )
    with above:
        for vectors in found:
            _one(store, vectors)
    if found:
        _coverage(store, found, dataset, train_examples, encoding)


def _form(store: RunStore) -> None:
    number = st.session_state.setdefault("vectors_form", 0)  # a new number is an empty form
    with st.container(border=True):
        path, is_at_the_machine = "", session.is_at_the_machine()
        if is_at_the_machine:
            path = st.text_input(
                "File on the machine that Unroll runs on", key=f"vectors_path_{number}",
                placeholder="/…/glove.6B.100d.txt", help=FORMAT,
            ).strip()  # fmt: skip
        upload = st.file_uploader(
            "Or upload a small file from your computer" if is_at_the_machine else "A file of word vectors", ENDINGS,
            key=f"vectors_upload_{number}", max_upload_size=session.upload_megabytes(), help=FORMAT,
        )  # fmt: skip
        if not is_at_the_machine:
            st.caption(
                "Larger files are added on the machine that runs Unroll: `python -m cache add-vectors FILE --name "
                "NAME`."
            )
        name = upload.name if upload else Path(path).name
        title_key = f"vectors_title_{number}_{name}"
        st.text_input("Name of the vectors", title_for(name), key=title_key)
        st.button(
            "Add these vectors", type=session.primary_button_type(), icon=":material/add:", key="add_vectors",
            disabled=not (upload or path), on_click=_start, args=(store, path, upload, title_key),
        )  # fmt: skip


def _start(store: RunStore, path: str, upload, title_key: str) -> None:
    """Reads the name at the click: it may have been typed just before."""
    title = st.session_state[title_key].strip()
    with told("Nothing was added: "):
        ADD_VECTORS.forget(store)  # the message on the one before
        if upload:
            start_adding_upload(store, upload.getvalue(), upload.name, title)
        elif session.is_at_the_machine():  # to others the machine's files are none of their business
            start_adding(store, Path(path).expanduser(), title)
        else:
            return
        st.session_state["vectors_form"] += 1


def _adding(store: RunStore) -> bool:
    """Show the progress of the latest addition; return whether it is running."""
    if (latest := ADD_VECTORS.status(store.root)) is None:
        return False
    if latest.is_running:
        run_progress.show_task(store, ADD_VECTORS)
        st.button(
            "Stop", icon=":material/stop_circle:", key="stop_adding", on_click=run_action, args=(cancel_adding, store)
        )
        return True
    kinds = {DONE: (st.success, ":material/check_circle:"), FAILED: (st.error, ":material/block:")}
    show_it, icon = kinds.get(latest.state, (st.info, ":material/stop_circle:"))
    text = latest.message if not latest.has_failed else f"Nothing was added: {latest.message}"
    say, act = st.columns([5, 1], vertical_alignment="center")
    with say:
        show_it(escape_markdown(text), icon=icon)
    act.button("Dismiss", key="dismiss_adding", on_click=run_action, args=(ADD_VECTORS.forget, store), width="stretch")
    return False


def _one(store: RunStore, vectors: WordVectors) -> None:
    say, act = st.columns([5, 1], vertical_alignment="center")
    size = vectors.size_bytes
    say.markdown(
        f"**{escape_markdown(vectors.title)}**  \n{count(vectors.count, 'word')} of {vectors.dimension} dimensions, "
        f"{megabytes(size)}, from {escape_markdown(vectors.file)}"
    )
    if store.read_only:
        return
    with act.popover("Delete", icon=":material/delete:"):
        st.write(
            f"The vectors “{escape_markdown(vectors.title)}” are deleted for good. Runs that used them stay. Until you "
            "add the same file again, nothing can be trained with them. Runs in training or waiting that need them "
            "must be cancelled first."
        )
        st.button(
            "Delete for good", key=f"delete {vectors.name}", type=session.primary_button_type(),
            icon=":material/delete_forever:", on_click=_delete, args=(store, vectors.name),
        )  # fmt: skip


def _delete(store: RunStore, name: str) -> None:
    with told():
        vector_commands.delete(store, name)


def _coverage(
    store: RunStore, found: list[WordVectors], dataset: Dataset, train_examples: int | None, encoding: TextEncoding
) -> None:
    if dataset.is_deleted:
        return
    st.markdown(f"#### Coverage of {escape_markdown(dataset.title)}")
    if dataset.fingerprint(store.root / "tfds") is None:
        st.caption("The dataset is not on this machine yet: look at it above to download it.")
        return
    titles = {vectors.name: vectors.title for vectors in found}
    name = st.selectbox("Vectors", list(titles), format_func=titles.__getitem__, key="vectors", bind="query-params")
    coverage = read_coverage(coverage_file(name, dataset, train_examples, encoding, store.root))
    if coverage is None:
        _offer_to_count(store, CountCoverage(name, dataset.name, train_examples, encoding))
        return
    _figures(coverage, encoding)


def _offer_to_count(store: RunStore, task: CountCoverage) -> None:
    if run_progress.show_task(store, task):
        return
    st.caption("Coverage was not counted yet for this dataset, vocabulary and number of training examples.")
    st.button(
        "Count what they cover", icon=":material/query_stats:", key="cover", disabled=store.read_only,
        on_click=run_action, args=(task.start, store), help=session.reason(store),
    )  # fmt: skip


def _figures(coverage: Coverage, encoding: TextEncoding) -> None:
    with st.container(horizontal=True):
        st.metric("Vocabulary with a vector", f"{coverage.entries_share:.1%}", width=210)
        st.metric("Training tokens with a vector", f"{coverage.tokens_share:.1%}", width=230)
    subwords = encoding.tokenizer == "subwords"
    st.caption(
        f"{coverage.num_entries_covered:,} of {coverage.num_entries:,} {encoding.tokenizer} in the vocabulary, and "
        f"{coverage.num_tokens_covered:,} of {coverage.num_tokens:,} tokens of the training texts, unknown ones "
        "included. What has no vector begins with a random one."
        + (" Files hold vectors of words: with words as tokens, more of them fit." if subwords else "")
    )
    if coverage.missing:
        st.markdown(f"**Most frequent {encoding.tokenizer} without a vector**")
        frame = data_frames.words_frame(coverage.missing, coverage.num_tokens)
        description = "Bars: occurrences of the most frequent words without a vector"
        plots.show(plots.Plot("Words without a vector", description, data_charts.word_bars, (frame,), frame))
