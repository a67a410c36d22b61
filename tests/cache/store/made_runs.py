"""Runs that go through their lives without being trained."""

from dataclasses import replace

from cache.core.processes import ProcessIdentity
from cache.store.store_queries import RESUMABLE
from models.training.events import EpochFinished

ME = ProcessIdentity.current()
ENVIRONMENT = {"device": "Test CPU"}


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


def epoch(number, **changes):
    values = EpochFinished(
        epoch=number,
        train_loss=0.5,
        train_accuracy=0.75,
        validation_loss=0.6,
        validation_accuracy=0.7 + number / 100,
        test_loss=0.6,
        test_accuracy=0.7,
        train_seconds=2.0,
        validation_seconds=0.1,
        is_first=number == 1,
    )
    return replace(values, **changes)


def stage(store, text="weights"):
    folder = store.staging_dir / "job"
    folder.mkdir()
    for name in RESUMABLE:
        (folder / name).write_text(text)
    return folder


def finish(store, spec, epochs, device="Test CPU", resumed=None):
    """Takes a spec through the life of a run, as the runner does."""
    (run_id,) = store.submit([spec], epochs, "cpu")
    run = store.claim("cpu", ME)
    assert run.id == run_id
    environment = {"device": device}
    store.mark_started(run_id, environment, resumed)
    for number in range(resumed.epochs + 1 if resumed else 1, epochs + 1):
        store.add_epoch(run_id, epoch(number))
    store.finish(run_id, stage(store), environment)
    return store.run(run_id)
