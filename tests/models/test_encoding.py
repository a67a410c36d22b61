from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer

from models import encoded
from models.datasets import get_dataset
from models.encoded import load_encoded
from models.encoding import OOV_ID, PAD_ID, TextEncoding, encode, fit_tokenizer

TEXTS = ["The film, the FILM! It's good.<br />The end", "a good end"]
SMALL = TextEncoding(vocabulary_size=10, length=6)


def words(encoding, text, train=TEXTS):
    tokenizer = fit_tokenizer(encoding, train)
    return [tokenizer.id_to_token(number) for number in encode(tokenizer, [text])[0]]


def test_words_are_lower_cased_and_stripped_of_punctuation():
    assert words(replace(SMALL, length=8), TEXTS[0]) == ["the", "film", "the", "film", "it's", "good", "the", "end"]


def test_the_vocabulary_holds_the_most_frequent_words():
    tokenizer = fit_tokenizer(SMALL, ["c c c b b a a d"] * 2 + ["e"])
    numbers = sorted(tokenizer.get_vocab().items(), key=lambda pair: pair[1])
    assert [word for word, _ in numbers] == ["<PAD>", "<OOV>", "c", "a", "b", "d", "e"]
    assert fit_tokenizer(SMALL, [" ".join("abcdefghijklmnop")]).get_vocab_size() == 10


def test_unknown_words_become_one_token():
    tokenizer = fit_tokenizer(SMALL, TEXTS)
    assert encode(tokenizer, ["zebra quagga good"])[0].tolist()[:2] == [OOV_ID, OOV_ID]


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("post", ["a", "good", "end", "<PAD>", "<PAD>", "<PAD>"]),
        ("pre", ["<PAD>", "<PAD>", "<PAD>", "a", "good", "end"]),
    ],
)
def test_padding_side(side, expected):
    assert words(replace(SMALL, padding=side), "a good end") == expected


@pytest.mark.parametrize(("side", "expected"), [("post", "a good end a good"), ("pre", "good end a good film")])
def test_cutting_side(side, expected):
    assert words(TextEncoding(10, 5, truncating=side), "a good end a good film") == expected.split()


def test_texts_without_words_are_all_padding():
    rows = encode(fit_tokenizer(SMALL, TEXTS), ["", "!!! ...", "👍"])
    assert rows.dtype == np.int32 and (rows == PAD_ID).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary_size": 5}, "10 to 100,000 entries, not 5"),
        ({"length": 0}, "5 to 2,000 tokens, not 0"),
        ({"padding": "left"}, '"pre" or "post", not \'left\''),
        ({"version": 99}, "cannot encode by 'words', version 99"),
    ],
)
def test_values_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        TextEncoding(**changes)


def test_encoding_happens_once_and_is_memory_mapped(data_root, small_data, small_spec):
    said = []
    spec = small_spec()
    again = load_encoded(get_dataset("rotten_tomatoes"), spec.train_examples, spec.encoding, data_root, said.append)
    assert said == []
    assert isinstance(again.train.x, np.memmap)
    assert again.train.x.shape == (200, 20) and again.validation.x.shape == (853, 20)
    assert (again.train.x == small_data.train.x).all()


def test_the_vocabulary_is_made_from_the_training_examples_alone(data_root, small_data):
    dataset = get_dataset("rotten_tomatoes")
    train = " ".join(dataset.load(data_root / "tfds")["train"].texts[:200]).lower()
    for file in (data_root / "encoded").glob("rotten_tomatoes-*/tokenizer.json"):
        vocabulary = set(Tokenizer.from_file(str(file)).get_vocab()) - {"<PAD>", "<OOV>"}
        if len(vocabulary) == 998:
            assert all(word in train for word in vocabulary)
            return
    pytest.fail("the tokenizer is not kept")


def test_an_interrupted_encoding_leaves_nothing(data_root, monkeypatch):
    monkeypatch.setattr(encoded, "encode", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    encoding = TextEncoding(vocabulary_size=500, length=10)
    before = set((data_root / "encoded").iterdir())
    with pytest.raises(OSError, match="No space left"):
        load_encoded(get_dataset("rotten_tomatoes"), 50, encoding, data_root)
    assert {path for path in (data_root / "encoded").iterdir() if path.is_dir()} <= before
