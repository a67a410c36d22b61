import dataclasses
import re

import keras
import pytest

from models import layers as layers_module
from models.layers import (
    ELU,
    GRU,
    LSTM,
    Activation,
    AdditiveAttention,
    Attention,
    AveragePooling1D,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Convolution,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    GlobalPooling1D,
    Layer,
    LayerNormalization,
    LeakyReLU,
    Masking,
    MaxPooling1D,
    MultiHeadAttention,
    Permute,
    Pooling1D,
    PReLU,
    Recurrent,
    RepeatVector,
    Reshape,
    Residual,
    SelfAttention,
    SeparableConv1D,
    ShapeError,
    SimpleRNN,
    SpatialDropout1D,
)
from models.regularizers import Regularizer
from models.training.keras_model import connect

ABSTRACT = (Layer, Recurrent, Convolution, GlobalPooling1D, Pooling1D, SelfAttention)
SEQUENCES = [(5, 3), (12, 1), (33, 42)]
CASES = [
    *((Embedding(v, d, t), (7,)) for v in (2, 50) for d in (1, 16) for t in (True, False)),
    (Embedding(50, 16, mask_zero=True), (7,)),
    *((Dense(n, a), s) for n in (1, 8) for a in (None, "relu") for s in ((3,), (6, 4))),
    *((kind(n, q), s) for kind in (SimpleRNN, LSTM, GRU) for n in (1, 9) for q in (False, True) for s in SEQUENCES),
    *((Bidirectional(kind(n, q)), (6, 5)) for kind in (SimpleRNN, LSTM, GRU) for n in (1, 7) for q in (False, True)),
    *((kind(7, True, 0.1, 0.2), (6, 5)) for kind in (SimpleRNN, LSTM, GRU)),
    *(
        (Bidirectional(LSTM(n, q), mode), s)
        for n in (1, 7)
        for q in (False, True)
        for mode in ("concat", "sum", "mul", "ave")
        for s in SEQUENCES
    ),
    *((Conv1D(f, k, "relu"), s) for f in (1, 8) for k in (1, 5) for s in SEQUENCES),
    *((Conv1D(8, k, None, p, r), (33, 5)) for k in (1, 4) for p in ("valid", "same", "causal") for r in (1, 2, 8)),
    *((SeparableConv1D(f, k, "relu"), s) for f in (1, 8) for k in (1, 5) for s in SEQUENCES),
    *((SeparableConv1D(8, k, None, p, r), (33, 5)) for k in (1, 4) for p in ("valid", "same") for r in (1, 2, 8)),
    *((MultiHeadAttention(h, a), s) for h in (1, 4) for a in (1, 16) for s in SEQUENCES),
    *((Residual(MultiHeadAttention(2, a), Dropout(0.1)), s) for a in (1, 8) for s in SEQUENCES),
    *((Residual(Dense(n, "relu"), Dense(s[-1])), s) for n in (1, 8) for s in (*SEQUENCES, (4,))),
    (Residual(LayerNormalization(), Residual(Dense(9), Dense(4)), LSTM(4, True)), (6, 4)),
    *((LayerNormalization(), s) for s in (*SEQUENCES, (4,))),
    *((kind, s) for kind in (GlobalAveragePooling1D(), GlobalMaxPooling1D(), Flatten()) for s in SEQUENCES),
    *((MaxPooling1D(p), s) for p in (1, 2, 4) for s in SEQUENCES),
    (Dropout(0.2), (6, 4)),
    (Dropout(0.5), (6,)),
    *((SpatialDropout1D(0.2), s) for s in SEQUENCES),
    *((AveragePooling1D(p), s) for p in (1, 2, 4) for s in SEQUENCES),
    *(
        (layer, s)
        for layer in (Activation("relu"), LeakyReLU(0.1), ELU(0.5), GaussianNoise(0.2))
        for s in ((4,), (6, 4))
    ),
    *((BatchNormalization(m), s) for m in (0.99, 0.9) for s in (*SEQUENCES, (4,))),
    *((RepeatVector(n), (5,)) for n in (1, 7)),
    *((Dense(n, use_bias=False), s) for n in (1, 8) for s in ((3,), (6, 4))),
    *(
        (kind(7, q, use_bias=b), (6, 5))
        for kind in (SimpleRNN, LSTM, GRU)
        for q in (False, True)
        for b in (False, True)
    ),
    *((kind(7, activation="relu", go_backwards=True), (6, 5)) for kind in (SimpleRNN, LSTM, GRU)),
    *((GRU(7, use_bias=b, reset_after=r), (6, 5)) for b in (False, True) for r in (False, True)),
    (LSTM(7, recurrent_activation="hard_sigmoid"), (6, 5)),
    (Bidirectional(GRU(7, use_bias=False, reset_after=False)), (6, 5)),
    *(
        (kind(8, k, None, p, strides=t, use_bias=b), (33, 5))
        for kind in (Conv1D, SeparableConv1D)
        for k in (1, 4)
        for p in ("valid", "same")
        for t in (1, 2, 5)
        for b in (False, True)
    ),
    *((Conv1D(8, 4, padding="causal", strides=t), (33, 5)) for t in (2, 5)),
    *(
        (kind(p, t, padding), (33, 5))
        for kind in (MaxPooling1D, AveragePooling1D)
        for p in (1, 4)
        for t in (None, 1, 3, 40)
        for padding in ("valid", "same")
    ),
    *((PReLU(shared), s) for shared in (None, 1) for s in ((4,), (6, 4))),
    *((Reshape(target), (6, 4)) for target in ((24,), (-1,), (8, 3), (-1, 2), (3, -1))),
    *((Reshape(target), (6,)) for target in ((6,), (-1, 2), (2, 3))),
    *((Permute(dims), (6, 4)) for dims in ((2, 1), (1, 2))),
    *((Masking(value), (6, 4)) for value in (0.0, 1.5)),
    *((Attention(scale, mode, 0.1), (6, 4)) for scale in (False, True) for mode in ("dot", "concat")),
    *((AdditiveAttention(scale), (6, 4)) for scale in (False, True)),
    (MultiHeadAttention(2, 4, 0.1), (6, 4)),
    (Residual(Attention(), Dropout(0.1)), (6, 4)),
    (Bidirectional(LSTM(7), "sum", LSTM(7, activation="relu", go_backwards=True)), (6, 5)),
    (Bidirectional(GRU(7, True), backward_layer=GRU(7, True, 0.1, go_backwards=True)), (6, 5)),
    *(
        (layer, (6, 5))
        for penalty in (Regularizer(0.1), Regularizer(l2=0.1), Regularizer(0.1, 0.1))
        for layer in (
            Dense(7, kernel_regularizer=penalty, bias_regularizer=penalty),
            Conv1D(7, 3, kernel_regularizer=penalty, bias_regularizer=penalty),
            LSTM(7, kernel_regularizer=penalty, recurrent_regularizer=penalty, bias_regularizer=penalty),
        )
    ),
]


