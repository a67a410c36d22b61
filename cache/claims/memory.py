"""The claim that SimpleRNN forgets, tested by each memory test at all of its distances."""

from cache.claims.claim_results import PUBLISHED, Claim, Part
from cache.claims.evidence import TEST_ACCURACY, Evidence, SeedGroup
from cache.claims.measurements import Measurement, difference
from cache.claims.rules import POINTS, Above
from models.architectures import get_architecture
from models.data.memory_tests import ONE_CUE
from models.experiments.memory_series import SERIES, MemorySeries
from models.statistics.learnt import CAVEAT

LOST = 0.1


def _back(series: MemorySeries, architecture: str, steps: int) -> SeedGroup:
    return SeedGroup(
        architecture,
        dataset=series.datasets[steps],
        setting=f"{series.test.kind.lower()}, {steps} steps back",
        chosen=tuple(series.entry(architecture).hyperparameters.items()),
    )


def _chosen(series: MemorySeries) -> str:
    if series.test == ONE_CUE:
        return ""
    return " The distances of this test were chosen by trial runs, to find where architectures part."


def _lost(series: MemorySeries) -> Part:
    """The part on the loss from the shortest distance to the longest."""
    near, far = (_back(series, "simple_rnn", steps) for steps in (series.steps[0], series.steps[-1]))

    def measurements(evidence: Evidence) -> list[Measurement]:
        label = f"{near.title}, {series.test.kind.lower()}, {series.steps[0]} steps back minus {series.steps[-1]}"
        return [difference(evidence, label, near, far, TEST_ACCURACY)]

    return Part(
        "SimpleRNN remembers less of what is far back", POINTS, Above(LOST),
        "Ten points, as for the other parts. This part was added after the first runs had been seen: a model that "
        f"still remembers everything has forgotten nothing, even if others do better.{_chosen(series)}",
        measurements, (near, far), TEST_ACCURACY, on=series.title,
    )  # fmt: skip


def _keeps(series: MemorySeries, architecture: str) -> Part:
    pairs = [(_back(series, architecture, steps), _back(series, "simple_rnn", steps)) for steps in series.steps]
    title = get_architecture(architecture).title

    def measurements(evidence: Evidence) -> list[Measurement]:
        return [
            difference(evidence, f"{title} ahead of SimpleRNN, {other.setting}", one, other, TEST_ACCURACY)
            for one, other in pairs
        ]

    return Part(
        f"At some distance SimpleRNN has forgotten what {title} still remembers", POINTS, Above(LOST),
        "With two classes, ten points are a fifth of the way from guessing (50%) to certainty (100%). One distance is "
        f"enough, because the claim names none.{_chosen(series)}",
        measurements, tuple(group for pair in pairs for group in pair), TEST_ACCURACY, any_is_enough=True,
        on=series.title,
    )  # fmt: skip


MEMORY = Claim(
    name="memory",
    title="Memory of SimpleRNN",
    sentence="SimpleRNN forgets the beginning of a long sequence.",
    origin=PUBLISHED,
    studies=("memory",),
    parts=tuple(part for series in SERIES for part in (_lost(series), _keeps(series, "gru"), _keeps(series, "lstm"))),
    caveat=CAVEAT,
)
