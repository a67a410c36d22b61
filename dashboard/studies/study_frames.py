"""The cached runs of a study as tidy DataFrames. Pure; no results give empty frames."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import pandas as pd

from cache.results.results import Result
from cache.results.study_results import StudyResults
from cache.store.runs import best_epoch
from dashboard.present import present_frames
from models.data.memory_tests import is_memory
from models.experiments.comparison import COMPOSED, Comparison, Entry
from models.experiments.spec import RunSpec
from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import layers_in_short

SETTINGS: dict[str, Callable[[RunSpec], int]] = {
    "Training texts": lambda spec: spec.num_train,
    "Words in the vocabulary": lambda spec: spec.encoding.vocabulary_size,
    "Words read of a text": lambda spec: spec.encoding.length,
}
WITH = {
    "Training texts": "With {:,} texts",
    "Words in the vocabulary": "With {:,} words",
    "Words read of a text": "Reading {:,} words",
}
"""The name of a comparison of a sweep."""
LEAST_VALUES = 3
"""A study with at least this many values of a setting is a sweep."""
LAYERS = 32
"""Letters of the layers of a composed stack, which fit on two lines beside a chart; further layers are left out."""


def swept(results: Iterable[Result]) -> str | None:
    """Return the key of ``SETTINGS`` that a study varies.

    Args:
        results: The results of the study.

    Returns:
        None if it compares architectures, or memory: the length of a memory test's texts does not count as a setting.
    """
    specs = [result.spec for result in results if not is_memory(result.spec.dataset)]
    for name, setting in SETTINGS.items():
        if len({setting(spec) for spec in specs}) >= LEAST_VALUES:
            return name
    return None


def sweep_frame(results: Iterable[Result], setting: str) -> pd.DataFrame:
    """Tabulate what a setting does to accuracy.

    Args:
        results: The runs; those that are not cached whole are left out.
        setting: A key of ``SETTINGS``.

    Returns:
        A row for each label and value ``x`` of the setting: mean test accuracy at the best epoch over ``n`` seeds, and
        ``low`` and ``high``, ± one standard deviation (n − 1). A label at one value only makes no line and is left out.
    """
    results = list(results)
    values: dict[str, set[int]] = {result.label: set() for result in results}
    for result in results:
        values[result.label].add(SETTINGS[setting](result.spec))
    rows = [
        (result.label, SETTINGS[setting](result.spec), best_epoch(result.epochs).test_accuracy)
        for result in results
        if result.is_cached and len(values[result.label]) > 1
    ]
    frame = pd.DataFrame(rows, columns=["label", "x", "value"]).astype({"x": float, "value": float})
    means = present_frames.means(frame, ["label", "x"]).sort_values("x", kind="stable", ignore_index=True)
    return means.assign(high=means["high"].clip(upper=1.0))


def candidates(study: StudyResults) -> tuple[list[Result], str]:
    """List the candidates of a recommendation.

    Args:
        study: The study.

    Returns:
        (the results, labelled by name; the start of the sentence). In a sweep, they are each architecture with each
        value. Generated texts differ at each value, so there they are those of the last value.
    """
    setting, names = swept(study.runs), short_names(study.comparisons)
    if setting and study.comparisons[0].dataset.is_generated:
        results = study.results[-1]
        start = f"{setting}: {SETTINGS[setting](results[0].spec)}. "
        return [replace(result, label=names[result.label]) for result in results], start
    if not setting:
        return [replace(result, label=names[result.label]) for result in study.results[0]], ""
    lines = set(sweep_frame(study.runs, setting)["label"])
    settings = {result.key: WITH[setting].format(SETTINGS[setting](result.spec)) for result in study.runs}
    return [
        replace(result, label=f"{names[result.label]} {settings[result.key][0].lower()}{settings[result.key][1:]}")
        for result in study.runs
        if result.label in lines
    ], ""


def ranking_frame(results: Iterable[Result], names: Mapping[str, str]) -> pd.DataFrame:
    """Tabulate accuracies as ``present_frames.accuracies`` does, the highest first.

    Args:
        results: The results.
        names: The name of each label, which replaces it.
    """
    frame = present_frames.accuracies(results).sort_values("value", ascending=False, ignore_index=True)
    return frame.assign(label=frame["label"].map(names))


def line_ups(study: StudyResults) -> list[str]:
    """Name each comparison of a study: "With 3,000 words" in a sweep, else "LSTM and Transfer" or "Compare these 4"."""
    setting, entries = swept(study.runs), study.comparisons[-1].entries
    names = []
    for comparison, results in zip(study.comparisons, study.results, strict=True):
        titles = [entry.definition.title for entry in comparison.entries]
        if setting in WITH and comparison.entries == entries:
            names.append(WITH[setting].format(SETTINGS[setting](results[0].spec)))
        else:
            names.append(" and ".join(titles) if len(titles) < 3 else f"Compare these {len(titles)}")
    return names


def short_names(comparisons: Iterable[Comparison]) -> dict[str, str]:
    """Return a name for each label: the title of its architecture, if that is unique. A composed stack goes by its
    layers.
    """
    entries = {entry.label: entry for comparison in comparisons for entry in comparison.entries}
    titles = [entry.definition.title for entry in entries.values()]
    return {label: _short(entry, titles) for label, entry in entries.items()}


def _short(entry: Entry, titles: list[str]) -> str:
    title = entry.definition.title
    if entry.architecture == COMPOSED:
        layers = layers_in_short(parse_stack(str(entry.definition.resolve(entry.hyperparameters)["stack"])))
        return layers if len(layers) <= LAYERS else f"{layers[:LAYERS].rpartition(', ')[0]}, …"
    return entry.definition.short_title if titles.count(title) == 1 else entry.label
