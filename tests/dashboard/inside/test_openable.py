"""Which models can be opened: runs with weights, architectures before training, and other seeds of a run."""

from dataclasses import replace

import pytest

from dashboard.inside.openable import Openable, other_seeds, trained_models, untrained_models
from dashboard.shell.defaults import DEFAULTS
from models.architectures import ARCHITECTURES
from models.data.memory_tests import ONE_CUE, memory_dataset
from models.experiments.comparison import COMPOSED
from models.experiments.spec import Training
from models.stacks import named_stacks
from models.stacks.named_stacks import save_stack
from models.stacks.stack_parser import parse_stack
from models.tasks import CLASSIFICATION, NEXT_WORD


def titles(models):
    return [model.title for model in models.values()]


def test_runs_with_weights_are_offered_the_latest_first(store, small_spec, finish):
    runs = [finish(small_spec("lstm", seed=seed), [0.8]) for seed in range(3)]
    (store.files_dir(runs[1].id) / "best_weights.npz").unlink()
    assert titles(trained_models(store)) == [runs[2].title, runs[0].title]


def test_run_that_a_link_names_is_offered_however_old_it_is(store, small_spec, finish, monkeypatch):
    monkeypatch.setattr("dashboard.inside.openable.MAX_OFFERED", 1)
    runs = [finish(small_spec("lstm", seed=seed), [0.8]) for seed in range(3)]
    assert titles(trained_models(store)) == [runs[2].title]
    assert titles(trained_models(store, [runs[0].title, "LSTM (run 77)", "x"])) == [runs[2].title, runs[0].title]


@pytest.mark.parametrize("change", ['"architecture_version":77', '"architecture_version":'])
def test_run_of_another_version_is_left_out(store, small_spec, finish, change):
    run = finish(small_spec("lstm"), [0.8])
    with store.db.transaction() as db:
        text = run.spec_json.replace('"architecture_version":1', change)
        db.execute("UPDATE runs SET spec = ? WHERE id = ?", (text, run.id))
    assert trained_models(store) == {}


def test_every_other_architecture_can_be_opened_before_training(store, small_spec, finish):
    run = finish(small_spec("lstm", seed=3), [0.8])
    trained = trained_models(store)
    found = untrained_models(store, trained, "tensorflow")
    expected = {each.title for each in ARCHITECTURES.values()} - {"LSTM", "Composed"}
    assert {f"{title}, not trained" for title in expected} == set(titles(found))
    for key, model in found.items():
        assert key == model.id == model.spec.to_json() and model.run is None
        assert (model.spec.dataset, model.spec.seed) == (run.spec.dataset, 0)
    gru = next(model for model in found.values() if model.label == "GRU")
    assert (gru.spec.encoding, gru.spec.train_examples) == (run.spec.encoding, run.spec.train_examples)


def test_composed_stacks_are_among_them_by_their_names(store, monkeypatch):
    save_stack(store.root, "Mine", parse_stack("Embedding(16) → Flatten()"))
    found = untrained_models(store, {}, "tensorflow")
    assert "Composed: Mine, not trained" in titles(found)
    assert {model.spec.encoding for model in found.values() if model.label in ("LSTM", "Composed: Mine")} == {
        DEFAULTS[CLASSIFICATION].encoding
    }
    named_stacks._known.contents = {}, ()


def test_what_cannot_work_with_the_data_is_left_out(store, small_spec, finish):
    dataset = memory_dataset(2, ONE_CUE)
    finish(small_spec("lstm", dataset=dataset.name, fingerprint=dataset.fingerprint(None)), [0.8])
    found = untrained_models(store, trained_models(store), "tensorflow")
    assert found and {model.spec.task for model in found.values()} == {CLASSIFICATION} != {NEXT_WORD}
    assert COMPOSED not in {model.spec.architecture for model in found.values()}


def test_other_seeds_differ_by_the_seed_alone_and_are_nine_at_most(store, small_spec, finish):
    spec = small_spec("lstm")
    runs = [finish(replace(spec, seed=seed), [0.8]) for seed in range(12)]
    finish(replace(spec, training=Training(batch_size=64), seed=20), [0.8])
    finish(small_spec("gru", seed=21), [0.8])
    longer = finish(replace(spec, seed=1), [0.8, 0.9])
    trained = trained_models(store)
    assert other_seeds(trained[runs[0].id], trained) == [run.id for run in runs[1:10]]
    assert other_seeds(trained[longer.id], trained)[:2] == [runs[0].id, runs[2].id]
    untrained = Openable(spec, "LSTM", "LSTM, not trained", None)
    assert other_seeds(untrained, trained) == []
