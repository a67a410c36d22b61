"""Comparisons at equal cost in words, against figures made by hand."""

from dataclasses import replace

from dashboard.costs import budget_sections
from models.experiments.budget import match_params
from models.experiments.comparison import Entry
from tests.dashboard.costs.test_budget_frames import RESULTS


def test_at_equal_time_what_each_had_by_then():
    section = budget_sections.of_time(RESULTS, 4.0, "Test CPU")
    assert section.table.to_dict("records") == [
        {"Architecture": "Flatten", "Seeds": 2, "Epochs done": "3.0", "Best validation": "85.00 ± 7.07%"},
        {"Architecture": "LSTM", "Seeds": 0, "Epochs done": "–", "Best validation": "–"},
    ]
    assert section.notes[0].startswith("Best validation accuracy after 4 s of training on Test CPU")


def test_at_equal_accuracy_the_seconds_and_who_never_had_it():
    section = budget_sections.of_accuracy(RESULTS, 88.0, "Test CPU")
    flatten, lstm = section.table.to_dict("records")
    assert flatten["Seeds that reached it"] == "1 of 2" and flatten["Seconds of training"] == "4.0 s"
    assert lstm == {
        "Architecture": "LSTM",
        "Seeds that reached it": "0 of 1",
        "Seconds of training": "–",
        "Epochs": "–",
    }
    assert section.notes[0].endswith("2 runs did not reach it within the epochs of this comparison.")
    assert "did not reach" not in budget_sections.of_accuracy(RESULTS, 60.0, "Test CPU").notes[0]


def test_nothing_timed_gives_empty_tables():
    assert budget_sections.of_time([], 1.0, "Test CPU").table.empty
    assert budget_sections.of_accuracy([], 80.0, "Test CPU").table.empty


def test_sizes_are_reported_with_what_cannot_be_sized(comparison):
    stack = Entry("composed", {"stack": "Embedding(4) → Flatten()"})
    with_stack = replace(comparison, entries=(*comparison.entries[:2], stack))
    entries = budget_sections.sizable(with_stack)
    assert [entry.architecture for entry in entries] == ["flatten", "lstm"]
    for budget, is_matched in ((200_000, True), (100, False)):
        matched = [match_params(with_stack, entry, budget) for entry in entries]
        section = budget_sections.of_parameters(with_stack, matched, budget)
        assert section.sentences == (f"Hyperparameters that give each architecture about {budget:,} parameters.",)
        assert any("cannot be sized to it" in note for note in section.notes) != is_matched
        assert any("Composed stacks" in note for note in section.notes)
