import pytest

from models.text.encoding import OOV_ID, TextEncoding, encode, fit_tokenizer
from models.text.suggested_encoding import Suggestion, suggest_encoding, suggested_length

ENGLISH = [f"these are some words of visit {number % 30}, and then more words" for number in range(200)]
CHINESE = [f"剧情真好看第{number}次，音乐也真好看{number}。" for number in range(200)]
EMOJI = ["😀🎉" * (number % 5 + 1) + "!" * (number % 3) for number in range(200)]


def test_short_texts_get_a_short_length_and_a_vocabulary_that_they_fill():
    found = suggest_encoding(ENGLISH[:160], ENGLISH[160:])
    assert found.encoding == TextEncoding(50, 15) and found.warning is None
    assert found.sentence == "Suggested for these texts: words, vocabulary 50, length 15."


def test_texts_without_spaces_between_words_get_subwords():
    found = suggest_encoding(CHINESE[:160], CHINESE[160:])
    assert found.encoding.tokenizer == "subwords" and "would be out of vocabulary" in found.warning


def test_texts_without_words_get_subwords_that_know_every_character():
    found = suggest_encoding(EMOJI[:160], EMOJI[160:])
    assert found.encoding.tokenizer == "subwords" and "hold no words" in found.warning
    rows = encode(fit_tokenizer(found.encoding, EMOJI[:160]), EMOJI[160:])
    assert (rows > OOV_ID).any(axis=1).all() and not (rows == OOV_ID).any()


def test_nothing_is_suggested_for_no_texts():
    assert suggest_encoding([], []) is None


@pytest.mark.parametrize(
    ("lengths", "length"), [([0] * 10, 5), ([11] * 99 + [900], 15), ([15] * 10, 15), ([16] * 10, 20), ([900] * 10, 200)]
)
def test_the_length_holds_most_texts_within_bounds(lengths, length):
    assert suggested_length(lengths) == length


def test_a_suggestion_is_kept_as_json_keeps_it():
    for found in (suggest_encoding(ENGLISH, ()), suggest_encoding(EMOJI, ())):
        assert Suggestion.from_dict(found.to_dict()) == found
