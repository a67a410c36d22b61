from dataclasses import replace

import pytest

from models.architectures import ARCHITECTURES, get_architecture
from models.architectures.registry import architecture
from models.hyperparameters import Categorical, NamedValue
from models.layers import LSTM, Bidirectional, Dense, Embedding, Residual
from models.layers.keras_code import model_code
from models.layers.stack import count_params, count_trainable_params, summarize
from models.stacks.stack_domain import StackText
from models.tasks import CLASSIFICATION
from models.training.keras_model import build_model

PUBLISHED = {
    "flatten": 171_533,
    "conv1d": 171_149,
    "gru": 169_997,
    "lstm": 172_941,
    "lstm_small_vocabulary": 30_129,
}
PUBLISHED_STACKS = {
    "lstm_on_lstm": ([(33, 42), (33, 112), (24,), (8,)], [5_040, 44_352, 12_000, 200], 61_592),
    "conv1d_under_lstm": ([(33, 42), (29, 56), (7, 56), (24,), (8,)], [5_040, 11_816, 0, 6_624, 200], 23_680),
}
"""With a vocabulary of 120, 33 tokens and 8 classes."""
STACK = 'Embedding(8), Conv1D(4, 3, activation="relu", padding="same"), Flatten()'
SECTION_A = {*PUBLISHED, "conv1d_max_pooled", "no_recurrence", "simple_rnn"}


def variations(entry):
    """The defaults, and each hyperparameter in turn small and large, or each of its words."""
    yield {}
    for name, parameter in entry.hyperparameters.items():
        domain = parameter.domain
        if isinstance(domain, StackText):
            values = (STACK,)
        elif isinstance(domain, Categorical):
            values = domain.options
        elif isinstance(domain, NamedValue):
            values = ("vectors_" + 16 * "0",)
        else:
            values = (domain.minimum, min(domain.maximum, 3 * parameter.default))
        yield from ({name: value} for value in values)


SIZES = ((500, 64, 4), (10_000, 120, 2))
"""(tokens in the vocabulary, length, classes)."""


def is_quick(entry, number, values, sizes):
    """The defaults, and each hyperparameter once. Models of next words have the layers of models of classes."""
    is_first = number == 1 or values.keys() != list(variations(entry))[number - 1].keys()
    return sizes == SIZES[0] and (not values or (is_first and entry.task == CLASSIFICATION))


CASES = [
    pytest.param(entry.name, values, *sizes, marks=() if is_quick(entry, number, values, sizes) else pytest.mark.slow)
    for entry in ARCHITECTURES.values()
    for number, values in enumerate(variations(entry))
    for sizes in SIZES
]


@pytest.mark.parametrize(("name", "values", "vocabulary_size", "length", "num_classes"), CASES, ids=str)
def test_arithmetic_equals_keras(name, values, vocabulary_size, length, num_classes):
    layers = get_architecture(name).layers(vocabulary_size, num_classes, **values)
    summaries = summarize(layers, (length,))
    model = build_model(layers, length)

    assert sum(summary.num_params for summary in summaries) == model.count_params()
    assert count_trainable_params(layers, (length,)) == sum(weight.numpy().size for weight in model.trainable_weights)
    weights = [weight.shape for summary in summaries for weight in summary.weights]
    assert weights == [weight.shape for weight in model.get_weights()]
    parts, reals = [part for summary in summaries for part in opened(summary)], model.layers[1:]
    assert [part.output_shape for part in parts] == [tuple(real.output.shape[1:]) for real in reals]
    for part, real in zip(parts, reals, strict=True):
        assert [weight.shape for weight in part.weights] == [tuple(weight.shape) for weight in real.weights]


def opened(summary):
    """A shortcut as the layers that Keras has of it: those around which it goes, and the sum."""
    if not isinstance(summary.layer, Residual):
        return [summary]
    inner = summarize(summary.layer.layers, summary.input_shape)
    return [*(part for each in inner for part in opened(each)), replace(summary, weights=())]


@pytest.mark.parametrize(("name", "total"), PUBLISHED.items())
def test_published_totals(name, total):
    assert count_params(get_architecture(name).layers(10_000), (120,)) == total


@pytest.mark.parametrize(("name", "published"), PUBLISHED_STACKS.items())
def test_published_stacks(name, published):
    shapes, counts, total = published
    summaries = summarize(get_architecture(name).layers(120, 8), (33,))
    assert [summary.output_shape for summary in summaries] == shapes
    assert [summary.num_params for summary in summaries] == counts
    assert sum(counts) == build_model(get_architecture(name).layers(120, 8), 33).count_params() == total


