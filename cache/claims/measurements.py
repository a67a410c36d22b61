"""The figures that decide claims, each an estimate with its uncertainty, or a sentence on missing runs."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from cache.claims.evidence import (
    SECONDS_PER_EPOCH,
    TEST_ACCURACY,
    Evidence,
    Measure,
    MissingRun,
    Sample,
    SeedGroup,
)
from models.statistics.intervals import Estimate, Exact, Mean, MeanDifference, Ratio, Spread, Trend
from models.statistics.looks import latest_look, next_look
from models.statistics.paired_difference import MIN_SEEDS, paired_difference

FITTED = 0.9
"""The training accuracy from which a model counts as having learnt its training texts, so that overfitting can be
measured.
"""
TIMED_SEEDS = "geometric means of the first undisturbed seeds of each"
OVER_SEEDS_ALONE = "over seeds alone, because the answers to single test texts are not in this cache"


@dataclass(frozen=True)
class Measurement:
    """A figure. ``estimate`` is None while runs are missing; ``missing_reason`` says which. ``wanted`` are the runs to
    train instead of more seeds.
    """

    label: str
    samples: tuple[Sample, ...]
    estimate: Estimate | None
    missing_reason: str = ""
    remark: str = ""
    wanted: tuple[MissingRun, ...] = ()

    def work(self, num_seeds: int | None) -> list[MissingRun]:
        """The runs to train to know the figure, or for so many seeds."""
        if self.wanted:
            return list(self.wanted)
        return [work for sample in self.samples for work in sample.work(num_seeds or MIN_SEEDS)]


def exact(label: str, value: float) -> Measurement:
    return Measurement(label, (), Exact(value))


def mean(evidence: Evidence, label: str, group: SeedGroup, measure: Measure) -> Measurement:
    return _measurement(label, [evidence.sample(group, measure)], lambda sample: Mean(sample.values, measure.limits))


def difference(evidence: Evidence, label: str, first: SeedGroup, second: SeedGroup, measure: Measure) -> Measurement:
    samples = [evidence.sample(group, measure) for group in (first, second)]
    span = measure.limits[1] - measure.limits[0]
    return _measurement(label, samples, lambda one, two: MeanDifference(one.values, two.values, (-span, span)))


def times(evidence: Evidence, label: str, first: SeedGroup, second: SeedGroup) -> Measurement:
    """Measure how many times as long an epoch of ``first`` takes as one of ``second``."""
    samples = [evidence.sample(group, SECONDS_PER_EPOCH) for group in (first, second)]
    found = _measurement(label, samples, lambda one, two: Ratio(one.values, two.values))
    return replace(found, remark=TIMED_SEEDS) if found.estimate else found


def gain(evidence: Evidence, label: str, first: Sequence[SeedGroup], second: Sequence[SeedGroup]) -> Measurement:
    """Measure how much more accurate ``first`` is than ``second``, on average over the settings, which form pairs.

    The interval is over seeds and test texts if predictions are known, else over seeds alone.
    """
    samples = [evidence.sample(group, TEST_ACCURACY) for group in (*first, *second)]
    if any(sample.missing_reason for sample in samples):
        return _measurement(label, samples, Mean)
    seeds = _shared([{result.spec.seed for result in sample.results} for sample in samples])
    if len(seeds) < MIN_SEEDS:
        return Measurement(label, tuple(samples), None, f"{label}: seeds in common: {len(seeds)}, needed: {MIN_SEEDS}")
    seeds = seeds[: latest_look(len(seeds))]
    right = [evidence.right(group) for group in (*first, *second)]
    scored_seeds = _shared([set(each) for each in right])
    if set(seeds) <= set(scored_seeds) and len({len(each[seed]) for each in right for seed in seeds}) == 1:
        tables = [np.stack([each[seed] for seed in seeds]).astype(float) for each in right]  # (seeds, test examples)
        one, two = (np.mean(part, axis=0) for part in (tables[: len(first)], tables[len(first) :]))
        return Measurement(label, tuple(samples), paired_difference(one, two))
    by_seed = [
        {result.spec.seed: value for result, value in zip(sample.results, sample.values, strict=True)}
        for sample in samples
    ]
    each = tuple(
        fmean(one[seed] for one in by_seed[: len(first)]) - fmean(two[seed] for two in by_seed[len(first) :])
        for seed in seeds
    )
    return Measurement(label, tuple(samples), Mean(each), remark=OVER_SEEDS_ALONE)


def swing(evidence: Evidence, group: SeedGroup) -> Measurement:
    """Measure the standard deviation of test accuracy over seeds, relative to the one that the choice of test texts
    causes.
    """
    sample, num_test = evidence.sample(group, TEST_ACCURACY), evidence.num_test(group)
    label = f"{group.label}: variation between seeds, as a multiple of the variation between samples of test texts"
    if sample.missing_reason:
        return _measurement(label, [sample], Mean)
    if num_test is None:
        return Measurement(
            label, (sample,), None, f"{group.label}: its answers to the test texts are not in this cache"
        )
    sample = _at_latest_look([sample])[0]
    accuracy = fmean(sample.values)
    noise = math.sqrt(accuracy * (1 - accuracy) / num_test)
    if noise == 0:
        return Measurement(label, (sample,), None, f"{group.label}: all test texts got the same answer")
    estimate = Spread(sample.values, noise)
    over_seeds, over_texts = 100 * estimate.value * noise, 100 * noise
    remark = f"standard deviations: {over_seeds:.2f} points between seeds, {over_texts:.2f} for {num_test:,} test texts"
    return Measurement(label, (sample,), estimate, remark=remark)


def narrowing(
    evidence: Evidence, label: str, sizes: Sequence[tuple[int, SeedGroup, SeedGroup]], measure: Measure
) -> Measurement:
    """Measure how much lower a metric is with the most training examples than with the fewest.

    It is read from a straight line through all runs against the logarithm of the examples.

    Args:
        evidence: The runs.
        label: The name of the figure.
        sizes: (training examples, the group with the same number of epochs, the group with the same number of steps).
            The latter decide if all of their runs are cached, and are asked for if some of the former have not learnt
            their training texts.
        measure: The metric.
    """
    for groups in ([group for _, _, group in sizes], [group for _, group, _ in sizes]):
        samples = [evidence.sample(group, measure) for group in groups]
        if not any(sample.missing_reason for sample in samples):
            break
    steps = [evidence.sample(group, measure) for _, _, group in sizes]
    for sample in samples:
        learnt = [result.epochs[-1].train_accuracy for result in sample.results]
        if not sample.missing_reason and fmean(learnt) < FITTED:
            missing_reason = (
                f"{sample.group.label}: has not learnt its training texts after {sample.group.epochs} epochs "
                f"({fmean(learnt):.0%} correct), so it cannot overfit yet"
            )
            wanted = tuple(work for each in steps for work in each.work(MIN_SEEDS))
            return Measurement(label, tuple(samples), None, missing_reason, wanted=wanted)

    def line(*samples: Sample) -> Trend:
        points = [(math.log2(size), value) for (size, _, _), sample in zip(sizes, samples, strict=True)
                  for value in sample.values]  # fmt: skip
        return Trend(*map(tuple, zip(*points, strict=True)))

    return _measurement(label, samples, line)


def _measurement(label: str, samples: Sequence[Sample], make: Callable[..., Estimate]) -> Measurement:
    missing_reasons = list(dict.fromkeys(sample.missing_reason for sample in samples if sample.missing_reason))
    if not missing_reasons and any(sample.groups_of_seeds for sample in samples):
        return _in_groups(label, samples)
    estimate = None if missing_reasons else make(*_at_latest_look(samples))
    return Measurement(label, tuple(samples), estimate, "; ".join(missing_reasons))


def _in_groups(label: str, samples: Sequence[Sample]) -> Measurement:
    """If the seeds of a memory test fall into two groups, a mean describes neither, so there is no interval."""
    remarks = (f"{sample.group.label}: {sample.groups_of_seeds}" for sample in samples if sample.groups_of_seeds)
    look = next_look(min(len(sample.values) for sample in samples))
    wanted = tuple(work for sample in samples for work in sample.work(look or 0))
    return Measurement(label, tuple(samples), None, "; ".join(remarks), wanted=wanted)


def _at_latest_look(samples: Sequence[Sample]) -> list[Sample]:
    """The samples with as many seeds as the latest look of the smallest one reads."""
    look = latest_look(min(len(sample.values) for sample in samples))
    return [replace(each, results=each.results[:look], values=each.values[:look]) for each in samples]


def _shared(seeds: Sequence[set[int]]) -> list[int]:
    return sorted(set.intersection(*seeds)) if seeds else []
