"""Shapes are those of Keras with every flag, and the equalities hold for trained and for random weights."""

from itertools import product

import keras
import numpy as np
import pytest

from models.inside.equalities import differences
from models.inside.returns import EQUALITIES, MERGE_MODES, Flags, code, holds, outputs
from models.layers import GRU, LSTM, SimpleRNN

STEPS, FEATURES = 5, 3
BOTH = (False, True)


@pytest.mark.parametrize("kind", [SimpleRNN, LSTM, GRU])
def test_shapes_are_keras_own_with_every_flag(kind):
    x = keras.Input((STEPS, FEATURES))
    for sequences, state, backwards, both, merge in product(BOTH, BOTH, BOTH, BOTH, MERGE_MODES):
        if both and backwards:
            continue  # Bidirectional refuses it
        flags = Flags(sequences, state, backwards, both, merge)
        layer = getattr(keras.layers, kind.__name__)(
            4, return_sequences=sequences, return_state=state, go_backwards=backwards
        )  # fmt: skip
        layer = keras.layers.Bidirectional(layer, merge_mode=merge) if both else layer
        found = layer(x)
        found = found if isinstance(found, list | tuple) else [found]
        expected = [tuple("batch" if size is None else str(size) for size in each.shape) for each in found]
        assert list(outputs(kind(4), flags, STEPS).values()) == expected, flags


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("backwards", BOTH)
def test_equalities_hold(kind, backwards):
    layer = getattr(keras.layers, kind)(6, go_backwards=backwards)
    layer.build((1, STEPS, FEATURES))
    found = differences(layer, np.random.default_rng(0).normal(size=(STEPS, FEATURES)).astype(np.float32))
    assert set(found) == set(EQUALITIES) - (set() if kind == "LSTM" else {"cell"})
    assert all(holds(name, difference) for name, difference in found.items()), found


def test_an_equality_that_fails_is_not_reported_to_hold():
    assert not holds("last row", 0.1) and not holds("cell", 0.0)


def test_code_names_what_is_not_the_default():
    assert code(LSTM(64), Flags()) == "LSTM(64)"
    assert (
        code(GRU(8), Flags(return_sequences=True, go_backwards=True))
        == "GRU(8, return_sequences=True, go_backwards=True)"
    )
    flags = Flags(return_state=True, is_bidirectional=True, merge_mode="sum")
    assert code(LSTM(64), flags) == 'Bidirectional(LSTM(64, return_state=True), merge_mode="sum")'
    assert outputs(LSTM(64), Flags(is_bidirectional=True), 9) == {"output": ("batch", "128")}


def test_code_names_other_arguments_of_the_layer():
    layer = GRU(8, activation="relu", reset_after=False, dropout=0.2)
    assert code(layer, Flags(return_sequences=True)) == (
        'GRU(8, activation="relu", reset_after=False, return_sequences=True)'
    )
