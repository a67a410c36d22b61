"""Compare's section on engines: how fast each trains the line-up on this device, measured and cached as runs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cache.core.formatting import count, time_needed
from cache.execution.queue import RunRequest
from cache.results.engine_times import MEASURED_EPOCHS, EngineTimes, engine_times, fastest
from cache.store.store import RunStore
from dashboard.charts.figures import SECONDS, figure
from dashboard.shell import session
from dashboard.widgets import queueing, sidebar
from models.experiments.comparison import Comparison
from models.experiments.engines import ENGINES, Engine
from models.machine.devices import Device

OPEN = "engines_open"


def show(store: RunStore, comparison: Comparison, fingerprint: str, device: Device) -> None:
    """Draw the section, if this server has more than one engine for the device. It looks nothing up while it is closed.

    Args:
        store: The cache.
        comparison: The comparison, with the chosen engine.
        fingerprint: The fingerprint of the dataset's texts.
        device: The device that trains.
    """
    engines = [engine for engine in ENGINES.values() if engine.problem is None and _can_use(engine, device)]
    if len(engines) < 2:
        return
    with st.expander(
        "Engines: which trains this line-up fastest here", icon=":material/speed:", key=OPEN, bind="query-params"
    ) as expander:
        if expander.open:
            _section(store, comparison, device, engine_times(store, comparison, fingerprint, device.name, engines))


def _section(store: RunStore, comparison: Comparison, device: Device, times: Sequence[EngineTimes]) -> None:
    best, chosen = fastest(times), Engine.of(comparison.training)
    st.dataframe(times_table(times, best, chosen, comparison), hide_index=True, width="stretch", height="content")
    st.caption(
        f"Seconds per epoch on {device.name}: the training part of epochs 2 and {MEASURED_EPOCHS}, seed by seed, with "
        "nothing else on the device. “All” estimates the whole comparison with its epochs and seeds, and adds "
        "compiling and validation. Engines compute the same and round differently, so their runs are kept apart."
    )
    missing = [spec for each in times for spec in each.missing.values()]
    if missing:
        queueing.offer(
            store, [RunRequest(spec, MEASURED_EPOCHS, device.device_id, device.name) for spec in missing],
            "measure_engines", f"Measure {{}} of {count(MEASURED_EPOCHS, 'epoch')}",
            place=queueing.row_with_button(
                f"{count(len(missing), 'run')} to measure. They count as the first epochs of this comparison."
            ),
            icon="timer",
        )  # fmt: skip
    if best and best.engine != chosen:
        place = queueing.row_with_button(
            f"**{best.engine.title}** is the fastest: {time_needed(best.total or 0.0)} for the whole comparison."
        )
        place.button("Use it", key="use_fastest", icon=":material/bolt:", on_click=_use, args=(best.engine,))


def times_table(
    times: Sequence[EngineTimes], best: EngineTimes | None, chosen: Engine, comparison: Comparison
) -> pd.DataFrame:
    """Return a row for each engine: seconds per epoch of each architecture, and those of the whole comparison."""
    rows = []
    for each in times:
        marks = [mark for mark, holds in (("chosen", each.engine == chosen), ("fastest", each is best)) if holds]
        row = {"Engine": f"{each.engine.title} ({', '.join(marks)})" if marks else each.engine.title}
        row |= {entry.label: figure(each.per_epoch.get(entry.label), SECONDS) for entry in comparison.entries}
        rows.append(row | {"All": "–" if each.total is None else time_needed(each.total)})
    return pd.DataFrame(rows)


def _can_use(engine: Engine, device: Device) -> bool:
    return device in session.devices(engine.backend)


def _use(engine: Engine) -> None:
    st.session_state[sidebar.ENGINE] = engine.title
