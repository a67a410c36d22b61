"""Integers in any notation, so that the same settings give the same spec."""

import operator
from typing import Any


def as_int(value: Any) -> int:
    """Convert 64, 64.0 and NumPy's 64 to 64. Raises ValueError for anything that is not an integer."""
    try:
        if not isinstance(value, bool):
            return int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        pass
    raise ValueError(f"A whole number is needed, not {value!r}.")
