"""Models that continue a text: layers that read the text so far, then a softmax over the whole vocabulary.

No narrow layer comes before the softmax, so all units distinguish the words. All but the bidirectional ones read
forwards only; those also read the same words from the end, but never the word that they predict.
"""

from typing import Annotated

from models.architectures.parts import DEEP_RNN, DenseUnits, Dimensions, Filters, Kernel
from models.architectures.registry import architecture
from models.hyperparameters import IntRange
from models.layers import GRU, LSTM, Bidirectional, Conv1D, Dense, Flatten, SimpleRNN
from models.stacks.stack_text import Stack
from models.tasks import NEXT_WORD

Units = Annotated[int, IntRange(1, 4_096, "Size of the recurrent state.")]


@architecture(
    "Next word by SimpleRNN",
    source="Mikolov et al. (2010), Recurrent neural network based language model, "
    "https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html",
    task=NEXT_WORD,
)
def next_word_simple_rnn(*, embedding_dim: Dimensions = 64, units: Units = 64) -> Stack:
    """Reads the words so far and keeps one state that each word overwrites. The first neural language models of this
    kind were far better than counting word sequences, but they forget the beginning of a sentence.
    """
    return Stack(embedding_dim, (SimpleRNN(units),))


@architecture(
    "Next word by GRU",
    source="Cho et al. (2014), Learning phrase representations, https://arxiv.org/abs/1406.1078",
    task=NEXT_WORD,
)
def next_word_gru(*, embedding_dim: Dimensions = 64, units: Units = 64) -> Stack:
    """Reads the words so far with two gates: one decides how much of the state to keep, the other how much of it to use
    for the new candidate. It has fewer parameters than the LSTM.
    """
    return Stack(embedding_dim, (GRU(units),))


@architecture(
    "Next word by LSTM",
    source="Sundermeyer, Schlüter & Ney (2012), LSTM neural networks for language modeling, "
    "https://www.isca-archive.org/interspeech_2012/sundermeyer12_interspeech.html",
    task=NEXT_WORD,
)
def next_word_lstm(*, embedding_dim: Dimensions = 64, units: Units = 64) -> Stack:
    """Reads the words so far with a cell state that three gates control: the forget gate decides what is removed. This
    was the usual language model before the transformer.
    """
    return Stack(embedding_dim, (LSTM(units),))


@architecture(
    "Next word by Conv1D",
    source="Dauphin et al. (2017), Language modeling with gated convolutional networks, https://arxiv.org/abs/1612.08083",
    task=NEXT_WORD,
)
def next_word_conv1d(
    *, embedding_dim: Dimensions = 64, filters: Filters = 64, kernel_size: Kernel = 5, dense_units: DenseUnits = 64
) -> Stack:
    """Looks for patterns of a few neighbouring words; a dense layer weights each pattern by its position. It carries no
    state from word to word and sees no further back than its input length.
    """
    return Stack(embedding_dim, (Conv1D(filters, kernel_size, "relu"), Flatten(), Dense(dense_units, "relu")))


@architecture(
    "Next word by bidirectional LSTM",
    source="Schuster & Paliwal (1997), Bidirectional recurrent neural networks, https://doi.org/10.1109/78.650093",
    task=NEXT_WORD,
)
def next_word_bidirectional_1_layer(*, embedding_dim: Dimensions = 64, units: Units = 64) -> Stack:
    """Reads the words so far with two LSTMs, one from the first word to the last, one from the last to the first.
    Neither sees the word to be predicted.
    """
    return Stack(embedding_dim, (Bidirectional(LSTM(units)),))


@architecture("Next word by bidirectional LSTM, 2 layers", source=DEEP_RNN, task=NEXT_WORD)
def next_word_bidirectional_2_layers(
    *, embedding_dim: Dimensions = 64, first_units: Units = 64, units: Units = 64
) -> Stack:
    """A bidirectional LSTM returns its state at every word, and an LSTM reads these states forwards. Courses on text
    generation often end with this model.
    """
    return Stack(embedding_dim, (Bidirectional(LSTM(first_units, return_sequences=True)), LSTM(units)))
