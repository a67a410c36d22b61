"""Requests of pages to trained models, and the answers so far: rows of the cache's database.

Loading a framework takes seconds,
too long for a page; so another process answers: ``cache.inference.inference_server``. A read-only server keeps both
elsewhere: see ``request_store``.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any, Self

from cache.core.formatting import too_long
from cache.core.paths import device_lock
from cache.inference.request_store import Scratch, request_store
from cache.store.database import marks
from cache.store.runs import FINISHED, QUEUED, RUNNING, Run
from cache.store.store import RunStore
from cache.tasks.task import start
from cache.tasks.task_status import DONE, FAILED, STOPPED, TaskStatus, has_died
from models.data.datasets import get_dataset
from models.encoded.fitted import tokenizer_file
from models.experiments.spec import RunSpec
from models.machine.devices import cpu
from models.tasks import NEXT_WORD
from models.training.generation import MAX_WORDS, Candidate, Step
from models.watched_folder import mark_changed

MAX_ANSWERS = 200
"""Requests that are kept with their answers; those that were asked longest ago are forgotten."""
MAX_MODELS = 60
MAX_INSIDE = 20
"""Requests to look inside that are kept: their files are large."""
MAX_OPENED = 4
"""Models that are looked into side by side."""
MAX_OTHER_SEEDS = 9
"""Runs of other seeds whose answers are computed for each of them."""
MAX_CHARACTERS = 2_000
EMBEDDING = "embedding"
TEMPERATURES = (0.1, 2.0)


ModelId = int | str
"""The number of a run or, for a model without one, the text of its spec."""


def text_problem(text: str) -> str | None:
    """A sentence if models cannot be asked this text; None if they can."""
    if not re.search(r"\w", text):
        return "Type at least one word: models read words, not punctuation marks or emoji alone."
    return too_long(text, MAX_CHARACTERS)


@dataclass(frozen=True)
class ModelRequest:
    """A text for the models of runs."""

    runs: tuple[ModelId, ...]
    text: str

    @property
    def key(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:24]

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, TypeError or KeyError for one of another kind or version."""
        values = json.loads(text)
        lists = {name: tuple(values[name]) for name in ("runs", "others") if name in values}
        return cls(**values | lists)


@dataclass(frozen=True)
class Request(ModelRequest):
    """A text for runs to go on with; those that tell classes apart answer with one step, the class and its rivals.

    Raises ValueError for what cannot be.
    """

    runs: tuple[int, ...]
    num_words: int
    temperature: float
    top_k: int
    seed: int

    def __post_init__(self) -> None:
        low, high = TEMPERATURES
        if not 1 <= len(self.runs) <= MAX_MODELS:
            raise ValueError(f"Choose one to {MAX_MODELS} models.")
        if problem := text_problem(self.text):
            raise ValueError(problem)
        if not (1 <= self.num_words <= MAX_WORDS and low <= self.temperature <= high and self.top_k >= 0):
            raise ValueError(f"Up to {MAX_WORDS} words at a temperature from {low} to {high} can be written.")


@dataclass(frozen=True)
class InsideRequest(ModelRequest):
    """A text that models read while all that they do inside is written down, for ``inside_file``.

    ``is_fresh`` asks for the weights with which the training began, in place of those of the best epoch; only then can
    a model without a run be opened. ``kept_epoch`` asks for those that were kept after this epoch. ``others`` are runs
    that differ from one of ``runs`` by their seed alone: of these the answers alone are computed, and written to the
    file of that one.
    Raises ValueError for what cannot be.
    """

    is_fresh: bool = False
    others: tuple[int, ...] = ()
    kept_epoch: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.runs) <= MAX_OPENED:
            raise ValueError(f"Choose one to {MAX_OPENED} models.")
        if len(self.others) > MAX_OPENED * MAX_OTHER_SEEDS:
            raise ValueError(f"At most {MAX_OTHER_SEEDS} other seeds of each model can be asked.")
        if not self.is_fresh and not all(isinstance(run, int) for run in self.runs):
            raise ValueError("A model that was not trained can only be opened before training.")
        if self.kept_epoch is not None and (self.is_fresh or self.kept_epoch < 1):
            raise ValueError("Choose the weights before training, or those after one epoch.")
        if problem := text_problem(self.text):
            raise ValueError(problem)

    def to_json(self) -> str:
        """Leaves out ``others`` and ``kept_epoch`` where there are none, as it was written before there were any."""
        values = {name: value for name, value in asdict(self).items() if value or name not in ("others", "kept_epoch")}
        return json.dumps(values, sort_keys=True)


