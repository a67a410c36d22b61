"""The parts of the page Memory: how far back architectures remember, on generated texts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

import streamlit as st

from cache.claims.memory import MEMORY
from cache.results.results import Result, fetch
from cache.store.store import RunStore
from dashboard.charts import plots
from dashboard.charts.colours import label_colours
from dashboard.charts.figures import seeds_in_words
from dashboard.comparison import views
from dashboard.recall import memory_charts, memory_frames
from dashboard.shell import links, pages
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import inside_link, line_up, sidebar
from models.architectures import Architecture
from models.data.memory_tests import HELD_OUT, ONE_CUE, TESTS, MemoryTest, memory_dataset
from models.data.memory_texts import CUES, MARKER
from models.experiments.comparison import Comparison, Entry
from models.experiments.memory_series import DIRECTIONS
from models.experiments.spec import Training
from models.machine.devices import Device
from models.stacks.named_stacks import NamedStack
from models.statistics.learnt import BEYOND_CHANCE, CAVEAT, LEARNT
from models.tasks import CLASSIFICATION
from models.text.encoding import TextEncoding

STEPS = (2, 5, 10, 20, 40, 80, 120, 160, 200)
FARTHEST_AT_FIRST = 40
"""The time an epoch takes grows with the distance."""
LEGIBLE = 10
LINE_UP = ("simple_rnn", "gru", "lstm", "conv1d", "flatten")
RANGES = {"memory_epochs": sidebar.WHOLE_RANGES["epochs"], "memory_seeds": sidebar.WHOLE_RANGES["seeds"]}


def url_choices() -> dict[str, Sequence[str]]:
    """List the allowed values of each key in the URL."""
    return {
        "memory_test": [test.kind for test in TESTS.values()],
        "memory_directions": list(DIRECTIONS.values()),
        "memory_models": line_up.titles(CLASSIFICATION),
        "memory_steps": [str(steps) for steps in STEPS],
    }


def introduction(test: MemoryTest) -> None:
    """Explain a memory test."""
    st.badge("Generated data", icon=":material/science:", color="orange")
    st.markdown(
        f"**The claim:** SimpleRNN forgets the beginning of a long sequence. **{test.kind}:** {test.explanation}"
    )


def settings() -> tuple[MemoryTest, int, list[int], int, int]:
    """Ask for the settings of the page.

    Returns:
        (test, directions in which recurrent layers read, steps back to test, epochs, number of seeds)
    """
    kinds = {test.kind: test for test in TESTS.values()}
    with st.sidebar:
        kind = st.segmented_control(
            "Memory test", list(kinds), default=ONE_CUE.kind, required=True, key="memory_test", bind="query-params",
            help="Random words, among them one or two that decide the class. The more words stand between them and the "
                 "end of the text, the longer a recurrent layer must remember them. Flatten and Conv1D carry nothing "
                 "from word to word: they see all positions at once.",
        )  # fmt: skip
        read = st.segmented_control(
            "Recurrent layers read in", list(DIRECTIONS.values()), default=DIRECTIONS[2], required=True,
            key="memory_directions", bind="query-params",
            help="SimpleRNN, GRU and LSTM can read forwards only, or have a second copy that reads backwards. "
                 "Other architectures stay as they are.",
        )  # fmt: skip
        low, high = st.select_slider(
            "Steps back", STEPS, (STEPS[0], FARTHEST_AT_FIRST), key="memory_steps", bind="query-params",
            help="The distances to test, from the shortest to the longest. Each distance is a dataset; longer "
                 "texts take longer to train on.",
        )  # fmt: skip
        epochs = st.number_input(
            "Epochs", *RANGES["memory_epochs"], 10, key="memory_epochs", bind="query-params",
            help="More epochs continue the cached runs: an architecture that only guesses may need more epochs.",
        )  # fmt: skip
        seeds = st.number_input("Seeds", *RANGES["memory_seeds"], 3, key="memory_seeds", bind="query-params")
    directions = next(number for number, title in DIRECTIONS.items() if title == read)
    return kinds[kind], directions, [steps for steps in STEPS if low <= steps <= high], int(epochs), int(seeds)


def entries_of(architectures: Sequence[Architecture | NamedStack], directions: int) -> tuple[Entry, ...]:
    """Return an entry for each architecture, with default hyperparameters and, if it has them, these directions."""
    entries = map(line_up.default_entry, architectures)
    return tuple(
        replace(each, hyperparameters=each.hyperparameters | {"directions": directions})
        if "directions" in each.hyperparameters
        else each
        for each in entries
    )


def comparisons(
    test: MemoryTest,
    entries: tuple[Entry, ...],
    steps: Sequence[int],
    epochs: int,
    seeds: int,
    backend: str,
    device: Device,
) -> dict[int, Comparison]:
    """Return a comparison for each distance, by steps back. Entries that cannot work there are left out, with a
    message.

    Args:
        test: The memory test.
        entries: The architectures with their hyperparameters.
        steps: The distances.
        epochs: The number of epochs.
        seeds: The number of seeds.
        backend: The Keras backend.
        device: The device whose memory counts.
    """
    asked: dict[int, Comparison] = {}
    problems: dict[str, dict[int, str]] = {}
    for each in steps:
        name = memory_dataset(each, test).name
        comparison = Comparison(name, None, TextEncoding(), Training(backend=backend), epochs, seeds, entries)
        kept = []
        for entry in entries:
            if problem := views.problem_of(comparison, entry, device):
                problems.setdefault(entry.label, {})[each] = problem
            else:
                kept.append(entry)
        asked[each] = replace(comparison, entries=tuple(kept))
    for found in problems.values():
        at = ", ".join(map(str, found))
        st.error(f"Left out at {at} steps back: {escape_markdown(next(iter(found.values())))}", icon=":material/error:")
    return asked


def fetch_all(store: RunStore, asked: Mapping[int, Comparison], device: Device) -> dict[int, list[Result]]:
    """Read the results of each comparison."""
    return {
        steps: fetch(store, comparison, comparison.dataset.fingerprint(store.root / "tfds") or "", device.name)
        for steps, comparison in asked.items()
    }


def training(
    store: RunStore, asked: Mapping[int, Comparison], results: Mapping[int, list[Result]], device: Device
) -> None:
    """Offer to train all distances together. Each run's label contains its distance.

    Args:
        store: The cache.
        asked: The comparison of each distance.
        results: The results of each distance.
        device: The device that trains.
    """
    labelled = [
        replace(result, label=f"{result.label}, {steps} steps back")
        for steps, each in results.items()
        for result in each
    ]
    if labelled:
        views.training(store, next(iter(asked.values())), labelled, device)


def accuracy(store: RunStore, test: MemoryTest, results: Mapping[int, list[Result]], entries: Sequence[Entry]) -> None:
    """Show how far back each architecture remembers: sentences, chart and table.

    Args:
        store: The cache.
        test: The memory test.
        results: The results of each distance.
        entries: The architectures, in the order of the legend.
    """
    frame = memory_frames.accuracy_frame(results)
    if frame.empty:
        st.info(
            "No run has all its epochs yet. Press Train above: the shortest distances come first, and are drawn here "
            "run by run.",
            icon=":material/psychology:",
        )
        return
    means = memory_frames.means_frame(frame, test.chance)
    colours = label_colours(entries)
    found = memory_frames.memories(means, test.chance)
    st.markdown("\n".join(f"- {memory_frames.sentence(label, found[label])}" for label in colours if label in found))
    st.markdown(CAVEAT)
    plots.show(
        plots.Plot(
            f"Memory test: {test.kind}",
            "Lines: test accuracy of each architecture by steps back, on generated data; a dashed line at the "
            "accuracy of guessing",
            memory_charts.accuracy_by_steps,
            (frame, means, test.chance, colours),
            frame,
            "Generated data. Lines: mean over seeds; band: ± 1 standard deviation; dots: each seed. Where seeds fall "
            "into two groups there are only dots.",
        )
    )
    st.caption(
        f"On {HELD_OUT['test']:,} generated test texts at each distance. Line: mean over "
        f"{seeds_in_words(means['n'])}; band: ± 1 standard deviation; small dots: each seed. Where some seeds learnt "
        "the test and others only guess, the mean stands for neither and is left out. Dots are moved sideways where "
        "they overlap. Click a name in the legend to show it alone."
    )
    st.caption(
        f"Remembers, learnt: at least {LEARNT:.0%}. Guesses: at most {test.chance + BEYOND_CHANCE:.0%}; pure guessing "
        f"gives {test.chance:.0%}. In these texts only few words have to be remembered; in a real text all words "
        "compete for memory."
    )
    st.dataframe(memory_frames.accuracy_table(means), hide_index=True, width="stretch", placeholder="–")
    with st.container(horizontal=True):
        pages.link(
            "claims", "What all tests together say of the claim", {"claim": MEMORY.title}, width="content",
            icon=":material/fact_check:",
        )  # fmt: skip
        _see_inside(store, results)


def _see_inside(store: RunStore, results: Mapping[int, list[Result]]) -> None:
    """A link to models with weights, of the distance whose texts are easiest to read."""
    for steps in sorted(results, key=lambda steps: abs(steps - LEGIBLE)):
        if inside_link.show(store, results[steps], f"See inside these models, {steps} steps back"):
            return


def examples(test: MemoryTest, tested: Sequence[int]) -> None:
    """Show a training text of each class, at a distance with short texts."""
    steps = min(tested, key=lambda steps: abs(steps - LEGIBLE))
    st.markdown(f"#### What the texts are like, {steps} steps back")
    for text, label in islice(test.texts(steps), len(test.labels)):
        st.markdown(f"Class *{test.labels[label]}*: {_highlighted(text.split())}")
    st.caption(
        f"Generated by Unroll: {test.num_train:,} texts to train, {HELD_OUT['validation']:,} to validate, "
        f"{HELD_OUT['test']:,} to test at each distance, equally many of each class, no text twice. Here each has "
        f"{test.num_words(steps)} words, and there is no padding. Source: {test.source}."
    )
    query = links.dataset_query(memory_dataset(steps, test))
    with st.container(horizontal=True):
        pages.link("data", "Look at this dataset", query)
        pages.link("compare", "Compare architectures on it", query)


def _highlighted(words: Sequence[str]) -> str:
    """The words with those highlighted that count: those after the marker or, without one, the only cue word."""
    counts = [
        word in CUES and (MARKER not in words or before == MARKER)
        for before, word in zip(("", *words), words, strict=False)
    ]
    return " ".join(
        f":orange-background[**{word}**]" if each else word for word, each in zip(words, counts, strict=True)
    )
