import numpy as np

from models.data.datasets import get_dataset
from models.encoded.encoded import encoded_classes, load_encoded
from models.encoded.test_split import make_test_split, path_of_test_split, read_test_split
from models.text.encoding import TextEncoding


def test_the_test_split_is_kept_as_it_is(data_root, tmp_path):
    dataset, encoding = get_dataset("rotten_tomatoes"), TextEncoding(1_000, 20)
    assert read_test_split(dataset, data_root) is None
    make_test_split(dataset, data_root)
    split = read_test_split(dataset, data_root)
    assert split == dataset.load(data_root / "tfds")["test"]
    assert encoded_classes(dataset, 200, encoding, tmp_path) is None
    data = load_encoded(dataset, 200, encoding, data_root)
    np.testing.assert_array_equal(encoded_classes(dataset, 200, encoding, data_root), data.test.y)
    np.testing.assert_array_equal(split.labels, data.test.y)


def test_a_file_that_is_not_whole_is_no_test_split(tmp_path):
    dataset = get_dataset("rotten_tomatoes")
    file = path_of_test_split(dataset, tmp_path)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PAR1")
    assert read_test_split(dataset, tmp_path) is None
