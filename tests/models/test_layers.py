import dataclasses

import keras
import pytest

from models import layers as layers_module
from models.keras_model import to_keras
from models.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    GlobalPooling1D,
    Layer,
    MaxPooling1D,
    Recurrent,
    ShapeError,
    SimpleRNN,
)

SEQUENCES = [(5, 3), (12, 1), (33, 42)]
CASES = [
    *((Embedding(v, d), (7,)) for v in (2, 50) for d in (1, 16)),
    *((Dense(n, a), s) for n in (1, 8) for a in (None, "relu") for s in ((3,), (6, 4))),
    *((kind(n, q), s) for kind in (SimpleRNN, LSTM, GRU) for n in (1, 9) for q in (False, True) for s in SEQUENCES),
    *((Bidirectional(kind(n, q)), (6, 5)) for kind in (SimpleRNN, LSTM, GRU) for n in (1, 7) for q in (False, True)),
    *((Conv1D(f, k, "relu"), s) for f in (1, 8) for k in (1, 5) for s in SEQUENCES),
    *((kind, s) for kind in (GlobalAveragePooling1D(), GlobalMaxPooling1D(), Flatten()) for s in SEQUENCES),
    *((MaxPooling1D(p), s) for p in (1, 2, 4) for s in SEQUENCES),
    (Dropout(0.2), (6, 4)),
    (Dropout(0.5), (6,)),
]


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda value: str(value))
def test_layer_equals_kerass_weight_by_weight(layer, shape):
    real = to_keras(layer)
    dtype = "int32" if isinstance(layer, Embedding) else "float32"
    output = real(keras.KerasTensor((None, *shape), dtype=dtype))

    assert tuple(output.shape[1:]) == layer.output_shape(shape)
    assert [weight.shape for weight in layer.weights(shape)] == [tuple(weight.shape) for weight in real.weights]
    assert layer.num_params(shape) == real.count_params()
    names = [weight.name.split()[-1] for weight in layer.weights(shape)]
    assert names == [weight.name for weight in real.weights]


def test_every_layer_is_in_the_contract():
    public = {
        value
        for value in vars(layers_module).values()
        if isinstance(value, type) and issubclass(value, Layer) and value not in (Layer, Recurrent, GlobalPooling1D)
    }
    assert public == {type(layer) for layer, _ in CASES}


@pytest.mark.parametrize("kind", [SimpleRNN, LSTM, GRU, Dense, Conv1D, Embedding])
def test_formula_gives_the_count(kind):
    m, n = 5, 7
    layer = {Conv1D: Conv1D(n, 3), Embedding: Embedding(n, m), Dense: Dense(n)}.get(kind) or kind(n)
    python = kind.formula.translate(str.maketrans({"×": "*", "²": "**2"})).replace(" ", "")
    for pair in ("mn", "kmf", "2n**2"):
        python = python.replace(pair, "*".join(pair) if pair != "2n**2" else "2*n**2")
    python = python.replace("2n", "2*n").replace("4(", "4*(").replace("3(", "3*(").replace("n(", "n*(")
    shape = (4,) if kind is Embedding else (10, m)
    names = {"m": m, "n": n, "k": 3, "f": n, "v": n, "d": m}
    assert eval(python, {}, names) == layer.num_params(shape)  # noqa: S307


@pytest.mark.parametrize(("kind", "gates"), [(SimpleRNN, 1), (LSTM, 4), (GRU, 3)])
def test_gates_share_the_parameters_equally(kind, gates):
    assert len(kind.gates) == gates
    assert len(Bidirectional(kind(8)).gates) == 2 * gates
    assert kind(8).num_params((3, 5)) % gates == 0


@pytest.mark.parametrize("layer", [LSTM(4), Conv1D(4, 2), GlobalMaxPooling1D(), MaxPooling1D(2), Bidirectional(GRU(2))])
def test_sequence_layers_explain_that_the_steps_are_gone(layer):
    with pytest.raises(ShapeError, match="the steps are gone.*return_sequences=True"):
        layer.output_shape((8,))


@pytest.mark.parametrize("layer", [Conv1D(4, 9), MaxPooling1D(9)])
def test_a_window_longer_than_the_text_is_explained(layer):
    with pytest.raises(ShapeError, match="9 is longer than the 8 steps"):
        layer.output_shape((8, 3))


def test_embedding_must_come_first():
    with pytest.raises(ShapeError, match="put it first"):
        Embedding(10, 2).output_shape((4, 2))


def test_layers_are_values():
    assert LSTM(4) == LSTM(4) != LSTM(5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        LSTM(4).units = 5
