from itertools import pairwise

import numpy as np
import pytest

from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.encoded.fitted import tokenizer_file
from models.experiments.spec import RunSpec
from models.tasks import NEXT_WORD
from models.text.encoding import OOV_ID, TextEncoding, fit_tokenizer
from models.text.next_word import MAX_EXAMPLES, draw, examples, prefixes, prefixes_of, sentences

TEXTS = ["The film was good. The film was bad!", "A film<br />the good film"]


@pytest.fixture
def tokenizer():
    tokenizer = fit_tokenizer(TextEncoding(10, 5), TEXTS)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def of_one_sentence(tokens, length):
    """x and y of all words of a sentence but the first."""
    places, tokens = np.arange(1, len(tokens)), np.array(tokens, np.int32)
    return prefixes(tokens, np.zeros_like(places), places, length), tokens[places]


def test_a_sentence_is_cut_as_published():
    x, y = of_one_sentence([7, 3, 4, 9], 4)
    assert x.tolist() == [[0, 0, 0, 7], [0, 0, 7, 3], [0, 7, 3, 4]]
    assert y.tolist() == [3, 4, 9]
    assert x.dtype == y.dtype == np.int32


def test_every_prefix_of_a_text_is_shown(tokenizer):
    x, y = prefixes_of(tokenizer, "The film was good. A robot! The film", 3)
    words = tokenizer.encode("the film was good", add_special_tokens=False).ids
    assert x.tolist() == [[0, 0, words[0]], [0, *words[:2]], words[:3], [0, 0, x[3][2]], [0, 0, words[0]]]
    assert y.tolist() == [*words[1:], OOV_ID, words[1]]
    assert [len(part) for part in prefixes_of(tokenizer, "Film", 3)] == [0, 0]


def test_a_long_prefix_keeps_its_end():
    x, y = of_one_sentence([7, 3, 4, 9], 2)
    assert x.tolist() == [[0, 7], [7, 3], [3, 4]]
    assert y.tolist() == [3, 4, 9]


def test_texts_are_cut_into_sentences():
    assert sentences("One. Two? Three!\nFour <br /><br /> five... Six 1.5 stars") == [
        "One.", "Two?", "Three!", "Four", "five...", "Six 1.5 stars",
    ]  # fmt: skip
    assert sentences("  \n ") == []


def test_no_prefix_reaches_into_the_sentence_before(tokenizer):
    x, y, texts = examples(tokenizer, TEXTS, 4, 100)
    word = tokenizer.token_to_id
    assert x[0].tolist() == x[3].tolist() == [0, 0, 0, word("the")]
    assert y.tolist() == [word(each) for each in "film was good film was bad film good film".split()]
    assert texts.tolist() == [0] * 6 + [1] * 3
    assert x.dtype == y.dtype == texts.dtype == np.int32


def test_an_unknown_word_is_read_but_never_to_be_predicted(tokenizer):
    word = tokenizer.token_to_id
    x, y, _ = examples(tokenizer, ["Zzz film", "", "?!", "film zzz good qqq."], 3, 100)
    assert x.tolist() == [[0, 0, OOV_ID], [0, word("film"), OOV_ID]]
    assert y.tolist() == [word("film"), word("good")]


@pytest.mark.parametrize("text", ["", "Oh.", "film", "Film! Good! The <br />", "Zzz qqq"])
def test_texts_without_a_word_to_predict_are_refused(tokenizer, text):
    with pytest.raises(ValueError, match="two known words"):
        examples(tokenizer, [text], 4, 10)


@pytest.mark.parametrize("most", [1, 7, 900, 1_000, 2_500, 4_499])
def test_examples_come_from_as_many_texts_as_possible_and_equally_many_from_each(tokenizer, most):
    """1,000 texts of 6 words to predict and of 3 in turn."""
    x, y, texts = examples(tokenizer, TEXTS * 500, 4, most)
    assert x.shape == (most, 4) and y.shape == texts.shape == (most,)
    assert (np.diff(texts) >= 0).all()
    given, there = np.bincount(texts, minlength=1_000), np.tile([6, 3], 500)
    assert given.max() - given[given < there].min(initial=given.max()) <= 1
    assert (given > 0).sum() == min(most, 1_000)


def test_all_words_are_taken_where_there_are_no_more(tokenizer):
    everything = examples(tokenizer, TEXTS * 10, 4, 90)
    for found, expected in zip(examples(tokenizer, TEXTS * 10, 4, 1_000), everything, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert len(everything[1]) == 90


def test_the_same_texts_give_the_same_examples(tokenizer):
    """They are part of a run's identity: raise EXAMPLES_VERSION if they have to be others."""
    assert draw(np.array([6, 0, 3, 12, 1]), 10).tolist() == [1, 2, 4, 6, 7, 8, 13, 15, 19, 21]
    for found, again in zip(*(examples(tokenizer, TEXTS * 100, 4, 250) for _ in range(2)), strict=True):
        np.testing.assert_array_equal(found, again)


def test_fewer_examples_are_some_of_more():
    counts = np.random.default_rng(0).integers(0, 50, 300)
    numbers = [1, 10, 299, 300, 1_000, 3_000, counts.sum(), 10 * counts.sum()]
    drawn = [set(draw(counts, number).tolist()) for number in numbers]
    assert [len(each) for each in drawn] == [min(number, counts.sum()) for number in numbers]
    assert all(fewer <= more for fewer, more in pairwise(drawn))


def test_few_examples_come_from_all_places_of_all_texts():
    """Of 1,000 texts of 20 words, 500 words: neither the first texts nor the first words are preferred."""
    texts, words = np.divmod(draw(np.full(1_000, 20), 500), 20)
    assert len(set(texts)) == 500
    for found, middle, spread in ((texts, 499.5, 1_000 / 12**0.5), (words, 9.5, 20 / 12**0.5)):
        assert abs(found.mean() - middle) < 3 * spread / 500**0.5


def test_the_encoded_dataset_holds_the_prefixes_and_shares_its_vocabulary_with_the_classes(data_root):
    dataset, encoding = get_dataset("rotten_tomatoes"), TextEncoding(1_000, 8, "pre", "pre")
    data = load_encoded(dataset, 500, encoding, data_root, task=NEXT_WORD)
    assert data.train.x.shape == (500, 8)
    assert len(data.validation.y) == len(data.test.y) == MAX_EXAMPLES["test"]
    assert data.train.y.min() > OOV_ID
    assert len(np.unique(data.train.texts)) == 500
    assert len(np.unique(data.test.texts)) > 0.98 * len(dataset.load(data_root / "tfds")["test"].texts)
    assert tokenizer_file(dataset, None, encoding, data_root).exists()
    classes = load_encoded(dataset, 500, encoding, data_root)
    assert set(np.unique(classes.train.y)) == {0, 1}


def test_the_sides_are_no_question_and_as_many_examples_as_there_are_is_all():
    asked = {
        "dataset": "imdb",
        "fingerprint": "x",
        "architecture": "next_word_gru",
        "encoding": TextEncoding(1_000, 20, "post", "pre"),
    }
    spec = RunSpec.create(**asked)
    assert (spec.encoding.padding, spec.encoding.truncating) == ("pre", "pre")
    assert spec == RunSpec.create(**asked | {"encoding": TextEncoding(1_000, 20, "pre", "post")})
    assert RunSpec.create(**asked, train_examples=MAX_EXAMPLES["train"]) == spec
    assert RunSpec.create(**asked, train_examples=50_000).num_train == 50_000
    assert spec.layers()[-1].units == 1_000
