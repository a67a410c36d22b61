import base64
import re

import numpy as np
import pytest

from dashboard.inside.stepper import Block, alignment, bounds, shown_range, stepper_data
from models.inside.maps import FORMULAS, maps_of
from models.inside.readings import Reading
from models.layers import GRU, LSTM, Attention, Conv1D, MultiHeadAttention, SelfAttention, SimpleRNN
from models.text.encoding import OOV_ID
from models.text.tokens import PADDING, READ, Token

PAD = Token("", "<PAD>", 0, PADDING)
WORDS = [Token("a", "a", 5, READ), Token("zzz", "<OOV>", OOV_ID, READ), Token("<b>", "b", 7, READ)]
TOKENS = [PAD] * 4 + WORDS


def arrays(layer, steps, units):
    random = np.random.default_rng(2)
    return {each.key: random.uniform(-1, 1, (steps, units)).astype(np.float32) for each in maps_of(layer)}


def block(layer, steps=7, units=3, shown=(2, 0), **changes):
    reading = Reading(arrays(layer, steps, units), np.ones(units))
    values = {"title": "LSTM, seed 0: LSTM", "short_title": "LSTM", "colour": "#123456", "layer": layer,
              "reading": reading, "units": shown, "answers": [0.25, 0.5, 0.75], "answer_title": "P"}  # fmt: skip
    return Block(**values | changes)


def data(*blocks, **changes):
    arguments = {"cursor": (1, 0), "pins": [], "is_dark": False}
    return stepper_data(TOKENS, blocks, **arguments | changes)


def unpacked(text, units):
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(-1, units)


def test_padding_is_one_token_that_shows_how_much_there_is():
    assert shown_range(TOKENS) == (3, 6) and shown_range(WORDS) == (0, 2) and shown_range([*WORDS, PAD, PAD]) == (0, 3)
    found = data(block(LSTM(3)))
    assert (found["first"], found["length"]) == (3, 7)
    assert [(each["text"], each["kind"]) for each in found["tokens"]] == [
        ("4 × padding", "padding"), ("a", "read"), ("zzz", "unknown"), ("<b>", "read"),
    ]  # fmt: skip


def test_browser_gets_the_numbers_of_the_chosen_units_in_their_order():
    layer = LSTM(3)
    given = block(layer)
    (model,) = data(given)["models"]
    assert model["units"] == [2, 0] and model["unit_name"] == "Unit"
    for key, array in given.reading.arrays.items():
        np.testing.assert_array_equal(unpacked(model["numbers"][key], 2), array[:, [2, 0]])
    assert model["answers"] == [None, 0.25, 0.5, 0.75]
    assert (model["band"], model["answer_range"]) == ([None] * 4, "0 to 1")
    assert "<svg" in model["drawing"]


def test_band_of_seeds_stands_at_the_tokens_that_were_read():
    ends = [[0.1, 0.4], [0.2, 0.5], [0.7, 0.8]]
    (model,) = data(block(LSTM(3), band=ends, num_seeds=3))["models"]
    assert (model["band"], model["answer_range"]) == ([None, *ends], "0 to 1, band of 3 seeds")


def test_gates_reach_from_0_to_1_and_a_cell_state_as_far_as_it_goes_on_both_sides():
    layer = LSTM(3)
    given = {each.key: each for each in maps_of(layer)}
    array = np.array([[0.5, -3.0]])
    assert bounds(given["f"], array) == (0, 1) and bounds(given["h"], array) == (-1, 1)
    assert bounds(maps_of(SelfAttention())[0], array) == (0, 3)
    assert bounds(given["c"], array) == (-3, 3) and bounds(given["c"], np.zeros((2, 2))) == (-1, 1)


@pytest.mark.parametrize(
    ("steps", "expected"), [(7, (0, 1)), (5, (2, 1)), (3, (0, 2))], ids=["same", "convolution", "pooled"]
)
def test_steps_stand_at_their_tokens(steps, expected):
    assert alignment(7, steps) == expected


