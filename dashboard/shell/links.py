"""Addresses of pages, and what a link asks for that does not exist.

Widgets are bound to the URL, and Streamlit drops values that it cannot use without a message. So the URL is checked
before any widget is drawn.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cache.inference.generation_requests import MAX_CHARACTERS, MAX_OPENED
from cache.store.runs import Run
from dashboard.shell.defaults import DEFAULTS
from models.architectures import ARCHITECTURES, get_architecture
from models.data.dataset import Dataset
from models.data.datasets import available_datasets
from models.data.memory_tests import MemoryDataset, is_memory
from models.experiments.comparison import Comparison, Entry
from models.experiments.engines import Engine, default_engine
from models.experiments.memory_series import DIRECTIONS, MemorySeries
from models.experiments.spec import LOOP_BACKEND, LOOPS, WHOLE_EPOCHS
from models.hyperparameters import Categorical, Domain, FloatRange, IntRange, NamedValue
from models.tasks import CLASSIFICATION, NEXT_WORD, TITLES

VOCABULARY_KEYS = {"words": "vocabulary", "subwords": "subword_vocabulary"}
"""Each tokenizer has its own field with its own default, which remembers what was typed into it."""
MODELS_KEYS = {CLASSIFICATION: "models", NEXT_WORD: "word_models"}
LENGTH_KEYS = {CLASSIFICATION: "length", NEXT_WORD: "word_length"}
METRIC_KEYS = {CLASSIFICATION: "metric", NEXT_WORD: "word_metric"}
"""Keys that differ between tasks."""
WHOLE = "whole"
"""The key of a link that describes a whole comparison: parameters that it does not name take their defaults."""
DATA_KEYS = (
    "dataset", "steps", "examples", "tokens", *VOCABULARY_KEYS.values(), LENGTH_KEYS[CLASSIFICATION], "pad", "cut",
)  # fmt: skip
SETTINGS = (
    *DATA_KEYS, LENGTH_KEYS[NEXT_WORD], "task", "epochs", "seeds", "batch", "rate", "optimizer", "engine",
    *MODELS_KEYS.values(),
)  # fmt: skip
"""The keys of what is compared, without hyperparameters."""
SHARED = {
    "compare": (*SETTINGS, "device", "contended", "margin", "sentence"),
    "present": (*SETTINGS, "device", "contended", "margin"),
    "data": DATA_KEYS,
    "compose": DATA_KEYS,
    "memory": ("device",),
    "tour": ("sentence",),
}
"""The keys of each page that other pages use as well."""
WITH_HYPERPARAMETERS = ("compare", "present", "layers")
"""Pages whose address also contains hyperparameters."""
PLACES = {"tour": ("step", "seen", "guess"), "present": ("slide",), "runs": ("run",), "inside": ("pins", "guide")}
"""Keys that say where the reader is on a page; no widget is bound to them."""
HINTS = {
    "vectors": "Add its file on the page Data, and follow the link again.",
}
"""What to do about a value that is not known, by how the key ends."""
RENAMED = {("loop", LOOPS[WHOLE_EPOCHS]): ("engine", Engine(LOOP_BACKEND, WHOLE_EPOCHS).title)}
"""Parameters of earlier links, (key, value), and what they are today."""
SIDE_NAMES = {"post": "at the end", "pre": "at the start"}


def inside_query(runs: Sequence[Run], text: str = "") -> dict[str, str | list[str]]:
    """Return the URL parameters with which the page Inside shows models.

    Args:
        runs: The runs of the models; as many as the page can show are taken.
        text: The text that the models read; the page's default if empty.
    """
    query: dict[str, str | list[str]] = {"inside_models": [run.title for run in runs[:MAX_OPENED]]}
    return query | ({"inside_text": text[:MAX_CHARACTERS]} if text else {})


def is_setting(key: str) -> bool:
    """Whether the key says what is compared."""
    return key in SETTINGS or _is_hyperparameter(key)


def is_shared(key: str, page: str) -> bool:
    """Whether ``page`` asks for what the key says, and others do, too."""
    return key in SHARED.get(page, ()) or (page in WITH_HYPERPARAMETERS and _is_hyperparameter(key))


def is_place(key: str, page: str) -> bool:
    """Whether the key says where the reader is on ``page``."""
    return key.partition(".")[0] in PLACES.get(page, ())


def _is_hyperparameter(key: str) -> bool:
    name, dot, _ = key.partition(".")
    return bool(dot) and name in ARCHITECTURES


def hyperparameter_ranges(num_variants: int) -> dict[str, tuple[float, float]]:
    """Return the range of each number by its key in the URL, such as "lstm.units" or "lstm.2.units"."""
    return {
        key: (domain.minimum, domain.maximum)
        for key, domain in _domains(num_variants)
        if isinstance(domain, IntRange | FloatRange)
    }


def hyperparameter_choices(num_variants: int) -> dict[str, tuple[str, ...]]:
    """Return the allowed words of each other hyperparameter, by its key in the URL."""
    words = {key: domain.options for key, domain in _domains(num_variants) if isinstance(domain, Categorical)}
    names = {
        key: tuple(domain.titles().values()) for key, domain in _domains(num_variants) if isinstance(domain, NamedValue)
    }
    return words | names


def _domains(num_variants: int) -> Iterator[tuple[str, Domain]]:
    for architecture in ARCHITECTURES.values():
        for parameter in architecture.hyperparameters.values():
            for variant in ("", *(f".{number}" for number in range(2, num_variants + 1))):
                yield f"{architecture.name}{variant}.{parameter.name}", parameter.domain


def dataset_query(dataset: Dataset) -> dict[str, str]:
    """Return the URL parameters of a dataset. A memory test is one dataset with a number of steps, only for
    classification.
    """
    if isinstance(dataset, MemoryDataset):
        return {"dataset": dataset.test.choice, "steps": str(dataset.steps), "task": TITLES[CLASSIFICATION]}
    return {"dataset": dataset.title}


def compare_query(run: Run) -> dict[str, str | list[str]] | None:
    """Return the URL parameters with which Compare shows this run; None if this version cannot train such a run."""
    try:
        spec, known = run.spec, get_architecture(run.spec.architecture).hyperparameters
        spec.require_current()
        if not is_memory(spec.dataset) and spec.dataset not in available_datasets():
            return None
        values = dict(spec.hyperparameters)
        if "vocabulary_size" in known:
            values["vocabulary_size"] = spec.encoding.vocabulary_size
        entries = (Entry(spec.architecture, values),)
        return comparison_query(
            Comparison(
                spec.dataset, spec.train_examples, spec.encoding, spec.training, run.epochs, spec.seed + 1, entries
            )
        )
    except (ValueError, KeyError):
        return None


def comparison_query(comparison: Comparison) -> dict[str, str | list[str]]:
    """Return all URL parameters of this comparison on Compare, independent of earlier choices."""
    task = comparison.task
    goes_without_saying = _query(DEFAULTS[task]) | {"engine": default_engine().title}
    query = {key: value for key, value in _query(comparison).items() if value != goes_without_saying.get(key)}
    if task != CLASSIFICATION:
        query["task"] = TITLES[task]
    return {WHOLE: "1"} | query | _hyperparameters(comparison)


def _query(comparison: Comparison) -> dict[str, str | list[str]]:
    dataset, encoding, training, task = comparison.dataset, comparison.encoding, comparison.training, comparison.task
    query: dict[str, str | list[str]] = {
        **dataset_query(dataset),
        "examples": "all" if comparison.train_examples is None else f"{comparison.train_examples:,}",
        "epochs": str(comparison.epochs),
        "seeds": str(comparison.num_seeds),
        "batch": str(training.batch_size),
        "rate": str(training.learning_rate),
        "optimizer": training.optimizer,
        "engine": Engine.of(training).title,
        MODELS_KEYS[task]: _titles(comparison),
    }
    if not dataset.encoding:
        query |= {
            "tokens": encoding.tokenizer,
            VOCABULARY_KEYS[encoding.tokenizer]: str(encoding.vocabulary_size),
            LENGTH_KEYS[task]: str(encoding.length),
        }
        if task == CLASSIFICATION:
            query |= {"pad": SIDE_NAMES[encoding.padding], "cut": SIDE_NAMES[encoding.truncating]}
    return query


def memory_query(series: MemorySeries, comparison: Comparison) -> dict[str, str | list[str]]:
    """Return the URL parameters with which the page Memory shows a series.

    Args:
        series: The series of memory tests.
        comparison: Its architectures, epochs and seeds, at any distance.
    """
    return {
        "memory_test": series.test.kind,
        "memory_directions": DIRECTIONS[series.directions],
        "memory_models": _titles(comparison),
        "memory_steps": [str(min(series.steps)), str(max(series.steps))],
        "memory_epochs": str(comparison.epochs),
        "memory_seeds": str(comparison.num_seeds),
    }


def layers_query(comparison: Comparison) -> dict[str, str | list[str]]:
    """Return the URL parameters with which the page Layers shows the architectures of the comparison."""
    query: dict[str, str | list[str]] = {
        "layers_models": _titles(comparison),
        "layers_vocabulary": str(comparison.encoding.vocabulary_size),
        "layers_length": str(comparison.encoding.length),
        "layers_classes": str(comparison.dataset.num_classes),
    }
    return query | _hyperparameters(comparison)


def _titles(comparison: Comparison) -> list[str]:
    return list({entry.definition.title: None for entry in comparison.entries})


def _hyperparameters(comparison: Comparison) -> dict[str, str | list[str]]:
    """The hyperparameters that differ from their defaults, for each variant, and the keys that add variants."""
    query: dict[str, str | list[str]] = {}
    seen: Counter[str] = Counter()
    for entry in comparison.entries:
        before = _prefix(entry, seen[entry.architecture])
        seen[entry.architecture] += 1
        if seen[entry.architecture] > 1:
            query[f"{before}.and"] = "true"
        prefix, known = _prefix(entry, seen[entry.architecture]), entry.definition.hyperparameters
        query |= {
            f"{prefix}.{name}": _format(known[name].domain, value)
            for name, value in entry.hyperparameters.items()
            if value != known[name].default
        }
    return query


def _prefix(entry: Entry, variant: int) -> str:
    return entry.architecture if variant == 1 else f"{entry.architecture}.{variant}"


def _format(domain: Domain, value: object) -> str:
    """The value as the widget writes it in the URL."""
    return domain.title(str(value)) if isinstance(domain, NamedValue) else str(value)


def problems(query: Mapping[str, Sequence[str]], choices: Mapping[str, Sequence[str]], ranges: Mapping) -> list[str]:
    """Name the values of a link that cannot be used.

    Args:
        query: Every value of each key.
        choices: The allowed values, by key.
        ranges: (minimum, maximum), by key. Keys that are in neither mapping are ignored.

    Returns:
        A sentence for each value that is unknown or out of range.
    """
    found = []
    for key, values in query.items():
        for value in values:
            if key in choices and value and value not in choices[key]:
                hint = next((f" {HINTS[each]}" for each in HINTS if key.endswith(each)), "")
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


def _is_within(value: str, low: float, high: float) -> bool:
    """Between two integers only integers are allowed."""
    try:
        return low <= (int if isinstance(low, int) else float)(value) <= high
    except ValueError:
        return False
