"""Fair budgets on Compare: the same line-up with equally many parameters, at equal seconds, or at equal accuracy."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import streamlit as st

from cache.results import Result
from cache.store import RunStore
from cache.wording import count
from dashboard import budget_frames, session
from dashboard.controls import BUDGETS, EQUAL_PARAMETERS, EQUAL_TIME, RANGES
from dashboard.figures import MISSING
from dashboard.plain import plain
from dashboard.refusal import attempt
from models.budget import Matched, match_params
from models.comparison import COMPOSED, Comparison
from models.devices import Device


def show(
    store: RunStore, comparison: Comparison, results: Sequence[Result], device: Device, include_contended: bool
) -> None:
    with st.expander("Fair budgets", icon=":material/scale:", key="budgets_open", bind="query-params") as expander:
        budget = st.segmented_control(
            "Budget", BUDGETS, default=EQUAL_PARAMETERS, required=True, key="budget", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        if not expander.open:
            return
        if budget == EQUAL_PARAMETERS:
            _parameters(store, comparison, device)
            return
        timed = budget_frames.timed(results, device.name, include_contended)
        if not timed:
            st.caption(
                f"No run of this line-up is finished and was timed on {plain(device.name)} with nothing else on it."
            )
            return
        (_time if budget == EQUAL_TIME else _accuracy)(timed, device)


def _parameters(store: RunStore, comparison: Comparison, device: Device) -> None:
    entries = [entry for entry in comparison.entries if entry.architecture != COMPOSED]
    if len(entries) < len(comparison.entries):
        st.caption("Composed stacks stay as they were composed and are not sized.")
    if not entries:
        return
    totals = [sum(layer.num_params for layer in comparison.layers(entry)) for entry in entries]
    low, high = RANGES["param_budget"]
    wanted = st.number_input(
        "Parameters of each", low, high, min(high, max(low, int(median(totals)))), 1_000, key="param_budget",
        bind="query-params", help="To begin with: the middle of the line-up as it is.",
    )  # fmt: skip
    matched = [match_params(comparison, entry, int(wanted)) for entry in entries]
    st.dataframe(
        budget_frames.matched_table(matched), hide_index=True, width="stretch",
        column_config={"Parameters": st.column_config.NumberColumn(format="localized")},
    )  # fmt: skip
    if any(not each.is_matched for each in matched):
        st.caption("What is further than 1% from the budget cannot be sized to it: its embedding alone is larger.")
    problem = session.training_problem(store)
    st.button(
        "Compare and train these",
        type=session.prominent(),
        icon=":material/play_arrow:",
        key="train_matched",
        on_click=_train,
        args=(store, comparison, matched, device),
        disabled=problem is not None,
        help=session.reason(store) or "Sets these sizes in the line-up and queues what is not cached.",
    )


def _train(store: RunStore, comparison: Comparison, matched: Sequence[Matched], device: Device) -> None:
    for each in matched:
        variant = "" if each.entry.variant == 1 else f".{each.entry.variant}"
        for name, value in each.changed.items():
            st.session_state[f"{each.entry.architecture}{variant}.{name}"] = value
    fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
    if fingerprint is not None:
        sized = replace(comparison, entries=tuple({each.entry.label: each.entry for each in matched}.values()))
        specs = sized.specs(fingerprint).values()
        attempt(store.submit, [spec for own in specs for spec in own], comparison.epochs, device.lane)


def _time(timed: Sequence[Result], device: Device) -> None:
    low, high = RANGES["time_budget"]
    enough = min(high, max(low, math.ceil(10 * budget_frames.seconds_for_all(timed)) / 10))
    seconds = st.number_input(
        "Seconds of training", low, high, enough, 1.0, key="time_budget", bind="query-params",
        help="To begin with: until the slowest run had finished its first epoch.",
    )  # fmt: skip
    frame = budget_frames.at_equal_time(timed, seconds)
    table = frame.assign(
        accuracy=[_per_cent(*row) for row in zip(frame.accuracy, frame.accuracy_std, strict=True)],
        epochs=[MISSING if mean != mean else f"{mean:.1f}" for mean in frame.epochs],
    )
    st.dataframe(
        table.drop(columns="accuracy_std").rename(
            columns={"label": "Architecture", "seeds": "Seeds", "epochs": "Epochs done", "accuracy": "Best validation"}
        ),
        hide_index=True,
        width="stretch",
    )
    st.caption(
        f"The best validation accuracy after {seconds:g} s of training on {plain(device.name)}, with tracing and "
        "compilation; mean ± standard deviation over the seeds that had finished an epoch by then."
    )


def _accuracy(timed: Sequence[Result], device: Device) -> None:
    wanted = st.number_input(
        "Validation accuracy in %", *RANGES["accuracy_budget"], 80.0, 0.5, key="accuracy_budget", bind="query-params"
    )
    frame = budget_frames.at_equal_accuracy(timed, wanted / 100)
    table = frame.assign(
        seconds=[_seconds(*row) for row in zip(frame.seconds, frame.seconds_std, strict=True)],
        epochs=[MISSING if mean != mean else f"{mean:.1f}" for mean in frame.epochs],
        reached=[f"{reached} of {seeds}" for reached, seeds in zip(frame.reached, frame.seeds, strict=True)],
    )
    st.dataframe(
        table.drop(columns=["seeds", "seconds_std"]).rename(
            columns={
                "label": "Architecture",
                "reached": "Seeds that reach it",
                "seconds": "Seconds of training",
                "epochs": "Epochs",
            }
        ),
        hide_index=True,
        width="stretch",
    )
    never = int((frame["seeds"] - frame["reached"]).sum())
    st.caption(
        f"Seconds of training on {plain(device.name)} until validation accuracy first is {wanted:g}%, mean ± standard "
        "deviation over the seeds that reach it"
        + (f"; {count(never, 'run')} never did within the epochs of this comparison." if never else ".")
    )


def _per_cent(mean: float, std: float) -> str:
    return MISSING if mean != mean else f"{100 * mean:.2f}" + (f" ± {100 * std:.2f}" if std == std else "") + " %"


def _seconds(mean: float, std: float) -> str:
    return MISSING if mean != mean else f"{mean:.1f}" + (f" ± {std:.1f}" if std == std else "") + " s"