def test_place_of_each_filters_maximum_is_marked():
    given = block(Conv1D(3, 3), steps=5, is_pooled=True)
    (model,) = data(given)["models"]
    highest = given.reading.output[:, [2, 0]].argmax(0) + 2 - 3
    assert model["maps"][0]["marks"] == [[place, row] for row, place in enumerate(highest.tolist()) if place >= 0]
    np.testing.assert_array_equal(unpacked(model["numbers"]["a_max"], 2)[0], given.reading.output[:, [2, 0]].max(0))
    assert "{a_max}" in model["formulas"][-1] and model["drawing"] == ""


def test_attention_shows_the_tokens_that_are_looked_at():
    found = data(block(MultiHeadAttention(2, 3), units=7))
    (model,) = found["models"]
    assert model["units"] == ["1–4", "5", "6", "7"] and model["unit_name"] == "Weight of token"
    assert [each["number"] for each in found["tokens"]] == [4, 5, 6, 7]
    assert [each["title"] for each in model["maps"]] == ["Weights of head 1", "Weights of head 2"]


@pytest.mark.parametrize("tokens", [TOKENS, [*WORDS, *[PAD] * 4]], ids=["pre", "post"])
def test_weights_of_attention_on_all_padding_are_one_row(tokens):
    given = block(Attention(), units=7)
    weights = given.reading.output
    weights[:] = np.abs(weights) / np.abs(weights).sum(1, keepdims=True)
    (model,) = stepper_data(tokens, [given], (0, 0), [], is_dark=False)["models"]
    shown = unpacked(model["numbers"]["head_1"], 4)
    np.testing.assert_allclose(shown.sum(1), 1, rtol=1e-4)
    first = tokens[0].place == PADDING
    words = weights[:, 4:] if first else weights[:, :3]
    np.testing.assert_array_equal(shown[:, 1:] if first else shown[:, :3], words)
    assert model["units"] == (["1–4", "5", "6", "7"] if first else ["1", "2", "3", "4–7"])
    assert model["maps"][0]["bounds"] == pytest.approx([0, words.max()]), "padding does not set the scale"


@pytest.mark.parametrize(
    ("steps", "expected"), [(5, ["1–4", "5", "6", "7"]), (3, ["1–3", "5"]), (1, ["1–7"])],
    ids=["behind a convolution", "behind pooling", "one step"],
)  # fmt: skip
def test_attention_with_fewer_steps_than_tokens_shows_each_step_at_its_token(steps, expected):
    given = block(MultiHeadAttention(2, 3), steps=steps, units=steps)
    (model,) = data(given)["models"]
    assert model["units"] == expected
    assert unpacked(model["numbers"]["head_2"], len(expected)).shape == (steps, len(expected))


def test_id_changes_with_the_data_and_not_with_cursor_or_pins():
    layer = LSTM(3)
    assert (
        data(block(layer))["id"]
        == data(block(layer), pins=[(1, 1)], cursor=(1, 1))["id"]
        != data(block(layer), is_dark=True)["id"]
    )


@pytest.mark.parametrize(
    ("layer", "nodes"), [(SimpleRNN, ["tanh"]), (LSTM, ["+", "tanh", "×", "×", "×"]), (GRU, ["+", "1−", "×", "×", "×"])]
)
def test_drawing_of_a_cell_has_the_operations_and_values_of_its_formulas(layer, nodes):
    (model,) = data(block(layer(3)))["models"]
    assert sorted(nodes) == sorted(re.findall(r">(×|\+|1−|tanh)<", model["drawing"]))
    values = set(re.findall(r'data-(?:value|fill)="([^"]+)"', model["drawing"]))
    assert values - {"h₋₁"} <= set(re.findall(r"\{([^}]+)\}", " ".join(FORMULAS[layer])))


def test_drawing_of_a_cell_names_the_layers_own_activation():
    (model,) = data(block(LSTM(3, activation="relu")))["models"]
    assert ">relu<" in model["drawing"] and "tanh" not in model["drawing"]
