"""The verdict on each pair of a line-up: which is better, by how much, and how certain that is."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from cache.answers import Answers
from cache.wording import count
from models.looks import LOOKS, latest_look, level_of_each, next_look
from models.paired_difference import MIN_SEEDS, Difference, paired_difference


@dataclass(frozen=True)
class Verdict:
    """``better`` had the higher mean test accuracy; the difference is ``better`` minus ``other``, held to ``level``.

    It is read at the latest look, by the first of the ``num_shared`` seeds that both have.
    """

    better: str
    other: str
    difference: Difference
    level: float
    num_shared: int

    @property
    def is_different(self) -> bool:
        return self.difference.is_different(self.level)

    @cached_property
    def seeds_needed(self) -> int | None:
        """The look at which it would be decided, if further runs are like these; None if it is, or at none."""
        if self.is_different:
            return None
        return MIN_SEEDS if self.num_shared < MIN_SEEDS else self.difference.seeds_needed(self.level)

    @property
    def next_seeds(self) -> int | None:
        """The number of seeds of the next look; None if it is decided, or would not be at any."""
        return next_look(self.num_shared) if self.seeds_needed else None

    @cached_property
    def sentence(self) -> str:
        found, seeds = self.difference, self._seeds
        if self.is_different:
            return f"{self.better} beats {self.other} by {_points(found.mean)} ({_interval(self)}, {seeds})."
        start = f"{self.better} and {self.other} cannot be told apart with {seeds}"
        if found.num_seeds < MIN_SEEDS:
            return f"{start}: the variation between seeds is unknown. At least {MIN_SEEDS} seeds are needed."
        if found.mean == 0:
            return f"{start}: their means are equal ({_interval(self)})."
        start += f": the mean of {self.better} is {_points(found.mean)} higher ({_interval(self)})"
        if needed := self.seeds_needed:
            return f"{start}; if further runs are like these, {needed} seeds are needed to decide."
        return (
            f"{start}; if further runs are like these, not even {LOOKS[-1]} seeds decide on these "
            f"{found.num_examples:,} test texts."
        )

    @property
    def _seeds(self) -> str:
        read = self.difference.num_seeds
        return f"the first {read} of {self.num_shared} seeds" if read < self.num_shared else count(read, "seed")


def verdicts(answers: Answers) -> list[Verdict]:
    """For every pair that has a seed in common, the clearest first; ``answers`` are what ``right_by_text`` gives.

    Seeds beyond the latest look do not count yet, see ``models.looks``.
    """
    pairs = []
    for one, two in combinations(answers, 2):
        seeds = sorted(set(answers[one]) & set(answers[two]))
        if seeds:
            read = seeds[: latest_look(len(seeds)) or None]
            first, second = (np.stack([answers[label][seed] for seed in read]) for label in (one, two))
            if first.mean() < second.mean():
                one, two, first, second = two, one, second, first
            pairs.append((one, two, paired_difference(first, second), len(seeds)))
    level = level_of_each(len(pairs))
    found = [Verdict(one, two, difference, level, num_shared) for one, two, difference, num_shared in pairs]
    return sorted(found, key=lambda each: (not each.is_different, -each.difference.mean))


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"


def _interval(verdict: Verdict) -> str:
    low, high = (100 * end for end in verdict.difference.interval(verdict.level))
    return f"simultaneous 95% interval {low:z.1f} to {high:z.1f}".replace("-", "−")
