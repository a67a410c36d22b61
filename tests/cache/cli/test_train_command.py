import json

import pytest

from cache.cli.train_command import comparison
from cache.store.runs import FINISHED, QUEUED
from models.experiments.spec import Training
from models.text.encoding import TextEncoding
from tests.cache.cli.conftest import SMALL

SHARED = {
    "dataset_name": "imdb",
    "train_examples": None,
    "encoding": TextEncoding(),
    "training": Training(),
    "epochs": 1,
    "num_seeds": 1,
}


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
    assert "1 of 1 run cached, 0 to train" in run(*again, "--epochs", "2")[2]


def test_training_waits_shows_progress_and_prints_a_table_then_it_is_cached(run, trained_here, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr.isatty", lambda: True)
        status, out, err = run("train", "flatten", "--seeds", "1", "--epochs", "2", *SMALL)
    assert status == 0 and out.startswith("run ") and "finished" in out
    assert "0 of 1 run cached, 1 to train" in err and "2/2" in err
    status, _, err = run("train", "flatten", "--seeds", "1", "--epochs", "1", *SMALL)
    assert status == 0 and err.startswith("1 of 1 run cached, 0 to train") and err.count("\n") == 1
    (only,) = run.store.runs()
    assert only.state == FINISHED

    status, out, _ = run("list", "--json")
    assert [row["run"] for row in json.loads(out)] == [only.id]
    status, out, _ = run("show", str(only.id))
    assert "Flatten() → (320,): 0" in out and only.identity in out
    assert json.loads(run("show", str(only.id), "--json")[1])["damaged_files"] == []


def test_weights_after_chosen_epochs_are_kept_if_asked_for(run, monkeypatch):
    monkeypatch.setattr("cache.cli.train_command.ensure_runners", lambda store: [])
    words = ["train", "flatten", "--epochs", "5", "--seeds", "1", *SMALL, "--no-wait"]
    status, _, err = run(*words, "--keep-weights")
    assert status == 0 and "Weights are kept after epochs 1, 2, 3 and 5: about 0." in err
    assert [each.keeps_weights for each in run.store.runs()] == [True]
    _, _, err = run(*words[:1], "gru", *words[2:])
    assert "Weights are kept" not in err and [each.keeps_weights for each in run.store.runs()] == [True, False]


def test_runs_are_trained_together_if_asked_for(run, monkeypatch):
    monkeypatch.setattr("cache.cli.train_command.ensure_runners", lambda store: [])
    monkeypatch.setattr("cache.execution.room.usable_cores", lambda: 8)
    monkeypatch.setattr("cache.execution.room.quota_cores", lambda: None)
    monkeypatch.setattr("cache.execution.room.total_bytes", lambda: 10**12)
    words = ["train", "flatten", "--epochs", "5", "--seeds", "2", *SMALL, "--no-wait"]
    status, _, err = run(*words, "--together")
    assert status == 0 and "2 to train, up to 8 at once on" in err
    assert [each.together for each in run.store.runs()] == [True, True]
    _, _, err = run(*words[:1], "gru", *words[2:])
    assert "at once" not in err and [each.together for each in run.store.runs()] == [True, True, False, False]
    assert len(json.loads(run("list", "together=yes", "--json")[1])) == 2
    assert "together: True" in run("show", "1")[1]


def test_runs_in_the_queue_are_counted_on_stderr(run, monkeypatch):
    monkeypatch.setattr("cache.cli.train_command.ensure_runners", lambda store: [])
    words = ["train", "flatten", "--seeds", "1", *SMALL, "--no-wait"]
    run(*words)
    _, out, err = run(*words)
    assert err.startswith("0 of 1 run cached, 1 in training or waiting, 0 to train on") and out.startswith("run ")


def test_nothing_is_announced_if_nothing_is_queued(run, monkeypatch):
    monkeypatch.setenv("UNROLL_MAX_QUEUE", "1")
    status, out, err = run("train", "flatten", "--seeds", "2", *SMALL, "--no-wait")
    assert (status, out) == (1, "") and "to train" not in err and len(err.splitlines()) == 1


def test_interrupted_training_prints_how_to_stop_its_runs(run, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("cache.cli.train_command.ensure_runners", lambda store: [])
    monkeypatch.setattr("cache.cli.train_command.time.sleep", interrupt)
    status, _, err = run("train", "flatten", "--seeds", "2", *SMALL)
    root = run.store.root
    assert status == 130
    assert err.endswith(f"The runs go on; “python -m cache --cache {root} cancel 1 2” stops them.\n")


@pytest.mark.parametrize("command", [["train", "flatten", *SMALL], ["study", "line_up"]], ids=lambda words: words[0])
def test_a_backend_that_cannot_train_here_is_refused_before_anything_is_queued(run, monkeypatch, command):
    monkeypatch.setattr("models.experiments.engines.find_spec", lambda name: None)
    status, out, err = run(*command, "--backend", "jax", "--no-wait")
    assert (status, out) == (1, "") and run.store.runs() == []
    assert err.startswith("JAX is not installed here: install it with “pip install jax==0.10.2”")
    monkeypatch.setenv("KERAS_BACKEND", "mxnet")
    assert run(*command, "--no-wait")[2].startswith("KERAS_BACKEND is “mxnet”; Unroll trains with one of: tensorflow,")
    assert run.store.runs() == []


@pytest.mark.parametrize(("named", "backend"), [("torch", "torch"), ("", "tensorflow")])
def test_keras_backend_chooses_the_default(run, monkeypatch, named, backend):
    monkeypatch.setattr("models.experiments.engines.find_spec", lambda name: name)
    monkeypatch.setattr("cache.cli.train_command.ensure_runners", lambda store: [])
    monkeypatch.setenv("KERAS_BACKEND", named)
    assert run("train", "flatten", "--seeds", "1", *SMALL, "--no-wait")[0] == 0
    assert [each.spec.training.backend for each in run.store.runs()] == [backend]
