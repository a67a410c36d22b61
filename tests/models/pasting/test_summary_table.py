"""Summaries as Keras 3 and Keras 2 print them."""

import contextlib
import io
from dataclasses import replace

import keras
import pytest

from models.architectures import ARCHITECTURES
from models.layers import (
    LSTM,
    Attention,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    GlobalAveragePooling1D,
    Masking,
    MaxPooling1D,
    Permute,
    PReLU,
    Reshape,
    SpatialDropout1D,
)
from models.pasting.pasted import read_models
from models.pasting.summary_table import Row, first_difference, summary_rows
from models.stacks.stack_text import Stack
from models.training.keras_model import build_model

LAYERS = [
    *Stack(16, (Conv1D(8, 5, "relu"), MaxPooling1D(4), Bidirectional(LSTM(12)), Dropout(0.3), Dense(6, "relu")))
    .with_embedding(900),
    Dense(1, "sigmoid"),
]  # fmt: skip
GIVEN = {
    "activation of layer 2": "relu",
    "rate of layer 5": 0.3,
    "activation of layer 6": "relu",
    "activation of layer 7": "sigmoid",
}
KERAS_2 = """Model: "sequential"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
 embedding (Embedding)       (None, 33, 12)            1440

 bidirectional (Bidirectiona  (None, 33, 64)           11520
 l)

 lstm_1 (LSTM)               (None, 8)                 2336

 dense (Dense)               (None, 1)                 9

=================================================================
Total params: 15,305
"""


def printed(layers, length, **rest):
    model, target = build_model(layers, length), io.StringIO()
    with contextlib.redirect_stdout(target):
        model.summary(print_fn=lambda text, **_: target.write(f"{text}\n"), **rest)
    return target.getvalue()


@pytest.mark.parametrize("line_length", [60, 79])
def test_a_summary_of_keras_is_read_once_its_questions_are_answered(line_length):
    text = printed(LAYERS, 40, line_length=line_length)
    (found,) = read_models(text)
    assert [each.code for each in found.questions] == list(GIVEN)
    (found,) = read_models(text, GIVEN)
    assert found.stack.with_embedding(900) == LAYERS and found.problem is None
    assert found.settings.vocabulary_size == 900 and found.settings.length == 40


def test_a_summary_of_keras_2_is_read():
    (found,) = read_models(KERAS_2, {"activation of layer 4": "sigmoid"})
    assert found.stack == Stack(12, (Bidirectional(LSTM(32, True)), LSTM(8), Dense(1, "sigmoid")))
    assert found.settings.vocabulary_size == 120 and found.settings.length == 33


@pytest.mark.parametrize("name", ["flatten", "gru", "bidirectional_2_layers", "no_recurrence", "simple_rnn"])
def test_a_summary_is_that_of_its_architecture(name):
    layers = ARCHITECTURES[name].layers(1_000)
    text = printed(layers, 30)
    assert first_difference(summary_rows(text), layers, 30) is None
    other = [*layers[:-1], Dense(3, "softmax")]
    assert f"Layer {len(layers)} differs: the summary has Dense (None, 1)" in first_difference(
        summary_rows(text), other, 30
    )
    assert "The summary has" in first_difference(summary_rows(text), [*layers, Dense(1)], 30)


def test_a_layer_with_other_arguments_is_noticed_by_its_parameters():
    text = KERAS_2.replace("2336", "2304")
    (found,) = read_models(text, {"activation of layer 4": "sigmoid"})
    assert (
        found.stack is None and "Layer 3 differs: the summary has LSTM (None, 8) with 2,304 parameters" in found.problem
    )
    (found,) = read_models(KERAS_2.replace("11520", "11521"))
    assert "no recurrent layer of Unroll has 11,521 parameters" in found.problem


def test_a_table_without_layers_says_so():
    (found,) = read_models("Layer (type)   Output Shape   Param #\nnothing")
    assert "paste all lines and columns that model.summary() prints" in found.problem
    (found,) = read_models("Layer (type)   Output Shape\nembedding (Embedding)   (None, 40, 16)")
    assert "paste all lines and columns" in found.problem


def test_a_gru_of_keras_2_without_reset_after_is_noticed():
    inputs = keras.Input((20,))
    x = keras.layers.Embedding(50, 8)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GRU(4, reset_after=False)(x)))
    target = io.StringIO()
    model.summary(print_fn=lambda text, **_: target.write(f"{text}\n"))
    (found,) = read_models(target.getvalue(), {"activation of layer 3": None})
    assert found.stack is None and "Layer 2 differs: the summary has GRU (None, 4) with 156" in found.problem


