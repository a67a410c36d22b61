import pytest

from dashboard.compose import stack_editor
from dashboard.compose.stack_editor import KINDS, MAX_STEPS, History
from models.layers import GRU, LSTM, Bidirectional, Conv1D, Dense, Flatten, SeparableConv1D
from models.layers.keras_code import kind_name
from models.layers.kinds import ARGUMENTS
from models.stacks.stack_text import Stack

STACK = Stack(16, (Conv1D(8, 3), LSTM(4), Dense(2)))


def kinds(stack):
    return [type(layer).__name__ for layer in stack.layers]


def test_layers_are_added_moved_duplicated_and_removed():
    assert kinds(stack_editor.add(STACK, 0, "GRU")) == ["GRU", "Conv1D", "LSTM", "Dense"]
    assert kinds(stack_editor.add(STACK, 3, "Flatten")) == ["Conv1D", "LSTM", "Dense", "Flatten"]
    assert kinds(stack_editor.duplicate(STACK, 1)) == ["Conv1D", "LSTM", "LSTM", "Dense"]
    assert kinds(stack_editor.remove(STACK, 1)) == ["Conv1D", "Dense"]
    assert kinds(stack_editor.move(STACK, 0, 1)) == ["LSTM", "Conv1D", "Dense"]
    assert kinds(stack_editor.move(STACK, 2, -1)) == ["Conv1D", "Dense", "LSTM"]
    assert stack_editor.move(STACK, 0, -1) == stack_editor.move(STACK, 2, 1) == STACK
    assert stack_editor.remove(Stack(16, (Flatten(),)), 0) == Stack(16, ())
    assert kinds(STACK) == ["Conv1D", "LSTM", "Dense"]


def test_every_layer_can_be_chosen_and_has_its_name():
    for name in KINDS:
        assert kind_name(stack_editor.new_layer(name)) == name
    assert {type(stack_editor.new_layer(name)) for name in KINDS} == set(ARGUMENTS)


def test_another_kind_keeps_what_both_have():
    lstm = LSTM(7, True, 0.1)
    assert stack_editor.with_kind(lstm, "Bidirectional GRU") == Bidirectional(GRU(7, True, 0.1))
    assert stack_editor.with_kind(Bidirectional(lstm, "sum"), "LSTM") == lstm
    assert stack_editor.with_kind(Conv1D(7, 3, "relu", "causal"), "SeparableConv1D") == SeparableConv1D(7, 3, "relu")
    assert stack_editor.with_kind(lstm, "Flatten") == Flatten()


@pytest.mark.parametrize("one", KINDS)
def test_any_kind_becomes_any_other(one):
    for other in KINDS:
        turned = stack_editor.with_kind(stack_editor.new_layer(one), other)
        assert kind_name(turned) == other
        assert set(stack_editor.arguments(turned)) == set(stack_editor.domains(turned))


def test_an_argument_is_set_where_it_belongs_and_refused_where_it_cannot_be():
    layer = Bidirectional(LSTM(4))
    assert stack_editor.with_arguments(layer, {"units": 9}) == Bidirectional(LSTM(9))
    assert stack_editor.with_arguments(layer, {"merge_mode": "mul"}) == Bidirectional(LSTM(4), "mul")
    assert stack_editor.with_arguments(layer, {"units": None}) == layer
    assert stack_editor.with_arguments(Dense(3, "relu"), {"activation": "None"}) == Dense(3)


def test_a_backward_layer_keeps_the_size_of_the_forward_one():
    both = Bidirectional(LSTM(4), backward_layer=LSTM(4, activation="relu", go_backwards=True))
    wider = stack_editor.with_arguments(both, {"units": 9, "dropout": 0.1})
    assert wider == Bidirectional(LSTM(9, dropout=0.1), backward_layer=LSTM(9, activation="relu", go_backwards=True))


def test_steps_are_undone_and_done_again():
    history = History("a").then("b").then("c").then("c")
    assert (history.now, history.past) == ("c", ("a", "b"))
    back = history.undo().undo()
    assert (back.now, back.past, back.undone) == ("a", (), ("b", "c"))
    assert back.undo() == back
    assert back.redo().redo() == history and history.redo() == history
    assert back.then("d").undone == () and back.then("d").undo().now == "a"


def test_the_past_is_not_endless():
    history = History("0")
    for number in range(1, 300):
        history = history.then(str(number))
    assert len(history.past) == MAX_STEPS
