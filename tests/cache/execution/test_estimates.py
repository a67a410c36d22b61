from dataclasses import asdict, dataclass

import pytest

from cache.core.formatting import count, duration, time_needed
from cache.execution.estimates import EpochTimes, Estimate, seconds_left
from cache.store.runs import Run
from models.experiments.spec import LOOPS, RunSpec
from models.experiments.spec import Training as Settings
from models.text.encoding import TextEncoding
from models.training.pace import PaceClock

SPEC = RunSpec.create(dataset="imdb", fingerprint="f", architecture="lstm")


def with_(**changes):
    return RunSpec.create(**{"dataset": "imdb", "fingerprint": "f", "architecture": "lstm"} | changes)


def test_another_seed_takes_what_was_measured():
    times = EpochTimes([(SPEC.to_json(), 6.0, 0.0), (with_(seed=2).to_json(), 8.0, 0.0)])
    assert times.seconds_per_epoch(with_(seed=1)) == pytest.approx(7.0)


def test_fewer_examples_and_shorter_texts_take_less():
    times = EpochTimes([(SPEC.to_json(), 6.0, 0.0)])
    assert times.seconds_per_epoch(with_(train_examples=2_000)) == pytest.approx(0.6)
    assert times.seconds_per_epoch(with_(encoding=TextEncoding(length=60))) == pytest.approx(3.0)


def test_what_was_never_measured_is_not_guessed():
    times = EpochTimes([(SPEC.to_json(), 6.0, 0.0)])
    assert times.seconds_per_epoch(with_(architecture="gru")) is None
    assert times.total([(SPEC, 5), (with_(architecture="gru"), 5)]) == (pytest.approx(30.0), 1)


def test_engines_are_not_estimated_from_each_other():
    assert EpochTimes([(SPEC.to_json(), 6.0, 1.0)]).seconds(with_(training=Settings(backend="jax")), 1) is None
    by_batches, whole = (with_(training=Settings(backend="jax", loop=loop)) for loop in LOOPS)
    times = EpochTimes([(by_batches.to_json(), 6.0, 1.0)])
    assert times.seconds(by_batches, 1) == pytest.approx(7.0) and times.seconds(whole, 1) is None
    both = EpochTimes([(by_batches.to_json(), 6.0, 1.0), (whole.to_json(), 2.0, 0.5)])
    assert both.seconds(by_batches, 1) == pytest.approx(7.0) and both.seconds(whole, 1) == pytest.approx(2.5)


def test_tracing_is_counted_once_a_run_however_few_texts_there_are():
    times = EpochTimes([(SPEC.to_json(), 6.0, 2.0), (with_(seed=2).to_json(), 6.0, 2.5)])
    small = with_(train_examples=2_000, seed=3)
    assert times.seconds(small, 5) == pytest.approx(5 * 0.6 + 2.25)
    assert times.total([(small, 5), (small, 5)]) == (pytest.approx(2 * (5 * 0.6 + 2.25)), 0)


def test_the_largest_runs_count():
    """Constant costs make a small run's seconds per example too many."""
    small = with_(train_examples=1_000)
    times = EpochTimes([(small.to_json(), 3.0, 0.0), (SPEC.to_json(), 6.0, 0.0)])
    assert times.seconds_per_epoch(with_(seed=1)) == pytest.approx(6.0)


def test_a_spec_that_cannot_be_read_any_more_is_passed_over():
    old = SPEC.to_json().replace('"version":1', '"version":0')
    assert EpochTimes([(old, 6.0, 0.0), ("{}", 1.0, 0.0)]).seconds_per_epoch(SPEC) is None


@dataclass(frozen=True)
class Training:
    """A training to simulate. A batch that is evaluated takes ``forward`` of the time of one that trains; tracing is
    seconds of the first batch, of the first evaluated batch and of an epoch's smaller last batch."""

    batch: float
    num_batches: int
    tracing: float
    forward: float = 1 / 3
    validation_batches: int = 20
    test_batches: int = 20
    epochs: int = 5
    improves: tuple[bool, ...] = (True, True, False, True, False)


def progress_of(training):
    """(seconds since the start, progress as the runner stores it) at every batch, and at last the end."""
    clock = PaceClock(
        training.validation_batches + training.test_batches, 1 + training.validation_batches / training.test_batches
    )
    now, found = 30.0, []  # the backend was loaded until then
    for epoch in range(1, training.epochs + 1):
        began = before = now
        for batch in range(1, training.num_batches + 1):
            is_last = batch == training.num_batches
            traced = training.tracing if epoch == batch == 1 else training.tracing / 3 if epoch == 1 and is_last else 0
            now += training.batch * (1.2 if batch % 2 else 0.8) + traced
            clock.add_batches(now - before, is_last)
            before = now
            progress = {"epoch": epoch, "batch": batch, "num_batches": training.num_batches, "seconds": now - began}
            found.append((now, progress | {"pace": asdict(clock.pace), "at": now}))
        validation = training.validation_batches * training.batch * training.forward
        validation += training.tracing / 3 if epoch == 1 else 0
        test = training.test_batches * training.batch * training.forward
        test = test if training.improves[(epoch - 1) % len(training.improves)] else None
        clock.add_evaluation(validation, test)
        # There are no events meanwhile: the last progress counts until the next epoch begins.
        found += [(now + share * validation, found[-1][1]) for share in (0.5, 0.99)]
        now += validation + (test or 0.0)
    return found, now


