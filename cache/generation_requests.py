"""What a page asks of trained models, and what they have said so far: a folder of requests and answers.

Loading a framework takes seconds, and a page must not; so a process of its own answers (see ``cache.generating``).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from cache.database import marks
from cache.errands import FAILED, RUNNING, start
from cache.processes import ProcessIdentity
from cache.runs import FINISHED, Run
from cache.store import RunStore
from cache.wording import too_long
from models.atomic_files import atomic_write
from models.datasets import get_dataset
from models.fitted import tokenizer_file
from models.generation import MAX_WORDS, Candidate, Step
from models.spec import RunSpec
from models.tasks import NEXT_WORD

FOLDER = "generating"
MAX_ANSWERS = 200
MAX_MODELS = 60
MAX_CHARACTERS = 2_000
TEMPERATURES = (0.1, 2.0)


def text_problem(text: str) -> str | None:
    """A sentence if models cannot be asked this text; None if they can."""
    if not re.search(r"\w", text):
        return "Type at least one word: models read words, not punctuation marks or emoji alone."
    return too_long(text, MAX_CHARACTERS)


@dataclass(frozen=True)
class Request:
    """A text for runs to go on with; those that tell classes apart answer with one step, the class and its rivals.

    Raises ValueError for what cannot be.
    """

    runs: tuple[int, ...]
    text: str
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

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Answer:
    """How far a request has come. ``steps`` and ``problems`` are by the number of the run."""

    state: str
    message: str
    owner: str
    steps: dict[int, tuple[Step, ...]]
    problems: dict[int, str]

    @classmethod
    def of(cls, root: Path, request: Request) -> Self | None:
        """None if nothing has been said to it yet."""
        try:
            values = json.loads(_answer_file(root, request.key).read_text())
        except FileNotFoundError:
            return None
        steps = {int(run): tuple(map(_step, each)) for run, each in values["steps"].items()}
        problems = {int(run): problem for run, problem in values["problems"].items()}
        answer = cls(values["state"], values["message"], values["owner"], steps, problems)
        owner = ProcessIdentity.from_json(answer.owner)
        if answer.state == RUNNING and not (owner and owner.is_alive()):
            return cls(FAILED, "The process stopped without a word: try again.", answer.owner, steps, problems)
        return answer

    def write(self, root: Path, key: str) -> None:
        _write(_answer_file(root, key), asdict(self))


def ask(store: RunStore, request: Request) -> None:
    """Leaves the request to a process, which is started unless one waits. A failed answer is forgotten.

    Raises CacheReadOnly.
    """
    store.db.require_writable()
    root = store.root
    if (answer := Answer.of(root, request)) and answer.state == FAILED:
        _answer_file(root, request.key).unlink(missing_ok=True)
    _write(_folder(root) / f"{request.key}.request.json", asdict(request))
    ensure_process(store)


def is_asked(root: Path, request: Request) -> bool:
    return (_folder(root) / f"{request.key}.request.json").exists()


def ensure_process(store: RunStore) -> None:
    """Raises CacheReadOnly."""
    start(store, process_file(store.root), "cache.generating", log="generating")


def why_not(store: RunStore, run: Run) -> str | None:
    """Why a run cannot be asked anything; None if it can."""
    if store.missing_weights(run.id):
        return f"The weights of {run.title} are not in this cache: train it again, or import a bundle with weights."
    return None


def runs_with_weights(store: RunStore, runs: Sequence[Run], epochs: int) -> dict[str, Run]:
    """By identity, a finished run whose weights are in this cache: one of ``runs``, else another of the same spec with
    at least so many epochs."""
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


def open_requests(root: Path) -> Iterator[Request]:
    """Those without an answer, the oldest first. Old ones are forgotten with their answers."""
    files = sorted(_folder(root).glob("*.request.json"), key=lambda file: file.stat().st_mtime)
    for file in files[:-MAX_ANSWERS]:
        file.unlink(missing_ok=True)
        _answer_file(root, _key(file)).unlink(missing_ok=True)
    for file in files[-MAX_ANSWERS:]:
        if _answer_file(root, _key(file)).exists():
            continue
        try:
            values = json.loads(file.read_text())
            request = Request(**values | {"runs": tuple(values["runs"])})
        except (OSError, ValueError, TypeError, KeyError):  # gone meanwhile, or of another version
            file.unlink(missing_ok=True)
            continue
        yield request


def process_file(root: Path) -> Path:
    """How the process that answers stands."""
    return _folder(root) / "process.json"


def _folder(root: Path) -> Path:
    return root / FOLDER


def _key(file: Path) -> str:
    return file.name.partition(".")[0]


def _answer_file(root: Path, key: str) -> Path:
    return _folder(root) / f"{key}.answer.json"


def _write(file: Path, values: dict[str, Any]) -> None:
    atomic_write(file, json.dumps(values))


def _step(values: dict[str, Any]) -> Step:
    return Step(**values | {"candidates": tuple(Candidate(**each) for each in values["candidates"])})
