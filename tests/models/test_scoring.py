import keras
import numpy as np
import pytest

from models.scoring import score


@pytest.mark.parametrize("num_classes", [2, 4])
def test_scores_equal_kerass(num_classes):
    random = np.random.default_rng(0)
    labels = random.integers(0, num_classes, 500).astype("int32")
    if num_classes == 2:
        probabilities = random.random(500).astype("float32")
        probabilities[:2] = (0.0, 1.0)
        loss = keras.losses.binary_crossentropy(labels[:, None].astype("float32"), probabilities[:, None])
        accuracy = keras.metrics.binary_accuracy(labels[:, None], probabilities[:, None])
    else:
        probabilities = random.dirichlet([1] * num_classes, 500).astype("float32")
        loss = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
        accuracy = keras.metrics.sparse_categorical_accuracy(labels, probabilities)
    expected = [float(keras.ops.mean(value)) for value in (loss, accuracy)]
    assert score(probabilities, labels) == pytest.approx(expected, rel=1e-5)
