import pytest

from models.statistics.learnt import learnt_by, num_learnt


@pytest.mark.parametrize(
    ("accuracies", "chance", "learnt"),
    [
        ([1.0, 0.48, 0.48], 0.5, 1),
        ([1.0, 1.0, 0.5], 0.5, 2),
        ([0.95, 0.55], 0.5, 1),
        ([0.949, 0.48, 0.48], 0.5, None),  # no seed has learnt it
        ([1.0, 0.551, 0.99], 0.5, None),  # no seed only guesses
        ([1.0, 1.0, 1.0], 0.5, None),
        ([0.5, 0.49, 0.51], 0.5, None),
        ([1.0, 0.7, 0.5], 0.5, 1),  # some of them are between
        ([1.0, 0.5], 0.25, None),  # of four classes half is more than a guess
        ([1.0, 0.27, 0.5], 0.25, 1),
        ([1.0], 0.5, None),
        ([], 0.5, None),
    ],
)
def test_seeds_fall_into_two_groups_where_some_learnt_it_and_others_guess(accuracies, chance, learnt):
    assert num_learnt(accuracies, chance) == learnt
    assert (learnt_by(accuracies, chance) == "") == (learnt is None)


def test_the_seeds_are_named_while_there_are_few():
    assert learnt_by([1.0, 0.475, 0.483], 0.5) == "1 of 3 seeds learnt it (100%, 48%, 48%)"
    assert learnt_by([1.0] * 4 + [0.5] * 6, 0.5) == "4 of 10 seeds learnt it"