@dataclass(frozen=True)
class Answer:
    """How far a request has come. ``steps`` are by the number of the run, ``problems`` by the model."""

    state: str
    message: str
    owner: str
    steps: dict[int, tuple[Step, ...]]
    problems: dict[ModelId, str]

    @classmethod
    def of(cls, store: RunStore, request: ModelRequest) -> Self | None:
        """None if it was not asked, or is forgotten. One whose process died is reported as failed."""
        rows = request_store(store).db.read("SELECT * FROM inference_requests WHERE key = ?", (request.key,))
        return cls.from_row(rows[0]) if rows else None

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> Self:
        steps = {int(run): tuple(map(_step, each)) for run, each in json.loads(row["steps"]).items()}
        problems = {_model_id(run): problem for run, problem in json.loads(row["problems"]).items()}
        answer = cls(row["state"], row["message"], row["owner"], steps, problems)
        died = has_died(answer.state, answer.owner)
        return replace(answer, state=FAILED, message=STOPPED) if died else answer

    @property
    def has_ended(self) -> bool:
        return self.state in (DONE, FAILED)

    def write(self, store: RunStore | Scratch, request: ModelRequest) -> None:
        """Keeps it, unless the request was forgotten meanwhile. Raises CacheReadOnly."""
        steps, problems = json.dumps(self.steps, default=vars), json.dumps(self.problems)
        answered_at = store.clock() if self.has_ended else None
        with store.db.transaction() as db:
            db.execute(
                "UPDATE inference_requests SET state = ?, message = ?, owner = ?, steps = ?, problems = ?, "
                "answered_at = ? WHERE key = ?",
                (self.state, self.message, self.owner, steps, problems, answered_at, request.key),
            )


def ask(store: RunStore, request: ModelRequest, again: bool = False) -> None:
    """Leaves a request to the process that answers, which is started or woken.

    Args:
        store: The cache. A read-only server asks by its ``request_store``, and changes nothing of the cache.
        request: What to ask. One that was answered is not answered again, unless it failed.
        again: Whether it is answered again in any case.

    Raises:
        CacheReadOnly: This session may not ask, see ``ask_refusal``.
    """
    requests = request_store(store)
    with requests.db.transaction() as db:
        row = db.execute("SELECT * FROM inference_requests WHERE key = ?", (request.key,)).fetchone()
        state = Answer.from_row(row).state if row else QUEUED
        if state == FAILED or (state == DONE and again):
            state = QUEUED
            db.execute("DELETE FROM inference_requests WHERE key = ?", (request.key,))
        db.execute(
            "INSERT INTO inference_requests (key, request, state, asked_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET asked_at = excluded.asked_at",
            (request.key, request.to_json(), QUEUED, requests.clock()),
        )
        db.execute(
            "DELETE FROM inference_requests WHERE key IN "
            "(SELECT key FROM inference_requests ORDER BY asked_at DESC LIMIT -1 OFFSET ?)",
            (MAX_ANSWERS,),
        )
    if state != DONE:
        ensure_process(store)


def ask_refusal(store: RunStore) -> str | None:
    """The sentence with which this session is refused to ask models; None if it may. Everyone who may look at a
    read-only server may ask there.
    """
    return request_store(store).db.read_only_reason


def ensure_process(store: RunStore) -> None:
    """Starts the process that answers, or wakes it. Raises CacheReadOnly."""
    _start_process(store)
    with suppress(FileNotFoundError):  # the process could not begin; its log says why
        mark_changed(process_file(request_store(store).root).parent)


def start_early(store: RunStore, models: Iterable[ModelId]) -> None:
    """Starts the process that answers before it is asked anything, and has it load models. Returns at once.

    Nothing is started where a training of this machine would be disturbed: while runs train or wait.
    """
    requests = request_store(store)
    status = TaskStatus.of(process_file(requests.root))
    is_busy = store.runs([QUEUED, RUNNING]) or device_lock(cpu().device_id).exists()
    if requests.db.read_only_reason or (status and status.is_running) or is_busy:
        return

    def begin() -> None:
        with suppress(OSError):  # as on a full disk: the next request reports it
            _start_process(store, "--load", json.dumps(list(models)))

    Thread(target=begin, daemon=True).start()


