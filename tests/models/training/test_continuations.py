"""A training that is continued, here or by another process, ends as it would in one go."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow

from models.architectures.registry import Architecture
from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.spec import RunSpec, Training
from models.layers import Dense, Dropout, Embedding, Flatten
from models.training import training
from models.training.events import Done, Started, StateSaved
from models.training.run_files import BEST_WEIGHTS, EPOCH_WEIGHTS, load_arrays, load_epoch_weights
from models.training.training import train
from tests.models.training.trainings import ONE_OF_EACH, OTHERS, curve, run, same_files, with_few_rows

ROOT = Path(__file__).resolve().parents[3]


def go_on(texts_of_specs, root, in_graphs):
    """What the other process does."""
    tensorflow.config.run_functions_eagerly(not in_graphs)
    for number, spec in enumerate(map(RunSpec.from_json, texts_of_specs)):
        start, rest = (root / f"{name} {number}" for name in ("start", "rest"))
        data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, root / "data")
        for _ in train(spec, with_few_rows(data), 2, rest, start):
            pass


def test_a_stack_ends_as_in_one_go_when_another_process_goes_on_with_it(
    small_spec, few_data, data_root, tmp_path, in_graphs
):
    specs = [small_spec("composed", hyperparameters={"stack": stack}) for stack in (ONE_OF_EACH, OTHERS)]
    (tmp_path / "data").symlink_to(data_root)
    for number, spec in enumerate(specs):
        for name in ("straight", "rest"):
            (tmp_path / f"{name} {number}").mkdir()
        for event in train(spec, few_data, 2, tmp_path / f"straight {number}", save_seconds=0):
            if isinstance(event, StateSaved):
                event.folder.rename(tmp_path / f"start {number}")
    arguments = f"{[spec.to_json() for spec in specs]}, Path({str(tmp_path)!r}), {in_graphs}"
    code = f"from pathlib import Path; from {__name__} import go_on; go_on({arguments})"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)
    for number in range(len(specs)):
        same_files(tmp_path / f"straight {number}", tmp_path / f"rest {number}")


@pytest.mark.parametrize(
    "optimizer", ["adam", pytest.param("rmsprop", marks=pytest.mark.slow), pytest.param("sgd", marks=pytest.mark.slow)]
)
def test_two_epochs_continued_to_four_equal_four_straight(optimizer, small_spec, few_data, tmp_path, in_graphs):
    spec = small_spec("conv1d", training=Training(optimizer=optimizer, batch_size=32))
    straight = run(spec, few_data, 4, tmp_path / "straight")
    start = run(spec, few_data, 2, tmp_path / "start")
    rest = run(spec, few_data, 4, tmp_path / "rest", resume_from=tmp_path / "start")
    assert curve(straight) == curve(start) + curve(rest)
    assert rest[0] == Started(from_epoch=2, num_batches=4)
    same_files(tmp_path / "straight", tmp_path / "rest")


@pytest.mark.usefixtures("no_graphs")
def test_a_continuation_restores_the_random_state_of_dropout(small_spec, few_data, tmp_path, monkeypatch):
    def layers(self, vocabulary_size, num_classes=2, /, **values):
        return [Embedding(vocabulary_size, 4), Flatten(), Dropout(0.5), Dense(1, "sigmoid")]

    monkeypatch.setattr(Architecture, "layers", layers)
    spec = small_spec()
    straight = run(spec, few_data, 4, tmp_path / "straight")
    start = run(spec, few_data, 2, tmp_path / "start")
    rest = run(spec, few_data, 4, tmp_path / "rest", resume_from=tmp_path / "start")
    assert curve(straight) == curve(start) + curve(rest)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm_dropout", "self_attention"])
def test_a_continuation_of_an_architecture_with_dropout_equals_a_straight_run(name, small_spec, few_data, tmp_path):
    """SpatialDropout1D, recurrent dropout in both directions, and dropout inside of shortcuts."""
    spec = small_spec(name, training=Training(batch_size=32))
    straight = run(spec, few_data, 4, tmp_path / "straight")
    start = run(spec, few_data, 2, tmp_path / "start")
    rest = run(spec, few_data, 4, tmp_path / "rest", resume_from=tmp_path / "start")
    assert curve(straight) == curve(start) + curve(rest)
    same_files(tmp_path / "straight", tmp_path / "rest")


@pytest.mark.usefixtures("no_graphs")
def test_a_continuation_must_be_longer_and_of_the_same_model(small_spec, few_data, tmp_path):
    run(small_spec(), few_data, 2, tmp_path / "short")
    with pytest.raises(ValueError, match="has 2 epochs already; 2 were asked for"):
        run(small_spec(), few_data, 2, tmp_path / "same", resume_from=tmp_path / "short")
    with pytest.raises(ValueError, match="not of this model"):
        run(small_spec("gru"), few_data, 3, tmp_path / "other", resume_from=tmp_path / "short")


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("no_graphs")
def test_a_saved_state_is_a_run_of_so_many_epochs(small_spec, few_data, tmp_path):
    spec = small_spec("flatten", training=Training(batch_size=64))
    output, saved = tmp_path / "output", {}
    output.mkdir()
    for event in train(spec, few_data, 3, output, save_seconds=0):
        if isinstance(event, StateSaved):
            saved[event.epoch] = event.folder.rename(tmp_path / f"saved-{event.epoch}")
    assert list(saved) == [1, 2], "the files of the last epoch are the run's own"
    straight = run(spec, few_data, 3, tmp_path / "straight")
    same_files(tmp_path / "straight", output)
    assert sorted(path.name for path in output.iterdir()) == sorted(path.name for path in saved[2].iterdir())
    start = run(spec, few_data, 2, tmp_path / "start")
    same_files(tmp_path / "start", saved[2])
    rest = run(spec, few_data, 3, tmp_path / "rest", resume_from=saved[2])
    assert curve(start) + curve(rest) == curve(straight)


@pytest.mark.usefixtures("no_graphs")
def test_a_state_that_cannot_be_saved_costs_the_training_nothing(small_spec, few_data, tmp_path, monkeypatch):
    save = training.save_arrays

    def full_at_first(path, *arguments, **numbers):
        if path.parent.name in ("epoch-1", "epoch-2"):
            raise OSError(28, "No space left on device")
        save(path, *arguments, **numbers)

    monkeypatch.setattr(training, "save_arrays", full_at_first)
    events = list(train(small_spec(), few_data, 4, tmp_path, save_seconds=0))
    assert [event.epoch for event in events if isinstance(event, StateSaved)] == [3]
    assert events[-1] == Done(num_epochs=4) and not (tmp_path / "epoch-1").exists()


@pytest.mark.usefixtures("no_graphs")
def test_no_state_is_saved_before_its_time(small_spec, few_data, tmp_path):
    events = list(train(small_spec(), few_data, 3, tmp_path, save_seconds=3_600))
    assert not any(isinstance(event, StateSaved) for event in events)


@pytest.mark.usefixtures("no_graphs")
def test_weights_after_chosen_epochs_are_kept_and_change_nothing(small_spec, few_data, tmp_path):
    spec, folder = small_spec("flatten", training=Training(batch_size=64)), tmp_path / "keeping"
    folder.mkdir()
    events = list(train(spec, few_data, 4, folder, keep_weights=True))
    plain, states = tmp_path / "plain", {}
    plain.mkdir()
    others = list(train(spec, few_data, 4, plain, save_seconds=0))
    for event in others:
        if isinstance(event, StateSaved):
            states[event.epoch] = load_arrays(event.folder / "state.npz")[0]
    assert curve(events) == curve(others) and not (plain / EPOCH_WEIGHTS).exists()
    same_files(folder, plain)
    kept = load_epoch_weights(folder)
    assert list(kept) == [1, 2, 3]
    for epoch, weights in kept.items():
        # Behind the weights come the optimizer's variables.
        for one, other in zip(weights, states[epoch], strict=False):
            np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("no_graphs")
def test_kept_weights_survive_an_interruption_and_a_continuation(small_spec, few_data, tmp_path):
    spec, straight, begun = small_spec("flatten", training=Training(batch_size=64)), tmp_path / "a", tmp_path / "b"
    for folder, epochs in ((straight, 3), (begun, 3)):
        folder.mkdir()
        for event in train(spec, few_data, epochs, folder, save_seconds=0, keep_weights=True):
            if isinstance(event, StateSaved) and event.epoch == 2:
                event.folder.rename(tmp_path / f"saved {folder.name}")
    run(spec, few_data, 3, tmp_path / "rest", resume_from=tmp_path / "saved b")
    expected, found = load_epoch_weights(straight), load_epoch_weights(tmp_path / "rest")
    assert list(found) == list(expected) == [1, 2, 3]
    for epoch, arrays in expected.items():
        for one, other in zip(arrays, found[epoch], strict=True):
            np.testing.assert_array_equal(one, other)
    best = load_arrays(straight / BEST_WEIGHTS)[0]
    assert any(all(map(np.array_equal, best, arrays)) for arrays in expected.values())
