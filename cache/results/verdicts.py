"""The verdict on each pair of a line-up: which is better, by how much, how certain that is, and the costs of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from cache.core.formatting import count, multiple, part_of, percent_interval, points
from cache.results.predictions import Predictions
from models.statistics.intervals import Ratio
from models.statistics.looks import LOOKS, bonferroni_level, latest_look, next_look
from models.statistics.paired_difference import MIN_SEEDS, Difference, paired_difference
from models.statistics.win_rate import WinRate, win_rate

MARGIN = 0.01
"""Smaller differences of test accuracy count as equal, unless the reader chooses another margin."""
SMALLEST = 0.0005
"""Smaller differences would be rounded to 0.0 points."""
MOST_PAIRS = 6
"""The most pairs that a sentence names."""

BySeed = Mapping[str, Mapping[int, float]]
"""Values by label and seed."""


@dataclass(frozen=True)
class Verdict:
    """``better`` had the higher mean test accuracy; the difference is ``better`` minus ``other``, with an interval of
    ``level``.

    It is read at the latest look, from the first of the ``num_shared`` seeds that both have. ``wins`` is how often a
    new training of ``better`` beats one of ``other``. ``seconds`` is how many times as long an epoch of ``better``
    takes. ``num_diverged`` counts, for each of the two, runs whose loss became NaN or infinite.
    """

    better: str
    other: str
    difference: Difference
    level: float
    num_shared: int
    margin: float = MARGIN
    wins: WinRate | None = None
    seconds: Ratio | None = None
    num_diverged: tuple[int, int] = (0, 0)

    @property
    def is_different(self) -> bool:
        return self.difference.is_different(self.level)

    @property
    def is_equal(self) -> bool:
        """Whether the difference is within the margin; two that differ by less than it are both different and equal."""
        return self.difference.is_within(self.margin, self.level)

    @property
    def is_decided(self) -> bool:
        return self.is_different or self.is_equal

    @cached_property
    def seeds_needed(self) -> int | None:
        """The number of seeds at which it would be decided, if further runs are like these; None if it is decided, or
        never would be.
        """
        if self.is_decided:
            return None
        if self.num_shared < MIN_SEEDS:
            return MIN_SEEDS
        return self.difference.seeds_needed(self.level, self.margin)

    @property
    def next_seeds(self) -> int | None:
        """The number of seeds of the next look; None if it is decided, or never would be."""
        return next_look(self.num_shared) if self.seeds_needed else None

    def is_faster(self, label: str) -> bool | None:
        """Whether an epoch of this one of the two takes fewer seconds; None if that is undecided."""
        if self.seconds is None:
            return None
        low, high = self.seconds.interval(self.level)
        if low <= 1 <= high:
            return None
        return (high < 1) == (label == self.better)

    @cached_property
    def sentence(self) -> str:
        """The sentence on the accuracy; ``details`` has the rest."""
        found = self.difference
        if found.num_seeds < MIN_SEEDS:
            return (
                f"{self.better} and {self.other} cannot be told apart with {self._seeds}: the variation between seeds "
                f"is unknown. At least {MIN_SEEDS} seeds are needed."
            )
        if self.is_different:
            within = f", which is less than {points(self.margin)}" if self.is_equal else ""
            return (
                f"{self.better} beats {self.other} by {_points(found.mean)}{within} ({self._interval}, {self._seeds})."
            )
        mean = f"the mean of {self.better} is {_points(found.mean)} higher"
        if abs(found.mean) < SMALLEST:
            mean = f"their means are equal{f' within {points(SMALLEST)}' if found.mean else ''}"
        if self.is_equal:
            cost = f", {cheaper}" if (cheaper := self._cheaper) else ""
            return (
                f"{self.better} and {self.other} are equal within {points(self.margin)}{cost}: {mean} "
                f"({self._interval}, {self._seeds})."
            )
        start = f"{self.better} and {self.other} cannot be told apart with {self._seeds}: {mean} ({self._interval})"
        if needed := self.seeds_needed:
            return f"{start}; if further runs are like these, {needed} seeds are needed to decide."
        return (
            f"{start}; if further runs are like these, not even {LOOKS[-1]} seeds decide on these "
            f"{found.num_examples:,} test texts."
        )

    @cached_property
    def details(self) -> str:
        """How often a new training wins, the seconds, and diverged runs; empty if nothing of it is known."""
        found = []
        if self.wins:
            low, high = self.wins.interval(self.level)
            found.append(
                f"A new training of {self.better} beats a new training of {self.other} in {self.wins.value:.0%} of "
                f"cases ({percent_interval(low, high)})."
            )
        if self.seconds:
            low, high = self.seconds.interval(self.level)
            found.append(
                f"An epoch of {self.better} takes {self.seconds.value:.2f} times the seconds of one "
                f"of {self.other} (simultaneous 95% interval {low:.2f} to {high:.2f}, over the first "
                f"{count(self.seconds.num_seeds, 'timed seed')} of each)."
            )
        for label, number in zip((self.better, self.other), self.num_diverged, strict=True):
            if number:
                found.append(f"{count(number, 'run')} of {label} diverged and cannot be compared.")
        return " ".join(found)

    @property
    def _cheaper(self) -> str:
        """The cheaper one: "Flatten at an eighth of the seconds"; empty if that is undecided."""
        for label in (self.better, self.other):
            if self.seconds and self.is_faster(label):
                ratio = min(self.seconds.value, 1 / self.seconds.value)
                return f"{label} at {part_of(ratio) or multiple(ratio)} the seconds"
        return ""

    @property
    def _interval(self) -> str:
        low, high = (100 * end for end in self.difference.interval(self.level))
        return f"simultaneous 95% interval {low:z.1f} to {high:z.1f}".replace("-", "−")

    @property
    def _seeds(self) -> str:
        read = self.difference.num_seeds
        return f"the first {read} of {self.num_shared} seeds" if read < self.num_shared else count(read, "seed")


def verdicts(
    answers: Predictions,
    margin: float = MARGIN,
    seconds: BySeed | None = None,
    diverged: Mapping[str, int] | None = None,
) -> list[Verdict]:
    """Compare every pair with a common seed.

    Seeds beyond the latest look do not count yet, see ``models.statistics.looks``.

    Args:
        answers: A result of ``right_by_text``.
        margin: Of test accuracy, 0 to 1.
        seconds: Seconds per epoch, all measured on one device, undisturbed.
        diverged: The number of diverged runs by label.

    Returns:
        The verdicts, the clearest first.
    """
    seconds, diverged = seconds or {}, diverged or {}
    pairs = []
    for one, two in combinations(answers, 2):
        seeds = sorted(set(answers[one]) & set(answers[two]))
        if seeds:
            read = seeds[: latest_look(len(seeds)) or None]
            first, second = (np.stack([answers[label][seed] for seed in read]) for label in (one, two))
            if first.mean() < second.mean():
                one, two, first, second = two, one, second, first
            pairs.append((one, two, first, second, len(seeds)))
    level = bonferroni_level(len(pairs))
    found = [
        Verdict(
            one,
            two,
            paired_difference(first, second),
            level,
            num_shared,
            margin,
            win_rate(first.mean(axis=1), second.mean(axis=1)),
            _time_ratio(seconds.get(one, {}), seconds.get(two, {})),
            (diverged.get(one, 0), diverged.get(two, 0)),
        )
        for one, two, first, second, num_shared in pairs
    ]
    return sorted(found, key=lambda each: (not each.is_different, -each.difference.mean))


def _time_ratio(first: Mapping[int, float], second: Mapping[int, float]) -> Ratio | None:
    """The ratio of seconds, of as many seeds of each as the latest look of the fewer ones reads; None before the first
    look.
    """
    if not (look := latest_look(min(len(first), len(second)))):
        return None
    return Ratio(*(tuple(by_seed[seed] for seed in sorted(by_seed)[:look]) for by_seed in (first, second)))


def _points(share: float) -> str:
    return f"{100 * share:.1f} points" if share >= SMALLEST else f"less than {points(SMALLEST)}"


def undecided(open_pairs: Sequence[Verdict], num_pairs: int) -> str:
    """Say in one sentence which pairs cannot be told apart.

    Args:
        open_pairs: The verdicts on these pairs; at least one.
        num_pairs: The number of all pairs.
    """
    with_seeds = f"with {count(open_pairs[0].difference.num_seeds, 'seed')}"
    if 1 < len(open_pairs) == num_pairs:
        return f"None of the {len(open_pairs):,} pairs can be told apart {with_seeds}: the order may be chance."
    pairs = [f"{each.better} and {each.other}" for each in open_pairs]
    more = f"; and {len(pairs) - MOST_PAIRS:,} more" if len(pairs) > MOST_PAIRS else ""
    return f"Cannot be told apart {with_seeds}: {'; '.join(pairs[:MOST_PAIRS])}{more}."
