"""The cached results of studies, all read at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cache.results.results import Result, fetch_together
from cache.store.store import RunStore
from models.experiments.comparison import Comparison
from models.experiments.spec import RunSpec
from models.experiments.studies import EPOCHS, STUDIES, Study


@dataclass(frozen=True)
class StudyResults:
    """A study with the results of each of its comparisons."""

    study: Study
    comparisons: tuple[Comparison, ...]
    results: tuple[list[Result], ...]

    @property
    def runs(self) -> list[Result]:
        """Every result once, though several of the comparisons may contain it."""
        return list({result.spec.identity: result for each in self.results for result in each}.values())

    @property
    def key(self) -> str:
        """Studies with the same key are drawn the same."""
        return repr((self.study.name, [[result.key for result in each] for each in self.results]))


def fetch_studies(store: RunStore, names: Iterable[str], backend: str, device: str) -> dict[str, StudyResults]:
    """Reads the cached results of studies, all at once.

    Args:
        store: The cache.
        names: The names of the studies.
        backend: The Keras backend of the runs.
        device: The name of a device. Its own run is preferred among runs of the same spec.

    Returns:
        The studies with their results, by name.
    """
    asked = {name: _asked(name, backend) for name in names}
    questions = []
    for name, comparisons in asked.items():
        specs = _specs(name, backend, tuple(each.dataset.fingerprint(store.root / "tfds") for each in comparisons))
        for comparison, of_entries in zip(comparisons, specs, strict=True):
            labels = [entry.label for entry in comparison.entries]
            questions.append(dict(zip(labels, of_entries, strict=True)))
    found = iter(fetch_together(store, questions, EPOCHS, device))
    return {
        name: StudyResults(STUDIES[name], comparisons, tuple(next(found) for _ in comparisons))
        for name, comparisons in asked.items()
    }


@lru_cache(maxsize=64)
def _asked(name: str, backend: str) -> tuple[Comparison, ...]:
    return STUDIES[name].on(backend)


@lru_cache(maxsize=64)
def _specs(name: str, backend: str, fingerprints: tuple[str, ...]) -> tuple[list[list[RunSpec]], ...]:
    """The specs by entry. They are cached, since there are hundreds, and Home needs all of them each time. Their labels
    are not cached, because a stack may get a name.
    """
    asked = zip(_asked(name, backend), fingerprints, strict=True)
    return tuple(list(comparison.specs(fingerprint).values()) for comparison, fingerprint in asked)
