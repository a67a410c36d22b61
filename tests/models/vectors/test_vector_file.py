import gzip
import io
import zipfile

import numpy as np
import pytest

from models.vectors import vector_file
from models.vectors.vector_file import BadVectors, read_vectors

PLAIN = "good 1 2.5\nbad -1 0.25\n"


@pytest.fixture
def read(tmp_path):
    """The words and vectors of a file, and the note."""

    def it(contents, **options):
        contents = contents.encode() if isinstance(contents, str) else contents
        words, vectors = tmp_path / "words", tmp_path / "vectors"
        shape, note = read_vectors(io.BytesIO(contents), words, vectors, **options)
        found = np.load(vectors)
        assert found.shape == shape and found.dtype == np.float32
        return dict(zip(words.read_text().split("\n"), found.tolist(), strict=False)), note

    return it


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, contents in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.txt"), contents)  # the same bytes at any time
    return file.getvalue()


@pytest.mark.parametrize(
    "contents",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", " \n"),
        PLAIN.replace(" ", "\t"),
        PLAIN.strip(),
        "2 2\n" + PLAIN,
        "\n" + PLAIN + "\n",
        "\ufeff" + PLAIN,
        gzip.compress(PLAIN.encode(), mtime=0),
        zipped(only=PLAIN),
    ],
    ids=repr,
)
def test_what_can_be_read(read, contents):
    assert read(contents) == ({"good": [1, 2.5], "bad": [-1, 0.25]}, "")


def test_words_may_hold_blanks_or_be_numbers_or_foreign(read):
    found, _ = read("the 1 2\n. . . 1 2\nat name@domain.com 1 2\n5 1 2\n1\u0085x 3 4\nnaïve\u00a0 1e-3 2\n")
    assert list(found) == ["the", ". . .", "at name@domain.com", "5", "1\u0085x", "naïve\u00a0"]


def test_of_a_word_that_is_there_twice_the_first_vector_counts(read):
    found, note = read("a 1 2\nb 3 4\na 5 6\n 7 8\n")
    assert found == {"a": [1, 2], "b": [3, 4]}
    assert note == "Words that are there twice, of which the first vector counts: 1. Lines without a word, left out: 1."


@pytest.mark.parametrize("promised", [1, 3])
def test_a_header_that_is_off_by_one_is_read_with_a_note(read, promised):
    found, note = read(f"{promised} 2\n{PLAIN}")
    assert found == {"good": [1, 2.5], "bad": [-1, 0.25]}
    assert note == f"The first line promises {promised} words; the file has 2, and all were read."


def test_more_words_than_the_header_promises_are_read_with_a_note(read):
    found, note = read("1 2\n" + "".join(f"word{number} 1 2\n" for number in range(7)))
    assert len(found) == 7 and note == "The first line promises 1 words; the file has 7, and all were read."


def test_a_word_that_is_not_utf_8_is_left_out_with_a_note(read):
    lines = [b"word%d 1 2\n" % number for number in range(15)]
    found, note = read(b"".join([*lines, b"caf\xe9 1 2\n", b"last 3 4\n"]))
    assert len(found) == 16 and found["last"] == [3, 4]
    assert note == "Words that are not UTF-8 text, left out: 1 (line 16)."
    found, note = read(b"16 2\n" + b"".join([*lines[:2], b"\xff 1 2\n", b"\xfe 1 2\n", *lines[2:]]))
    assert list(found) == [f"word{number}" for number in range(15)]
    assert note == (
        "Words that are not UTF-8 text, left out: 2 (the first on line 4). "
        "The first line promises 16 words; the file has 17, and all were read."
    )


def latin_1(number):
    """A file in another encoding, of which most words are the same in both."""
    return b"".join(b"caf\xe9%d 1 2\n" % each if each < 12 else b"w%d 1 2\n" % each for each in range(number))


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ("", "The file is empty"),
        ("\n\n", "no line of a word and its vector"),
        ("2 3\n", "no line of a word and its vector"),
        ("text,label\none,a\n", "Line 1 is not a word followed by numbers"),
        ("good\nbad\n", "Line 1 is not a word followed by numbers"),
        ("a 1 2\nb 1\n", "Line 2 has 1 numbers behind its word, and the lines before it have 2"),
        ("a 1 2\nb\n", "Line 2 has 0 numbers"),
        ("a 1 2\nb 1 2 3\n", "Line 2 has more than the 2 numbers"),
        ("1 3\na 1 2\n", "Line 2 has 2 numbers behind its word, and the lines before it have 3"),
        ("4 2\na 1 2\nb 3 4\n", "promises 4 words, and 2 are there: the file may be cut off, so get it again, or"),
        ("3 2\na 1 2\nb 3", "Line 3 has 1 numbers"),
        ("9 0\n", "promises vectors of 0 numbers"),
        ("a 1 2\nb 1 x\n", "Line 2 has “x” where a number is expected"),
        ("a 1 2\nb 1 nan\n", "Line 2 contains NaN, infinity or"),
        ("a 1 2\nb inf 1\n", "Line 2 contains NaN, infinity or"),
        ("a 1 2\nb 1e39 1\n", "a number too large for 32 bits"),
        (b"b\xe9 1 2\n", "1 of 1 words are not UTF-8 text, the first on line 1: save the file as UTF-8"),
        (latin_1(200), "12 of 200 words are not UTF-8 text, the first on line 1: save the file as UTF-8"),
        (PLAIN.encode("utf-16"), "The file is not UTF-8 text"),
        (b"3000000 300\n</s> \0\0\x80\x3f", "word2vec's binary format cannot be read"),
        (b"\x80\x02}q\x01.", "Line 1 is not a word followed by numbers"),
        ("a" * 200_000, "Line 1 does not end"),
        ("a" * 2_000 + " 1 2\n", "a word of 2,000 bytes"),
        ("a " + "1 " * 2_000 + "\n", "Line 1 has 2,000 numbers; vectors of 1 to 1,024 are taken"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-12], "The file cannot be unpacked"),
        (b"\x1f\x8b not gzip", "The file cannot be unpacked"),
        (b"PK\x03\x04 not zip", "The file cannot be unpacked"),
        (zipped(fifty=PLAIN, hundred=PLAIN), r"holds 2 files \(fifty.txt, hundred.txt\): unpack it and add one"),
    ],
)
def test_what_is_wrong_is_one_sentence(read, contents, expected):
    with pytest.raises(BadVectors, match=expected) as caught:
        read(contents)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_what_is_too_large_is_refused_as_soon_as_it_shows(read, monkeypatch):
    monkeypatch.setattr(vector_file, "MAX_WORDS", 2)
    with pytest.raises(BadVectors, match="more than 2 words"):
        read(PLAIN + "c 1 2\n" + "never read")
    monkeypatch.setattr(vector_file, "MAX_BYTES", 20)
    with pytest.raises(BadVectors, match="more than 0 GB of text"):
        read(gzip.compress(PLAIN.encode()))  # unpacked, that is


def test_progress_is_reported(read, monkeypatch):
    monkeypatch.setattr(vector_file, "PROGRESS_EVERY", 1)
    messages = []
    read(PLAIN, on_progress=messages.append)
    assert messages[-1] == "Reading: 2 words of 2 numbers, 100% of the file"
