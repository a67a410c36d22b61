"""A dataset as a model reads it: balance, lengths and the cut, unknown words, and texts as numbers."""

import streamlit as st

from cache.store.runs import RUNNING as IN_TRAINING
from cache.store.store import RunStore
from cache.tasks.dataset_statistics import CountDataset, count_now, is_small, known_statistics
from dashboard.charts import plots
from dashboard.comparison import views
from dashboard.data import data_charts, data_frames
from dashboard.shell import pages, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import dataset_hints, run_progress
from models.data.dataset import Dataset
from models.encoded.statistics import Example, Statistics, cut_and_padded
from models.text.encoding import OOV_ID, PAD_ID, TextEncoding

SHOWN_CHARACTERS = 1_200


def show(store: RunStore, dataset: Dataset, train_examples: int | None, encoding: TextEncoding) -> None:
    """Draw a dataset as a model reads it.

    Args:
        store: The cache.
        dataset: The dataset.
        train_examples: The number of training examples; None for all.
        encoding: The encoding of the texts.
    """
    st.subheader(escape_markdown(dataset.title))
    st.caption(dataset.description)
    st.markdown(f"Source: {dataset.source}")
    if dataset.is_deleted:
        return
    pages.link("compare", "Compare architectures on it", dataset_hints.suggested_query(dataset))
    if dataset.fingerprint(store.root / "tfds") is None:
        views.download(store, dataset)
        return
    statistics = known_statistics(store, dataset, train_examples, encoding)
    if statistics is None and not store.read_only and is_small(dataset):
        with st.spinner("Counting"):
            statistics = count_now(store, dataset, train_examples, encoding)
    if statistics is None:
        _offer_to_count(store, dataset, train_examples, encoding)
        return
    _figures(statistics, encoding)
    _hints(statistics, dataset, encoding)
    left, right = st.columns(2, gap="large")
    with left:
        if dataset.is_labelled:
            _balance(statistics, dataset)
        else:
            st.caption("The texts have no labels: their words can be predicted, but they cannot be classified.")
    with right:
        _lengths(statistics, dataset, encoding)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _words(statistics, dataset, encoding)
    with right:
        _examples(statistics, dataset, encoding)


def _offer_to_count(store: RunStore, dataset: Dataset, train_examples: int | None, encoding: TextEncoding) -> None:
    task = CountDataset(dataset.name, train_examples, encoding)
    if run_progress.show_task(store, task):
        return
    st.info("The texts were not counted with this vocabulary yet.", icon=":material/query_stats:")
    if store.read_only:
        st.caption("This cache is read-only, so the texts cannot be counted.")
        return
    st.button(
        "Count them", type=session.primary_button_type(), icon=":material/query_stats:", key="count",
        on_click=run_action, args=(task.start, store),
    )  # fmt: skip
    if store.runs([IN_TRAINING]):
        st.caption(
            "This takes some seconds of the processor; the seconds of a current training may be marked as disturbed."
        )


def _figures(statistics: Statistics, encoding: TextEncoding) -> None:
    figures = {
        "Training texts": f"{sum(statistics.class_counts['train']):,}",
        "Median length": f"{data_frames.median_length(statistics.lengths):,} tokens",
        "Texts that are cut": f"{statistics.share_cut(encoding.length):.1%}",
        "Tokens lost to the cut": f"{statistics.share_of_tokens_cut(encoding.length):.1%}",
        "Out of vocabulary": f"{statistics.oov_share:.1%}",
    }
    with st.container(horizontal=True):
        for name, figure in figures.items():
            st.metric(name, figure, width=165)
    st.caption(
        f"Out of vocabulary: {statistics.num_oov:,} of {statistics.num_validation_tokens:,} tokens of validation texts "
        f"are not among the {statistics.vocabulary_size:,} of the vocabulary, which is made from the training texts. "
        f"Lengths and words were counted in {statistics.num_measured:,} training texts."
    )


