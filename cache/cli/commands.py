"""Runs each command and prints what it returns."""

import argparse
import json
import shlex
import sqlite3
import sys
from dataclasses import asdict
from typing import Any

from cache.cli import dataset_commands, run_commands, study_command, train_command, vector_commands
from cache.cli.command_line import INTERRUPTED, describe_error, writing
from cache.cli.output import as_text, harmless, progress_bar
from cache.cli.parser import parser
from cache.core.access import CacheReadOnly
from cache.core.cluster_state import training_devices
from cache.core.formatting import count
from cache.core.paths import cache_root, reference_folder
from cache.core.settings import setting_problems
from cache.operations import backup, health
from cache.store.repair import reports
from cache.store.schema import CacheTooNew
from cache.store.store import RunStore
from cache.store.store_queries import require_own
from cache.transfer.reference import bring_in
from models.architectures import ARCHITECTURES
from models.data.datasets import dataset_name, get_dataset
from models.experiments.engines import Engine
from models.experiments.spec import BACKENDS, Training
from models.machine.devices import Device
from models.tables.data_files import DOUBTS
from models.tasks import DEFAULT_LENGTHS
from models.text.encoding import TextEncoding
from models.vectors.word_vectors import VECTORS_DOMAIN


def main(arguments: list[str] | None = None) -> int:
    options, failed = parser().parse_args(arguments), False
    for problem in setting_problems():
        print(problem, file=sys.stderr)
    try:
        if options.command == "restore-backup":  # before a store is opened, which would create the folder
            print(_restore_backup(options))
            return 0
        _require_cache(options)
        store = RunStore(options.cache)
        notices = reports(store.backups_dir)
        if options.command not in ("health", "backup"):  # they change nothing
            notices += bring_in(store, reference_folder())
        for report in notices:
            print(report, file=sys.stderr)
        rows: Any = COMMANDS[options.command](store, options)
    except run_commands.SomeFailed as error:
        print(harmless(describe_error(error)), file=sys.stderr)
        if not error.rows:
            return 1
        rows, failed = error.rows, True
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except (ValueError, KeyError, RuntimeError, CacheTooNew, CacheReadOnly, OSError, sqlite3.Error) as error:
        print(harmless(describe_error(error)), file=sys.stderr)
        return 1
    text = NOTHING.get(options.command) if not rows else None
    print(json.dumps(rows, indent=2) if options.json else text or as_text(rows))
    failed |= options.command in ("train", "study") and any(row.get("state") == "failed" for row in rows)
    failed |= options.command == "health" and not all(row["ok"] for row in rows)
    return 1 if failed else 0


def _require_cache(options: argparse.Namespace) -> None:
    """Check that a command has a cache to work on.

    A missing default cache is created with the reference runs; a missing folder that was named, perhaps by mistake, is
    not. No command makes a folder with other files a cache.

    Raises:
        ValueError: There is no cache.
        ForeignFolder: There are other files.
    """
    require_own(options.cache)
    makes_one = options.command in ("train", "study", "import", "datasets", "download", "add-dataset", "vectors",
                                    "add-vectors")  # fmt: skip
    if makes_one or options.cache.exists():
        return
    folder = reference_folder()
    is_fresh = options.cache == cache_root() and folder is not None and any(folder.rglob("*.zip"))
    if not is_fresh or options.command in ("health", "backup"):
        raise ValueError(f"There is no run cache in {options.cache} yet.")
    print(f"Making the run cache in {options.cache}, with the runs that came with Unroll.", file=sys.stderr)


def _train(store: RunStore, options: argparse.Namespace) -> list[dict]:
    options.architectures = [train_command.architecture_name(each) for each in options.architectures]
    options.dataset = dataset_name(options.dataset)
    task = ARCHITECTURES[options.architectures[0]].task
    length = DEFAULT_LENGTHS[task] if options.length is None else options.length
    encoding = TextEncoding(options.vocabulary, length, options.padding, options.truncating, options.tokenizer)
    given = get_dataset(options.dataset).encoding
    if given and encoding not in (TextEncoding(length=DEFAULT_LENGTHS[task]), given):
        raise ValueError(f"{get_dataset(options.dataset).title} has a fixed encoding: leave out its options.")
    _require_backend(options.backend)
    comparison = train_command.comparison(
        options.architectures,
        options.sweep,
        dataset_name=options.dataset,
        train_examples=options.examples,
        encoding=encoding,
        training=Training(options.optimizer, options.learning_rate, options.batch_size, options.backend, options.loop),
        epochs=options.epochs,
        num_seeds=options.seeds,
    )
    device = _device(store, options)
    return train_command.train(
        store, comparison, device, wait=not options.no_wait, show_progress=not options.json,
        keep_weights=options.keep_weights,
        together=options.together,
    )  # fmt: skip


