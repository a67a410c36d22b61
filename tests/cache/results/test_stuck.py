from dataclasses import replace
from types import SimpleNamespace

import pytest

from cache.results.stuck import has_equal_classes, is_stuck, stuck_sentence
from models.training.events import EpochFinished

EPOCH = EpochFinished(1, 0.69, 0.5, 0.69, 0.501, 0.69, 0.501, 1.0, 0.1, True)


def epochs(train, validation):
    pairs = zip(train, validation, strict=True)
    return [replace(EPOCH, epoch=n, train_accuracy=t, validation_accuracy=v) for n, (t, v) in enumerate(pairs, 1)]


@pytest.mark.parametrize(
    ("train", "validation", "expected"),
    [
        ([0.62, 0.498, 0.501, 0.494], [0.501] * 4, True),
        ([0.9, 0.9, 0.9], [0.9] * 3, True),  # always the most frequent of two classes
        ([0.5, 0.5], [0.501] * 2, False),
        ([0.5, 0.5, 0.5], [0.501, 0.501, 0.502], False),
        ([0.6, 0.8, 0.9], [0.75] * 3, False),  # a small validation split
        ([0.9, 0.9, 0.9], [0.7] * 3, False),
        ([0.97, 1.0, 1.0], [1.0] * 3, False),  # it has learnt all there is
        ([], [], False),
        ([0.497, 0.498, 0.501, 0.493], [0.50082] * 3 + [0.49918], True),  # always one class, then always the other
        ([0.497, 0.498, 0.501, 0.493], [0.50082, 0.502, 0.49918, 0.49918], False),
        ([0.6, 0.6, 0.6], [0.6, 0.4, 0.6], False),  # two classes of unequal frequency would change training accuracy
    ],
)
def test_a_run_is_stuck_if_its_answers_never_change(train, validation, expected):
    assert is_stuck(epochs(train, validation)) == expected


def test_the_sentence_counts_seeds_of_whole_runs():
    dead, alive = epochs([0.5] * 3, [0.501] * 3), epochs([0.6, 0.8, 0.9], [0.7, 0.8, 0.8])
    results = [
        SimpleNamespace(label=label, is_cached=is_cached, epochs=curve)
        for label, is_cached, curve in (
            ("Conv1D", True, dead), ("LSTM", True, alive), ("Conv1D", True, alive), ("Conv1D", False, dead),
            ("Conv1D", True, dead), ("LSTM <b>", True, dead),
        )
    ]  # fmt: skip
    sentence = "Learnt nothing, every text gets the same answer: Conv1D (2 of 3 seeds); LSTM <b> (1 of 1 seed)."
    assert stuck_sentence(results) == sentence
    assert stuck_sentence(results[1:2]) == stuck_sentence([]) == ""


@pytest.mark.parametrize(
    ("share", "num_classes", "expected"), [(0.501, 2, True), (0.62, 2, False), (0.2, 5, True), (0.3, 5, False)]
)
def test_classes_are_about_equal_if_the_one_that_is_given_has_its_share(share, num_classes, expected):
    dead, alive = epochs([share] * 3, [share] * 3), epochs([0.6, 0.8, 0.9], [0.7, 0.8, 0.8])
    results = [SimpleNamespace(label="LSTM", is_cached=True, epochs=curve) for curve in (dead, alive)]
    assert has_equal_classes(results, num_classes) == expected
