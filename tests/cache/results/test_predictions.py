import numpy as np
import pytest

from cache.results.predictions import correct_mask, predictions, right_by_text
from cache.results.results import fetch
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.text.encoding import TextEncoding
from models.training.run_files import PREDICTIONS, save_predictions

DEVICE = "Test CPU (2 cores)"
CLASSES = np.arange(10) % 2


def fetched(store, entries, num_seeds=2, task="classification"):
    comparison = Comparison("imdb", None, TextEncoding(), Training(), 2, num_seeds, tuple(map(Entry, entries)))
    return comparison, lambda: fetch(store, comparison, "fingerprint", DEVICE)


@pytest.mark.parametrize("entries", [("flatten", "gru"), ("next_word_gru", "next_word_lstm")])
def test_right_answers_are_read_from_the_predictions_of_the_best_epoch(store, finish, entries):
    comparison, results = fetched(store, entries)
    for specs in comparison.specs("fingerprint").values():
        for spec in specs:
            run = finish(spec, [0.8, 0.7])
            right = np.linspace(0, 1, 10).reshape(-1, 1).repeat(3, axis=1).astype(np.float32)
            save_predictions(store.files_dir(run.id), {1: right[:, 0] if entries == ("flatten", "gru") else right})
    found = correct_mask(predictions(store, results()), comparison.task, CLASSES)
    assert [list(each) for each in found.values()] == [[0, 1], [0, 1]]
    expected = (np.linspace(0, 1, 10) > 0.5) == CLASSES if entries == ("flatten", "gru") else np.linspace(0, 1, 10) == 1
    for each in found.values():
        np.testing.assert_array_equal(each[0], expected)


def test_runs_without_predictions_or_classes_are_left_out(store, finish):
    comparison, results = fetched(store, ("flatten", "gru"), 1)
    runs = [finish(spec, [0.8, 0.7]) for specs in comparison.specs("fingerprint").values() for spec in specs]
    (store.files_dir(runs[0].id) / PREDICTIONS).unlink()
    assert list(correct_mask(predictions(store, results()), comparison.task, CLASSES)) == ["GRU"]
    assert correct_mask(predictions(store, results()), comparison.task, None) == {}
    assert correct_mask(predictions(store, results()), comparison.task, np.zeros(11)) == {}


def outcomes(right, begins_text):
    return np.stack([np.full(len(right), 0.5), np.where(right, 1, 0.2), begins_text], axis=1).astype(np.float32)


def test_all_next_words_of_a_text_are_one_value_and_their_mean_is_the_accuracy():
    right, begins_text = np.array([1, 1, 0, 1, 0, 0, 0, 1]), np.array([1, 0, 0, 1, 1, 0, 0, 0])
    found = right_by_text({"GRU": {0: outcomes(right, begins_text)}}, NEXT_WORD, None)["GRU"][0]
    np.testing.assert_allclose(found, np.array([2, 1, 1]) * 3 / 8)
    assert found.mean() == pytest.approx(right.mean())


def test_a_text_of_classes_is_right_or_not():
    predicted = {"GRU": {0: np.linspace(0, 1, 10)}}
    np.testing.assert_equal(
        right_by_text(predicted, CLASSIFICATION, CLASSES), correct_mask(predicted, CLASSIFICATION, CLASSES)
    )


@pytest.mark.parametrize("begins_text", [[1, 0, 0, 1, 0], [1, 1, 1, 1], [1, 0, 1]])
def test_who_was_asked_other_next_words_is_left_out(begins_text):
    one, other = (outcomes(np.ones(len(each)), each) for each in ([1, 0, 1, 0], begins_text))
    for read in (correct_mask, right_by_text):
        assert list(read({"GRU": {0: one, 1: other, 2: one}}, NEXT_WORD, None)["GRU"]) == [0, 2]


@pytest.mark.parametrize("begins_text", [[0, 0, 0], [1, 0, 0], [0, 0.5, 0.5]])
def test_next_words_of_one_text_are_not_compared(begins_text):
    assert right_by_text({"GRU": {0: outcomes(np.ones(3), begins_text)}}, NEXT_WORD, None) == {"GRU": {}}
