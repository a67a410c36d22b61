"""Compare's section on engines: how fast each trains the line-up on this device, measured and cached as runs."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from cache.core.formatting import count, time_needed
from cache.execution.queue import RunRequest
from cache.results.engine_times import MEASURED_EPOCHS, EngineTimes, engine_times, fastest
from cache.store.store import RunStore
from dashboard.charts.figures import MISSING, SECONDS, figure
from dashboard.comparison import views
from dashboard.shell import session
from dashboard.widgets import queueing, run_progress, sidebar
from models.experiments.comparison import Comparison
from models.experiments.engines import ENGINES, Engine
from models.machine.devices import Device

OPEN = "engines_open"
WAITING, DISTURBED, SHARED, NOT_DONE = "in the queue", "disturbed", "shared", "failed"


def show(store: RunStore, comparison: Comparison, fingerprint: str, device: Device) -> set[int]:
    """Draw the section, if this server has more than one engine for the device. It looks nothing up while it is closed.

    Args:
        store: The cache.
        comparison: The comparison, with the chosen engine.
        fingerprint: The fingerprint of the dataset's texts.
        device: The device that trains.

    Returns:
        The ids of the runs whose progress it shows.
    """
    engines = [engine for engine in ENGINES.values() if engine.problem is None and _can_use(engine, device)]
    if len(engines) < 2:
        return set()
    with st.expander(
        "Engines: which trains this line-up fastest here", icon=":material/speed:", key=OPEN, bind="query-params"
    ) as expander:
        if not expander.open:
            return set()
        return _section(store, comparison, device, engine_times(store, comparison, fingerprint, device.name, engines))


def _section(store: RunStore, comparison: Comparison, device: Device, times: Sequence[EngineTimes]) -> set[int]:
    best, chosen = fastest(times), Engine.of(comparison.training)
    table = times_table(times, best, chosen, comparison, device.name)
    st.dataframe(table, hide_index=True, width="stretch", height="content")
    st.caption(
        f"Seconds per epoch on {device.name}: the training part of epochs 2 and {MEASURED_EPOCHS}, mean over seeds. "
        "“All”: estimated time of the whole comparison with its epochs and seeds, with compiling and validation. Runs "
        "that something else disturbed do not count. Engines compute the same and round differently, so their runs "
        "are kept apart."
    )
    named = [
        replace(result, label=f"{result.label}, {each.engine.title}")
        for each in times
        for result in each.missing.values()
    ]
    active = [result for result in named if result.is_active]
    requests = [
        RunRequest(result.spec, MEASURED_EPOCHS, device.device_id, device.name)
        for result in named
        if not result.is_active
    ]
    text = f"{count(len(requests), 'run')} to measure: the first {count(MEASURED_EPOCHS, 'epoch')} of this comparison."
    queueing.offer(
        store, requests, "measure_engines", "Measure {}", icon="timer",
        place=queueing.row_with_button(text) if requests else None,
    )  # fmt: skip
    if active:
        epoch_times = session.epoch_times(store, device)
        run_progress.show_progress(store, active, epoch_times, "cancel_engines")
    views.failures(store, [result for result in named if not result.is_active])
    if best and best.engine != chosen:
        place = queueing.row_with_button(
            f"**{best.engine.title}** is the fastest: {time_needed(best.total or 0.0)} for the whole comparison."
        )
        place.button("Use it", key="use_fastest", icon=":material/bolt:", on_click=_use, args=(best.engine,))
    return {result.asked_run.id for result in active}


def times_table(
    times: Sequence[EngineTimes], best: EngineTimes | None, chosen: Engine, comparison: Comparison, device: str
) -> pd.DataFrame:
    """Return a row for each engine: seconds per epoch of each architecture on ``device``, and those of all of it."""
    rows = []
    for each in times:
        marks = [mark for mark, holds in (("chosen", each.engine == chosen), ("fastest", each is best)) if holds]
        row = {"Engine": f"{each.engine.title} ({', '.join(marks)})" if marks else each.engine.title}
        row |= {entry.label: _cell(each, entry.label, device) for entry in comparison.entries}
        rows.append(row | {"All": MISSING if each.total is None else time_needed(each.total)})
    return pd.DataFrame(rows)


def _cell(times: EngineTimes, label: str, device: str) -> str:
    if label in times.per_epoch:
        return figure(times.per_epoch[label], SECONDS)
    result = times.missing[label]
    if result.is_active:
        return WAITING
    if result.has_failed:
        return NOT_DONE
    if result.device != device or result.contended is None:
        return MISSING
    return SHARED if result.is_shared else DISTURBED


def _can_use(engine: Engine, device: Device) -> bool:
    return device in session.devices(engine.backend)


def _use(engine: Engine) -> None:
    st.session_state[sidebar.ENGINE] = engine.title
