import keras
import pytest

from models.layers import LSTM, Bidirectional, Conv1D, Dense, Embedding, MaxPooling1D
from models.layers.stack import count_params, count_trainable_params, summarize
from models.training.keras_model import build_model, connect

SECTION_C = {
    "two bidirectional LSTMs": (
        [Embedding(120, 42), Bidirectional(LSTM(56, return_sequences=True)), Bidirectional(LSTM(12)), Dense(8)],
        (33,),
        [(33, 42), (33, 112), (24,), (8,)],
        [5_040, 44_352, 12_000, 200],
    ),
    "convolution before the LSTM": (
        [Embedding(120, 42), Conv1D(56, 5, "relu"), MaxPooling1D(4), Bidirectional(LSTM(12)), Dense(8)],
        (33,),
        [(33, 42), (29, 56), (7, 56), (24,), (8,)],
        [5_040, 11_816, 0, 6_624, 200],
    ),
    "one LSTM": ([LSTM(100), Dense(80)], (70, 5), [(100,), (80,)], [42_400, 8_080]),
    "one LSTM, sequences": (
        [LSTM(100, return_sequences=True), Dense(80)],
        (70, 5),
        [(70, 100), (70, 80)],
        [42_400, 8_080],
    ),
}


@pytest.mark.parametrize(("layers", "input_shape", "shapes", "counts"), SECTION_C.values(), ids=SECTION_C)
def test_published_summaries(layers, input_shape, shapes, counts):
    summaries = summarize(layers, input_shape)
    assert [summary.output_shape for summary in summaries] == shapes
    assert [summary.num_params for summary in summaries] == counts
    assert count_params(layers, input_shape) == count_trainable_params(layers, input_shape) == sum(counts)


def test_published_weights_of_an_lstm():
    (lstm,) = summarize([LSTM(100)], (70, 5))
    assert {weight.name: weight.num_params for weight in lstm.weights} == {
        "kernel": 2_000,
        "recurrent_kernel": 40_000,
        "bias": 400,
    }
    assert lstm.weights[0].formula == "m × 4n"
    assert lstm.params_per_gate == dict.fromkeys(("input", "forget", "cell", "output"), 10_600)


def test_published_two_layer_total_with_subwords():
    layers = [
        Embedding(8_185, 64),
        Bidirectional(LSTM(64, return_sequences=True)),
        Bidirectional(LSTM(32)),
        Dense(64, "relu"),
        Dense(1, "sigmoid"),
    ]
    assert count_params(layers, (120,)) == 635_329


@pytest.mark.parametrize(("layers", "input_shape"), [case[:2] for case in SECTION_C.values()], ids=SECTION_C)
def test_published_summaries_are_kerass(layers, input_shape):
    given = keras.Input(input_shape)
    model = keras.Model(given, connect(layers, given))
    assert [tuple(real.output.shape[1:]) for real in model.layers[1:]] == [
        summary.output_shape for summary in summarize(layers, input_shape)
    ]
    assert [real.count_params() for real in model.layers[1:]] == [
        summary.num_params for summary in summarize(layers, input_shape)
    ]


def test_what_is_frozen_is_counted_apart():
    layers = [Embedding(100, 8, trainable=False), LSTM(4), Dense(1)]
    embedding, lstm, _ = summarize(layers, (20,))
    assert (embedding.num_params, embedding.num_trainable) == (800, 0)
    assert lstm.num_params == lstm.num_trainable == 208
    model = build_model(layers, 20)
    assert count_params(layers, (20,)) == model.count_params() == 1_013
    assert count_trainable_params(layers, (20,)) == sum(
        weight.value.shape.num_elements() for weight in model.trainable_weights
    )
