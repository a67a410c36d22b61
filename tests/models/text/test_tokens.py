from itertools import product

import pytest

from models.text.encoding import OOV, VERSIONS, TextEncoding, encode, fit_tokenizer, shaped
from models.text.tokens import CUT, PADDING, READ, tokens_of, visible

TRAIN = ["The film was good, the film was bad.", "It wasn't a good film!"] * 3
TEXTS = [
    "The film",
    "the <b>film</b> was *good*; the film was quagga! " * 3,
    "",
    "   ",
    "👍🏽 日本語 עברית İstanbul",
    "a<br />b",
    "\x00\ud7ff\n\t",
]


@pytest.fixture(params=VERSIONS)
def fit(request):
    def make(**changes):
        encoding = TextEncoding(120, tokenizer=request.param, **changes)
        tokenizer = fit_tokenizer(encoding, TRAIN)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return encoding, tokenizer

    return make


@pytest.mark.parametrize(("padding", "truncating"), [*product(("pre", "post"), repeat=2)])
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_shown_is_what_a_model_reads(fit, text, padding, truncating):
    encoding, tokenizer = fit(length=9, padding=padding, truncating=truncating)
    tokens = tokens_of(tokenizer, encoding, text)
    row = encode(shaped(tokenizer, encoding), [text])[0].tolist()
    assert [token.number for token in tokens if token.place != CUT] == row


def test_cut_and_padding_stand_where_they_happen(fit):
    encoding, tokenizer = fit(length=5, truncating="pre", padding="pre")
    assert [token.place for token in tokens_of(tokenizer, encoding, "a " * 7)] == [CUT] * 2 + [READ] * 5
    assert [token.place for token in tokens_of(tokenizer, encoding, "a a")] == [PADDING] * 3 + [READ] * 2
    encoding, tokenizer = fit(length=5, padding="post")
    assert [token.place for token in tokens_of(tokenizer, encoding, "a " * 7)] == [READ] * 5 + [CUT] * 2
    assert [token.place for token in tokens_of(tokenizer, encoding, "a a")] == [READ] * 2 + [PADDING] * 3


def test_an_unknown_token_tells_what_it_stands_for(fit):
    encoding, tokenizer = fit(length=5, padding="post")
    first = tokens_of(tokenizer, encoding, "日本 film")[0]
    assert (first.text, first.token, first.is_unknown) == ("日本", OOV, True)


def test_each_token_tells_its_part_of_the_text(fit):
    encoding, tokenizer = fit(length=50)
    tokens = [token for token in tokens_of(tokenizer, encoding, "It wasn't BAD 👍 x") if token.place == READ]
    for token in tokens:
        assert token.is_unknown or token.token.removeprefix("##") == token.text


def test_what_cannot_be_seen_is_named():
    assert [visible(text) for text in ("film", "日本", "👍", "️", "​​")] == [
        "film", "日本", "👍", "U+FE0F", "U+200B U+200B"
    ]  # fmt: skip
