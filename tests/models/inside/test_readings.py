from pathlib import Path

import numpy as np
import pytest

from models.inside.readings import ORDERS, Readings
from models.layers import GRU, Bidirectional, Embedding
from tests.models.inside.opened import ANSWER, WORDS, opened


@pytest.mark.usefixtures("no_graphs")
def test_file_gives_back_what_was_saved(tmp_path: Path):
    _, found, _, _ = opened(Embedding(WORDS, 4), Bidirectional(GRU(6)), ANSWER)
    found.save(tmp_path / "deep" / "one.npz")
    again = Readings.load(tmp_path / "deep" / "one.npz")
    np.testing.assert_array_equal(again.answers, found.answers)
    assert set(again.layers) == {"1 forward", "1 backward"}
    for key, reading in again.layers.items():
        assert set(reading.arrays) == set(found.layers[key].arrays)
        assert reading.order(ORDERS[0], 3) == found.layers[key].order(ORDERS[0], 3)
        assert (
            sorted(reading.order(ORDERS[1], 3)) == reading.order(ORDERS[2], 3) or len(reading.order(ORDERS[2], 3)) == 3
        )


def test_answers_of_other_seeds_are_kept_in_the_file(tmp_path):
    seeds = np.array([[[0.25], [0.75]]], np.float32)
    two = np.zeros((2, 1))
    Readings(np.zeros(2), two, two, np.zeros(2), {}, seeds).save(tmp_path / "a.npz")
    np.testing.assert_array_equal(Readings.load(tmp_path / "a.npz").seeds, seeds)
