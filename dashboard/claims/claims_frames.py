"""Findings on claims as tidy DataFrames, in the units of their sentences. Pure; no findings give empty frames."""

from collections.abc import Sequence

import pandas as pd

from cache.claims.claim_results import ClaimResult, PartResult, describe_measurement
from cache.claims.costs import CONV1D, FLATTEN, GRU, LSTM
from cache.claims.evidence import SECONDS_PER_EPOCH, Measure, Sample
from cache.claims.published import SECONDS as PUBLISHED_SECONDS
from cache.claims.rules import Unit
from models.statistics.intervals import Exact, Mean
from models.statistics.paired_difference import LEVEL

RUN_COLUMNS = ("label", "architecture", "seed", "value", "run", "device")
MEAN_COLUMNS = ("label", "architecture", "mean", "low", "high", "n")
FIGURE_COLUMNS = ("label", "value", "low", "high", "verdict", "from", "to", "sentence")
SHOWN = (FLATTEN, CONV1D, GRU, LSTM)


def samples_of(claim_result: ClaimResult) -> dict[Measure, list[Sample]]:
    """What the claim's groups measured, each group once and in the order of the claim's groups."""
    found: dict[Measure, dict[str, Sample]] = {}
    for part_result in claim_result.part_results:
        for sample in part_result.samples:
            found.setdefault(sample.measure, {}).setdefault(sample.group.label, sample)
    labels = [group.label for group in claim_result.claim.groups]
    return {measure: [samples[label] for label in labels if label in samples] for measure, samples in found.items()}


def runs_frame(samples: Sequence[Sample]) -> pd.DataFrame:
    """A row for each run that counts."""
    rows = [
        (
            sample.group.label,
            sample.group.architecture,
            result.spec.seed,
            sample.measure.unit.factor * value,
            result.asked_run.id,
            result.device,
        )
        for sample in samples
        for result, value in zip(sample.results, sample.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(RUN_COLUMNS)).astype({"value": float})


def means_frame(samples: Sequence[Sample]) -> pd.DataFrame:
    """A row for each group with runs: its mean and, from two seeds on, the 95% interval of that mean. The mean is None
    if the seeds fall into two groups.
    """
    rows = []
    for sample in samples:
        if sample.values and not sample.groups_of_seeds:
            estimate, factor = Mean(sample.values, sample.measure.limits), sample.measure.unit.factor
            low, high = estimate.interval(LEVEL) if len(sample.values) > 1 else (None, None)
            ends = (None if end is None else factor * end for end in (low, high))
            rows.append(
                (sample.group.label, sample.group.architecture, factor * estimate.value, *ends, len(sample.values))
            )
    numbers = dict.fromkeys(("mean", "low", "high"), float)
    return pd.DataFrame(rows, columns=list(MEAN_COLUMNS)).astype(numbers)


def measured_figures(claim_result: ClaimResult) -> dict[Unit, list[PartResult]]:
    """The findings that have an interval to draw, by unit."""
    found: dict[Unit, list[PartResult]] = {}
    for part_result in claim_result.part_results:
        if part_result.part.measure is not None and any(each.low is not None for each in part_result.measurements):
            found.setdefault(part_result.part.unit, []).append(part_result)
    return found


def figures_frame(part_results: Sequence[PartResult]) -> pd.DataFrame:
    """A row for each figure with an interval, and the ends of the zone that must contain it; a missing end is empty."""
    rows = []
    for part_result in part_results:
        unit, zone = part_result.part.unit, part_result.part.rule.zone
        for each in part_result.measurements:
            label, estimate = each.measurement.label, each.measurement.estimate
            if estimate is None or each.low is None or each.high is None or isinstance(estimate, Exact):
                continue
            value, low, high = (unit.factor * number for number in (estimate.value, each.low, each.high))
            bounds = (unit.factor * bound if abs(bound) < float("inf") else None for bound in zone)
            rows.append((label, value, low, high, each.verdict, *bounds, describe_measurement(each, unit)))
    numbers = dict.fromkeys(("value", "low", "high", "from", "to"), float)
    return pd.DataFrame(rows, columns=list(FIGURE_COLUMNS)).astype(numbers)


def seconds_table(claim_result: ClaimResult, device: str) -> pd.DataFrame:
    """Published seconds beside measured ones, each also as a multiple of a GRU's. The columns have two levels: source
    and quantity.
    """
    samples = {sample.group: sample for sample in samples_of(claim_result).get(SECONDS_PER_EPOCH, [])}
    means = {group: Mean(samples[group].values).value for group in SHOWN if samples[group].values}
    published, measured = "Published", f"Measured on {device}"
    rows = []
    for group in SHOWN:
        reported, mean = PUBLISHED_SECONDS.get(group.architecture), means.get(group)
        rows.append(
            (
                group.title,
                None if reported is None else f"about {reported:.0f} s",
                None if reported is None else f"{reported / PUBLISHED_SECONDS['gru']:.2f}×",
                None if mean is None else f"{mean:.2f} s",
                None if mean is None or GRU not in means else f"{mean / means[GRU]:.2f}×",
                str(len(samples[group].values)),
            )
        )
    columns = [
        ("", "Architecture"),
        *((published, name) for name in ("Seconds per epoch", "Times a GRU’s")),
        *((measured, name) for name in ("Seconds per epoch", "Times a GRU’s", "Seeds")),
    ]
    return pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples(columns))
