"""What a page needs from the machine: the store, the device, the backend, permissions and free space."""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from cache.browsing import query_fields
from cache.core.access import CacheReadOnly
from cache.core.cluster_state import training_devices, training_notice
from cache.core.limits import OverLimit, check_queue, check_run
from cache.core.paths import cache_root, reference_folder
from cache.core.processes import PROJECT_ROOT
from cache.core.settings import UPLOAD, BadLimit, setting_problems
from cache.execution.estimates import EpochTimes
from cache.execution.room import times_on
from cache.inference.generation_requests import ask_problem
from cache.operations.health import MIN_FREE_BYTES
from cache.store.repair import is_damage, reports
from cache.store.runs import FINISHED
from cache.store.schema import CacheTooNew, CacheTooOld
from cache.store.store import RunStore
from cache.store.store_queries import DATABASE, ForeignFolder, require_own
from cache.transfer.reference import bring_in, read_texts
from dashboard.shell import permission
from dashboard.shell.actions import dismissible, show_in_fragment
from dashboard.shell.markdown import escape_markdown
from dashboard.shell.permission import AuthConfig, Permissions, User
from models.data.datasets import load_user_datasets
from models.experiments.comparison import Comparison, Entry
from models.experiments.engines import ENGINES, default_engine
from models.experiments.spec import BACKENDS, BATCHES, RunSpec
from models.machine.devices import Device
from models.stacks.named_stacks import load_stacks
from models.training.memory_estimate import training_bytes
from models.vectors.word_vectors import load_vectors

MUCH_MEMORY = 1e9
"""Bytes from which a page says how much memory a training needs."""
NO_SETTINGS = (
    "This server has no setting that lets other machines connect: start it in Unroll's own folder, or with "
    "--server.address. dashboard/README.md explains the permissions."
)


@contextmanager
def error_boundary() -> Iterator[None]:
    """Turn errors of the cache into a message that says what to do.

    Around a fragment, it also shows why the latest click in the fragment failed.
    """
    show_in_fragment()
    try:
        yield
    except (CacheTooNew, CacheTooOld) as error:
        st.error(escape_markdown(str(error)), icon=":material/upgrade:")
    except CacheReadOnly as error:
        st.error(escape_markdown(str(error)), icon=":material/lock:")
    except (BadLimit, ForeignFolder) as error:
        st.error(escape_markdown(str(error)), icon=":material/tune:")
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            _store_at.clear()  # opening it anew repairs it
            st.error("The run cache's database is damaged.", icon=":material/database_off:")
            st.button("Recover what can be read", icon=":material/healing:", type=primary_button_type())
            return
        st.error(
            f"The run cache cannot be used at the moment ({escape_markdown(str(error))}). Check "
            "whether its disk is full or "
            "read-only, or set UNROLL_CACHE to another folder, and reload. Finished runs are not affected.",
            icon=":material/database_off:",
        )


def show_state_of_cache() -> None:
    """Show warnings of every page: the cache was damaged or cannot be changed, or a setting is wrong."""
    cache = store()
    if cache.read_only:
        st.info(reason(cache), icon=":material/lock:")
    dismissed = st.session_state.setdefault("dismissed_reports", set())
    for report in [*reports(cache.backups_dir), *setting_problems()]:
        if report not in dismissed:
            dismissible(escape_markdown(report), ":material/healing:", f"dismiss {report}", dismissed.add, report)


def backend() -> str:
    """Return the Keras backend that KERAS_BACKEND names. An unknown one stops the page with a message."""
    name = default_engine().backend
    if name not in BACKENDS:
        st.error(
            f"KERAS_BACKEND is {name!r}; Unroll trains with one of: {', '.join(BACKENDS)}.", icon=":material/error:"
        )
        st.stop()
    return name


def auth_config() -> AuthConfig:
    """The configuration of sign-in and permissions."""
    return AuthConfig.read(_secrets(), os.environ)


def _secrets() -> Mapping[str, Any] | None:
    """Streamlit's secrets; None if there are some that cannot be read.

    Started in another folder, Streamlit does not find them and reports none. Without this check, sign-in would be off.
    """
    try:
        return st.secrets.to_dict()
    except (OSError, ValueError):
        files = (*st.get_option("secrets.files"), PROJECT_ROOT / ".streamlit" / "secrets.toml")
        return None if any(Path(file).exists() for file in files) else {}


