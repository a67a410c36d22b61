import numpy as np
import pytest

from models.vectors.coverage import Coverage, _count, read_coverage

NAMES = ["<PAD>", "<OOV>", "good", "bad", "film", "unheard"]


def counted():
    return _count(NAMES, np.array([0, 0, 1, 0, 1, 0], bool), np.array([0, 10, 5, 2, 3, 4]))


def test_entries_and_tokens_are_counted_apart():
    found = counted()
    assert (found.num_entries, found.num_entries_covered, found.entries_share) == (4, 2, 0.5)
    assert (found.num_tokens, found.num_tokens_covered) == (24, 8)
    assert found.tokens_share == pytest.approx(1 / 3)
    assert found.missing == (("unheard", 4), ("bad", 2))


@pytest.mark.parametrize("damage", ["", "{}", '{"format": 2}', "[]", "null"])
def test_what_is_not_whole_is_counted_again(tmp_path, damage):
    file = tmp_path / "coverage.json"
    assert read_coverage(file) is None
    file.write_text(counted().to_json())
    assert read_coverage(file) == counted() == Coverage.from_json(counted().to_json())
    file.write_text(damage)
    assert read_coverage(file) is None
