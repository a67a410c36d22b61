"""Adding your own dataset: a file, a preview, the columns of texts and labels, the result, and a name."""

from collections import Counter
from pathlib import PurePath

import pandas as pd
import streamlit as st

from cache.cli import dataset_commands
from cache.core.access import CacheReadOnly
from cache.core.formatting import count
from cache.store.runs import QUEUED, RUNNING
from cache.store.store import RunStore
from dashboard.charts import plots
from dashboard.data import data_charts, data_frames
from dashboard.shell import pages, render_slots, session
from dashboard.shell.actions import show_outcome, tell, told
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import dataset_hints
from models.data.datasets import user_datasets
from models.data.labelled import Labelled, cell, guess_columns, label_spellings, label_texts, split_labelled
from models.data.user_datasets import UserDataset
from models.tables.data_files import DOUBTS, READERS
from models.tables.file_table import MAX_FILE_BYTES, Doubt, FileTable
from models.text.encoding import TextEncoding
from models.text.suggested_encoding import Suggestion, suggest_encoding
from models.titles import as_title

FIRST_ROWS, SAMPLE_ROWS, SHOWN_CHARACTERS = 5, 10, 500
NO_LABELS = "None: only for predicting the next word"


def show(store: RunStore) -> None:
    """Draw the steps to add a dataset from a file."""
    if store.read_only:
        st.info("This cache is read-only, so no dataset can be added.", icon=":material/lock:")
        return
    number = st.session_state.setdefault("own_file_number", 0)  # a new number is an empty field
    file = st.file_uploader(
        "A file with a column of texts and, to classify them, a column of labels",
        [ending.removeprefix(".") for ending in READERS],
        key=f"own_file_{number}",
        help="CSV and TSV files are text with a row of column names; a CSV file may be packed by gzip. JSON files hold "
        "one object in each line, or an array of objects. A TXT file may also hold texts alone, one in each line, such "
        "as lyrics: their words can be predicted.",
        max_upload_size=session.upload_megabytes(),
    )
    st.caption(
        f"Larger files, up to {MAX_FILE_BYTES / 1e6:.0f} MB, are added from the command line: "
        "`python -m cache add-dataset FILE --text COLUMN --label COLUMN --name NAME`."
    )
    if file is not None:
        try:
            _choose(store, file)
        except (ValueError, CacheReadOnly) as error:
            st.error(escape_markdown(str(error)), icon=":material/block:")
    _notice()  # right below the button
    _list(store)


def _read(store: RunStore, file, answers: dict[str, str]) -> FileTable:
    """Read the file once for each upload and answers.

    Raises:
        BadData: The file cannot be used.
        OverLimit: The file is too large.
        CacheReadOnly: This session may not change the cache.
    """
    kept, question = st.session_state.get("own_table"), (file.file_id, answers)
    if not kept or kept[0] != question:
        with st.spinner("Reading"), render_slots.release():
            read = dataset_commands.read_upload(store, file, file.name, answers)
        kept = st.session_state["own_table"] = (question, read)
        st.session_state.pop("own_labelled", None)
    return kept[1]


def _labelled(question: tuple, table: pd.DataFrame) -> tuple[Labelled, Suggestion | None]:
    """Take texts and labels from the table, with an encoding that suits them.

    Args:
        question: The file's id, the columns of texts and labels (None if there are none), and whether to join
            spellings.
        table: The file.

    Raises:
        BadData: The columns cannot be used.
    """
    kept = st.session_state.get("own_labelled")
    if not kept or kept[0] != question:
        with st.spinner("Looking at texts and labels"), render_slots.release():
            labelled = label_texts(table, *question[1:])
            splits = split_labelled(labelled)
            suggestion = suggest_encoding(splits["train"].texts, splits["validation"].texts)
        kept = st.session_state["own_labelled"] = (question, (labelled, suggestion))
    return kept[1]


