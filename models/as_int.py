"""Whole numbers, however they are spelled, so that the same question is the same spec."""

import operator
from typing import Any


def as_int(value: Any) -> int:
    """64 for 64, 64.0 and NumPy's 64. Raises ValueError for anything else that is not a whole number."""
    try:
        if not isinstance(value, bool):
            return int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        pass
    raise ValueError(f"A whole number is needed, not {value!r}.")
