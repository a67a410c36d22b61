import pandas as pd
import pytest

from cache.results import fetch
from dashboard import memory_charts, memory_frames
from models.comparison import Comparison, Entry
from models.encoding import TextEncoding
from models.spec import Training
from tests.conftest import DEVICE

COLOURS = {"SimpleRNN": "#C2458D", "LSTM": "#2F7ED8"}


def accuracies(**by_label):
    """A frame from label={steps: accuracies of the seeds}."""
    rows = [
        (label, steps, seed, accuracy)
        for label, found in by_label.items()
        for steps, each in found.items()
        for seed, accuracy in enumerate(each)
    ]
    return pd.DataFrame(rows, columns=list(memory_frames.ACCURACY_COLUMNS))


def means(**by_label):
    return memory_frames.means_frame(accuracies(**by_label))


def test_only_whole_runs_count_with_their_best_epochs_test_accuracy(store, finish):
    results = {}
    for steps in (2, 5):
        asked = Comparison(f"memory_{steps}", None, TextEncoding(), Training(), 2, 2, (Entry("flatten"),))
        specs = asked.specs(asked.dataset.fingerprint(None))["Flatten"]
        finish(specs[0], [0.9, 0.7])
        if steps == 2:
            finish(specs[1], [0.6])
        results[steps] = fetch(store, asked, asked.dataset.fingerprint(None), DEVICE)
    frame = memory_frames.accuracy_frame(results)
    assert frame.values.tolist() == [["Flatten", 2, 0, pytest.approx(0.89)], ["Flatten", 5, 0, pytest.approx(0.89)]]


def test_nothing_gives_empty_frames_and_no_words():
    empty = memory_frames.means_frame(memory_frames.accuracy_frame({2: []}))
    assert empty.empty and {"label", "steps", "mean", "std", "low", "high", "n"} == set(empty)
    assert memory_frames.verdicts(empty) == {}
    assert memory_frames.claim(empty)[0] is None
    assert memory_frames.accuracy_table(empty).empty


def test_means_and_the_table_say_how_many_seeds_there_are():
    found = means(LSTM={5: [0.9], 2: [1.0, 0.9]}, GRU={2: [0.5]})
    first = found[(found["label"] == "LSTM") & (found["steps"] == 2)].iloc[0]
    assert (first["mean"], first["n"]) == (pytest.approx(0.95), 2)
    assert first["high"] - first["mean"] == pytest.approx(first["std"]) == pytest.approx(0.0707, abs=1e-4)
    table = memory_frames.accuracy_table(found)
    assert list(table) == ["Architecture", "2 back", "5 back", "Seeds"]
    by_label = table.set_index("Architecture")
    assert by_label.loc["LSTM"].tolist() == ["95.0 ± 7.1%", "90.0%", "1 to 2"]
    assert by_label.loc["GRU", "2 back"] == "50.0%" and pd.isna(by_label.loc["GRU", "5 back"])


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({2: [1.0], 5: [0.95]}, "remembers at all tested distances, 2 to 5 steps back."),
        ({20: [1.0]}, "remembers at all tested distances, 20 steps back."),
        ({2: [0.55], 5: [0.4]}, "only guesses at all tested distances, 2 to 5 steps back."),
        ({2: [1.0], 5: [1.0], 10: [0.5]}, "remembers up to 5 steps back, only guesses from 10 steps on."),
        ({2: [1.0], 5: [0.949], 10: [0.551], 20: [0.5]},
         "remembers up to 2 steps back, reaches 95% at 5, 55% at 10 steps back, only guesses from 20 steps on."),
        ({2: [0.5], 5: [0.7]}, "reaches 50% at 2, 70% at 5 steps back."),
        ({2: [1.0], 5: [1.0, 0.5], 10: [1.0]},
         "remembers up to 2 steps back, reaches 75% at 5, 100% at 10 steps back."),
    ],
)  # fmt: skip
def test_a_verdict_follows_from_the_two_rules(found, says):
    assert memory_frames.verdicts(means(LSTM=found)) == {"LSTM": f"**LSTM** {says}"}


@pytest.mark.parametrize(
    ("found", "decided", "says"),
    [
        ({}, None, "train SimpleRNN at a short and a long distance"),
        ({2: [1.0]}, None, "train SimpleRNN at a short and a long distance"),
        ({2: [0.5], 5: [0.5]}, None, "did not learn even the shortest"),
        ({2: [1.0], 80: [0.99]}, False, "remembers at all tested distances, 2 to 80 steps back"),
        (
            {2: [1.0], 20: [0.97], 40: [0.7], 80: [0.5]},
            True,
            "remembers up to 20 steps back; at 40 its accuracy is 70%",
        ),
    ],
)
def test_the_claim_is_decided_by_simple_rnn_alone(found, decided, says):
    answer, sentence = memory_frames.claim(means(SimpleRNN=found, LSTM={2: [1.0], 80: [0.5]}))
    assert answer is decided and says in sentence


@pytest.mark.parametrize(
    "found",
    [{}, {"LSTM": {2: [1.0]}}, {"SimpleRNN": {2: [1.0, 1.0], 40: [0.5, 0.3]}, "LSTM": {2: [1.0], 40: [0.9]}}],
    ids=["none", "one", "many"],
)
def test_charts_of_none_one_and_many(found):
    frame = accuracies(**found)
    spec = memory_charts.accuracy_by_steps(frame, memory_frames.means_frame(frame), COLOURS, "#000000").to_dict()
    scales = [layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer["encoding"]]
    assert scales and all(scale == {"domain": list(COLOURS), "range": list(COLOURS.values())} for scale in scales)
    assert "Generated data" in spec["title"]
    (line,) = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert line["encoding"]["x"]["axis"]["values"] == sorted({steps for each in found.values() for steps in each})
    low, high = line["encoding"]["y"]["scale"]["domain"]
    assert low < 0.5 < 1 < high and low < min([1, *frame["test_accuracy"]])
