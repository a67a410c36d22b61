"""Where the models of a comparison disagree: contested texts, agreement, confusion and calibration."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from cache.core.formatting import count
from cache.inference.generation_requests import MAX_CHARACTERS
from cache.results.predictions import Predictions, chosen_classes, correct_mask, predictions
from cache.store.store import RunStore
from dashboard.charts.compared import Compared
from dashboard.charts.plots import Plot
from dashboard.charts.plots import show as show_plot
from dashboard.disagreement import disagreement_charts, disagreement_frames, test_split_view
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import inside_link
from models.encoded.test_split import read_test_split
from models.experiments.comparison import Comparison
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.text.encoding import in_lines

VIEWS = CONTESTED, AGREEMENT, CONFUSION, CALIBRATION = ("Contested texts", "Agreement", "Confusion", "Calibration")
OF_TASK = {CLASSIFICATION: VIEWS, NEXT_WORD: (AGREEMENT,)}
KEYS = {CLASSIFICATION: "disagreement", NEXT_WORD: "word_disagreement"}
MOST_TEXTS = 100


def show(store: RunStore, compared: Compared) -> list[Plot]:
    """Draw contested texts, agreement, confusion and calibration in an expander.

    Returns:
        The plots; empty while it is closed.
    """
    comparison, results = compared.comparison, compared.results
    if not any(result.is_cached for result in results):
        return []
    with st.expander(
        "Where they disagree", icon=":material/compare:", key="disagreement_open", bind="query-params"
    ) as expander:
        task = comparison.task
        view = st.segmented_control(
            "View", OF_TASK[task], default=OF_TASK[task][0], required=True, key=KEYS[task], bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        if not expander.open:
            return []
        answers: Predictions = predictions(store, results)
        truth = None if task == NEXT_WORD else test_split_view.classes(store, results)
        if task == CLASSIFICATION and truth is None:
            test_split_view.offer_to_read(store, comparison.dataset, "read_disagreement")
            return []
        if truth is not None:
            answers = disagreement_frames.whole(answers, truth)
        if not answers:
            st.caption("The predictions of these runs are not in this cache.")
            return []
        if view == AGREEMENT or truth is None:
            return _agreement(comparison, answers, truth)
        if view == CONTESTED:
            return _contested(store, compared, answers, truth)
        if view == CONFUSION:
            return _confusion(comparison, answers, truth)
        return _calibration(answers, truth, compared.colours)


def _contested(store: RunStore, compared: Compared, answers: Predictions, truth: np.ndarray) -> list[Plot]:
    comparison = compared.comparison
    split = read_test_split(comparison.dataset, store.root)
    if split is None:
        test_split_view.offer_to_read(store, comparison.dataset, "read_contested", "The test texts must be read first")
        return []
    num_contested = len(disagreement_frames.contested(answers))
    if not num_contested:
        st.info(
            f"All seeds of all models give the same answer to each of {count(len(truth), 'test text')}.",
            icon=":material/handshake:",
        )
        return []
    table = disagreement_frames.contested_table(answers, truth, split.texts, comparison.dataset.labels, MOST_TEXTS)
    most = f"; the {len(table)} with the most disagreement are listed" if len(table) < num_contested else ""
    st.caption(
        f"The models disagree on {num_contested:,} of {count(len(truth), 'test text')}{most}. On these, at least one "
        "seed of one model gives another answer. Each column: how many seeds give the model’s most frequent answer. "
        "Select a row to read the whole text."
    )
    picked = st.dataframe(
        table, hide_index=True, width="stretch", height=360, on_select="rerun", selection_mode="single-row",
        key="contested", column_config={"Text": st.column_config.TextColumn(width="large")},
    )  # fmt: skip
    rows = [row for row in picked.selection.rows if row < len(table)]  # the table may have become shorter
    number = int(table.index[rows[0] if rows else 0])
    st.markdown(f"**Test text {number + 1}**, {escape_markdown(comparison.dataset.labels[truth[number]])}")
    # As code: text of the dataset is never rendered as Markdown or HTML.
    st.code(in_lines(split.texts[number]), language=None, wrap_lines=True)
    lines = [
        f"{escape_markdown(label)}: "
        + ", ".join(_format_answer(each[number], comparison.dataset.labels) for each in by_seed.values())
        for label, by_seed in answers.items()
    ]
    st.caption("The answer of each seed, with its confidence.  \n" + "  \n".join(lines))
    begun = in_lines(split.texts[number][:MAX_CHARACTERS])
    inside_link.show(store, compared.results, "See inside these models as they read it", begun)
    return []


def _format_answer(probabilities: np.ndarray, classes: Sequence[str]) -> str:
    of_second = np.atleast_1d(probabilities)
    whole = np.array([1 - of_second[0], of_second[0]]) if len(of_second) == 1 else of_second
    return f"{escape_markdown(classes[int(whole.argmax())])} {whole.max():.0%}"


def _agreement(comparison: Comparison, answers: Predictions, truth: np.ndarray | None) -> list[Plot]:
    if truth is None:
        given = correct_mask(answers, comparison.task, None)
        what = "of the words to predict that both models find or both miss"
    else:
        given = {label: {seed: chosen_classes(each) for seed, each in by.items()} for label, by in answers.items()}
        what = "of the test texts to which two models give the same answer, right or wrong"
    frame = disagreement_frames.agreement_frame(given)
    plot = Plot(
        "Agreement",
        "Matrix: share of test examples to which two models give the same answer",
        disagreement_charts.agreement,
        (frame,),
        frame,
        f"The share {what}.",
    )
    show_plot(plot)
    st.caption(
        f"The share {what}, mean over all pairs of runs. Diagonal: the same model with another seed. If two models "
        "agree as much as two seeds of one model, they find the same texts difficult."
    )
    return [plot]


def _confusion(comparison: Comparison, answers: Predictions, truth: np.ndarray) -> list[Plot]:
    frame = disagreement_frames.confusion_frame(answers, truth, comparison.dataset.labels)
    columns, plots = st.columns(2, gap="large"), []
    for place, label in enumerate(answers):
        plots.append(
            Plot(
                f"Confusion of {label}",
                f"Matrix: classes against answers of {label}",
                disagreement_charts.confusion,
                (frame, label),
                frame[frame["label"] == label],
                "Rows: the true class; columns: the predicted class. Mean over seeds.",
            )
        )
        with columns[place % 2]:
            st.markdown(f"**{escape_markdown(label)}**")
            show_plot(plots[-1])
    st.caption("Rows: the true class; columns: the predicted class. Mean over seeds; each row adds up to 100%.")
    return plots


def _calibration(answers: Predictions, truth: np.ndarray, colours: Mapping[str, str]) -> list[Plot]:
    frame = disagreement_frames.calibration_frame(answers, truth)
    plot = Plot(
        "Calibration",
        "Lines: share of right answers against confidence for each architecture",
        disagreement_charts.calibration,
        (frame, colours),
        frame,
        "On the dashed line, confidence equals accuracy; below it the model is overconfident.",
    )
    show_plot(plot)
    errors = disagreement_frames.calibration_errors(frame)
    errors_text = ", ".join(f"{escape_markdown(label)} {100 * error:.1f} points" for label, error in errors.items())
    st.caption(
        "On the dashed line, confidence equals accuracy; below it the model is overconfident. Mean distance from "
        f"the line (expected calibration error, ten bins, all seeds): {errors_text}."
    )
    return [plot]