def running(training, progress):
    values = dict.fromkeys(Run.__dataclass_fields__)
    return Run(**values | {"epochs": training.epochs, "state": "running", "progress": progress})


TRAININGS = {
    "LSTM on a CPU": Training(batch=0.06, num_batches=157, tracing=5.0),
    "two layers": Training(batch=0.2, num_batches=157, tracing=25.0, epochs=10),
    "Flatten": Training(batch=0.002, num_batches=157, tracing=0.8, forward=0.15),
    "on a GPU": Training(batch=0.005, num_batches=400, tracing=20.0, epochs=20),
    "as much to evaluate as to train": Training(0.05, 100, 3.0, validation_batches=50, test_batches=50),
    "few batches an epoch": Training(
        batch=0.5, num_batches=8, tracing=5.0, epochs=8, test_batches=2, validation_batches=2
    ),
    "slow to evaluate": Training(batch=0.05, num_batches=157, tracing=4.0, forward=0.6),
    "never better": Training(batch=0.05, num_batches=157, tracing=4.0, improves=(True, *[False] * 4)),
    "always better": Training(batch=0.05, num_batches=157, tracing=4.0, improves=(True,)),
}


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_time_left_is_never_off_by_more_than_a_half(training):
    found, end = progress_of(training)
    estimates = [(now, seconds_left(running(training, progress), now)) for now, progress in found]
    assert [left for _, left in estimates[:10]] == [None] * 10, "ten batches after the first one, which is traced"
    first = next(number for number, (_, left) in enumerate(estimates) if left is not None)
    assert first == 10 or training.num_batches < 11
    for now, left in estimates[first:]:
        true = end - now
        assert abs(left - true) <= max(0.5 * true, 2.0), f"{left:.1f} s instead of {true:.1f} s"


@pytest.mark.parametrize(
    "progress", [{}, {"message": "Loading TensorFlow"}, {"epoch": 1, "batch": 0, "num_batches": 9}]
)
def test_before_anything_is_measured_no_time_is_estimated(progress):
    assert seconds_left(running(TRAININGS["Flatten"], progress), 99.0) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (12.4, "12 s"), (89, "89 s"), (90, "2 min"), (3_600, "60 min"), (5_400, "1 h 30 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_a_short_training_is_not_estimated_to_the_second():
    """The backend is loaded first, which is in no measurement."""
    assert [time_needed(seconds) for seconds in (1, 29, 30, 600)] == [
        "less than 1 min", "less than 1 min", "about 30 s", "about 10 min"
    ]  # fmt: skip


def test_counts():
    assert (count(1, "run"), count(12_000, "run")) == ("1 run", "12,000 runs")


def test_nothing_is_gained_by_sharing_until_it_was_measured():
    times = EpochTimes([(SPEC.to_json(), 6.0, 0.0)], num_slots=4)
    assert (
        times.shared_seconds(SPEC, 1) == pytest.approx(24.0)
        and times.shared_seconds(with_(architecture="gru"), 1) is None
    )
    work = [(with_(seed=seed), 1) for seed in range(8)]
    assert times.total(work, together=True) == times.total(work) == (pytest.approx(48.0), 0)
    assert (
        Estimate.of(times, work, together=True).text == "at most 48 s" and Estimate.of(times, work).text == "about 48 s"
    )
    assert Estimate.of(times, work[:1], together=True).text == "at most 6 s", "one run shares the device with nothing"
    unknown = [*work, (with_(architecture="gru"), 1)]
    assert Estimate.of(times, unknown, together=True).text == "" and Estimate.of(times, unknown).text == "over 48 s"


def test_runs_that_share_a_device_take_its_slots_as_they_get_free():
    times = EpochTimes([(SPEC.to_json(), 6.0, 0.0)], [(SPEC.to_json(), 10.0, 0.0)], num_slots=2)
    assert times.total([(SPEC, epochs) for epochs in (3, 1, 1, 2)], together=True) == (pytest.approx(40.0), 0)
    assert times.total([(SPEC, 3)], together=True) == (pytest.approx(30.0), 0)
    assert Estimate.of(times, [(SPEC, 3)] * 4, together=True).text == "about 60 s"
    assert times.total([], together=True) == (0, 0)
