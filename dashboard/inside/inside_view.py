"""Which text and which models the page Inside shows, and what they did with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from cache.browsing.listing import list_runs
from cache.browsing.query import Query, condition
from cache.inference import generation_requests
from cache.inference.generation_requests import (
    MAX_OPENED,
    Answer,
    InsideRequest,
    inside_file,
    vocabulary_file,
)
from cache.store.runs import FINISHED, Run
from cache.store.store import RunStore
from dashboard.charts.colours import run_colours
from dashboard.shell import pages, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import run_progress, unknown_words
from dashboard.widgets.sentence import tokenizer_in
from models.data.datasets import get_dataset
from models.inside.maps import shown_layers
from models.inside.readings import ORDERS, Readings
from models.inside.returns import MERGE_MODES
from models.tasks import NEXT_WORD
from models.text.tokens import CUT, Token, tokens_of
from models.training.generation import read_encoding

SENTENCE = "I expected a masterpiece, and it is not as bad as they say."
BEST, FRESH = "After training", "Before training"
STRONGEST, ALL_UNITS = "The strongest 16", "All"
MAX_OFFERED = 200
PREFERRED = ("LSTM", "GRU", "SimpleRNN")
CHOICES = {
    "inside_weights": (BEST, FRESH),
    "inside_order": ORDERS,
    "inside_units": (STRONGEST, ALL_UNITS),
    "inside_merge_mode": MERGE_MODES,
}


@dataclass(frozen=True)
class Opened:
    """A model that has read the text. ``answer`` is the class whose probability is shown, ``number`` its number."""

    run: Run
    readings: Readings
    number: int
    answer: str
    colour: str


def openable(store: RunStore) -> dict[int, Run]:
    """Finished runs with their weights, the latest first."""
    ids = store.ids_with_weights()[:MAX_OFFERED]
    query = Query(conditions=(condition("state", "=", [FINISHED]), condition("run", "=", ids)))
    return {run.id: run for run in list_runs(store, query, limit=MAX_OFFERED).runs} if ids else {}


def url_choices(runs: Mapping[int, Run]) -> dict[str, Sequence[str]]:
    """What each key of the URL may say."""
    return {"inside_models": [run.title for run in runs.values()], **CHOICES}


def nothing_yet() -> None:
    st.info(
        "No trained model with weights is in this cache yet. Train one on Compare.", icon=":material/frame_inspect:"
    )
    pages.link("compare", "Train a model")


def ask_for(runs: Mapping[int, Run]) -> InsideRequest | None:
    """The request that the widgets describe; None where something is missing, which a message says."""
    text = st.text_area("Your text", SENTENCE, height=68, key="inside_text", bind="query-params")
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.multiselect(
        "Models", list(runs), default=_first(runs), format_func=lambda run: runs[run].title,
        max_selections=MAX_OPENED, key="inside_models", bind="query-params", on_change=_follow_models, args=(runs,),
        help=f"Up to {MAX_OPENED} finished runs with their weights.",
    )  # fmt: skip
    weights = right.segmented_control(
        "Weights", CHOICES["inside_weights"], default=BEST, required=True, key="inside_weights", bind="query-params",
        help="Those of the best epoch, or those with which the same training began.",
    )  # fmt: skip
    try:
        return InsideRequest(tuple(chosen), text, is_fresh=weights == FRESH)
    except ValueError as error:
        st.info(str(error), icon=":material/frame_inspect:")
        return None


def layer_names(run: Run) -> dict[str, tuple[str, str]]:
    """By the name in the list of layers, the key and title of each layer of a model that can be looked into."""
    return {f"{run.title}: {title}": (key, title) for key, title, _ in shown_layers(run.spec.layers())}


def _follow_models(runs: Mapping[int, Run]) -> None:
    """Keeps the chosen layers of the chosen models, and adds the first layer of a model that has none."""
    kept = st.session_state.get("inside_layers") or []
    names = [[*layer_names(runs[run])] for run in st.session_state.inside_models]
    st.session_state.inside_layers = [
        name for own in names for name in [each for each in kept if each in own] or own[:1]
    ]


def _first(runs: Mapping[int, Run]) -> list[int]:
    """One model that a lecture begins with, if there is one."""
    for label in PREFERRED:
        if found := [number for number, run in runs.items() if run.label == label]:
            return [min(found, key=lambda number: runs[number].spec.seed)]
    return list(runs)[:1]


def answered(store: RunStore, request: InsideRequest, key: str = "look") -> bool:
    """Whether every model has read the text or said why it cannot; else shows the button or how far it is."""
    answer = Answer.of(store, request)
    if answer is None:
        if store.read_only:
            st.caption("This cache is read-only, so no text can be read.")
        elif st.button("Look inside", type=session.primary_button_type(), icon=":material/frame_inspect:", key=key):
            run_action(generation_requests.ask, store, request)
            st.rerun()
        return False
    if not answer.has_ended:
        run_progress.show_answer(store, request)
        return False
    for problem in dict.fromkeys(answer.problems.values()):
        st.error(escape_markdown(problem), icon=":material/error:")
    if len(answer.problems) == len(request.runs):
        st.button(
            "Try again", key=f"{key}_again", on_click=run_action, args=(generation_requests.ask, store, request),
            disabled=store.read_only, help=session.reason(store),
        )  # fmt: skip
        return False
    return True


def opened(store: RunStore, request: InsideRequest, runs: Mapping[int, Run]) -> tuple[list[Token], list[Opened]]:
    """(the tokens that the models read, the models). Those that read texts in another way than the first are left out,
    which a sentence says.
    """
    colours = run_colours([runs[run] for run in request.runs])
    tokens: list[Token] = []
    found: list[Opened] = []
    for run in (runs[number] for number in request.runs):
        if (readings := readings_of(store, request, run)) is None:
            continue
        own = _tokens(store, run, request.text)
        if tokens and [each.number for each in own] != [each.number for each in tokens]:
            st.caption(
                f"{escape_markdown(run.title)} reads texts in another way ({run.spec.encoding.vocabulary_size:,} "
                f"{run.spec.encoding.tokenizer}, {run.spec.encoding.length} tokens): choose it alone."
            )
            continue
        tokens = own
        number, answer = _answer(store, run, readings)
        found.append(Opened(run, readings, number, answer, colours[run.title]))
    unknown_words.show(store, {each.run.title: each.run for each in found}, request.text)
    return tokens, found


def readings_of(store: RunStore, request: InsideRequest, run: Run) -> Readings | None:
    """What the model of a run did with a text; None if that is not there, which a sentence says."""
    answer = Answer.of(store, request)
    if answer and run.id in answer.problems:
        return None  # ``answered`` has said it
    try:
        return Readings.load(inside_file(store.root, request, run.id))
    except (OSError, ValueError):
        st.error(f"What {escape_markdown(run.title)} did with this text cannot be read.", icon=":material/error:")
        st.button(
            "Read it again", key=f"read {run.id} {request.key}", disabled=store.read_only, help=session.reason(store),
            on_click=run_action, args=(partial(generation_requests.ask, again=True), store, request),
        )  # fmt: skip
        return None


def _tokens(store: RunStore, run: Run, text: str) -> list[Token]:
    tokenizer = tokenizer_in(vocabulary_file(store.root, run.spec))
    found = tokens_of(tokenizer, read_encoding(run.spec), text) if tokenizer else []
    return [token for token in found if token.place != CUT]


def _answer(store: RunStore, run: Run, readings: Readings) -> tuple[int, str]:
    """The class of which the probability is shown: the second of two, else the likeliest for the whole text."""
    number = 1 if readings.answers.shape[1] == 1 else int(readings.answers[-1].argmax())
    if run.spec.task != NEXT_WORD:
        return number, get_dataset(run.spec.dataset).labels[number]
    tokenizer = tokenizer_in(vocabulary_file(store.root, run.spec))
    return number, (tokenizer and tokenizer.id_to_token(number)) or "∅"