def user() -> User:
    return User.read(st.user.to_dict())


def permissions() -> Permissions:
    """Return the permissions of this session's user.

    Started in another folder, the server does not find its settings and listens to all addresses by default.
    """
    found = auth_config()
    if not found.sign_in and not st.get_option("server.address") and st.context.ip_address:
        return Permissions(False, NO_SETTINGS)
    return permission.permissions_of(found, user())


def is_at_the_machine() -> bool:
    """Whether the visitor counts as a user of this machine, who can read its files anyway."""
    return not auth_config().sign_in and not is_open_to_others()


def is_open_to_others() -> bool:
    """Whether other machines can reach this server: by its address, or as this visitor does, through a proxy."""
    is_local = permission.is_local(st.context.ip_address, st.context.headers)
    return permission.is_reachable(st.get_option("server.address")) or not is_local


def store() -> RunStore:
    """Return the cache for this session, after loading the datasets, word vectors and stacks that were added to it.

    For users who may not change it, it is read-only.
    """
    load_user_datasets(cache_root())
    load_vectors(cache_root())
    load_stacks(cache_root())
    found, cache = permissions(), _store_at(cache_root())
    if not found.may_look:  # no page is drawn for them; this is a second check
        st.stop()
    return cache.view(found.read_only_reason) if found.read_only_reason else cache


def reason(cache: RunStore) -> str | None:
    """Return why the cache cannot be changed, as Markdown; None if it can."""
    return escape_markdown(cache.read_only_reason) if cache.read_only_reason else None


def asking(cache: RunStore, is_possible: bool = True) -> dict[str, Any]:
    """Return the arguments ``disabled`` and ``help`` of a button that sends a text to models. A read-only server
    answers, too.

    Args:
        cache: The cache of this session.
        is_possible: Whether everything that the request needs is there.
    """
    problem = ask_problem(cache)
    return {"disabled": bool(problem) or not is_possible, "help": escape_markdown(problem) if problem else None}


@st.cache_resource(show_spinner="Opening the run cache")
def _store_at(root: Path) -> RunStore:
    """The cache with the reference runs. A read-only server changes no existing cache, but creates a missing one,
    because it would have nothing to show.
    """
    require_own(root)
    is_new = not (root / DATABASE).exists()
    cache = RunStore(root, read_only=False if is_new else None)
    for problem in bring_in(cache, reference_folder()):
        st.warning(escape_markdown(problem), icon=":material/inventory_2:")
    if is_new:
        read_texts(cache)
    return RunStore(root)


@st.cache_resource(show_spinner=False, ttl=60)
def devices(backend_name: str) -> list[Device]:
    """List the devices to train on, the best first."""
    return training_devices(backend_name, cache_root())


def devices_by_id() -> dict[str, Device]:
    """Return the devices that any installed backend can use, by their ids."""
    backends = {each.backend for each in ENGINES.values() if each.problem is None}
    return {device.device_id: device for backend in sorted(backends) for device in devices(backend)}


@st.cache_resource(show_spinner=False, ttl=60)
def notice(device: Device, backend_name: str) -> str:
    """Describe the device in a sentence, and why there is no faster one."""
    return training_notice(device, backend_name)


def training_problem(cache: RunStore) -> str | None:
    """Return why nothing can be trained: a read-only cache or too little free space; else None."""
    if cache.read_only_reason:
        return cache.read_only_reason
    free = shutil.disk_usage(cache.root).free
    if free >= MIN_FREE_BYTES:
        return None
    return (
        f"Only {free / 1e6:.0f} MB are free on the disk that holds the run cache ({cache.root}); training needs "
        f"{MIN_FREE_BYTES / 1e6:.0f} MB. Free some space, or point UNROLL_CACHE at another disk."
    )


