from dataclasses import replace

import pytest

from dashboard import address
from dashboard.recall import memory_view
from dashboard.shell import links
from dashboard.shell.defaults import DEFAULTS
from models.architectures import get_architecture
from models.experiments.comparison import Entry
from models.experiments.memory_series import SERIES
from models.experiments.studies import STUDIES
from models.tasks import CLASSIFICATION
from models.text.encoding import TextEncoding


def test_each_value_that_cannot_be_had_is_named():
    query = {"models": ["LSTM", "BERT"], "epochs": ["0"], "lstm.2.units": ["x"], "other": ["1"]}
    ranges = {"epochs": (1, 200)} | links.hyperparameter_ranges(2)
    found = links.problems(query, {"models": ["LSTM"]}, ranges)
    assert [sentence.split("”")[0].split("“")[1] for sentence in found] == ["BERT", "0", "x"]


def test_a_rate_out_of_range_and_an_unknown_word_are_named():
    query = {"lstm_dropout.dropout": ["0.95"], "lstm_merged.2.merge_mode": ["max"], "lstm_merged.merge_mode": ["ave"]}
    found = links.problems(query, links.hyperparameter_choices(2), links.hyperparameter_ranges(2))
    assert found == [
        "The link asks for “0.95” as lstm_dropout.dropout, which goes from 0 to 0.9; the default is used.",
        "The link asks for “max” as lstm_merged.2.merge_mode, which Unroll does not know; it was left out.",
    ]


def test_a_good_link_has_no_problems():
    query = {"models": ["LSTM"], "epochs": ["200"], "lstm.units": ["512"]}
    ranges = {"epochs": (1, 200)} | links.hyperparameter_ranges(2)
    assert links.problems(query, {"models": ["LSTM"]}, ranges) == []


def test_a_link_to_a_run_carries_its_tokens(store, small_spec):
    subwords = TextEncoding(8_185, tokenizer="subwords")
    runs = [store.run(run_id) for run_id in store.submit([small_spec(), small_spec(encoding=subwords)], 1, "cpu")]
    words, pieces = map(links.compare_query, runs)
    assert words["vocabulary"] == "1000" and not {"tokens", "subword_vocabulary"} & set(words)
    assert (pieces["tokens"], pieces["subword_vocabulary"]) == ("subwords", "8185") and "vocabulary" not in pieces


def test_a_link_to_a_run_carries_a_vocabulary_of_its_own(store, small_spec):
    spec = small_spec("lstm_small_vocabulary", hyperparameters={"vocabulary_size": 2_000})
    (run_id,) = store.submit([spec], 1, "cpu")
    assert links.compare_query(store.run(run_id))["lstm_small_vocabulary.vocabulary_size"] == "2000"


def test_there_is_no_link_to_a_question_of_another_version(store, small_spec):
    spec = small_spec("next_word_gru")
    ids = store.submit([spec, replace(spec, examples_version=1)], 1, "cpu")
    assert [links.compare_query(store.run(run_id)) is None for run_id in ids] == [False, True]


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_pages_know_everything_that_a_link_to_a_study_says(study):
    for comparison in study.comparisons:
        query = as_lists(links.comparison_query(comparison))
        assert links.problems(query, address.choices(), address.ranges()) == []
    if study.name == "memory":
        for series in SERIES:
            query = as_lists(links.memory_query(series, study.comparisons[0]))
            assert set(query) == {*memory_view.url_choices(), *memory_view.RANGES}
            assert links.problems(query, memory_view.url_choices(), memory_view.RANGES) == []
            low, high = map(int, query["memory_steps"])
            assert tuple(steps for steps in memory_view.STEPS if low <= steps <= high) == series.steps


def as_lists(query):
    """As an address has them."""
    return {key: [value] if isinstance(value, str) else value for key, value in query.items()}


def test_a_link_names_what_differs_from_the_defaults():
    assert links.comparison_query(STUDIES["examples"].comparisons[0]) == {
        "whole": "1",
        "examples": "2,500",
        "epochs": "10",
        "models": ["Flatten", "GRU", "LSTM", "Conv1D"],
    }
    asked = STUDIES["next_word"].comparisons[0]
    query = links.comparison_query(asked)
    assert query.pop("word_models") == [get_architecture(each.architecture).title for each in asked.entries]
    assert {key: value for key, value in query.items() if "." not in key} == {
        "whole": "1",
        "epochs": "10",
        "vocabulary": "2000",
        "task": "Predict the next word",
    }


@pytest.mark.parametrize("task", DEFAULTS)
def test_a_link_to_what_is_asked_anyway_says_its_task_at_most(task):
    assert links.comparison_query(DEFAULTS[task]) == {"whole": "1"} | (
        {} if task == CLASSIFICATION else {"task": "Predict the next word"}
    )


def test_a_link_to_a_line_up_carries_variants(comparison):
    query = links.comparison_query(replace(comparison, entries=(*comparison.entries, Entry("lstm", {"units": 8}, 3))))
    assert query["models"] == ["Flatten", "LSTM"]
    assert {key: value for key, value in query.items() if key.startswith("lstm")} == {
        "lstm.and": "true",
        "lstm.2.units": "64",
        "lstm.2.and": "true",
        "lstm.3.units": "8",
    }
