"""A sentence of the reader's, answered by every trained model of the comparison."""

from collections.abc import Mapping, Sequence

import streamlit as st

from cache import generation_requests
from cache.errands import FAILED, RUNNING
from cache.generation_requests import MAX_CHARACTERS, MAX_MODELS, Answer, Request
from cache.results import Result
from cache.store import RunStore
from cache.wording import count
from dashboard import ask_charts, ask_frames, live, plots, session
from dashboard.plain import plain
from dashboard.refusal import attempt
from models.comparison import Comparison
from models.tasks import NEXT_WORD

SENTENCES = {
    False: "I expected a masterpiece, and it is not as bad as they say.",
    True: "This film is one of the",
}


def show(store: RunStore, comparison: Comparison, results: Sequence[Result], colours: Mapping[str, str]) -> None:
    cached = [result for result in results if result.is_cached][:MAX_MODELS]
    if not cached:
        return
    is_of_words = comparison.task == NEXT_WORD
    with st.expander(
        "Ask the models a sentence of yours", icon=":material/forum:", key="ask_open", bind="query-params"
    ) as expander:
        text = st.text_area(
            "Your sentence", SENTENCES[is_of_words], max_chars=MAX_CHARACTERS, height=68,
            key="word_question" if is_of_words else "question", bind="query-params",
        )  # fmt: skip
        if not expander.open:
            return
        try:
            request = Request(tuple(result.run.id for result in cached), text, 1, 1.0, 1, 0)
        except ValueError as error:
            st.info(str(error), icon=":material/forum:")
            return
        answer = Answer.of(store.root, request)
        if answer is None and not generation_requests.is_asked(store.root, request):
            _offer(store, request, len(cached))
        elif answer is None or answer.state == RUNNING:
            live.follow_answer(store, request)
        else:
            _answered(store, comparison, request, answer, cached, colours)


def _offer(store: RunStore, request: Request, num_models: int) -> None:
    if store.read_only:
        st.caption("Nothing can be asked with a cache that is read-only.")
        return
    st.button(
        f"Ask {count(num_models, 'model')}", type=session.prominent(), icon=":material/forum:", key="ask",
        on_click=attempt, args=(generation_requests.ask, store, request),
    )  # fmt: skip


def _answered(
    store: RunStore,
    comparison: Comparison,
    request: Request,
    answer: Answer,
    cached: Sequence[Result],
    colours: Mapping[str, str],
) -> None:
    for problem in dict.fromkeys(answer.problems.values()):
        st.caption(f":material/error: {plain(problem)}")
    if answer.state == FAILED:
        st.error(plain(answer.message), icon=":material/error:")
        st.button(
            "Ask again", key="ask_again", on_click=attempt, args=(generation_requests.ask, store, request),
            disabled=store.read_only, help=session.reason(store),
        )  # fmt: skip
    frame = ask_frames.answers_frame(cached, answer.steps)
    if frame.empty:
        return
    st.dataframe(
        ask_frames.answers_table(frame), hide_index=True, width="stretch",
        column_config={"Mean probability": st.column_config.NumberColumn(format="%.1f %%")},
    )  # fmt: skip
    labels = comparison.dataset.labels
    if comparison.task != NEXT_WORD and len(labels) == 2:
        shown = {label: colour for label, colour in colours.items() if label in set(frame["label"])}
        plots.show(
            plots.Plot(
                "Answers to your sentence",
                f"Dots: probability of {labels[1]} by each seed of each architecture",
                ask_charts.one_class,
                (frame, labels[1], shown),
                frame,
                f"“{request.text[:100]}”. Dots: seeds; tick: mean.",
            )
        )
    st.caption("Each model answers with the weights of its best validation epoch.")
