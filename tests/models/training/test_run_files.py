import numpy as np
import pytest

from models.training.run_files import EPOCH_WEIGHTS, kept_epochs, load_epoch_weights, save_epoch_weights


@pytest.mark.parametrize(
    ("epochs", "kept"),
    [(1, [1]), (4, [1, 2, 3]), (10, [1, 2, 3, 5, 10]), (101, [1, 2, 3, 5, 10, 20, 30, 50, 100])],
)
def test_kept_epochs_are_closest_at_the_beginning(epochs, kept):
    assert kept_epochs(epochs) == kept


def test_longer_training_keeps_the_same_epochs_and_more():
    assert all(set(kept_epochs(epochs)) <= set(kept_epochs(epochs + 1)) for epochs in range(1, 1_000))


def test_weights_of_each_epoch_are_read_in_their_order(tmp_path):
    written = {epoch: [np.full((2, number), epoch) for number in range(12)] for epoch in (1, 2, 10)}
    save_epoch_weights(tmp_path, written)
    found = load_epoch_weights(tmp_path)
    assert found.keys() == written.keys()
    for epoch, arrays in written.items():
        for one, other in zip(found[epoch], arrays, strict=True):
            np.testing.assert_array_equal(one, other)
    assert load_epoch_weights(tmp_path, only=1).keys() == {1} and load_epoch_weights(tmp_path, only=3) == {}


def test_run_that_kept_none_has_none(tmp_path):
    assert load_epoch_weights(tmp_path) == {} and not (tmp_path / EPOCH_WEIGHTS).exists()
