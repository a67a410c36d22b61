from dataclasses import replace

import numpy as np

from cache.results.verdicts import verdicts
from models.statistics.looks import bonferroni_level
from models.statistics.paired_difference import MIN_SEEDS, Difference, paired_difference

DEVICE = "Test CPU (2 cores)"
CLASSES = np.arange(10) % 2


def answers(**accuracies):
    """By label and seed, 400 answers of the given accuracies, the mistakes at the end."""
    return {
        label: {seed: np.arange(400) < 400 * share for seed, share in enumerate(shares)}
        for label, shares in accuracies.items()
    }


def test_a_clear_difference_is_reported_with_its_interval():
    found = answers(GRU=(0.85, 0.86, 0.85, 0.86, 0.85), Flatten=(0.80, 0.80, 0.81, 0.80, 0.81))
    (verdict,) = verdicts(found)
    assert verdict.is_different
    difference = paired_difference(np.stack([*found["GRU"].values()]), np.stack([*found["Flatten"].values()]))
    low, high = (100 * end for end in difference.interval(bonferroni_level(1)))
    assert (
        verdict.sentence
        == f"GRU beats Flatten by 5.0 points (simultaneous 95% interval {low:.1f} to {high:.1f}, 5 seeds)."
    )


def test_the_better_one_is_named_first_for_any_order():
    first, second = verdicts(answers(A=(0.5,) * 3, B=(0.9,) * 3)), verdicts(answers(B=(0.9,) * 3, A=(0.5,) * 3))
    assert [each.sentence for each in first] == [each.sentence for each in second]
    assert first[0].better == "B"


def test_what_cannot_be_distinguished_shows_how_many_seeds_would_settle_it():
    (verdict,) = verdicts(answers(LSTM=(0.90, 0.80, 0.88), GRU=(0.84, 0.83, 0.85)))
    assert not verdict.is_different
    assert verdict.sentence.startswith(
        "LSTM and GRU cannot be told apart with 3 seeds: the mean of LSTM is 2.0 points higher"
    )
    assert verdict.seeds_needed is None and verdict.next_seeds is None
    assert verdict.sentence.endswith("not even 40 seeds decide on these 400 test texts.")
    (verdict,) = verdicts(answers(LSTM=(0.90, 0.88, 0.89), GRU=(0.84, 0.86, 0.85)))
    assert verdict.sentence.endswith(
        f"if further runs are like these, {verdict.seeds_needed} seeds are needed to decide."
    )
    assert verdict.seeds_needed >= verdict.next_seeds == 5


def test_seeds_between_two_looks_do_not_count_yet():
    many = answers(A=(0.9,) * 3 + (0.1,) * 4, B=(0.8,) * 3 + (0.7,) * 4)
    (verdict,) = verdicts(many)
    assert (verdict.difference.num_seeds, verdict.num_shared) == (5, 7)
    assert "with the first 5 of 7 seeds" in verdict.sentence
    backwards = {label: dict(reversed(by_seed.items())) for label, by_seed in many.items()}
    assert [each.sentence for each in verdicts(backwards)] == [verdict.sentence], "the lowest seeds count"


def test_one_seed_never_makes_a_difference():
    (verdict,) = verdicts(answers(A=(0.99,), B=(0.5,)))
    assert not verdict.is_different
    assert verdict.sentence.endswith(f"is unknown. At least {MIN_SEEDS} seeds are needed.")


def test_equal_runs_are_not_ranked():
    (verdict,) = verdicts(answers(A=(0.8,) * 3, B=(0.8,) * 3))
    assert not verdict.is_different and verdict.seeds_needed is None
    assert "their means are equal" in verdict.sentence


def test_each_pair_is_held_to_a_level_that_allows_for_all_of_them():
    found = verdicts(answers(A=(0.9,) * 3, B=(0.8,) * 3, C=(0.7,) * 3))
    assert len(found) == 3
    assert {verdict.level for verdict in found} == {bonferroni_level(3)}


def test_pairs_are_made_of_the_seeds_that_both_have():
    found = answers(A=(0.9, 0.9, 0.9), B=(0.8, 0.8, 0.8))
    del found["B"][1]
    assert verdicts(found)[0].difference.num_seeds == 2
    found["B"] = {}
    assert verdicts(found) == []
    assert verdicts({}) == []