@pytest.mark.parametrize("embedding", ["frozen", "trainable"])
def test_the_transfer_model_counts_what_is_trained_apart(embedding):
    """E(v+1, 100) of v words and the padding; 25 steps after the pooling of 30 − 5 + 1."""
    layers = get_architecture("transfer").layers(10_001, embedding=embedding)
    summaries, model = summarize(layers, (30,)), build_model(layers, 30)
    assert [summary.output_shape for summary in summaries] == [(30, 100), (30, 100), (26, 64), (6, 64), (64,), (1,)]
    assert [summary.num_params for summary in summaries] == [1_000_100, 0, 32_064, 0, 33_024, 65]
    trained = 65_153 if embedding == "frozen" else 1_065_253
    assert (
        count_trainable_params(layers, (30,)) == sum(each.numpy().size for each in model.trainable_weights) == trained
    )
    assert count_params(layers, (30,)) == model.count_params() == 1_065_253


def test_all_rows_and_both_stacks_are_there():
    assert set(ARCHITECTURES) >= SECTION_A | {"bidirectional_1_layer", "bidirectional_2_layers"}


def test_the_two_layers_as_published_with_a_vocabulary_of_8185_subwords():
    two = get_architecture("bidirectional_2_layers").layers(8_185)
    assert count_params(two, (120,)) == 635_329
    one = get_architecture("bidirectional_1_layer").layers(8_185)
    assert one == [Embedding(8_185, 16), Bidirectional(LSTM(32)), Dense(64, "relu"), Dense(1, "sigmoid")]


@pytest.mark.parametrize("values", [{}, {"embedding_dim": 64, "units": 8, "dense_units": 6}], ids=str)
def test_the_fair_pair_differs_in_depth_alone(values):
    one, two = (get_architecture(f"bidirectional_{name}") for name in ("1_layer", "2_equal_layers"))
    assert one.resolve() == two.resolve()
    shallow, deep = one.layers(8_185, **values), two.layers(8_185, **values)
    assert deep == [shallow[0], Bidirectional(LSTM(deep[2].layer.units, return_sequences=True)), *shallow[1:]]


@pytest.mark.parametrize("entry", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def test_every_architecture_explains_itself(entry):
    assert len(entry.explanation) > 100
    assert "https://" in entry.source
    assert all(parameter.domain.help for parameter in entry.hyperparameters.values())


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(
            entry, id=name, marks=() if entry.task == CLASSIFICATION or name == "next_word_gru" else pytest.mark.slow
        )
        for name, entry in ARCHITECTURES.items()
    ],
)
def test_the_code_that_is_shown_builds_the_same_model(entry, capsys):
    namespace = {}
    exec(model_code(entry.layers(1_000), 50), namespace)
    capsys.readouterr()
    shown, ours = namespace["model"], build_model(entry.layers(1_000), 50)
    assert shown.count_params() == ours.count_params() == count_params(entry.layers(1_000), (50,))
    configs = [
        [without_names(real.get_config()) for real in model.layers[-len(shown.layers) :]] for model in (shown, ours)
    ]
    assert configs[0] == configs[1]


def without_names(config):
    """A layer's settings, without the numbers by which Keras tells it from others of its kind."""
    if isinstance(config, dict):
        return {key: without_names(value) for key, value in config.items() if key not in ("name", "shared_object_id")}
    return config


@pytest.mark.parametrize("value", [0, 4097, 2.5, "32", True, float("nan"), float("inf"), None])
def test_a_hyperparameter_out_of_range_is_refused(value):
    with pytest.raises(ValueError, match="units must be a whole number from 1 to 4096"):
        get_architecture("lstm").layers(100, units=value)


def test_an_unknown_hyperparameter_is_refused():
    with pytest.raises(ValueError, match="LSTM has no hyperparameter 'heads'; it has: embedding_dim, units"):
        get_architecture("lstm").resolve({"heads": 2})


def test_an_unknown_architecture_is_refused():
    with pytest.raises(ValueError, match="no architecture 'transformer'; there are: flatten"):
        get_architecture("transformer")


def test_a_second_architecture_of_the_same_name_or_title_is_refused():
    with pytest.raises(ValueError, match="already registered"):

        @architecture("LSTM", source="https://example.org")
        def another(vocabulary_size, num_classes):
            return []


def test_hyperparameters_come_from_the_signature():
    hyperparameters = get_architecture("lstm_small_vocabulary").hyperparameters
    assert list(hyperparameters) == ["vocabulary_size", "embedding_dim", "units", "dense_units"]
    assert hyperparameters["vocabulary_size"].default == 1_000
    domains = {
        name: type(found.domain).__name__ for name, found in get_architecture("lstm_dropout").hyperparameters.items()
    }
    assert domains == {
        "embedding_dim": "IntRange",
        "dropout": "FloatRange",
        "recurrent_dropout": "FloatRange",
        "units": "IntRange",
        "dense_units": "IntRange",
    }
    assert type(get_architecture("lstm_merged").hyperparameters["merge_mode"].domain) is Categorical
