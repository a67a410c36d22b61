import json
import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from models.data.datasets import get_dataset
from models.encoded import encoded
from models.encoded.encoded import load_encoded
from models.encoded.fitted import read_tokenizer, tokenizer_file
from models.text.encoding import OOV_ID, PAD_ID, VERSIONS, TextEncoding, encode, fit_tokenizer, lowered

TEXTS = ["The film, the FILM! It's good.<br />The end", "a good end"]
SMALL = TextEncoding(vocabulary_size=10, length=6)
SUBWORDS = TextEncoding(vocabulary_size=120, length=12, tokenizer="subwords")
SUBWORD_TEXTS = ["The unreal film: watched, unwatched, rewatched!", "A real watch<br />a real film"] * 3


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
    assert encode(tokenizer, ["zebra quagga good"])[0].tolist()[-3:-1] == [OOV_ID, OOV_ID]


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


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("tokenizer", ["words", "subwords"])
def test_a_long_text_has_the_tokens_that_it_has_as_a_whole(tokenizer, side):
    """Only the beginning of a long text is read, but for those that have few words there."""
    draw = random.Random(1)
    pieces = ["good", "it's", "--", "…", "🎬", "a\u0301bc", "\x1c", "<br />", "end.the", "ΑΣ", "東京", "\u2029", "\0"]
    texts = ["".join(piece + draw.choice(" \n\t\u3000") for piece in draw.choices(pieces, k=60)) for _ in range(60)]
    texts += ["- " * 50 + "good end of it " * 3, " ", "good" * 30]
    encoding = TextEncoding(60, 8, padding=side, tokenizer=tokenizer)
    fitted = fit_tokenizer(encoding, texts)
    rows = encode(fitted, texts)
    whole = fitted.encode_batch([*map(lowered, texts)], add_special_tokens=False)
    assert rows.tolist() == [encoded.ids for encoded in whole]
    assert (rows[:-3] != PAD_ID).all()


def test_texts_without_words_are_all_padding():
    rows = encode(fit_tokenizer(SMALL, TEXTS), ["", "!!! ...", "👍"])
    assert rows.dtype == np.int32 and (rows == PAD_ID).all()


def subwords(text, **changes):
    tokens = words(replace(SUBWORDS, **changes), text, SUBWORD_TEXTS)
    return [token for token in tokens if token != "<PAD>"]


def test_subwords_are_frequent_pieces_of_words():
    assert subwords("The unwatched film") == ["the", "unwatched", "film"]
    assert subwords("refilm, rereal!") == ["re", "##f", "##i", "##lm", ",", "re", "##real", "!"]


def test_subwords_lose_nothing_but_case_and_the_space_between_words():
    text = SUBWORD_TEXTS[0]
    assert "".join(subwords(text, length=60)).replace("##", "") == text.lower().replace(" ", "")


def test_a_character_that_was_never_seen_is_unknown_and_not_dropped():
    assert subwords("watch 日本 👍") == ["watch", "<OOV>", "<OOV>"]
    assert subwords("wätch") == ["w", "<OOV>", "##t", "##ch"]


def test_tokens_that_a_text_spells_out_are_text():
    assert OOV_ID not in encode(fit_tokenizer(SUBWORDS, ["<oov> ##a <pad>"] * 3), ["<OOV> <PAD> ##a"])
    assert PAD_ID not in encode(fit_tokenizer(SUBWORDS, ["<oov> ##a <pad>"] * 3), ["<OOV> <PAD> ##a"])[0, -8:]


@pytest.mark.parametrize("size", [10, 11, 30, 60, 8_000])
@pytest.mark.parametrize("tokenizer", VERSIONS)
def test_a_vocabulary_is_never_larger_than_asked_for(tokenizer, size):
    fitted = fit_tokenizer(TextEncoding(size, tokenizer=tokenizer), SUBWORD_TEXTS)
    assert sorted(fitted.get_vocab().values()) == list(range(fitted.get_vocab_size()))
    assert fitted.get_vocab_size() <= size
    assert encode(fitted, [*SUBWORD_TEXTS, "日本"]).max() < size


