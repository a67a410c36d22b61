"""Frequent questions, each with the comparisons that answer it.

Home, Claims and the tour use them; the reference runs that come with Unroll answer them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from models.experiments.comparison import Comparison, Entry
from models.experiments.memory_series import READERS, SERIES
from models.experiments.spec import Training
from models.tasks import DEFAULT_LENGTHS, NEXT_WORD
from models.text.encoding import TextEncoding

EPOCHS, NUM_SEEDS = 10, 3
MORE_SEEDS = 10
"""Of the studies with which Home and Claims open, so that their verdicts are read at the third look."""
MEMORY = "memory"
"""The name of the study of the memory tests, which have a page of their own."""


@dataclass(frozen=True)
class Study:
    """``comparisons`` are made when they are asked for; the first is the line-up that shows the question best."""

    name: str
    title: str
    question: str
    make: Callable[[], tuple[Comparison, ...]]

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return self.make()

    def on(self, backend: str) -> tuple[Comparison, ...]:
        """The comparisons, trained by another Keras backend."""
        return tuple(replace(each, training=replace(each.training, backend=backend)) for each in self.comparisons)


def study_comparison(
    *architectures: str | Entry,
    encoding: TextEncoding | None = None,
    dataset: str = "imdb",
    examples: int | None = None,
    num_seeds: int = NUM_SEEDS,
) -> Comparison:
    """Makes the comparison of a study.

    Args:
        *architectures: Names, for architectures with default hyperparameters, or entries.
        encoding: How texts are encoded; the default encoding if None.
        dataset: The dataset's name.
        examples: The number of training texts; all of them if None.
        num_seeds: The number of seeds.
    """
    return Comparison(
        dataset_name=dataset,
        train_examples=examples,
        encoding=encoding or TextEncoding(),
        training=Training(),
        epochs=EPOCHS,
        num_seeds=num_seeds,
        entries=tuple(each if isinstance(each, Entry) else Entry(each) for each in architectures),
    )


def _vocabulary() -> tuple[Comparison, ...]:
    sizes = (TextEncoding(vocabulary_size=size) for size in (1_000, 3_000, 10_000))
    return (
        study_comparison("lstm", "lstm_small_vocabulary"),
        *(study_comparison("flatten", "conv1d", "lstm", encoding=encoding) for encoding in sizes),
    )


def _length() -> tuple[Comparison, ...]:
    lengths = (TextEncoding(length=length) for length in (120, 30, 60, 240))
    return tuple(study_comparison("flatten", "conv1d", "lstm", encoding=encoding) for encoding in lengths)


def _examples() -> tuple[Comparison, ...]:
    names = ("flatten", "gru", "lstm", "conv1d")
    return tuple(study_comparison(*names, examples=size) for size in (2_500, 5_000, None))


def _memory() -> tuple[Comparison, ...]:
    return tuple(
        study_comparison(*map(series.entry, READERS), dataset=dataset)
        for series in SERIES
        for dataset in series.datasets.values()
    )


def _layers() -> tuple[Comparison, ...]:
    subwords = TextEncoding(vocabulary_size=8_185, tokenizer="subwords")
    names = ("bidirectional_1_layer", "bidirectional_2_layers", "bidirectional_2_equal_layers")
    return (study_comparison(*names, encoding=subwords, num_seeds=5),)


def _next_word() -> tuple[Comparison, ...]:
    """Small ones, so that they are soon trained and their weights are soon carried."""
    encoding = TextEncoding(2_000, DEFAULT_LENGTHS[NEXT_WORD], "pre", "pre")
    narrow: dict[str, int | float | str] = {"embedding_dim": 32}
    recurrent = (Entry(f"next_word_{kind}", narrow | {"units": 32}) for kind in ("simple_rnn", "gru", "lstm"))
    convolution = Entry("next_word_conv1d", narrow | {"filters": 32, "dense_units": 32})
    # Before the softmax stand 32 numbers in each of them.
    both_ways = Entry("next_word_bidirectional_1_layer", narrow | {"units": 16})
    two_layers = Entry("next_word_bidirectional_2_layers", narrow | {"first_units": 16, "units": 32})
    return (study_comparison(*recurrent, convolution, both_ways, two_layers, encoding=encoding),)


def _refinements() -> tuple[Comparison, ...]:
    names = ("lstm", "lstm_on_lstm", "lstm_dropout", "lstm_merged", "composed", "self_attention")
    return study_comparison(*names), study_comparison("lstm", "transfer", encoding=TextEncoding(vocabulary_size=3_000))


def _known(*studies: Study) -> dict[str, Study]:
    return {study.name: study for study in studies}


STUDIES = _known(
    Study(
        "line_up",
        "Flatten, LSTM, GRU, Conv1D",
        "How accurate are the four most common architectures, and what does each cost?",
        lambda: (study_comparison("flatten", "lstm", "gru", "conv1d", num_seeds=MORE_SEEDS),),
    ),
    Study(
        "recurrence",
        "With and without recurrence",
        "Does it help to read word by word, or is it enough to know which words occur?",
        lambda: (study_comparison("no_recurrence", "simple_rnn", "gru", "lstm", num_seeds=MORE_SEEDS),),
    ),
    Study(
        "layers",
        "One layer or two",
        "Does a second bidirectional LSTM make the curve smoother, and what does it cost? As published, and with only "
        "the depth changed.",
        _layers,
    ),
    Study(
        "vocabulary",
        "Does the vocabulary matter?",
        "How much accuracy does a vocabulary of 10,000 words add to one of 1,000?",
        _vocabulary,
    ),
    Study(
        "length",
        "Do longer texts help?",
        "How much of a review must a model read, and what does reading more cost?",
        _length,
    ),
    Study(
        "examples",
        "How many training texts are needed?",
        "Which architectures need fewer texts, and how much more do they overfit on small training sets?",
        _examples,
    ),
    Study(
        MEMORY,
        "How far back can it remember?",
        "Does SimpleRNN forget the beginning of a long sequence? Three tests on generated texts.",
        _memory,
    ),
    Study(
        "convolutions",
        "Six convolutional networks",
        "Average or maximum pooling; one layer or several; dilated, separable, or below an LSTM?",
        lambda: (
            study_comparison(
                "conv1d",
                "conv1d_max_pooled",
                "conv1d_stacked",
                "conv1d_dilated",
                "separable_conv1d",
                "conv1d_under_lstm",
            ),
        ),
    ),
    Study(
        "refinements",
        "What makes an LSTM better?",
        "A second layer, dropout, merged directions, pretrained vectors, or self-attention instead?",
        _refinements,
    ),
    Study(
        "next_word",
        "Which word comes next?",
        "Six small models predict the next word from 2,000 words, and write texts.",
        _next_word,
    ),
)
