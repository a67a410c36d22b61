"""The runs of memory tests as tidy DataFrames, and as sentences. Pure; no results give empty frames."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import pandas as pd

from cache.results.results import Result
from cache.results.study_results import StudyResults
from cache.store.runs import best_epoch
from models.experiments.memory_series import SERIES, MemorySeries
from models.statistics.learnt import LEARNT, is_guessed, learnt_by, num_learnt

ACCURACY_COLUMNS = ("label", "steps", "seed", "test_accuracy")
SEED_COLUMNS = ("test", "architecture", "steps", "seed", "test_accuracy", "beyond_chance")


def by_series(study: StudyResults) -> dict[MemorySeries, dict[int, list[Result]]]:
    """Return the results of the study of memory, by series and steps back."""
    results = iter(study.results)
    return {series: {steps: next(results) for steps in series.steps} for series in SERIES}


def accuracy_frame(results: Mapping[int, Iterable[Result]]) -> pd.DataFrame:
    """Tabulate the test accuracy at the best validation epoch: a row for each whole result, with its steps back."""
    rows = [
        (result.label, steps, result.spec.seed, best_epoch(result.epochs).test_accuracy)
        for steps, each in results.items()
        for result in each
        if result.is_cached
    ]
    return pd.DataFrame(rows, columns=list(ACCURACY_COLUMNS)).astype({"steps": int, "test_accuracy": float})


def seeds_frame(found: Mapping[MemorySeries, Mapping[int, Iterable[Result]]], names: Mapping[str, str]) -> pd.DataFrame:
    """A row for each run of each series: ``beyond_chance`` goes from 0, guessing, to 1, always right."""
    frames = [
        accuracy_frame(results).assign(test=series.title, chance=series.test.chance)
        for series, results in found.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["architecture"] = frame["label"].map(names)
    frame["beyond_chance"] = ((frame["test_accuracy"] - frame["chance"]) / (1 - frame["chance"])).clip(lower=0)
    return frame[list(SEED_COLUMNS)]


def in_words(seeds: pd.DataFrame) -> list[str]:
    """The alternative text of ``seeds_frame``: a sentence for each test and architecture."""
    sentences = []
    for (test, architecture), found in seeds.groupby(["test", "architecture"], sort=False):
        by_steps = [
            f"{(each['test_accuracy'] >= LEARNT).sum()} of {len(each)} at {steps}"
            for steps, each in found.groupby("steps")
        ]
        sentences.append(f"{test}, {architecture}, seeds that learnt it by steps back: {', '.join(by_steps)}.")
    return sentences


def means_frame(accuracy: pd.DataFrame, chance: float) -> pd.DataFrame:
    """Aggregate accuracies over seeds.

    Args:
        accuracy: A result of ``accuracy_frame``.
        chance: The accuracy of guessing, 0 to 1.

    Returns:
        A row for each label and steps: mean, std (n − 1, empty for one seed), low, high, and ``n`` seeds. If the seeds
        fall into two groups, ``groups`` says so, ``learnt`` is the number that learnt the test, and there is no mean.
    """
    rows = []
    for (label, steps), found in accuracy.groupby(["label", "steps"], sort=False):
        values = found["test_accuracy"]
        groups = learnt_by(values.tolist(), chance)
        mean, std = (None, None) if groups else (values.mean(), values.std())
        rows.append((label, steps, mean, std, len(values), num_learnt(values.tolist(), chance), groups))
    frame = pd.DataFrame(rows, columns=["label", "steps", "mean", "std", "n", "learnt", "groups"])
    frame = frame.astype({"steps": int, "mean": float, "std": float, "n": int})
    frame = frame.sort_values("steps", kind="stable", ignore_index=True)
    ends = {"low": frame["mean"] - frame["std"], "high": frame["mean"] + frame["std"]}
    return frame.assign(**{name: end.clip(0.0, 1.0) for name, end in ends.items()})


def accuracy_table(means: pd.DataFrame) -> pd.DataFrame:
    """A row for each label and a column for each distance, "99.9 ± 0.1%", then the number of seeds."""
    sentences = means.assign(text=[_cell(row) for row in means.itertuples(index=False)])
    labels, steps = sentences["label"].unique(), sorted(sentences["steps"].unique())
    table = sentences.pivot(index="label", columns="steps", values="text").reindex(index=labels, columns=steps)
    seeds = sentences.groupby("label", sort=False)["n"].agg(["min", "max"]).reindex(labels)
    table.columns = [f"{each:,} back" for each in steps]
    table["Seeds"] = [
        str(low) if low == high else f"{low} to {high}" for low, high in zip(seeds["min"], seeds["max"], strict=True)
    ]
    return table.rename_axis("Architecture").reset_index()


def _cell(row: Any) -> str:
    if row.groups:
        return row.groups
    return f"{100 * row.mean:.1f}%" if pd.isna(row.std) else f"{100 * row.mean:.1f} ± {100 * row.std:.1f}%"


@dataclass(frozen=True)
class Memory:
    """What one architecture remembers.

    Of the tested ``steps``: those ``held``, those only ``guessed``, and a phrase on each of the ``others``.
    ``in_groups`` are those just beyond the held ones that some seeds learnt and others only guess.
    """

    steps: tuple[int, ...]
    held: tuple[int, ...]
    guessed: tuple[int, ...]
    others: dict[int, str]
    in_groups: tuple[int, ...]


def memories(means: pd.DataFrame, chance: float) -> dict[str, Memory]:
    """Summarize how far back each label remembers.

    Args:
        means: A result of ``means_frame``.
        chance: The accuracy of guessing, 0 to 1.

    Returns:
        By label. Held are the shortest distances up to the first that is not held; guessed are the longest, likewise.
    """
    return {
        str(label): _memory(list(rows.itertuples(index=False)), chance)
        for label, rows in means.groupby("label", sort=False)
    }


def _memory(rows: Sequence[Any], chance: float) -> Memory:
    """``rows`` of a frame as named tuples, by increasing steps."""
    held = [row.steps for row in takewhile(lambda row: row.mean >= LEARNT, rows)]
    guessed = [row.steps for row in takewhile(lambda row: is_guessed(row.mean, chance), reversed(rows))][::-1]
    others = {
        row.steps: f"at {row.steps} steps back {row.groups}" if row.groups else
        f"reaches {row.mean:.0%} at {row.steps} steps back"
        for row in rows if row.steps not in (*held, *guessed)
    }  # fmt: skip
    in_groups = [row.steps for row in takewhile(lambda row: row.groups, rows[len(held) :])]
    return Memory(tuple(row.steps for row in rows), tuple(held), tuple(guessed), others, tuple(in_groups))


def sentence(label: str, memory: Memory) -> str:
    """Say how far back a label remembers, from where it only guesses, and what happens in between."""
    if len(memory.held) == len(memory.steps):
        return f"**{label}** remembers at all tested distances, {_range(memory.steps)} steps back."
    if len(memory.guessed) == len(memory.steps):
        return f"**{label}** only guesses at all tested distances, {_range(memory.steps)} steps back."
    parts = [
        f"remembers up to {max(memory.held)} steps back" if memory.held else "",
        *memory.others.values(),
        f"only guesses from {min(memory.guessed)} steps on" if memory.guessed else "",
    ]
    return f"**{label}** {'; '.join(part for part in parts if part)}."


def _range(steps: tuple[int, ...]) -> str:
    return f"{min(steps)} to {max(steps)}" if len(steps) > 1 else str(min(steps))
