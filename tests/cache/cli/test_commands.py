import json
import shutil
import subprocess
import sys
import zipfile

import pandas
import psutil
import pytest

from cache.__main__ import main
from cache.browsing import annotations
from cache.cli.command_line import BROKEN_PIPE
from cache.cli.train_command import comparison
from cache.core.processes import PROJECT_ROOT
from cache.store.runs import CANCELLED, FINISHED, QUEUED
from cache.store.store import RunStore
from cache.transfer.bundles import export_bundle
from models.experiments.spec import Training
from models.text.encoding import TextEncoding

SMALL = ["--dataset", "rotten_tomatoes", "--examples", "200", "--vocabulary", "1000", "--length", "20"]
SHARED = {
    "dataset_name": "imdb",
    "train_examples": None,
    "encoding": TextEncoding(),
    "training": Training(),
    "epochs": 1,
    "num_seeds": 1,
}


@pytest.fixture
def run(tmp_path, capsys):
    """Runs a command on a cache of its own; returns (exit status, output, error output)."""

    def command(*words, cache=tmp_path):
        status = main(["--cache", str(cache), *words])
        return status, *capsys.readouterr()

    command.store = RunStore(tmp_path)
    yield command
    if runner := command.store.live_runner("cpu"):
        process = runner.process()
        process.kill()
        psutil.wait_procs([process], timeout=60)


def test_a_line_up_a_sweep_and_seeds_are_queued(run):
    status, out, _ = run(
        "train", "lstm", "flatten", "--set", "units=8,16", "--seeds", "2", *SMALL, "--no-wait", "--json"
    )
    assert status == 0
    rows = json.loads(out)
    assert {(row["architecture"], row["seed"]) for row in rows} == {
        (label, seed) for label in ("LSTM (8 units)", "LSTM (16 units)", "Flatten") for seed in (0, 1)
    }
    assert {row["state"] for row in rows} <= {QUEUED, "running"}
    run.store.cancel(row["run"] for row in rows)


def test_subwords_have_their_own_default_vocabulary(run):
    status, _, _ = run("train", "flatten", "--seeds", "1", "--tokenizer", "subwords", "--no-wait")
    assert status == 0
    run("train", "flatten", "--seeds", "1", "--no-wait")
    run("train", "flatten", "--seeds", "1", "--tokenizer", "subwords", "--vocabulary", "8185", "--no-wait")
    encodings = [queued.spec.encoding for queued in run.store.runs()]
    run.store.cancel(queued.id for queued in run.store.runs())
    assert {(encoding.tokenizer, encoding.vocabulary_size) for encoding in encodings} == {
        ("words", 10_000), ("subwords", 8_000), ("subwords", 8_185)
    }  # fmt: skip
    assert len(json.loads(run("list", "tokenizer=subwords", "--json")[1])) == 2


def test_every_combination_of_swept_values_is_an_entry():
    made = comparison(["lstm", "flatten"], ["units=8,16", "embedding_dim=4,32"], **SHARED)
    assert [(entry.architecture, entry.hyperparameters) for entry in made.entries] == [
        ("lstm", {"units": 8, "embedding_dim": 4}),
        ("lstm", {"units": 8, "embedding_dim": 32}),
        ("lstm", {"units": 16, "embedding_dim": 4}),
        ("lstm", {"units": 16, "embedding_dim": 32}),
        ("flatten", {"embedding_dim": 4}),
        ("flatten", {"embedding_dim": 32}),
    ]


def test_rates_and_words_are_swept_too():
    made = comparison(
        ["lstm_dropout", "lstm_merged"], ["dropout=0,.1,2e-1", "merge-mode=sum,ave", "units=1_0"], **SHARED
    )
    assert [(entry.architecture, entry.hyperparameters) for entry in made.entries] == [
        *(("lstm_dropout", {"dropout": rate, "units": 10}) for rate in (0.0, 0.1, 0.2)),
        *(("lstm_merged", {"merge_mode": mode, "units": 10}) for mode in ("sum", "ave")),
    ]


