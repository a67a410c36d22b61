"""Texts as people paste them, each with the stack it stands for or the sentence that explains it."""

import random
from dataclasses import replace

import pytest

from models.architectures import ARCHITECTURES
from models.layers import GRU, LSTM, Bidirectional, Dense, Flatten, GlobalMaxPooling1D, MaxPooling1D
from models.layers.keras_code import model_code
from models.pasting.pasted import ending, exact_stack, read_models
from models.pasting.source_text import MAX_CHARACTERS, notebook_source
from models.pasting.training_calls import Settings
from models.stacks.stack_text import Stack, StackError, write_stack
from tests.models.pasting.pastes import EXPLAINED, LEFT_OPEN, READ, SETTINGS, WITH_DIFFERENCES
from tests.models.stacks.random_stacks import random_stack


def short(value):
    return repr(value[:40]) if isinstance(value, str) else ""


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=lambda text: repr(text[:40]))
def test_a_paste_is_read_exactly(text, expected):
    (found,) = read_models(text)
    assert (found.problem, found.differences, found.questions) == (None, (), ())
    assert write_stack(found.stack) == expected


@pytest.mark.parametrize(("text", "sentence"), EXPLAINED.items(), ids=lambda text: repr(text[:40]))
def test_a_text_that_is_no_model_of_unroll_is_explained_in_one_sentence(text, sentence):
    try:
        found = read_models(text)
    except StackError as error:
        said = str(error)
    else:
        assert len(found) == 1 and found[0].stack is None
        said = found[0].problem
    assert sentence in said and len(said) < 400


@pytest.mark.parametrize(("text", "sentence"), WITH_DIFFERENCES.items(), ids=lambda text: repr(text[:40]))
def test_what_unroll_does_not_have_is_named(text, sentence):
    (found,) = read_models(text)
    assert any(sentence in each for each in found.differences), found.differences
    with pytest.raises(StackError):
        exact_stack(text)


@pytest.mark.parametrize(("text", "asked"), LEFT_OPEN.items(), ids=short)
def test_values_that_the_text_does_not_say_are_asked_for(text, asked):
    (found,) = read_models(text)
    assert [each.code for each in found.questions] == list(asked) and found.stack is None
    (answered,) = read_models(text, asked)
    assert answered.questions == () and answered.stack is not None


@pytest.mark.parametrize(("text", "settings"), SETTINGS.items(), ids=short)
def test_settings_are_those_of_the_text(text, settings):
    (found,) = read_models(text)
    assert found.settings == settings


def test_all_models_of_a_text_are_found_in_their_order():
    text = """
first = Sequential([Embedding(1000, 8), LSTM(4), Dense(1, activation="sigmoid")])
# second = Sequential([Embedding(1000, 8), GRU(4)])
second = Sequential()
second.add(Embedding(1000, 8))
second.add(Flatten())
inputs = Input(shape=(30,))
x = Embedding(1000, 4)(inputs)
third = Model(inputs, GlobalMaxPooling1D()(x))
"""
    found = read_models(text)
    assert [each.name for each in found] == ["first", "second", "third"]
    assert [each.line for each in found] == [2, 4, 9]
    assert found[1].stack == Stack(8, (Flatten(),))
    with pytest.raises(StackError, match="The text has 3 models"):
        exact_stack(text)


@pytest.mark.parametrize("name", [name for name, each in ARCHITECTURES.items() if each.task == "classification"])
@pytest.mark.parametrize("num_classes", [2, 5])
def test_the_code_that_unroll_shows_is_read_back(name, num_classes):
    layers = ARCHITECTURES[name].layers(1_000, num_classes)
    (found,) = read_models(model_code(layers, 40))
    assert not found.differences and found.stack.with_embedding(1_000) == layers
    assert ending(found, num_classes).stack.with_embedding(1_000) == layers[:-1]
    assert found.settings.length == 40 and found.settings.vocabulary_size == 1_000


def test_any_stack_survives_keras_code_and_paste():
    chance = random.Random(3)
    for _ in range(400):
        stack = random_stack(chance)
        (found,) = read_models(model_code([*stack.with_embedding(50), Dense(3, "softmax")], 20))
        assert found.problem is None, found.problem
        assert ending(found, 3).stack == replace(stack, vectors=None)  # which Keras's code has in a comment


ANSWERED = "Embedding(16) → Flatten() → Dense(6, activation='relu') → Dense(1, activation='sigmoid')"


def test_the_answer_is_not_added_twice():
    (found,) = read_models(ANSWERED)
    end = ending(found, 2)
    assert end.stack == Stack(16, (Flatten(), Dense(6, "relu"))) and "which Unroll adds itself" in end.sentence


def test_a_last_dense_that_is_no_answer_is_asked_about():
    (found,) = read_models("Sequential([Embedding(120, 42), LSTM(10), Dense(8)])")
    end = ending(found, 2)
    assert end.stack is None and "The model ends with Dense(8)" in end.sentence
    assert [fix.stack.layers for fix in end.fixes] == [(LSTM(10),), (LSTM(10), Dense(8))]
    (notation,) = read_models("Embedding(42) → LSTM(10) → Dense(8)")
    assert ending(notation, 2) is None
    (notation,) = read_models(ANSWERED)
    assert ending(notation, 3).stack is None


