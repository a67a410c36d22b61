"""Claims on the input of a model: vocabulary size and length of the texts."""

from collections.abc import Sequence

from cache.claims.claim_results import OWN, Claim, Part
from cache.claims.costs import SLIGHT_GAIN
from cache.claims.evidence import SECONDS_PER_EPOCH, TEST_ACCURACY, SeedGroup
from cache.claims.measurements import gain, times
from cache.claims.rules import POINTS, TIMES, Above
from models.text.encoding import TextEncoding

SLIGHTLY_LONGER = 0.1
READERS = ("flatten", "conv1d", "lstm")


def _swept(architecture: str, encodings: Sequence[tuple[str, TextEncoding]]) -> list[SeedGroup]:
    return [SeedGroup(architecture, encoding=encoding, setting=setting) for setting, encoding in encodings]


def _more_accurate(architecture: str, encodings: Sequence[tuple[str, TextEncoding]]) -> Part:
    """Whether the last encoding is more accurate than the first; those between are only shown."""
    groups = _swept(architecture, encodings)
    title, fewest, most = groups[0].title, encodings[0][0], encodings[-1][0]
    return Part(
        f"{title} is more accurate with {most} than with {fewest}", POINTS, Above(0.0, SLIGHT_GAIN),
        "A gain below one point counts as none.",
        lambda evidence: [gain(evidence, f"{title}, {most} minus {fewest}", groups[-1:], groups[:1])],
        tuple(groups), TEST_ACCURACY,
    )  # fmt: skip


VOCABULARIES = [(f"{size:,} words", TextEncoding(vocabulary_size=size)) for size in (1_000, 3_000, 10_000)]

VOCABULARY = Claim(
    name="vocabulary",
    title="A larger vocabulary",
    sentence="A larger vocabulary makes a model more accurate.",
    origin=OWN,
    studies=("vocabulary",),
    parts=tuple(_more_accurate(name, VOCABULARIES) for name in READERS),
)

LENGTHS = [(f"{length} tokens", TextEncoding(length=length)) for length in (30, 60, 120, 240)]


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
