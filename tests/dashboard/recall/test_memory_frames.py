from types import SimpleNamespace

import pandas as pd
import pytest

from cache.results.results import fetch
from dashboard.recall import memory_charts, memory_frames
from models.experiments.comparison import Comparison, Entry
from models.experiments.memory_series import SERIES
from models.experiments.spec import Training
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
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


def means(chance=0.5, **by_label):
    return memory_frames.means_frame(accuracies(**by_label), chance)


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
    empty = memory_frames.means_frame(memory_frames.accuracy_frame({2: []}), 0.5)
    assert empty.empty and {"label", "steps", "mean", "std", "low", "high", "n", "learnt", "groups"} == set(empty)
    assert memory_frames.memories(empty, 0.5) == {}
    assert memory_frames.accuracy_table(empty).empty


def test_means_and_the_table_say_how_many_seeds_there_are():
    found = means(LSTM={5: [0.9], 2: [1.0, 0.9]}, GRU={2: [0.5]})
    first = found[(found["label"] == "LSTM") & (found["steps"] == 2)].iloc[0]
    assert (first["mean"], first["n"]) == (pytest.approx(0.95), 2)
    assert first["mean"] - first["low"] == pytest.approx(first["std"]) == pytest.approx(0.0707, abs=1e-4)
    assert first["high"] == 1  # not 1.02
    table = memory_frames.accuracy_table(found)
    assert list(table) == ["Architecture", "2 back", "5 back", "Seeds"]
    by_label = table.set_index("Architecture")
    assert by_label.loc["LSTM"].tolist() == ["95.0 ± 7.1%", "90.0%", "1 to 2"]
    assert by_label.loc["GRU", "2 back"] == "50.0%" and pd.isna(by_label.loc["GRU", "5 back"])


def test_seeds_in_two_groups_have_no_mean_but_are_shown():
    found = means(GRU={20: [1.0, 1.0, 1.0], 40: [1.0, 0.475, 0.483]})
    divided = found.set_index("steps").loc[40]
    assert divided[["mean", "std", "low", "high"]].isna().all()
    assert (divided["learnt"], divided["n"]) == (1, 3)
    assert memory_frames.accuracy_table(found)["40 back"].tolist() == ["1 of 3 seeds learnt it (100%, 48%, 48%)"]
    assert found.set_index("steps").loc[20, "groups"] == ""
    # Of four classes half is no guess, so that the mean stands.
    assert means(0.25, GRU={40: [1.0, 0.475, 0.483]})["mean"].tolist() == [pytest.approx(0.6527, abs=1e-4)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({2: [1.0], 5: [0.95]}, "remembers at all tested distances, 2 to 5 steps back."),
        ({20: [1.0]}, "remembers at all tested distances, 20 steps back."),
        ({2: [0.55], 5: [0.4]}, "only guesses at all tested distances, 2 to 5 steps back."),
        ({2: [1.0], 5: [1.0], 10: [0.5]}, "remembers up to 5 steps back; only guesses from 10 steps on."),
        ({2: [1.0], 5: [0.949], 10: [0.551], 20: [0.5]},
         "remembers up to 2 steps back; reaches 95% at 5 steps back; reaches 55% at 10 steps back; only guesses from "
         "20 steps on."),
        ({2: [0.5], 5: [0.7]}, "reaches 50% at 2 steps back; reaches 70% at 5 steps back."),
        ({2: [1.0], 5: [1.0, 0.5, 0.5], 10: [1.0]},
         "remembers up to 2 steps back; at 5 steps back 1 of 3 seeds learnt it (100%, 50%, 50%); reaches 100% at 10 "
         "steps back."),
    ],
)  # fmt: skip
def test_a_sentence_follows_from_the_two_rules(found, expected):
    ((label, memory),) = memory_frames.memories(means(LSTM=found), 0.5).items()
    assert memory_frames.sentence(label, memory) == f"**LSTM** {expected}"


def test_what_is_a_guess_depends_on_the_number_of_classes():
    found = {10: [0.99], 20: [0.5], 40: [0.29]}
    assert memory_frames.memories(means(0.25, LSTM=found), 0.25)["LSTM"].guessed == (40,)
    assert memory_frames.memories(means(0.5, LSTM=found), 0.5)["LSTM"].guessed == (20, 40)


