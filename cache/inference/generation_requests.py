"""Requests of pages to trained models, and the answers so far, as rows of the cache's database.

Loading a framework takes seconds, too long for a page, so another process answers:
``cache.inference.inference_server``. A read-only server keeps both elsewhere: see ``request_store``.
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
"""Requests that are kept with their answers; the oldest are deleted."""
MAX_MODELS = 60
MAX_INSIDE = 20
"""Requests to look inside that are kept: their files are large."""
MAX_OPENED = 4
"""Models on the page Inside, side by side."""
MAX_OTHER_SEEDS = 9
"""Runs of other seeds whose answers are computed for each of them."""
MAX_CHARACTERS = 2_000
EMBEDDING = "embedding"
TEMPERATURES = (0.1, 2.0)


ModelId = int | str
"""The id of a run or, for a model without one, the text of its spec."""


def text_problem(text: str) -> str | None:
    """Return why models cannot be asked this text; None if they can."""
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
        """Read a request. Raises ValueError, TypeError or KeyError for one of another kind or version."""
        values = json.loads(text)
        lists = {name: tuple(values[name]) for name in ("runs", "others") if name in values}
        return cls(**values | lists)


@dataclass(frozen=True)
class Request(ModelRequest):
    """A text for runs to continue; classifiers answer with one step, the class and its alternatives.

    Raises ValueError for an invalid request.
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
    """A text that models read while their internal states are written to ``inside_file``.

    ``is_fresh`` asks for the initial weights instead of those of the best epoch; only then can a model without a run be
    opened. ``kept_epoch`` asks for the weights after this epoch. ``others`` are runs that differ from one of ``runs``
    only by their seed: only their answers are computed, and written to the file of that run. Raises ValueError for an
    invalid request.
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
        """Leaves out empty ``others`` and ``kept_epoch``, as in files from before these fields existed."""
        values = {name: value for name, value in asdict(self).items() if value or name not in ("others", "kept_epoch")}
        return json.dumps(values, sort_keys=True)


@dataclass(frozen=True)
class Answer:
    """The state of a request. ``steps`` are by run id, ``problems`` by model."""

    state: str
    message: str
    owner: str
    steps: dict[int, tuple[Step, ...]]
    problems: dict[ModelId, str]

    @classmethod
    def of(cls, store: RunStore, request: ModelRequest) -> Self | None:
        """None if it was not asked, or was deleted. If its process died, it is reported as failed."""
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
        """Keep the answer, unless the request was deleted meanwhile. Raises CacheReadOnly."""
        steps, problems = json.dumps(self.steps, default=vars), json.dumps(self.problems)
        answered_at = store.clock() if self.has_ended else None
        with store.db.transaction() as db:
            db.execute(
                "UPDATE inference_requests SET state = ?, message = ?, owner = ?, steps = ?, problems = ?, "
                "answered_at = ? WHERE key = ?",
                (self.state, self.message, self.owner, steps, problems, answered_at, request.key),
            )


def ask(store: RunStore, request: ModelRequest, again: bool = False) -> None:
    """Leave a request to the process that answers, which is started or woken.

    Args:
        store: The cache. A read-only server asks through its ``request_store``, and changes nothing in the cache.
        request: The request. One that was answered is not answered again, unless it failed.
        again: Whether it is answered again in any case.

    Raises:
        CacheReadOnly: This session may not ask, see ``ask_problem``.
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


def ask_problem(store: RunStore) -> str | None:
    """Return why this session may not ask models; None if it may. On a read-only server, every visitor may ask."""
    return request_store(store).db.read_only_reason


def ensure_process(store: RunStore) -> None:
    """Start the process that answers, or wake it. Raises CacheReadOnly."""
    _start_process(store)
    with suppress(FileNotFoundError):  # the process could not begin; its log says why
        mark_changed(process_file(request_store(store).root).parent)


def start_early(store: RunStore, models: Iterable[ModelId]) -> None:
    """Start the process that answers before the first request, and let it load models. Returns at once.

    Nothing is started while runs train or wait, because it could disturb a training of this machine.
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
    """List waiting requests, the oldest first. Those of another version are left out."""
    sql = "SELECT request FROM inference_requests WHERE state = ? ORDER BY asked_at"
    found: list[ModelRequest] = []
    for row in store.db.read(sql, (QUEUED,)):
        for kind in (Request, InsideRequest):
            with suppress(ValueError, TypeError, KeyError):
                found.append(kind.from_json(row["request"]))
    return found


def process_file(root: Path) -> Path:
    """Return the status file of the process that answers. A change in its folder wakes the process."""
    return root / "generating" / "process.json"


def inside_file(root: Path, request: InsideRequest, model: ModelId) -> Path:
    """Return the file with one model's reading of a text."""
    return _inside(root) / f"{request.key}-{_file_name(model)}.npz"


def embedding_file(root: Path, run_id: int) -> Path:
    """Return the file with a run's initial word vectors, which any request for fresh weights writes once."""
    return _inside(root) / f"{EMBEDDING}-{run_id}.npz"


def forget_inside(store: RunStore | Scratch) -> None:
    """Delete the oldest requests of the page Inside, and the files that no request needs. An embedding is needed as
    long as a request names its run.
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
    """Convert a key of JSON."""
    return int(text) if text.isdecimal() else text


def why_not(store: RunStore, run: Run) -> str | None:
    """Return why a run's model cannot be asked; None if it can."""
    if store.missing_weights(run.id):
        return f"The weights of {run.title} are not in this cache: train it again, or import a bundle with weights."
    return None


def runs_with_weights(store: RunStore, runs: Sequence[Run], epochs: int) -> dict[str, Run]:
    """Find runs with weights that answer as these runs do.

    Args:
        store: The cache.
        runs: Finished runs, with or without their weights.
        epochs: The number of epochs that is compared.

    Returns:
        By identity, a run of the same spec with weights here: of exactly so many epochs, else the run itself, else the
        one with the fewest more. Runs without any are left out.
    """
    identities, given = [run.identity for run in runs], {run.id for run in runs}
    sql = (
        "SELECT * FROM runs WHERE state = ? AND epochs >= ? AND deleted_at IS NULL "  # noqa: S608
        f"AND identity IN ({marks(identities)})"
    )
    found: dict[str, Run] = {}
    candidates = map(Run.from_row, store.db.read(sql, (FINISHED, epochs, *identities)))
    for run in sorted(candidates, key=lambda run: (run.epochs != epochs, run.id not in given, run.epochs, -run.id)):
        if run.identity not in found and not store.missing_weights(run.id):
            found[run.identity] = run
    return found


def vocabulary_file(root: Path, spec: RunSpec) -> Path:
    """Return the file of a run's tokenizer, which may not exist yet."""
    examples = None if spec.task == NEXT_WORD else spec.train_examples
    return tokenizer_file(get_dataset(spec.dataset), examples, spec.encoding, root)


def _step(values: dict[str, Any]) -> Step:
    return Step(**values | {"candidates": tuple(Candidate(**each) for each in values["candidates"])})
