import pytest

from cache.core.processes import ProcessIdentity
from cache.results.results import fetch
from cache.results.study_results import fetch_studies
from models.architectures import get_architecture
from models.experiments.comparison import COMPOSED
from models.experiments.studies import STUDIES
from models.stacks import named_stacks
from models.stacks.stack_parser import parse_stack

DEVICE = "Test CPU (2 cores)"


@pytest.fixture
def filled(store, measured):
    """The line-up's runs, one of them longer than asked for, and one that trains."""
    (comparison,) = STUDIES["line_up"].comparisons
    specs = [spec for each in comparison.specs(comparison.dataset.fingerprint(None)).values() for spec in each]
    rows = [(0.9, 0.8, 0.79, 2.0)] * 10
    measured((spec, rows) for spec in specs[:-2])
    measured([(specs[-2], rows + [(0.99, 0.95, 0.94, 2.0)] * 2)])
    store.submit([specs[-1]], 10, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    return specs


def test_all_studies_at_once_are_as_each_comparison_by_itself(store, filled):
    found = fetch_studies(store, STUDIES, "tensorflow", DEVICE)
    assert list(found) == list(STUDIES)
    for name, study in found.items():
        assert study.comparisons == STUDIES[name].comparisons
        for comparison, results in zip(study.comparisons, study.results, strict=True):
            assert results == fetch(store, comparison, comparison.dataset.fingerprint(store.root / "tfds"), DEVICE)


def test_a_question_that_several_comparisons_ask_counts_once(store, filled):
    found = fetch_studies(store, ["line_up", "vocabulary"], "tensorflow", DEVICE)
    assert len(found["line_up"].runs) == len(filled)
    vocabulary = found["vocabulary"]
    assert len(vocabulary.runs) == 3 * 10 and sum(map(len, vocabulary.results)) == 3 * 11  # LSTM with 10,000 is in two
    assert sum(result.is_cached for result in found["line_up"].runs) == len(filled) - 1
    assert sum(result.is_active for result in found["line_up"].runs) == 1


def test_a_longer_run_answers_with_its_first_epochs(store, filled):
    (results,) = fetch_studies(store, ["line_up"], "tensorflow", DEVICE)["line_up"].results
    longer = next(result for result in results if result.spec == filled[-2])
    assert longer.run.epochs == 12 and len(longer.epochs) == 10
    assert max(epoch.test_accuracy for epoch in longer.epochs) == 0.79


def test_a_stack_that_is_given_a_name_is_called_by_it_from_then_on(store, monkeypatch):
    monkeypatch.setattr(named_stacks._known, "contents", ({}, ()))  # which others see is put back

    def labels():
        found = fetch_studies(store, ["refinements"], "tensorflow", DEVICE)["refinements"]
        for comparison, results in zip(found.comparisons, found.results, strict=True):
            labels = [entry.label for entry in comparison.entries]
            assert list(dict.fromkeys(result.label for result in results)) == labels
        return [entry.label for entry in found.comparisons[0].entries]

    before = labels()
    stack = get_architecture(COMPOSED).hyperparameters["stack"].default
    named_stacks.save_stack(store.root, "ours", parse_stack(stack))
    changed = {new for old, new in zip(before, labels(), strict=True) if old != new}
    assert changed == {"Composed: ours"}


def test_another_engine_is_another_question(store, filled):
    found = fetch_studies(store, ["line_up"], "jax", DEVICE)["line_up"]
    assert not any(result.is_cached for result in found.runs)
