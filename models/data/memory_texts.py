"""The texts of the memory tests: random words, among them one or two that decide the class.

Each ``write`` function makes one text from random numbers. The numbers are raw bits, because numpy guarantees a stable
stream for them, but not for ``Generator``.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

VERSION = 1
"""Raise it when ``distinct_texts`` would give other texts."""
CUES = ("terrible", "wonderful")
MARKER = "remember"
OTHERS = (
    "the", "film", "of", "a", "scene", "and", "actor", "in", "was", "story", "this", "it", "with", "music", "to",
    "that", "director", "for",
)  # fmt: skip


def one_cue(drawn: np.ndarray, steps: int, label: int) -> list[str]:
    """Write a text with one of two cue words in the middle of other words. ``drawn`` has a number for each of these."""
    words = np.asarray(OTHERS)[drawn % len(OTHERS)].tolist()
    return [*words[:steps], CUES[label], *words[steps:]]


def temporal_order(drawn: np.ndarray, steps: int, label: int) -> list[str]:
    """Write a text with two cue words, each right after the marker, and about ``steps`` words before, between and after
    them.
    """
    first, second = divmod(label, len(CUES))
    words = with_distractors(drawn[2:], [first, second])
    one, two = (at * steps + moved(drawn[at - 1], steps) for at in (1, 2))
    return [*words[:one], MARKER, CUES[first], *words[one:two], MARKER, CUES[second], *words[two:]]


def marked_recall(drawn: np.ndarray, steps: int, label: int) -> list[str]:
    """Write a text with one cue word, right after the marker, and about ``steps`` words before and after it."""
    words, at = with_distractors(drawn[1:], [label]), steps + moved(drawn[0], steps)
    return [*words[:at], MARKER, CUES[label], *words[at:]]


def moved(drawn: int, steps: int) -> int:
    """Shift by up to a fifth of the steps, to either side, so that no fixed position can be learnt."""
    most = steps // 5
    return int(drawn % (2 * most + 1)) - most


def with_distractors(drawn: np.ndarray, marked: Sequence[int]) -> list[str]:
    """Write words of which about half are cue words.

    With the ``marked`` ones, any share of these may be the first cue word, in every class, so that counting them does
    not help. ``drawn`` has two numbers for each word, and one more.
    """
    number, least = len(drawn) // 2, len(marked)
    words = np.asarray(OTHERS)[drawn[1 : number + 1] % len(OTHERS)].tolist()
    num_cues = max(2 * least, number // 2)
    num_first = least + int(drawn[0] % (num_cues - 2 * least + 1))
    unmarked = num_first - marked.count(0), num_cues - num_first - marked.count(1)
    cues = [cue for cue, times in zip(CUES, unmarked, strict=True) for _ in range(times)]
    for at, cue in zip(np.argsort(drawn[number + 1 :], kind="stable").tolist(), cues, strict=False):
        words[at] = cue
    return words


def distinct_texts(
    write: Callable[[np.ndarray, int, int], list[str]],
    steps: int,
    num_classes: int,
    num_drawn: int,
    seed: Sequence[int],
) -> Iterator[tuple[str, int]]:
    """Yield (text, class) without end, the classes in turn, no text twice. Each text is made from ``num_drawn``
    numbers.
    """
    bits = np.random.PCG64(seed)
    seen: set[str] = set()
    while True:
        for drawn in bits.random_raw((1_000, num_drawn)):
            label = len(seen) % num_classes
            text = " ".join(write(drawn, steps, label))
            if text not in seen:
                seen.add(text)
                yield text, label
