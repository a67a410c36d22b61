"""What a link asks for and cannot have.

Widgets are bound to the URL, and Streamlit drops what it cannot use without a word; so this is looked at before any
widget is drawn.
"""

from collections.abc import Mapping, Sequence

from cache.runs import Run
from models.architectures import ARCHITECTURES, get_architecture
from models.datasets import offered

SIDE_NAMES = {"post": "at the end", "pre": "at the start"}


def hyperparameter_ranges(num_variants: int) -> dict[str, tuple[int, int]]:
    """The range of each hyperparameter by its key in the URL, e.g. "lstm.units", "lstm.2.units"."""
    return {
        f"{architecture.name}{variant}.{parameter.name}": (parameter.range.minimum, parameter.range.maximum)
        for architecture in ARCHITECTURES.values()
        for parameter in architecture.hyperparameters.values()
        for variant in ("", *(f".{number}" for number in range(2, num_variants + 1)))
    }


def compare_query(run: Run) -> dict[str, str] | None:
    """What Compare's address has to say to show this run's question; None if this version cannot ask it."""
    try:
        spec, entry = run.spec, get_architecture(run.spec.architecture)
        dataset = offered()[spec.dataset]
    except (ValueError, KeyError):
        return None
    query = {
        "dataset": dataset.title,
        "examples": "all" if spec.train_examples is None else f"{spec.train_examples:,}",
        "vocabulary": str(spec.encoding.vocabulary_size),
        "length": str(spec.encoding.length),
        "pad": SIDE_NAMES[spec.encoding.padding],
        "cut": SIDE_NAMES[spec.encoding.truncating],
        "epochs": str(run.epochs),
        "seeds": str(spec.seed + 1),
        "batch": str(spec.training.batch_size),
        "rate": str(spec.training.learning_rate),
        "optimizer": spec.training.optimizer,
        "models": entry.title,
    }
    return query | {f"{entry.name}.{name}": str(value) for name, value in spec.hyperparameters.items()}


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
