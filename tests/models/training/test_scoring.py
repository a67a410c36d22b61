import keras
import numpy as np
import pytest

from models.training.metrics import score, score_outcomes
from models.training.scoring import chosen_classes, macro_f1, outcomes, perplexity


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
    assert (found["loss"], found["accuracy"]) == pytest.approx(expected, rel=1e-5)
    f1 = keras.metrics.F1Score(average="macro", threshold=None)
    chosen = np.eye(num_classes)[chosen_classes(probabilities)]
    f1.update_state(np.eye(num_classes)[labels], chosen)
    assert found["f1"] == pytest.approx(float(f1.result()), rel=1e-5)
    assert set(found) == {"loss", "accuracy", "f1"}


def test_f1_of_classes_that_are_not_equally_frequent():
    """Of 8 texts of the first class 6 are found, of 2 of the second 1: F1 of 12/(7+8) and 2/(3+2)."""
    labels = np.array([0] * 8 + [1] * 2)
    probabilities = np.array([0.1] * 6 + [0.9] * 2 + [0.9, 0.1])
    assert macro_f1(probabilities, labels) == pytest.approx((12 / 15 + 2 / 5) / 2)
    assert macro_f1(np.array([0.1, 0.2]), np.array([0, 0])) == 1, "a class that is not there does not count"


def test_scores_of_next_words_equal_kerass():
    random = np.random.default_rng(0)
    labels = random.integers(0, 50, 400).astype("int32")
    probabilities = random.dirichlet([0.3] * 50, 400).astype("float32")
    probabilities[:5] = 1 / 50  # of equals the first ranks first
    found = score_outcomes(outcomes(probabilities, labels, random.random(400) < 0.3))
    top5 = keras.metrics.sparse_top_k_categorical_accuracy(labels[5:], probabilities[5:], k=5)
    assert found["loss"] == pytest.approx(
        float(keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))), rel=1e-5
    )
    assert found["accuracy"] == (probabilities.argmax(axis=1) == labels).mean()
    expected = (np.asarray(top5).sum() + (labels[:5] < 5).sum()) / 400
    assert found["top5_accuracy"] == pytest.approx(expected)
    assert perplexity(found["loss"]) == pytest.approx(np.exp(found["loss"]))


def test_what_is_kept_of_a_prediction_is_the_probability_and_the_rank_of_the_right_word_and_where_a_text_begins():
    probabilities = np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]], dtype=np.float32)
    found = outcomes(probabilities, np.array([1, 2]), np.array([True, False]))
    np.testing.assert_allclose(found, [[0.2, 1 / 3, 1], [0.25, 1 / 3, 0]], rtol=1e-6)


def test_the_perplexity_of_a_training_gone_astray_is_still_a_number():
    assert np.isfinite(perplexity(1e9))


def test_the_likeliest_class_is_chosen():
    assert chosen_classes(np.array([0.4, 0.5, 0.6])).tolist() == [0, 0, 1]
    assert chosen_classes(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])).tolist() == [1, 0]
