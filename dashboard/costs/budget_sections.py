"""Comparisons at equal cost, in words and tables, for the page and for the report. Pure."""

from collections.abc import Sequence

import pandas as pd

from cache.core.formatting import count
from cache.results.results import Result
from dashboard.charts.figures import MISSING
from dashboard.charts.report_section import ReportSection
from dashboard.costs import budget_frames
from models.experiments.budget import Matched
from models.experiments.comparison import COMPOSED, Comparison, Entry

BUDGETS = EQUAL_PARAMETERS, EQUAL_TIME, EQUAL_ACCURACY = ("Equal parameters", "Equal time", "Equal accuracy")
RANGES = {
    "param_budget": (100, 100_000_000),
    "time_budget": (0.1, 1_000_000.0),
    "accuracy_budget": (0.0, 100.0),
}


def sizable(comparison: Comparison) -> list[Entry]:
    """All entries but composed stacks, which keep their sizes."""
    return [entry for entry in comparison.entries if entry.architecture != COMPOSED]


def of_parameters(comparison: Comparison, matched: Sequence[Matched], budget: int) -> ReportSection:
    notes = []
    if any(not each.is_matched for each in matched):
        notes.append(
            "Models that differ from the budget by more than 1% cannot be sized to it: their embedding alone is larger."
        )
    if len(sizable(comparison)) < len(comparison.entries):
        notes.append("Composed stacks keep their sizes.")
    sentence = f"Hyperparameters that give each architecture about {budget:,} parameters."
    return ReportSection(EQUAL_PARAMETERS, (sentence,), budget_frames.matched_table(matched), tuple(notes))


def of_time(timed: Sequence[Result], seconds: float, device: str) -> ReportSection:
    frame = budget_frames.at_equal_time(timed, seconds)
    table = pd.DataFrame(
        {
            "Architecture": frame["label"],
            "Seeds": frame["seeds"],
            "Epochs done": _epochs(frame),
            "Best validation": _spread(100 * frame["accuracy"], 100 * frame["accuracy_std"], ".2f", "%"),
        }
    )
    note = (
        f"Best validation accuracy after {seconds:g} s of training on {device}, including tracing and compilation; "
        "mean ± standard deviation over the seeds with at least one finished epoch by then."
    )
    return ReportSection(EQUAL_TIME, (), table, (note,))


def of_accuracy(timed: Sequence[Result], per_cent: float, device: str) -> ReportSection:
    frame = budget_frames.at_equal_accuracy(timed, per_cent / 100)
    table = pd.DataFrame(
        {
            "Architecture": frame["label"],
            "Seeds that reached it": [
                f"{reached} of {seeds}" for reached, seeds in zip(frame["reached"], frame["seeds"], strict=True)
            ],
            "Seconds of training": _spread(frame["seconds"], frame["seconds_std"], ".1f", " s"),
            "Epochs": _epochs(frame),
        }
    )
    never = int((frame["seeds"] - frame["reached"]).sum())
    note = (
        f"Seconds of training on {device} until validation accuracy first is {per_cent:g}%, mean ± standard deviation "
        "over the seeds that reach it"
        + (f"; {count(never, 'run')} did not reach it within the epochs of this comparison." if never else ".")
    )
    return ReportSection(EQUAL_ACCURACY, (), table, (note,))


def _epochs(frame: pd.DataFrame) -> list[str]:
    return [MISSING if pd.isna(mean) else f"{mean:.1f}" for mean in frame["epochs"]]


def _spread(means: pd.Series, stds: pd.Series, number: str, unit: str) -> list[str]:
    return [
        MISSING if pd.isna(mean) else f"{mean:{number}}" + ("" if pd.isna(std) else f" ± {std:{number}}") + unit
        for mean, std in zip(means, stds, strict=True)
    ]
