import zipfile

import pytest

from cache.cli.study_command import study
from cache.store.runner_store import RunnerStore
from cache.transfer.bundles import import_bundle
from cache.transfer.reference import TAG
from models.experiments.studies import MORE_SEEDS, STUDIES
from models.machine.devices import cpu
from models.statistics.paired_difference import MIN_SEEDS
from models.training.run_files import BEST_WEIGHTS


@pytest.fixture
def device():
    return cpu()


@pytest.fixture
def trained(store, finish, device):
    """All runs of studies; those of seeds ``disturbed`` on were measured beside other programs."""

    def train(*names, disturbed=1_000):
        for name in names:
            for comparison in STUDIES[name].comparisons:
                fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
                for specs in comparison.specs(fingerprint).values():
                    for spec in specs:
                        if not store.best_runs([spec.identity], 10, device.name):
                            beside = "other programs used 1.2 of 2 cores" if spec.seed >= disturbed else None
                            finish(spec, [0.6, 0.7] + [0.65] * 8, device=device.name, contended=beside)

    return train


def test_runs_go_into_the_first_bundle_that_has_them(store, trained, device, tmp_path):
    trained("line_up", "recurrence")
    rows = study(store, ["line_up", "recurrence"], device, "tensorflow", tmp_path / "new" / "folder")
    assert [(row["study"], row["runs"]) for row in rows] == [
        ("line_up", 4 * MORE_SEEDS),
        ("recurrence", 2 * MORE_SEEDS),
    ]
    assert all(run.tags == (TAG,) for run in store.runs())
    there = RunnerStore(tmp_path / "there")
    for row in rows:
        import_bundle(there, tmp_path / row["file"])
    assert {run.identity for run in there.runs()} == {run.identity for run in store.runs()}
    with_weights = [run.spec for run in there.runs() if BEST_WEIGHTS in run.files]
    assert sorted(spec.architecture for spec in with_weights) == sorted(
        ["flatten", "lstm", "gru", "conv1d", "no_recurrence", "simple_rnn"]
    )
    assert {spec.seed for spec in with_weights} == {0}


def test_what_is_cached_is_not_trained_again(store, trained, device):
    trained("layers")
    rows = study(store, ["layers"], device, "tensorflow", show_progress=False)
    assert [row["state"] for row in rows] == ["finished"] * 15  # three architectures, five seeds
    assert len(store.runs()) == 15


def test_seeds_beyond_those_of_a_first_verdict_may_have_been_disturbed(store, trained, device, tmp_path):
    trained("line_up", disturbed=MIN_SEEDS)
    (row,) = study(store, ["line_up"], device, "tensorflow", tmp_path, show_progress=False)
    assert row["runs"] == 4 * MORE_SEEDS


def test_what_was_disturbed_is_no_reference(store, trained, device, tmp_path):
    trained("line_up", disturbed=MIN_SEEDS - 1)
    with pytest.raises(
        ValueError, match=r"Flatten needs 3 .* Run \d+ was measured while the device was not free \(other"
    ):
        study(store, ["line_up"], device, "tensorflow", tmp_path, show_progress=False)
    assert not list(tmp_path.rglob("*.zip"))
    assert not any(run.tags for run in store.runs())


def test_an_unknown_study_is_named(store, device):
    with pytest.raises(ValueError, match="There is no study “lineup”; there are: line_up, "):
        study(store, ["lineup"], device, "tensorflow")


def test_what_is_only_queued_is_not_written(store, device, tmp_path):
    with pytest.raises(ValueError, match="leave out --to or --no-wait"):
        study(store, [], device, "tensorflow", tmp_path, wait=False)


def test_a_bundle_holds_no_more_than_one_asks_for(store, trained, device, tmp_path):
    trained("layers")
    (row,) = study(store, ["layers"], device, "tensorflow", tmp_path, show_progress=False)
    with zipfile.ZipFile(row["file"]) as bundle:
        names = bundle.namelist()
    assert sum(name.endswith("run.json") for name in names) == 15  # three architectures, five seeds
    assert sum(name.endswith(BEST_WEIGHTS) for name in names) == 3
