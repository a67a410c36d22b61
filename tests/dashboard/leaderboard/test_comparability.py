import json
from dataclasses import replace

import pytest

from cache.results.results import fetch
from dashboard.leaderboard.comparability import Comparability, differences, sentence_on_tokens, sentence_on_versions
from models.experiments.comparison import Entry
from models.text.encoding import TextEncoding
from tests.conftest import DEVICE


@pytest.fixture
def asked(comparison):
    return Comparability("imdb", "f" * 16, 20_000, TextEncoding(), 5, DEVICE)


def test_what_was_asked_for_differs_in_nothing(asked):
    assert differences(asked, asked) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"dataset": "rotten_tomatoes"}, "Rotten Tomatoes sentences instead of IMDB reviews"),
        ({"fingerprint": "0" * 16}, "another version of the dataset's texts"),
        ({"num_train": 1_000}, "1,000 training examples instead of 20,000"),
        ({"epochs": 2}, "2 instead of 5 epochs, so less could be learnt"),
        ({"device": "NVIDIA H200"}, f"measured on NVIDIA H200 instead of {DEVICE}, with whose seconds these cannot"),
        ({"encoding": TextEncoding(1_000)}, "a vocabulary of 1,000 instead of 10,000, so the models read other tokens"),
        ({"encoding": TextEncoding(length=60)}, "60 instead of 120 tokens of each text"),
        ({"encoding": TextEncoding(padding="post")}, "texts padded at the end instead of at the start"),
        ({"encoding": TextEncoding(truncating="pre")}, "texts cut at the start instead of at the end"),
        ({"encoding": TextEncoding(10_000, tokenizer="subwords")}, "subwords (version 1) instead of words (version 1)"),
    ],
)
def test_each_difference_is_reported(asked, change, expected):
    (sentence,) = differences(replace(asked, **change), asked)
    assert sentence.startswith(expected)


def test_several_differences_are_all_reported(asked):
    encoding = TextEncoding(1_000, length=60)
    one, other = differences(replace(asked, encoding=encoding, epochs=2), asked)
    assert one.startswith("a vocabulary of 1,000 instead of 10,000 and 60 instead of 120 tokens")
    assert other.startswith("2 instead of 5")


@pytest.fixture
def line_up(comparison):
    return replace(comparison, entries=(Entry("lstm"), Entry("lstm_small_vocabulary"), Entry("flatten")))


def test_runs_are_as_they_were_asked_for_but_for_a_vocabulary_of_their_own(store, line_up, finish):
    for each in line_up.specs("f" * 16).values():
        finish(each[0], [0.7, 0.8, 0.9])
    asked = Comparability.asked(line_up, "f" * 16, DEVICE)
    found = {result.label: Comparability.of(result) for result in fetch(store, line_up, "f" * 16, DEVICE)[::2]}
    assert found["LSTM"] == found["Flatten"] == asked
    (sentence,) = differences(found["LSTM, small vocabulary"], asked)
    assert sentence == "a vocabulary of 1,000 instead of 10,000, so the models read other tokens"


def test_a_verdict_says_who_reads_other_tokens(store, line_up, finish):
    specs = line_up.specs("f" * 16)
    finish(specs["LSTM"][0], [0.7, 0.8])
    assert sentence_on_tokens(line_up, fetch(store, line_up, "f" * 16, DEVICE)) == ""
    finish(specs["LSTM, small vocabulary"][0], [0.7, 0.8])
    sentence = sentence_on_tokens(line_up, fetch(store, line_up, "f" * 16, DEVICE))
    assert "other tokens: LSTM, small vocabulary (a vocabulary of 1,000 instead of 10,000)." in sentence
    assert sentence.startswith("All models answer the same test examples") and sentence.count(".") == 3


def test_versions_are_named_where_runs_differ_in_them(store, line_up, finish):
    specs = line_up.specs("f" * 16)
    for label, keras in (("LSTM", "3.14.2"), ("Flatten", "3.15.1"), ("LSTM, small vocabulary", None)):
        run = finish(specs[label][0], [0.7, 0.8, 0.9])
        versions = {"keras": keras, "tensorflow": "2.21.0"} if keras else None
        environment = json.dumps({"device": DEVICE, "engine": "tensorflow", "versions": versions})
        with store.db.transaction() as db:
            db.execute("UPDATE runs SET environment = ? WHERE id = ?", (environment, run.id))
    results = fetch(store, replace(line_up, epochs=3), "f" * 16, DEVICE)
    assert sentence_on_versions(results) == (
        "These runs were trained under different versions, which may change accuracies and seconds. "
        "Keras 3.14 and TensorFlow 2.21: LSTM (1 run); Keras 3.15 and TensorFlow 2.21: Flatten (1 run)."
    )
    assert sentence_on_versions([each for each in results if each.label != "Flatten"]) == ""


def test_a_dataset_with_an_encoding_of_its_own_is_what_was_asked_for(store, line_up, finish):
    memory = replace(line_up, dataset_name="memory_20")
    for each in memory.specs("f" * 16).values():
        finish(each[0], [0.7, 0.8])
    asked = Comparability.asked(memory, "f" * 16, DEVICE)
    found = {result.label: Comparability.of(result) for result in fetch(store, memory, "f" * 16, DEVICE)[::2]}
    assert found["LSTM"] == asked
    assert "a vocabulary of 1,000 instead of" in differences(found["LSTM, small vocabulary"], asked)[0]


def test_disturbed_seconds_set_nothing_apart(store, line_up, finish):
    for seed, contended in enumerate((None, "others")):
        finish(line_up.specs("f" * 16)["LSTM"][seed], [0.7, 0.8], contended=contended)
    one, other = fetch(store, line_up, "f" * 16, DEVICE)[:2]
    assert other.contended and Comparability.of(one) == Comparability.of(other)


def test_next_words_are_read_as_they_were_asked_for(store, line_up, finish):
    words = replace(line_up, entries=(Entry("next_word_gru"),), encoding=TextEncoding(1_000, 20, "pre", "pre"))
    finish(words.specs("f" * 16)[Entry("next_word_gru").label][0], [0.1, 0.2])
    result = fetch(store, words, "f" * 16, DEVICE)[0]
    assert Comparability.of(result) == Comparability.asked(words, "f" * 16, DEVICE)