FIRST_SHAPES = {repr(layer): shape for layer, shape in reversed(CASES)}


def case(layer, shape):
    """A layer that is compared at another shape before is for the slow lane."""
    is_first = FIRST_SHAPES[repr(layer)] == shape
    return pytest.param(layer, shape, marks=() if is_first else pytest.mark.slow)


@pytest.mark.parametrize(("layer", "shape"), [case(*each) for each in CASES], ids=str)
def test_layer_equals_kerass_weight_by_weight(layer, shape):
    given = keras.Input(shape, dtype="int32" if isinstance(layer, Embedding) else "float32")
    real = keras.Model(given, connect([layer], given))

    assert tuple(real.output.shape[1:]) == layer.output_shape(shape)
    assert [weight.shape for weight in layer.weights(shape)] == [tuple(weight.shape) for weight in real.weights]
    assert [weight.shape for weight in layer.weights(shape)] == [weight.shape for weight in real.get_weights()]
    assert [weight.trainable for weight in layer.weights(shape)] == [weight.trainable for weight in real.weights]
    assert layer.num_params(shape) == real.count_params()
    names = [weight.name.split()[-1] for weight in layer.weights(shape)]
    assert names == [weight.name for weight in real.weights]


def test_every_layer_is_in_the_contract():
    public = {
        value
        for value in vars(layers_module).values()
        if isinstance(value, type) and issubclass(value, Layer) and value not in ABSTRACT
    }
    assert public == {type(layer) for layer, _ in CASES}


LETTERS = {"t": 10, "m": 5, "n": 7, "k": 3, "f": 11, "v": 13, "d": 2, "h": 4, "a": 17}
WITH_LETTERS = [
    *(kind(7, use_bias=False) for kind in (SimpleRNN, LSTM, GRU)),
    *(GRU(7, reset_after=False), Dense(7, use_bias=False), Conv1D(11, 3, use_bias=False)),
    SeparableConv1D(11, 3, use_bias=False),
    *(layer for kind in (SimpleRNN, LSTM, GRU) for layer in (kind(7), Bidirectional(kind(7)))),
    *(Dense(7), Conv1D(11, 3), SeparableConv1D(11, 3), MultiHeadAttention(4, 17), LayerNormalization()),
    *(BatchNormalization(), PReLU(), PReLU(1), AdditiveAttention(), Attention(True), Attention(True, "concat")),
    *(Embedding(13, 2), Embedding(13, 2, trainable=False)),
]


