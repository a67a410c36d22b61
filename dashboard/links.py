"""What a link asks for and cannot have.

Widgets are bound to the URL, and Streamlit drops what it cannot use without a word; so this is looked at before any
widget is drawn.
"""

from collections.abc import Iterator, Mapping, Sequence

from cache.runs import Run
from models.architectures import ARCHITECTURES, get_architecture
from models.dataset import Dataset
from models.datasets import get_dataset, offered
from models.hyperparameters import Choice, Domain, Named, Range, Rate
from models.memory_texts import TITLE as MEMORY_TITLE
from models.memory_texts import MemoryDataset, is_memory
from models.tasks import CLASSIFICATION, NEXT_WORD, TITLES

VOCABULARY_KEYS = {"words": "vocabulary", "subwords": "subword_vocabulary"}
"""Each tokenizer has a field of its own, with its own default, and remembers what was typed into it."""
MODELS_KEYS = {CLASSIFICATION: "models", NEXT_WORD: "word_models"}
LENGTH_KEYS = {CLASSIFICATION: "length", NEXT_WORD: "word_length"}
METRIC_KEYS = {CLASSIFICATION: "metric", NEXT_WORD: "word_metric"}
"""What each task has of its own."""
SIDE_NAMES = {"post": "at the end", "pre": "at the start"}


def hyperparameter_ranges(num_variants: int) -> dict[str, tuple[float, float]]:
    """The range of each number by its key in the URL, e.g. "lstm.units", "lstm.2.units"."""
    return {
        key: (domain.minimum, domain.maximum)
        for key, domain in _domains(num_variants)
        if isinstance(domain, Range | Rate)
    }


def hyperparameter_choices(num_variants: int) -> dict[str, tuple[str, ...]]:
    """The words that each of the other hyperparameters may be, by its key in the URL."""
    words = {key: domain.options for key, domain in _domains(num_variants) if isinstance(domain, Choice)}
    names = {
        key: tuple(domain.titles().values()) for key, domain in _domains(num_variants) if isinstance(domain, Named)
    }
    return words | names


def _domains(num_variants: int) -> Iterator[tuple[str, Domain]]:
    for architecture in ARCHITECTURES.values():
        for parameter in architecture.hyperparameters.values():
            for variant in ("", *(f".{number}" for number in range(2, num_variants + 1))):
                yield f"{architecture.name}{variant}.{parameter.name}", parameter.domain


def dataset_query(dataset: Dataset) -> dict[str, str]:
    """How an address names a dataset; all memory tests are one choice, with a number of steps."""
    if isinstance(dataset, MemoryDataset):
        return {"dataset": MEMORY_TITLE, "steps": str(dataset.steps)}
    return {"dataset": dataset.title}


def compare_query(run: Run) -> dict[str, str] | None:
    """What Compare's address has to say to show this run's question; None if this version cannot ask it."""
    try:
        spec, entry = run.spec, get_architecture(run.spec.architecture)
        dataset = get_dataset(spec.dataset) if is_memory(spec.dataset) else offered()[spec.dataset]
    except (ValueError, KeyError):
        return None
    query = dataset_query(dataset) | {
        "examples": "all" if spec.train_examples is None else f"{spec.train_examples:,}",
        "epochs": str(run.epochs),
        "seeds": str(spec.seed + 1),
        "batch": str(spec.training.batch_size),
        "rate": str(spec.training.learning_rate),
        "optimizer": spec.training.optimizer,
        MODELS_KEYS[entry.task]: entry.title,
    }
    if not dataset.encoding:
        query |= {
            "tokens": spec.encoding.tokenizer,
            VOCABULARY_KEYS[spec.encoding.tokenizer]: str(spec.encoding.vocabulary_size),
            LENGTH_KEYS[entry.task]: str(spec.encoding.length),
        }
        if entry.task == CLASSIFICATION:
            query |= {"pad": SIDE_NAMES[spec.encoding.padding], "cut": SIDE_NAMES[spec.encoding.truncating]}
    if entry.task != CLASSIFICATION:
        query["task"] = TITLES[entry.task]
    values = spec.hyperparameters
    if "vocabulary_size" in entry.hyperparameters:
        values = values | {"vocabulary_size": spec.encoding.vocabulary_size}
    return query | {
        f"{entry.name}.{name}": _said(entry.hyperparameters[name].domain, value) for name, value in values.items()
    }


def _said(domain: Domain, value: object) -> str:
    """As the widget says it in the URL."""
    return domain.title(value) if isinstance(domain, Named) else str(value)


def problems(query: Mapping[str, Sequence[str]], choices: Mapping[str, Sequence[str]], ranges: Mapping) -> list[str]:
    """A sentence for each value that is not among its key's ``choices`` or within its key's ``ranges``.

    ``query`` gives every value of each key. Keys that are nobody's are left alone.
    """
    found = []
    for key, values in query.items():
        for value in values:
            if key in choices and value and value not in choices[key]:
                hint = " Add its file on the page Data, and follow the link again." if key.endswith("vectors") else ""
                found.append(
                    f"The link asks for “{value}” as {key}, which Unroll does not know; it was left out.{hint}"
                )
            elif key in ranges and not _is_within(value, *ranges[key]):
                low, high = ranges[key]
                found.append(
                    f"The link asks for “{value}” as {key}, which goes from {low:,.6g} to {high:,.6g}; the default is "
                    "used."
                )
    return found


def _is_within(value: str, low: int, high: int) -> bool:
    try:
        return low <= float(value) <= high
    except ValueError:
        return False
