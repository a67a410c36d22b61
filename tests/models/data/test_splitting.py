from collections import Counter

import pytest

from models.data.splitting import split_by_label

REVIEWS = [(f"text {i}", int(i % 3 == 0)) for i in range(300)]


def test_sizes_are_exact_and_labels_in_proportion():
    names = split_by_label(REVIEWS, {"validation": 31, "test": 29}, seed="a")
    assert Counter(names) == {"train": 240, "validation": 31, "test": 29}
    for split in ("train", "validation", "test"):
        labels = [label for (_, label), name in zip(REVIEWS, names, strict=True) if name == split]
        assert sum(labels) / len(labels) == pytest.approx(1 / 3, abs=0.03)


def test_a_text_stays_in_its_split_for_any_order():
    forwards = dict(zip(REVIEWS, split_by_label(REVIEWS, {"test": 30}, seed="a"), strict=True))
    backwards = dict(zip(REVIEWS[::-1], split_by_label(REVIEWS[::-1], {"test": 30}, seed="a"), strict=True))
    assert forwards == backwards
    assert forwards != dict(zip(REVIEWS, split_by_label(REVIEWS, {"test": 30}, seed="b"), strict=True))


def test_holding_out_everything_is_refused():
    with pytest.raises(ValueError, match="hold out 300 of 300"):
        split_by_label(REVIEWS, {"test": 300}, seed="a")


def test_what_is_not_held_out_goes_to_the_rest_or_nowhere():
    names = split_by_label(REVIEWS, {"train": 100, "validation": 20}, seed="a", rest=None)
    assert Counter(names) == {"train": 100, "validation": 20, None: 180}
