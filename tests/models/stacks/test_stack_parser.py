import inspect
import random

import pytest

from models.architectures import ARCHITECTURES
from models.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    LayerNormalization,
    MaxPooling1D,
    MultiHeadAttention,
    Permute,
    Reshape,
    Residual,
    SeparableConv1D,
    SimpleRNN,
)
from models.layers.arguments import HERE
from models.layers.kinds import ARGUMENTS
from models.layers.stack import count_params
from models.regularizers import Regularizer
from models.stacks.stack_parser import MAX_CHARACTERS, parse_layers, parse_stack
from models.stacks.stack_text import (
    MAX_LAYERS,
    Stack,
    StackError,
    layers_text,
    num_layers,
    plain_layer,
    short,
    write_stack,
)
from tests.models.stacks.random_stacks import random_stack

ONE = Stack(16, (Bidirectional(LSTM(32)), Dense(6, "relu")))
CANONICAL = 'Embedding(16) → Bidirectional(LSTM(32)) → Dense(6, activation="relu")'


@pytest.mark.parametrize("entry", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def test_every_named_architecture_is_a_stack_that_comes_back_whole(entry):
    embedding, *layers = entry.layers(1_000)
    stack = Stack(embedding.output_dim, tuple(layers[:-1]))
    text = write_stack(stack)
    assert parse_stack(text) == stack
    assert write_stack(parse_stack(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        CANONICAL,
        'Embedding(16)->Bidirectional(LSTM(32))->Dense(6,"relu")',
        "Embedding(16);Bidirectional(LSTM(32));Dense(6,'relu')",
        'Embedding(16)\nBidirectional(\n  LSTM(32)\n)\nDense(6, "relu"),  # hidden\n',
        'Embedding(16) Bidirectional(LSTM(32)) Dense(6, "relu")',
        ' , Embedding (output_dim=16), Bidirectional(layer=LSTM(units=32)), Dense(activation="relu", units=6), ',
        'Embedding(10_000, 16) → Bidirectional(LSTM(32.0, dropout=0.0), "concat") → Dense(6.0, "relu")',
        "layers.Embedding(16) → keras.layers.Bidirectional(layers.LSTM(32, return_sequences=False)) → "
        'tf.keras.layers.Dense(6, "relu")',
    ],
)
def test_the_same_stack_has_one_spelling(text):
    assert parse_stack(text) == ONE
    assert write_stack(parse_stack(text)) == CANONICAL


@pytest.mark.parametrize(
    ("as_in_keras", "layer"),
    [
        ('Conv1D(24, 5, 1, "same")', Conv1D(24, 5, padding="same")),
        ('Conv1D(24, 5, 1, "causal", None, 2, 1, "relu")', Conv1D(24, 5, "relu", "causal", 2)),
        ('Conv1D(24, 5, strides=1, activation="relu", use_bias=True)', Conv1D(24, 5, "relu")),
        ('SeparableConv1D(8, 3, 1, "same", "channels_last", 1, 1, "relu")', SeparableConv1D(8, 3, "relu", "same")),
        ('LSTM(32, "tanh", "sigmoid", True, return_sequences=True)', LSTM(32, True)),
        ('SimpleRNN(32, "tanh", True)', SimpleRNN(32)),
        ("MaxPooling1D(3, 3)", MaxPooling1D(3)),
        ('MaxPooling1D(strides=3, pool_size=3, padding="valid")', MaxPooling1D(3)),
        ('Dense(6, "relu", True)', Dense(6, "relu")),
        ("Dropout(0.5, None)", Dropout(0.5)),
        ("LayerNormalization(-1, 0.001)", LayerNormalization()),
        ("MultiHeadAttention(2, 8, None, 0.0)", MultiHeadAttention(2, 8)),
        ("MaxPooling1D(3, 2, 'same')", MaxPooling1D(3, 2, "same")),
        ("Dense(6, kernel_regularizer='l2')", Dense(6, kernel_regularizer=Regularizer(l2=0.01))),
        (
            "Dense(6, kernel_regularizer=keras.regularizers.l1_l2(0.1, l2=0.2))",
            Dense(6, None, True, Regularizer(0.1, 0.2)),
        ),
        ("Dense(6, kernel_regularizer=L2(0))", Dense(6)),
        ("Reshape(40)", Reshape((40,))),
        ("Reshape([8, -1])", Reshape((8, -1))),
        ("Permute((2, 1))", Permute((2, 1))),
        ("Bidirectional(LSTM(3), backward_layer=None)", Bidirectional(LSTM(3))),
    ],
)
def test_arguments_without_names_stand_in_kerass_order(as_in_keras, layer):
    assert parse_layers(as_in_keras) == (layer,)


@pytest.mark.parametrize("kind", [kind for kind in ARGUMENTS if kind.keras_arguments], ids=lambda kind: kind.__name__)
def test_the_order_and_the_fixed_values_are_kerass(kind):
    import keras

    signature = list(inspect.signature(getattr(keras.layers, kind.__name__).__init__).parameters.values())[1:]
    for (name, values), theirs in zip(kind.keras_arguments.items(), signature, strict=False):
        assert name == theirs.name
        if values is not HERE:
            assert theirs.default in values


def test_activations_have_one_word_each():
    stacks = [parse_stack(f"Embedding(4) Flatten() Dense(3, activation={each})") for each in ("None", "'linear'")]
    assert stacks[0] == stacks[1] == parse_stack("Embedding(4) Flatten() Dense(3)")
    assert parse_stack("Embedding(4) Dense(3, 'swish')") == parse_stack("Embedding(4) Dense(3, 'silu')")


MISTAKES = {
    "": "The stack is empty: begin with Embedding(16)",
    " → ; ": "The stack is empty",
    "42": "Layer 1: a layer begins with its name, as in LSTM(32), not with '42'.",
    "hello world": "Layer 1: hello is not a layer; there are Embedding, SimpleRNN, LSTM, GRU, Bidirectional, Conv1D,",
    "LSTM(32)": "Layer 1: a stack begins with the embedding: write Embedding(16) before LSTM(32).",
    "Embeding(16)": "Layer 1: Embeding is not a layer; did you mean Embedding?",
    "Embedding(16) → LSTMM(32)": "Layer 2: LSTMM is not a layer; did you mean LSTM?",
    "Embedding(16) → lstm(32)": "Layer 2: lstm is not a layer; did you mean LSTM?",
    "Embedding(16) → Embedding(16)": "Layer 2: Embedding is the first layer, and there is only one.",
    "Embedding()": "Layer 1: Embedding has one argument",
    "Embedding(16, dtype=3)": "Layer 1: Embedding has one argument, the length of its vectors",
    "Embedding(0)": "Layer 1, Embedding: output_dim must be a whole number from 1 to 1024, not 0.",
    "Embedding(16) → LSTM": "Layer 2: its arguments are missing: write LSTM(32).",
    "Embedding(16) → LSTM 32": "Layer 2: its arguments are missing: write LSTM(32).",
    "Embedding(16) → LSTM()": "Layer 2, LSTM needs units: write LSTM(32).",
    "Embedding(16) → Conv1D(3)": "Layer 2, Conv1D needs kernel_size: write Conv1D(32, 5).",
    "Embedding(16) → LSTM(32": "Layer 2: a bracket is not closed: LSTM(32",
    "Embedding(16)) → LSTM(32)": "Layer 2: a layer begins with its name, as in LSTM(32), not with ')",
    "Embedding(16) → LSTM(32, 33 34)": "Layer 2: LSTM(32, 33 34) cannot be read",
    "Embedding(16) → LSTM(32]": "Layer 2: LSTM(32] cannot be read",
    "Embedding(16) → LSTM(0)": "Layer 2, LSTM: units must be a whole number from 1 to 4096, not 0.",
    "Embedding(16) → LSTM('32')": "Layer 2, LSTM: units must be a whole number from 1 to 4096, not '32'.",
    "Embedding(16) → LSTM(True)": "Layer 2, LSTM: argument 1 is units, as in Keras: write return_sequences=True by its",
    "Embedding(16) → LSTM(units=True)": "Layer 2, LSTM: units must be a whole number",
    "Embedding(16) → LSTM([32])": "Layer 2, LSTM: units must be a whole number",
    "Embedding(16) → LSTM(units)": "Layer 2, LSTM: units must be a plain value, not units.",
    "Embedding(16) → LSTM(2 ** 5)": "Layer 2, LSTM: units must be a plain value, not 2 ** 5.",
    "Embedding(16) → LSTM(32, True)": "Layer 2, LSTM: argument 2 is activation, as in Keras: write "
    "return_sequences=True by its name.",
    "Embedding(16) → LSTM(32, activation='relo')": 'Layer 2, LSTM: activation must be None, "relu"',
    "Embedding(16) → Conv1D(24, 5, 'relu')": "Layer 2, Conv1D: argument 3 is strides, as in Keras: write "
    "activation='relu' by its name.",
    "Embedding(16) → Conv1D(24, 5, 'same')": "write padding='same' by its name.",
    "Embedding(16) → Conv1D(24, 5, 0)": "strides must be a whole number from 1 to 64, not 0.",
    "Embedding(16) → Conv1D(24, 5, groups=2)": "Layer 2, Conv1D: groups is always 1 here, not 2: leave it out.",
    "Embedding(16) → Conv1D(24, 5, 1, strides=1)": "Layer 2, Conv1D: strides is given twice.",
    "Embedding(16) → Conv1D(24, 5, x)": "strides must be a plain value, not x",
    "Embedding(16) → MaxPooling1D(2, 'same')": "argument 2 is strides, as in Keras: write padding='same' by its name.",
    "Embedding(16) → MaxPooling1D(2, 0)": "strides must be a whole number from 1 to 64, not 0.",
    "Embedding(16) → Dense(3, kernel_regularizer=l3(1))": "must be None or a regularizer such as L2(0.01), L1(0.001)",
    "Embedding(16) → Dense(3, kernel_regularizer=L2(f(1)))": "must be None or a regularizer such as L2(0.01)",
    "Embedding(16) → Dense(3, kernel_regularizer=L2(-1))": "with numbers from 0 to 10, not L2(-1).",
    "Embedding(16) → Dense(3, kernel_regularizer=7)": "must be None or a regularizer such as L2(0.01)",
    "Embedding(16) → Reshape((2, 3, 4))": "target_shape must be one or two whole numbers, such as (10, 16)",
    "Embedding(16) → Reshape((-1, -1))": "target_shape must be one or two whole numbers, such as (10, 16)",
    "Embedding(16) → Reshape(0)": "target_shape must be one or two whole numbers, such as (10, 16)",
    "Embedding(16) → Permute((1, 3))": "dims must be (2, 1) or (1, 2), not (1, 3).",
    "Embedding(16) → PReLU(shared_axes=2)": "shared_axes must be None or 1, not 2.",
    "Embedding(16) → Bidirectional(LSTM(3), backward_layer=Dense(3))": "goes around a recurrent layer",
    "Embedding(16) → Dense(6, 'relu', 'tanh')": "argument 3 is use_bias, as in Keras: write activation='tanh' by its",
    "Embedding(16) → MultiHeadAttention(2, 8, 0.1)": "argument 3 is value_dim, as in Keras, and always None here",
    "Embedding(16) → LayerNormalization(-2)": "argument 1 is axis, as in Keras, and always -1 here, not -2",
    "Embedding(16) → LSTM(32, return_sequences=1)": "return_sequences must be False or True, not 1.",
    "Embedding(16) → LSTM(32, return_sequence=True)": "no argument return_sequence; did you mean return_sequences?",
    "Embedding(16) → LSTM(32, seed=1)": "LSTM has no argument seed; it has units, return_sequences, dropout,",
    "Embedding(16) → LSTM(32, units=32)": "Layer 2, LSTM: units is given twice.",
    "Embedding(16) → LSTM(**{})": "Layer 2, LSTM has no argument **; it has units",
    "Embedding(16) → LSTM(*[32])": "Layer 2, LSTM: units must be a plain value, not *[32].",
    "Embedding(16) → LSTM(32, dropout=0.95)": "dropout must be a number from 0 to 0.9 in hundredths, not 0.95.",
    "Embedding(16) → Flatten(3)": "Layer 2, Flatten: these are too many arguments; it has none.",
    "Embedding(16) → Dense(6, 'relo')": 'activation must be None, "relu", "elu"',
    "Embedding(16) → Dense(6, '\\d')": "activation must be None",
    "Embedding(16) → Conv1D(3, 3, padding='left')": 'padding must be "valid", "same" or "causal", not \'left\'.',
    "Embedding(16) → SeparableConv1D(3, 3, padding='causal')": 'padding must be "valid" or "same", not \'causal\'.',
    "Embedding(16) → MaxPooling1D(65)": "pool_size must be a whole number from 1 to 64, not 65.",
    "Embedding(16) → Bidirectional(Dense(3))": "goes around a recurrent layer, SimpleRNN, LSTM or GRU, which can be "
    "read from both ends; Dense cannot: take Bidirectional away, or write Bidirectional(LSTM(32)).",
    "Embedding(16) → Bidirectional(32)": "Layer 2, Bidirectional goes around a recurrent layer: write",
    "Embedding(16) → Bidirectional()": "Layer 2, Bidirectional needs layer: write Bidirectional(LSTM(32)).",
    "Embedding(16) → Bidirectional(LSTM(0))": "Layer 2, Bidirectional, LSTM: units must be a whole number",
    "Embedding(16) → Residual()": "Layer 2, Residual goes around one or more layers",
    "Embedding(16) → Residual(Dense)": "Layer 2, Residual goes around one or more layers",
    f"Embedding(16) → {'Residual(' * 4}Dense(16){')' * 4}": "shortcuts may go around shortcuts 3 deep, no deeper.",
    f"Embedding(16) → {'Residual(' * 200}Dense(16){')' * 200}": "",
    f"Embedding(16) → {'LSTM(32) ' * (MAX_LAYERS + 1)}": "up to 20 layers after the embedding, not 21",
    f"Embedding(16) → Residual({', '.join(['Dense(16)'] * MAX_LAYERS)})": "up to 20 layers after the embedding, not 21",
    f"Embedding(16) → Dense({'-' * 1_900}1)": "",
    f"Embedding(16) → Dense({'(' * 900}1{')' * 900})": "",
    f"Embedding(16) → Dense({'9' * 1_900})": "units must be a plain value, not 999",
    "LSTM(32) " * MAX_CHARACTERS: "A stack has up to 4,000 characters, not 36,000.",
    "Embedding(16) → __import__('os').system('true')": "Layer 2: __import__ is not a layer",
    "Embedding(16) → LSTM(__import__('os').system('true'))": "units must be a plain value, not __import__",
    "Embedding(16) → (lambda: LSTM(32))()": "Layer 2: a layer begins with its name",
    "Embedding(16) → LSTM(32)(x)": "Layer 3: a layer begins with its name, as in LSTM(32), not with '(x)'.",
    "Embedding(16) → LSTM(\0)": "Layer 2: LSTM(\0) cannot be read",
    "Embedding(input_dim=1000) → LSTM(3)": "Layer 1: Embedding(input_dim=1000) does not say the length of its vectors",
    "Embedding(16) → Conv2D(3, 3)": "Layer 2: Unroll has no Conv2D.",
    "Embedding(16) → TimeDistributed(3)": "Layer 2: Unroll has no TimeDistributed.",
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.items(), ids=lambda text: text[:50])
def test_a_mistake_is_told_in_one_sentence(text, sentence):
    with pytest.raises(StackError) as caught:
        parse_stack(text)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400


def test_spoiled_texts_are_read_or_explained_and_nothing_else():
    """Characters of a good text, taken out, put elsewhere or replaced."""
    chance, good = random.Random(0), 'Embedding(16) → Residual(Conv1D(16, 3, padding="same")) → Bidirectional(GRU(4))'
    for _ in range(3_000):
        text = list(good)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 2)] = chance.choice(
                ["", "(", ")", '"', "→", ",", "x", "[", "\\", "="]
            )
        try:
            stack = parse_stack("".join(text))
        except StackError as error:
            assert str(error)  # noqa: PT017
        else:
            assert parse_stack(write_stack(stack)) == stack