def test_an_activation_after_the_last_dense_belongs_to_the_answer():
    (found,) = read_models("Sequential([Embedding(9, 16), Flatten(), Dense(1), Activation('sigmoid')])")
    assert ending(found, 2).stack == Stack(16, (Flatten(),))
    (found,) = read_models("Embedding(16) → Flatten() → Dense(1) → Activation('sigmoid')")
    assert ending(found, 2).stack == Stack(16, (Flatten(),))
    (found,) = read_models("Sequential([Embedding(9, 16), Flatten(), Dense(3), Activation('softmax')])")
    assert 'ends with Dense(3, activation="softmax")' in ending(found, 2).sentence


def test_a_model_without_an_answer_says_so():
    (found,) = read_models("Sequential([Embedding(1000, 16), GlobalMaxPooling1D()])")
    end = ending(found, 4)
    assert end.stack == Stack(16, (GlobalMaxPooling1D(),))
    assert end.sentence == ('The model ends without an answer; Unroll puts Dense(4, activation="softmax") behind it.')


def test_a_text_for_the_command_line_is_exact_or_refused():
    assert exact_stack("Sequential([Embedding(99, 3), LSTM(2), Dense(5, 'softmax')])") == Stack(3, (LSTM(2),))
    with pytest.raises(StackError, match="which is no answer"):
        exact_stack("Sequential([Embedding(99, 3), LSTM(2), Dense(5)])")


def test_what_is_passed_over_is_listed():
    text = """
model = Sequential([
    Embedding(len(word_index) + 1, 16, input_length=20, name="words"),
    MaxPool1D(3, strides=3),
    LSTM(4, kernel_initializer=tf.keras.initializers.GlorotUniform(seed=1), unroll=True),
])
model.compile("nadam", loss="mse")
"""
    (found,) = read_models(text)
    assert found.passed_over == (
        "the vocabulary len(word_index), whose size the text does not say",
        "name",
        "kernel_initializer=tf.keras.initializers.GlorotUniform(see… (Keras’s default)",
        "unroll",
        "the optimizer nadam: Unroll has adam, rmsprop, sgd",
        "the loss mse: Unroll trains with cross-entropy",
    )
    assert found.stack == Stack(16, (MaxPooling1D(3), LSTM(4)))


def test_a_longer_text_than_is_read_says_so():
    with pytest.raises(StackError, match="up to 50,000 characters, not 50,001"):
        read_models("#" * (MAX_CHARACTERS + 1))


NOTEBOOK = """{"cells": [
 {"cell_type": "markdown", "source": ["# A model"]},
 {"cell_type": "code", "source": ["%matplotlib inline\\n", "units = 4\\n"]},
 {"cell_type": "code", "source": "m = Sequential([Embedding(9, 3), Bidirectional(LSTM(units))])"}
], "nbformat": 4}"""


def test_a_notebook_is_read_cell_after_cell():
    (found,) = read_models(notebook_source(NOTEBOOK.encode()))
    assert found.name == "m" and found.stack == Stack(3, (Bidirectional(LSTM(4)),))
    assert notebook_source(b"\xef\xbb\xbfx = 1") == "x = 1"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"{}", b'{"cells": 3}', b'{"cells": [{}]}', b"{" * 100_000])
def test_a_file_that_is_neither_is_explained(data):
    with pytest.raises(ValueError, match="The file is not"):
        notebook_source(data)


def test_nothing_of_a_paste_is_run(tmp_path):
    mark = tmp_path / "ran"
    text = f"""
open({str(mark)!r}, "w").write("x")
model = Sequential([Embedding(9, 3), LSTM(__import__("pathlib").Path({str(mark)!r}).write_text("x"))])
"""
    (found,) = read_models(text)
    assert found.stack is None and not mark.exists()


JUNK = [*'()"→,x[\\=\n\0€\ud800', "", "  ", "'''", "for x in y:\n", "**"]


def spoiled(chance, good):
    text = list(good)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(text))
        text[place : place + chance.randint(0, 3)] = chance.choice(JUNK)
    return "".join(text)


def read_or_explain(text):
    """Reads a text; anything but a StackError is a fault."""
    try:
        found = read_models(text)
    except StackError as error:
        assert str(error)  # noqa: PT017
        return
    for each in found:
        if each.stack:
            ending(each, 2)
        else:
            assert each.problem or each.questions


def test_spoiled_pastes_are_read_or_explained():
    chance, texts = random.Random(5), [*READ, *LEFT_OPEN, *SETTINGS, *WITH_DIFFERENCES]
    for _ in range(1_500):
        read_or_explain(spoiled(chance, chance.choice(texts)))