def test_what_lies_within_the_margin_is_equal():
    found = answers(A=(0.80,) * 5, B=(0.80,) * 5, C=(0.70,) * 5)
    by_pair = {frozenset((each.better, each.other)): each for each in verdicts(found)}
    equal, apart = by_pair[frozenset("AB")], by_pair[frozenset("AC")]
    assert equal.is_equal and equal.is_decided and not equal.is_different and equal.next_seeds is None
    assert equal.sentence.startswith("A and B are equal within 1 point: their means are equal (simultaneous 95%")
    assert apart.is_different and not apart.is_equal


def test_a_tiny_difference_is_not_rounded_to_zero():
    difference = Difference(0.0004, 10, 10_000, 0.01, 0.01, 0.01)
    tiny = replace(verdicts(answers(A=(0.8,) * 3, B=(0.8,) * 3))[0], difference=difference)
    assert "their means are equal within 0.05 points" in tiny.sentence
    beats = replace(
        tiny, difference=replace(difference, seed_mean_square=1e-9, example_mean_square=0, rest_mean_square=0)
    )
    assert beats.sentence.startswith("A beats B by less than 0.05 points")


def test_a_difference_below_the_margin_is_reported():
    found = answers(A=(0.80,) * 5, B=(0.76,) * 5)
    (verdict,) = verdicts(found, margin=0.08)
    assert verdict.is_equal and verdict.is_different
    assert verdict.sentence.startswith("A beats B by 4.0 points, which is less than 8 points (simultaneous")
    assert not verdicts(found, margin=0.005)[0].is_equal


def test_decision_and_interval_agree():
    """Whatever the margin: an interval that touches it is not equal, one that touches 0 is not different."""
    random = np.random.default_rng(0)
    for _ in range(50):
        found = {label: {seed: random.random(300) < 0.8 for seed in range(5)} for label in "AB"}
        (verdict,) = verdicts(found, margin=0.08)
        low, high = verdict.difference.interval(verdict.level)
        assert verdict.is_equal == (low > -0.08 and high < 0.08)
        assert verdict.is_different == (low > 0 or high < 0)


def test_cheaper_and_equal_is_reported_clearly():
    seconds = {"A": dict(enumerate((8.0, 8.1, 7.9, 8.0, 8.0))), "B": dict(enumerate((1.0, 1.01, 0.99, 1.0, 1.0)))}
    (verdict,) = verdicts(answers(A=(0.80,) * 5, B=(0.80,) * 5), seconds=seconds)
    assert verdict.sentence.startswith("A and B are equal within 1 point, B at an eighth of the seconds: ")
    assert verdict.is_faster("B") and verdict.is_faster("A") is False
    assert "An epoch of A takes 8.00 times the seconds of one of B (simultaneous 95% interval 7." in verdict.details
    assert verdict.details.endswith(", over the first 5 timed seeds of each).")


def test_seconds_that_cannot_be_distinguished_make_nothing_cheaper():
    seconds = {"A": dict(enumerate((1.0, 1.1, 0.9))), "B": dict(enumerate((1.05, 0.95, 1.0)))}
    (verdict,) = verdicts(answers(A=(0.80,) * 5, B=(0.80,) * 5), seconds=seconds)
    assert verdict.is_faster("A") is None and verdict.sentence.startswith("A and B are equal within 1 point: ")
    low, high = verdict.seconds.interval(verdict.level)
    assert low < 1 < high


def test_seconds_are_read_at_the_looks_too():
    seconds = {label: dict(enumerate([1.0, 1.1, 0.9, 50.0])) for label in "AB"}
    (verdict,) = verdicts(answers(A=(0.80,) * 5, B=(0.80,) * 5), seconds=seconds)
    assert verdict.seconds.num_seeds == 3 and verdict.seconds.value == 1
    (verdict,) = verdicts(answers(A=(0.8,) * 5, B=(0.8,) * 5), seconds={"A": {0: 1.0, 1: 1.0}, "B": seconds["B"]})
    assert verdict.seconds is None


def test_how_often_a_new_training_wins_is_reported_from_five_seeds_on():
    (verdict,) = verdicts(answers(A=(0.90, 0.91, 0.92, 0.93, 0.80), B=(0.85,) * 5))
    assert "A new training of A beats a new training of B in 80% of cases (simultaneous 95% interval" in verdict.details
    (verdict,) = verdicts(answers(A=(0.9, 0.91, 0.92), B=(0.85,) * 3))
    assert verdict.details == ""


def test_runs_that_diverged_are_counted():
    (verdict,) = verdicts(answers(A=(0.9,) * 3, B=(0.85,) * 3), diverged={"B": 2, "C": 1})
    assert verdict.details == "2 runs of B diverged and cannot be compared."
