"""The verdict on each pair of a line-up: which is better, by how much, and how certain that is."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from cache.answers import Answers
from models.paired_difference import MAX_SEEDS, MIN_SEEDS, Difference, level_of_each, paired_difference


@dataclass(frozen=True)
class Verdict:
    """``better`` had the higher mean test accuracy; the difference is ``better`` minus ``other``, held to ``level``."""

    better: str
    other: str
    difference: Difference
    level: float

    @property
    def is_different(self) -> bool:
        return self.difference.is_different(self.level)

    @cached_property
    def seeds_needed(self) -> int | None:
        """Number of seeds that would decide it, if further runs are like these; None if no number would."""
        return None if self.is_different else self.difference.seeds_needed(self.level)

    @cached_property
    def sentence(self) -> str:
        found, seeds = self.difference, self.difference.num_seeds
        if self.is_different:
            return f"{self.better} beats {self.other} by {_points(found.mean)} ({_interval(self)}, {seeds} seeds)."
        start = f"{self.better} and {self.other} cannot be told apart with {seeds} seed{'s' * (seeds > 1)}"
        if seeds < 2:
            return f"{start}: the variation between seeds is unknown. At least {MIN_SEEDS} seeds are needed."
        if found.mean == 0:
            return f"{start}: their means are equal ({_interval(self)})."
        start += f": the mean of {self.better} is {_points(found.mean)} higher ({_interval(self)})"
        if needed := self.seeds_needed:
            return f"{start}; about {needed} seeds are needed to decide."
        return (
            f"{start}; {MAX_SEEDS} seeds would not be enough to decide on these {found.num_examples:,} test examples."
        )


def verdicts(answers: Answers) -> list[Verdict]:
    """For every pair that has a seed in common, the clearest first; ``answers`` are right or not."""
    pairs = []
    for one, two in combinations(answers, 2):
        seeds = [seed for seed in answers[one] if seed in answers[two]]
        if seeds:
            first, second = (np.stack([answers[label][seed] for seed in seeds]) for label in (one, two))
            if first.mean() < second.mean():
                one, two, first, second = two, one, second, first
            pairs.append((one, two, paired_difference(first, second)))
    level = level_of_each(len(pairs))
    found = [Verdict(one, two, difference, level) for one, two, difference in pairs]
    return sorted(found, key=lambda each: (not each.is_different, -each.difference.mean))


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"


def _interval(verdict: Verdict) -> str:
    low, high = (100 * end for end in verdict.difference.interval(verdict.level))
    return f"95% interval {low:z.1f} to {high:z.1f}".replace("-", "−")
