"""What the store knows of a comparison: for each entry and seed its run, with as many epochs as were asked for."""

from dataclasses import dataclass

from cache.runs import FINISHED, Run
from cache.store import RunStore
from dashboard.comparison import Comparison
from models.events import EpochFinished
from models.spec import RunSpec


@dataclass(frozen=True)
class Result:
    """One entry with one seed; ``run`` is None and ``epochs`` empty if it was never asked for."""

    label: str
    spec: RunSpec
    run: Run | None
    epochs: list[EpochFinished]
    wanted_epochs: int

    @property
    def is_cached(self) -> bool:
        """Answered whole, from this device or another."""
        return self.run is not None and self.run.state == FINISHED and len(self.epochs) >= self.wanted_epochs

    @property
    def is_active(self) -> bool:
        return self.run is not None and self.run.is_active


def fetch(store: RunStore, comparison: Comparison, fingerprint: str, device: str) -> list[Result]:
    """Results in the order of the line-up and the seeds. Raises ValueError or ShapeError for a spec that cannot be."""
    specs = comparison.specs(fingerprint)
    identities = [spec.identity for each in specs.values() for spec in each]
    answers = store.answers(identities, comparison.epochs, device)
    epochs = store.epochs([run.id for run in answers.values()], up_to=comparison.epochs)
    return [
        Result(label, spec, run := answers.get(spec.identity), epochs[run.id] if run else [], comparison.epochs)
        for label, each in specs.items()
        for spec in each
    ]
