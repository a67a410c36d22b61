import pytest

from cache.store.runs import best_epoch, first_epoch_extra_seconds, seconds_per_epoch
from models.training.events import EpochFinished


def epochs(*measured):
    """From (validation accuracy, training seconds, is first) each."""
    return [
        EpochFinished(number, 0, 0, 0, accuracy, None, None, seconds, 0.1, first)
        for number, (accuracy, seconds, first) in enumerate(measured, start=1)
    ]


def test_the_earliest_of_the_best_epochs_counts():
    assert best_epoch(epochs((0.7, 1, True), (0.8, 1, False), (0.8, 1, False))).epoch == 2
    with pytest.raises(ValueError, match="empty"):
        best_epoch([])


def test_seconds_leave_out_every_first_epoch():
    measured = epochs((0, 9, True), (0, 2, False), (0, 8, True), (0, 3, False), (0, 10, False))
    assert seconds_per_epoch(measured) == 3
    assert first_epoch_extra_seconds(measured) == 6
    assert seconds_per_epoch(measured[:1]) is None
    assert first_epoch_extra_seconds(measured[:1]) is None
