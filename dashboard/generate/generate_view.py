"""The parts of the page Generate: models and text, what the models write, and the words they chose from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from cache.browsing.listing import list_runs
from cache.browsing.query import Query, condition
from cache.inference import generation_requests
from cache.inference.generation_requests import TEMPERATURES, Answer, Request, text_problem, why_not
from cache.store.runs import FINISHED, Run, best_epoch
from cache.store.store import RunStore
from cache.tasks.task_status import FAILED
from dashboard.charts import plots
from dashboard.charts.colours import run_colours
from dashboard.generate import generate_charts
from dashboard.shell import pages, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import run_progress, unknown_words
from models.architectures import ARCHITECTURES
from models.data.datasets import get_dataset
from models.tasks import NEXT_WORD, TITLES
from models.training.generation import MAX_WORDS, Step, written
from models.training.metrics import PERPLEXITY, TEST

SEED_TEXT = "This film is one of the"
ALL = "all words"
LIKELIEST = (1, 2, 5, 10, 20, 50, 100, ALL)
RANGES = {"words": (1, MAX_WORDS), "temperature": TEMPERATURES, "draw": (0, 9_999)}
MAX_OFFERED = 200
COLUMNS = 4
MAX_WRITERS = 6


def writers(store: RunStore) -> dict[int, Run]:
    """Return finished runs that can continue a text, the latest first, by id."""
    names = [entry.name for entry in ARCHITECTURES.values() if entry.task == NEXT_WORD]
    query = Query(conditions=(condition("architecture", "=", names), condition("state", "=", [FINISHED])))
    found = list_runs(store, query, limit=MAX_OFFERED).runs
    return {run.id: run for run in found if can_write(store, run)}


def can_write(store: RunStore, run: Run) -> bool:
    """Return whether a run is a finished next-word model with its weights."""
    try:
        return run.state == FINISHED and run.spec.task == NEXT_WORD and why_not(store, run) is None
    except ValueError:  # a run of another version
        return False


def nothing_yet() -> None:
    """Show how to get a model that can continue a text."""
    st.info(
        "No model for the next word is trained yet. Train one on Compare; it then continues your text here.",
        icon=":material/edit_note:",
    )
    pages.link("compare", "Train models that predict the next word", {"task": TITLES[NEXT_WORD]})


def url_choices(runs: Mapping[int, Run]) -> dict[str, list[str]]:
    """List the allowed values of each key in the URL."""
    return {"writers": [run.title for run in runs.values()], "likeliest": [str(each) for each in LIKELIEST]}


def ask_for(store: RunStore, runs: Mapping[int, Run]) -> Request | None:
    """Ask for models and text, and return the request; None with a message if something is missing."""
    chosen = st.multiselect(
        "Models", list(runs), default=_latest_of_each(runs), format_func=lambda run: runs[run].title,
        max_selections=MAX_WRITERS, key="writers", bind="query-params",
        help="Finished runs of models that predict the next word, with their best weights.",
    )  # fmt: skip
    text = st.text_area(
        "Your text", SEED_TEXT, height=68, key="text", bind="query-params",
        help="The models go on from its last words.",
    )  # fmt: skip
    words, temperature, likeliest, draw = st.columns(4, vertical_alignment="bottom")
    settings: dict[str, Any] = {
        "num_words": words.slider("Words to write", *RANGES["words"], 20, key="words", bind="query-params"),
        "temperature": temperature.slider(
            "Temperature", *TEMPERATURES, 0.8, 0.1, key="temperature", bind="query-params",
            help="Below 1, likely words are preferred; above 1, unlikely words get a chance.",
        ),
        "top_k": _top_k(
            likeliest.select_slider(
                "Draw from the likeliest", LIKELIEST, 20, key="likeliest", bind="query-params",
                help="With 1, the likeliest word is always written.",
            )
        ),
        "seed": int(
            draw.number_input(
                "Seed", *RANGES["draw"], 0, 1, key="draw", bind="query-params",
                help="The random seed: the same seed gives the same text, another seed another text.",
            )
        ),
    }  # fmt: skip
    try:
        return Request(tuple(chosen), text, **settings)
    except ValueError as error:
        st.info(str(error), icon=":material/edit_note:")
        return None


def show(store: RunStore, request: Request) -> None:
    """Show the answer to a request, as far as there is one, and the button that asks for it."""
    runs = store.runs_by_id(request.runs)
    unknown_words.show(store, {run.title: run.spec for run in runs.values()}, request.text)
    answer = Answer.of(store, request)
    if answer is None:
        if reason := generation_requests.ask_problem(store):
            st.caption(f"No text can be written: {escape_markdown(reason)}")
        elif st.button("Write", type=session.primary_button_type(), icon=":material/edit_note:", key="write"):
            run_action(generation_requests.ask, store, request)
            st.rerun()
        return
    if answer.has_ended:
        left, _ = st.columns([1, 3])
        left.button(
            "Write another", icon=":material/casino:", key="another", on_click=_draw_another,
            args=(store, request), width="stretch", **session.asking(store),
        )  # fmt: skip
        _drawn(store, request, answer)
        if answer.state == FAILED:
            st.error(escape_markdown(answer.message), icon=":material/error:")
        return
    run_progress.show_answer(store, request, lambda answer: _texts(store, request, answer))


def _draw_another(store: RunStore, request: Request) -> None:
    """Ask for another continuation of the text that is in the field now, which may be newer than the page."""
    st.session_state.draw = (st.session_state.draw + 1) % RANGES["draw"][1]
    text = st.session_state.text
    if not text_problem(text):
        run_action(generation_requests.ask, store, replace(request, text=text, seed=st.session_state.draw))


def _drawn(store: RunStore, request: Request, answer: Answer) -> None:
    _texts(store, request, answer)
    most = max((len(steps) for steps in answer.steps.values()), default=0)
    if not most:
        return
    st.subheader("Probabilities word by word")
    place = st.slider("Word", 1, most, 1, key="word", help="The likeliest words at this position.") if most > 1 else 1
    runs = store.runs_by_id(request.runs)
    colours = run_colours([runs[run] for run in request.runs if run in runs])
    _side_by_side(
        request.runs, lambda run: _weighed(runs[run], answer.steps.get(run, ()), place, colours[runs[run].title])
    )
    st.caption(
        "Bars: the probability that the model gives to each word. The written word has a full bar; its chance of "
        "being drawn also depends on the temperature and on the number of likeliest words."
    )


def _texts(store: RunStore, request: Request, answer: Answer) -> None:
    runs = store.runs_by_id(request.runs)
    _side_by_side(request.runs, lambda run: _text(store, request, answer, runs.get(run), run))


def _side_by_side(runs: Sequence[int], draw) -> None:
    for start in range(0, len(runs), COLUMNS):
        row = runs[start : start + COLUMNS]
        for column, run in zip(st.columns(min(COLUMNS, len(runs)), gap="large"), row, strict=False):
            with column:
                draw(run)


def _text(store: RunStore, request: Request, answer: Answer, run: Run | None, run_id: int) -> None:
    if run is None:
        st.error(f"There is no run {run_id} any more.", icon=":material/error:")
        return
    st.markdown(f"**{escape_markdown(run.title)}**")
    st.caption(escape_markdown(_about(store, run)))
    if problem := answer.problems.get(run_id):
        st.error(escape_markdown(problem), icon=":material/error:")
    text = written([step.token for step in answer.steps.get(run_id, ())])
    st.markdown(f"{escape_markdown(request.text.strip())} " + (f"**{escape_markdown(text)}**" if text else "…"))


def _about(store: RunStore, run: Run) -> str:
    best = best_epoch(store.epochs([run.id])[run.id])
    dataset = get_dataset(run.spec.dataset)
    size = f"{run.spec.encoding.vocabulary_size:,} {run.spec.encoding.tokenizer}"
    found = PERPLEXITY.value(best, TEST)
    return f"{dataset.title}, {size}, test perplexity {'not measured' if found is None else f'{found:,.0f}'}"


def _weighed(run: Run, steps: Sequence[Step], place: int, colour: str) -> None:
    st.markdown(f"**{escape_markdown(run.title)}**")
    if place > len(steps):
        st.caption("This model has not written this word yet.")
        return
    before = " ".join(written([step.token for step in steps[: place - 1]]).split()[-4:])
    st.caption(f"… {escape_markdown(before)} **{escape_markdown(steps[place - 1].token)}**")
    frame = generate_charts.candidates_frame(steps[place - 1])
    description = f"Bars: the likeliest words of {run.title} at word {place}"
    plots.show(
        plots.Plot(
            f"Likeliest words of {run.title}",
            description,
            generate_charts.candidates,
            (frame, colour),
            frame,
            description,
        )
    )


def _latest_of_each(runs: Mapping[int, Run]) -> list[int]:
    """The latest run of each label, as many as fit beside each other."""
    latest: dict[str, int] = {}
    for number, run in runs.items():
        latest.setdefault(run.label, number)
    return sorted(list(latest.values())[:COLUMNS])


def _top_k(likeliest: object) -> int:
    return 0 if likeliest == ALL else int(str(likeliest))
