from dataclasses import replace

import numpy as np
import pytest

from models.architectures import ARCHITECTURES
from models.data.datasets import get_dataset
from models.encoded.encoded import EncodedDataset, EncodedSplit, load_encoded
from models.experiments.spec import RunSpec, Training
from models.layers import Dense, Embedding, Flatten
from models.layers.stack import summarize
from models.tasks import NEXT_WORD
from models.training.events import BatchProgress, Done, EpochFinished, Started
from models.training.metrics import score, score_outcomes
from models.training.run_files import load_arrays, load_predictions
from models.training.training import TrainingDiverged, batches, compile_model, predict, train
from tests.models.training.trainings import curve, first_rows, run, same_files


@pytest.mark.usefixtures("no_graphs")
def test_events_come_in_order(small_spec, small_data, tmp_path):
    events = run(small_spec(), small_data, 2, tmp_path / "run")
    assert events[0] == Started(from_epoch=0, num_batches=2)
    assert events[-1] == Done(num_epochs=2)
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert [epoch.is_first for epoch in epochs] == [True, False]
    assert all(epoch.train_seconds > 0 and epoch.validation_seconds > 0 for epoch in epochs)
    assert any(isinstance(event, BatchProgress) for event in events)


@pytest.mark.parametrize(("size", "shape"), [(3, (None, 2)), (5, (5, 2)), (12, (None, 2))])
def test_fit_gets_each_row_once_and_nothing_searches_the_pipeline_s_settings(size, shape):
    x, y = np.arange(20, dtype=np.int32).reshape(10, 2), np.arange(10, dtype=np.int32)
    dataset = batches(x, y, size)["x"]
    assert dataset.options().autotune.enabled is False
    # Shapes decide which kernels TensorFlow takes, so they are those that Keras gives to arrays.
    assert tuple(dataset.element_spec[0].shape) == shape
    found = [[part.numpy() for part in batch] for batch in dataset]
    assert [len(part) for _, part in found] == [len(y[start : start + size]) for start in range(0, 10, size)]
    assert np.array_equal(np.concatenate([part for part, _ in found]), x)
    assert np.array_equal(np.concatenate([part for _, part in found]), y)


def each_architecture(*quick):
    """All architectures; those that are not ``quick`` are for the slow lane."""
    return [pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in ARCHITECTURES]


@pytest.mark.parametrize("name", each_architecture("next_word_conv1d"))
def test_the_same_spec_gives_the_same_curve_to_the_last_bit(name, small_spec, data_root, tmp_path):
    spec = small_spec(name)
    whole = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root, task=spec.task)
    data = replace(whole, validation=first_rows(whole.validation), test=first_rows(whole.test))
    first = run(spec, data, 2, tmp_path / "first")
    second = run(spec, data, 2, tmp_path / "second")
    assert curve(first) == curve(second)
    same_files(tmp_path / "first", tmp_path / "second")
    # The kept weights are those that the layers name, without the random state of a dropout.
    kept, _ = load_arrays(tmp_path / "first" / "best_weights.npz")
    layers = summarize(spec.layers(), (spec.encoding.length,))
    assert [array.shape for array in kept] == [weight.shape for layer in layers for weight in layer.weights]


def test_a_spec_of_another_version_of_the_training_is_refused(small_spec, small_data, tmp_path):
    with pytest.raises(ValueError, match="version 2 of the training, and this Unroll has version 1: ask for it anew"):
        run(replace(small_spec(), training_version=2), small_data, 1, tmp_path / "run")


@pytest.mark.usefixtures("no_graphs")
def test_another_seed_gives_another_curve(small_spec, few_data, tmp_path):
    assert curve(run(small_spec(seed=0), few_data, 1, tmp_path / "a")) != curve(
        run(small_spec(seed=1), few_data, 1, tmp_path / "b")
    )


@pytest.mark.slow
def test_dropout_is_at_work(small_spec, few_data, tmp_path):
    without = small_spec("lstm_dropout", hyperparameters={"dropout": 0, "recurrent_dropout": 0})
    plain = curve(run(without, few_data, 1, tmp_path / "plain"))
    for name in ("dropout", "recurrent_dropout"):
        spec = small_spec("lstm_dropout", hyperparameters=without.hyperparameters | {name: 0.9})
        assert curve(run(spec, few_data, 1, tmp_path / name)) != plain


@pytest.mark.usefixtures("no_graphs")
def test_the_test_split_is_scored_only_when_validation_improves(small_spec, few_data, tmp_path):
    events = run(small_spec(), few_data, 6, tmp_path / "run")
    best, predictions = -1.0, load_predictions(tmp_path / "run")
    for epoch in curve(events):
        if epoch.validation_accuracy > best:
            best = epoch.validation_accuracy
            expected = score(predictions.pop(epoch.epoch), few_data.test.y)
            assert (epoch.test_loss, epoch.test_accuracy) == (expected["loss"], expected["accuracy"])
        else:
            assert epoch.test_loss is epoch.test_accuracy is None
    assert predictions == {}


def test_the_best_weights_give_the_kept_predictions(small_spec, few_data, tmp_path):
    spec = small_spec()
    run(spec, few_data, 6, tmp_path / "run")
    model = compile_model(spec)
    model.set_weights(load_arrays(tmp_path / "run" / "best_weights.npz")[0])
    best = load_predictions(tmp_path / "run")
    np.testing.assert_array_equal(predict(model, few_data.test), best[max(best)])


@pytest.mark.usefixtures("no_graphs")
def test_predictions_of_next_words_say_where_each_text_begins(small_spec, data_root, tmp_path):
    spec = small_spec("next_word_conv1d")
    data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root, task=NEXT_WORD)
    (epoch,) = curve(run(spec, data, 1, tmp_path / "run"))
    kept = load_predictions(tmp_path / "run")[1]
    np.testing.assert_array_equal(np.cumsum(kept[:, 2]) - 1, np.unique(data.test.texts, return_inverse=True)[1])
    assert score_outcomes(kept)["accuracy"] == epoch.test_accuracy


@pytest.mark.usefixtures("no_graphs")
def test_more_than_two_classes_get_a_softmax(small_spec, few_data, tmp_path, monkeypatch):
    spec = small_spec()
    monkeypatch.setattr(RunSpec, "layers", lambda self: [Embedding(1_000, 4), Flatten(), Dense(3, "softmax")])
    three = EncodedDataset(
        *(EncodedSplit(split.x, split.y + (split.x[:, 0] == 2)) for split in (few_data.train, few_data.validation)),
        EncodedSplit(few_data.test.x, few_data.test.y),
        num_classes=3,
    )
    events = run(spec, three, 1, tmp_path / "run")
    assert load_predictions(tmp_path / "run")[1].shape == (100, 3)
    assert curve(events)[0].train_loss < 1.5


@pytest.mark.usefixtures("no_graphs")
def test_closing_the_iterator_stops_the_training(small_spec, small_data, tmp_path):
    (tmp_path / "run").mkdir()
    events = train(small_spec(training=Training(batch_size=1)), small_data, 100, tmp_path / "run")
    for event in events:
        if isinstance(event, BatchProgress):
            break
    events.close()
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.usefixtures("no_graphs")
def test_a_loss_that_is_no_number_says_what_to_change(small_spec, few_data, tmp_path):
    broken = EncodedSplit(few_data.train.x, np.full(100, np.nan, dtype=np.float32))
    with pytest.raises(TrainingDiverged, match="loss became nan in epoch 1: choose a learning rate below 0.001"):
        run(small_spec(), replace(few_data, train=broken), 2, tmp_path / "run")
