import numpy as np
import pytest

from dashboard.inside.guide import GUIDE, Lesson
from dashboard.inside.stepper import Block
from models.inside.readings import Reading, Readings
from models.layers import LSTM, Conv1D
from models.text.tokens import PADDING, READ, Token

TOKENS = [Token("", "<PAD>", 0, PADDING), *(Token(text, text, 5, READ) for text in ("a", "b", "c"))]


def lesson(layer, answers=(0.25, 0.75, 0.875), is_backward=False):
    output = np.array([[0.0, 0.0], [0.125, 0.0], [0.125, 0.5], [0.25, 0.5]])
    arrays = {"h": output} | {key: np.full((4, 2), value) for key, value in (("i", 0.25), ("f", 0.75), ("o", 0.5))}
    if isinstance(layer, Conv1D):
        arrays = {"a": output[2:]}
    reading = Reading(arrays, np.array([1.0, 2.0]))
    block = Block("t", "t", "#123456", layer, reading, [0, 1], list(answers), "P", is_backward)
    column = np.array(answers)[:, None]
    readings = Readings(np.array([0, 5, 5, 5]), column, column - [[-0.5], [0.25], [0.0]], np.array([9, 1, 4, 2.0]), {})
    return Lesson(TOKENS, block, readings, 1)


def answers_to(given):
    return {step.question: step.find(given) for step in GUIDE}


def test_every_question_is_answered_by_the_numbers():
    found = [each for each in answers_to(lesson(LSTM(2))).values() if each]
    assert [(each.place, each.row) for each in found] == [
        (1, 0),
        (2, 1),
        (3, 0),
        (3, 0),
        (3, 1),
        (2, 0),
        (2, 0),
        (2, 0),
    ]
    first, change, gate, handed_on, unit, turn, left_out, gradient = (each.sentence for each in found)
    assert first == "After “a” alone it says 25%."
    assert "“b”" in change and "0.25 on average" in change
    assert gate.startswith("Forget gate f: 0.75")
    assert "the last one, “c”" in handed_on and "number 1" in unit
    assert turn == "At “b”: from 25% to 75%, and it stayed on that side."
    assert left_out.startswith("“b”") and "-37.5 points" in left_out
    assert "largest at “b”" in gradient and "0.5 times" in gradient


@pytest.mark.parametrize(
    ("layer", "expected"), [(LSTM(2), "the first one, “a”"), (LSTM(2, return_sequences=True), "every column")]
)
def test_direction_and_return_sequences_change_what_is_handed_on(layer, expected):
    found = [each.sentence for each in answers_to(lesson(layer, is_backward=True)).values() if each]
    assert any(expected in each for each in found)


def test_questions_on_gates_and_states_are_left_out_for_a_convolution():
    assert sum(each is None for each in answers_to(lesson(Conv1D(2, 3))).values()) == 3


def test_answer_that_never_turned_is_reported():
    found = answers_to(lesson(LSTM(2), answers=(0.75, 0.75, 0.875)))
    assert any(each and each.sentence.startswith("It never turned") for each in found.values())
