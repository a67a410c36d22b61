"""What the seeds of a memory test learnt. Most of them learn all or nothing, so a mean may describe none of them."""

from collections.abc import Sequence

LEARNT, BEYOND_CHANCE = 0.95, 0.05
"""The accuracy from which a test is learnt; and how far above chance an accuracy still counts as guessing: with 1,000
texts, guessing exceeds this at most once in a thousand times.
"""
MOST_NAMED = 5
"""Up to this number of seeds, all accuracies are listed."""
CAVEAT = "This shows what was learnt in so many epochs, not what an architecture can hold: more epochs may help."


def num_learnt(accuracies: Sequence[float], chance: float) -> int | None:
    """Count the seeds that learnt a memory test, if some learnt it and others only guess.

    Args:
        accuracies: Test accuracies of the seeds, 0 to 1.
        chance: The accuracy of guessing.

    Returns:
        None if the seeds do not fall into these two groups, so that their mean describes them.
    """
    learnt = sum(accuracy >= LEARNT for accuracy in accuracies)
    guessed = sum(is_guessed(accuracy, chance) for accuracy in accuracies)
    return learnt if learnt and guessed else None


def is_guessed(accuracy: float, chance: float) -> bool:
    return accuracy <= chance + BEYOND_CHANCE


def learnt_by(accuracies: Sequence[float], chance: float) -> str:
    """Describe seeds that fall into two groups: "1 of 3 seeds learnt it (100%, 48%, 48%)".

    Args:
        accuracies: Test accuracies of the seeds, 0 to 1.
        chance: The accuracy of guessing.

    Returns:
        Empty if they do not.
    """
    learnt, number = num_learnt(accuracies, chance), len(accuracies)
    if learnt is None:
        return ""
    each = f" ({', '.join(f'{accuracy:.0%}' for accuracy in accuracies)})" if number <= MOST_NAMED else ""
    return f"{learnt} of {number} seeds learnt it{each}"