def _hints(statistics: Statistics, dataset: Dataset, encoding: TextEncoding) -> None:
    """Show what suits the texts better than the chosen encoding, if anything."""
    if dataset.encoding:
        return
    if unknown := dataset_hints.unknown_words(statistics, encoding):
        st.warning(unknown, icon=":material/translate:")
    if length := dataset_hints.shorter_length(statistics, encoding):
        st.button(
            f"Most texts have at most {length:,} tokens: read them with {length:,}", key="shorter",
            icon=":material/content_cut:", on_click=dataset_hints.choose, args=(dataset, encoding, length, True),
        )  # fmt: skip


def _balance(statistics: Statistics, dataset: Dataset) -> None:
    st.markdown("#### Class balance")
    frame = data_frames.balance_frame(statistics.class_counts, dataset.labels)
    description = "Bars: texts of each class, stacked by split"
    plots.show(
        plots.Plot("Class balance", description, data_charts.class_bars, (frame, dataset.labels), frame, dataset.title)
    )
    train = statistics.class_counts["train"]
    most = max(train)
    st.caption(
        f"A model that always answers the most frequent class is correct for {most / sum(train):.1%} of the "
        "training texts."
    )


def _lengths(statistics: Statistics, dataset: Dataset, encoding: TextEncoding) -> None:
    st.markdown("#### Lengths and the cut")
    frame = data_frames.lengths_frame(statistics.lengths)
    description = "Histogram: tokens in a training text, with a rule at the chosen length"
    values = (frame, encoding.length, "tokens")
    plots.show(plots.Plot("Lengths and the cut", description, data_charts.length_bars, values, frame, dataset.title))
    share = statistics.share_cut(encoding.length)
    st.caption(
        f"The cut truncates {share:.1%} of the texts; the others are padded to {encoding.length:,} tokens. Texts "
        "longer than the axis, if any, are counted in its last bar."
    )


def _words(statistics: Statistics, dataset: Dataset, encoding: TextEncoding) -> None:
    st.markdown(f"#### Most frequent {encoding.tokenizer}")
    frame = data_frames.words_frame(statistics.words, statistics.num_tokens)
    description, title = "Bars: occurrences of the most frequent words", f"Most frequent {encoding.tokenizer}"
    plots.show(plots.Plot(title, description, data_charts.word_bars, (frame,), frame, dataset.title))


def _examples(statistics: Statistics, dataset: Dataset, encoding: TextEncoding) -> None:
    """Texts are shown as code or plain text, never as Markdown, because they may contain anything."""
    st.markdown("#### Before and after encoding")
    number = st.segmented_control(
        "Example", range(1, len(statistics.examples) + 1), default=1, required=True, key="example", bind="query-params",
        help="Validation texts, of each class in turn.",
    )  # fmt: skip
    example = statistics.examples[number - 1]
    pairs = cut_and_padded(example, encoding)
    st.text(f"Label: {dataset.labels[example.label]} ({example.label})")
    st.caption("The text, or its beginning")
    st.code(_beginning(example.text), language=None, wrap_lines=True)
    st.caption(_summary(example, pairs, encoding))
    st.code(_beginning(" ".join(token for token, _ in pairs)), language=None, wrap_lines=True)
    st.caption("The numbers that the model reads")
    st.code(_beginning(" ".join(str(number) for _, number in pairs)), language=None, wrap_lines=True)


def _beginning(text: str) -> str:
    """The start of a text: a box that scrolls cannot be reached by keyboard."""
    more = len(text) - SHOWN_CHARACTERS
    return text if more <= 0 else f"{text[:SHOWN_CHARACTERS]} … and {more:,} characters more"


def _summary(example: Example, pairs: list[tuple[str, int]], encoding: TextEncoding) -> str:
    numbers = [number for _, number in pairs]
    num_cut = max(0, len(example.numbers) - encoding.length)
    return (
        f"Its {encoding.length:,} tokens: {numbers.count(OOV_ID)} unknown, which became `<OOV>`; "
        f"{numbers.count(PAD_ID)} of padding, `<PAD>`; {num_cut:,} tokens of the text are cut."
    )
