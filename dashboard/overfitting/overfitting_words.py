"""Sentences on the overfitting of each architecture, and their thresholds."""

from collections.abc import Iterator

import pandas as pd

from cache.core.formatting import count
from cache.results.overfitting import DROP, GAP, JAGGED, PERPLEXITY_RISE, TRAINING_RISE
from dashboard.charts.figures import MINUS
from models.tasks import NEXT_WORD


def thresholds(task: str) -> str:
    """The thresholds in words, for readers of the sentences."""
    of_words = (
        f"or validation perplexity ends at least {PERPLEXITY_RISE:.0%} above its lowest, " if task == NEXT_WORD else ""
    )
    return (
        f"Overfits: validation accuracy falls by at least {points(DROP)} after its best epoch while training accuracy "
        f"rises by at least {points(TRAINING_RISE)}, {of_words}on average over seeds. Wide gap: at least {points(GAP)} "
        f"between training and validation at the last epoch. Jagged: at least {points(JAGGED)} up and down per epoch."
    )


def points(share: float) -> str:
    """Format a share, 0 to 1, as percentage points: "1.3 points"."""
    return f"{100 * share:.1f} points".replace("-", MINUS)


def verdicts(summary: pd.DataFrame, task: str) -> list[tuple[str, str]]:
    """(label, the sentences after it) for each row of ``overfitting.summary_frame``."""
    return [(row["label"], verdict(row, task)) for row in summary.to_dict("records")]


def verdict(row: dict, task: str) -> str:
    """The sentences for one row of ``overfitting.summary_frame``, to be read after the label."""
    if row["last_epoch"] < 2:
        return "has only one epoch: overfitting shows from two epochs on."
    if not row["has_learnt"]:
        return _learnt_nothing(row)
    return " ".join((_main(row, task), *_more(row))) + left_out(row)


def learnt_nothing_of_each(summary: pd.DataFrame) -> list[str]:
    """Sentences, as Markdown, on the architectures of ``overfitting.summary_frame`` that learnt nothing."""
    return [f"**{row['label']}** {_learnt_nothing(row)}" for row in summary.to_dict("records") if not row["has_learnt"]]


def _learnt_nothing(row: dict) -> str:
    return f"learnt nothing ({count(row['stuck'], 'seed')}): every text gets the same answer."


def left_out(row: dict) -> str:
    """Name the seeds that are left out, after a space: " Without 1 of 3 seeds, which learnt nothing."; empty if there
    are none.
    """
    if not (row["stuck"] and row["has_learnt"]):
        return ""
    return f" Without {row['stuck']} of {count(row['seeds'] + row['stuck'], 'seed')}, which learnt nothing."


def _main(row: dict, task: str) -> str:
    after, gap = f"after {_best_epoch(row)}", row["gap_at_last"]
    if row["drop"] >= DROP and row["training_rise"] >= TRAINING_RISE:
        return (
            f"overfits: {after} validation falls by {points(row['drop'])} while training rises by "
            f"{points(row['training_rise'])}."
        )
    if task == NEXT_WORD and row["perplexity_rise"] >= PERPLEXITY_RISE:
        return (
            f"overfits: validation perplexity ends {row['perplexity_rise']:.0%} above its lowest, though validation "
            f"accuracy {_fell(row)}."
        )
    if row["drop"] >= DROP:
        return (
            f"is unsteady: {after} validation falls by {points(row['drop'])}, but training accuracy does not rise "
            "further."
        )
    if gap >= GAP:
        return f"has a wide gap: at the last epoch training is {points(gap)} above validation, which {_fell(row)}."
    side = "above" if gap >= 0 else "below"
    return f"does not overfit so far: at the last epoch training is {points(abs(gap))} {side} validation."


def _more(row: dict) -> Iterator[str]:
    unfinished, seeds = int(row["unfinished"]), int(row["seeds"])
    if unfinished == seeds:
        yield f"The best epoch is the last ({row['last_epoch']:.0f}): train longer, it may not be finished."
    elif unfinished:
        yield f"In {unfinished} of {count(seeds, 'seed')} the best epoch is the last: it may not be finished there."
    if row["jaggedness"] >= JAGGED:  # false for what is missing
        yield f"Its validation curve is jagged: it moves up and down by {points(row['jaggedness'])} per epoch."


def _fell(row: dict) -> str:
    lost = points(row["drop"])
    return "has not fallen" if lost == points(0) else f"ends only {lost} below its best"


def _best_epoch(row: dict) -> str:
    """Such as "epoch 2", or "the best epoch (2 to 4)" if seeds differ."""
    first, last = int(row["earliest_best"]), int(row["latest_best"])
    return f"epoch {first}" if first == last else f"the best epoch ({first} to {last})"
