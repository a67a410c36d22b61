"""Which architecture to take: the cheapest that no other beats by more than the margin, and what higher costs would
gain.

It is computed from the verdicts on pairs, whose intervals hold together, so the sentence is as certain as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self

from cache.core.formatting import count, listed, multiple, part_of, points
from cache.results.results import Result, seconds_by_seed
from cache.results.verdicts import Verdict
from models.statistics.looks import LOOKS, next_look
from models.statistics.paired_difference import MIN_SEEDS

TOO_WIDE = 0.1
"""If another may be better by more than this, the number is of no use to a reader."""


@dataclass(frozen=True)
class Costs:
    """The cost of each label: seconds per epoch on ``device``, or parameters if there is no device."""

    by_label: Mapping[str, float]
    device: str | None = None

    @classmethod
    def of(cls, results: Iterable[Result], device: str, include_contended: bool = False) -> Self:
        """Mean seconds per epoch on ``device`` if all cached runs were timed there, else parameters."""
        cached = [result for result in results if result.is_cached]
        seconds = seconds_by_seed(cached, device, include_contended)
        if seconds.keys() == {result.label for result in cached}:
            return cls({label: fmean(by_seed.values()) for label, by_seed in seconds.items()}, device)
        return cls({result.label: float(result.asked_run.num_params) for result in cached})


@dataclass(frozen=True)
class Recommendation:
    """``label`` is the architecture to take; None if that is undecided. ``next_seeds`` are those of the next look, if
    there is one and something is open. ``compares_seconds``: the sentence has a ratio of seconds.
    """

    sentence: str
    label: str | None
    next_seeds: int | None = None
    compares_seconds: bool = False


def recommend(verdicts: Sequence[Verdict], costs: Costs) -> Recommendation | None:
    """Recommend the cheapest architecture that none of the others beats by more than the margin.

    Args:
        verdicts: The verdict on every pair.
        costs: The cost of each architecture; those without a cost are left out.

    Returns:
        None without a verdict on every pair of at least two that have a cost.
    """
    labels = sorted(costs.by_label, key=lambda label: costs.by_label[label])
    pairs = {(each.better, each.other): each for each in verdicts}
    pairs |= {(other, better): verdict for (better, other), verdict in pairs.items()}
    if len(labels) < 2 or any((one, two) not in pairs for one in labels for two in labels if one != two):
        return None
    compared = _Compared(labels, pairs, costs, verdicts[0].margin)
    open_ones: list[str] = []
    for label in labels:
        if compared.is_enough(label):
            return compared.take(label, open_ones)
        if not compared.is_too_little(label):
            open_ones.append(label)
    return compared.open(open_ones)


@dataclass(frozen=True)
class _Compared:
    """The compared architectures. ``labels``: the cheapest first."""

    labels: Sequence[str]
    pairs: Mapping[tuple[str, str], Verdict]
    costs: Costs
    margin: float

    def is_enough(self, label: str, num_seeds: int | None = None) -> bool:
        """Whether it is certain that no other is better by more than the margin; with so many seeds, if further runs
        are like these.
        """
        return all(high <= self.margin for _, high in self._leads(label, num_seeds))

    def is_too_little(self, label: str, num_seeds: int | None = None) -> bool:
        """Whether it is certain that another is better by more than the margin, as for ``is_enough``."""
        return any(low > self.margin for low, _ in self._leads(label, num_seeds))

    def take(self, label: str, open_ones: Sequence[str]) -> Recommendation:
        within = points(self.margin)
        costliest, place = self.labels[-1], self.labels.index(label)
        where = f" on {self.costs.device}" if self.costs.device else ""
        cost = self._cost(label, costliest, where) if self._is_cheaper(label, costliest) else ""
        found = [f"Take {label}: none of the others is better by more than {within}{cost}."]
        worse = [each for each in self.labels[:place] if each not in open_ones]
        if worse:
            found.append(f"{self._named(worse, label)} {_are(worse)} worse by more than {within}.")
        if open_ones:
            found.append(
                f"Whether {self._named(open_ones, label)} {_are(open_ones)} as good is not decided: "
                f"{self._outlook(open_ones, 'it')}."
            )
        better = {each: self._cost(each, label) for each in self.labels[place + 1 :] if self._beats(each, label)}
        found += [
            f"{each} is better by {100 * self.pairs[each, label].difference.mean:.1f} points{dearer}."
            for each, dearer in better.items()
        ]
        compares_seconds = bool(self.costs.device) and any([cost, *better.values()])
        if too := [each for each in self.labels[place + 1 :] if each not in better and self.is_enough(each)]:
            higher = ", at a higher cost" if all(self._is_cheaper(label, each) for each in too) else ""
            found.append(f"The same holds for {listed(too)}{higher}.")
        return Recommendation(" ".join(found), label, self._next(open_ones) if open_ones else None, compares_seconds)

    def open(self, open_ones: Sequence[str]) -> Recommendation:
        """``open_ones`` is never empty: the most accurate on average cannot be certainly beaten."""
        label = open_ones[0]
        if self._num_seeds([label]) < MIN_SEEDS:
            return Recommendation(
                f"Not decided: at least {MIN_SEEDS} seeds of each are needed.", None, self._next([label])
            )
        most = max(high for _, high in self._leads(label))
        if most > TOO_WIDE:
            found = f"Not decided with {self._num_seeds([label])} seeds: the intervals are still wide"
            return Recommendation(f"{found}; {self._outlook([label])}.", None, self._next([label]))
        which = self._why_this(label)
        is_just_above = most - self.margin < 0.0005  # rounded, it would read as the margin itself
        by = f"a little more than {points(self.margin)}" if is_just_above else f"up to {100 * most:.1f} points"
        found = f"Not decided: the best of the others may be {by} better than {label}, {which}"
        return Recommendation(f"{found}; {self._outlook([label])}.", None, self._next([label]))

    def _why_this(self, label: str) -> str:
        """Say why the cheapest that is open is named."""
        is_first = label == self.labels[0]
        rivals = [each for each in self.labels if each != label and (is_first or not self.is_too_little(each))]
        average = "" if all(self._is_cheaper(label, each) for each in rivals) else " on average"
        if is_first:
            return f"which costs least{average}"
        return f"the cheapest{average} that is not yet ruled out"

    def _cost(self, label: str, other: str, where: str = "") -> str:
        """Compare costs: ", and an epoch takes an eighth of the seconds of GRU (over 5 seeds of each)", ", and it has
        1.3 times the parameters of GRU"; empty before the first look at the seconds.
        """
        if not self.costs.device:
            ratio = self.costs.by_label[label] / self.costs.by_label[other]
            return f", and it has {part_of(ratio) or multiple(ratio)} the parameters of {other}"
        verdict = self.pairs[label, other]
        if verdict.seconds is None:
            return ""
        ratio = verdict.seconds.value if verdict.better == label else 1 / verdict.seconds.value
        return (
            f", and an epoch{where} takes {part_of(ratio) or multiple(ratio)} the seconds of {other} (over "
            f"{count(verdict.seconds.num_seeds, 'seed')} of each)"
        )

    def _is_cheaper(self, label: str, other: str) -> bool:
        """Whether it is certainly cheaper: parameters are counted, seconds have a verdict."""
        if self.costs.device:
            return bool(self.pairs[label, other].is_faster(label)) if label != other else False
        return self.costs.by_label[label] < self.costs.by_label[other]

    def _named(self, labels: Sequence[str], label: str) -> str:
        """Name an architecture, with a remark if it is cheaper: "Flatten, which is cheaper,"."""
        is_cheaper = all(self._is_cheaper(each, label) for each in labels)
        return listed(labels) + (f", which {_are(labels)} cheaper," if is_cheaper else "")

    def _leads(self, label: str, num_seeds: int | None = None) -> list[tuple[float, float]]:
        """How much better each other one is, as intervals; those to expect with so many seeds."""
        return [self._lead(other, label, num_seeds) for other in self.labels if other != label]

    def _lead(self, other: str, label: str, num_seeds: int | None) -> tuple[float, float]:
        verdict = self.pairs[other, label]
        read = verdict.difference.num_seeds
        low, high = verdict.difference.interval(verdict.level, max(read, num_seeds or read))
        return (low, high) if verdict.better == other else (-high, -low)

    def _beats(self, other: str, label: str) -> bool:
        verdict = self.pairs[other, label]
        return verdict.is_different and verdict.better == other

    def _num_seeds(self, labels: Sequence[str]) -> int:
        return min(self.pairs[label, other].num_shared for label in labels for other in self.labels if other != label)

    def _next(self, labels: Sequence[str]) -> int | None:
        return next_look(self._num_seeds(labels))

    def _outlook(self, labels: Sequence[str], what: str = "") -> str:
        what = what or f"which is the cheapest within {points(self.margin)} of the best"
        if (following := self._next(labels)) is None:
            return f"even {LOOKS[-1]} seeds of each, the most that are compared, did not decide {what}"
        looks = (look for look in LOOKS if look >= following)
        if needed := next((look for look in looks if self._is_decided_with(look)), None):
            return f"if further runs are like these, {needed} seeds of each may be enough to decide {what}"
        return f"if further runs are like these, not even {LOOKS[-1]} seeds decide {what}"

    def _is_decided_with(self, num_seeds: int) -> bool:
        """Whether the cheapest that is good enough is known with so many seeds, if further runs are like these."""
        first = next((label for label in self.labels if not self.is_too_little(label, num_seeds)), None)
        return first is not None and self.is_enough(first, num_seeds)


def _are(labels: Sequence[str]) -> str:
    return "is" if len(labels) == 1 else "are"
