from dataclasses import replace

import pytest

from models.architectures import ARCHITECTURES
from models.experiments.budget import TOLERANCE, match_params
from models.experiments.comparison import COMPOSED, Comparison, Entry
from models.experiments.spec import Training
from models.tasks import CLASSIFICATION
from models.text.encoding import TextEncoding

COMPARISON = Comparison("imdb", None, TextEncoding(), Training(), 5, 3, ())
NAMES = [
    entry.name for entry in ARCHITECTURES.values() if entry.task == CLASSIFICATION and entry.name not in (COMPOSED,)
]


def params(entry, comparison=COMPARISON):
    return sum(layer.num_params for layer in comparison.layers(entry))


@pytest.mark.parametrize("budget", [172_000, 250_000])
@pytest.mark.parametrize("name", NAMES)
def test_every_architecture_can_be_had_in_about_any_size(name, budget):
    found = match_params(COMPARISON, Entry(name), budget)
    assert found.num_params == params(found.entry)
    assert found.is_matched, f"{found.num_params:,} with {found.changed}"
    assert abs(found.num_params / budget - 1) <= TOLERANCE


def test_what_fits_already_is_left_alone():
    found = match_params(COMPARISON, Entry("lstm"), 172_941)
    assert (found.changed, found.entry) == ({}, Entry("lstm"))


def test_what_the_architecture_is_about_is_sized_first():
    assert set(match_params(COMPARISON, Entry("gru"), 185_000).changed) == {"units"}
    assert set(match_params(COMPARISON, Entry("conv1d"), 185_000).changed) == {"filters"}
    assert set(match_params(COMPARISON, Entry("flatten"), 185_000).changed) == {"dense_units"}


def test_chosen_hyperparameters_stay():
    found = match_params(COMPARISON, Entry("lstm", {"dense_units": 24}, 2), 200_000)
    assert found.entry.hyperparameters["dense_units"] == 24
    assert found.entry.variant == 2


def test_a_budget_below_the_embedding_makes_that_smaller():
    found = match_params(COMPARISON, Entry("gru"), 60_000)
    assert found.is_matched
    assert found.entry.hyperparameters["embedding_dim"] < 16


def test_what_cannot_be_matched_comes_as_near_as_it_can():
    found = match_params(COMPARISON, Entry("gru"), 100)
    assert not found.is_matched
    assert found.deviation > 1


def test_next_words_are_matched_too():
    comparison = replace(COMPARISON, encoding=TextEncoding(5_000, 20, "pre", "pre"))
    for name in ("next_word_gru", "next_word_conv1d"):
        assert match_params(comparison, Entry(name), 700_000).is_matched
