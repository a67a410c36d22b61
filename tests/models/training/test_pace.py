from models.training.events import Pace
from models.training.pace import PaceClock


def test_the_traced_batches_do_not_count():
    clock = PaceClock(evaluation_batches=8.0, evaluated_per_tested=2.0)
    for number, seconds in enumerate((9.0, 0.5, 0.7, 4.0), start=1):
        clock.add_batches(seconds, is_last=number == 4)
    assert clock.pace == Pace(2, 1.2, 8.0, None)


def test_several_batches_may_be_trained_at_once():
    clock = PaceClock(8.0, 2.0)
    for seconds, is_last, number in ((9.0, False, 1), (0.5, False, 1), (2.0, False, 4), (5.0, True, 1)):
        clock.add_batches(seconds, is_last, number)
    assert clock.pace == Pace(5, 2.5, 8.0, None)


def test_a_last_batch_counts_once_its_size_is_known():
    clock = PaceClock(8.0, 2.0)
    clock.add_batches(9.0, is_last=False)
    clock.add_evaluation(3.0, 1.0)
    clock.add_batches(0.5, is_last=True)
    assert clock.pace.batches == 1 and clock.pace.seconds == 0.5


def test_the_first_evaluation_is_told_from_the_test_split():
    clock = PaceClock(8.0, 2.0)
    clock.add_evaluation(30.0, 1.0)
    assert clock.pace.evaluation_seconds == 2.0
    clock.add_evaluation(1.0, None)
    assert clock.pace.evaluation_seconds == 1.5
    clock.add_evaluation(1.0, 2.0)
    assert clock.pace.evaluation_seconds == 2.0


def test_a_first_evaluation_without_the_test_split_is_taken_as_it_is():
    clock = PaceClock(8.0, 2.0)
    clock.add_evaluation(3.0, None)
    assert clock.pace.evaluation_seconds == 3.0
