"""The text and the models of the page Inside, and how the models read the text."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from cache.core.formatting import count
from cache.inference import generation_requests
from cache.inference.generation_requests import MAX_OPENED, Answer, InsideRequest, ModelId, inside_file
from cache.inference.request_store import request_store
from cache.store.runs import Run
from cache.store.store import RunStore
from dashboard.charts.colours import model_colours
from dashboard.inside import texts_view, weights_view
from dashboard.inside.openable import Openable, Opened, trained_models, untrained_models
from dashboard.inside.weights_view import FRESH, WEIGHTS
from dashboard.shell import pages, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import run_progress, unknown_words
from dashboard.widgets.sentence import tokenizer_of
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.inside.maps import shown_layers
from models.inside.readings import ORDERS, Readings
from models.inside.returns import MERGE_MODES
from models.tasks import NEXT_WORD
from models.text.tokens import CUT, Token, tokens_of
from models.training.generation import read_encoding

SENTENCE = "I expected a masterpiece, and it is not as bad as they say."
STRONGEST, ALL_UNITS = "The strongest 16", "All"
STARTED = "inside_started"
"""Set once this session has started the process that answers."""
PREFERRED = ("LSTM", "GRU", "SimpleRNN")
CHOICES = {
    "inside_weights": WEIGHTS,
    "inside_order": ORDERS,
    "inside_units": (STRONGEST, ALL_UNITS),
    "inside_merge_mode": MERGE_MODES,
}


def openable(store: RunStore) -> dict[ModelId, Openable]:
    """Return the models that can be chosen: trained ones and, for weights before training or if there are none,
    untrained ones.
    """
    trained = trained_models(store, st.query_params.get_all("inside_models"))
    weights = st.session_state.get("inside_weights") or st.query_params.get("inside_weights")
    is_fresh = weights == FRESH or not trained
    return trained | untrained_models(store, trained, session.backend()) if is_fresh else trained


def url_choices(models: Mapping[ModelId, Openable]) -> dict[str, Sequence[str]]:
    """List the allowed values of each key in the URL."""
    return {"inside_models": [model.title for model in models.values()], **CHOICES}


def ask_for(store: RunStore, models: Mapping[ModelId, Openable]) -> InsideRequest | None:
    """Ask for text and models, and return the request; None with a message if something is missing."""
    has_trained = any(model.run for model in models.values())
    if not has_trained:
        st.info(
            "No trained model with weights is in this cache yet. Train one on Compare. The models below are untrained.",
            icon=":material/frame_inspect:",
        )
        pages.link("compare", "Train a model")
    text = st.text_area("Your text", SENTENCE, height=68, key="inside_text", bind="query-params")
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.multiselect(
        "Models", list(models), default=_first(models), format_func=lambda model: models[model].title,
        max_selections=MAX_OPENED, key="inside_models", bind="query-params", on_change=_follow_models, args=(models,),
        help=f"Up to {MAX_OPENED} finished runs with their weights; before training, any architecture.",
    )  # fmt: skip
    for run in (models[model].run for model in chosen):
        if run:
            st.caption(f"{escape_markdown(run.title)}: {escape_markdown(_trained_on(run))}.")
    weights = weights_view.choose(right, [models[model] for model in chosen]) if has_trained else FRESH
    weights_view.explain(store, [models[model] for model in chosen], models)
    texts_view.show(store, [models[model] for model in chosen], text)
    others = weights_view.choose_seeds([models[model] for model in chosen], models)
    try:
        return InsideRequest(tuple(chosen), text, weights == FRESH, others, weights_view.epoch_of(weights))
    except ValueError as error:
        st.info(str(error), icon=":material/frame_inspect:")
        return None


def _trained_on(run: Run) -> str:
    """What a run has learnt, on what, and how well: runs of one architecture differ in little else."""
    examples = f"{run.spec.train_examples:,}" if run.spec.train_examples else "all"
    learnt = "the next word" if run.spec.task == NEXT_WORD else "classes"
    parts = [f"{learnt} from {examples} training texts of {run.dataset_title}", count(run.num_epochs, "epoch")]
    if run.test_accuracy is not None:
        parts.append(f"test accuracy {run.test_accuracy:.1%}")
    return ", ".join(parts)


def layer_names(model: Openable) -> dict[str, tuple[str, str]]:
    """The key and title of each layer of a model that can be shown, by its name in the list of layers."""
    return {f"{model.title}: {title}": (key, title) for key, title, _ in shown_layers(model.spec.layers())}


def _follow_models(models: Mapping[ModelId, Openable]) -> None:
    """Keep the chosen layers of the chosen models, and add the first layer of a model without any."""
    kept = st.session_state.get("inside_layers") or []
    names = [[*layer_names(models[model])] for model in st.session_state.inside_models]
    st.session_state.inside_layers = [
        name for own in names for name in [each for each in kept if each in own] or own[:1]
    ]


def _first(models: Mapping[ModelId, Openable]) -> list[ModelId]:
    """The model that is chosen at the start, a trained one if there is any."""
    offered = [each for each, model in models.items() if model.run] or list(models)
    for label in PREFERRED:
        if found := [each for each in offered if models[each].label == label]:
            return [min(found, key=lambda each: (models[each].spec.seed, _run_id(models[each])))]
    return offered[:1]


def _run_id(model: Openable) -> int:
    """The oldest run of a seed stands first, so that a link without a model means the same after more trainings."""
    return model.run.id if model.run else 0


def answered(store: RunStore, request: InsideRequest, key: str = "look") -> bool:
    """Show the button that starts reading, or the progress.

    If the models have read the text before, they read it with other weights without a click.

    Args:
        store: The cache.
        request: Text and models.
        key: The key of the button.

    Returns:
        Whether every model has read the text or reported why it cannot.
    """
    answer, same = Answer.of(store, request), (request.runs, request.text)
    if answer is None:
        is_wanted = st.session_state.pop(f"{key} read", None) == same
        if reason := generation_requests.ask_problem(store):
            st.caption(f"No text can be read: {escape_markdown(reason)}")
        elif is_wanted or st.button(
            "Look inside", type=session.primary_button_type(), icon=":material/frame_inspect:", key=key
        ):
            run_action(generation_requests.ask, store, request)
            st.rerun()
        elif STARTED not in st.session_state:
            st.session_state[STARTED] = True
            generation_requests.start_early(store, [model for model in request.runs if isinstance(model, int)])
        return False
    st.session_state[f"{key} read"] = same
    if not answer.has_ended:
        run_progress.show_answer(store, request)
        return False
    for problem in dict.fromkeys(answer.problems.values()):
        st.error(escape_markdown(problem), icon=":material/error:")
    if all(model in answer.problems for model in request.runs):
        st.button(
            "Try again", key=f"{key}_again", on_click=run_action, args=(generation_requests.ask, store, request),
            **session.asking(store),
        )  # fmt: skip
        return False
    return True


def opened(
    store: RunStore, request: InsideRequest, models: Mapping[ModelId, Openable]
) -> tuple[list[Token], list[Opened]]:
    """Load how the models read the text.

    Args:
        store: The cache.
        request: Text and models, all of which have answered.
        models: The models that can be chosen, by id.

    Returns:
        (the tokens, the models). Models that read other tokens than the first are left out, with a message.
    """
    asked = [models[model] for model in request.runs]
    colours = model_colours(
        (model.title, model.spec.architecture, model.spec.hyperparameters.get("stack")) for model in asked
    )
    tokens: list[Token] = []
    found: list[Opened] = []
    for model in asked:
        if (readings := readings_of(store, request, model)) is None:
            continue
        own = [token for token in _tokens(store, model.spec, request.text) if token.place != CUT]
        if tokens and [each.number for each in own] != [each.number for each in tokens]:
            st.caption(f"{escape_markdown(model.title)} {_reads_by(model.spec)}: choose it alone.")
            continue
        tokens = own
        number, answer = _answer(store, model.spec, readings)
        found.append(
            Opened(model.spec, model.label, model.title, model.run, readings, number, answer, colours[model.title])
        )
    unknown_words.show(store, {each.title: each.spec for each in found}, request.text)
    return tokens, found


def _reads_by(spec: RunSpec) -> str:
    """How a model reads texts, for one that does not read the tokens of another."""
    encoding, examples = spec.encoding, f"{spec.train_examples:,}" if spec.train_examples else "all"
    return (
        f"reads other tokens than the first model: {encoding.length} tokens, {encoding.vocabulary_size:,} "
        f"{encoding.tokenizer} from {examples} training texts of {escape_markdown(get_dataset(spec.dataset).title)}"
    )


def readings_of(store: RunStore, request: InsideRequest, model: Openable) -> Readings | None:
    """How a model read a text; None with a message if that is missing."""
    answer = Answer.of(store, request)
    if answer and model.id in answer.problems:
        return None  # ``answered`` has shown the reason
    try:
        return Readings.load(inside_file(request_store(store).root, request, model.id))
    except (OSError, ValueError):
        st.error(f"What {escape_markdown(model.title)} did with this text cannot be read.", icon=":material/error:")
        st.button(
            "Read it again", key=f"read {model.title} {request.key}", on_click=run_action,
            args=(partial(generation_requests.ask, again=True), store, request), **session.asking(store),
        )  # fmt: skip
        return None


def _tokens(store: RunStore, spec: RunSpec, text: str) -> list[Token]:
    tokenizer = tokenizer_of(store, spec)
    return tokens_of(tokenizer, read_encoding(spec), text) if tokenizer else []


def _answer(store: RunStore, spec: RunSpec, readings: Readings) -> tuple[int, str]:
    """The class whose probability is shown: the second of two, else the most likely one for the whole text."""
    number = 1 if readings.answers.shape[1] == 1 else int(readings.answers[-1].argmax())
    if spec.task != NEXT_WORD:
        return number, get_dataset(spec.dataset).labels[number]
    tokenizer = tokenizer_of(store, spec)
    return number, (tokenizer and tokenizer.id_to_token(number)) or "∅"
