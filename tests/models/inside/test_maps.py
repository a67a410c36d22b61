import pytest

from models.inside.maps import FORMULAS, FREE, MAPS, flattened, formulas_of, is_pooled, maps_of, shown_layers
from models.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    Embedding,
    GlobalMaxPooling1D,
    MultiHeadAttention,
    Permute,
    RepeatVector,
    Reshape,
    Residual,
    SimpleRNN,
)
from tests.models.inside.numpy_layers import CELLS
from tests.models.inside.opened import ANSWER, WORDS, opened


def test_formulas_name_the_layers_own_activations():
    assert formulas_of(LSTM(3)) == FORMULAS[LSTM]
    rare = formulas_of(GRU(3, activation="relu", recurrent_activation="hard_sigmoid", reset_after=False))
    assert rare[0] == "z = hard_sigmoid({z_sum}) = {z}"
    assert rare[2] == "g = relu(W·x + U·(r · h₋₁) + b) = relu({g_sum}) = {g}"
    assert formulas_of(SimpleRNN(3, use_bias=False)) == ("h = tanh(W·x + U·h₋₁) = tanh({h_sum}) = {h}",)
    assert [each.bounds for each in maps_of(LSTM(3, activation="relu"))] == [FREE, FREE, *[(0.0, 1.0)] * 3, FREE]


def test_layers_whose_steps_stand_for_no_tokens_are_not_shown():
    for layer in (Permute((2, 1)), Reshape((-1, 2)), RepeatVector(3)):
        layers = [Embedding(WORDS, 4), GRU(3, return_sequences=True), layer, SimpleRNN(3), ANSWER]
        assert [title for _, title, _ in shown_layers(layers)] == ["GRU"]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Conv1D(4, 3), True),
        (LSTM(4, return_sequences=True), True),
        (Bidirectional(LSTM(4, return_sequences=True)), True),
        (Bidirectional(LSTM(4, return_sequences=True), merge_mode="sum"), False),
        (Residual(LSTM(4, return_sequences=True)), False),
        (MultiHeadAttention(2, 3), False),
    ],
    ids=["filters", "states", "both directions", "sum of directions", "sum with a shortcut", "attention"],
)  # fmt: skip
def test_largest_is_marked_only_of_what_is_shown(layer, expected):
    shortcut = Residual(Conv1D(4, 3, padding="same"), GRU(4, return_sequences=True))
    assert is_pooled([Embedding(WORDS, 4), shortcut, layer, GlobalMaxPooling1D(), ANSWER], 3) is expected
    assert not is_pooled([Embedding(WORDS, 4), layer, GRU(4), ANSWER], 1)


@pytest.mark.slow
@pytest.mark.parametrize("rest", [{}, {"use_bias": False}])
def test_formulas_name_numbers_that_are_there(rest):
    layers = [
        *(kind(6, **rest) if kind in CELLS else kind(6, 3) for kind in FORMULAS),
        GRU(6, reset_after=False, **rest),
    ]
    for layer in layers:
        kind, formulas = type(layer), formulas_of(layer)
        arrays = opened(Embedding(WORDS, 4), layer, *([] if kind in CELLS else [GlobalMaxPooling1D()]), ANSWER)[1]
        names = {part.split("}")[0].removesuffix("₋₁") for formula in formulas for part in formula.split("{")[1:]}
        assert names <= set(arrays.layers["1"].arrays), kind
        assert {each.key for each in MAPS[kind]} <= set(arrays.layers["1"].arrays), kind


def test_layers_within_shortcuts_are_in_keras_order():
    layers = [Embedding(WORDS, 4), Residual(MultiHeadAttention(2, 3)), SimpleRNN(3), ANSWER]
    assert [type(each).__name__ for each in flattened(layers)] == [
        "Embedding",
        "MultiHeadAttention",
        "SimpleRNN",
        "Dense",
    ]
    assert [title for _, title, _ in shown_layers(layers)] == ["MultiHeadAttention", "SimpleRNN"]
