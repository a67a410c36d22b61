"""Word vectors through the commands, the store, and a real runner with a real worker."""

import json

import pytest

from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.cli.train_command import comparison
from cache.operations.storage import free, freeable, usage
from cache.store.runs import FINISHED
from cache.store.store import RunStore
from cache.tasks.add_vectors import UPLOADS
from cache.transfer.bundles import export_bundle, import_bundle
from models.experiments.spec import Training
from models.text.encoding import TextEncoding
from models.vectors import word_vectors
from models.vectors.word_vectors import FOLDER, WORD2VEC, registered

QUICK = ("--dataset", "rotten_tomatoes", "--examples", "200", "--epochs", "1", "--seeds", "1", "--length", "20")


@pytest.fixture(autouse=True)
def forget_vectors():
    yield
    word_vectors._known.contents = {}


@pytest.fixture
def glove(tmp_path):
    """A file as GloVe writes it, of frequent words."""
    words = ["the", "a", "and", "of", "to", "film", "movie", "good", "bad", "unheard-of"]
    lines = [f"{word} {place / 10:.4f} {-place / 7:.4f} 0.5" for place, word in enumerate(words)]
    file = tmp_path / "glove.3d.txt"
    file.write_text("\n".join(lines) + "\n")
    return str(file)


NOTES = (
    "Words that are not UTF-8 text, left out: 1 (line 4).",
    "The first line promises 4 words; the file has 3, and all were read.",
)


@pytest.fixture
def odd_vectors(tmp_path):
    """A file whose header is off by one, with a word that is not UTF-8."""
    file = tmp_path / "odd.vec"
    file.write_bytes(b"4 2\nthe 1 2\nfilm 2 1\ncaf\xe9 1 1\n")
    return file


@pytest.mark.slow
def test_vectors_are_added_trained_on_listed_and_deleted(run, glove):
    assert "No word vectors were added yet" in run("vectors")[1]
    status, out, error = run("add-vectors", glove, "--json")
    assert status == 0, error
    added = json.loads(out)
    assert (added["title"], added["words"], added["dimension"]) == ("glove.3d", 10, 3)
    assert "glove.3d" in run("vectors")[1]

    wrong = run("train", "transfer", "--set", "vectors=glove.3d", *QUICK)
    assert wrong[0] == 1 and "have 3 dimensions and embedding_dim is 100: set embedding_dim to 3" in wrong[2]
    sweep = "vectors=glove.3d,word2vec_1", "embedding_dim=3", "embedding=frozen,trainable", "units=4"
    sets = [word for each in sweep for word in ("--set", each)]
    status, out, error = run("train", "transfer", *sets, *QUICK, "--vocabulary", "500", "--json")
    assert status == 0, error
    rows = json.loads(out)
    assert rows[0]["architecture"] == "Transfer (vectors glove.3d, embedding dim 3, 4 units)"
    assert [row["state"] for row in rows] == [FINISHED] * 4
    assert [row["parameters"] - row["trainable_parameters"] for row in rows] == [1_500, 0, 1_500, 0]
    assert "trainable parameters" in run("list")[1] and "Embedding(500, 3, trainable=False)" in run("show", "1")[1]
    trained_on = {run.store.run(row["run"]).spec.vectors for row in rows}
    assert trained_on == {added["vectors"], WORD2VEC}  # without a file, what the dataset itself gives stands in
    assert len(list((run.store.root / "encoded" / "word2vec").glob("*.npy"))) == 1

    most = rows[0]["trainable_parameters"]
    found = list_runs(run.store, parse(f"trainable_parameters<={most}"), sort="trainable_parameters").runs
    assert {each.id for each in found} == {rows[0]["run"], rows[2]["run"]}
    assert run("rm-vectors", added["vectors"])[0] == 0 and registered() == []
    status, _, error = run(
        "train", "transfer", "--set", f"vectors={added['vectors']}", "--set", "embedding_dim=3", *QUICK
    )
    assert status == 1 and "“glove.3d” are not in this cache: add glove.3d.txt" in error
    assert "glove.3d" in run("list")[1]  # its runs are still called so


def test_vectors_that_were_never_here_are_asked_for_before_anything_is_queued(run):
    status, _, error = run("train", "transfer", "--set", "vectors=vectors_0123456789abcdef", *QUICK)
    assert status == 1 and "are not in this cache: add the same file" in error and error.count("\n") == 1
    assert run("train", "transfer", "--set", "vectors=nothing", *QUICK)[0] == 1
    assert not run.store.runs()


