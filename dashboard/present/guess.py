"""How well a guessed ranking matches the measured one. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from cache.core.formatting import count


@dataclass(frozen=True)
class RankingScore:
    """The pairs in a guessed order: how many are measured in this order, in the other, and undecided."""

    right: int
    wrong: int
    undecided: int


def ranking(means: Mapping[str, float]) -> list[str]:
    """The labels, the highest mean first; equal ones in the given order."""
    return sorted(means, key=lambda label: -means[label])


def places(label: str, labels: Collection[str], beaten: Collection[tuple[str, str]]) -> str:
    """The possible places of ``label`` in a ranking, "2" or "1–3"; ``beaten`` are the decided pairs, the better one
    first.
    """
    first = 1 + sum(other == label for _, other in beaten)
    last = len(labels) - sum(better == label for better, _ in beaten)
    return str(first) if first == last else f"{first}–{last}"


def score_ranking(
    guess: Sequence[str], means: Mapping[str, float], undecided: Collection[frozenset[str]]
) -> RankingScore:
    """Count the pairs of a guessed order that are right.

    Args:
        guess: Labels, the best first. Labels that were not measured are ignored.
        means: The measured mean of each label.
        undecided: The pairs that the runs cannot decide.
    """
    known = [label for label in guess if label in means]
    pairs = list(combinations(known, 2))
    decided = [(first, second) for first, second in pairs if frozenset((first, second)) not in undecided]
    right = sum(means[first] > means[second] for first, second in decided)
    return RankingScore(right, len(decided) - right, len(pairs) - len(decided))


def sentence(score: RankingScore) -> str:
    """Describe a score for the audience."""
    decided = score.right + score.wrong
    if decided == 0:
        if not score.undecided:
            return "Guess two or more to make a ranking."
        if score.undecided == 1:
            return "These two cannot be told apart by these runs."
        return f"None of the {score.undecided:,} pairs can be told apart by these runs."
    text = f"{score.right} of {count(decided, 'pair')} in the right order"
    more = f"; {count(score.undecided, 'more pair')} cannot be told apart" if score.undecided else ""
    return f"{text}{more}."