def _choose(store: RunStore, file) -> None:
    keys = {name: f"own_{name}_{file.file_id}" for name in DOUBTS}
    answers = {name: st.session_state[key] for name, key in keys.items() if st.session_state.get(key)}
    read = _read(store, file, answers)
    table = read.table
    st.caption(escape_markdown(" ".join((read.summary, *read.notes))))
    for doubt in read.doubts:
        _ask(doubt, keys[doubt.name])
    st.caption("First rows of the file:")
    st.dataframe(table.head(FIRST_ROWS).map(_shown), hide_index=True, width="stretch")
    if read.open_doubts:
        st.info("Answer the questions above to go on.", icon=":material/help:")
        return
    columns = list(table.columns)
    guessed_text, guessed_label = guess_columns(table)
    left, right = st.columns(2)
    text = left.selectbox("Column of texts", columns, columns.index(guessed_text), key=f"own_text_{file.file_id}")
    choices = [NO_LABELS, *(columns if guessed_label else ())]
    chosen = right.selectbox(
        "Column of labels", choices, choices.index(guessed_label or NO_LABELS), key=f"own_label_{file.file_id}",
        help="Without labels, texts cannot be classified, but their words can be predicted.",
    )  # fmt: skip
    label = None if chosen == NO_LABELS else chosen
    is_joined = label is not None and _join_spellings(table, label, f"own_join_{file.file_id}")
    labelled, suggestion = _labelled((file.file_id, text, label, is_joined), table)
    advice = suggestion.sentence if suggestion else ""
    classes = f"in {len(labelled.classes)} classes" if label else "without labels, to predict their words"
    st.caption(f"{count(len(labelled.texts), 'text')} {classes}. {advice}")
    for note in labelled.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    if suggestion and suggestion.warning:
        st.warning(suggestion.warning, icon=":material/translate:")
    _preview(labelled, file.name)
    title_key = f"own_title_{file.file_id}"
    st.text_input("Name of the dataset", as_title(PurePath(file.name).stem), key=title_key)
    st.button(
        "Add this dataset", type=session.primary_button_type(), icon=":material/add:", key="add_dataset", on_click=_add,
        args=(store, title_key, labelled, file.name),
    )  # fmt: skip


def _ask(doubt: Doubt, key: str) -> None:
    """A question on how to read the file. If no answer is likely, none is chosen at the start."""
    answers = list(doubt.answers)
    st.warning(escape_markdown(doubt.question), icon=":material/help:")
    st.radio(
        "Answer", answers, answers.index(doubt.answer) if doubt.answer else None, key=key,
        format_func=lambda answer: _capital(escape_markdown(doubt.answers[answer])), label_visibility="collapsed",
    )  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _join_spellings(table: pd.DataFrame, label: str, key: str) -> bool:
    """Show labels that differ in spelling only, with a button that joins them; return whether to join them."""
    groups = label_spellings(table, label)
    if not groups:
        return False
    is_joined = st.session_state.get(key, False)
    say, act = st.columns([3, 1], vertical_alignment="center")
    names = "; ".join(", ".join(f"“{name}”" for name in group[:6]) for group in groups[:5])
    more = f" (and {len(groups) - 5} more)" if len(groups) > 5 else ""
    say.warning(escape_markdown(f"These labels differ in spelling only: {names}{more}."), icon=":material/spellcheck:")
    act.button(
        "Keep them apart" if is_joined else "Join them", key="join_spellings", width="stretch",
        on_click=st.session_state.__setitem__, args=(key, not is_joined),
    )  # fmt: skip
    return is_joined


def _shown(value: object) -> str:
    return cell(value)[:SHOWN_CHARACTERS]


