"""What the tour reveals, against figures counted by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cache.results.verdicts import verdicts
from dashboard.costs import cost_frames
from dashboard.overfitting import overfitting
from dashboard.present import present_frames
from dashboard.recall import memory_frames
from dashboard.studies.study_frames import SETTINGS
from dashboard.tour import tour_answers, tour_steps
from models.experiments.memory_series import SERIES
from models.experiments.spec import RunSpec
from models.experiments.studies import STUDIES
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished


def result(label, seed, rows, device="CPU", num_params=100, **spec):
    """An epoch is (training accuracy, validation accuracy, test accuracy, seconds)."""
    name = {"Flatten": "flatten", "LSTM": "lstm", "GRU": "gru"}.get(label, "conv1d")
    epochs = tuple(
        EpochFinished(number, 0.4, train, 0.5, validation, 0.6, test, seconds, 0.1, number == 1)
        for number, (train, validation, test, seconds) in enumerate(rows, start=1)
    )
    made = RunSpec.create(dataset="imdb", fingerprint="0" * 16, architecture=name, seed=seed, **spec)
    return SimpleNamespace(
        label=label, spec=made, epochs=epochs, device=device, contended=None, is_cached=True,
        asked_run=SimpleNamespace(num_params=num_params),
    )  # fmt: skip


def steady(label, seed, test=0.8, seconds=2.0, train=0.9, **spec):
    return result(label, seed, [(train, 0.8, test, 9.0), (train, 0.7, test - 0.1, seconds)], **spec)


def test_the_lesson_takes_twenty_minutes_and_goes_through_the_pages():
    *lesson, last = tour_steps.STEPS
    assert len(lesson) == 10 and not any(step.optional for step in lesson)
    assert tour_steps.minutes_left(0) == 20 and tour_steps.minutes_left(len(lesson) - 1) == 2
    assert last.optional and tour_steps.minutes_left(len(lesson)) == last.minutes == 3
    assert {step.study for step in tour_steps.STEPS} <= set(STUDIES)
    assert {step.page for step in tour_steps.STEPS} == {"compare", "memory", "present"}
    assert len(set(tour_steps.NAMES)) == len(tour_steps.NAMES)


def test_every_setting_of_a_sweep_has_a_unit():
    assert tour_answers.UNITS.keys() == SETTINGS.keys()


def test_a_text_becomes_as_many_numbers_as_every_other():
    question = tour_answers.numbers("I don't like it!", TextEncoding(length=6))
    assert question.choices == {
        "words": "4: one for each word",
        "letters": "13: one for each character without spaces",
        "length": "6: as many for every text",
    }
    assert (
        question.right == {"length"}
        and "**6 numbers** for every text: 2 of them only fill up the text" in question.found[0]
    )
    assert "1 word at the end is never read" in tour_answers.numbers("a b c d e f", TextEncoding(length=5)).found[0]
    assert tour_answers.numbers("a b c d e", TextEncoding(length=5)).right == {"words", "letters", "length"}
    assert tour_answers.numbers("", TextEncoding()).right == {"length"}


def test_an_lstm_has_more_parameters_by_arithmetic():
    (line_up,) = STUDIES["line_up"].comparisons
    question = tour_answers.parameters(line_up)
    m, n = 16, 32
    lstm, gru = 2 * 4 * (m * n + n * n + n), 2 * 3 * (m * n + n * n + 2 * n)
    assert dict(zip(question.bars["label"], question.bars["value"], strict=True)) == {"LSTM": lstm, "GRU": gru}
    assert question.right == {"LSTM"}
    shown = " ".join(question.found)
    assert f"2 directions × 4 gates × (16 · 32 + 32 · 32 + 32) = **{lstm:,}**" in shown
    assert f"2 directions × 3 gates × (16 · 32 + 32 · 32 + 64) = **{gru:,}**" in shown
    assert "The whole LSTM model has 172,941 parameters; 160,000 of them" in shown


def answers(**shares):
    """Three seeds of each label, each right on about such a share of 400 texts."""
    chance = np.random.default_rng(0)
    return {label: {seed: chance.random(400) < share for seed in range(3)} for label, share in shares.items()}


def test_a_ranking_is_judged_by_the_pairs_that_can_be_distinguished():
    results = [
        steady(label, seed, test)
        for label, test in (("Flatten", 0.5), ("GRU", 0.8), ("LSTM", 0.81))
        for seed in range(3)
    ]
    judged = verdicts(answers(Flatten=0.02, GRU=0.8, LSTM=0.8))
    question = tour_answers.ranking(present_frames.accuracies(results), judged)
    assert question.undecided == {frozenset(("GRU", "LSTM"))}
    assert question.found in [
        (f"Cannot be told apart with 3 seeds: {pair}.",) for pair in ("GRU and LSTM", "LSTM and GRU")
    ]
    assert (
        question.is_right(["GRU", "LSTM", "Flatten"]) is True and question.is_right(["LSTM", "GRU", "Flatten"]) is True
    )
    assert question.is_right(["Flatten", "LSTM", "GRU"]) is False
    assert question.is_right(["GRU", "LSTM"]) is None and question.is_right([]) is None
    assert question.bars["label"].tolist() == ["LSTM", "GRU", "Flatten"]
    unread = tour_answers.ranking(present_frames.accuracies(results), None)
    assert unread.is_right(["GRU", "LSTM"]) is False and unread.found == ()
    assert not question.is_open and not unread.is_open
    assert tour_answers.ranking(present_frames.accuracies(results[:3]), None) is None


def test_an_order_that_is_nowhere_decided_is_reported_as_open():
    results = [steady(label, seed, 0.8) for label in ("Flatten", "GRU", "LSTM") for seed in range(3)]
    alike = verdicts(answers(Flatten=0.8, GRU=0.8, LSTM=0.8))
    assert not any(each.is_different for each in alike)
    question = tour_answers.ranking(present_frames.accuracies(results), alike)
    assert question.is_open
    assert question.found == ("None of the 3 pairs can be told apart with 3 seeds: the order may be chance.",)


def test_many_open_pairs_are_not_all_named():
    labels = [f"Model {place}" for place in range(5)]
    open_pairs = verdicts(answers(**dict.fromkeys(labels, 0.8)))
    sentence = tour_answers.undecided(open_pairs, 11)
    assert len(open_pairs) == 10 and sentence.count(" and Model") == 6 and sentence.endswith("; and 4 more.")


@pytest.mark.parametrize(
    ("slow", "right"),
    [((3.0,), {"0"}), ((4.2,), {"2"}), ((19.0, 21.0), {"5", "10"}), ((19.9,), {"5"}), ((38.0, 39.0), {"10"}),
     ((100.0,), {"20"})],
)  # fmt: skip
def test_times_are_ranges_and_the_spread_may_leave_two_open(slow, right):
    results = [steady("Flatten", 0, seconds=2.0)]
    results += [steady("LSTM", seed, seconds=seconds) for seed, seconds in enumerate(slow)]
    question = tour_answers.seconds(present_frames.seconds(results, "CPU", False), "A *CPU*")
    assert question.right == right
    ratio = sum(slow) / len(slow) / 2.0
    assert f"**{ratio:.1f} times**" in question.found[0] and r"A \*CPU\*" in question.given
    assert question.given.startswith("Flatten: 2.00 s")
    assert question.found[0].endswith(f"2.00 s (means over {len(slow)} and 1 seed).")


def test_without_both_ends_no_time_is_estimated():
    timed = present_frames.seconds([steady("Flatten", 0)], "CPU", False)
    assert tour_answers.seconds(timed, "CPU") is None


def test_who_overfits_most_may_be_two():
    gaps = {"Flatten": (0.30, 0.32), "GRU": (0.28, 0.31), "LSTM": (0.10, 0.11)}
    results = [steady(label, seed, train=0.7 + gap) for label, each in gaps.items() for seed, gap in enumerate(each)]
    question = tour_answers.overfitting(overfitting.summary_frame(overfitting.runs_frame(results)))
    value = dict(zip(question.bars["label"], question.bars["value"], strict=True))
    assert value == pytest.approx({"Flatten": 0.31, "GRU": 0.295, "LSTM": 0.105})
    # 0.31 − 0.0141 is below 0.295 + 0.0212, and above 0.105 + 0.0071.
    assert question.right == {"Flatten", "GRU"}
    assert [shown.split("**")[1] for shown in question.found] == ["Flatten", "GRU", "LSTM"]
    assert question.found[0] == "**Flatten**: gap of 31.0 points; validation accuracy ended 10.0 points below its best."


def test_an_architecture_that_learnt_nothing_has_no_gap_and_no_jagged_curve():
    stuck = [result("GRU", seed, [(0.5, 0.5, 0.5, 2.0)] * 3) for seed in range(2)]
    learnt = [
        result(label, seed, [(0.6, 0.7, 0.7, 2.0), (0.8, 0.8, 0.8, 2.0), (last, 0.75, 0.7, 2.0)])
        for label, last in (("Flatten", 0.95), ("LSTM", 0.7))
        for seed in range(2)
    ]
    results = stuck + learnt
    summary = overfitting.summary_frame(overfitting.runs_frame(results))
    frames = (present_frames.accuracies(results), present_frames.seconds(results, "CPU", False))
    for question in (
        tour_answers.overfitting(summary), tour_answers.layers(summary, *frames, present_frames.parameters(results)),
    ):  # fmt: skip
        assert question.found[-1] == "**GRU** learnt nothing (2 seeds): every text gets the same answer."
        assert not [sentence for sentence in question.found[:-1] if "GRU" in sentence]
        assert set(question.bars["label"]) == {"Flatten", "LSTM"} and set(question.choices) == set(summary["label"])
    assert tour_answers.overfitting(summary).right == {"Flatten"}
    assert "**LSTM**: gap of −5.0 points" in tour_answers.overfitting(summary).found[1]
    stuck.append(result("LSTM", 0, [(0.5, 0.5, 0.5, 2.0)] * 3))
    only_stuck = overfitting.summary_frame(overfitting.runs_frame(stuck))
    assert all("learnt nothing" in sentence for sentence in tour_answers.overfitting(only_stuck).found)


def test_where_all_may_overfit_most_none_is_named():
    results = [steady(label, seed, train=0.9 + 0.02 * seed) for label in ("GRU", "LSTM") for seed in range(2)]
    question = tour_answers.overfitting(overfitting.summary_frame(overfitting.runs_frame(results)))
    assert question.right == frozenset() and question.is_right(["GRU"]) is None


def test_the_jagged_curve_is_found():
    smooth, jagged = (0.70, 0.75, 0.80, 0.81), (0.70, 0.60, 0.80, 0.70)
    results = [
        result(label, seed, [(0.9, validation, validation - 0.01, 2.0) for validation in curve], num_params=size)
        for label, curve, size in (("GRU", smooth, 1_000), ("LSTM", jagged, 2_000))
        for seed in range(2)
    ]
    question = tour_answers.layers(
        overfitting.summary_frame(overfitting.runs_frame(results)), present_frames.accuracies(results),
        present_frames.seconds(results, "CPU", False), present_frames.parameters(results),
    )  # fmt: skip
    # Moved 0.10 + 0.20 + 0.10; needed 0.10 up to the best and 0.10 down to the end; three steps.
    assert dict(zip(question.bars["label"], question.bars["value"], strict=True)) == pytest.approx(
        {"GRU": 0.0, "LSTM": 0.2 / 3}
    )
    assert question.right == {"LSTM"}
    assert (
        "**LSTM**: 6.7 points up and down per epoch; test accuracy 79.0%, 2,000 parameters, 2.0 s"
        in (question.found[0])
    )


ASKED = SERIES[0]


def memory(series, **held):
    """Accuracies of two seeds, by architecture up to the distance that is held; of a pair of distances the first is
    held by both seeds, and those up to the second by one of them."""
    rows = []
    for architecture, upto in held.items():
        all_of, one_of = upto if isinstance(upto, tuple) else (upto, upto)
        label = series.entry(architecture).label
        for steps in series.steps:
            rows += [
                (label, steps, seed, 0.99 if steps <= (one_of if seed else all_of) else series.test.chance)
                for seed in range(2)
            ]
    return {series: pd.DataFrame(rows, columns=list(memory_frames.ACCURACY_COLUMNS))}


@pytest.mark.parametrize("held", [0, *ASKED.steps])
def test_memory_is_described_by_the_distance_that_is_held(held):
    question = tour_answers.memory(memory(ASKED, simple_rnn=held, lstm=80))
    near, far = str(ASKED.steps[0]), str(ASKED.steps[-1])
    assert question.right == {str(held)} and list(question.choices) == ["0", *map(str, ASKED.steps)]
    assert question.choices["0"] == f"Less than {near} steps"
    assert question.choices[far].endswith("the longest distance tested")
    label = ASKED.entry("lstm").label
    assert f"**{label}** remembers at all tested distances, {near} to {far} steps back." in question.found
    assert f"guessing gives {ASKED.test.chance:.0%}" in question.given


def test_where_only_some_seeds_learnt_it_no_guess_of_either_distance_is_wrong():
    near, next_one, *_ = ASKED.steps
    question = tour_answers.memory(memory(ASKED, simple_rnn=(near, next_one)))
    assert question.right == {str(near), str(next_one)}
    assert f"at {next_one} steps back 1 of 2 seeds learnt it" in question.found[0]


def test_memory_of_others_says_nothing():
    assert tour_answers.memory(memory(ASKED, lstm=80)) is None


@pytest.mark.parametrize(
    ("few", "right"),
    [((0.80, 0.80), {"0"}), ((0.83, 0.83), {"0"}), ((0.78, 0.78), {"1"}), ((0.75, 0.79), {"0", "1", "3"}),
     ((0.70, 0.70), {"6"})],
)  # fmt: skip
def test_a_loss_is_paired_by_seed(few, right):
    results = [steady("GRU", seed, 0.80, num_params=200) for seed in range(3)]
    results += [steady("GRU", seed, test, train_examples=2_500) for seed, test in enumerate(few)]
    question = tour_answers.lost(results, "Training texts", "gru")
    losses = np.array([0.80 - test for test in few])
    lost = f"{100 * losses.mean():.2f} ± {100 * losses.std(ddof=1):.2f}".replace("-", "−")
    assert f"**{lost} points** (2 seeds)" in question.found[0]
    assert question.right == right  # 3.0 ± 2.8 points reach into three of them
    assert question.given == "Training texts: 2,500 instead of 20,000."
    assert "With 2,500 training texts it has 100 parameters, with 20,000 training texts it has 200." in question.found


def test_a_loss_is_the_difference_of_the_accuracies_that_are_shown():
    results = [steady("GRU", 0, 0.83814), steady("GRU", 0, 0.81456, train_examples=2_500)]
    (sentence,) = tour_answers.lost(results, "Training texts", "gru").found[:1]
    assert "81.46% with 2,500 training texts, and 83.81% with 20,000" in sentence
    assert "It loses **2.35 points** (1 seed)" in sentence


def test_one_end_of_a_sweep_says_nothing():
    results = [steady("GRU", 0), steady("LSTM", 0, train_examples=2_500)]
    assert tour_answers.lost(results, "Training texts", "gru") is None
    assert tour_answers.lost([*results, steady("GRU", 5, train_examples=2_500)], "Training texts", "gru") is None


def test_what_nothing_beats_may_be_chosen():
    results = [
        steady("Flatten", 0, 0.70, seconds=1.0),
        steady("GRU", 0, 0.80, seconds=5.0),
        steady("LSTM", 0, 0.75, seconds=9.0),
    ]
    points = cost_frames.trade_off_frame(results, "CPU")
    question = tour_answers.choice(points, None)
    assert question.right == {"Flatten", "GRU"} and set(question.choices) == {"Flatten", "GRU", "LSTM"}
    assert "**Flatten** (70.0%, 1.00 s per epoch) or **GRU** (80.0%, 5.00 s per epoch)" in question.found[0]
    pair = verdicts(answers(Flatten=0.5, GRU=0.8))
    assert tour_answers.choice(points, pair).is_open, "that GRU beats Flatten does not say that either is a bad choice"
    shown = tour_answers.choice(points, pair).found
    assert shown[1].startswith("GRU beats Flatten by ")
    assert tour_answers.choice(cost_frames.trade_off_frame(results, "GPU"), None) is None


@pytest.mark.parametrize(
    ("accuracies", "right"),
    [({"Flatten": 0.8, "GRU": 0.8, "LSTM": 0.02}, {"Flatten", "GRU"}), ({"Flatten": 0.8, "LSTM": 0.801}, set())],
)
def test_only_a_decided_verdict_makes_a_choice_wrong(accuracies, right):
    places = {"Flatten": 1.0, "GRU": 5.0, "LSTM": 9.0}
    results = [steady(label, 0, mean, seconds=places[label]) for label, mean in accuracies.items()]
    points = cost_frames.trade_off_frame(results, "CPU")
    assert tour_answers.choice(points, verdicts(answers(**accuracies))).right == right
