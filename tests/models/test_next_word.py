import numpy as np
import pytest

from models.datasets import get_dataset
from models.encoded import load_encoded
from models.encoding import OOV_ID, TextEncoding, fit_tokenizer
from models.fitted import tokenizer_file
from models.next_word import MAX_EXAMPLES, examples, prefixes, sentences
from models.spec import RunSpec
from models.tasks import NEXT_WORD

TEXTS = ["The film was good. The film was bad!", "A film<br />the good film"]


@pytest.fixture
def tokenizer():
    tokenizer = fit_tokenizer(TextEncoding(10, 5), TEXTS)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def test_a_sentence_is_cut_as_published():
    x, y = prefixes([7, 3, 4, 9], 4)
    assert x.tolist() == [[0, 0, 0, 7], [0, 0, 7, 3], [0, 7, 3, 4]]
    assert y.tolist() == [3, 4, 9]
    assert x.dtype == y.dtype == np.int32


def test_a_long_prefix_keeps_its_end():
    x, y = prefixes([7, 3, 4, 9], 2)
    assert x.tolist() == [[0, 7], [7, 3], [3, 4]]
    assert y.tolist() == [3, 4, 9]


def test_an_unknown_word_is_read_but_never_to_be_predicted():
    x, y = prefixes([7, OOV_ID, 4], 3)
    assert (x.tolist(), y.tolist()) == ([[0, 7, OOV_ID]], [4])


@pytest.mark.parametrize("tokens", [[], [7]])
def test_a_sentence_of_one_word_has_nothing_to_predict(tokens):
    x, y = prefixes(tokens, 3)
    assert (x.shape, y.shape) == ((0, 3), (0,))


def test_texts_are_cut_into_sentences():
    assert sentences("One. Two? Three!\nFour <br /><br /> five... Six 1.5 stars") == [
        "One.", "Two?", "Three!", "Four", "five...", "Six 1.5 stars",
    ]  # fmt: skip
    assert sentences("  \n ") == []


def test_no_prefix_reaches_into_the_sentence_before(tokenizer):
    x, y = examples(tokenizer, TEXTS, 4, 100)
    word = tokenizer.token_to_id
    assert x[0].tolist() == [0, 0, 0, word("the")]
    assert len(y) == 3 + 3 + 1 + 2
    assert x[3].tolist() == [0, 0, 0, word("the")]


def test_at_most_so_many_examples_are_made(tokenizer):
    x, y = examples(tokenizer, TEXTS * 1_000, 4, 7)
    assert x.shape == (7, 4)
    assert len(y) == 7


def test_texts_without_a_word_to_predict_are_refused(tokenizer):
    with pytest.raises(ValueError, match="two known words"):
        examples(tokenizer, ["Oh.", "Zzz qqq"], 4, 10)


def test_the_encoded_dataset_holds_the_prefixes_and_shares_its_vocabulary_with_the_classes(data_root):
    dataset, encoding = get_dataset("rotten_tomatoes"), TextEncoding(1_000, 8, "pre", "pre")
    data = load_encoded(dataset, 500, encoding, data_root, task=NEXT_WORD)
    assert data.train.x.shape == (500, 8)
    assert len(data.validation.y) == len(data.test.y) == MAX_EXAMPLES["test"]
    assert data.train.y.min() > OOV_ID
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