def test_rows_are_those_of_the_table():
    assert summary_rows(KERAS_2)[1] == Row("Bidirectional", (33, 64), 11_520)


def test_layers_that_change_the_shape_are_read_from_it():
    shapes = (
        Permute((2, 1)),
        Reshape((-1, 8)),
        PReLU(1),
        PReLU(),
        Permute((1, 2)),
        Masking(),
        LSTM(4),
    )
    layers = [*Stack(8, shapes).with_embedding(90), Dense(1, "sigmoid")]
    (found,) = read_models(printed(layers, 16, line_length=90), {"activation of layer 9": "sigmoid"})
    expected = [replace(layer, target_shape=(16, 8)) if isinstance(layer, Reshape) else layer for layer in layers]
    assert found.problem is None and found.stack.with_embedding(90) == expected


def test_computations_of_masks_are_no_layers():
    layers = [*Stack(4, (Attention(), LSTM(3)), mask_zero=True).with_embedding(9), Dense(1, "sigmoid")]
    text = printed(layers, 7, line_length=108)
    assert "NotEqual" in text
    (found,) = read_models(text, {"activation of layer 4": "sigmoid"})
    assert found.problem is None and found.stack.with_embedding(9) == layers


def table(*rows):
    return "Layer (type)                 Output Shape              Param #\n" + "".join(f"{row}\n" for row in rows)


CUT = table(
    "embedding_5 (Embedding)      (None, 50, 16)            16000", "text_vectorization (TextVect (None, 50)  0",
    "spatial_dropout1d_2 (Spatial (None, 50, 16)            0", "bidirectional_4 (Bidirection (None, 50, 64)  12544",
    "global_average_pooling1d (Gl (None, 64)                0", "dense (Dense)   (None, 1)   65",
)  # fmt: skip


def test_kinds_that_an_earlier_keras_cuts_are_read_by_the_names_of_layers():
    (found,) = read_models(CUT, {"rate of layer 2": 0.2, "activation of layer 5": "sigmoid"})
    layers = (SpatialDropout1D(0.2), Bidirectional(LSTM(32, True)), GlobalAveragePooling1D(), Dense(1, "sigmoid"))
    assert found.problem is None and found.stack == Stack(16, layers)


def test_a_cut_kind_that_is_not_known_is_no_layer():
    (found,) = read_models(CUT.replace("global_average_pooling1d (Gl", "mine (Gl"), {"rate of layer 2": 0.2})
    assert found.stack is None and "Layer 4: Gl… is not a layer" in found.problem


@pytest.mark.parametrize("row", ["lstm (LSTM)   ?   0 (unbuilt)", "lstm (LSTM)   multiple   3136"])
def test_a_summary_without_shapes_says_so(row):
    (found,) = read_models(table(row))
    assert "The summary has no shapes: print it after model.build" in found.problem


@pytest.mark.parametrize(
    ("steps", "layer"),
    [(16, Conv1D(8, 5, "relu", strides=3)), (38, Conv1D(8, 5, "relu", dilation_rate=3)),
     (25, Conv1D(8, 5, "relu", "same", strides=2)), (50, Conv1D(8, 5, "relu", "same")), (46, Conv1D(8, 5, "relu"))],
)  # fmt: skip
def test_strides_of_a_convolution_follow_from_its_steps(steps, layer):
    text = table(
        "embedding (Embedding)        (None, 50, 16)            16000", f"conv (Conv1D)   (None, {steps}, 8)   648",
        "global_max_pooling1d (GlobalMaxPooling1D)  (None, 8)   0", "dense (Dense)   (None, 1)   9",
    )  # fmt: skip
    (found,) = read_models(text, {"activation of layer 2": "relu", "activation of layer 4": "sigmoid"})
    assert found.problem is None and found.stack.layers[0] == layer


def test_code_above_a_summary_is_read_in_place_of_it():
    code = "m = Sequential([Embedding(1000, 16), LSTM(4)])\nm.summary()\n"
    (found,) = read_models(code + CUT)
    assert found.name == "m" and found.stack == Stack(16, (LSTM(4),))
    (found,) = read_models("class Net(Model):\n    pass\n" + CUT)
    assert found.name == "summary"
