"""The buttons that queue runs.

Each shows how many runs it queues and how long they take, and asks for confirmation above ten minutes. Afterwards it
shows what was queued, with a button that undoes exactly that.

    requests = [RunRequest(spec, epochs, device.device_id) for spec in specs]
    queueing.offer(store, requests, "train_those", "Train {}")
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cache.core.formatting import count
from cache.execution.estimates import Estimate
from cache.execution.queue import Queued, RunRequest, enqueue, take_back
from cache.store.runs import CANCELLED, FINISHED, Run
from cache.store.store import RunStore
from dashboard.shell import session
from dashboard.shell.actions import EXPECTED_ERRORS, sentence
from dashboard.shell.markdown import escape_markdown
from models.experiments.engines import Engine

ASK_ABOVE_SECONDS = 600.0
ASK_ABOVE_RUNS = 20
"""Without known times, confirmation is asked for above this number of runs."""


@dataclass(frozen=True)
class _Asking:
    """The click needs a confirmation."""


@dataclass(frozen=True)
class _Done:
    """What was queued, as a message, and the settings that the click changed, as (key, value before, value now)."""

    queued: Queued
    message: str
    settings: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True)
class _Note:
    """A message without anything to undo."""

    message: str
    is_error: bool = False


def offer(
    store: RunStore,
    requests: Sequence[RunRequest],
    key: str,
    label: str = "Train {}",
    *,
    place: DeltaGenerator | None = None,
    settings: Mapping[str, Any] | None = None,
    problem: str | None = None,
    icon: str = "play_arrow",
    is_primary: bool = False,
) -> None:
    """Draw a button that queues ``requests``, and below it a message on the latest click.

    Call it also without requests: then there is no button, but what was queued before can still be undone.

    Args:
        store: The cache of this session.
        requests: The runs to queue. Runs that are cached or waiting already are not queued again.
        key: The button's key, and the name under which its latest click is remembered.
        label: The button's text; "5 runs" replaces "{}", and the time is added.
        place: The container of the button; if None, the button is drawn above the message.
        settings: Values of session state that the click sets, by key; Undo sets them back.
        problem: Why the button cannot be used, if the caller knows a reason.
        icon: The button's icon.
        is_primary: Whether it is the most important button.
    """
    settings = dict(settings or {})
    if requests and not isinstance(_states().get(key), _Asking):
        found = estimate(store, requests)
        problem = problem or session.training_problem(store) or _engine_problem(requests)
        unknown = "It is not known how long this takes: nothing like it was measured on this device."
        (place or st).button(
            _label(label, found),
            key=key,
            icon=f":material/{icon}:",
            type=session.primary_button_type() if is_primary else "secondary",
            on_click=_click,
            args=(store, requests, key, settings),
            disabled=problem is not None,
            help=escape_markdown(problem) if problem else None if found.text else unknown,
        )
    _outcome(store, requests, key, label, settings)


def _engine_problem(requests: Sequence[RunRequest]) -> str | None:
    """Why this server cannot train some of the runs."""
    return next(filter(None, (Engine.of(each.spec.training).problem for each in requests)), None)


def row_with_button(text: str) -> DeltaGenerator:
    """Draw ``text`` and return a container to the right of it, for a button that is as wide as its label."""
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(text, width="stretch")
    return row.container(width="content")


def estimate(store: RunStore, requests: Sequence[RunRequest]) -> Estimate:
    """Estimate how long the requested runs take, from measurements on the same devices."""
    devices = session.devices_by_id()
    found = []
    for device_id, together in {(each.device_id, each.together) for each in requests}:
        work = [each.work for each in requests if (each.device_id, each.together) == (device_id, together)]
        found.append(Estimate.of(session.epoch_times(store, devices.get(device_id)), work, together))
    return Estimate(
        sum(each.seconds for each in found),
        sum(each.num_unknown for each in found),
        len(requests),
        any(each.is_bound for each in found),
    )


def reset_cancelled_settings(store: RunStore) -> None:
    """Restore settings that a click changed, once all of its runs have ended and some were cancelled.

    Call it before any widget is drawn.
    """
    for key, state in list(_states().items()):
        if not isinstance(state, _Done) or not state.settings:
            continue
        runs = list(store.runs_by_id(state.queued.new).values())
        was_cancelled = any(run.state == CANCELLED for run in runs)
        if not was_cancelled or any(run.is_active for run in runs):
            continue
        if all(name in st.session_state for name, _, _ in state.settings):
            message = _set_back(state.settings)
            _states()[key] = _Note(" ".join(filter(None, ["The training was cancelled.", message])))


def _needs_question(found: Estimate) -> bool:
    return found.seconds > ASK_ABOVE_SECONDS or found.num_unknown > ASK_ABOVE_RUNS


def _states() -> dict[str, _Asking | _Done | _Note]:
    return st.session_state.setdefault("queueing", {})


def _label(label: str, found: Estimate) -> str:
    text = label.format(count(found.num_runs, "run"))
    return f"{text} ({found.text})" if found.text else text


def _click(store: RunStore, requests: Sequence[RunRequest], key: str, settings: Mapping[str, Any]) -> None:
    try:
        needs_question = _needs_question(estimate(store, requests))
    except EXPECTED_ERRORS as error:
        _states()[key] = _Note(sentence(error), is_error=True)
        return
    if needs_question:
        _states()[key] = _Asking()
    else:
        _queue(store, requests, key, settings)


def _queue(store: RunStore, requests: Sequence[RunRequest], key: str, settings: Mapping[str, Any]) -> None:
    try:
        took = estimate(store, requests).text
        queued = enqueue(store, requests)
    except EXPECTED_ERRORS as error:
        _states()[key] = _Note(sentence(error), is_error=True)
        return
    before = {name: st.session_state.get(name) for name in settings}
    changed = tuple((name, before[name], value) for name, value in settings.items() if before[name] != value)
    for name, _, value in changed:
        st.session_state[name] = value
    message = f"Queued {count(len(queued), 'run')}{took and f', {took}'}."
    if more := len({(each.spec.identity, each.device_id) for each in requests}) - len(queued):
        message += (
            f" {more:,} of the runs that were asked for {'is' if more == 1 else 'are'} cached or waiting already."
        )
    _states()[key] = _Done(queued, f"{message} {_settings_text(changed, 2, 'changed')}".strip(), changed)


def _outcome(
    store: RunStore, requests: Sequence[RunRequest], key: str, label: str, settings: Mapping[str, Any]
) -> None:
    state = _states().get(key)
    if isinstance(state, _Asking) and requests:
        _ask(store, requests, key, label, settings)
    elif isinstance(state, _Done) and _can_be_undone(store, state):
        with st.container(horizontal=True, vertical_alignment="center", key=f"queued {key}"):
            st.markdown(f":material/check_circle: {escape_markdown(state.message)}", width="content")
            st.button(
                "Undo", key=f"undo {key}", icon=":material/undo:", on_click=_undo, args=(store, key),
                disabled=store.read_only, help=session.reason(store),
            )  # fmt: skip
            st.button("Dismiss", key=f"dismiss {key}", type="tertiary", on_click=_forget, args=(key,))
    elif isinstance(state, _Note):
        with st.container(horizontal=True, vertical_alignment="center", key=f"noted {key}"):
            if state.is_error:
                st.error(escape_markdown(state.message), icon=":material/block:")
            else:
                st.markdown(f":material/undo: {escape_markdown(state.message)}", width="content")
            st.button("Dismiss", key=f"dismiss {key}", type="tertiary", on_click=_forget, args=(key,))
    else:
        _states().pop(key, None)


def _ask(store: RunStore, requests: Sequence[RunRequest], key: str, label: str, settings: Mapping[str, Any]) -> None:
    found = estimate(store, requests)
    how_long = f"They take {found.text}" if found.text else "How long they take is not known"
    order = "several at once" if any(each.together for each in requests) else "one after another"
    changed = [(name, None, value) for name, value in settings.items() if st.session_state.get(name) != value]
    with st.container(border=True, key=f"ask {key}"):
        st.markdown(
            f":material/timer: **{count(found.num_runs, 'run')}: start?** {how_long}, {order}. You can stop "
            f"them at any time. {escape_markdown(_settings_text(changed, 2, 'changed'))}"
        )
        with st.container(horizontal=True):
            st.button(
                _label(label, found), key=f"yes {key}", icon=":material/check:", type=session.primary_button_type(),
                on_click=_queue, args=(store, requests, key, settings),
            )  # fmt: skip
            st.button("Not now", key=f"no {key}", on_click=_forget, args=(key,))


def _forget(key: str) -> None:
    _states().pop(key, None)


def _can_be_undone(store: RunStore, done: _Done) -> bool:
    """Whether some of the queued runs have not ended; if none was queued, whether the settings are as the click set
    them.
    """
    ids = [*done.queued.new, *(run_id for run_id, _, _ in done.queued.longer)]
    if ids:
        return any(run.is_active for run in store.runs_by_id(ids).values())
    return all(st.session_state.get(name) == value for name, _, value in done.settings)


def _undo(store: RunStore, key: str) -> None:
    """Undo the latest click."""
    done = _states()[key]
    if not isinstance(done, _Done):
        return
    try:
        runs = list(store.runs_by_id(done.queued.new).values())
        take_back(store, done.queued)
    except EXPECTED_ERRORS as error:
        _states()[key] = _Note(sentence(error), is_error=True)
        return
    _states()[key] = _Note(f"{_undone_text(runs, done)} {_set_back(done.settings)}".strip())


def _undone_text(runs: Sequence[Run], done: _Done) -> str:
    taken = sum(run.is_active for run in runs) + len(done.queued.longer)
    message = f"Undone: {count(taken, 'run')} taken out of the queue."
    if finished := sum(run.state == FINISHED for run in runs):
        message += f" {count(finished, 'run')} had finished and {'stays' if finished == 1 else 'stay'} cached."
    return message


def _set_back(settings: Sequence[tuple[str, Any, Any]]) -> str:
    """Restore the settings that are still as the click set them, and return a sentence on them."""
    back = [each for each in settings if st.session_state.get(each[0]) == each[2]]
    for name, before, _ in back:
        if before is None:
            del st.session_state[name]
        else:
            st.session_state[name] = before
    return _settings_text(back, 1, "as before")


def _settings_text(settings: Sequence[tuple[str, Any, Any]], place: int, many: str) -> str:
    """Such as "Seeds: 59" for one setting, or the number of several settings. ``place`` is the index of the value."""
    if not settings:
        return ""
    if len(settings) > 1:
        return f"{len(settings)} settings of the line-up are {many}."
    value = settings[0][place]
    return f"{settings[0][0].replace('_', ' ').capitalize()}: {value:,}." if isinstance(value, int) else ""
