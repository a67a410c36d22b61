"""Claims on the input of a model: distance, vocabulary size and length of the texts."""

from collections.abc import Sequence

from cache.claims.costs import SLIGHT_GAIN
from cache.claims.evidence import SECONDS_PER_EPOCH, TEST_ACCURACY, Evidence, Group
from cache.claims.figures import Figure, difference, gain, times
from cache.claims.finding import OWN, PUBLISHED, Claim, Part
from cache.claims.rules import POINTS, TIMES, Above
from models.encoding import TextEncoding
from models.memory_texts import memory_dataset
from models.studies import AT_THE_END

STEPS = (10, 20, 40, 80)
LOST = 0.1
SLIGHTLY_LONGER = 0.1
READERS = ("flatten", "conv1d", "lstm")


def _back(architecture: str, steps: int) -> Group:
    return Group(architecture, dataset=memory_dataset(steps).name, says=f"{steps} steps back")


FORGETTER = tuple(_back("simple_rnn", steps) for steps in STEPS)


def _lost(evidence: Evidence) -> list[Figure]:
    label = f"SimpleRNN, {STEPS[0]} steps back minus {STEPS[-1]}"
    return [difference(evidence, label, FORGETTER[0], FORGETTER[-1], TEST_ACCURACY)]


def _keeps(architecture: str) -> Part:
    keeper = tuple(_back(architecture, steps) for steps in STEPS)
    title = keeper[0].title

    def figures(evidence: Evidence) -> list[Figure]:
        return [
            difference(evidence, f"{title} ahead of SimpleRNN, {steps} steps back", one, other, TEST_ACCURACY)
            for steps, one, other in zip(STEPS, keeper, FORGETTER, strict=True)
        ]

    return Part(
        f"At some distance SimpleRNN has forgotten what {title} still remembers", POINTS, Above(LOST),
        "Ten points are a fifth of the way from guessing (50%) to certainty (100%). One distance is enough, because "
        "the claim names none.",
        figures, (*FORGETTER, *keeper), TEST_ACCURACY, any_is_enough=True,
    )  # fmt: skip


MEMORY = Claim(
    name="memory",
    title="Memory of SimpleRNN",
    sentence="SimpleRNN forgets the beginning of a long sequence.",
    origin=PUBLISHED,
    studies=("memory",),
    parts=(
        Part(
            "SimpleRNN remembers less of what is far back", POINTS, Above(LOST),
            "The same ten points. This part was added after the first runs had been seen: a model that still remembers "
            "everything has forgotten nothing, even if others do better.",
            _lost, FORGETTER, TEST_ACCURACY,
        ),
        _keeps("gru"),
        _keeps("lstm"),
    ),
)  # fmt: skip


def _swept(architecture: str, encodings: Sequence[tuple[str, TextEncoding]]) -> list[Group]:
    return [Group(architecture, encoding=encoding, says=says) for says, encoding in encodings]


def _more_accurate(architecture: str, encodings: Sequence[tuple[str, TextEncoding]]) -> Part:
    """The last of the encodings against the first; those between are shown."""
    groups = _swept(architecture, encodings)
    title, fewest, most = groups[0].title, encodings[0][0], encodings[-1][0]
    return Part(
        f"{title} is more accurate with {most} than with {fewest}", POINTS, Above(0.0, SLIGHT_GAIN),
        "A gain below one point counts as none.",
        lambda evidence: [gain(evidence, f"{title}, {most} minus {fewest}", groups[-1:], groups[:1])],
        tuple(groups), TEST_ACCURACY,
    )  # fmt: skip


VOCABULARIES = [
    (f"{size:,} words", TextEncoding(vocabulary_size=size, **AT_THE_END)) for size in (1_000, 3_000, 10_000)
]

VOCABULARY = Claim(
    name="vocabulary",
    title="A larger vocabulary",
    sentence="A larger vocabulary makes a model more accurate.",
    origin=OWN,
    studies=("vocabulary",),
    parts=tuple(_more_accurate(name, VOCABULARIES) for name in READERS),
)

LENGTHS = [(f"{length} tokens", TextEncoding(length=length, **AT_THE_END)) for length in (30, 60, 120, 240)]


def _slower(architecture: str) -> Part:
    groups = _swept(architecture, LENGTHS)
    title, fewest, most = groups[0].title, LENGTHS[0][0], LENGTHS[-1][0]
    return Part(
        f"{title} takes longer for {most} than for {fewest}", TIMES, Above(1.0, SLIGHTLY_LONGER),
        "Less than a tenth longer counts as the same.",
        lambda evidence: [times(evidence, f"{title}, {most} against {fewest}", groups[-1], groups[0])],
        tuple(groups), SECONDS_PER_EPOCH,
    )  # fmt: skip


LENGTH = Claim(
    name="length",
    title="Longer texts",
    sentence="Reading more of each text makes a model more accurate and slower.",
    origin=OWN,
    studies=("length",),
    parts=(*(_more_accurate(name, LENGTHS) for name in READERS), *map(_slower, READERS)),
)