def test_stacks_are_swept_too_though_commas_are_part_of_them():
    made = comparison(["composed"], ["stack=Embedding(8), LSTM(4, dropout=0.1), Embedding(8) → Flatten()"], **SHARED)
    assert [entry.hyperparameters["stack"] for entry in made.entries] == [
        "Embedding(8), LSTM(4, dropout=0.1)",
        "Embedding(8) → Flatten()",
    ]
    (first, *_), _ = made.specs("0" * 16).values()
    assert first.hyperparameters["stack"] == "Embedding(8) → LSTM(4, dropout=0.1)"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_composed_stack_is_trained_and_learns_and_is_cached(run):
    """5,000 IMDB reviews, three epochs in small batches. Chance is 50 ± 1%."""
    stack = "Embedding(16), Residual(MultiHeadAttention(2, 8), Dropout(0.1)), Conv1D(16, 3), GlobalMaxPooling1D()"
    words = ["train", "composed", "--set", f"stack={stack}", "--examples", "5000", "--batch-size", "32", "--seeds", "1"]
    status, out, _ = run(*words, "--epochs", "3", "--json")
    (row,) = json.loads(out[out.index("[") :])
    assert status == 0 and row["state"] == FINISHED and row["test_accuracy"] > 0.7
    assert row["architecture"].startswith("Composed #")
    again = [word.replace(", ", " → ", 1) if word.startswith("stack=") else word for word in words]
    assert "1 of 1 run cached, 0 to train" in run(*again, "--epochs", "2")[1]


def test_training_waits_shows_progress_and_prints_a_table_then_it_is_cached(run, small_data):
    status, out, err = run("train", "flatten", "--seeds", "1", "--epochs", "2", *SMALL)
    assert status == 0
    assert "0 of 1 run cached, 1 to train" in out and "finished" in out
    assert "2/2" in err
    status, out, _ = run("train", "flatten", "--seeds", "1", "--epochs", "1", *SMALL)
    assert status == 0 and "1 of 1 run cached, 0 to train" in out
    (only,) = run.store.runs()
    assert only.state == FINISHED

    status, out, _ = run("list", "--json")
    assert [row["run"] for row in json.loads(out)] == [only.id]
    status, out, _ = run("show", str(only.id))
    assert "Flatten() → (320,): 0" in out and only.identity in out
    assert json.loads(run("show", str(only.id), "--json")[1])["damaged_files"] == []


