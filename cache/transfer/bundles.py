"""Bundles: finished runs in one file, exported here and imported elsewhere, where they keep their device's name."""

import hashlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from io import BytesIO
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

from cache.core.checksums import checksum, sync_folder, synced_checksum
from cache.core.limits import check_upload
from cache.store.manifest import MANIFEST, RunManifest
from cache.store.runs import FINISHED, Run, best_epoch
from cache.store.store import RunStore
from cache.transfer.add_runs import Imported, Staged, add_runs
from cache.transfer.bundle_check import (
    CONTENTS,
    FORMAT,
    MAX_BUNDLE_BYTES,
    MAX_BYTES,
    MAX_RUNS,
    MAX_UNPACKED_BYTES,
    SUMS,
    annotation_problem,
    check_arrays,
    is_description,
    open_bundle,
    read_contents,
    read_manifest,
    read_sums,
)
from cache.transfer.bundle_zip import BadBundle, UntrustedZip
from models.atomic_files import complete_file, remove_abandoned, temporary_folder
from models.data.datasets import get_dataset
from models.data.user_datasets import is_user_dataset
from models.experiments.spec import RunSpec
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, load_predictions, save_predictions
from models.vectors.word_vectors import SHARED, find_vectors, remember_vectors

__all__ = ["BadBundle", "Imported", "export_bundle", "import_bundle", "import_upload"]

BYTES_BESIDE_A_MEMBER = 1_000


