import keras
import numpy as np
import pytest

from models.training.scoring import outcomes, perplexity, score, score_outcomes


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
    found = score(probabilities, labels)
    assert (found.loss, found.accuracy) == pytest.approx(expected, rel=1e-5)
    assert found.top5_accuracy is None


def test_scores_of_next_words_equal_kerass():
    random = np.random.default_rng(0)
    labels = random.integers(0, 50, 400).astype("int32")
    probabilities = random.dirichlet([0.3] * 50, 400).astype("float32")
    probabilities[:5] = 1 / 50  # of equals the first ranks first
    found = score_outcomes(outcomes(probabilities, labels, random.random(400) < 0.3))
    top5 = keras.metrics.sparse_top_k_categorical_accuracy(labels[5:], probabilities[5:], k=5)
    assert found.loss == pytest.approx(
        float(keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))), rel=1e-5
    )
    assert found.accuracy == (probabilities.argmax(axis=1) == labels).mean()
    expected = (np.asarray(top5).sum() + (labels[:5] < 5).sum()) / 400
    assert found.top5_accuracy == pytest.approx(expected)
    assert perplexity(found.loss) == pytest.approx(np.exp(found.loss))


def test_what_is_kept_of_a_prediction_is_the_probability_and_the_rank_of_the_right_word_and_where_a_text_begins():
    probabilities = np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]], dtype=np.float32)
    found = outcomes(probabilities, np.array([1, 2]), np.array([True, False]))
    np.testing.assert_allclose(found, [[0.2, 1 / 3, 1], [0.25, 1 / 3, 0]], rtol=1e-6)


def test_the_perplexity_of_a_training_gone_astray_is_still_a_number():
    assert np.isfinite(perplexity(1e9))