def test_filters_of_the_list(run):
    run("train", "lstm", "gru", "--seeds", "1", *SMALL, "--no-wait")
    ids = [queued.id for queued in run.store.runs()]
    assert json.loads(run("cancel", *map(str, ids), "--json")[1])
    assert len(json.loads(run("list", "architecture=gru", "--json")[1])) == 1
    assert json.loads(run("list", "state=finished", "--json")[1]) == []
    assert run("list", "state=finished")[1] == "No runs.\n"
    assert {row["state"] for row in json.loads(run("list", "--json")[1])} <= {CANCELLED, "running"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["train", "lstm", "--set", "units=many"],
            "--set wants NAME=VALUE[,VALUE…] with whole numbers, not 'units=many'",
        ),
        (
            ["train", "lstm_dropout", "--set", "dropout=half"],
            "--set wants NAME=VALUE[,VALUE…] with numbers such as 0.25, not 'dropout=half'",
        ),
        (
            ["train", "lstm_merged", "--set", "merge_mode=max"],
            "--set wants NAME=VALUE[,VALUE…] with words among concat, sum, mul, ave, not 'merge_mode=max'",
        ),
        (
            ["train", "lstm_dropout", "--set", "dropout=nan"],
            "dropout must be a number from 0 to 0.9 in hundredths, not nan",
        ),
        (["train", "lstm", "--set", "units"], "--set wants NAME=VALUE[,VALUE…], not 'units'"),
        (["train", "lstm", "--set", "heads=2"], "None of the chosen architectures has a hyperparameter 'heads'"),
        (["train", "lstm", "--set", "units=0"], "units must be a whole number from 1 to 512"),
        (["train", "lstm", "--epochs", "0"], "at least one epoch"),
        (["train", "lstm", "--device", "gpu:9"], "no usable device 'gpu:9'"),
        (["train", "lstm", "--dataset", "imdb_reviews"], "run “python -m cache download imdb_reviews”"),
        (["download", "imdb"], "IMDB reviews needs no download."),
        (["train", "conv1d", "--length", "5", "--set", "kernel_size=9"], "longer than the 5 steps"),
        (
            ["train", "composed", "--set", "stack=Embedding(8), LSTMM(4)"],
            "Layer 2: LSTMM is not a layer; did you mean LSTM?",
        ),
        (["train", "composed", "--set", "stack=Embedding(8), LSTM(4), LSTM(4)"], "the steps are gone"),
        (["train", "lstm", "--learning-rate", "nan"], "learning rate must be above 0"),
        (["train", "lstmm"], "There is no architecture “lstmm”; did you mean “lstm”?"),
        (["train", "xyzzy"], "There is no architecture “xyzzy”; there are: flatten, no_recurrence, "),
        (["train", "lstm", "--dataset", "imbd"], "There is no dataset “imbd”; did you mean “imdb”?"),
        (["show", "7"], "There is no run 7."),
        (["import", "/nowhere/runs.zip"], "“runs.zip” cannot be read: No such file or directory"),
        (["add-vectors", "/nowhere/x.txt"], "There is no file or folder /nowhere/x.txt."),
        (["add-dataset", "/nowhere/x.csv"], "There is no file or folder /nowhere/x.csv."),
        (
            ["export", "7", "--to", "x.csv"],
            "“x.csv”: with --as bundle the file's name ends in .zip; for a .csv file add",
        ),
        (["export", "7", "--to", "x"], "“x”: with --as bundle the file's name ends in .zip."),
        (
            ["export", "7", "--as", "csv", "--to", "x.txt"],
            "“x.txt”: with --as csv the file's name ends in .csv or .zip.",
        ),
        (["export", "7", "--as", "csv", "--to", "x.parquet"], "for a .parquet file add --as parquet."),
        (
            ["export", "7", "--as", "tensorboard", "--to", "x.csv"],
            "with --as tensorboard the file's name ends in .zip;",
        ),
        (["list", "unitz=3"], "There is no field “unitz”"),
        (["list", "--sort", "beauty"], "There is no field “beauty”"),
        (["rm", "7"], "There is no run 7."),
        (["rm"], "No run was chosen"),
        (["restore", "7"], "There is no run 7."),
        (["retry", "7"], "There is no run 7."),
        (["export", "7", "--to", "nowhere.zip"], "There is no run 7."),
        (["export", "--where", "lstm", "--to", "nowhere.zip"], "No run matches “lstm state=finished”"),
        (["export", "1", "--to", "/no/where.zip"], "There is no folder /no"),
        (["export", "1", "--as", "csv", "--weights", "--to", "x.zip"], "--weights go into a bundle only"),
        (["list", "--limit", "0"], "--limit must be at least 1"),
        (["export", "1", "--to", "."], ". is there already"),
        (["import", "nowhere.zip"], "nowhere.zip"),
        (["gc", "everything"], "nothing called 'everything' to free"),
        (["cancel", "7"], "There is no run 7."),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(run, words, message):
    status, _, err = run(*words)
    assert status == 1
    assert message in err and len(err.strip().splitlines()) == 1
    assert run.store.runs() == []


@pytest.fixture
def cached(run, store, monkeypatch):
    """Runs a command on the cache ``store``, on which nothing is trained; returns what it prints as JSON."""
    monkeypatch.setattr("cache.cli.run_commands.ensure_runners", lambda store: [])

    def command(*words):
        status, out, err = run(*words, "--json", cache=store.root)
        assert status == 0, err
        return json.loads(out)

    command.store = store
    return command


