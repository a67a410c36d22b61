from dataclasses import fields

import pytest

from models.architectures import get_architecture, parts
from models.experiments.spec import RunSpec
from models.layers import LSTM, Bidirectional, Conv1D, Dense, Dropout, MaxPooling1D, MultiHeadAttention, ShapeError
from models.layers.kinds import ARGUMENTS, EMBEDDING_DIM
from models.stacks.stack_domain import StackText

QUESTION = {"dataset": "imdb", "fingerprint": "0" * 16, "architecture": "composed"}


def spec(stack, **changes):
    return RunSpec.create(**QUESTION, hyperparameters={"stack": stack}, **changes)


def test_a_composed_stack_is_the_named_one_between_embedding_and_answer():
    text = 'Embedding(16) → Bidirectional(LSTM(32)) → Dense(6, activation="relu")'
    for num_classes in (2, 4):
        assert get_architecture("composed").layers(500, num_classes, stack=text) == get_architecture("lstm").layers(
            500, num_classes
        )
    assert spec(text).num_params() == 172_941


def test_the_spec_carries_the_one_spelling():
    first, second = spec("Embedding(16),LSTM(8)"), spec("Embedding(16) → LSTM(units=8, dropout=0)")
    assert first.hyperparameters == {"stack": "Embedding(16) → LSTM(8)"}
    assert first.identity == second.identity != spec("Embedding(16) → LSTM(9)").identity
    assert RunSpec.from_json(first.to_json()) == first


@pytest.mark.parametrize("value", ["LSTM(8)", "", "Embedding(16) → LSTM(x)", None, 3, ["Embedding(16)"]])
def test_what_is_no_stack_is_refused(value):
    with pytest.raises(ValueError, match="[Ss]tack|Layer|Embedding"):
        spec(value)


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ("Embedding(16)", "The answer needs one vector"),
        ("Embedding(16) → LSTM(8, return_sequences=True)", "The answer needs one vector"),
        ("Embedding(16) → LSTM(8) → LSTM(8)", "the steps are gone"),
        ("Embedding(16) → MaxPooling1D(64) → MaxPooling1D(2) → Flatten()", "longer than the 1 steps"),
    ],
)
def test_a_stack_that_cannot_work_is_no_question(stack, message):
    with pytest.raises(ShapeError, match=message):
        spec(stack)


def test_word_vectors_of_a_stack_are_those_of_its_runs():
    found = spec('Embedding(16, vectors="word2vec_1", trainable=False) → LSTM(8)')
    assert found.vectors == "word2vec_1" and spec("Embedding(16) → LSTM(8)").vectors is None
    embedding = found.layers()[0]
    assert not embedding.trainable and found.num_trainable_params() == found.num_params() - embedding.num_params((120,))


def test_a_damaged_spec_is_refused_when_it_is_used():
    damaged = RunSpec.from_json(spec("Embedding(16) → LSTM(8)").to_json().replace("LSTM", "LSTMM"))
    with pytest.raises(ValueError, match="LSTMM is not a layer"):
        damaged.layers()


def test_stacks_among_commas_are_distinguished():
    domain = StackText("")
    one, two = 'Embedding(8), LSTM(4, dropout=0.1), Dense(3, "relu")', "keras.layers.Embedding(8) → Flatten()"
    assert domain.split(f"{one},{two}") == [one, two] and domain.split(one) == [one]


def test_every_argument_has_its_domain():
    for kind, domains in ARGUMENTS.items():
        assert set(domains) == {field.name for field in fields(kind)} - {"layer", "layers", "backward_layer"}


@pytest.mark.parametrize(
    ("kind", "argument", "part"),
    [
        (LSTM, "units", parts.Units),
        (LSTM, "dropout", parts.DropoutRate),
        (LSTM, "recurrent_dropout", parts.RecurrentDropout),
        (Conv1D, "filters", parts.Filters),
        (Conv1D, "kernel_size", parts.Kernel),
        (MaxPooling1D, "pool_size", parts.Pool),
        (Dense, "units", parts.DenseUnits),
        (Dropout, "rate", parts.DropoutRate),
        (MultiHeadAttention, "num_heads", parts.Heads),
        (MultiHeadAttention, "key_dim", parts.KeyDimensions),
    ],
)
def test_limits_are_those_of_the_named_architectures(kind, argument, part):
    (limits,) = part.__metadata__
    domain = ARGUMENTS[kind][argument]
    assert (domain.minimum, domain.maximum) == (limits.minimum, limits.maximum)


def test_words_are_those_of_the_named_architectures():
    assert ARGUMENTS[Bidirectional]["merge_mode"].options == parts.Merge.__metadata__[0].options
    assert EMBEDDING_DIM.maximum == parts.Dimensions.__metadata__[0].maximum
