from statistics import fmean, stdev

import numpy as np
import pytest
from scipy import stats

from cache.claims.curves import SMALL_SETS
from cache.claims.evidence import GAP, TEST_ACCURACY, SeedGroup
from cache.claims.measurements import OVER_SEEDS_ALONE, difference, gain, mean, narrowing, swing, times
from models.statistics.paired_difference import paired_difference

ONE, TWO = SeedGroup("gru"), SeedGroup("lstm")
OTHER_DEVICE = "Another CPU"


def test_a_figure_of_no_runs_shows_what_is_missing(invented):
    figure = times(invented.evidence([ONE, TWO]), "LSTM against GRU", TWO, ONE)
    assert figure.estimate is None
    assert figure.missing_reason == "LSTM: 0 of 3 timed runs; GRU: 0 of 3 timed runs"
    assert [(work.label, work.spec.seed, work.epochs, work.is_timed) for work in figure.work(None)] == [
        (label, seed, 10, True) for label in ("LSTM", "GRU") for seed in range(3)
    ]


def test_too_few_seeds_ask_for_the_rest(invented):
    invented.add(ONE, seeds=3)
    invented.add(TWO, seeds=2)
    figure = difference(invented.evidence(), "x", ONE, TWO, GAP)
    assert (figure.estimate, figure.missing_reason) == (None, "LSTM: 2 of 3 runs")
    assert [(work.label, work.spec.seed, work.is_timed) for work in figure.work(None)] == [("LSTM", 2, False)]


def test_seconds_count_only_undisturbed_and_from_the_device(invented):
    invented.add(ONE, seeds=4, contended=[None, "a game", None, None])
    invented.add(TWO, seeds=3, device=[OTHER_DEVICE, OTHER_DEVICE, "Test CPU (2 cores)"])
    figure = times(invented.evidence(), "x", ONE, TWO)
    assert figure.missing_reason == "LSTM: 1 of 3 timed runs, 2 measured elsewhere"
    assert len(figure.samples[0].values) == 3
    assert [work.spec.seed for work in figure.work(None)] == [1, 0, 1]  # the disturbed one is measured again
    invented.add(ONE, seeds=3, contended="a game")
    assert "GRU: 0 of 3 timed runs, 3 disturbed" in times(invented.evidence(), "x", ONE, TWO).missing_reason


def test_the_device_is_the_one_that_is_asked(invented):
    invented.add(ONE, seconds=[4.0, 4.1, 4.2], device=OTHER_DEVICE)
    invented.add(TWO, seconds=[8.0, 8.3, 8.1], device=OTHER_DEVICE)
    assert times(invented.evidence(), "x", TWO, ONE).estimate is None
    assert times(invented.evidence(device=OTHER_DEVICE), "x", TWO, ONE).estimate.value == pytest.approx(2, abs=0.05)


def test_accuracies_count_wherever_they_were_measured_and_whatever_disturbed_them(invented):
    invented.add(
        ONE, device=[OTHER_DEVICE, "Test CPU (2 cores)", OTHER_DEVICE], contended="a game", test=[0.8, 0.7, 0.9]
    )
    assert mean(invented.evidence(), "x", ONE, TEST_ACCURACY).estimate.value == pytest.approx(0.8)


def test_seconds_are_medians_of_steady_epochs(invented):
    invented.add(ONE, seconds=[4.0, 5.0, 6.0])
    invented.add(TWO, seconds=[8.0, 10.0, 13.0])
    figure = times(invented.evidence(), "x", TWO, ONE)
    assert figure.remark == "geometric means of the first undisturbed seeds of each"
    expected = stats.ttest_ind(np.log([8, 10, 13]), np.log([4, 5, 6]), equal_var=False)
    assert figure.estimate.interval(0.95) == pytest.approx(tuple(np.exp(expected.confidence_interval(0.95))))


def test_a_gap_is_training_above_validation_at_the_last_epoch(invented):
    train, last = [0.95, 0.97, 0.99], (0.70, 0.72, 0.69)
    invented.add(ONE, train=train, curve=[(0.6, 0.8, end) for end in last])
    gaps = [high - low for high, low in zip(train, last, strict=True)]
    figure = mean(invented.evidence(), "x", ONE, GAP)
    assert figure.estimate.value == pytest.approx(fmean(gaps))
    assert figure.estimate.interval(0.9) == pytest.approx(tuple(stats.ttest_1samp(gaps, 0).confidence_interval(0.9)))


def answers(random, share, seeds=3, size=300):
    return [random.random(size) < share for _ in range(seeds)]


def test_a_gain_is_over_seeds_and_test_texts_where_the_classes_are_known(invented):
    random = np.random.default_rng(0)
    groups = [SeedGroup(name, examples=size) for name in ("gru", "lstm") for size in (2_500, 5_000)]
    right = [answers(random, share) for share in (0.8, 0.9, 0.7, 0.8)]
    for group, each in zip(groups, right, strict=True):
        invented.add(group, right=each, test=[float(np.mean(row)) for row in each])
    invented.classes["imdb"] = np.ones(300, int)
    figure = gain(invented.evidence(), "x", groups[:2], groups[2:])
    tables = np.array(right, float)  # (groups, seeds, texts)
    expected = paired_difference(tables[:2].mean(axis=0), tables[2:].mean(axis=0))
    assert figure.estimate == expected and figure.remark == ""
    assert figure.estimate.value == pytest.approx(tables[:2].mean() - tables[2:].mean())


