import json
import subprocess
import sys
from pathlib import Path

from cache.core.processes import PROJECT_ROOT
from cache.inference.request_store import PREPARED, Scratch, request_store
from cache.store.store import RunStore

USE = """
import sys
from pathlib import Path
from cache.inference.request_store import request_store
from cache.store.store import RunStore
print(request_store(RunStore(Path(sys.argv[1]), read_only=True)).root)
"""


def test_scratch_has_what_the_cache_has_and_writes_nothing_into_it(store, tmp_path):
    version = store.root / "tfds" / "reviews" / "1.0.0"
    vocabulary = store.root / "encoded" / "tokenizers" / "words.json"
    for file in (
        version / PREPARED,
        version.parents[1] / "reviews.lock",
        version.parents[1] / "downloads" / "x",
        vocabulary,
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    (tmp_path / "scratch").mkdir()
    scratch = Scratch.of(store, tmp_path / "scratch")
    folder = scratch.root / "tfds"
    assert (folder / "reviews" / "1.0.0" / PREPARED).read_text() == "{}"
    assert sorted(path.name for path in folder.iterdir()) == ["reviews"]
    assert json.loads((scratch.root / "encoded" / "tokenizers" / "words.json").read_text()) == {}
    (folder / "reviews" / "2.0.0").mkdir()
    (scratch.root / "encoded" / "tokenizers" / "subwords.json").write_text("{}")
    assert [path.name for path in version.parent.iterdir()] == ["1.0.0"]
    assert [path.name for path in vocabulary.parent.iterdir()] == ["words.json"]


def test_scratch_goes_with_its_process(store):
    command = [sys.executable, "-c", USE, str(store.root)]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    root = done.stdout.strip()
    assert Path(root).is_absolute() and not Path(root).exists()


def test_scratch_of_a_process_that_was_killed_goes_with_the_next_one(store):
    command = [sys.executable, "-c", f"{USE}\nimport os; sys.stdout.flush(); os._exit(1)", str(store.root)]
    left = Path(subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60).stdout.strip())
    assert left.is_dir()
    request_store(RunStore(store.root, read_only=True))
    assert not left.exists()


def test_cache_that_may_be_changed_keeps_its_requests_itself(store):
    assert request_store(store) is store
