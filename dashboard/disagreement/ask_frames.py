"""The models' answers to a reader's sentence, as tidy frames. Pure."""

from collections.abc import Mapping, Sequence

import pandas as pd

from cache.results.results import Result
from models.training.generation import Step

COLUMNS = ("label", "seed", "answer", "probability")


def answers_frame(results: Sequence[Result], steps: Mapping[int, Sequence[Step]]) -> pd.DataFrame:
    """A row for each run that answered and each of its candidates: classes, or the likeliest next words."""
    rows = [
        (result.label, result.spec.seed, candidate.token, candidate.probability)
        for result in results
        if result.run
        for step in steps.get(result.run.id, ())[:1]
        for candidate in step.candidates
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"probability": float})


def probability_of(label_of_class: str | None) -> str:
    """The heading of mean probabilities: of a class, or of each row's own answer."""
    return f"Mean probability of “{label_of_class}”" if label_of_class else "Mean probability of this answer"


def answers_table(frame: pd.DataFrame, label_of_class: str | None = None) -> pd.DataFrame:
    """A row for each label: the answer of most seeds, the number of these seeds, and a mean probability over all seeds.

    It is that of ``label_of_class`` in every row, or of the row's answer if that is None.
    """
    rows = []
    for label, own in frame.groupby("label", sort=False):
        firsts = own.loc[own.groupby("seed")["probability"].idxmax()]
        counts = firsts["answer"].value_counts()
        answer = counts.index[0]
        mean = own[own["answer"] == (label_of_class or answer)].groupby("seed")["probability"].max().mean()
        rows.append((label, answer, f"{counts.iloc[0]} of {len(firsts)}", 100 * mean))
    return pd.DataFrame(rows, columns=["Architecture", "Answer", "Seeds that say so", probability_of(label_of_class)])
