"""Models read out for the page Inside, held against the same models in this process."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from cache.inference import generation_requests, inference_server
from cache.inference.generation_requests import Answer, InsideRequest, embedding_file, forget_inside, inside_file
from cache.tasks.task_status import DONE, FAILED
from models.experiments.spec import RunSpec, Training
from models.inside.embeddings import load_embedding
from models.inside.readings import Readings
from models.training.events import EpochFinished
from models.training.keras_model import fresh_model
from models.training.run_files import BEST_WEIGHTS, EPOCH_WEIGHTS, load_arrays, load_epoch_weights
from models.training.training import train
from tests.cache.inference.answering import WANTED, answer_to, put_in


def test_models_are_read_out_after_and_before_training(writer, monkeypatch):
    """Each with its own weights, and as the model itself says in this process; all is in one file for each run."""
    spec = writer.run(1).spec
    found = {}
    for is_fresh in (False, True):
        wanted = InsideRequest((1, 99), "The film is zzz", is_fresh)
        answer = answer_to(writer, wanted, monkeypatch)
        assert answer.state == DONE and list(answer.problems) == [99]
        found[is_fresh] = Readings.load(inside_file(writer.root, wanted, 1))
    model = fresh_model(spec)
    for is_fresh, readings in sorted(found.items(), reverse=True):
        assert readings.numbers.tolist()[:4] == [0] * 4 and readings.numbers[-1] == 1
        if not is_fresh:
            model.set_weights(load_arrays(writer.files_dir(1) / BEST_WEIGHTS)[0])
        expected = model.predict(readings.numbers[None], verbose=0)[0]
        np.testing.assert_allclose(readings.answers[-1], expected, rtol=1e-3)
    assert np.abs(found[False].answers - found[True].answers).max() > 1e-6


@pytest.mark.usefixtures("no_graphs")
def test_other_seeds_answer_after_every_token(writer, trained, monkeypatch):
    """As their own models do in this process; one that is missing is said, and the model itself answers as ever."""
    spec, folder, epoch = trained
    seeds = [put_in(writer, replace(spec, seed=seed), folder, epoch) for seed in (1, 2)]
    elsewhere = put_in(writer, replace(spec, seed=3, training=Training(batch_size=64)), folder, epoch)
    wanted = InsideRequest((1,), "The film is", True, (*(run.id for run in seeds), elsewhere.id, 99))
    answer = answer_to(writer, wanted, monkeypatch)
    assert answer.state == DONE and answer.problems == {99: "There is no run 99."}
    readings = Readings.load(inside_file(writer.root, wanted, 1))
    assert readings.seeds.shape == (2, *readings.answers.shape) and len(readings.answers) == 3
    found = [readings.answers, *readings.seeds]
    for run, answers in zip([writer.run(1), *seeds], found, strict=True):
        expected = fresh_model(run.spec).predict(readings.numbers[None], verbose=0)[0]
        np.testing.assert_allclose(answers[-1], expected, rtol=1e-3)


@pytest.mark.usefixtures("no_graphs")
def test_model_without_a_run_is_read_out_before_training(writer, monkeypatch):
    asked = writer.run(1).spec
    spec = RunSpec.create(
        dataset=asked.dataset, fingerprint=asked.fingerprint, train_examples=asked.train_examples,
        encoding=asked.encoding, architecture="next_word_simple_rnn",
    )  # fmt: skip
    text = spec.to_json()
    wanted = InsideRequest((text, "{}", 1), "The film is", is_fresh=True)
    answer = answer_to(writer, wanted, monkeypatch)
    assert answer.state == DONE and list(answer.problems) == ["{}"] and "cannot be read" in answer.problems["{}"]
    readings = Readings.load(inside_file(writer.root, wanted, text))
    expected = fresh_model(spec).predict(readings.numbers[None], verbose=0)[0]
    np.testing.assert_allclose(readings.answers[-1], expected, rtol=1e-3)
    forget_inside(writer)
    assert inside_file(writer.root, wanted, text).exists() and inside_file(writer.root, wanted, 1).exists()


def test_damaged_weights_are_reported_and_not_shown(writer, monkeypatch):
    file = writer.files_dir(1) / BEST_WEIGHTS
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    for wanted in (InsideRequest((1,), "The film is"), WANTED):
        answer = answer_to(writer, wanted, monkeypatch)
        assert answer.state == FAILED and "are damaged: train it again" in answer.problems[1]


def test_files_of_forgotten_requests_are_removed(writer, monkeypatch):
    monkeypatch.setattr(generation_requests, "MAX_INSIDE", 1)
    asked = [InsideRequest((1,), text) for text in ("The film is", "The film was")]
    for wanted in asked:
        answer_to(writer, wanted, monkeypatch)
    assert Answer.of(writer, asked[0]) is None and Answer.of(writer, asked[1]).state == DONE
    assert [inside_file(writer.root, each, 1).exists() for each in asked] == [False, True]


def test_embedding_stays_as_long_as_a_request_names_its_run_and_is_made_again(writer, monkeypatch):
    fresh, file = InsideRequest((1,), "The film is", is_fresh=True), embedding_file(writer.root, 1)
    for wanted, again in ((fresh, False), (InsideRequest((1,), "The film is"), False), (fresh, True)):
        answer_to(writer, wanted, monkeypatch, again)
        assert file.exists()
        if wanted != fresh:
            file.unlink()
    monkeypatch.setattr(generation_requests, "MAX_INSIDE", 0)
    forget_inside(writer)
    assert not file.exists()


@pytest.mark.usefixtures("no_graphs")
def test_embedding_before_training_is_what_a_training_without_steps_keeps(
    store, small_spec, small_data, finish, tmp_path, monkeypatch
):
    spec = small_spec("flatten", seed=3, training=Training(learning_rate=1e-12))
    list(train(spec, small_data, 1, tmp_path))
    run = finish(spec, [0.8])
    wanted = InsideRequest((run.id,), "The film is", is_fresh=True)
    answer_to(store, wanted, monkeypatch)
    before = load_embedding(embedding_file(store.root, run.id))
    assert before.shape == (spec.encoding.vocabulary_size, spec.hyperparameters["embedding_dim"])
    np.testing.assert_allclose(before, load_arrays(tmp_path / BEST_WEIGHTS)[0][0], atol=1e-7)
    assert np.abs(before).max() > 0.01


@pytest.mark.usefixtures("no_graphs")
def test_a_training_begins_with_the_fresh_model(small_spec, small_data, tmp_path):
    """A learning rate so small that the weights stay where they began."""
    spec = small_spec("lstm", training=Training(learning_rate=1e-12))
    list(train(spec, small_data, 1, tmp_path))
    for trained, fresh in zip(load_arrays(tmp_path / BEST_WEIGHTS)[0], fresh_model(spec).get_weights(), strict=True):
        np.testing.assert_allclose(trained, fresh, atol=1e-7)


def asked_after_epoch(store, run, epoch, monkeypatch):
    wanted = InsideRequest((run.id,), "The film is", kept_epoch=epoch)
    return wanted, answer_to(store, wanted, monkeypatch)


@pytest.mark.usefixtures("no_graphs")
def test_models_are_read_out_after_an_epoch_that_was_kept(
    store, small_spec, small_data, data_root, monkeypatch, tmp_path
):
    """Each with its own weights, though one compiled model serves all of them."""
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    spec, folder = small_spec("conv1d", hyperparameters={"filters": 4}), tmp_path / "trained"
    folder.mkdir()
    epochs = [event for event in train(spec, small_data, 2, folder, keep_weights=True)
              if isinstance(event, EpochFinished)]  # fmt: skip
    run = put_in(store, spec, folder, *epochs)
    model = fresh_model(spec)
    seen = []
    for epoch, weights in load_epoch_weights(folder).items():
        wanted, answer = asked_after_epoch(store, run, epoch, monkeypatch)
        assert (answer.state, answer.problems) == (DONE, {})
        readings = Readings.load(inside_file(store.root, wanted, run.id))
        model.set_weights(weights)
        expected = model.predict(readings.numbers[None], verbose=0)[0]
        np.testing.assert_allclose(readings.answers[-1], expected, rtol=1e-3)
        seen.append(readings.answers)
    assert len(seen) == 2 and np.abs(seen[0] - seen[1]).max() > 1e-6
    _, answer = asked_after_epoch(store, run, 3, monkeypatch)
    assert answer.state == FAILED and "has not kept its weights after epoch 3" in answer.problems[run.id]
    (store.files_dir(run.id) / EPOCH_WEIGHTS).write_bytes(b"x")
    wanted, answer = asked_after_epoch(store, run, 2, monkeypatch)
    assert answer.state == DONE, "it was answered"
    answer = answer_to(store, wanted, monkeypatch, again=True)
    assert "are damaged: train it again" in answer.problems[run.id]


def test_one_compiled_model_serves_all_weights_of_the_same_layers(writer, trained, monkeypatch):
    spec, folder, epoch = trained
    other = put_in(writer, replace(spec, seed=1), folder, epoch)
    models, texts = inference_server._Models(writer, writer.root), ("The film is", "a good film")
    for request in (InsideRequest((1, other.id), text, is_fresh) for text in texts for is_fresh in (True, False)):
        alone = inference_server._Models(writer, writer.root)
        for model in request.runs:
            together, expected = models.read(model, request, []), alone.read(model, request, [])
            for name, array in expected.named().items():
                np.testing.assert_allclose(together.named()[name], array, atol=1e-6, err_msg=name)
    assert len(models._open) == 1