def _start_process(store: RunStore, *arguments: str) -> None:
    requests = request_store(store)
    runs = () if requests is store else ("--runs", str(store.root))
    file = process_file(requests.root)
    start(requests, file, "cache.inference.inference_server", *runs, *arguments, log="generating")


def open_requests(store: RunStore | Scratch) -> list[ModelRequest]:
    """Those that wait, the first asked first. One of another version is left out."""
    sql = "SELECT request FROM inference_requests WHERE state = ? ORDER BY asked_at"
    found: list[ModelRequest] = []
    for row in store.db.read(sql, (QUEUED,)):
        for kind in (Request, InsideRequest):
            with suppress(ValueError, TypeError, KeyError):
                found.append(kind.from_json(row["request"]))
    return found


def process_file(root: Path) -> Path:
    """How the process that answers stands. A change of its folder wakes the process."""
    return root / "generating" / "process.json"


def inside_file(root: Path, request: InsideRequest, model: ModelId) -> Path:
    """Where is written what one model did with a text."""
    return _inside(root) / f"{request.key}-{_file_name(model)}.npz"


def embedding_file(root: Path, run_id: int) -> Path:
    """Where the vectors are written with which the training of a run began: once, by any request for fresh weights."""
    return _inside(root) / f"{EMBEDDING}-{run_id}.npz"


def forget_inside(store: RunStore | Scratch) -> None:
    """Forgets the oldest requests to look inside, and removes the files that no request needs: an embedding is needed
    as long as a request names its run.
    """
    with store.db.transaction() as db:
        db.execute(
            "DELETE FROM inference_requests WHERE key IN "
            "(SELECT key FROM inference_requests WHERE request LIKE ? ORDER BY asked_at DESC LIMIT -1 OFFSET ?)",
            ('{"is_fresh"%', MAX_INSIDE),
        )
    kept: set[str] = set()
    for row in store.db.read("SELECT key, request FROM inference_requests"):
        for run in json.loads(row["request"])["runs"]:
            kept |= {f"{row['key']}-{_file_name(run)}", f"{EMBEDDING}-{run}"}
    for file in _inside(store.root).glob("*.npz"):
        if file.stem not in kept:
            file.unlink(missing_ok=True)


def _inside(root: Path) -> Path:
    return process_file(root).parent / "inside"


def _file_name(model: ModelId) -> str:
    return str(model) if isinstance(model, int) else hashlib.sha256(model.encode()).hexdigest()[:16]


def _model_id(text: str) -> ModelId:
    """As JSON has it for a key."""
    return int(text) if text.isdecimal() else text


def why_not(store: RunStore, run: Run) -> str | None:
    """Why a run cannot be asked anything; None if it can."""
    if store.missing_weights(run.id):
        return f"The weights of {run.title} are not in this cache: train it again, or import a bundle with weights."
    return None


def runs_with_weights(store: RunStore, runs: Sequence[Run], epochs: int) -> dict[str, Run]:
    """Finds runs with weights that answer as these runs do.

    Args:
        store: The cache.
        runs: Finished runs, with or without their weights.
        epochs: The least number of epochs of a run that stands in for one of them.

    Returns:
        By identity, the run itself if its weights are here, else another run of the same spec; what has neither is
        left out.
    """
    found = {run.identity: run for run in runs if not store.missing_weights(run.id)}
    missing = [run.identity for run in runs if run.identity not in found]
    sql = (
        "SELECT * FROM runs WHERE state = ? AND epochs >= ? AND deleted_at IS NULL "  # noqa: S608
        f"AND identity IN ({marks(missing)}) ORDER BY id"
    )
    others = map(Run.from_row, store.db.read(sql, (FINISHED, epochs, *missing)))
    return found | {run.identity: run for run in others if not store.missing_weights(run.id)}


def vocabulary_file(root: Path, spec: RunSpec) -> Path:
    """Where the tokenizer of a run is kept, once something has made it."""
    examples = None if spec.task == NEXT_WORD else spec.train_examples
    return tokenizer_file(get_dataset(spec.dataset), examples, spec.encoding, root)


def _step(values: dict[str, Any]) -> Step:
    return Step(**values | {"candidates": tuple(Candidate(**each) for each in values["candidates"])})