def _study(store: RunStore, options: argparse.Namespace) -> list[dict]:
    _require_backend(options.backend)
    return study_command.study(
        store, options.studies, _device(store, options), options.backend, options.to,
        wait=not options.no_wait, show_progress=not options.json,
    )  # fmt: skip


def _require_backend(backend: str) -> None:
    """Check that a backend can train here. Raises ValueError."""
    if backend not in BACKENDS:
        raise ValueError(f"KERAS_BACKEND is “{backend}”; Unroll trains with one of: {', '.join(BACKENDS)}.")
    if problem := Engine(backend).problem:
        raise ValueError(problem)


def _device(store: RunStore, options: argparse.Namespace) -> Device:
    """The named device, else the best one.

    Raises:
        ValueError: There is no such device.
    """
    device_ids = {device.device_id: device for device in training_devices(options.backend, store.root)}
    if options.device and options.device not in device_ids:
        raise ValueError(f"There is no usable device “{options.device}” here; there are: {', '.join(device_ids)}.")
    return device_ids[options.device] if options.device else next(iter(device_ids.values()))


def _list(store: RunStore, options: argparse.Namespace) -> list[dict]:
    return run_commands.find(
        store,
        options.query,
        status_filter=options.shelf,
        sort=options.sort,
        descending=not options.ascending,
        limit=options.limit,
    )


def _export(store: RunStore, options: argparse.Namespace) -> dict:
    return run_commands.write(
        store, options.runs, options.where, options.kind, options.to,
        weights=options.weights, show_progress=not options.json,
    )  # fmt: skip


def _back_up(store: RunStore, options: argparse.Namespace) -> dict:
    if str(options.file) == "-":
        raise ValueError("A backup is not written to the standard output: name a file.")
    with progress_bar("run", not options.json) as bar, writing(options.file):

        def on_progress(done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.refresh()

        written = backup.back_up(store, options.file, replace=options.replace, on_progress=on_progress)
    if written.warning:
        print(written.warning, file=sys.stderr)
    size_bytes, damaged = options.file.stat().st_size, sorted(written.damaged)
    return {"file": str(options.file), "runs": written.num_runs, "size_bytes": size_bytes, "damaged": damaged}


def _restore_backup(options: argparse.Namespace) -> str:
    folder = (options.to or options.cache).absolute()
    restored = backup.restore(options.file, folder)
    if restored.warning:
        print(restored.warning, file=sys.stderr)
    if options.json:
        values = {"cache": str(folder), "runs": restored.num_runs, "damaged": sorted(restored.damaged)}
        return json.dumps(values, indent=2)
    return f"{count(restored.num_runs, 'finished run')} in {folder}; UNROLL_CACHE={shlex.quote(str(folder))} uses it."


def _remove_dataset(store: RunStore, name: str) -> list[dict]:
    dataset_commands.delete(store, dataset_name(name))
    return dataset_commands.rows()


def _remove_vectors(store: RunStore, name: str) -> list[dict]:
    vector_commands.delete(store, VECTORS_DOMAIN.parse(name))
    return vector_commands.rows()


NO_VECTORS = "No word vectors were added yet: python -m cache add-vectors FILE adds some."
NOTHING = {"vectors": NO_VECTORS, "rm-vectors": NO_VECTORS}
COMMANDS = {
    "train": _train,
    "study": _study,
    "list": _list,
    "show": lambda store, options: run_commands.show(store, options.run),
    "cancel": lambda store, options: run_commands.cancel(store, options.runs),
    "retry": lambda store, options: run_commands.try_again(store, options.runs),
    "restore": lambda store, options: run_commands.restore(store, options.runs),
    "rm": lambda store, options: run_commands.remove(store, options.runs, options.where, options.for_good),
    "export": _export,
    "import": lambda store, options: run_commands.read(store, options.files, not options.json),
    "datasets": lambda store, options: dataset_commands.rows(),
    "download": lambda store, options: dataset_commands.download(store, dataset_name(options.dataset)),
    "add-dataset": lambda store, options: dataset_commands.add_file(
        store,
        options.file,
        options.text,
        options.label,
        options.name,
        {name: answer for name in DOUBTS if (answer := getattr(options, name))},
        options.join_spellings,
        not options.no_labels,
    ),
    "rm-dataset": lambda store, options: _remove_dataset(store, options.name),
    "vectors": lambda store, options: vector_commands.rows(),
    "add-vectors": lambda store, options: vector_commands.add_file(
        store, options.file, options.name, show_progress=sys.stderr.isatty() and not options.json
    ),
    "rm-vectors": lambda store, options: _remove_vectors(store, options.name),
    "gc": lambda store, options: run_commands.free(store, options.kinds),
    "health": lambda store, options: [asdict(check) for check in health.checks(store, files=options.files)],
    "backup": _back_up,
}
