import json

import pytest

from models.experiments.spec import LOOPS, RunSpec, Training
from models.layers import ShapeError
from models.text.encoding import TextEncoding

QUESTION = {"dataset": "imdb", "fingerprint": "0" * 16, "architecture": "lstm"}


def identity(**changes):
    return RunSpec.create(**QUESTION | changes).identity


def test_the_same_question_has_the_same_identity():
    plain = identity()
    assert plain == identity(hyperparameters={"dense_units": 6, "units": 32})
    assert plain == identity(hyperparameters={"units": 32.0})
    assert plain == identity(training=Training(learning_rate=1e-3))
    assert plain == identity(encoding=TextEncoding(length=120), seed=0)
    assert plain == identity(train_examples=20_000)


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "rotten_tomatoes"},
        {"fingerprint": "1" * 16},
        {"train_examples": 1_000},
        {"architecture": "gru"},
        {"hyperparameters": {"units": 33}},
        {"encoding": TextEncoding(vocabulary_size=9_999)},
        {"encoding": TextEncoding(length=121)},
        {"encoding": TextEncoding(padding="post")},
        {"encoding": TextEncoding(truncating="pre")},
        {"encoding": TextEncoding(10_000, tokenizer="subwords")},
        {"training": Training(optimizer="sgd")},
        {"training": Training(learning_rate=0.002)},
        {"training": Training(batch_size=64)},
        {"training": Training(backend="jax")},
        {"training": Training(backend="jax", loop="epochs")},
        {"seed": 1},
    ],
    ids=str,
)
def test_any_other_question_has_another_identity(change):
    assert identity(**change) != identity()


@pytest.mark.parametrize("encoding", [TextEncoding(), TextEncoding(8_185, tokenizer="subwords")])
def test_json_brings_the_same_spec_back(encoding):
    spec = RunSpec.create(**QUESTION | {"hyperparameters": {"units": 8}, "seed": 3, "encoding": encoding})
    again = RunSpec.from_json(spec.to_json())
    assert again == spec and again.identity == spec.identity
    assert list(json.loads(spec.to_json())) == sorted(json.loads(spec.to_json()))


def test_a_vocabulary_of_its_own_changes_the_encoding():
    spec = RunSpec.create(**QUESTION | {"architecture": "lstm_small_vocabulary"})
    assert spec.encoding.vocabulary_size == 1_000
    assert spec.num_params() == 30_129


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "mnist"}, "no dataset 'mnist'"),
        ({"architecture": "bert"}, "no architecture 'bert'"),
        ({"seed": -1}, "A seed is"),
        ({"train_examples": 3}, "At least 10 training examples"),
    ],
)
def test_bad_questions_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        identity(**changes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"optimizer": "magic"}, "one of adam, rmsprop, sgd, not 'magic'"),
        ({"learning_rate": float("nan")}, "learning rate must be above 0"),
        ({"learning_rate": 0}, "learning rate must be above 0"),
        ({"batch_size": 0}, "batch size must be 1 to 8,192"),
        ({"backend": "theano"}, "backend must be one of"),
        ({"backend": "jax", "loop": "steps"}, "The loop must be one of batches, epochs, not 'steps'"),
        (
            {"loop": "epochs"},
            "Only JAX trains whole epochs as one program: choose the backend jax, or the loop batches.",
        ),
        ({"backend": "torch", "loop": "epochs"}, "Only JAX trains whole epochs"),
    ],
)
def test_bad_training_settings_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Training(**values)


def test_a_kernel_longer_than_the_text_is_refused():
    with pytest.raises(ShapeError, match="longer than the 5 steps"):
        identity(architecture="conv1d", hyperparameters={"kernel_size": 6}, encoding=TextEncoding(length=5))


@pytest.mark.parametrize("name", ["simple_rnn", "gru", "lstm"])
def test_runs_of_before_there_was_a_choice_of_directions_keep_their_identity(name):
    question = QUESTION | {"architecture": name}
    both, forwards = (RunSpec.create(**question, hyperparameters={"directions": number}) for number in (2, 1))
    written = json.loads(both.to_json())["hyperparameters"]
    assert written == {"embedding_dim": 16, "units": 32, "dense_units": 6}  # as ever
    assert both == RunSpec.create(**question) == RunSpec.from_json(both.to_json())
    assert RunSpec.from_json(both.to_json()).hyperparameters["directions"] == 2
    spelled = json.loads(both.to_json()) | {"hyperparameters": written | {"directions": 2}}
    assert RunSpec.from_json(json.dumps(spelled)).identity == both.identity
    assert json.loads(forwards.to_json())["hyperparameters"]["directions"] == 1
    assert RunSpec.from_json(forwards.to_json()) == forwards and forwards.identity != both.identity
    assert "Bidirectional" in str(both.layers()) and "Bidirectional" not in str(forwards.layers())
    assert forwards.num_params() < both.num_params()


def test_runs_of_before_there_was_a_choice_of_loops_keep_their_identity():
    by_batches, whole = (RunSpec.create(**QUESTION, training=Training(backend="jax", loop=loop)) for loop in LOOPS)
    written = json.loads(by_batches.to_json())["training"]
    assert written == {"batch_size": 128, "engine": "jax", "learning_rate": 0.001, "optimizer": "adam"}  # as ever
    assert RunSpec.from_json(by_batches.to_json()) == by_batches
    spelled = json.loads(by_batches.to_json()) | {"training": written | {"loop": "batches"}}
    assert RunSpec.from_json(json.dumps(spelled)).identity == by_batches.identity != whole.identity
    assert json.loads(whole.to_json())["training"] == written | {"loop": "epochs"}
    assert RunSpec.from_json(whole.to_json()) == whole


def test_other_architectures_have_no_choice_of_directions():
    with pytest.raises(ValueError, match="no hyperparameter 'directions'"):
        RunSpec.create(**QUESTION | {"architecture": "flatten", "hyperparameters": {"directions": 1}})
    assert "directions" not in RunSpec.create(**QUESTION | {"architecture": "flatten"}).hyperparameters
