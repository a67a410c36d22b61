"""A claim as data, and its evaluation by the runs in the cache."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cache.claims.evidence import Evidence, Measure, MissingRun, Sample, SeedGroup
from cache.claims.measurements import Measurement
from cache.claims.rules import NOT_DECIDED, Rule, Unit, all_of, any_of
from cache.core.formatting import count
from cache.results.results import Result
from cache.results.stuck import stuck_sentence
from cache.store.runs import Run
from models.statistics.intervals import Exact
from models.statistics.looks import LEVEL, LOOKS, bonferroni_level, next_look

PUBLISHED, OWN = "Published observation", "Our own question"


@dataclass(frozen=True)
class Part:
    """One statement of a claim. All of its figures must hold, or one of them if ``any_is_enough``.

    ``groups`` are all groups of seeds that its figures use; ``measure`` is the metric that is shown of them. ``why``
    says where the rule's bounds come from. An ``is_informational`` part is evaluated and shown but does not decide the
    claim. ``on`` names the part's test, if a claim has several tests.
    """

    sentence: str
    unit: Unit
    rule: Rule
    why: str
    measurements: Callable[[Evidence], Sequence[Measurement]]
    groups: tuple[SeedGroup, ...] = ()
    measure: Measure | None = None
    any_is_enough: bool = False
    is_informational: bool = False
    on: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim. ``studies`` are those of ``models.experiments.studies`` whose runs test it; ``caveat`` says what they
    cannot test.
    """

    name: str
    title: str
    sentence: str
    origin: str
    studies: tuple[str, ...]
    parts: tuple[Part, ...]
    caveat: str = ""

    @property
    def groups(self) -> tuple[SeedGroup, ...]:
        """By test, architecture and distance of a memory test, else in the order of the parts."""
        test_of = {group: part.on for part in reversed(self.parts) for group in part.groups}
        groups = dict.fromkeys(group for part in self.parts for group in part.groups)
        tests = list(dict.fromkeys(part.on for part in self.parts))
        architectures = list(dict.fromkeys(group.architecture for group in groups))

        def place(group: SeedGroup) -> tuple[int, int, int]:
            return tests.index(test_of[group]), architectures.index(group.architecture), group.steps

        return tuple(sorted(groups, key=place))


@dataclass(frozen=True)
class Decided:
    """A figure with its interval. ``num_needed`` is the number of seeds of the look at which it would be decided, if
    further runs are like the ones so far; None if it is decided, or would be at no look.
    """

    measurement: Measurement
    verdict: str
    low: float | None = None
    high: float | None = None
    num_needed: int | None = None


@dataclass(frozen=True)
class PartResult:
    """The evaluation of a part. ``samples`` are the measurements of its groups."""

    part: Part
    verdict: str
    measurements: tuple[Decided, ...]
    samples: tuple[Sample, ...]

    @property
    def work(self) -> list[MissingRun]:
        """The runs that the next look needs, each once."""
        if self.verdict != NOT_DECIDED:
            return []
        asked = [work for each in self.measurements if each.verdict == NOT_DECIDED for work in self._work(each)]
        return distinct(asked)

    @property
    def stuck_sentence(self) -> str:
        """Name the groups with seeds that learnt nothing; empty if there are none, or the part is on seconds. Parts on
        memory tests count seeds that learnt.
        """
        counted = [each for each in self.samples if not each.measure.is_timed and not each.group.steps]
        return stuck_sentence(result for sample in counted for result in sample.results)

    def _work(self, decided: Decided) -> list[MissingRun]:
        if decided.measurement.estimate is not None and decided.num_needed is None:
            return []
        estimate = decided.measurement.estimate
        return decided.measurement.work(next_look(estimate.num_seeds) if estimate else None)


@dataclass(frozen=True)
class ClaimResult:
    """The evaluation of a claim by the runs in the cache."""

    claim: Claim
    verdict: str
    part_results: tuple[PartResult, ...]
    level: float
    num_intervals: int
    active: tuple[tuple[str, Run], ...]
    """Of its runs, with the labels of their groups, those in training or waiting."""

    @property
    def by_test(self) -> dict[str, str]:
        """The verdict on each test, if the claim has several."""
        return {test: verdict for test, verdict in _by_test(self.part_results).items() if test}

    @property
    def work(self) -> list[MissingRun]:
        """The runs that the next look needs, each once, in the order of the groups."""
        labels = [group.label for group in self.claim.groups]
        work = distinct(work for part_result in self.part_results for work in part_result.work)
        return sorted(work, key=lambda each: labels.index(each.label))

    @property
    def run_ids(self) -> list[int]:
        """The runs that the evaluation uses."""
        return sorted({result.asked_run.id for result in self._results})

    @property
    def devices(self) -> list[str]:
        """The devices that measured them."""
        return sorted({result.device for result in self._results if result.device})

    @property
    def _results(self) -> list[Result]:
        samples = [sample for part_result in self.part_results for sample in part_result.samples]
        return [result for sample in samples for result in sample.results]


