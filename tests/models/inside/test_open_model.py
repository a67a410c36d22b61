"""Every number that is shown, held against the same arithmetic written in NumPy."""

import keras
import numpy as np
import pytest

from models.architectures import ARCHITECTURES
from models.inside.maps import formulas_of, maps_of, shown_layers
from models.inside.open_model import OpenModel
from models.layers import (
    GRU,
    LSTM,
    AdditiveAttention,
    Attention,
    Bidirectional,
    Conv1D,
    Embedding,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Masking,
    MultiHeadAttention,
    Residual,
    SimpleRNN,
)
from models.training.keras_model import build_model
from tests.models.inside.numpy_layers import CELLS, attended, convolved, relu, sigmoid, steps
from tests.models.inside.opened import ANSWER, LENGTH, TEXT, WORDS, opened

NEAR = {"rtol": 0, "atol": 1e-5}


def same(found, expected):
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, err_msg=name, **NEAR)


@pytest.mark.usefixtures("no_graphs")
def test_every_layer_of_a_stack_is_that_of_numpy():
    """Opened once, for that takes seconds; each layer reads what the one before gives out, by NumPy's numbers."""
    recurrent = (Bidirectional(LSTM(5, return_sequences=True)), GRU(4, return_sequences=True),
                 SimpleRNN(6, return_sequences=True))  # fmt: skip
    attention, filters = Residual(MultiHeadAttention(2, 3)), Conv1D(7, 3, activation="relu")
    _, found, weights, x = opened(
        Embedding(WORDS, 4), *recurrent, attention, filters, GlobalMaxPooling1D(), ANSWER
    )  # fmt: skip
    forward, backward = steps(LSTM, x, weights[1][:3]), steps(LSTM, x[::-1], weights[1][3:])
    backward = {name: array[::-1] for name, array in backward.items()}
    same(found.layers["1 forward"].arrays, forward)
    same(found.layers["1 backward"].arrays, backward)
    x = np.hstack([forward["h"], backward["h"]])
    for number, kind in (("2", GRU), ("3", SimpleRNN)):
        expected = steps(kind, x, weights[int(number)])
        same(found.layers[number].arrays, expected)
        x = expected["h"]
    looked, x = attended(x, weights[4])
    same(found.layers["4"].arrays, looked)
    same(found.layers["5"].arrays, {"a": convolved(x, *weights[5])})