def test_without_the_classes_a_gain_is_over_seeds_alone_and_reports_it(invented):
    one, two = [0.80, 0.82, 0.84], [0.75, 0.78, 0.74]
    invented.add(ONE, test=one)
    invented.add(TWO, test=two)
    figure = gain(invented.evidence(), "x", [ONE], [TWO])
    assert figure.remark == OVER_SEEDS_ALONE
    expected = stats.ttest_rel(one, two).confidence_interval(0.95)
    assert figure.estimate.interval(0.95) == pytest.approx(tuple(expected))


def test_a_gain_needs_seeds_that_both_have(invented):
    invented.add(ONE, seeds=3)
    invented.add(TWO, seeds=5)
    invented.results[TWO] = invented.results[TWO][2:]
    figure = gain(invented.evidence(), "x", [ONE], [TWO])
    assert figure.estimate is None and "seeds in common: 1, needed: 3" in figure.missing_reason


def test_swing_is_measured_by_the_choice_of_test_texts(invented):
    test = [0.80, 0.84, 0.78]
    invented.add(ONE, seeds=4, test=[*test, 0.5], right=[np.ones(2_000)] * 4)  # the fourth waits for the fifth
    figure = swing(invented.evidence(), ONE)
    noise = stats.binom(2_000, fmean(test)).std() / 2_000
    assert figure.estimate.value == pytest.approx(stdev(test) / noise)
    assert (
        f"standard deviations: {100 * stdev(test):.2f} points" in figure.remark and "2,000 test texts" in figure.remark
    )


def test_swing_needs_to_know_how_many_texts_there_were(invented):
    invented.add(ONE, test=[0.8, 0.84, 0.78])
    figure = swing(invented.evidence(), ONE)
    assert figure.estimate is None and "not in this cache" in figure.missing_reason


SIZES = (2_500, 5_000, 20_000)


def sizes(architecture="flatten"):
    short = [SeedGroup(architecture, examples=size, setting=f"{size:,}") for size in SIZES]
    long = [
        SeedGroup(architecture, examples=size, epochs=10 * 20_000 // size, setting=f"{size:,} long") for size in SIZES
    ]
    return list(zip(SIZES, short, long, strict=True))


def add_gaps(invented, place, gaps, train=0.99):
    for groups, by_size in zip(sizes(), gaps, strict=True):
        invented.add(groups[place], train=train, curve=[(0.9, 0.9, train - gap) for gap in by_size])


def test_narrowing_is_the_line_against_the_logarithm_of_the_examples(invented):
    gaps = [(0.30, 0.28, 0.29), (0.24, 0.25, 0.23), (0.15, 0.16, 0.14)]
    add_gaps(invented, 1, gaps)
    groups = [group for _, *both in sizes() for group in both]
    figure = narrowing(invented.evidence(groups), "x", sizes(), GAP)
    line = stats.linregress(np.repeat(np.log2(SIZES), 3), np.ravel(gaps))
    assert figure.estimate.value == pytest.approx(-3 * line.slope)  # 2,500 to 20,000 doubles three times
    half = 3 * stats.t.ppf(0.975, 7) * line.stderr
    assert figure.estimate.interval(0.95) == pytest.approx((figure.estimate.value - half, figure.estimate.value + half))


def test_who_has_not_learnt_is_asked_for_as_many_steps(invented):
    add_gaps(invented, 1, [(0.01, 0.02, 0.01)] * 3, train=0.7)
    groups = [group for _, *both in sizes() for group in both]
    figure = narrowing(invented.evidence(groups), "x", sizes(), GAP)
    assert (
        figure.estimate is None
        and "has not learnt its training texts after 10 epochs (70% correct)" in figure.missing_reason
    )
    assert {(work.spec.train_examples, work.epochs) for work in figure.work(None)} == {(2_500, 80), (5_000, 40)}
    assert len(figure.work(None)) == 6


def test_as_many_steps_answer_once_they_are_there(invented):
    add_gaps(invented, 1, [(0.01, 0.02, 0.01)] * 3, train=0.7)
    add_gaps(invented, 2, [(0.30, 0.28, 0.29), (0.24, 0.25, 0.23), (0.15, 0.16, 0.14)])
    figure = narrowing(invented.evidence(), "x", sizes(), GAP)
    assert figure.estimate.value == pytest.approx(0.14, abs=0.01)


def test_label_and_explanation_of_a_narrowing_name_the_line(invented):
    add_gaps(invented, 1, [(0.30, 0.28, 0.29), (0.24, 0.25, 0.23), (0.15, 0.16, 0.14)])
    part = SMALL_SETS.parts[0]
    (figure,) = part.measurements(invented.evidence(part.groups))
    assert figure.label == (
        "Flatten’s gap with 2,500 examples minus that with 20,000 (on a straight line through all sizes)"
    )
    assert "least-squares line" in part.why