def evaluate_claim(claim: Claim, evidence: Evidence) -> ClaimResult:
    """Evaluate a claim by its runs.

    Args:
        claim: The claim.
        evidence: The runs of at least the claim's groups.
    """
    found = [(part, part.measurements(evidence)) for part in claim.parts]
    num_intervals = sum(not isinstance(each.estimate, Exact) for _, measurements in found for each in measurements)
    level = bonferroni_level(num_intervals)
    part_results = tuple(_part_result(part, measurements, level, evidence) for part, measurements in found)
    verdicts = set(_by_test(part_results).values())
    verdict = verdicts.pop() if len(verdicts) == 1 else NOT_DECIDED  # of all tests together
    active = {
        run.id: (group.label, run)
        for group in claim.groups
        for result in evidence.results[group]
        for run in evidence.active.get(result.spec.identity, ())
    }
    return ClaimResult(claim, verdict, part_results, level, num_intervals, tuple(active.values()))


def _by_test(part_results: Iterable[PartResult]) -> dict[str, str]:
    """The verdict by test; that of a claim without tests is under ""."""
    found: dict[str, list[str]] = {}
    for part_result in part_results:
        if not part_result.part.is_informational:
            found.setdefault(part_result.part.on, []).append(part_result.verdict)
    return {test: all_of(verdicts) for test, verdicts in found.items()}


def _part_result(part: Part, measurements: Sequence[Measurement], level: float, evidence: Evidence) -> PartResult:
    decided = tuple(_decide(measurement, part.rule, level) for measurement in measurements)
    combine = any_of if part.any_is_enough else all_of
    samples = tuple(evidence.sample(group, part.measure) for group in part.groups) if part.measure else ()
    return PartResult(part, combine([each.verdict for each in decided]), decided, samples)


def _decide(measurement: Measurement, rule: Rule, level: float) -> Decided:
    estimate = measurement.estimate
    if estimate is None:
        return Decided(measurement, NOT_DECIDED)
    low, high = estimate.interval(level)
    verdict = rule.decide(low, high)
    needed = None
    if verdict == NOT_DECIDED:
        further = (look for look in LOOKS if look > estimate.num_seeds)
        needed = next((n for n in further if rule.decide(*estimate.interval(level, n)) != NOT_DECIDED), None)
    return Decided(measurement, verdict, low, high, needed)


def describe_measurement(decided: Decided, unit: Unit) -> str:
    """Describe a measurement with its interval.

    Example: "LSTM against GRU: 2.15× (simultaneous 95% interval 2.05 to 2.26, 3 seeds)."

    Args:
        decided: The measurement with its interval.
        unit: How its value is written.
    """
    measurement = decided.measurement
    if measurement.estimate is None:
        return f"{measurement.missing_reason}."
    if isinstance(measurement.estimate, Exact):
        return f"{measurement.label}: {unit.format(measurement.estimate.value)}, exactly."
    remark = f"; {measurement.remark}" if measurement.remark else ""
    low, high = (math.nan if end is None else end for end in (decided.low, decided.high))
    return (
        f"{measurement.label}: {unit.format(measurement.estimate.value)} (simultaneous {LEVEL:.0%} interval "
        f"{unit.number(low)} to {unit.number(high)}, {count(measurement.estimate.num_seeds, 'seed')}{remark})."
    )


def outlook(decided: Decided) -> str:
    """Say what an undecided figure with an interval needs; empty for all others."""
    if decided.verdict != NOT_DECIDED or decided.measurement.estimate is None:
        return ""
    if decided.num_needed is None:
        return f"If further runs are like these, not even {LOOKS[-1]} seeds decide this."
    return f"If further runs are like these, {decided.num_needed} seeds are needed to decide this."


def distinct(work: Iterable[MissingRun]) -> list[MissingRun]:
    """Return each run once, with the most epochs that are asked of it, and timed if any request needs its seconds."""
    found: dict[str, MissingRun] = {}
    for each in work:
        seen = found.get(each.spec.identity)
        if seen is None:
            found[each.spec.identity] = each
        else:
            epochs, is_timed = max(seen.epochs, each.epochs), seen.is_timed or each.is_timed
            found[each.spec.identity] = MissingRun(seen.label, seen.spec, epochs, is_timed)
    return list(found.values())
