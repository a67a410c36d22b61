import shutil
import subprocess
import sys

import pytest

from cache.__main__ import main
from cache.cli.command_line import BROKEN_PIPE
from cache.core.processes import PROJECT_ROOT
from cache.transfer.bundles import export_bundle


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["train", "lstm", "--set", "units=many"],
            "--set units=VALUE[,VALUE…] wants whole numbers, not “many” as in “many”.",
        ),
        (
            ["train", "lstm", "--set", "units=16,,32"],
            "--set units=VALUE[,VALUE…] wants whole numbers, not “” as in “16,,32”.",
        ),
        (
            ["train", "lstm_dropout", "--set", "dropout=0.1,half"],
            "--set dropout=VALUE[,VALUE…] wants numbers such as 0.25, not “half” as in “0.1,half”.",
        ),
        (
            ["train", "lstm_merged", "--set", "merge_mode=max"],
            "--set merge_mode=VALUE[,VALUE…] wants words among concat, sum, mul, ave, not “max” as in “max”.",
        ),
        (
            ["train", "lstm_dropout", "--set", "dropout=nan"],
            "dropout must be a number from 0 to 0.9 in hundredths, not nan",
        ),
        (["train", "lstm", "--set", "units"], "--set wants NAME=VALUE[,VALUE…], not “units”"),
        (["train", "lstm", "--set", "heads=2"], "None of the chosen architectures has a hyperparameter “heads”"),
        (["train", "lstm", "--set", "units=0"], "units must be a whole number from 1 to 4096"),
        (["train", "lstm", "--epochs", "0"], "at least one epoch"),
        (["train", "lstm", "--device", "gpu:9"], "no usable device “gpu:9”"),
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
        (["import", "/nowhere/runs.zip"], "There is no file or folder /nowhere/runs.zip."),
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
        (["export", "--where", "lstm", "--to", "nowhere.zip"], "No run matches “lstm”."),
        (["export", "1", "--to", "/no/where.zip"], "There is no folder /no"),
        (["export", "1", "--as", "csv", "--weights", "--to", "x.zip"], "--weights go into a bundle only"),
        (["list", "--limit", "0"], "--limit must be at least 1"),
        (["export", "1", "--to", "."], ". is there already"),
        (["import", "nowhere.zip"], "nowhere.zip"),
        (["gc", "everything"], "nothing called 'everything' to free"),
        (["cancel", "7"], "There is no run 7."),
        (["train", "lstm", "--loop", "epochs"], "Only JAX trains whole epochs as one program: choose the backend jax"),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(run, words, message):
    status, _, err = run(*words)
    assert status == 1
    assert message in err and len(err.strip().splitlines()) == 1
    assert run.store.runs() == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["show", "abc"], "Run: must be a whole number, not “abc”;"),
        (["train", "lstm", "--epochs", "five"], "--epochs: must be a whole number, not “five”;"),
        (["train", "lstm", "--learning-rate", "fast"], "--learning-rate: must be a number such as 0.001, not “fast”;"),
        (["train", "lstm", "--engine", "tf"], "--backend/--engine: invalid choice: “tf”"),
        (["train", "lstm", "--loop", "all"], "--loop: invalid choice: “all”"),
        (["lst"], "Command: invalid choice: “lst”"),
        (["cancel"], "The following arguments are required: run;"),
    ],
)
def test_what_cannot_be_read_as_a_command_is_one_sentence(capsys, words, expected):
    with pytest.raises(SystemExit) as ended:
        main(words)
    error = capsys.readouterr().err
    assert ended.value.code == 2 and error.startswith(expected) and error.count("\n") == 1
    assert error.endswith(" --help”.\n")


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["--help"],
        *(pytest.param(words, marks=pytest.mark.slow) for words in (["datasets"], ["gc"], ["show", "1"])),
    ],
    ids=" ".join,
)
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


@pytest.mark.parametrize("words", [["list"], ["gc"], ["health"], ["backup", "x.tar"], ["train", "lstm"], ["datasets"]])
def test_a_folder_with_other_files_does_not_become_a_cache(run, tmp_path, words):
    folder = tmp_path / "thesis"
    (folder / "runs").mkdir(parents=True)
    (folder / "chapter.tex").touch()
    status, _, err = run(*words, cache=folder)
    assert status == 1 and err.startswith(f"{folder} holds no cache, but other files: name another folder with --cache")
    assert {each.name for each in folder.iterdir()} == {"runs", "chapter.tex"}
    status, _, err = run(*words, cache=folder / "chapter.tex")
    assert status == 1 and err.startswith(f"{folder / 'chapter.tex'} is a file: name the folder of a run cache")


def test_an_empty_folder_and_a_cache_without_its_database_are_caches(run, store, finish, small_spec, tmp_path):
    (tmp_path / "volume" / "lost+found").mkdir(parents=True)
    assert run("list", cache=tmp_path / "volume")[:2] == (0, "No runs.\n")
    finish(small_spec(), [0.8])
    for file in store.root.glob("runs.sqlite*"):
        file.unlink()
    (store.root / "runs.lock").unlink()
    assert run("list", cache=store.root)[0] == 0


def test_a_restored_backup_names_its_folder_for_the_shell(run, store, tmp_path):
    assert run("backup", str(tmp_path / "b.tar"), cache=store.root)[0] == 0
    out = run("restore-backup", str(tmp_path / "b.tar"), "--to", str(tmp_path / "x ö"))[1]
    assert out.endswith(f"UNROLL_CACHE='{tmp_path}/x ö' uses it.\n")
