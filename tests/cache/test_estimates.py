from dataclasses import replace

import pytest

from cache.estimates import EpochTimes, seconds_left
from cache.runs import Run
from cache.wording import count, duration
from models.encoding import TextEncoding
from models.events import EpochFinished
from models.spec import RunSpec

SPEC = RunSpec.create(dataset="imdb", fingerprint="f", architecture="lstm")


def with_(**changes):
    return RunSpec.create(**{"dataset": "imdb", "fingerprint": "f", "architecture": "lstm"} | changes)


def test_another_seed_takes_what_was_measured():
    times = EpochTimes([(SPEC.to_json(), 6.0), (with_(seed=2).to_json(), 8.0)])
    assert times.seconds_per_epoch(with_(seed=1)) == pytest.approx(7.0)


def test_fewer_examples_and_shorter_texts_take_less():
    times = EpochTimes([(SPEC.to_json(), 6.0)])
    assert times.seconds_per_epoch(with_(train_examples=2_000)) == pytest.approx(0.6)
    assert times.seconds_per_epoch(with_(encoding=TextEncoding(length=60))) == pytest.approx(3.0)


def test_what_was_never_measured_is_not_guessed():
    times = EpochTimes([(SPEC.to_json(), 6.0)])
    assert times.seconds_per_epoch(with_(architecture="gru")) is None
    assert times.total([(SPEC, 5), (with_(architecture="gru"), 5)]) == (pytest.approx(30.0), 1)


def test_the_largest_runs_count():
    """Constant costs make a small run's seconds per example too many."""
    small = with_(train_examples=1_000)
    times = EpochTimes([(small.to_json(), 3.0), (SPEC.to_json(), 6.0)])
    assert times.seconds_per_epoch(with_(seed=1)) == pytest.approx(6.0)


def test_a_spec_that_cannot_be_read_any_more_is_passed_over():
    old = SPEC.to_json().replace('"version":1', '"version":0')
    assert EpochTimes([(old, 6.0), ("{}", 1.0)]).seconds_per_epoch(SPEC) is None


def running(**progress):
    values = dict.fromkeys(Run.__dataclass_fields__)
    return Run(**values | {"spec_json": SPEC.to_json(), "epochs": 4, "state": "running", "progress": progress})


def test_seconds_left_of_a_running_run():
    nothing, times = EpochTimes([]), EpochTimes([(SPEC.to_json(), 10.0)])
    assert seconds_left(running(), [], nothing) is None
    assert seconds_left(running(), [], times) == pytest.approx(40.0)
    assert seconds_left(running(epoch=1, batch=1, num_batches=100, seconds=9.0), [], nothing) is None
    quarter = running(epoch=1, batch=25, num_batches=100, seconds=2.0)
    assert seconds_left(quarter, [], nothing) == pytest.approx(6 + 3 * 8)
    epoch = EpochFinished(1, 0, 0, 0, 0, None, None, 5.0, 1.0, True)
    second = running(epoch=3, batch=50, num_batches=100, seconds=3.0)
    measured = [epoch, replace(epoch, epoch=2, is_first=False)]
    assert seconds_left(second, measured, nothing) == pytest.approx(3 + 6)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (12.4, "12 s"), (89, "89 s"), (90, "2 min"), (3_600, "60 min"), (5_400, "1 h 30 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_counts():
    assert (count(1, "run"), count(12_000, "run")) == ("1 run", "12,000 runs")