def limit_problem(cache: RunStore, asked: Iterable[tuple[RunSpec, int]], device_id: str) -> str | None:
    """Return the message with which the cache would refuse to queue these runs; None if it would accept them.

    Args:
        cache: The cache of this session.
        asked: The spec and number of epochs of each run.
        device_id: The device whose queue they would be in.
    """
    asked = list(asked)
    try:
        for spec, epochs in asked:
            check_run(spec, epochs)
        before = cache.num_waiting()
        check_queue(before, before + len({spec.identity for spec, _ in asked} - cache.waiting(device_id)))
    except OverLimit as error:
        return str(error)
    return None


def upload_megabytes() -> int:
    """Return the largest file that can be uploaded, in MB: the smaller of Unroll's and Streamlit's limits."""
    return min(UPLOAD.value, st.get_option("server.maxUploadSize"))


def epoch_times(cache: RunStore, device: Device | None) -> EpochTimes:
    """Return measured seconds per epoch on a device. They are read again only after another run has finished there.

    Without a device, nothing is known.
    """
    if device is None:
        return EpochTimes(())
    sql = "SELECT COUNT(*), MAX(id), MAX(ended_at) FROM runs WHERE state = ? AND device = ? AND deleted_at IS NULL"
    newest = tuple(cache.db.read(sql, (FINISHED, device.name))[0])
    return _epoch_times(cache.root, device, newest, cache)


def cached_engines(cache: RunStore) -> set[str]:
    """Return the titles of the engines that finished runs were trained with. They are read again only after another run
    has finished.
    """
    sql = "SELECT COUNT(*), MAX(id), MAX(ended_at) FROM runs WHERE state = ? AND deleted_at IS NULL"
    return _cached_engines(cache.root, tuple(cache.db.read(sql, (FINISHED,))[0]), cache)


@st.cache_resource(show_spinner=False, max_entries=8)
def _cached_engines(root: Path, newest: tuple, _cache: RunStore) -> set[str]:
    engine, loop = (query_fields.expression(name) for name in ("engine", "loop"))
    sql = f"SELECT DISTINCT {engine}, {loop} FROM runs WHERE state = ? AND deleted_at IS NULL"  # noqa: S608
    found = {(row[0], row[1] or BATCHES) for row in _cache.db.read(sql, (FINISHED,))}
    return {title for title, each in ENGINES.items() if (each.backend, each.loop) in found}


@st.cache_resource(show_spinner=False, max_entries=8)
def _epoch_times(root: Path, device: Device, newest: tuple, _cache: RunStore) -> EpochTimes:
    return times_on(_cache, device)


def memory_problem(comparison: Comparison, entry: Entry, device: Device) -> str | None:
    """Return a sentence if the device has too little memory to train the entry; else None.

    Raises:
        ShapeError: The entry's layers do not fit each other.
    """
    needed = _memory_needed(comparison, entry)
    if needed <= device.memory_bytes:
        return None
    return (
        f"{entry.label} needs at least {needed / 1e9:.0f} GB at batch size {comparison.training.batch_size:,}, and "
        f"{device.name} has {device.memory_bytes / 1e9:.0f} GB: choose a smaller batch, shorter texts or fewer units."
    )


def memory_note(comparison: Comparison, entry: Entry, device: Device) -> None:
    """Show how much memory the training of a large model needs."""
    if (needed := _memory_needed(comparison, entry)) >= MUCH_MEMORY:
        st.caption(
            f"{escape_markdown(entry.label)} needs at least {needed / 1e9:.1f} GB of memory; "
            f"{escape_markdown(device.name)} has {device.memory_bytes / 1e9:.0f} GB."
        )


def _memory_needed(comparison: Comparison, entry: Entry) -> int:
    """In bytes.

    Raises:
        ShapeError: The entry's layers do not fit each other.
    """
    return training_bytes(comparison.layers(entry), comparison.training.batch_size)


def primary_button_type() -> Literal["primary", "secondary"]:
    """Return the type of the most important button.

    No colour is readable on a dark page both under white letters and as the colour of letters, and Streamlit uses it
    for both. So there the button is marked by its frame alone.
    """
    return "secondary" if st.context.theme.type == "dark" else "primary"


def text_color() -> str:
    """Return the text colour of the page, "#RRGGBB", for the text in charts."""
    return "#FAFAFA" if st.context.theme.type == "dark" else "#31333F"
