"""What a link asks for and cannot have.

Widgets are bound to the URL, and Streamlit drops what it cannot use without a word; so this is looked at before any
widget is drawn.
"""

from collections.abc import Mapping, Sequence

from models.architectures import ARCHITECTURES


def hyperparameter_ranges(num_variants: int) -> dict[str, tuple[int, int]]:
    """The range of each hyperparameter by its key in the URL, e.g. "lstm.units", "lstm.2.units"."""
    return {
        f"{architecture.name}{variant}.{parameter.name}": (parameter.range.minimum, parameter.range.maximum)
        for architecture in ARCHITECTURES.values()
        for parameter in architecture.hyperparameters.values()
        for variant in ("", *(f".{number}" for number in range(2, num_variants + 1)))
    }


def problems(query: Mapping[str, Sequence[str]], choices: Mapping[str, Sequence[str]], ranges: Mapping) -> list[str]:
    """A sentence for each value that is not among its key's ``choices`` or within its key's ``ranges``.

    ``query`` gives every value of each key. Keys that are nobody's are left alone.
    """
    found = []
    for key, values in query.items():
        for value in values:
            if key in choices and value and value not in choices[key]:
                found.append(f"The link asks for “{value}” as {key}, which Unroll does not know; it was left out.")
            elif key in ranges and not _is_within(value, *ranges[key]):
                low, high = ranges[key]
                found.append(
                    f"The link asks for “{value}” as {key}, which goes from {low:,} to {high:,}; the default is used."
                )
    return found


def _is_within(value: str, low: int, high: int) -> bool:
    try:
        return low <= float(value) <= high
    except ValueError:
        return False