def test_runs_are_exported_imported_removed_and_taken_back(cached, finish, small_spec, tmp_path):
    ids = [finish(small_spec(name), [0.8, 0.9]).id for name in ("lstm", "gru")]
    for kind in ("csv", "parquet", "tensorboard"):
        assert cached("export", *map(str, ids), "--as", kind, "--to", str(tmp_path / f"{kind}.zip"))["runs"] == 2
    assert [row["run"] for row in cached("rm", "--where", "lstm")] == [ids[0]]
    assert [row["run"] for row in cached("list")] == [ids[1]]
    assert [row["run"] for row in cached("list", "--shelf", "bin")] == [ids[0]]
    cached("restore", str(ids[0]))
    assert [row["run"] for row in cached("list", "--sort", "run", "--ascending")] == ids
    cached("rm", str(ids[0]), "--for-good")
    assert [run.id for run in cached.store.runs()] == [ids[1]]


def test_queries_with_or_and_not_find_and_export_runs(cached, finish, small_spec, tmp_path):
    ids = [finish(small_spec(name), [0.8]).id for name in ("lstm", "gru", "flatten")]
    (waiting,) = cached.store.submit([small_spec("lstm", seed=1)], 2, "cpu")
    cached.store.cancel([waiting])
    for words in (["lstm or gru"], ["lstm", "or", "gru"], ["(lstm or gru)"], ["not flatten"], ["not", "flatten"]):
        assert {row["run"] for row in cached("list", *words)} == {*ids[:2], waiting}, words
    assert cached("export", "--where", "lstm or gru", "--to", str(tmp_path / "both.zip"))["runs"] == 2


def test_gc_says_what_there_is_and_frees_only_what_is_named(cached, finish, small_spec):
    finish(small_spec(), [0.8])
    finish(small_spec(), [0.8, 0.9])
    rows = {row["kind"]: row for row in cached("gc")}
    assert rows["superseded"]["items"] == 1 and not any(row["freed"] for row in rows.values())
    assert len(cached.store.runs()) == 2
    rows = {row["kind"]: row for row in cached("gc", "superseded")}
    assert rows["superseded"]["freed"] and not rows["states"]["freed"]
    assert [run.epochs for run in cached.store.runs()] == [2]


def test_a_failed_run_is_tried_again(cached, small_spec):
    (run_id,) = cached.store.submit([small_spec()], 1, "cpu")
    cached("cancel", str(run_id))
    (row,) = cached("retry", str(run_id))
    assert row["run"] != run_id and row["state"] == QUEUED


def test_what_changes_nothing_says_so(cached, run, finish, small_spec):
    ended = finish(small_spec(), [0.8])
    for words, message in (
        (["cancel", str(ended.id)], f"Run {ended.id} is finished: only what waits or trains can be cancelled."),
        (["restore", str(ended.id)], f"Run {ended.id} is not in the bin."),
    ):
        status, _, err = run(*words, cache=cached.store.root)
        assert (status, err.strip()) == (1, message)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "abc"], "Run: must be a whole number, not “abc”;"),
        (["train", "lstm", "--epochs", "five"], "--epochs: must be a whole number, not “five”;"),
        (["train", "lstm", "--learning-rate", "fast"], "--learning-rate: must be a number such as 0.001, not “fast”;"),
        (["train", "lstm", "--engine", "tf"], "--backend/--engine: invalid choice: 'tf'"),
        (["lst"], "Command: invalid choice: 'lst'"),
        (["cancel"], "The following arguments are required: run;"),
    ],
)
def test_what_cannot_be_read_as_a_command_is_one_sentence(capsys, words, says):
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.startswith(says) and said.count("\n") == 1 and "--help” says" in said


def test_one_string_may_hold_a_whole_query(cached, finish, small_spec):
    first = finish(small_spec("lstm"), [0.8])
    second = finish(small_spec("lstm", hyperparameters={"units": 8}), [0.8])
    other = finish(small_spec("gru", hyperparameters={"units": 8}), [0.8])
    annotations.rename(cached.store, other.id, "units of the paper")

    def found(*words):
        return {row["run"] for row in cached("list", *words)}

    assert found("lstm units=8") == found("lstm", "units=8") == found("units=8 lstm") == {second.id}
    assert found("lstm units>=8 state=finished") == found("lstm", "units>=8", "state=finished") == {first.id, second.id}
    assert found("units of the paper") == found("name=units of the paper") == {other.id}  # as it stands comes first
    assert found("lstm units=9") == set()


