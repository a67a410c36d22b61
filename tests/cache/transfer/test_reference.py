import pytest

from cache.browsing import annotations
from cache.core.paths import reference_folder
from cache.store.runner_store import RunnerStore
from cache.tasks.text_tasks import ReadTestTexts
from cache.transfer.bundles import export_bundle
from cache.transfer.reference import KNOWN, bring_in, read_texts


@pytest.fixture
def folder(store, finish, small_spec, tmp_path):
    """Two bundles, of two runs and of one."""
    folder = tmp_path / "bundles" / "a device"
    folder.mkdir(parents=True)
    runs = [finish(small_spec(seed=seed), [0.6, 0.7]).id for seed in range(3)]
    export_bundle(store, runs[:2], folder / "first.zip")
    export_bundle(store, runs[2:], folder / "second.zip")
    return folder.parent


@pytest.fixture
def fresh(tmp_path):
    return RunnerStore(tmp_path / "fresh")


def test_a_new_cache_has_the_reference_runs(fresh, folder):
    assert bring_in(fresh, folder) == []
    assert [run.spec.seed for run in fresh.runs()] == [0, 1, 2]
    assert all(run.imported_at for run in fresh.runs())


def test_they_are_brought_in_once(fresh, folder):
    bring_in(fresh, folder)
    annotations.delete(fresh, [1])
    annotations.purge(fresh, [1])
    assert bring_in(fresh, folder) == []
    assert [run.id for run in fresh.runs()] == [2, 3]


def test_a_bundle_that_is_added_later_is_brought_in_then(fresh, folder):
    later = (folder / "a device" / "second.zip").rename(folder / "second.zip.later")
    bring_in(fresh, folder)
    assert len(fresh.runs()) == 2
    later.rename(folder / "third.zip")
    assert bring_in(fresh, folder) == []
    assert len(fresh.runs()) == 3


def test_a_damaged_bundle_costs_no_other(fresh, folder):
    (folder / "a device" / "first.zip").write_bytes(b"PK")
    (problem,) = bring_in(fresh, folder)
    assert problem.startswith("The reference runs in first.zip could not be brought in: The bundle is no zip file")
    assert len(fresh.runs()) == 1


@pytest.mark.parametrize("text", ["", "{", "{}", "[1, null]", "[" * 100_000])
def test_what_was_brought_in_may_be_forgotten(fresh, folder, text):
    bring_in(fresh, folder)
    (fresh.root / KNOWN).write_text(text)
    assert bring_in(fresh, folder) == []
    assert len(fresh.runs()) == 3


def test_runs_of_ones_own_stay_as_they_are(store, folder):
    before = store.runs()
    assert bring_in(store, folder) == []
    assert store.runs() == before


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_there_may_be_none(fresh, folder, tmp_path):
    assert bring_in(fresh, folder and tmp_path / folder) == []


def test_where_they_are(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLL_REFERENCE", str(tmp_path))
    assert reference_folder() == tmp_path
    monkeypatch.setenv("UNROLL_REFERENCE", "")
    assert reference_folder() is None
    monkeypatch.delenv("UNROLL_REFERENCE")
    assert (reference_folder().parent.name, reference_folder().name) == ("cache", "reference")


def test_the_test_texts_of_their_datasets_are_read_where_no_network_is_needed(fresh, folder, monkeypatch):
    asked = []
    monkeypatch.setattr(ReadTestTexts, "start", lambda task, store: asked.append(task.dataset))
    bring_in(fresh, folder)
    read_texts(fresh)
    assert asked == ["rotten_tomatoes"]
