"""Test texts on the page Inside, first those on which the chosen models disagree, and the true class of a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from cache.inference.generation_requests import MAX_CHARACTERS
from cache.results.predictions import predictions
from cache.results.results import Result
from cache.store.store import RunStore
from dashboard.disagreement import test_split_view
from dashboard.disagreement.disagreement_frames import hardest, whole
from dashboard.inside.openable import Openable
from dashboard.shell.markdown import escape_markdown
from models.data.dataset import Dataset
from models.data.datasets import get_dataset
from models.encoded.test_split import path_of_test_split, read_test_split
from models.tasks import CLASSIFICATION
from models.text.encoding import TextEncoding, in_lines
from models.training.scoring import chosen_classes

MOST_TEXTS = 30
MOST_LETTERS = 70
"""The longest start of a text in the list."""


@dataclass(frozen=True)
class OfferedText:
    """A test text. ``number`` counts from 0; ``num_right`` of the ``num_models`` models that have answered it were
    right.
    """

    number: int
    text: str
    true_class: str
    num_right: int
    num_models: int

    @property
    def label(self) -> str:
        words = " ".join(in_lines(self.text).split())
        beginning = words if len(words) <= MOST_LETTERS else f"{words[:MOST_LETTERS].rsplit(' ', 1)[0]} …"
        right = f", {self.num_right} of {self.num_models} right" if self.num_models else ""
        return f"{self.number + 1}, {self.true_class}{right}: {beginning}"


def show(store: RunStore, models: Sequence[Openable], text: str) -> None:
    """The list of test texts of the first model's dataset, and the true class of ``text`` if it is one of them."""
    if not models or models[0].spec.task != CLASSIFICATION:
        return
    dataset = get_dataset(models[0].spec.dataset)
    number, true_class = _known(store, dataset).get(_key(text), (None, ""))
    with st.expander("Test texts", icon=":material/menu_book:", key="test_texts_open", bind="query-params") as part:
        if part.open:
            _choose(store, dataset, models, number)
    if number is not None:
        st.markdown(
            f"This is test text {number + 1:,} of {escape_markdown(dataset.title)}. Its true class is "
            f"**{escape_markdown(true_class)}**."
        )


def fitting(text: str, encoding: TextEncoding) -> str:
    """The part of a text that the page accepts, from the end that the models read."""
    return text[-MAX_CHARACTERS:] if encoding.truncating == "pre" else text[:MAX_CHARACTERS]


def _choose(store: RunStore, dataset: Dataset, models: Sequence[Openable], number: int | None) -> None:
    if not path_of_test_split(dataset, store.root).exists():
        why = f"To choose one of the test texts of {escape_markdown(dataset.title)}, they must be read once"
        test_split_view.offer_to_read(store, dataset, "read_inside", why)
        return
    asked = [model for model in models if model.run and model.spec.dataset == dataset.name]
    runs = tuple(model.run.id for model in asked if model.run)
    found = _hardest(path_of_test_split(dataset, store.root), runs, asked, store, dataset)
    texts = {each.number: each for each in found}
    if not texts:
        st.caption("The test texts cannot be read.")
        return
    num_models, title = next(iter(texts.values())).num_models, escape_markdown(dataset.title)
    if num_models:
        contested = "on which the chosen models disagree, then those that most of them get wrong"
        which = contested if num_models > 1 else "that the model gets wrong"
        st.caption(f"{len(texts)} test texts of {title}: first those {which}.")
    else:
        st.caption("The answers of these models to the test texts are not in this cache: here are the first texts.")
    st.session_state.inside_test_text = number if number in texts else None
    st.selectbox(
        "Test text", list(texts), index=None, format_func=lambda each: texts[each].label, key="inside_test_text",
        placeholder="Choose one to read it", label_visibility="collapsed", on_change=_use,
        args=({each: fitting(one.text, models[0].spec.encoding) for each, one in texts.items()},),
    )  # fmt: skip


def _use(texts: Mapping[int, str]) -> None:
    if (number := st.session_state.inside_test_text) is not None:
        st.session_state.inside_text = in_lines(texts[number])


@st.cache_resource(show_spinner=False, max_entries=8)
def _hardest(
    file: Path, runs: tuple[int, ...], _models: Sequence[Openable], _store: RunStore, _dataset: Dataset
) -> tuple[OfferedText, ...]:
    """Cached for the same ``runs``, whose answers do not change. ``file`` names the dataset's contents."""
    if (split := read_test_split(_dataset, _store.root)) is None:
        return ()
    truth = np.asarray(split.labels)
    epochs = _store.epochs(runs)
    results = [
        Result(model.title, model.spec, model.run.epochs, model.run, tuple(epochs[model.run.id]))
        for model in _models
        if model.run
    ]
    answers = whole(predictions(_store, results), truth)
    right = [chosen_classes(each) == truth for by_seed in answers.values() for each in by_seed.values()]
    order = hardest(answers, truth) if answers else np.arange(len(truth))
    return tuple(
        OfferedText(
            number, split.texts[number], _dataset.labels[truth[number]], sum(bool(each[number]) for each in right),
            len(right),
        )
        for number in order[:MOST_TEXTS].tolist()
    )  # fmt: skip


def _known(store: RunStore, dataset: Dataset) -> Mapping[int, tuple[int, str]]:
    """The number and class of each test text by its ``_key``; empty if the texts are not in this cache."""
    file = path_of_test_split(dataset, store.root)
    return _numbers(file, store, dataset) if file.exists() else {}


@st.cache_resource(show_spinner=False, max_entries=4)
def _numbers(file: Path, _store: RunStore, _dataset: Dataset) -> Mapping[int, tuple[int, str]]:
    if (split := read_test_split(_dataset, _store.root)) is None:
        return {}
    found: dict[int, tuple[int, str]] = {}
    for number, (text, label) in enumerate(zip(split.texts, split.labels, strict=True)):
        for shown in (text[:MAX_CHARACTERS], text[-MAX_CHARACTERS:]):  # as much of it as a page passes on
            found.setdefault(_key(shown), (number, _dataset.labels[label]))
    return found


def _key(text: str) -> int:
    """Equal for texts that differ in white space and line breaks alone, which a field may change."""
    return hash(" ".join(in_lines(text).split()))
