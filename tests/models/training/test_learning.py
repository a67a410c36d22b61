"""Models learn: far above chance, as a broken pipeline would not."""

import numpy as np
import pytest

from models.architectures import ARCHITECTURES
from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.spec import RunSpec, Training
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.text.encoding import TextEncoding
from models.training.initial_vectors import initial_vectors
from models.training.scoring import perplexity
from tests.models.training.trainings import curve, run


@pytest.mark.parametrize(
    ("dataset", "encoding", "training", "least"),
    [
        ("rotten_tomatoes", TextEncoding(length=40), Training(learning_rate=0.003, batch_size=64), 0.65),
        pytest.param("imdb", TextEncoding(), Training(), 0.8, marks=pytest.mark.slow),
    ],
)
def test_real_reviews_are_learnt(dataset, encoding, training, least, data_root, tmp_path):
    """All there are, three epochs: far above chance, as a broken pipeline would not be."""
    source = get_dataset(dataset)
    spec = RunSpec.create(
        dataset=dataset,
        fingerprint=source.fingerprint(data_root / "tfds"),
        encoding=encoding,
        architecture="flatten",
        training=training,
    )
    epochs = curve(run(spec, load_encoded(source, None, encoding, data_root), 3, tmp_path / "run"))
    assert max(epoch.validation_accuracy for epoch in epochs) > least
    assert max(epoch.test_accuracy or 0 for epoch in epochs) > least


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", [entry.name for entry in ARCHITECTURES.values() if entry.task == CLASSIFICATION])
def test_every_architecture_learns_real_reviews(name, data_root, tmp_path):
    """At the default settings. Chance is 50 ± 1%; SimpleRNN forgets what stood early, and is slow to learn."""
    imdb = get_dataset("imdb")
    spec = RunSpec.create(
        dataset="imdb",
        fingerprint=imdb.fingerprint(data_root / "tfds"),
        architecture=name,
    )
    data = load_encoded(imdb, None, spec.encoding, data_root)
    epochs = curve(run(spec, data, 3, tmp_path / "run", vectors=initial_vectors(spec, data_root)))
    assert max(epoch.validation_accuracy for epoch in epochs) > (0.55 if name == "simple_rnn" else 0.7)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", [entry.name for entry in ARCHITECTURES.values() if entry.task == NEXT_WORD])
def test_next_words_are_learnt(name, data_root, tmp_path):
    """50,000 words of IMDB reviews, four epochs: better than to know how frequent each word is, whatever is before."""
    imdb = get_dataset("imdb")
    spec = RunSpec.create(
        dataset="imdb",
        fingerprint=imdb.fingerprint(data_root / "tfds"),
        architecture=name,
        encoding=TextEncoding(2_000, 20),
        train_examples=50_000,
    )
    data = load_encoded(imdb, spec.train_examples, spec.encoding, data_root, task=NEXT_WORD)
    counts = 1 + np.bincount(data.train.y, minlength=2_000)
    by_frequency = -np.log(counts / counts.sum())[data.test.y].mean()
    epochs = curve(run(spec, data, 4, tmp_path / "run"))
    best = max(epochs, key=lambda epoch: epoch.validation_accuracy)
    assert perplexity(best.test_loss) < 0.9 * perplexity(by_frequency)
    assert best.test_top5_accuracy > best.test_accuracy > 1.1 * (data.test.y == counts.argmax()).mean()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["flatten", "conv1d"])
def test_subwords_are_learnt(name, data_root, tmp_path):
    """5,000 IMDB reviews, three epochs in small batches. Chance is 50 ± 1%."""
    imdb = get_dataset("imdb")
    spec = RunSpec.create(
        dataset="imdb",
        fingerprint=imdb.fingerprint(data_root / "tfds"),
        architecture=name,
        encoding=TextEncoding(tokenizer="subwords"),
        training=Training(batch_size=32),
        train_examples=5_000,
    )
    data = load_encoded(imdb, spec.train_examples, spec.encoding, data_root)
    epochs = curve(run(spec, data, 3, tmp_path / "run"))
    assert max(epoch.validation_accuracy for epoch in epochs) > 0.7
