import keras
import pytest

from models.architectures import ARCHITECTURES
from models.layers import GRU, LSTM, Bidirectional, Dense, Embedding, MultiHeadAttention, Residual
from models.layers.keras_code import model_code
from models.layers.summary_text import summary_text

LENGTH = 120
NAMES = [
    *("flatten", "simple_rnn", "gru", "lstm", "bidirectional_2_layers", "conv1d_under_lstm", "separable_conv1d"),
    *("lstm_dropout", "lstm_merged", "self_attention", "next_word_conv1d"),
]
STACKS = {name: ARCHITECTURES[name].layers(10_000) for name in NAMES} | {
    "frozen": [Embedding(50_000, 100, trainable=False), Bidirectional(LSTM(8)), Dense(1)],
    "names": [Embedding(9, 4), Bidirectional(GRU(3, True)), GRU(3, True), GRU(3), Dense(2), Dense(3, "softmax")],
    "nested": [
        *(Embedding(9, 4), Residual(LSTM(4, True), Residual(Dense(7), Dense(4))), MultiHeadAttention(2, 3)),
        *(GRU(3), Dense(1)),
    ],
}


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_text_is_what_keras_prints(layers, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    keras.utils.clear_session()
    space, printed = {}, []
    exec(model_code(layers, LENGTH).replace("model.summary()", ""), space)
    space["model"].summary(print_fn=printed.append)
    lines = [line.rstrip() for line in "\n".join(printed).rstrip().splitlines()]
    assert summary_text(layers, LENGTH).splitlines() == lines
