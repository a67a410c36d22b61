import pytest

from models.architectures import ARCHITECTURES
from models.layers import GRU, LSTM, Bidirectional, Conv1D, Dense, Dropout, Embedding, Residual, SimpleRNN
from models.layers.kinds import ARGUMENTS
from models.layers.stack import summarize
from models.layers.weight_parts import calculation, weight_parts
from models.stacks.stack_text import plain_layer
from models.tasks import DEFAULT_LENGTHS

PLAIN = [
    (plain_layer(kind) if kind is not Residual else Residual(Dense(7, "relu"), Dense(16)), (40, 16))
    for kind in ARGUMENTS
]
NAMED = [
    (summary.layer, summary.input_shape)
    for entry in ARCHITECTURES.values()
    for summary in summarize(entry.layers(10_000), (DEFAULT_LENGTHS[entry.task],))
]
NESTED = [(Residual(Bidirectional(GRU(8, True)), Residual(Dense(4), Dense(16))), (40, 16))]


def evaluated(equation):
    """Both sides of an equation, or the one number there is."""
    python = equation.replace(",", "").replace("×", "*").replace("²", "**2")
    return {eval(side, {}) for side in python.split("=")}


@pytest.mark.parametrize(("layer", "shape"), dict.fromkeys([*PLAIN, *NAMED, *NESTED]), ids=str)
def test_counts_of_parts_and_formulas_add_up_to_the_layers(layer, shape):
    parts, count = weight_parts(layer, shape), layer.num_params(shape)
    assert sum(part.num_params for part in parts) == count
    assert all(evaluated(part.calculation) == {part.num_params} for part in parts)
    assert evaluated(calculation(layer, shape) or "0") == {count}


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (LSTM(32), "4 × (42 × 32 + 32² + 32) = 9,600"),
        (Bidirectional(LSTM(12)), "2 × 4 × (42 × 12 + 12² + 12) = 5,280"),
        (GRU(32), "3 × (42 × 32 + 32² + 2 × 32) = 7,296"),
        (SimpleRNN(3), "3 × (42 + 3 + 1) = 138"),
        (Conv1D(8, 5), "5 × 42 × 8 + 8 = 1,688"),
        (Residual(Dense(42), Dropout(0.1), Dense(42)), "42 × 42 + 42 + 42 × 42 + 42 = 3,612"),
        (Dropout(0.1), ""),
    ],
)
def test_numbers_are_filled_into_the_formula(layer, text):
    assert calculation(layer, (120, 42)) == text


def test_an_lstm_has_kernel_recurrent_kernel_and_bias_of_each_gate():
    parts = weight_parts(LSTM(32), (120, 42))
    assert [part.name for part in parts[::4]] == ["kernel W", "recurrent kernel U", "bias b"]
    assert [part.gate for part in parts[:4]] == ["input", "forget", "cell", "output"]
    first = parts[0]
    assert (first.shape, first.weight.shape, first.formula) == ((42, 32), (42, 128), "m × n")
    assert first.calculation == "42 × 32 = 1,344" and parts[-1].calculation == "32"


def test_a_gru_has_two_biases_a_gate():
    names = [part.name for part in weight_parts(GRU(8), (120, 4))[6:]]
    assert names == ["input bias b"] * 3 + ["recurrent bias b"] * 3


def test_a_part_shows_where_it_is_within_its_layer():
    (shortcut, _) = NESTED[0]
    places = list(dict.fromkeys(part.place for part in weight_parts(shortcut, (40, 16))))
    assert places == ["Bidirectional forward", "Bidirectional backward", "Residual Dense"]


def test_a_frozen_weight_is_known_as_such():
    (part,) = weight_parts(Embedding(100, 8, trainable=False), (20,))
    assert not part.weight.trainable and part.name == "embeddings"