@pytest.mark.slow
@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("return_sequences", [False, True])
def test_states_and_gates_are_those_of_numpy(kind, return_sequences):
    after = [GlobalAveragePooling1D()] if return_sequences else []
    _, found, weights, x = opened(Embedding(WORDS, 4), kind(6, return_sequences=return_sequences), *after, ANSWER)
    same(found.layers["1"].arrays, steps(kind, x, weights[1]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
def test_both_directions_are_those_of_numpy(kind, merge_mode):
    _, found, weights, x = opened(Embedding(WORDS, 4), Bidirectional(kind(6), merge_mode=merge_mode), ANSWER)
    half = len(weights[1]) // 2
    same(found.layers["1 forward"].arrays, steps(kind, x, weights[1][:half]))
    backward = steps(kind, x[::-1], weights[1][half:])
    same(found.layers["1 backward"].arrays, {name: array[::-1] for name, array in backward.items()})


@pytest.mark.slow
def test_other_activations_are_those_of_numpy():
    layer = SimpleRNN(6, activation="relu", use_bias=False, go_backwards=True)
    _, found, weights, x = opened(Embedding(WORDS, 4), layer, ANSWER)
    w, u = weights[1]
    h, sums = np.zeros(6), []
    for each in x[::-1]:
        sums.append(each @ w + h @ u)
        h = relu(sums[-1])
    same(found.layers["1"].arrays, {"h_sum": np.stack(sums[::-1]), "h": relu(np.stack(sums[::-1]))})


@pytest.mark.slow
@pytest.mark.parametrize("use_bias", [False, True])
def test_a_gru_that_resets_before_is_that_of_numpy(use_bias):
    layer = GRU(6, reset_after=False, use_bias=use_bias)
    _, found, weights, x = opened(Embedding(WORDS, 4), layer, ANSWER)
    w, u, *bias = weights[1]
    (wz, wr, wg), (uz, ur, ug) = np.split(w, 3, axis=1), np.split(u, 3, axis=1)
    bz, br, bg = np.split(bias[0], 3) if bias else (0, 0, 0)
    h, rows = np.zeros(6), []
    for each in x:
        sums = {"z_sum": each @ wz + h @ uz + bz, "r_sum": each @ wr + h @ ur + br}
        z, r = sigmoid(sums["z_sum"]), sigmoid(sums["r_sum"])
        sums["g_sum"] = each @ wg + (r * h) @ ug + bg
        g = np.tanh(sums["g_sum"])
        h = z * h + (1 - z) * g
        rows.append({"h": h, "z": z, "r": r, "g": g, **sums})
    same(found.layers["1"].arrays, {name: np.stack([row[name] for row in rows]) for name in rows[0]})


@pytest.mark.slow
@pytest.mark.parametrize("kind", CELLS)
def test_masked_steps_keep_the_state(kind):
    _, found, weights, x = opened(Embedding(WORDS, 4, mask_zero=True), kind(6), ANSWER)
    expected = steps(kind, x[2:], weights[1])["h"]
    h = found.layers["1"].arrays["h"]
    np.testing.assert_allclose(h[2:], expected, **NEAR)
    assert not h[:2].any()


@pytest.mark.slow
def test_dropout_does_nothing_here():
    layer = LSTM(6, dropout=0.5, recurrent_dropout=0.5)
    _, found, weights, x = opened(Embedding(WORDS, 4), layer, ANSWER)
    same(found.layers["1"].arrays, steps(LSTM, x, weights[1]))


@pytest.mark.slow
def test_a_backward_layer_with_other_arguments_is_that_of_numpy():
    backward = SimpleRNN(6, activation="relu", use_bias=False, go_backwards=True)
    layer = Bidirectional(SimpleRNN(6, use_bias=False), backward_layer=backward)
    _, found, weights, x = opened(Embedding(WORDS, 4), layer, ANSWER)
    for direction, activation, (w, u), text in (
        ("forward", np.tanh, weights[1][:2], x),
        ("backward", relu, weights[1][2:], x[::-1]),
    ):
        h, rows = np.zeros(6), []
        for each in text:
            h = activation(each @ w + h @ u)
            rows.append(h)
        rows = rows if direction == "forward" else rows[::-1]
        np.testing.assert_allclose(found.layers[f"1 {direction}"].arrays["h"], np.stack(rows), **NEAR)
    titles = {key: formulas_of(layer)[0] for key, _, layer in shown_layers([Embedding(9, 4), layer, ANSWER])}
    assert "tanh(" in titles["1 forward"] and "relu(" in titles["1 backward"]


def product(x, weights):
    return x @ x.T * weights[0]


def tanh_of_sum(x, weights):
    scale, of_sum = weights
    return of_sum * np.tanh(scale * (x[:, None] + x[None])).sum(-1)


def weighted_tanh(x, weights):
    return (weights[0] * np.tanh(x[:, None] + x[None])).sum(-1)


@pytest.mark.slow
@pytest.mark.parametrize("mask_zero", [False, True])
@pytest.mark.parametrize(
    ("layer", "score"),
    [
        (Attention(use_scale=True), product),
        (Attention(use_scale=True, score_mode="concat"), tanh_of_sum),
        (AdditiveAttention(), weighted_tanh),
    ],
    ids=["dot", "concat", "additive"],
)
def test_weights_of_attention_are_those_of_numpy(layer, score, mask_zero):
    embedding = Embedding(WORDS, 4, mask_zero=mask_zero)
    model, found, weights, x = opened(embedding, layer, GlobalAveragePooling1D(), ANSWER)
    scores = score(x, weights[1]) - 1e9 * mask_zero * (TEXT == 0)
    expected = np.exp(scores - scores.max(-1, keepdims=True))
    same(found.layers["1"].arrays, {"head_1": expected / expected.sum(-1, keepdims=True)})
    np.testing.assert_allclose(found.answers[-1], model.predict(TEXT[None], verbose=0)[0], **NEAR)


@pytest.mark.slow
def test_masking_keeps_the_state_over_the_steps_that_it_masks():
    layers = (Embedding(WORDS, 4), Masking(), SimpleRNN(6), ANSWER)
    model = build_model(layers, LENGTH)
    embeddings, *rest = (np.random.default_rng(1).normal(0, 0.4, each.shape) for each in model.get_weights())
    embeddings[7] = 0.0
    model.set_weights([embeddings, *rest])
    states = OpenModel(layers, model).read(TEXT, "pre").layers["2"].arrays["h"]
    place = int(np.flatnonzero(TEXT == 7)[0])
    np.testing.assert_array_equal(states[place], states[place - 1])
    assert not np.array_equal(states[place + 1], states[place])


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_filter_activations_are_those_of_numpy(padding):
    layer = Conv1D(6, 3, activation="relu", padding=padding)
    _, found, weights, x = opened(Embedding(WORDS, 4), layer, GlobalMaxPooling1D(), ANSWER)
    before, after = {"valid": (0, 0), "same": (1, 1), "causal": (2, 0)}[padding]
    same(found.layers["1"].arrays, {"a": convolved(np.pad(x, ((before, after), (0, 0))), *weights[1])})


@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("side", ["pre", pytest.param("post", marks=pytest.mark.slow)])
def test_answers_are_the_models_own_to_each_beginning_of_the_text(side):
    layers = (Embedding(WORDS, 4), LSTM(6), ANSWER)
    model = opened(*layers)[0]
    words = TEXT[TEXT != 0]
    pad = (lambda row: np.r_[np.zeros(LENGTH - len(row)), row]) if side == "pre" else (
        lambda row: np.r_[row, np.zeros(LENGTH - len(row))]
    )  # fmt: skip
    found = OpenModel(layers, model).read(pad(words).astype(np.int32), side)
    for number in range(len(words)):
        beginning, rest = pad(words[: number + 1]), pad(np.delete(words, number))
        np.testing.assert_allclose(found.answers[number], model.predict(beginning[None], verbose=0)[0], **NEAR)
        np.testing.assert_allclose(found.without[number], model.predict(rest[None], verbose=0)[0], **NEAR)


@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("mask_zero", [False, True])
def test_gradient_is_the_change_of_the_answer_by_a_small_change_of_a_vector(mask_zero):
    layers = (Embedding(WORDS, 4, mask_zero=mask_zero), LSTM(6), ANSWER)
    model, found, _, x = opened(*layers)
    embedded = next(each for each in model.layers if isinstance(each, keras.layers.Embedding)).output
    mask = [np.stack([TEXT != 0] * 2)] if mask_zero else []
    behind = keras.Model([embedded, *([embedded._keras_mask] if mask_zero else [])], model.output)
    small = 1e-2
    for place in (2, 8):
        slopes = []
        for number in range(4):
            more, less = x.copy(), x.copy()
            more[place, number] += small
            less[place, number] -= small
            both = np.asarray(behind([np.stack([more, less]).astype(np.float32), *mask]))[:, 0]
            slopes.append((both[0] - both[1]) / (2 * small))
        assert found.gradient[place] == pytest.approx(np.linalg.norm(slopes), rel=0.02)


@pytest.mark.parametrize(
    "name",
    [name if name == "flatten" else pytest.param(name, marks=pytest.mark.slow) for name in ARCHITECTURES],
)
def test_every_architecture_can_be_opened(name):
    entry = ARCHITECTURES[name]
    layers = entry.layers(WORDS)
    found = OpenModel(layers, build_model(layers, 40)).read(np.r_[np.zeros(31, np.int32), TEXT], "pre")
    assert list(found.layers) == [key for key, _, _ in shown_layers(layers)]
    assert found.answers.shape == found.without.shape and len(found.answers) == 7
    for key, _, layer in shown_layers(layers):
        reading = found.layers[key]
        assert {each.key for each in maps_of(layer)} <= set(reading.arrays)
        assert all(np.isfinite(array).all() for array in reading.arrays.values())
        assert reading.weight_on_answer.shape == (reading.output.shape[1],) or "head_1" in reading.arrays


@pytest.mark.usefixtures("no_graphs")
def test_answers_with_other_weights_leave_the_model_as_it_was():
    layers = [Embedding(WORDS, 4), Bidirectional(LSTM(3)), ANSWER]
    model, other = build_model(layers, LENGTH), build_model(layers, LENGTH)
    opened = OpenModel(layers, model)
    before = opened.read(TEXT, "pre")
    own = model.get_weights()
    found = opened.answers_with([own, other.get_weights()], TEXT, "pre")
    assert found.shape == (2, 7, 1)
    np.testing.assert_allclose(found[0], before.answers, **NEAR)
    np.testing.assert_allclose(found[1], OpenModel(layers, other).read(TEXT, "pre").answers, **NEAR)
    for kept, each in zip(model.get_weights(), own, strict=True):
        np.testing.assert_array_equal(kept, each)
    with pytest.raises(ValueError, match="weight"):
        opened.answers_with([own[:-1]], TEXT, "pre")
    np.testing.assert_allclose(opened.read(TEXT, "pre").answers, before.answers, **NEAR)
