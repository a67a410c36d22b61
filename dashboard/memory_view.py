"""The parts of the page Memory: how far back architectures remember a word, on texts made for the question."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

import streamlit as st

from cache.results import Result, fetch
from cache.store import RunStore
from cache.wording import count
from dashboard import line_up, links, memory_charts, memory_frames, plots, sidebar, views
from dashboard.colours import label_colours
from dashboard.plain import plain
from models.architectures import Architecture
from models.comparison import Comparison
from models.devices import Device
from models.encoding import TextEncoding
from models.memory_texts import CUES, SIZES, distinct_texts, memory_dataset
from models.named_stacks import NamedStack
from models.spec import Training
from models.tasks import CLASSIFICATION

STEPS = (2, 5, 10, 20, 40, 80, 120, 160, 200)
FARTHEST_AT_FIRST = 40
"""The time an epoch takes grows with the distance."""
LEGIBLE = 10
LINE_UP = ("simple_rnn", "gru", "lstm", "conv1d", "flatten")
RANGES = {"memory_epochs": sidebar.RANGES["epochs"], "memory_seeds": sidebar.RANGES["seeds"]}


def url_choices() -> dict[str, Sequence[str]]:
    return {"memory_models": line_up.titles(CLASSIFICATION), "memory_steps": [str(steps) for steps in STEPS]}


def introduction() -> None:
    st.badge("Generated data", icon=":material/science:", color="orange")
    st.markdown(
        "**The claim:** SimpleRNN forgets the beginning of a long sequence. **The test:** one word in the middle "
        "of random words decides the class. Read forwards or backwards, it is the same number of steps from the "
        "end: the larger this distance, the longer a recurrent layer must remember it. Flatten and Conv1D need no "
        "memory: they see all positions at once."
    )


def sidebar() -> tuple[list[int], int, int]:
    """(steps back to test, epochs, number of seeds)"""
    with st.sidebar:
        st.subheader("Memory test")
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
    return [steps for steps in STEPS if low <= steps <= high], int(epochs), int(seeds)


def comparisons(
    architectures: Sequence[Architecture | NamedStack],
    steps: Sequence[int],
    epochs: int,
    seeds: int,
    engine: str,
    device: Device,
) -> dict[int, Comparison]:
    """A comparison for each distance; what cannot work at one of them is explained and left out there."""
    asked, problems = {}, {}
    for each in steps:
        entries = tuple(line_up.plain_entry(architecture) for architecture in architectures)
        comparison = Comparison(
            memory_dataset(each).name, None, TextEncoding(), Training(engine=engine), epochs, seeds, entries
        )
        kept = []
        for entry in entries:
            if problem := views.problem_of(comparison, entry, device):
                problems.setdefault(entry.label, {})[each] = problem
            else:
                kept.append(entry)
        asked[each] = replace(comparison, entries=tuple(kept))
    for found in problems.values():
        at = ", ".join(map(str, found))
        st.error(f"Left out at {at} steps back: {plain(next(iter(found.values())))}", icon=":material/error:")
    return asked


def fetch_all(store: RunStore, asked: Mapping[int, Comparison], device: Device) -> dict[int, list[Result]]:
    return {
        steps: fetch(store, comparison, comparison.dataset.fingerprint(store.root / "tfds"), device.name)
        for steps, comparison in asked.items()
    }


def training(
    store: RunStore, asked: Mapping[int, Comparison], results: Mapping[int, list[Result]], device: Device, engine: str
) -> None:
    """All distances together, as one comparison is trained; each run's label says how far back it is asked."""
    labelled = [
        replace(result, label=f"{result.label}, {steps} steps back")
        for steps, each in results.items()
        for result in each
    ]
    if labelled:
        views.training(store, next(iter(asked.values())), labelled, device, engine)


def accuracy(results: Mapping[int, list[Result]], architectures: Sequence[Architecture | NamedStack]) -> None:
    frame = memory_frames.accuracy_frame(results)
    if frame.empty:
        st.info(
            "No run has all its epochs yet. Press Train above: the shortest distances come first, and are drawn here "
            "run by run.",
            icon=":material/psychology:",
        )
        return
    means = memory_frames.means_frame(frame)
    decided, says = memory_frames.claim(means)
    icon = {True: ":material/check_circle:", False: ":material/cancel:", None: ":material/help:"}[decided]
    st.markdown(f"{icon} **Does SimpleRNN forget the beginning?** {says}")
    colours = label_colours([line_up.plain_entry(architecture) for architecture in architectures])
    plots.show(
        plots.Plot(
            "Memory test",
            "Lines: test accuracy of each architecture by steps back, on generated data; a dashed line at the "
            "accuracy of guessing",
            memory_charts.accuracy_by_steps,
            (frame, means, colours),
            frame,
            "Generated data. Lines: mean over seeds; band: ± 1 standard deviation; dots: each seed.",
        )
    )
    seeds = means["n"]
    num_seeds = (
        count(int(seeds.max()), "seed") if seeds.min() == seeds.max() else f"{seeds.min()} to {seeds.max()} seeds"
    )
    st.caption(
        f"On {SIZES['test']:,} generated test texts at each distance. Line: mean over {num_seeds}; band: ± 1 "
        "standard deviation; small dots: each seed. Dots are moved sideways where they overlap. Click a name in "
        "the legend to show it alone."
    )
    said = memory_frames.verdicts(means)
    st.markdown("\n".join(f"- {said[label]}" for label in colours if label in said))
    st.caption(
        f"Remembers: at least {memory_frames.HOLDS:.0%} on average over seeds. Guesses: at most "
        f"{memory_frames.CHANCE:.0%}; pure guessing gives half. This shows what was learnt in these epochs, not "
        "what is possible: more epochs may help. In these texts only one word has to be remembered; in a real text "
        "all words compete for memory."
    )
    st.dataframe(memory_frames.accuracy_table(means), hide_index=True, width="stretch", placeholder="–")


def examples(tested: Sequence[int]) -> None:
    """A training text of each class, at a distance that can be taken in. The words are ours, and safe as Markdown."""
    steps = min(tested, key=lambda steps: abs(steps - LEGIBLE))
    st.markdown(f"#### What the texts are like, {steps} steps back")
    for text, label in islice(distinct_texts(steps), len(CUES)):
        words = text.split()
        words[steps] = f":orange-background[**{words[steps]}**]"
        st.markdown(f"Class *{CUES[label]}*: {' '.join(words)}")
    st.caption(
        f"Generated by Unroll: {SIZES['train']:,} texts to train, {SIZES['validation']:,} to validate, "
        f"{SIZES['test']:,} to test at each distance, half of each class, no text twice. Here each has "
        f"{2 * steps + 1} words, and there is no padding."
    )
    query = links.dataset_query(memory_dataset(steps))
    with st.container(horizontal=True):
        st.page_link("app_pages/data.py", label="Look at this dataset", icon=":material/dataset:", query_params=query)
        st.page_link(
            "app_pages/compare.py", label="Compare architectures on it", icon=":material/compare_arrows:",
            query_params=query,
        )  # fmt: skip
