"""Nested values by dotted names, so that they can stand in the columns of a table."""

from collections.abc import Mapping
from typing import Any


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"training": {"optimizer": "adam"}}`` becomes ``{"training.optimizer": "adam"}``; order is kept.

    ``prefix`` stands before every name as it is. Only mappings are opened; an empty one leaves nothing.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat
