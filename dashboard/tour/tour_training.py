"""The step in which the room trains two small models, watches their curves, and compares them with other seeds."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from cache.core.formatting import count, duration
from cache.execution.estimates import EpochTimes
from cache.execution.queue import RunRequest
from cache.results.results import Result, fetch, missing_work
from cache.store.runs import best_epoch
from dashboard.charts.colours import label_colours
from dashboard.charts.figures import in_words
from dashboard.charts.plots import Plot
from dashboard.present import present_charts, present_frames
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown
from dashboard.tour import tour_state
from dashboard.tour.tour_questions import StepContext
from dashboard.widgets import projector, queueing, run_progress
from models.experiments.comparison import Comparison, Entry
from models.experiments.studies import NUM_SEEDS
from models.machine.devices import Device

ARCHITECTURES, EPOCHS, NUM_CHOICES = ("flatten", "conv1d"), 5, 50
RANGES = {tour_state.SEED: (0, NUM_CHOICES - 1)}


def comparison_of(context: StepContext, num_seeds: int = NUM_SEEDS) -> Comparison:
    """The two fastest models of the line-up, with a few epochs."""
    entries = tuple(map(Entry, ARCHITECTURES))
    return replace(context.comparison, entries=entries, epochs=EPOCHS, num_seeds=num_seeds)


def show(context: StepContext, device: Device) -> Plot | None:
    """Offer to train a new seed, follow the training, and compare the result with the other seeds.

    Args:
        context: The step.
        device: The device that trains.

    Returns:
        The chart of all seeds; None before the training has ended.
    """
    comparison = comparison_of(context, NUM_CHOICES)
    results = fetch(
        context.store, comparison, comparison.dataset.fingerprint(context.store.root / "tfds") or "", device.name
    )
    seed = _seed(results)
    ours = [result for result in results if result.spec.seed == seed]
    if seed is not None and ours and all(result.is_cached for result in ours):
        return _compare(context, [result for result in results if result.is_cached], seed)
    elif any(result.is_active for result in ours):
        _follow(context, ours, device)
    else:
        _offer(context, results, ours, device)
    return None


def _seed(results: Sequence[Result]) -> int | None:
    """The seed in the URL; if there is none, that of a running training, which is then written into the URL."""
    seed = tour_state.seed()
    if seed is None and (active := [result.spec.seed for result in results if result.is_active]):
        seed = min(active)
        tour_state.train(seed)
    return seed


def _offer(context: StepContext, results: Sequence[Result], ours: Sequence[Result], device: Device) -> None:
    for result in ours:
        if result.run and result.is_missing:
            st.warning(
                f"{escape_markdown(result.label)}, seed {result.spec.seed}: {escape_markdown(_ended(result))}",
                icon=":material/error:",
            )
    missing = {result.spec.seed for result in results if result.is_missing and result.spec.seed >= NUM_SEEDS}
    if not ours and not missing:
        st.info(f"All {NUM_CHOICES:,} seeds of this step are trained.", icon=":material/check_circle:")
        return
    seed = ours[0].spec.seed if ours else min(missing)
    wanted = [result for result in results if result.spec.seed == seed]
    work = missing_work(wanted, device.name)
    names = " and ".join(escape_markdown(result.label) for result in wanted)
    texts = f"{context.comparison.num_train:,} {escape_markdown(context.comparison.dataset.title)}"
    st.markdown(f"### {count(len(work), 'run')}: {names}")
    st.markdown(
        f"{EPOCHS} epochs each on {texts}, with seed {seed}, which is not in the cache yet. "
        f"{_time(context, work, device)}"
    )
    requests = [RunRequest(spec, EPOCHS, device.device_id, epochs_left=left) for spec, left in work]
    problem = session.training_problem(context.store) or session.limit_problem(
        context.store, ((spec, EPOCHS) for spec, _ in work), device.device_id
    )
    if problem:
        st.info(f"{escape_markdown(problem)} You can skip this step.", icon=":material/lock:")
    queueing.offer(context.store, requests, "train_room", problem=problem, is_primary=True)


def _ended(result: Result) -> str:
    run = result.asked_run
    return run.reason or f"This run was {run.state}."


def _time(context: StepContext, work: Sequence, device: Device) -> str:
    """How long the training takes, from measurements on this device or else on another one."""
    for name in dict.fromkeys((device.name, context.timed_on)):
        seconds, num_unknown = EpochTimes(context.store.measured_seconds(name)).total(work)
        if not num_unknown:
            where = escape_markdown(name)
            return f"On {where} this takes about {duration(seconds)}, and some seconds for loading TensorFlow."
    return "How long this takes is not known yet: nothing like it was measured on this device."


def _follow(context: StepContext, ours: Sequence[Result], device: Device) -> None:
    active = [result for result in ours if result.is_active]
    run_progress.show_progress(context.store, active, EpochTimes(context.store.measured_seconds(device.name)))
    seed, frame = ours[0].spec.seed, present_frames.curves(ours, of_all=True)
    if frame.empty:
        st.markdown("The curves appear here after the first epoch.")
        return
    title, colours = "Validation accuracy by epoch", label_colours(comparison_of(context).entries)
    values_text = in_words(frame.drop_duplicates("label", keep="last"), "accuracy", ".1%")
    values = (frame, colours, EPOCHS)
    projector.draw(
        Plot(title, f"Lines: {title.lower()}. {values_text}", present_charts.arriving, values, frame, f"Seed {seed}.")
    )


def _compare(context: StepContext, cached: Sequence[Result], seed: int) -> Plot:
    rows = [
        (each.label, each.spec.seed, best_epoch(each.epochs).test_accuracy, each.spec.seed == seed) for each in cached
    ]
    frame = pd.DataFrame(rows, columns=["label", "seed", "value", "new"])
    title = "Test accuracy of each seed"
    values_text = in_words(frame[frame["new"]], "value", ".1%")
    plot = Plot(
        title, f"Dots: {title.lower()}. Seed {seed}: {values_text}", present_charts.seeds,
        (frame, label_colours(comparison_of(context).entries)), frame,
        f"Filled: seed {seed}. Rings: the other cached seeds. {EPOCHS} epochs each, at the best validation epoch.",
    )  # fmt: skip
    words, shows = st.columns([2, 3], gap="medium")
    with words:
        st.markdown(f"### Seed {seed} is trained")
        for label, each in frame.groupby("label", sort=False):
            st.markdown(_sentence(str(label), each[each["new"]]["value"].iloc[0], each[~each["new"]]["value"]))
        st.button("Train another seed", icon=":material/replay:", key="train_again", on_click=tour_state.train,
                  args=(None,))  # fmt: skip
    with shows:
        projector.draw(plot)
    return plot


def _sentence(label: str, ours: float, others: pd.Series) -> str:
    """Compare a new run with those of other seeds."""
    start = f"**{escape_markdown(label)}**: test accuracy {ours:.1%}"
    if others.empty:
        return f"{start}. No other seed is cached."
    low, high = others.min(), others.max()
    place = "above all" if ours > high else "below all" if ours < low else "among the"
    seeds = f"{count(len(others), 'other seed')} ({low:.1%} to {high:.1%})"
    return f"{start}, {place} {'' if place == 'among the' else 'of the '}{seeds}."
