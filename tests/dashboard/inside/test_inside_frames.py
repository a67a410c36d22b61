from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard.inside import inside_charts
from dashboard.inside.inside_frames import (
    band,
    gradient_frame,
    map_frame,
    outline_frame,
    probabilities,
    turning_points,
    two_texts_table,
    wide,
    without_table,
)
from models.inside.readings import Readings
from models.inside.returns import Flags
from models.layers import GRU, LSTM
from models.text.encoding import OOV_ID
from models.text.tokens import PADDING, READ, Token, read_places

TOKENS = [Token("", "<PAD>", 0, PADDING), Token("a", "a", 5, READ), Token("zz", "<OOV>", OOV_ID, READ)]


def readings(answers, without=((0.5,), (0.5,))):
    return Readings(np.array([0, 5, 1]), np.array(answers), np.array(without), np.array([0.1, 0.2, 0.3]), {})


def test_one_column_of_answers_is_the_second_of_two_classes():
    assert probabilities(np.array([[0.2], [0.9]]), 1).tolist() == [0.2, 0.9]
    assert probabilities(np.array([[0.2, 0.3, 0.5]]), 2).tolist() == [0.5]


def test_band_goes_from_the_lowest_to_the_highest_seed():
    own = readings([[0.4], [0.75]])
    assert band(own, 1).tolist() == [[0.4, 0.4], [0.75, 0.75]]
    several = replace(own, seeds=np.array([[[0.1], [0.9]], [[0.2], [0.8]]]))
    assert band(several, 1).tolist() == [[0.1, 0.4], [0.75, 0.9]]


def test_map_has_a_row_for_each_step_and_unit_without_padding():
    array = np.arange(6.0).reshape(3, 2)
    frame = map_frame(TOKENS, array, [1], 0, 1)
    assert frame.to_dict("records") == [
        {"position": 2, "token": "a", "unit": 1, "value": 3.0},
        {"position": 3, "token": "zz (unknown)", "unit": 1, "value": 5.0},
    ]
    assert wide(frame).to_dict("records") == [
        {"position": 2, "token": "a", "Unit 1": 3.0}, {"position": 3, "token": "zz (unknown)", "Unit 1": 5.0},
    ]  # fmt: skip


def test_leaving_a_word_out_changes_the_answer_by_points():
    table = without_table(TOKENS, {"LSTM": (readings([[0.4], [0.75]], [[0.25], [0.8]]), 1)})
    assert table["Left out"].tolist() == ["a", "zz"]
    assert table["LSTM"].tolist() == pytest.approx([-50, 5])


def test_two_texts_are_compared_by_their_last_answers():
    (row,) = two_texts_table([("LSTM", readings([[0.4], [0.75]]), readings([[0.9], [0.5]]), 1, "positive")]).to_dict(
        "records"
    )
    assert row == {
        "Model": "LSTM",
        "Probability of": "“positive”",
        "Your text": 75.0,
        "The other text": 50.0,
        "Change": -25.0,
    }


@pytest.mark.parametrize(("answers", "expected"), [([[0.4], [0.75]], 1), ([[0.6], [0.75]], None), ([[0.6], [0.2]], 1)])
def test_turning_point_is_where_the_answer_takes_its_last_side(answers, expected):
    (place,) = turning_points(TOKENS, {"LSTM": (readings(answers), 1)}).values()
    assert place == (None if expected is None else read_places(TOKENS)[expected])


def test_gradient_is_by_the_distance_to_the_end():
    frame = gradient_frame(TOKENS, {"LSTM": (readings([[0.4], [0.75]]), 1)})
    assert frame[["token", "back", "gradient"]].values.tolist() == [["a", 1, 0.2], ["zz", 0, 0.3]]
    drawn = inside_charts.gradients(frame, {"LSTM": "#123456"}, "#000000").to_dict()
    assert drawn["layer"][0]["encoding"]["y"]["scale"] == {"type": "log"}


def test_gradient_of_zero_is_drawn_at_the_bottom():
    frame = pd.DataFrame({"label": ["A"], "position": [1], "token": ["a"], "back": [0], "gradient": [0.0]})
    drawn = inside_charts.gradients(frame, {"A": "#123456"}, "#000000").to_dict()
    ((row,),) = drawn["datasets"].values()
    assert row["gradient"] == inside_charts.LOWEST


def test_heat_map_diverges_around_0_only_where_there_are_negative_values():
    frame = map_frame(TOKENS, np.ones((3, 2)), [0, 1], 0, 1)
    schemes = [
        inside_charts.heat_map(frame, bounds, "Unit", "#000000").to_dict()["layer"][0]["encoding"]["color"]["scale"]
        for bounds in ((-1, 1), (0, 1))
    ]
    assert [each["domain"] for each in schemes] == [[-1, 1], [0, 1]]
    assert schemes[0]["scheme"] == "redblue" and schemes[1]["scheme"] == "purples"


def outline(flags, kind=LSTM):
    """By part, the tokens at which it comes out, with the number of the row in a sequence."""
    frame = outline_frame(TOKENS, 3, kind(4), flags)
    drawn = frame[frame["comes_out"]]
    return {
        part: dict(zip(rows["token"], rows["row"], strict=True)) for part, rows in drawn.groupby("part", sort=False)
    }


def test_outline_shows_at_which_token_each_output_was_computed():
    last, first = {"zz (unknown)": ""}, {"1 × padding": ""}
    assert outline(Flags()) == {"output, 4 units": last}
    assert outline(Flags(go_backwards=True)) == {"output, 4 units": first}
    assert outline(Flags(return_state=True)) == dict.fromkeys(("output, 4 units", "h, 4 units", "c, 4 units"), last)
    assert outline(Flags(return_state=True), GRU) == dict.fromkeys(("output, 4 units", "h, 4 units"), last)
    assert outline(Flags(is_bidirectional=True)) == {
        "output, forward, 4 units": last,
        "output, backward, 4 units": first,
    }
    states = outline(Flags(return_state=True, is_bidirectional=True), GRU)
    assert (states["forward h, 4 units"], states["backward h, 4 units"]) == (last, first)


def test_outline_numbers_the_rows_of_a_sequence():
    tokens = ("1 × padding", "a", "zz (unknown)")
    assert outline(Flags(return_sequences=True)) == {"sequence, 4 units": dict(zip(tokens, "123", strict=True))}
    backwards = Flags(return_sequences=True, go_backwards=True)
    assert outline(backwards) == {"sequence, 4 units": dict(zip(tokens, "321", strict=True))}
    padded = outline_frame([TOKENS[0]] * 3 + TOKENS[1:], 5, GRU(2), backwards)
    assert padded[["token", "row"]].values.tolist() == [["3 × padding", "5–3"], ["a", "2"], ["zz (unknown)", "1"]]


@pytest.mark.parametrize("flags", [Flags(), Flags(True, True), Flags(True, True, is_bidirectional=True)])
def test_outline_is_drawn(flags):
    frame = outline_frame(TOKENS, 1, LSTM(4), flags)  # one step: below pooling
    spec = inside_charts.outline(frame, "#000000").to_dict()
    assert [each["mark"]["type"] for each in spec["layer"]] == ["rect", "text"]