def test_what_is_wrong_with_a_file_is_one_line(run, glove, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("a 1 2\nb 1\n")
    run("add-vectors", glove)
    for words, expected in (
        ((str(bad),), "Line 2 has 1 numbers"),
        ((str(tmp_path / "missing.txt"),), "There is no file or folder"),
        ((glove, "--name", "<b>"), "A name has 1 to 60"),
        ((str(bad), "--name", "glove.3d"), "choose another name"),
    ):
        status, out, error = run("add-vectors", *words)
        assert (status, out) == (1, "") and expected in error and error.count("\n") == 1
    assert run("rm-vectors", "vectors_0")[0] == 1


def test_what_was_left_out_of_a_file_is_reported(run, odd_vectors):
    error = run("add-vectors", str(odd_vectors))[1]
    assert all(note in error for note in NOTES)
    again = run("add-vectors", str(odd_vectors), "--name", "Another name")[1]
    assert "These vectors were here already, under the name “odd”." in again


@pytest.mark.parametrize("architecture", ["transfer", "composed"])
def test_vectors_that_a_run_waits_for_are_kept(run, glove, small_spec, architecture):
    name = json.loads(run("add-vectors", glove, "--json")[1])["vectors"]
    stack = {"stack": f'Embedding(3, vectors="{name}") → Flatten()'}
    values = {"transfer": {"vectors": name, "embedding_dim": 3}, "composed": stack}[architecture]
    spec = small_spec(architecture, hyperparameters=values)
    assert spec.vectors == name
    (run_id,) = run.store.submit([spec], 1, "cpu")
    status, _, error = run("rm-vectors", name)
    assert status == 1 and "glove.3d is needed by runs in training or waiting" in error
    run.store.cancel([run_id])
    assert run("rm-vectors", name)[0] == 0


def test_runs_on_vectors_from_elsewhere_are_imported_and_counted(store, finish, small_spec, tmp_path):
    spec = small_spec("transfer", hyperparameters={"vectors": "vectors_" + 16 * "b", "embedding_dim": 3})
    bundle = tmp_path / "runs.zip"
    trained = finish(spec, [0.6])
    export_bundle(store, [trained.id], bundle, weights=[trained.id])
    there = RunStore(tmp_path / "there")
    (run_id,) = import_bundle(there, bundle).new
    found = there.run(run_id)
    assert found.label == "Transfer (embedding dim 3, vectors vectors_bbbbbbbbbbbbbbbb)"
    assert found.num_params - found.num_trainable == 3_000
    assert list_runs(there, parse("trainable_parameters>1")).runs == [found]


def test_imported_runs_call_their_vectors_by_title_and_say_which_file_to_add(
    store, finish, small_spec, glove, tmp_path
):
    with open(glove, "rb") as file:
        added, _ = word_vectors.add_vectors(store.root, file, "glove.3d.txt", "My GloVe")
    spec = small_spec("transfer", hyperparameters={"vectors": added.name, "embedding_dim": 3})
    bundle = tmp_path / "runs.zip"
    export_bundle(store, [finish(spec, [0.6]).id], bundle)
    there = RunStore(tmp_path / "there")
    (run_id,) = import_bundle(there, bundle).new
    assert there.run(run_id).label == "Transfer (embedding dim 3, vectors My GloVe)" and registered() == []
    with pytest.raises(word_vectors.VectorsMissing, match="“My GloVe” are not in this cache: add glove.3d.txt on"):
        word_vectors.require_vectors(added.name)
    with open(glove, "rb") as file:
        word_vectors.add_vectors(there.root, file, "other.txt", "Another title")
    assert [each.title for each in registered()] == ["Another title"]
    assert import_bundle(there, bundle).known == [run_id] and registered()[0].title == "Another title"


def test_vectors_are_called_by_their_title(run, glove, monkeypatch):
    run("add-vectors", glove, "--name", "Small, 3d")
    wanted = {"epochs": 1, "num_seeds": 1, "dataset_name": "imdb", "train_examples": None}
    wanted |= {"encoding": TextEncoding(), "training": Training()}
    made = comparison(["transfer"], ["vectors=small, 3D", "embedding_dim=3"], **wanted)
    assert made.entries[0].hyperparameters["vectors"] == registered()[0].name
    status, _, error = run("train", "transfer", "--set", "vectors=cbow_s20", *QUICK)
    assert (status, error) == (
        1,
        "vectors must be one of “word2vec of the dataset”, “Small, 3d”, not 'cbow_s20'.\n",
    )
    assert run("rm-vectors", "nothing")[2] == "There are no word vectors “nothing” to delete; there are: “Small, 3d”.\n"
    assert run("rm-vectors", "Small, 3D")[0] == 0 and registered() == []


def test_what_killed_processes_left_can_be_freed(store, glove, monkeypatch):
    with open(glove, "rb") as file:
        added, _ = word_vectors.add_vectors(store.root, file, "glove.3d.txt", "Mine")
    for left in (store.root / FOLDER / ".part-killed", store.root / UPLOADS / "left"):
        left.mkdir(parents=True)
    monkeypatch.setattr("cache.operations.storage.SETTLED_SECONDS", -60.0)
    assert usage(store)["Word vectors"] > 100
    assert next(each for each in freeable(store) if each.kind.name == "leftovers").num_items == 2
    free(store, ["leftovers"])
    assert [path.name for path in (store.root / FOLDER).iterdir()] == [added.name]
    assert not list((store.root / UPLOADS).iterdir())