def _preview(labelled: Labelled, file_name: str) -> None:
    left, right = st.columns(2, gap="large")
    is_labelled = len(labelled.classes) > 1
    if is_labelled:
        with left:
            st.markdown("#### Class balance")
            numbers = pd.Series(labelled.labels).value_counts().reindex(range(len(labelled.classes)), fill_value=0)
            frame = data_frames.balance_frame({"all": numbers.tolist()}, labelled.classes)
            title = f"Class balance of {file_name}"
            values = (frame, labelled.classes)
            plots.show(plots.Plot(title, "Bars: texts of each class", data_charts.class_bars, values, frame))
    with right if is_labelled else left:
        st.markdown("#### Lengths")
        words = Counter(text.count(" ") + 1 for text in labelled.texts)
        frame = data_frames.lengths_frame(words.items())
        chart = data_charts.length_bars, (frame, None, "words"), frame
        plots.show(plots.Plot(f"Lengths in {file_name}", "Histogram: words in a text", *chart))
    st.markdown("#### Sample")
    sample = pd.DataFrame({"Text": [text[:SHOWN_CHARACTERS] for text in labelled.texts[:SAMPLE_ROWS]]})
    if is_labelled:
        sample["Label"] = [labelled.classes[label] for label in labelled.labels[:SAMPLE_ROWS]]
    st.dataframe(
        sample, hide_index=True, width="stretch", column_config={"Text": st.column_config.TextColumn(width="large")}
    )


def _add(store: RunStore, title_key: str, labelled: Labelled, file_name: str) -> None:
    """Reads the name at the click: it may have been typed just before."""
    title = st.session_state[title_key].strip()
    with told("Nothing was added: "):
        dataset = dataset_commands.add(store, title, labelled, file_name)
        same = "" if dataset.title == title else f" These are the same texts as in “{dataset.title}”."
        tell(f"“{dataset.title}” can be chosen as a dataset now.{same}")
        st.session_state["own_added"] = dataset.name
        st.session_state["own_file_number"] += 1
        for key in ("own_table", "own_labelled"):
            st.session_state.pop(key, None)


def _delete(store: RunStore, name: str, title: str) -> None:
    with told():
        dataset_commands.delete(store, name)
        tell(f"The texts of “{title}” were deleted. Its runs are still there.")


def _notice() -> None:
    """Show the result of the latest click."""
    show_outcome()
    added = st.session_state.pop("own_added", None)
    if dataset := next((dataset for dataset in user_datasets() if dataset.name == added), None):
        _links(dataset, "added")


def _links(dataset: UserDataset, key: str) -> None:
    """Links to Compare and to the texts, with the encoding that suits them."""
    encoding = dataset.suggestion.encoding if dataset.suggestion else TextEncoding()
    with st.container(horizontal=True, vertical_alignment="center"):
        pages.link("compare", "Compare on it", dataset_hints.suggested_query(dataset))
        st.button(
            "Look at it", key=f"look {key}", icon=":material/query_stats:", type="tertiary",
            on_click=dataset_hints.choose, args=(dataset, encoding, encoding.length, False),
        )  # fmt: skip


def _list(store: RunStore) -> None:
    datasets, active = user_datasets(), store.runs([QUEUED, RUNNING])
    st.subheader("Your datasets")
    if not datasets:
        st.caption("None yet. A dataset that you add appears here and in every list of datasets.")
    for dataset in datasets:
        say, act = st.columns([5, 1], vertical_alignment="center")
        with say:
            st.markdown(f"**{escape_markdown(dataset.title)}**  \n{dataset.description}")
            _links(dataset, dataset.name)
        with act.popover("Delete", icon=":material/delete:"):
            title = escape_markdown(dataset.title)
            st.write(
                f"The texts of “{title}” and everything computed from them are deleted for good. The runs stay with "
                "their results. Until you add the same file again, nothing can be trained on it, its trained models "
                "read no texts, and its test texts cannot be shown."
            )
            if waiting := sum(run.settings.get("dataset") == dataset.name for run in active):
                st.warning(
                    f"{count(waiting, 'run')} in training or waiting {'needs' if waiting == 1 else 'need'} it: cancel "
                    f"{'it' if waiting == 1 else 'them'} first, on the page Runs.",
                    icon=":material/hourglass_top:",
                )
            st.button(
                "Delete for good", key=f"delete {dataset.name}", type=session.primary_button_type(),
                icon=":material/delete_forever:",
                on_click=_delete, args=(store, dataset.name, dataset.title),
            )  # fmt: skip
