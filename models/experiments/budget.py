"""Architectures made equally large, so that a comparison is of their kind and not of their size."""

from bisect import bisect_left
from dataclasses import dataclass, replace

from models.experiments.comparison import Comparison, Entry
from models.hyperparameters import IntRange
from models.layers import ShapeError

TOLERANCE = 0.01
SIZES = ("units", "filters", "num_heads", "key_dim", "dense_units", "embedding_dim")
"""What makes a model larger, in the order in which it is tried: first what the architecture is about."""


@dataclass(frozen=True)
class Matched:
    """``entry`` as it would be, with ``num_params`` parameters; ``changed`` are its new hyperparameters."""

    entry: Entry
    num_params: int
    budget: int
    changed: dict[str, int]

    @property
    def deviation(self) -> float:
        """From the budget, as a share of it."""
        return self.num_params / self.budget - 1

    @property
    def is_matched(self) -> bool:
        return abs(self.deviation) <= TOLERANCE


def match_params(comparison: Comparison, entry: Entry, budget: int) -> Matched:
    """Sizes an architecture to a number of parameters.

    Changes one hyperparameter: the first with which the number comes within a hundredth of the budget. Where none does,
    two are changed together.

    Args:
        comparison: The comparison, whose vocabulary and length count.
        entry: The architecture and its hyperparameters.
        budget: The wanted number of parameters.

    Returns:
        The entry with the nearest number of parameters.
    """
    resolved = entry.definition.resolve(entry.hyperparameters)
    sizes = [name for name in (*SIZES, *resolved) if _is_size(entry, name, resolved)]
    sizes = list(dict.fromkeys(sizes))

    def matched(changed: dict[str, int]) -> Matched:
        changed = {name: value for name, value in changed.items() if value != resolved[name]}
        sized = replace(entry, hyperparameters={**entry.hyperparameters, **changed})
        return Matched(sized, _count(comparison, sized), budget, changed)

    best = matched({})
    for name in sizes:
        if best.is_matched:
            return best
        found = matched({name: _nearest(comparison, entry, name, {}, budget)})
        best = min(best, found, key=lambda each: abs(each.deviation))
    if not best.is_matched and len(sizes) > 1:
        first, second = sizes[0], sizes[-1]
        domain = _range(entry, second)
        for value in range(domain.minimum, min(domain.maximum, 4 * resolved[second]) + 1):
            found = matched({second: value, first: _nearest(comparison, entry, first, {second: value}, budget)})
            best = min(best, found, key=lambda each: abs(each.deviation))
            if best.is_matched:
                break
    return best


def _is_size(entry: Entry, name: str, resolved: dict) -> bool:
    return name in SIZES and name in resolved and isinstance(entry.definition.hyperparameters[name].domain, IntRange)


def _range(entry: Entry, size: str) -> IntRange:
    domain = entry.definition.hyperparameters[size].domain
    if not isinstance(domain, IntRange):
        raise TypeError(f"{size} is not a whole number.")
    return domain


def _nearest(comparison: Comparison, entry: Entry, name: str, others: dict[str, int], budget: int) -> int:
    """The value of one hyperparameter that comes nearest, by bisection: more of it is never fewer parameters."""
    domain = _range(entry, name)

    def excess(value: int) -> int:
        values: dict[str, int | float | str] = {**entry.hyperparameters, **others, name: value}
        return _count(comparison, replace(entry, hyperparameters=values)) - budget

    low = domain.minimum + bisect_left(range(domain.minimum, domain.maximum), 0, key=excess)
    candidates = [value for value in (low - 1, low) if domain.minimum <= value <= domain.maximum]
    return min(candidates, key=lambda value: abs(excess(value)))


def _count(comparison: Comparison, entry: Entry) -> int:
    try:
        return sum(layer.num_params for layer in comparison.layers(entry))
    except ShapeError:
        return 0