def test_one_string_that_is_no_query_says_so(cached, run):
    assert (
        run("list", "lstm unitz=8", cache=cached.store.root)[2] == "There is no field “unitz”; did you mean “units”?\n"
    )
    assert run("list", "Anna's run", cache=cached.store.root)[1] == "No runs.\n"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_one_table_is_a_file_of_its_kind(cached, finish, small_spec, tmp_path, kind):
    ids = [finish(small_spec(name), [0.8, 0.9]).id for name in ("lstm", "gru")]
    for name in (f"t.{kind}", f"T.{kind.upper()}"):
        said = cached("export", *map(str, ids), "--as", kind, "--to", str(tmp_path / name))
        assert said["runs"] == 2 and "The table of runs" in said["note"] and "ends in .zip" in said["note"]
        table = getattr(pandas, f"read_{kind}")(tmp_path / name)
        assert table["id"].tolist() == ids and table["test_accuracy"].tolist() == [0.89, 0.89]
        assert table["dataset_title"].tolist() == ["Rotten Tomatoes sentences"] * 2
    both = cached("export", *map(str, ids), "--as", kind, "--to", str(tmp_path / "t.zip"))
    assert "note" not in both
    with zipfile.ZipFile(tmp_path / "t.zip") as archive:
        assert archive.namelist() == [f"runs.{kind}", f"epochs.{kind}"]
        assert archive.read(f"runs.{kind}") == (tmp_path / f"t.{kind}").read_bytes()


@pytest.mark.parametrize("words", [["list"], ["datasets", "--json"], ["--help"], ["gc"], ["show", "1"]], ids=" ".join)
def test_a_reader_that_goes_early_ends_a_command_quietly(store, finish, small_spec, words):
    finish(small_spec(), [0.8])
    command = [sys.executable, "-m", "cache", "--cache", str(store.root), *words]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()  # before anything is written, as head may be gone
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) in (BROKEN_PIPE, *([0] if words == ["--help"] else []))  # argparse's own


def test_a_fresh_clone_shows_the_reference_runs(run, finish, small_spec, store, tmp_path, monkeypatch):
    bundles, fresh = tmp_path / "reference", tmp_path / "fresh"
    bundles.mkdir()
    export_bundle(store, [finish(small_spec(), [0.8]).id], bundles / "one.zip")
    monkeypatch.setenv("UNROLL_REFERENCE", str(bundles))
    monkeypatch.setenv("UNROLL_CACHE", str(fresh))
    for words in (["list"], ["show", "1"], ["export", "1", "--to", str(tmp_path / "out.zip")]):
        status, out, err = run(*words, "--json", cache=fresh)
        assert status == 0 and err.startswith("Making the run cache in") and '"run' in out
        shutil.rmtree(fresh)
    for words in (["health"], ["backup", str(tmp_path / "x.tar")]):  # these look, and change nothing
        assert run(*words, cache=fresh)[0] == 1 and not fresh.exists()
    status, _, err = run("list", cache=tmp_path / "mistyped")
    assert status == 1 and "There is no run cache in" in err and not (tmp_path / "mistyped").exists()


def test_a_cache_that_is_not_there_is_not_made_by_looking(run, tmp_path):
    status, _, err = run("list", cache=tmp_path / "nowhere")
    assert status == 1 and "There is no run cache in" in err
    assert not (tmp_path / "nowhere").exists()


def test_weights_after_chosen_epochs_are_kept_if_asked_for(run, monkeypatch):
    monkeypatch.setattr("cache.cli.train_command.ensure_runners", lambda store, backend: [])
    words = ["train", "flatten", "--epochs", "5", "--seeds", "1", *SMALL, "--no-wait"]
    status, out, _ = run(*words, "--keep-weights")
    assert status == 0 and "Weights are kept after epochs 1, 2, 3 and 5: about 0." in out
    assert [each.keeps_weights for each in run.store.runs()] == [True]
    _, out, _ = run(*words[:1], "gru", *words[2:])
    assert "Weights are kept" not in out and [each.keeps_weights for each in run.store.runs()] == [True, False]
