"""Splitting labelled texts so that every split has the same share of each label."""

import hashlib
from collections import Counter, deque
from collections.abc import Mapping, Sequence


def split_by_label(
    reviews: Sequence[tuple[str, int]], held_out: Mapping[str, int], seed: str, rest: str = "train"
) -> list[str]:
    """Choose the split for each (text, label); ``rest`` for those that no split in ``held_out`` takes.

    Within a label, reviews are ordered by the SHA-256 of seed and text. So the result depends neither on a library's
    random numbers nor on the order of the file. Raises ValueError if more is held out than there is.
    """
    if sum(held_out.values()) >= len(reviews):
        raise ValueError(f"Cannot hold out {sum(held_out.values()):,} of {len(reviews):,} texts and have some left.")
    counts = Counter(label for _, label in reviews)
    waiting = [(name, label) for name, size in held_out.items() for label in _spread(size, counts)]
    queues: dict[int, deque[str]] = {label: deque() for label in counts}
    for name, label in waiting:
        queues[label].append(name)
    names = [rest] * len(reviews)
    order = sorted(range(len(reviews)), key=lambda i: hashlib.sha256(f"{seed}\0{reviews[i][0]}".encode()).digest())
    for i in order:
        queue = queues[reviews[i][1]]
        if queue:
            names[i] = queue.popleft()
    return names


def _spread(size: int, counts: Mapping[int, int]) -> list[int]:
    """Distribute ``size`` labels in proportion to ``counts``; the largest remainders are rounded up."""
    total = sum(counts.values())
    shares = {label: size * count / total for label, count in counts.items()}
    whole = {label: int(share) for label, share in shares.items()}
    by_remainder = sorted(counts, key=lambda label: (whole[label] - shares[label], label))
    for label in by_remainder[: size - sum(whole.values())]:
        whole[label] += 1
    return [label for label in sorted(counts) for _ in range(whole[label])]