@pytest.mark.slow
def test_a_hundred_thousand_spoiled_pastes_are_read_or_explained():
    chance, texts = random.Random(6), [*READ, *LEFT_OPEN, *SETTINGS, *WITH_DIFFERENCES]
    for _ in range(100_000):
        read_or_explain(spoiled(chance, chance.choice(texts)))


@pytest.mark.parametrize(
    "text",
    ["(" * 20_000, "[" * 3_000 + "]" * 3_000, "-" * 40_000 + "1", "x = 1" + " + 1" * 12_000, "a." * 20_000 + "a",
     "f(" * 5_000 + ")" * 5_000, "while 1:\n" * 3_000, "x" * 50_000, " " * 50_000, "\n" * 50_000,
     "for i in range(50):\n for j in range(50):\n  for k in range(50):\n   m.add(LSTM(3))",
     "def f(x):\n return f(x)\nm = Sequential([Embedding(3, 3), f(1)])", "x = 9 ** 9 ** 9 ** 9",
     "m = Sequential([" + "LSTM(3)," * 5_000 + "])",
     "d = {}\n" + "d = {'a': d, 'b': d}\n" * 60 + "if x:\n    d['a']['a'] = 1",
     "m = []\nm.append(m)\nif x:\n    m.append(m)",
     "if x:\n" + "".join(f"{' ' * depth}if x:\n" for depth in range(1, 90)) + " " * 90 + "x = 1",
     "Layer (type)\nboth (Bidirectional)   (None, )   3",
     "Layer (type)\n" + " " * 49_000, "Layer (type)\n" + "( " * 20_000, "m = []\n" + "m = m + m + [LSTM(3)]\n" * 300],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_hostile_texts_are_read_or_explained(text):
    read_or_explain(text)


def test_no_settings_are_invented():
    (found,) = read_models("Sequential([Embedding(output_dim=3, input_dim=n), LSTM(4)])")
    assert found.settings == Settings()


def test_a_model_that_reads_numbers_can_be_counted():
    (found,) = read_models("m = Sequential([LSTM(100, input_shape=(70, 5)), Dense(80)])")
    assert found.stack is None and found.layers == (LSTM(100), Dense(80)) and found.input_shape == (70, 5)
    (found,) = read_models("m = Sequential([Input(batch_shape=(None, 70, 5)), LSTM(100, return_sequences=True)])")
    assert found.layers == (LSTM(100, True),) and found.input_shape == (70, 5)


def test_a_long_way_of_writing_is_no_longer_stack():
    arguments = "return_sequences=True, dropout=0.0, recurrent_dropout=0.0, activation='tanh', use_bias=True"
    text = f"m = Sequential([Embedding(9, 3), {', '.join([f'LSTM(3, {arguments})'] * 19)}, Flatten()])"
    (found,) = read_models(text)
    assert found.stack.layers == (*[LSTM(3, True)] * 19, Flatten())


def test_a_function_ends_at_its_return():
    text = """
def build(cell):
    if cell == "lstm":
        return Sequential([Embedding(9, 3), LSTM(4)])
    return Sequential([Embedding(9, 3), GRU(4)])
model = build("lstm")
"""
    (found,) = read_models(text)
    assert found.name == "model" and found.stack == Stack(3, (LSTM(4),))


def test_a_model_may_go_on_from_the_output_of_another():
    text = "a = Sequential([Embedding(9, 3), GRU(4)])\nx = Dense(5)(a.output)\nb = Model(a.input, Dense(2)(x))"
    found = read_models(text)
    assert [each.name for each in found] == ["a", "b"] and found[1].stack.layers == (GRU(4), Dense(5), Dense(2))


def test_each_branch_that_holds_a_whole_model_is_a_model():
    one, other = (f"m = Sequential([Embedding(9, 3), {layer}])" for layer in ("LSTM(4)", "GRU(4)"))
    found = read_models(f"if deep:\n    {one}\nelse:\n    {other}\nm.compile('adam')")
    assert [each.stack.layers for each in found] == [(LSTM(4),), (GRU(4),)]


def test_objects_of_one_class_keep_their_own_values():
    text = """
class Build:
    def __init__(self, units):
        self.units = units
    def model(self):
        return Sequential([Embedding(9, 3), LSTM(self.units)])
small, large = Build(2), Build(5)
a = small.model()
b = large.model()
"""
    assert [each.stack.layers for each in read_models(text)] == [(LSTM(2),), (LSTM(5),)]


def test_an_open_number_of_answers_may_be_that_of_a_vocabulary():
    (found,) = read_models("m = Sequential([Embedding(words, 8), GRU(4), Dense(words, activation='softmax')])")
    assert found.questions[0].domain.maximum > 10_000
    (found,) = read_models("m = Sequential([Embedding(words, 8), GRU(4), Dense(words)])", {"words": 2_690})
    assert found.stack == Stack(8, (GRU(4),)) and found.settings == Settings(2_690)


def test_trained_weights_are_passed_over():
    (found,) = read_models("m = Sequential([Embedding(9, 3), GRU(4)])\nm.load_weights(path)")
    assert "load_weights: Unroll begins with random weights" in found.passed_over
