import json
import os

from cache.core.checksums import checksum
from cache.store.manifest import MANIFEST, RunManifest
from cache.store.store import RunStore


def test_a_run_from_before_there_were_records_gets_one_and_survives_the_database(store, finish, small_spec):
    old, new = finish(small_spec(), [0.8, 0.9]), finish(small_spec(seed=1), [0.7])
    (store.files_dir(old.id) / MANIFEST).unlink()
    with store.db.transaction() as db:
        files = {name: each for name, each in old.files.items() if name != MANIFEST}
        db.execute("UPDATE runs SET files = ? WHERE id = ?", (json.dumps(files), old.id))
    again = RunStore(store.root)
    run = again.run(old.id)
    assert run.files[MANIFEST] == checksum(again.files_dir(old.id) / MANIFEST)
    assert RunManifest.from_json((again.files_dir(old.id) / MANIFEST).read_text()).spec == old.spec
    assert again.damaged_files(run) == [] and again.run(new.id) == new

    for path in store.root.glob("runs.sqlite*"):
        path.unlink()
    rebuilt = RunStore(store.root)
    assert (rebuilt.run(old.id).spec, rebuilt.epochs([old.id])) == (old.spec, store.epochs([old.id]))


def test_a_run_without_files_is_left_as_it_is(store, finish, small_spec):
    run = finish(small_spec(), [0.8])
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET files = '{}' WHERE id = ?", (run.id,))
    assert RunStore(store.root).run(run.id).files == {}


def test_requests_that_an_earlier_version_kept_as_files_are_removed(store, finish, small_spec):
    run, folder = finish(small_spec(), [0.8]), store.root / "generating"
    folder.mkdir()
    for name in ("0f.request.json", "0f.answer.json", "process.json"):
        (folder / name).write_text("{}")
    os.utime(store.database_file)  # or this process has looked already
    assert RunStore(store.root).run(run.id) == run and store.damaged_files(run) == []
    assert [file.name for file in folder.iterdir()] == ["process.json"]


def test_copies_of_packaged_texts_that_an_earlier_version_made_are_removed(store):
    (store.root / "tfds" / "unroll_imdb_reviews" / "1.0.0").mkdir(parents=True)
    for name in ("imdb.0f0f.texts.parquet", "ag_news_subset.texts.parquet", "imdb_reviews.texts.parquet"):
        (store.root / "tfds" / name).touch()
    os.utime(store.database_file)
    RunStore(store.root)
    kept = sorted(path.name for path in (store.root / "tfds").iterdir())
    assert kept == ["ag_news_subset.texts.parquet", "imdb_reviews.texts.parquet"]
