from dataclasses import replace

import numpy as np
import pytest

from models.data.datasets import get_dataset
from models.encoded import fitted
from models.encoded.encoded import fit_tokenizers, load_encoded
from models.encoded.fitted import kept_tokenizer, read_tokenizer, tokenizer_file
from models.text.encoding import TextEncoding, encode, fit_tokenizer

TEXTS = ["a good film", "a bad film"]
ENCODING = TextEncoding(20, 5)


@pytest.mark.parametrize("tokenizer", ["words", "subwords"])
def test_a_tokenizer_is_fitted_once(tmp_path, monkeypatch, tokenizer):
    question = get_dataset("rotten_tomatoes"), 50, replace(ENCODING, tokenizer=tokenizer), tmp_path
    first = kept_tokenizer(*question)
    monkeypatch.setattr(fitted, "fit_tokenizer", lambda *_: pytest.fail("fitted again"))
    assert kept_tokenizer(*question).to_str() == first.to_str()
    assert first.truncation is None and first.padding is None


@pytest.mark.parametrize("left", ["", "{", "[]", '{"model": {}}'])
def test_a_file_that_is_not_whole_is_written_anew(tmp_path, left):
    dataset = get_dataset("rotten_tomatoes")
    file = tokenizer_file(dataset, 2, ENCODING, tmp_path)
    assert read_tokenizer(file) is None
    file.parent.mkdir(parents=True)
    file.write_text(left)
    assert read_tokenizer(file) is None
    kept_tokenizer(dataset, 2, ENCODING, tmp_path, TEXTS)
    assert read_tokenizer(file).get_vocab_size() == 6


def test_length_and_sides_need_no_other_tokenizer(tmp_path):
    dataset = get_dataset("imdb")
    plain = tokenizer_file(dataset, None, TextEncoding(), tmp_path)
    assert plain == tokenizer_file(dataset, None, TextEncoding(length=9, padding="pre", truncating="pre"), tmp_path)
    others = [
        tokenizer_file(get_dataset("rotten_tomatoes"), None, TextEncoding(), tmp_path),
        tokenizer_file(dataset, 100, TextEncoding(), tmp_path),
        tokenizer_file(dataset, None, TextEncoding(9_999), tmp_path),
        tokenizer_file(dataset, None, TextEncoding(10_000, tokenizer="subwords"), tmp_path),
    ]
    assert len({plain, *others}) == 5


@pytest.mark.parametrize("size", [10, 300, 4_000, 100_000])
def test_a_smaller_vocabulary_is_cut_from_the_largest_and_gives_the_same_numbers(data_root, size, monkeypatch):
    dataset, encoding = get_dataset("rotten_tomatoes"), TextEncoding(size, 12, truncating="pre")
    splits = dataset.load(data_root)
    texts = splits["train"].texts[:500]
    expected = fit_tokenizer(encoding, texts)
    found = load_encoded(dataset, 500, encoding, data_root)
    for name, rows in (("train", texts), ("validation", splits["validation"].texts), ("test", splits["test"].texts)):
        split = getattr(found, name)
        assert split.x.dtype == split.y.dtype == np.int32
        np.testing.assert_array_equal(split.x, encode(expected, rows))
        assert split.y.tolist() == splits[name].labels[: len(rows)]
    kept = read_tokenizer(tokenizer_file(dataset, 500, encoding, data_root))
    expected.no_truncation()
    expected.no_padding()
    assert kept.to_str() == expected.to_str()
    monkeypatch.setattr(fitted, "fit_tokenizer", lambda *_: pytest.fail("words were counted again"))
    other = load_encoded(dataset, 500, TextEncoding(size + 1, 12, truncating="pre"), data_root)
    assert other.train.x.max() <= size


def test_a_tokenizer_that_was_made_for_a_look_serves_the_training(data_root, monkeypatch):
    dataset, encoding = get_dataset("rotten_tomatoes"), TextEncoding(300, 12, tokenizer="subwords")
    messages = []
    fit_tokenizers(dataset, 60, [encoding], data_root, messages.append)
    assert messages[-1] == "Making a vocabulary of 300 subwords from 60 texts"
    monkeypatch.setattr(fitted, "fit_tokenizer", lambda *_: pytest.fail("fitted again"))
    assert load_encoded(dataset, 60, encoding, data_root).train.x.max() < 300
