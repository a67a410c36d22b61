"""Which weights the models of the page Inside have: before, between or after their epochs, and those of other seeds."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cache.core.formatting import count, listed
from cache.core.limits import MAX_EPOCHS
from cache.execution.queue import RunRequest, kept_sentence
from cache.inference.generation_requests import MAX_OTHER_SEEDS, ModelId
from cache.store.runs import QUEUED, RUNNING, Run
from cache.store.store import RunStore
from dashboard.inside import inside_frames
from dashboard.inside.openable import Openable, Opened, other_seeds
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import queueing, run_progress
from models.experiments.engines import Engine
from models.training.run_files import kept_epochs

FRESH, BEST = "Before training", "After training"
EPOCH = "Epoch "
WEIGHTS = (FRESH, *(f"{EPOCH}{epoch}" for epoch in kept_epochs(MAX_EPOCHS)), BEST)
KEY = "keep_epoch_weights"


def choose(place: DeltaGenerator, chosen: Sequence[Openable]) -> str:
    """Ask for one of the WEIGHTS that all chosen models have."""
    runs = _runs(chosen)
    epochs = [epoch for epoch in runs[0].kept_epochs if all(epoch in run.kept_epochs for run in runs)] if runs else []
    return place.select_slider(
        "Weights, before to after training", [FRESH, *(f"{EPOCH}{epoch}" for epoch in epochs), BEST], BEST,
        key="inside_weights", bind="query-params",
        help="Before training: those with which the same training began. After training: those of the best epoch, by "
        "validation accuracy. Between them: those after epochs that the training has kept.",
    )  # fmt: skip


def epoch_of(weights: str) -> int | None:
    """The epoch of one of WEIGHTS; None if it names none."""
    return int(weights.removeprefix(EPOCH)) if weights.startswith(EPOCH) else None


def explain(store: RunStore, chosen: Sequence[Openable], models: Mapping[ModelId, Openable]) -> None:
    """Show which epochs were the best, if the slider has epochs. Otherwise offer to train models again with their
    weights kept.
    """
    runs = _runs(chosen)
    lacking = [run for run in runs if not run.kept_epochs]
    if not lacking:
        if runs:
            best = listed([f"epoch {run.best_epoch} ({escape_markdown(run.title)})" for run in runs])
            st.caption(f"After training: the weights of the best epoch, {best}.")
        queueing.offer(store, [], KEY)
        return
    label = "Weights during training"
    with st.expander(label, icon=":material/timeline:", key="epochs_open", bind="query-params") as part:
        if part.open:
            _offer(store, lacking, models)


def _offer(store: RunStore, lacking: Sequence[Run], models: Mapping[ModelId, Openable]) -> None:
    names = escape_markdown(listed([run.title for run in lacking]))
    st.markdown(f"{names} kept no weights during training, so the slider shows those before and after it alone.")
    twins = {run.identity: run for run in _runs(list(models.values())) if run.kept_epochs}
    for run in lacking:
        if twin := twins.get(run.identity):
            st.markdown(f"Choose **{escape_markdown(twin.title)}**: the same model, which has kept them.")
    device = session.devices(session.backend())[0]
    wanted = [run for run in lacking if run.identity not in twins and _can_be_trained(run)]
    active = {run.identity for run in store.runs([QUEUED, RUNNING]) if run.keeps_weights}
    requests = [
        RunRequest(run.spec, run.epochs, device.device_id, keep_weights=True)
        for run in wanted
        if run.identity not in active
    ]
    for epochs in sorted({each.epochs for each in requests}):
        specs = [each.spec for each in requests if each.epochs == epochs]
        st.caption(f"Trained again for {count(epochs, 'epoch')}. {kept_sentence(specs, epochs)}")
    queueing.offer(store, requests, KEY, "Train {} again and keep them")
    if any(run.identity in active for run in wanted):
        st.caption("In training or waiting. Afterwards they are in the list of models.")
        run_progress.rerun_when_finished(store)


def _runs(models: Sequence[Openable]) -> list[Run]:
    return [model.run for model in models if model.run]


def _can_be_trained(run: Run) -> bool:
    try:
        run.spec.require_current()
    except ValueError:
        return False
    return Engine.of(run.spec.training).problem is None


def choose_seeds(chosen: Sequence[Openable], models: Mapping[ModelId, Openable]) -> tuple[int, ...]:
    """Ask whether other seeds are shown, and return their runs. Without any, a message says why there is no spread."""
    found = {model.title: other_seeds(model, models) for model in chosen if model.run}
    alone = [title for title, runs in found.items() if not runs]
    wanted = any(found.values()) and st.toggle(
        "Spread over seeds", key="inside_seeds", bind="query-params",
        help="Shows the answers of the same models with other seeds as a band from the lowest to the highest: at most "
        f"{MAX_OTHER_SEEDS} other seeds of each model.",
    )  # fmt: skip
    if alone and (wanted or len(alone) == len(found)):
        names = escape_markdown(listed(alone))
        st.caption(f"No band over seeds for {names}: no other seed has weights in this cache.")
    return tuple(dict.fromkeys(run for runs in found.values() for run in runs)) if wanted else ()


def describe_seeds(models: Sequence[Opened]) -> None:
    """Show a sentence for each model with other seeds: their answers to the whole text."""
    for model in models:
        if len(model.readings.seeds):
            low, high = inside_frames.band(model.readings, model.number)[-1]
            st.caption(
                f"{escape_markdown(model.title)}: the light band goes from the lowest to the highest answer of "
                f"{count(1 + len(model.readings.seeds), 'seed')}. After the last token they say "
                f"“{escape_markdown(model.answer)}” with {low:.0%} to {high:.0%}."
            )
