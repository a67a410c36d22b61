import numpy as np
import pytest

from models.architectures import ARCHITECTURES
from models.inside.embeddings import FIRST_WORD, load_embedding, moved, nearest, overlap, project, save_embedding
from models.training.keras_model import build_model, embedding_of

VECTORS = np.array([[1, 0], [1, 0], [1, 0], [2, 0.1], [0, 1], [-1, 0], [0, 0]], np.float32)


def test_moved_is_the_length_of_the_change():
    assert moved(VECTORS, VECTORS + np.float32([3, 4])).tolist() == pytest.approx([5] * 7)
    assert moved(VECTORS, VECTORS).tolist() == [0] * 7


def test_nearest_words_come_first_without_padding_unknown_zeros_and_the_word():
    numbers, cosines = nearest(VECTORS, 2, 10)
    assert numbers.tolist() == [3, 4, 5]
    assert cosines.tolist() == pytest.approx([2 / 4.01**0.5, 0, -1])
    assert nearest(VECTORS, 2, 1)[0].tolist() == [3]


def test_vector_of_zeros_has_no_neighbours():
    assert [len(each) for each in nearest(VECTORS, 6, 10)] == [0, 0]


def test_nearest_agrees_with_each_cosine_for_itself():
    vectors = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    numbers, cosines = nearest(vectors, 7, 28)
    assert len(numbers) == 30 - FIRST_WORD - 1 and (np.diff(cosines) <= 0).all()
    for number, cosine in zip(numbers, cosines, strict=True):
        lengths = np.linalg.norm(vectors[7]) * np.linalg.norm(vectors[number])
        assert cosine == pytest.approx(vectors[7] @ vectors[number] / lengths, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("abcd", "dxbz", (["b", "d"], 0.5)), ("ab", "abcd", (["a", "b"], 0.5)), ("", "", ([], 0))],
)
def test_overlap_counts_shared_words(one, other, expected):
    assert overlap(one, other) == expected


def test_two_axes_show_all_of_vectors_that_lie_in_a_plane():
    generator = np.random.default_rng(0)
    plane, *_ = np.linalg.qr(generator.normal(size=(8, 2)))
    before, after = (generator.normal(size=(20, 2)) @ plane.T for _ in range(2))
    first, second, share = project(before, after)
    assert share == pytest.approx(1)
    np.testing.assert_allclose(np.linalg.norm(second - first, axis=1), moved(before, after))
    assert np.abs(np.concatenate([first, second]).mean(axis=0)).max() < 1e-9


@pytest.mark.parametrize("vectors", [np.zeros((4, 3)), np.ones((4, 1)), np.arange(4.0)[:, None]])
def test_map_of_vectors_without_two_directions_is_finite(vectors):
    before, after, share = project(vectors, vectors)
    assert before.shape == after.shape == (4, 2) and np.isfinite(before).all() and share == 1


def test_vectors_are_kept_as_they_are(tmp_path):
    save_embedding(tmp_path / "inside" / "vectors.npz", VECTORS)
    np.testing.assert_array_equal(load_embedding(tmp_path / "inside" / "vectors.npz"), VECTORS)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_embedding_is_the_first_of_all_arrays_that_a_run_keeps(name):
    layers = ARCHITECTURES[name].layers(30)
    model = build_model(layers, 40)
    np.testing.assert_array_equal(model.get_weights()[0], embedding_of(model).get_weights()[0])
