"""A sentence of the reader, with the answer of every trained model of the comparison."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cache.core.formatting import count
from cache.inference import generation_requests
from cache.inference.generation_requests import MAX_MODELS, Answer, Request, runs_with_weights, text_problem
from cache.results.results import Result
from cache.store.store import RunStore
from cache.tasks.task_status import FAILED
from dashboard.charts import plots
from dashboard.charts.compared import Compared
from dashboard.disagreement import ask_charts, ask_frames, ask_training
from dashboard.shell import links, pages, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import inside_link, run_progress, unknown_words
from models.experiments.comparison import Comparison
from models.tasks import NEXT_WORD

SENTENCES = {
    False: "I expected a masterpiece, and it is not as bad as they say.",
    True: "This film is one of the",
}
ASKED = "request asked last"
MOST_SHOWN = 300
"""Characters of a sentence above its answers."""


def show(store: RunStore, compared: Compared) -> None:
    """Ask for a sentence and draw the models' answers to it."""
    comparison = compared.comparison
    cached = [result for result in compared.results if result.is_cached]
    if not cached:
        return
    with st.expander(
        "Ask the models a sentence of yours", icon=":material/forum:", key="ask_open", bind="query-params"
    ) as expander:
        found = (
            runs_with_weights(store, [each.asked_run for each in cached], comparison.epochs) if expander.open else {}
        )
        asked = [replace(each, run=found[each.spec.identity]) for each in cached if each.spec.identity in found]
        text = _form(store, comparison, asked[:MAX_MODELS])
        if not expander.open:
            return
        if len(asked) > MAX_MODELS:
            st.caption(f"At most {MAX_MODELS} models are asked: the first of {len(asked)}.")
        inside_link.note_longer([(each.label, each.asked_run) for each in asked[:MAX_MODELS]], comparison.epochs)
        if problem := text_problem(text):
            st.info(problem, icon=":material/forum:")
        else:
            unknown_words.show(store, {each.label: each.spec for each in asked}, text)
        missing = [each for each in cached if each.spec.identity not in found]
        ask_training.offer(store, comparison, missing, compared.device)
        if asked and not problem:
            _answer(store, compared, asked[:MAX_MODELS], text)


def _form(store: RunStore, comparison: Comparison, asked: Sequence[Result]) -> str:
    """The sentence and its button, in a form, so that one click sends the typed text and asks for answers."""
    is_of_words = comparison.task == NEXT_WORD
    key = "word_question" if is_of_words else "question"
    with st.form("ask_form", border=False):
        text = st.text_area("Your sentence", SENTENCES[is_of_words], height=68, key=key, bind="query-params")
        st.form_submit_button(
            f"Ask {count(len(asked), 'model')}", type=session.primary_button_type(), icon=":material/forum:", key="ask",
            on_click=_ask, args=(store, tuple(each.asked_run.id for each in asked), key),
            **session.asking(store, is_possible=bool(asked)),
        )  # fmt: skip
    return text


def _ask(store: RunStore, runs: tuple[int, ...], key: str) -> None:
    """Ask about the text that is in the field now, which may be newer than the page."""
    text = st.session_state[key]
    if not text_problem(text):
        st.session_state[ASKED] = _request(runs, text)
        run_action(generation_requests.ask, store, st.session_state[ASKED])


def _request(runs: Sequence[int], text: str) -> Request:
    return Request(tuple(runs), text, 1, 1.0, 1, 0)


def _answer(store: RunStore, compared: Compared, asked: Sequence[Result], text: str) -> None:
    """Show the answers to this sentence, if it was asked. Models that were trained since are missing in them."""
    request, last = _request([each.asked_run.id for each in asked], text), st.session_state.get(ASKED)
    answer = Answer.of(store, request)
    if answer is None and last and last.text == text and set(last.runs) <= set(request.runs):
        request, answer = last, Answer.of(store, last)
    if answer and answer.has_ended:
        _answered(store, compared, request, answer, asked)
    elif answer:
        run_progress.show_answer(store, request)


def _answered(store: RunStore, compared: Compared, request: Request, answer: Answer, asked: Sequence[Result]) -> None:
    shown = request.text.strip()
    st.markdown(f"Answers to **“{escape_markdown(shown[:MOST_SHOWN])}{'…' if len(shown) > MOST_SHOWN else ''}”**")
    for problem in dict.fromkeys(answer.problems.values()):
        st.caption(f":material/error: {escape_markdown(problem)}")
    if answer.state == FAILED:
        st.error(escape_markdown(answer.message), icon=":material/error:")
        st.button(
            "Ask again", key="ask_again", on_click=run_action, args=(generation_requests.ask, store, request),
            **session.asking(store),
        )  # fmt: skip
    frame = ask_frames.answers_frame(asked, answer.steps)
    if frame.empty:
        return
    labels = compared.comparison.dataset.labels
    drawn = labels[1] if compared.comparison.task != NEXT_WORD and len(labels) == 2 else None
    st.dataframe(
        ask_frames.answers_table(frame, drawn), hide_index=True, width="stretch",
        column_config={ask_frames.probability_of(drawn): st.column_config.NumberColumn(format="%.1f%%")},
    )  # fmt: skip
    if drawn:
        tones = {label: colour for label, colour in compared.colours.items() if label in set(frame["label"])}
        plots.show(
            plots.Plot(
                "Answers to your sentence",
                f"Dots: probability of {drawn} by each seed of each architecture",
                ask_charts.one_class,
                (frame, drawn, tones),
                frame,
                f"“{request.text[:100]}”. Dots: seeds; tick: mean.",
            )
        )
    st.caption("Each model answers with the weights of its best validation epoch.")
    answering = [each.asked_run for each in asked if answer.steps.get(each.asked_run.id)]
    if answering:
        pages.link("inside", "See inside, word by word", links.inside_query(answering, request.text))