def export_bundle(
    store: RunStore,
    run_ids: Iterable[int],
    target: BinaryIO | Path,
    *,
    weights: Collection[int] = (),
    most_answer_bytes: float = inf,
    created_at: float | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Writes runs to one zip file, which ``import_bundle`` reads.

    Args:
        store: The cache.
        run_ids: The runs, all of them finished.
        target: An opened file, or a path, which is written whole or not at all.
        weights: Those of the runs whose best weights are included.
        most_answer_bytes: If the predictions of a run take more, only those of its best epoch are included, not those
            of earlier epochs that were the best until then.
        created_at: Seconds since 1970; now if None.
        on_progress: Receives (members done, all members).

    Returns:
        The number of runs that were written: the same measurement is written once.

    Raises:
        KeyError: A run is unknown.
        ValueError: A run is not finished, is damaged, or cannot be read.
    """
    if isinstance(target, Path):
        remove_abandoned(target.absolute().parent)
    created_at = store.clock() if created_at is None else created_at
    members = _members(store, list(dict.fromkeys(run_ids)), weights, most_answer_bytes, created_at)
    sums = "".join(f"{digest}  {name}\n" for name, (digest, _) in members.items()).encode()
    with complete_file(target) as file, zipfile.ZipFile(file, "w") as archive:
        for done, (name, (_, contents)) in enumerate([*members.items(), (SUMS, ("", sums))]):
            on_progress(done, len(members) + 1)
            _add(archive, name, contents)
    on_progress(len(members) + 1, len(members) + 1)
    return sum(name.endswith(MANIFEST) for name in members)


def _members(
    store: RunStore, run_ids: Sequence[int], weights: Collection[int], most_answer_bytes: float, created_at: float
) -> dict[str, tuple[str, bytes | Path]]:
    """Checksum and contents of every member by its name. Nothing is written before all of them are checked."""
    if not run_ids:
        raise ValueError("No runs are chosen: choose at least one.")
    if len(run_ids) > MAX_RUNS:
        raise ValueError(f"A bundle holds at most {MAX_RUNS:,} runs: choose fewer.")
    found: dict[str, tuple[str, bytes | Path]] = {}
    annotations, seen, specs = [], set(), []
    for run in map(store.run, run_ids):
        text = _manifest_text(store, run)
        manifest = RunManifest.from_json(text)
        measured = _measured(manifest)
        if measured in seen:
            continue
        seen.add(measured)
        specs.append(manifest.spec)
        folder = f"runs/{len(seen)}"
        annotations.append({"folder": folder, "name": run.name, "note": run.note, "tags": list(run.tags)})
        for name in (PREDICTIONS, BEST_WEIGHTS) if run.id in weights else (PREDICTIONS,):
            if name in run.files:
                path = store.files_dir(run.id) / name
                if checksum(path) != run.files[name]:
                    raise ValueError(f"Run {run.id} cannot be exported: its file {name} is damaged or missing.")
                found[f"{folder}/{name}"] = (run.files[name], path)
                if name == PREDICTIONS and path.stat().st_size > most_answer_bytes:
                    answers = _best_answers(path, manifest)
                    digest = hashlib.sha256(answers).hexdigest()
                    found[f"{folder}/{name}"] = (digest, answers)
                    text = replace(manifest, files=manifest.files | {name: digest}).to_json().encode()
        found[f"{folder}/{MANIFEST}"] = (hashlib.sha256(text).hexdigest(), text)
    values = {"format": FORMAT, "created_at": created_at, "runs": annotations} | _sources(specs)
    contents = json.dumps(values, indent=1, ensure_ascii=False).encode()
    size_bytes = sum(BYTES_BESIDE_A_MEMBER + _size_bytes(each) for _, each in found.values()) + len(contents)
    if size_bytes > MAX_BUNDLE_BYTES or len(contents) > MAX_BYTES[CONTENTS]:
        hint = ", or leave their weights out" if weights else ""
        raise ValueError(f"These runs are too much for one bundle, {size_bytes // 1_000_000:,} MB: choose fewer{hint}.")
    return {CONTENTS: (hashlib.sha256(contents).hexdigest(), contents)} | found


def _sources(specs: Sequence[RunSpec]) -> dict[str, Any]:
    """The titles of uploaded datasets and word vectors: they are not included, and have to be added elsewhere."""
    datasets = {spec.dataset: get_dataset(spec.dataset).title for spec in specs if is_user_dataset(spec.dataset)}
    vectors = dict.fromkeys(spec.vectors for spec in specs if spec.vectors)
    known = [{name: getattr(each, name) for name in SHARED} for each in map(find_vectors, vectors) if each]
    sources = {"datasets": datasets, "vectors": [each for each in known if is_description(each)]}
    return {name: values for name, values in sources.items() if values}


def _best_answers(path: Path, manifest: RunManifest) -> bytes:
    epoch, slim = best_epoch(manifest.epochs).epoch, BytesIO()
    save_predictions(slim, {epoch: load_predictions(path.parent)[epoch]})
    return slim.getvalue()


def _manifest_text(store: RunStore, run: Run) -> bytes:
    """The manifest beside the run's files if it is whole, else one made from its row that can be imported."""
    if run.state != FINISHED:
        raise ValueError(f"Run {run.id} is {run.state}: only finished runs can be exported.")
    path = store.files_dir(run.id) / MANIFEST
    try:
        if MANIFEST in run.files and checksum(path) == run.files[MANIFEST]:
            text = path.read_bytes()
        else:
            text = RunManifest.of(run, store.epochs([run.id])[run.id]).to_json().encode()
        RunManifest.from_json(text)
    except (ValueError, TypeError) as error:
        raise ValueError(f"Run {run.id} cannot be exported: {error}") from error
    if wrong := annotation_problem(run.name, run.note, list(run.tags)):
        raise ValueError(f"Run {run.id} cannot be exported: {wrong}")
    return text


def _measured(manifest: RunManifest) -> tuple:
    """What identifies a measurement."""
    return manifest.spec.identity, manifest.device, manifest.epochs


def _size_bytes(contents: bytes | Path) -> int:
    return len(contents) if isinstance(contents, bytes) else contents.stat().st_size


def _add(archive: zipfile.ZipFile, name: str, contents: bytes | Path) -> None:
    info = zipfile.ZipInfo(name)  # dated 1980, so that the same runs make the same file
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    is_packed = name.endswith(PREDICTIONS)  # weights are not compressed, so that a training reads them quickly
    info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as member:
        if isinstance(contents, bytes):
            member.write(contents)
        else:
            with contents.open("rb") as file:
                shutil.copyfileobj(file, member)


def import_bundle(store: RunStore, source: BinaryIO | Path) -> Imported:
    """Add all runs of a bundle that are not here yet, and files that known runs lack; or nothing.

    Args:
        store: The cache.
        source: The bundle, as a path or an opened file.

    Returns:
        The ids of new and of known runs, in the bundle's order, and which known ones got files.

    Raises:
        BadBundle: It cannot be trusted or read; nothing has changed.
        CacheReadOnly: The cache cannot be changed.
    """
    store.db.require_writable()
    with temporary_folder(store.staging_dir) as staging:
        with _opened(source) as file:
            runs, vectors = _stage(open_bundle(file), staging)
        imported = add_runs(store, runs)
        with suppress(OSError):  # the runs are there; only the titles of their vectors would be missing
            if vectors:
                remember_vectors(store.root, vectors)
        return imported


def import_upload(store: RunStore, file: BinaryIO) -> Imported:
    """Import an uploaded file as ``import_bundle`` does.

    Args:
        store: The cache.
        file: The uploaded file.

    Raises:
        OverLimit: The file is larger than uploads may be.
        BadBundle: It cannot be trusted or read; nothing has changed.
        CacheReadOnly: The cache cannot be changed.
    """
    store.db.require_writable()
    check_upload(file)
    return import_bundle(store, file)


def _opened(source: BinaryIO | Path) -> AbstractContextManager[BinaryIO]:
    if not isinstance(source, str | os.PathLike):
        return nullcontext(source)
    try:
        return open(source, "rb")
    except OSError as error:
        raise BadBundle(f"“{Path(source).name}” cannot be read: {error.strerror}") from error


def _stage(bundle: UntrustedZip, staging: Path) -> tuple[list[Staged], list[dict[str, Any]]]:
    """Unpack a bundle's members, whose names are checked already, and check each. Return the runs, and the bundle's
    descriptions of their word vectors.
    """
    sums = read_sums(b"".join(bundle.chunks(SUMS)), bundle.members)
    for name, expected in sums.items():
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(bundle.chunks(name))
        if synced_checksum(path) != expected:
            raise BadBundle(f"“{name}” is not what its checksum says")
    folders = {name.rpartition("/")[0] for name in sums} - {""}
    runs: list[Staged] = []
    seen: dict[object, str] = {}
    unpacked_bytes = bundle.unpacked_bytes
    contents = read_contents((staging / CONTENTS).read_bytes(), folders)
    for folder, annotations in contents.annotations.items():
        if f"{folder}/{MANIFEST}" not in sums:
            raise BadBundle(f"“{folder}” has no {MANIFEST}")
        files = {path.name: sums[f"{folder}/{path.name}"] for path in sorted((staging / folder).iterdir())}
        manifest = read_manifest((staging / folder / MANIFEST).read_bytes(), f"{folder}/{MANIFEST}", contents.datasets)
        twin = seen.setdefault(_measured(manifest), folder)
        if twin != folder:
            raise BadBundle(f"“{folder}” is the same run as “{twin}”")
        for name in sorted(files.keys() - {MANIFEST}):
            unpacked_bytes += check_arrays(staging / folder / name, f"{folder}/{name}", manifest)
            if unpacked_bytes > MAX_UNPACKED_BYTES:
                raise BadBundle(f"The bundle unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
        sync_folder(staging / folder)
        runs.append(Staged(staging / folder, manifest, files, annotations))
    needed = {run.manifest.spec.vectors for run in runs}
    return runs, [each for each in contents.vectors if each["name"] in needed]
