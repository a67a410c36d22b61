import pytest

from dashboard.data import data_charts, data_frames

COUNTS = {
    "none": {},
    "one": {"train": (3,)},
    "many": {split: tuple(range(1, 51)) for split in ("train", "validation", "test")},
}


def titles(chart, channel):
    return {layer["encoding"][channel].get("title") for layer in chart.to_dict()["layer"]
            if channel in layer["encoding"]}  # fmt: skip


@pytest.mark.parametrize("counts", COUNTS.values(), ids=list(COUNTS))
def test_class_bars_of_none_one_and_many(counts):
    classes = [f"class {number}" for number in range(len(next(iter(counts.values()), ())))]
    frame = data_frames.balance_frame(counts, classes)
    assert len(frame) == len(counts) * len(classes)
    chart = data_charts.class_bars(frame, classes, "#000000")
    assert titles(chart, "x") == {"Texts"}
    assert chart.to_dict()["layer"][0]["encoding"]["color"]["scale"]["domain"] == list(counts)


@pytest.mark.parametrize("lengths", [(), ((3, 1),), tuple((number, 2) for number in range(1, 3_000))])
@pytest.mark.parametrize("cut", [None, 120])
def test_length_bars_of_none_one_and_many(lengths, cut):
    frame = data_frames.lengths_frame(lengths)
    assert frame["num_texts"].sum() == sum(number for _, number in lengths)  # the longest are counted, too
    assert len(frame) <= data_frames.NUM_BINS + 1
    chart = data_charts.length_bars(frame, cut, "tokens", "#000000")
    assert "Tokens in a text" in titles(chart, "x") and "Texts" in titles(chart, "y")
    assert len(chart.to_dict()["layer"]) == (1 if cut is None else 3)


@pytest.mark.parametrize("words", [(), (("the", 5),), tuple((f"word {i}", 40 - i) for i in range(30))])
def test_word_bars_of_none_one_and_many(words):
    frame = data_frames.words_frame(words, 1_000)
    chart = data_charts.word_bars(frame, "#000000")
    assert titles(chart, "x") == {"Occurrences in the training texts"}
    assert chart.to_dict()["layer"][0]["encoding"]["y"]["sort"] == [word for word, _ in words]


@pytest.mark.parametrize(("lengths", "median"), [((), 0), (((7, 1),), 7), (((1, 5), (2, 5), (9, 1)), 2)])
def test_the_median_length(lengths, median):
    assert data_frames.median_length(lengths) == median
