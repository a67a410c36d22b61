import numpy as np

from cache.verdicts import verdicts
from models.looks import level_of_each
from models.paired_difference import MIN_SEEDS, paired_difference

DEVICE = "Test CPU (2 cores)"
CLASSES = np.arange(10) % 2


def answers(**accuracies):
    """By label and seed, 400 answers of the given accuracies, the mistakes at the end."""
    return {
        label: {seed: np.arange(400) < 400 * share for seed, share in enumerate(shares)}
        for label, shares in accuracies.items()
    }


def test_a_clear_difference_is_said_with_its_interval():
    found = answers(GRU=(0.85, 0.86, 0.85, 0.86, 0.85), Flatten=(0.80, 0.80, 0.81, 0.80, 0.81))
    (verdict,) = verdicts(found)
    assert verdict.is_different
    difference = paired_difference(np.stack([*found["GRU"].values()]), np.stack([*found["Flatten"].values()]))
    low, high = (100 * end for end in difference.interval(level_of_each(1)))
    assert (
        verdict.sentence
        == f"GRU beats Flatten by 5.0 points (simultaneous 95% interval {low:.1f} to {high:.1f}, 5 seeds)."
    )


def test_the_better_one_is_named_first_whatever_the_order():
    first, second = verdicts(answers(A=(0.5,) * 3, B=(0.9,) * 3)), verdicts(answers(B=(0.9,) * 3, A=(0.5,) * 3))
    assert [each.sentence for each in first] == [each.sentence for each in second]
    assert first[0].better == "B"


def test_what_cannot_be_told_apart_says_how_many_seeds_would_settle_it():
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
    assert {verdict.level for verdict in found} == {level_of_each(3)}


def test_pairs_are_made_of_the_seeds_that_both_have():
    found = answers(A=(0.9, 0.9, 0.9), B=(0.8, 0.8, 0.8))
    del found["B"][1]
    assert verdicts(found)[0].difference.num_seeds == 2
    found["B"] = {}
    assert verdicts(found) == []
    assert verdicts({}) == []