def test_any_stack_comes_back_whole():
    chance = random.Random(1)
    for _ in range(500):
        stack = random_stack(chance)
        assert parse_stack(write_stack(stack)) == stack
        assert parse_layers(layers_text(stack.layers)) == stack.layers
        assert short(stack).startswith("#") and len(short(stack)) <= 33


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
def test_parameters_of_random_stacks_that_work_are_kerass():
    from models.training.keras_model import build_model

    chance, num_tried = random.Random(2), 0
    while num_tried < 12:
        layers = [*random_stack(chance).with_embedding(20), Dense(1)]
        try:
            total = count_params(layers, (40,))
        except ValueError:
            continue
        if len(layers) > 4:
            num_tried += 1
            assert total == build_model(layers, 40).count_params(), layers


def test_a_short_form_says_what_is_in_it_and_tells_stacks_apart():
    assert short(ONE).endswith(": Bi(LSTM 32), Dense 6")
    long = [Stack(dim, tuple([Conv1D(64, 5), MaxPooling1D()] * 3)) for dim in (16, 17)]
    assert short(long[0]).endswith("…") and short(long[0]) != short(long[1])


@pytest.mark.parametrize("kind", ARGUMENTS, ids=lambda kind: kind.__name__)
def test_every_layer_can_be_begun_with(kind):
    stack = Stack(16, (plain_layer(kind),))
    assert parse_stack(write_stack(stack)) == stack


def test_layers_within_shortcuts_are_counted():
    assert num_layers(Stack(16, (Residual(Dense(4), Residual(Dropout(0.1))), GRU(3)))) == 5