def test_subwords_need_at_least_something_to_learn_from():
    assert fit_tokenizer(SUBWORDS, [""]).get_vocab_size() == 2
    assert encode(fit_tokenizer(SUBWORDS, [""]), ["film"])[0, -1] == OOV_ID


@pytest.mark.parametrize("tokenizer", VERSIONS)
def test_the_same_texts_give_the_same_vocabulary_in_every_process(tokenizer):
    """Many pairs are equally frequent in so few texts, and hash tables are ordered otherwise in each process."""
    script = (
        "import json, sys; from models.text.encoding import *;"
        f"print(fit_tokenizer(TextEncoding(400, tokenizer={tokenizer!r}), json.load(sys.stdin)).to_str())"
    )
    texts = json.dumps([" ".join(f"{a}{b}{c}" for a in "kpt" for b in "aou" for c in "lmnrs")] * 2)
    found = {
        subprocess.run(
            [sys.executable, "-c", script], env=os.environ | settings, input=texts, text=True, capture_output=True,
            check=True, timeout=60,
        ).stdout
        for settings in ({}, {}, {"TOKENIZERS_PARALLELISM": "false"}, {"RAYON_NUM_THREADS": "5"})
    }  # fmt: skip
    assert len(found) == 1 and "ku" in found.pop()


def test_each_tokenizer_has_its_own_default_vocabulary():
    assert TextEncoding().vocabulary_size == 10_000
    assert TextEncoding(tokenizer="subwords").vocabulary_size == 8_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary_size": 500_001}, "10 to 500,000 entries, not 500001"),
        ({"vocabulary_size": 5}, "10 to 500,000 entries, not 5"),
        ({"length": 0}, "5 to 2,000 tokens, not 0"),
        ({"padding": "left"}, '"pre" or "post", not \'left\''),
        ({"version": 99}, "cannot encode by 'words', version 99"),
        ({"tokenizer": "bytes"}, "cannot encode by 'bytes'"),
        ({"tokenizer": "subwords", "vocabulary_size": 9}, "10 to 100,000 entries, not 9"),
    ],
)
def test_values_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        TextEncoding(**changes)


def test_encoding_happens_once_and_is_memory_mapped(data_root, small_data, small_spec):
    messages = []
    spec = small_spec()
    again = load_encoded(get_dataset("rotten_tomatoes"), spec.train_examples, spec.encoding, data_root, messages.append)
    assert messages == []
    assert isinstance(again.train.x, np.memmap)
    assert again.train.x.shape == (200, 20) and again.validation.x.shape == (853, 20)
    assert (again.train.x == small_data.train.x).all()


@pytest.mark.parametrize("tokenizer", VERSIONS)
def test_the_vocabulary_is_made_from_the_training_examples_alone(tokenizer, data_root):
    dataset, encoding = get_dataset("rotten_tomatoes"), TextEncoding(1_000, 20, tokenizer=tokenizer)
    load_encoded(dataset, 200, encoding, data_root)
    train = " ".join(dataset.load(data_root / "tfds")["train"].texts[:200]).lower()
    vocabulary = read_tokenizer(tokenizer_file(dataset, 200, encoding, data_root)).get_vocab()
    assert 900 < len(vocabulary) <= 1_000
    assert all(token.removeprefix("##") in train for token in set(vocabulary) - {"<PAD>", "<OOV>"})


def test_an_interrupted_encoding_leaves_nothing(data_root, monkeypatch):
    monkeypatch.setattr(encoded, "encode", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    encoding = TextEncoding(vocabulary_size=500, length=10)
    before = set((data_root / "encoded").glob("*/*_x.npy"))
    with pytest.raises(OSError, match="No space left"):
        load_encoded(get_dataset("rotten_tomatoes"), 50, encoding, data_root)
    assert set((data_root / "encoded").glob("*/*_x.npy")) == before
    assert not list((data_root / "encoded").glob(".part-*"))