@pytest.mark.parametrize("layer", WITH_LETTERS, ids=lambda layer: type(layer).__name__)
def test_formula_gives_the_count(layer):
    """Letters and figures that stand side by side are multiplied, as are brackets with what is before them."""
    python = re.sub(r"(?<=[\w)²])(?=[a-z(])", "*", layer.formula).replace("²", "**2").replace("×", "*")
    shape = (4,) if isinstance(layer, Embedding) else (10, 5)
    assert eval(python, {}, LETTERS) == layer.num_params(shape)


def test_every_layer_with_weights_has_a_formula_that_is_held():
    assert {type(layer) for layer, shape in CASES if layer.weights(shape)} == {
        *map(type, WITH_LETTERS),
        Residual,
    }
    assert Residual(Dense(8, "relu"), Dropout(0.5), LayerNormalization()).formula == "mn + n, then 2m"


def test_symbols_spell_the_shape():
    for layer in WITH_LETTERS:
        for weight in layer.weights((4,) if isinstance(layer, Embedding) else (10, 5)):
            sizes = [eval(re.sub(r"(\d)([a-z])", r"\1*\2", symbol), {}, LETTERS) for symbol in weight.symbols]
            assert tuple(sizes) == weight.shape


@pytest.mark.parametrize(("kind", "gates"), [(SimpleRNN, 1), (LSTM, 4), (GRU, 3)])
def test_gates_share_the_parameters_equally(kind, gates):
    assert len(kind.gates) == gates
    assert len(Bidirectional(kind(8)).gates) == 2 * gates
    assert kind(8).num_params((3, 5)) % gates == 0


SEQUENCE_READERS = [
    *(LSTM(4), Bidirectional(GRU(2)), Conv1D(4, 2), SeparableConv1D(4, 2), Conv1D(4, 2, padding="causal")),
    *(GlobalMaxPooling1D(), MaxPooling1D(2), SpatialDropout1D(0.2), MultiHeadAttention(2, 4)),
    Residual(MultiHeadAttention(2, 4)),
]


@pytest.mark.parametrize("layer", SEQUENCE_READERS, ids=str)
def test_sequence_layers_explain_that_the_steps_are_gone(layer):
    with pytest.raises(ShapeError, match="the steps are gone.*return_sequences=True"):
        layer.output_shape((8,))


@pytest.mark.parametrize("layer", [Conv1D(4, 9), SeparableConv1D(4, 9), MaxPooling1D(9), AveragePooling1D(9)])
def test_a_window_longer_than_the_text_is_explained(layer):
    with pytest.raises(ShapeError, match="9 is longer than the 8 steps"):
        layer.output_shape((8, 3))


def test_a_dilated_window_longer_than_the_text_is_explained():
    message = "kernel_size 3 spans 9 steps with dilation_rate 4, which is longer than the 8 steps"
    with pytest.raises(ShapeError, match=message):
        Conv1D(4, 3, dilation_rate=4).output_shape((8, 3))
    assert Conv1D(4, 3, dilation_rate=4).output_shape((9, 3)) == (1, 4)


def test_a_shortcut_around_a_change_of_shape_is_explained():
    with pytest.raises(ShapeError, match=r"input of shape \(8, 3\) to what its layers make of it, \(8, 4\)"):
        Residual(Dense(4)).output_shape((8, 3))


def test_two_directions_around_a_layer_that_reads_backwards_are_explained():
    with pytest.raises(ShapeError, match="take go_backwards away"):
        Bidirectional(LSTM(3, go_backwards=True)).output_shape((5, 4))


def test_strides_and_dilation_together_are_explained():
    with pytest.raises(ShapeError, match="cannot have both strides and dilation_rate"):
        Conv1D(3, 2, dilation_rate=2, strides=2).output_shape((9, 4))


def test_a_sequence_cannot_be_repeated():
    with pytest.raises(ShapeError, match="RepeatVector repeats one vector"):
        RepeatVector(3).output_shape((4, 5))


def test_embedding_must_come_first():
    with pytest.raises(ShapeError, match="put it first"):
        Embedding(10, 2).output_shape((4, 2))


def test_layers_are_values():
    assert LSTM(4) == LSTM(4) != LSTM(5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        LSTM(4).units = 5
