"""Training without a process of its own, for what is around a training: to load TensorFlow takes most of its time."""

from multiprocessing import Pipe
from threading import Thread

from cache.execution import worker
from cache.execution.runner import Runner
from models.machine.devices import cpu


class UntilEmpty(Runner):
    """It ends as soon as nothing waits any more."""

    def _wait(self, changes):
        self.stop()


class HereExecutor:
    """An ``Executor`` that trains in a thread of this process."""

    device, is_alive = cpu(), True

    def __init__(self):
        self._ours, self._theirs = Pipe()

    def start(self, job, backend):
        Thread(target=worker._serve, args=(job, self._theirs, backend, self.device)).start()

    @staticmethod
    def wait(busy, timeout_seconds):
        return [each for each in busy if each._ours.poll(timeout_seconds)]

    def receive(self, timeout_seconds):
        return self._ours.recv() if self._ours.poll(timeout_seconds) else None

    reserve = release = warm = cancel = contention = lambda self, *_: None

    def load(self):
        return {}
