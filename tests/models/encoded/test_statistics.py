from itertools import product

import pytest

from models.data.datasets import get_dataset
from models.data.splits import Split
from models.encoded.statistics import (
    NUM_EXAMPLES,
    Statistics,
    cut_and_padded,
    make_statistics,
    measure,
    read_statistics,
    statistics_file,
)
from models.text.encoding import OOV_ID, TextEncoding, encode, fit_tokenizer

ENCODING = TextEncoding(vocabulary_size=10, length=5)
TRAIN = ["a a a b", "a b c d e f g h i j k l m", "b", ""]
VALIDATION = ["a b unknown words", "never seen", "a"]


@pytest.fixture
def statistics():
    splits = {
        "train": Split(TRAIN, [0, 1, 2, 0]),
        "validation": Split(VALIDATION, [0, 0, 1]),
        "test": Split(["a"], [1]),
    }
    return measure(splits, 3, fit_tokenizer(ENCODING, TRAIN))


def test_what_is_counted(statistics):
    assert statistics.class_counts == {"train": (2, 1, 1), "validation": (2, 1, 0), "test": (0, 1, 0)}
    assert statistics.lengths == ((0, 1), (1, 1), (4, 1), (13, 1)) and statistics.num_tokens == 18
    assert statistics.words[:2] == (("a", 4), ("b", 3))
    assert (statistics.num_oov, statistics.num_validation_tokens) == (4, 7)
    assert statistics.oov_share == pytest.approx(4 / 7)
    assert [statistics.share_cut(length) for length in (0, 4, 13)] == [0.75, 0.25, 0.0]
    assert statistics.share_of_tokens_cut(5) == pytest.approx(8 / 18)


def test_examples_come_from_each_class_in_turn(statistics):
    assert [(example.text, example.label) for example in statistics.examples] == [
        ("a b unknown words", 0),
        ("a", 1),
        ("never seen", 0),
    ]
    assert statistics.examples[0].numbers[2:] == (OOV_ID, OOV_ID)


SIDES = ("pre", "post")
QUICK = {(5, "pre", "post"), (5, "post", "pre"), (200, "pre", "pre"), (200, "post", "post")}


@pytest.mark.parametrize(
    ("length", "padding", "truncating"),
    [
        pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow)
        for case in product((5, 8, 200), SIDES, SIDES)
    ],
)
def test_examples_are_cut_and_padded_as_the_model_gets_them(padding, truncating, length, data_root):
    encoding = TextEncoding(1_000, length, padding, truncating)
    dataset = get_dataset("rotten_tomatoes")
    made = read_statistics(statistics_file(dataset, 300, encoding, data_root)) or make_statistics(
        dataset, 300, encoding, data_root
    )
    assert len(made.examples) == NUM_EXAMPLES
    tokenizer = fit_tokenizer(encoding, dataset.load(data_root / "tfds")["train"].texts[:300])
    rows = encode(tokenizer, [example.text for example in made.examples])
    for example, row in zip(made.examples, rows, strict=True):
        assert [number for _, number in cut_and_padded(example, encoding)] == row.tolist()


def test_they_are_kept_and_found_again_for_any_cut(data_root):
    dataset, encoding = get_dataset("rotten_tomatoes"), TextEncoding(500, 20)
    messages = []
    made = make_statistics(dataset, 200, encoding, data_root, messages.append)
    assert "Making a vocabulary from 200 texts" in messages and sum(made.class_counts["train"]) == 200
    assert read_statistics(statistics_file(dataset, 200, TextEncoding(500, 90, "pre"), data_root)) == made
    assert read_statistics(statistics_file(dataset, 200, TextEncoding(600, 20), data_root)) is None
    assert read_statistics(statistics_file(dataset, None, encoding, data_root)) is None


@pytest.mark.parametrize("damage", ["", "{}", '{"format": 2}', "[]", "null"])
def test_what_is_not_whole_is_counted_again(tmp_path, statistics, damage):
    file = tmp_path / "statistics.json"
    file.write_text(statistics.to_json())
    assert read_statistics(file) == statistics == Statistics.from_json(statistics.to_json())
    file.write_text(damage)
    assert read_statistics(file) is None
