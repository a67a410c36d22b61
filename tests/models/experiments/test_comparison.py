from dataclasses import replace

import pytest

from models.experiments.comparison import Entry
from models.layers import ShapeError


def test_a_label_says_what_differs_from_the_defaults():
    assert Entry("lstm").label == Entry("lstm", {"units": 32}).label == "LSTM"
    assert Entry("lstm", {"units": 64, "embedding_dim": 1_000}).label == "LSTM (64 units, embedding dim 1,000)"


@pytest.mark.parametrize(
    ("kind", "hyperparameters", "label"),
    [
        ("gru", {}, "GRU (64 units)"),
        ("gru", {"units": 32, "embedding_dim": 32}, "GRU (32 units)"),
        ("lstm", {"units": 32}, "LSTM (32 units, embedding dim 64)"),
        ("conv1d", {"filters": 32, "embedding_dim": 32, "dense_units": 32}, "Conv1D (32 filters)"),
        ("conv1d", {"kernel_size": 3, "dense_units": 100}, "Conv1D (64 filters, kernel size 3, 100 dense units)"),
    ],
)
def test_a_next_word_model_is_called_by_its_size(kind, hyperparameters, label):
    assert Entry(f"next_word_{kind}", hyperparameters).label == label


def test_next_word_models_that_differ_have_different_labels():
    sizes = [{"units": units, "embedding_dim": dim} for units in (16, 32, 64) for dim in (16, 32, 64)]
    assert len({Entry("next_word_gru", each).label for each in sizes}) == len(sizes)


def test_a_label_says_rates_and_words_as_they_are():
    assert Entry("lstm_dropout", {"dropout": 0.2, "recurrent_dropout": 0.35}).label == (
        "LSTM with dropout (recurrent dropout 0.35)"
    )
    assert Entry("lstm_merged", {"merge_mode": "ave"}).label == "LSTM, directions merged (merge mode ave)"


def test_there_is_a_spec_for_each_entry_and_seed(comparison):
    specs = comparison.specs("f" * 16)
    assert {label: [spec.seed for spec in each] for label, each in specs.items()} == {
        "Flatten": [0, 1],
        "LSTM": [0, 1],
        "LSTM (64 units)": [0, 1],
    }
    assert len({spec.identity for each in specs.values() for spec in each}) == 6


def test_layers_are_counted_before_anything_is_trained(comparison):
    assert sum(layer.num_params for layer in comparison.layers(Entry("lstm"))) == 172_941


def test_what_cannot_work_is_explained(comparison):
    short = replace(comparison, encoding=replace(comparison.encoding, length=5))
    with pytest.raises(ShapeError, match="longer than the 5 steps"):
        short.layers(Entry("conv1d", {"kernel_size": 9}))
