import pytest

from models.architectures import ARCHITECTURES
from models.data.memory_tests import TESTS
from models.experiments.memory_series import SERIES
from models.experiments.studies import EPOCHS, MORE_SEEDS, NUM_SEEDS, STUDIES


def test_every_named_architecture_has_a_study():
    asked = {
        entry.architecture
        for study in STUDIES.values()
        for comparison in study.comparisons
        for entry in comparison.entries
    }
    assert asked == set(ARCHITECTURES)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_study_can_be_asked(study):
    for comparison in study.comparisons:
        specs = comparison.specs("0" * 16)
        assert comparison.epochs == EPOCHS == 10
        num_seeds = {"line_up": MORE_SEEDS, "recurrence": MORE_SEEDS, "layers": 5}.get(study.name, NUM_SEEDS)
        assert {spec.seed for each in specs.values() for spec in each} == set(range(num_seeds))
    assert study.title and study.question.endswith((".", "?"))


def test_the_pair_of_one_and_two_layers_is_the_published_one():
    comparison = STUDIES["layers"].comparisons[0]
    counts = {spec.architecture: spec.num_params() for each in comparison.specs("0" * 16).values() for spec in each}
    assert counts["bidirectional_2_layers"] == 635_329
    assert comparison.encoding.tokenizer == "subwords"


def test_a_study_on_another_engine_asks_the_same_of_it():
    for comparison in STUDIES["line_up"].on("jax"):
        assert comparison.training.backend == "jax"
        assert comparison.encoding == STUDIES["line_up"].comparisons[0].encoding


def test_what_is_swept_is_swept():
    assert [each.encoding.vocabulary_size for each in STUDIES["vocabulary"].comparisons[1:]] == [1_000, 3_000, 10_000]
    assert sorted(each.encoding.length for each in STUDIES["length"].comparisons) == [30, 60, 120, 240]
    assert [each.train_examples for each in STUDIES["examples"].comparisons] == [2_500, 5_000, None]


def test_memory_is_tested_in_three_ways_at_several_distances():
    asked = {}
    for comparison in STUDIES["memory"].comparisons:
        (directions,) = {entry.hyperparameters["directions"] for entry in comparison.entries}
        asked.setdefault((comparison.dataset.test.name, directions), []).append(comparison.dataset.steps)
    assert asked == {(series.test.name, series.directions): list(series.steps) for series in SERIES}
    assert asked["memory", 2] == [10, 20, 40, 80]  # whose runs are older than the other tests
    assert {name for name, _ in asked} == set(TESTS)
    assert all(len(steps) > 1 for steps in asked.values())
