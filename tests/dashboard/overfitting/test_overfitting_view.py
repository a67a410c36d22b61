import pytest

from dashboard.overfitting.overfitting import summary_frame
from dashboard.overfitting.overfitting_view import section_of
from models.tasks import CLASSIFICATION
from tests.dashboard.overfitting.test_overfitting import runs_with

ONE_TRAINED = "With one seed, all of this may be chance: train at least three."
ONE_LEARNT = "Only one seed learnt: all of this may be chance; train further seeds."


@pytest.mark.parametrize(
    ("stuck", "expected"),
    [
        ([False], [ONE_TRAINED]),
        ([True], [ONE_TRAINED]),
        ([True, True, False], [ONE_LEARNT]),
        ([True, False, False], []),
        ([True, True], []),
    ],
)
def test_the_note_on_one_seed_counts_those_that_were_trained(stuck, expected):
    section = section_of(summary_frame(runs_with(stuck)), [], CLASSIFICATION)
    assert list(section.notes[1:]) == expected
