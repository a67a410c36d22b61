"""The counts that come with Unroll are those that counting gives."""

from pathlib import Path

import pytest

from cache.tasks.dataset_statistics import REFERENCE
from models.data.datasets import DATASETS
from models.encoded.statistics import make_statistics, read_statistics, statistics_file
from models.text.encoding import TextEncoding

FOLDER = Path(__file__).resolve().parents[3] / "cache" / "reference" / REFERENCE
SHIPPED = [
    ("rotten_tomatoes", None, TextEncoding()),
    ("rotten_tomatoes", None, TextEncoding(tokenizer="subwords")),
    ("imdb", None, TextEncoding()),
    ("imdb", None, TextEncoding(tokenizer="subwords")),
    ("imdb", None, TextEncoding(8_185, tokenizer="subwords")),
    *(("imdb", None, TextEncoding(size)) for size in (1_000, 2_000, 3_000)),
    *(("imdb", number, TextEncoding()) for number in (2_500, 5_000)),
]
"""Both datasets as the pages offer them at first, and all that the reference runs read."""


def file_of(name, train_examples, encoding, root):
    return FOLDER / statistics_file(DATASETS[name], train_examples, encoding, root).name


def test_counts_of_the_reference_datasets_are_there_and_no_others(tmp_path):
    wanted = {file_of(*each, tmp_path) for each in SHIPPED}
    assert {*FOLDER.iterdir()} == wanted and all(map(read_statistics, wanted))


@pytest.mark.parametrize(
    ("name", "train_examples", "encoding"),
    [SHIPPED[0], *(pytest.param(*SHIPPED[place], marks=pytest.mark.slow) for place in (2, -2))],
)
def test_they_are_what_counting_gives(name, train_examples, encoding, data_root):
    made = make_statistics(DATASETS[name], train_examples, encoding, data_root)
    assert made == read_statistics(file_of(name, train_examples, encoding, data_root))
