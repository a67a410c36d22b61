"""The models of the page Inside: those of runs with their weights and, before training, any architecture."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cache.browsing.listing import list_runs
from cache.browsing.query import Query, condition
from cache.inference.generation_requests import MAX_OTHER_SEEDS, ModelId
from cache.store.runs import FINISHED, Run
from cache.store.store import RunStore
from dashboard.shell.defaults import DEFAULTS
from models.architectures import ARCHITECTURES, get_architecture
from models.data.datasets import get_dataset
from models.experiments.comparison import COMPOSED, Entry
from models.experiments.spec import RunSpec, Training
from models.inside.readings import Readings
from models.stacks.named_stacks import named_stacks

MAX_OFFERED = 200
RUN = re.compile(r"\(run (\d{1,9})\)")
"""At the end of a run's title."""
NOT_TRAINED = "not trained"


@dataclass(frozen=True)
class Openable:
    """A model that can be opened: that of a run, or an untrained one without a run."""

    spec: RunSpec
    label: str
    title: str
    run: Run | None

    @property
    def id(self) -> ModelId:
        return self.run.id if self.run else self.spec.to_json()


@dataclass(frozen=True)
class Opened(Openable):
    """A model that has read the text. ``answer`` is the class whose probability is shown, ``number`` its number."""

    readings: Readings
    number: int
    answer: str
    colour: str


def trained_models(store: RunStore, titles: Sequence[str] = ()) -> dict[ModelId, Openable]:
    """The models of the latest finished runs with their weights, and of runs that ``titles`` name, the latest first.
    Runs that this version cannot read are left out.
    """
    ids = store.ids_with_weights()
    named = {int(found[1]) for title in titles if (found := RUN.search(title))}
    ids = [*ids[:MAX_OFFERED], *(run_id for run_id in ids[MAX_OFFERED:] if run_id in named)]
    query = Query(conditions=(condition("state", "=", [FINISHED]), condition("run", "=", ids)))
    runs = list_runs(store, query, limit=len(ids)).runs if ids else []
    return {run.id: Openable(run.spec, run.label, run.title, run) for run in runs if _can_be_read(run)}


def _can_be_read(run: Run) -> bool:
    try:
        spec = run.spec
    except ValueError:
        return False
    return spec.architecture_version == get_architecture(spec.architecture).version


def untrained_models(store: RunStore, trained: Mapping[ModelId, Openable], backend: str) -> dict[ModelId, Openable]:
    """Every architecture and composed stack that none of the ``trained`` models has, with default hyperparameters and
    seed 0. Data and encoding are those of the first trained model, else the defaults. Architectures that cannot work
    with these are left out.
    """
    first = next((model.spec for model in trained.values()), None)
    known = {_kind(model.spec.architecture, model.spec.hyperparameters) for model in trained.values()}
    named = [Entry(name) for name in ARCHITECTURES if name != COMPOSED]
    entries = [*named, *(Entry(COMPOSED, {"stack": stack.text}) for stack in named_stacks())]
    found: dict[ModelId, Openable] = {}
    for entry in entries:
        if _kind(entry.architecture, entry.hyperparameters) in known:
            continue
        label = entry.label if entry.architecture == COMPOSED else entry.definition.title
        try:
            spec = _spec(store, entry, first, backend)
        except ValueError:  # a ShapeError, too
            continue
        model = Openable(spec, label, f"{label}, {NOT_TRAINED}", None)
        found[model.id] = model
    return found


def _kind(architecture: str, hyperparameters: Mapping[str, object]) -> tuple[str, object]:
    """Models of the same kind have the same architecture or, if composed, the same stack."""
    return architecture, hyperparameters.get("stack") if architecture == COMPOSED else None


def _spec(store: RunStore, entry: Entry, like: RunSpec | None, backend: str) -> RunSpec:
    """Raises ValueError."""
    if like:
        return RunSpec.create(
            dataset=like.dataset, fingerprint=like.fingerprint, train_examples=like.train_examples,
            encoding=like.encoding, training=like.training, architecture=entry.architecture,
            hyperparameters=entry.hyperparameters,
        )  # fmt: skip
    usual = DEFAULTS[entry.definition.task]
    return RunSpec.create(
        dataset=usual.dataset_name, fingerprint=get_dataset(usual.dataset_name).fingerprint(store.root / "tfds") or "",
        train_examples=usual.train_examples, encoding=usual.encoding, training=Training(backend=backend),
        architecture=entry.architecture, hyperparameters=entry.hyperparameters,
    )  # fmt: skip


def other_seeds(model: Openable, trained: Mapping[ModelId, Openable]) -> list[int]:
    """The runs of the same spec with other seeds, one for each seed, at most ``MAX_OTHER_SEEDS``. Among runs of one
    seed, one with as many epochs as the model's is preferred.
    """
    if model.run is None:
        return []
    found: dict[int, Run] = {}
    for other in trained.values():
        run, seed = other.run, other.spec.seed
        if run is None or seed == model.spec.seed or not _differ_by_seed(model.spec, other.spec):
            continue
        if seed not in found or (run.epochs == model.run.epochs != found[seed].epochs):
            found[seed] = run
    return [found[seed].id for seed in sorted(found)][:MAX_OTHER_SEEDS]


def _differ_by_seed(one: RunSpec, other: RunSpec) -> bool:
    return one.architecture == other.architecture and replace(one, seed=other.seed) == other
