"""The memory test's runs as tidy DataFrames, and what they say in words. Pure; no results give empty frames."""

from collections.abc import Iterable, Mapping

import pandas as pd

from cache.results import Result
from cache.runs import best_epoch

ACCURACY_COLUMNS = ("label", "steps", "seed", "test_accuracy")
HOLDS, CHANCE = 0.95, 0.55
"""Mean test accuracy from which on a distance is held, and up to which it is guessed. Of 1,000 texts, a guesser gets
55% right once in a thousand times."""
CLAIMED = "SimpleRNN"


def accuracy_frame(results: Mapping[int, Iterable[Result]]) -> pd.DataFrame:
    """A row for each result that is cached whole, by steps back: its test accuracy at its best validation epoch."""
    rows = [
        (result.label, steps, result.spec.seed, best_epoch(result.epochs).test_accuracy)
        for steps, each in results.items()
        for result in each
        if result.is_cached
    ]
    return pd.DataFrame(rows, columns=list(ACCURACY_COLUMNS)).astype({"steps": int, "test_accuracy": float})


def means_frame(accuracy: pd.DataFrame) -> pd.DataFrame:
    """A row for each label and steps: mean, std (n − 1, empty for one seed), low, high, and ``n`` seeds."""
    table = accuracy.groupby(["label", "steps"], sort=False)["test_accuracy"].agg(["mean", "std", "count"])
    table = table.reset_index().rename(columns={"count": "n"}).sort_values("steps", kind="stable", ignore_index=True)
    return table.assign(low=table["mean"] - table["std"], high=table["mean"] + table["std"])


def accuracy_table(means: pd.DataFrame) -> pd.DataFrame:
    """A row for each label and a column for each distance, "99.9 ± 0.1%", then how many seeds are behind each."""
    said = means.assign(
        text=[
            f"{100 * mean:.1f}%" if pd.isna(std) else f"{100 * mean:.1f} ± {100 * std:.1f}%"
            for mean, std in zip(means["mean"], means["std"], strict=True)
        ]
    )
    labels, steps = said["label"].unique(), sorted(said["steps"].unique())
    table = said.pivot(index="label", columns="steps", values="text").reindex(index=labels, columns=steps)
    seeds = said.groupby("label", sort=False)["n"].agg(["min", "max"]).reindex(labels)
    table.columns = [f"{each:,} back" for each in steps]
    table["Seeds"] = [
        str(low) if low == high else f"{low} to {high}" for low, high in zip(seeds["min"], seeds["max"], strict=True)
    ]
    return table.rename_axis("Architecture").reset_index()


def verdicts(means: pd.DataFrame) -> dict[str, str]:
    """A sentence for each label: how far back it holds, where it is at chance, and what it gets in between."""
    return {label: _verdict(label, _by_steps(means, label)) for label in means["label"].unique()}


def claim(means: pd.DataFrame) -> tuple[bool | None, str]:
    """Whether SimpleRNN loses what stood early, by these runs (None: not decided), and a sentence on it."""
    found = _by_steps(means, CLAIMED)
    held = _held(found)
    if len(found) < 2:
        return None, f"Not decided yet: train {CLAIMED} at a short and a long distance, at least."
    if not held:
        return None, f"Not decided: {CLAIMED} did not learn even the shortest distance, so there is nothing to forget."
    if len(held) == len(found):
        return False, (f"Not in these runs: {CLAIMED} remembers at all tested distances, {_steps(found)} steps back.")
    lost = next(steps for steps in found if steps not in held)
    return (
        True,
        (
            f"Confirmed in these runs: {CLAIMED} remembers up to {max(held)} steps back; at {lost} its accuracy is "
            f"{found[lost]:.0%}."
        ),
    )


def held_up_to(means: pd.DataFrame, label: str) -> int:
    """The longest distance that the label holds, with all shorter ones; 0 if not even the shortest."""
    return max(_held(_by_steps(means, label)), default=0)


def _by_steps(means: pd.DataFrame, label: str) -> dict[int, float]:
    rows = means[means["label"] == label].sort_values("steps")
    return dict(zip(rows["steps"].tolist(), rows["mean"].tolist(), strict=True))


def _held(found: Mapping[int, float]) -> list[int]:
    """The shortest distances, as long as all of them are held."""
    held = []
    for steps, mean in found.items():
        if mean < HOLDS:
            break
        held.append(steps)
    return held


def _guessed(found: Mapping[int, float]) -> list[int]:
    """The longest distances, as long as all of them are guessed; ascending."""
    guessed: list[int] = []
    for steps in reversed(found):
        if found[steps] > CHANCE:
            break
        guessed.insert(0, steps)
    return guessed


def _steps(found: Mapping[int, float]) -> str:
    return f"{min(found)} to {max(found)}" if len(found) > 1 else str(min(found))


def _verdict(label: str, found: Mapping[int, float]) -> str:
    held, guessed = _held(found), _guessed(found)
    if len(held) == len(found):
        return f"**{label}** remembers at all tested distances, {_steps(found)} steps back."
    if len(guessed) == len(found):
        return f"**{label}** only guesses at all tested distances, {_steps(found)} steps back."
    between = [f"{mean:.0%} at {steps}" for steps, mean in found.items() if steps not in (*held, *guessed)]
    parts = [
        f"remembers up to {max(held)} steps back" if held else "",
        f"reaches {', '.join(between)} steps back" if between else "",
        f"only guesses from {min(guessed)} steps on" if guessed else "",
    ]
    return f"**{label}** {', '.join(part for part in parts if part)}."
