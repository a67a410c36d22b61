"""What every executor has to do, tried with real trainings. The tests of an executor inherit from it."""

import time

import pytest

from cache.core.device_lock import DeviceBusy
from cache.execution.executor import JobLost
from cache.execution.worker import Accepted, Failed, Job
from models.experiments.spec import Training
from models.training.events import BatchProgress, Done, EpochFinished, Preparing, Started
from tests import waiting

SECONDS = 240.0
"""Longer than anything here takes on a busy machine."""


DIVERGING = {"training": Training("sgd", 10.0, 1), "hyperparameters": {"dense_units": 512}}
"""After some hundred steps, which are one epoch where each step takes one text."""


class ExecutorContract:
    """Its module has the fixtures ``made``, which makes executors for one device, ``executor``, one of them for all
    jobs (after any end of a job, it takes another), and ``kill``, which kills its training.
    """

    @pytest.fixture
    def job(self, small_data, small_spec, data_root, tmp_path):
        """Makes jobs on data that is encoded already."""

        def make(spec=None, epochs=2):
            output = tmp_path / f"job {time.monotonic_ns()}"
            output.mkdir()
            return Job(1, (spec or small_spec()).to_json(), epochs, output, None, data_root, tmp_path / "job.log")

        return make

    def test_a_device_is_one_training_s_alone(self, made):
        first, second = made(), made()
        waiting.wait_for(lambda: is_reserved(first))
        first.reserve()
        with pytest.raises(DeviceBusy):
            second.reserve()
        first.release()
        waiting.wait_for(lambda: is_reserved(second))
        second.release()

    def test_a_job_tells_what_it_is_measured_in_then_every_epoch_then_that_it_is_done(self, executor, job):
        asked = job()
        begin(executor, asked)
        events = [event for event in until_the_end(executor) if not is_waiting(event)]
        assert events[0].environment["device"] == executor.device.name
        reported = [event for event in events if not isinstance(event, BatchProgress | Accepted)]
        assert [type(event) for event in reported if isinstance(event, Started | EpochFinished | Done)] == [
            Started, EpochFinished, EpochFinished, Done,
        ]  # fmt: skip
        assert (asked.output / "predictions.npz").exists() and executor.is_alive
        assert executor.contention() is None or isinstance(executor.contention(), str)
        assert executor.load()["load_average"] >= 0
        begin(executor, job(epochs=1))
        assert isinstance(list(until_the_end(executor))[-1], Done), "it takes another job"

    def test_a_job_that_cannot_work_gives_the_reason_and_costs_nothing(self, executor, job, small_spec):
        begin(executor, job(small_spec(**DIVERGING), epochs=200))
        *_, last = until_the_end(executor)
        assert isinstance(last, Failed) and "choose a learning rate below 10" in last.reason
        begin(executor, job(epochs=1))
        assert isinstance(list(until_the_end(executor))[-1], Done)

    @pytest.mark.slow
    def test_cancelling_ends_a_job_at_once(self, executor, job, small_spec):
        begin(executor, job(small_spec("conv1d", training=Training(batch_size=1)), epochs=200))
        wait_for(executor, BatchProgress)
        executor.cancel()
        executor.cancel()
        assert not executor.is_alive
        begin(executor, job(epochs=1))
        assert isinstance(list(until_the_end(executor))[-1], Done)

    def test_a_job_that_is_lost_is_not_waited_for(self, executor, job, small_spec, kill):
        begin(executor, job(small_spec("conv1d", training=Training(batch_size=1)), epochs=200))
        wait_for(executor, BatchProgress)
        kill(executor)
        with pytest.raises(JobLost, match="was killed"):
            wait_for(executor, Done)


def is_reserved(executor):
    """Whether the device could be had now."""
    try:
        executor.reserve()
    except DeviceBusy:
        return False
    return True


def begin(executor, job):
    """As a runner does: it waits until it has the device."""
    waiting.wait_for(lambda: is_reserved(executor))
    executor.start(job, "tensorflow")


def is_waiting(event):
    return isinstance(event, Preparing) and event.message.startswith("Waiting")


def until_the_end(executor):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if executor.wait([executor], 0.1) and (event := executor.receive(0.0)) is not None:
            yield event
            if isinstance(event, Done | Failed):
                return
    raise AssertionError("waited too long")


def wait_for(executor, kind):
    return next(event for event in until_the_end(executor) if isinstance(event, kind))
