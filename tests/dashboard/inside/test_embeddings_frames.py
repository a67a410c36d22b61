import numpy as np
import pytest

from dashboard.inside.embeddings_frames import (
    AFTER,
    BEFORE,
    LABEL_HEIGHT,
    LABEL_WIDTH,
    NEIGHBOUR,
    NUM_DRAWN,
    NUM_LABELLED,
    NUM_NEIGHBOURS,
    OTHER,
    Embedding,
    first_word,
    map_frame,
    moved_table,
    neighbours_table,
)
from models.text.encoding import OOV, PAD


def embedding(words, changes, title="LSTM"):
    """One whose words moved by ``changes``, all in the same direction."""
    before = np.random.default_rng(0).normal(size=(len(words) + 2, 4)).astype(np.float32)
    after = before + np.float32([9, 9, *changes])[:, None] * np.float32([1, 0, 0, 0])
    return Embedding(title, [PAD, OOV, *words], before, after)


MANY = embedding([f"w{number}" for number in range(NUM_DRAWN + 200)], [0.1] * (NUM_DRAWN + 200))


def test_padding_and_unknown_are_no_words():
    assert embedding(["a", "b"], [1, 2]).numbers == {"a": 2, "b": 3}


def test_share_below_counts_words_that_moved_less():
    model = embedding(["a", "b", "c", "d"], [1, 2, 0, 4])
    assert [model.share_below(word) for word in "abcd"] == [0.25, 0.5, 0, 0.75]


@pytest.mark.parametrize(("read", "expected"), [([0, 1, 2, 4], "c"), ([0, 1], "d"), ([], "d")])
def test_first_word_is_the_one_of_the_text_that_moved_most(read, expected):
    assert first_word([embedding(["a", "b", "c", "d"], [1, 2, 3, 4])], read) == expected


def test_vocabulary_without_words_has_no_first_word():
    assert first_word([embedding([], [])], [0, 1]) == ""


def test_moved_table_joins_models_by_words():
    table = moved_table([embedding(["a", "b"], [1, 2], "LSTM"), embedding(["b", "c"], [4, 5], "GRU")])
    assert list(table) == ["Word", "Token number", "Moved: LSTM", "Moved: GRU"]
    rows = {word: tuple(rest) for word, *rest in table.itertuples(index=False)}
    assert list(rows) == ["b", "a", "c"]
    assert rows["b"] == pytest.approx((3, 2, 4)) and rows["a"] == pytest.approx((2, 1, np.nan), nan_ok=True)
    assert rows["c"] == pytest.approx((3, np.nan, 5), nan_ok=True)


def test_neighbours_table_has_a_row_for_each_rank():
    table = neighbours_table({BEFORE: (["a", "b"], np.array([0.9, 0.5])), AFTER: (["c"], np.array([0.8]))})
    assert list(table) == [BEFORE, "Cosine before", AFTER, "Cosine after"]
    assert table.iloc[0].tolist() == ["a", 0.9, "c", 0.8] and table.iloc[1, :2].tolist() == ["b", 0.5]


def test_map_draws_frequent_words_the_searched_one_and_its_neighbours():
    word = f"w{NUM_DRAWN + 50}"
    neighbours = MANY.neighbours(word)
    near = {each for words, _ in neighbours.values() for each in words}
    assert NUM_NEIGHBOURS <= len(near) <= 2 * NUM_NEIGHBOURS
    frame, share = map_frame(MANY, word, neighbours)
    assert 0 < share < 1
    assert set(frame["word"]) == {f"w{number}" for number in range(NUM_DRAWN)} | near | {word}
    assert frame["when"].value_counts().to_dict() == dict.fromkeys((BEFORE, AFTER), len(frame) // 2)
    assert set(frame.loc[frame["role"] == NEIGHBOUR, "word"]) == near
    assert frame.iloc[-1]["word"] == frame.iloc[-1]["role"] == word
    assert (frame["role"] == OTHER).sum() > 2 * (NUM_DRAWN - len(near) - 1)


def test_labels_keep_apart():
    frame, _ = map_frame(MANY, "w3", MANY.neighbours("w3"))
    after = frame[frame["when"] == AFTER]
    span = np.ptp(after[["x", "y"]].to_numpy(), axis=0)
    places = after.loc[after["label"] != "", ["x", "y"]].to_numpy() / span
    for row, place in enumerate(places):
        gaps = np.abs(np.delete(places, row, axis=0) - place)
        assert (gaps >= np.array([LABEL_WIDTH, LABEL_HEIGHT]) - 1e-9).any(axis=1).all()


def test_labels_are_few_and_stand_once():
    frame, _ = map_frame(MANY, "w3", MANY.neighbours("w3"))
    labels = [label for label in frame["label"] if label]
    assert 5 < len(labels) == len(set(labels)) <= NUM_LABELLED
    assert "w3" in labels and set(frame.loc[frame["label"] != "", "when"]) == {AFTER}