def test_distances_that_only_some_seeds_learnt_follow_those_that_are_held():
    found = {10: [1.0, 1.0], 20: [1.0, 0.5], 40: [0.5, 1.0], 80: [0.5, 0.5], 120: [1.0, 0.5]}
    memory = memory_frames.memories(means(LSTM=found), 0.5)["LSTM"]
    assert (memory.held, memory.in_groups, memory.guessed) == ((10,), (20, 40), ())


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"LSTM": {2: [1.0]}},
        {"SimpleRNN": {2: [1.0, 1.0], 40: [0.5, 0.3]}, "LSTM": {2: [1.0], 40: [0.9]}},
        {"SimpleRNN": {2: [1.0, 1.0], 40: [0.5, 1.0]}},
    ],
    ids=["none", "one", "many", "two groups"],
)
@pytest.mark.parametrize("chance", [0.25, 0.5])
def test_charts_of_none_one_and_many(found, chance):
    frame = accuracies(**found)
    drawn = memory_frames.means_frame(frame, chance)
    spec = memory_charts.accuracy_by_steps(frame, drawn, chance, COLOURS, "#000000").to_dict()
    scales = [layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer["encoding"]]
    assert scales and all(scale == {"domain": list(COLOURS), "range": list(COLOURS.values())} for scale in scales)
    assert "Generated data" in spec["title"]
    (line,) = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert line["encoding"]["x"]["axis"]["values"] == sorted({steps for each in found.values() for steps in each})
    low, high = line["encoding"]["y"]["scale"]["domain"]
    assert low < chance < 1 < high and low < min([1, *frame["test_accuracy"]])
    shown = {row.get("text") for rows in spec["datasets"].values() for row in rows}
    assert f"chance: {chance:.0%}" in shown
    assert ("1 of 2 seeds" in shown) == (drawn["groups"] != "").any()


def results_of(series, architecture, accuracy):
    """Of three seeds at each distance of a series; ``accuracy`` is a function of steps and seed."""

    def epoch(test):
        return (EpochFinished(1, 0.4, 0.9, 0.5, 0.8, 0.6, test, 2.0, 0.1, True),)

    return {
        steps: [
            SimpleNamespace(
                label=series.entry(architecture).label, spec=SimpleNamespace(seed=seed), is_cached=True,
                epochs=epoch(accuracy(steps, seed)),
            )
            for seed in range(3)
        ]
        for steps in series.steps
    }  # fmt: skip


def test_all_seeds_of_all_tests_are_drawn_by_how_far_they_are_from_guessing():
    order, cue = SERIES[0], SERIES[-1]
    found = {
        order: results_of(order, "gru", lambda steps, seed: 1.0 if steps == order.steps[0] else 0.25),
        cue: results_of(cue, "gru", lambda steps, seed: 1.0 if seed == 1 else 0.45),
    }
    names = {series.entry("gru").label: "GRU" for series in found}
    frame = memory_frames.seeds_frame(found, names)
    assert set(frame["architecture"]) == {"GRU"} and len(frame) == 3 * (len(order.steps) + len(cue.steps))
    assert frame["beyond_chance"].tolist() == [1.0] * 3 + [0.0] * 3 * (len(order.steps) - 1) + [0.0, 1.0, 0.0] * 4
    shown = memory_frames.in_words(frame)
    assert shown[1].startswith("One cue word, both directions, GRU, seeds that learnt it by steps back: 1 of 3 at 10")
    for large in (False, True):
        spec = memory_charts.seeds(frame, {"GRU": "#111111"}, large, "#000000").to_dict()
        assert sum(map(len, spec["datasets"].values())) == len(frame)
        assert spec["layer"][0]["encoding"]["y"]["sort"] == [order.title, cue.title]


def test_no_seed_draws_an_empty_chart():
    frame = memory_frames.seeds_frame({series: {} for series in SERIES}, {})
    assert frame.empty and memory_frames.in_words(frame) == []
    assert memory_charts.seeds(frame, {}, False, "#000000").to_dict()["layer"]
