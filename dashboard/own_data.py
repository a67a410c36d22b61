"""Adding a dataset of one's own: a file, two of its columns, a look at what that gives, a name."""

import re
from pathlib import PurePath

import pandas as pd
import streamlit as st

from cache import dataset_commands
from cache.store import RunStore
from cache.wording import count
from cache.writable import CacheReadOnly
from dashboard import data_charts, data_frames, plots, session, turns
from dashboard.plain import plain
from dashboard.refusal import EXPLAINED, sentence
from models.data_files import MAX_FILE_BYTES, READERS
from models.datasets import own
from models.labelled import Labelled, guess_columns, label_texts

SAMPLE_ROWS, SHOWN_CHARACTERS = 10, 500


def show(store: RunStore) -> None:
    _notice()
    if store.read_only:
        st.info("Nothing can be added to a cache that is read-only.", icon=":material/lock:")
        return
    number = st.session_state.setdefault("own_file_number", 0)  # a new number is an empty field
    file = st.file_uploader(
        "A file with a column of texts and a column of labels",
        [ending.removeprefix(".") for ending in READERS],
        key=f"own_file_{number}",
        help="CSV and TSV files begin with a row of column names and are UTF-8; JSON-lines files hold one object a "
        "line.",
        max_upload_size=session.upload_megabytes(),
    )
    st.caption(
        f"Larger files, up to {MAX_FILE_BYTES / 1e6:.0f} MB, are added from the command line: "
        "`python -m cache add-dataset FILE --text COLUMN --label COLUMN --name NAME`."
    )
    if file is not None:
        try:
            with st.spinner("Reading"), turns.left():
                table = _table(store, file)
            _choose(store, table, file)
        except (ValueError, CacheReadOnly) as error:
            st.error(plain(str(error)), icon=":material/block:")
    _list(store)


def _table(store: RunStore, file) -> pd.DataFrame:
    """Read once for each upload. Raises BadData, OverLimit, CacheReadOnly."""
    kept = st.session_state.get("own_table")
    if not kept or kept[0] != file.file_id:
        kept = st.session_state["own_table"] = (file.file_id, dataset_commands.read_upload(store, file, file.name))
        st.session_state.pop("own_labelled", None)
    return kept[1]


def _labelled(file_id: str, table: pd.DataFrame, text: str, label: str) -> Labelled:
    kept, question = st.session_state.get("own_labelled"), (file_id, text, label)
    if not kept or kept[0] != question:
        with st.spinner("Looking at texts and labels"):
            kept = st.session_state["own_labelled"] = (question, label_texts(table, text, label))
    return kept[1]


def _choose(store: RunStore, table: pd.DataFrame, file) -> None:
    columns = list(table.columns)
    guessed_text, guessed_label = guess_columns(table)
    left, right = st.columns(2)
    text = left.selectbox("Column of texts", columns, columns.index(guessed_text), key=f"own_text_{file.file_id}")
    label = right.selectbox("Column of labels", columns, columns.index(guessed_label), key=f"own_label_{file.file_id}")
    labelled = _labelled(file.file_id, table, text, label)
    st.caption(f"{count(len(labelled.texts), 'text')} in {len(labelled.classes)} classes.")
    for note in labelled.notes:
        st.caption(f":material/info: {plain(note)}")
    _preview(labelled, file.name)
    title = st.text_input("Name of the dataset", _title(file.name), max_chars=60, key=f"own_title_{file.file_id}")
    st.button(
        "Add this dataset", type=session.prominent(), icon=":material/add:", key="add_dataset", on_click=_add,
        args=(store, title, labelled, file.name),
    )  # fmt: skip


def _preview(labelled: Labelled, file_name: str) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### Class balance")
        numbers = pd.Series(labelled.labels).value_counts().reindex(range(len(labelled.classes)), fill_value=0)
        frame = data_frames.balance_frame({"all": numbers.tolist()}, labelled.classes)
        title, values = f"Class balance of {file_name}", (frame, labelled.classes)
        plots.show(plots.Plot(title, "Bars: texts of each class", data_charts.class_bars, values, frame))
    with right:
        st.markdown("#### Lengths")
        words = pd.Series([text.count(" ") + 1 for text in labelled.texts]).value_counts()
        frame = data_frames.lengths_frame(words.items())
        title, values = f"Lengths in {file_name}", (frame, None, "words")
        plots.show(plots.Plot(title, "Histogram: words in a text", data_charts.length_bars, values, frame))
    st.markdown("#### Sample")
    sample = pd.DataFrame(
        {
            "Text": [text[:SHOWN_CHARACTERS] for text in labelled.texts[:SAMPLE_ROWS]],
            "Label": [labelled.classes[label] for label in labelled.labels[:SAMPLE_ROWS]],
        }
    )
    st.dataframe(
        sample, hide_index=True, width="stretch", column_config={"Text": st.column_config.TextColumn(width="large")}
    )


def _title(file_name: str) -> str:
    """The file's name with nothing in it that a title cannot hold."""
    return " ".join(re.sub(r"[^\w.,'&+-]", " ", PurePath(file_name).stem.replace("_", " ")).split())[:60].strip()


def _add(store: RunStore, title: str, labelled: Labelled, file_name: str) -> None:
    try:
        dataset = dataset_commands.add(store, title.strip(), labelled, file_name)
    except EXPLAINED as error:
        st.session_state["own_refusal"] = f"Nothing was added: {sentence(error)}"
        return
    same = "" if dataset.title == title.strip() else f" These are the same texts as in “{dataset.title}”."
    st.session_state["own_notice"] = f"“{dataset.title}” can be chosen as a dataset now.{same}"
    st.session_state["own_file_number"] += 1
    for key in ("own_table", "own_labelled"):
        st.session_state.pop(key, None)


def _delete(store: RunStore, name: str, title: str) -> None:
    try:
        dataset_commands.delete(store, name)
        st.session_state["own_notice"] = f"The texts of “{title}” were deleted. Its runs are still there."
    except EXPLAINED as error:
        st.session_state["own_refusal"] = sentence(error)


def _notice() -> None:
    """What the latest click brought."""
    if refusal := st.session_state.pop("own_refusal", None):
        st.error(plain(refusal), icon=":material/block:")
    if notice := st.session_state.pop("own_notice", None):
        st.success(plain(notice), icon=":material/check_circle:")


def _list(store: RunStore) -> None:
    datasets = own()
    st.subheader("Your datasets")
    if not datasets:
        st.caption("None yet: what is added appears here, and wherever a dataset is chosen.")
    for dataset in datasets:
        say, act = st.columns([5, 1], vertical_alignment="center")
        say.markdown(f"**{plain(dataset.title)}**  \n{dataset.description}")
        with act.popover("Delete", icon=":material/delete:"):
            st.write("The texts and what was made of them are deleted for good; its runs stay and can be looked at.")
            st.button(
                "Delete for good", key=f"delete {dataset.name}", type=session.prominent(),
                icon=":material/delete_forever:",
                on_click=_delete, args=(store, dataset.name, dataset.title),
            )  # fmt: skip
