import os

import pytest

from models.data.splits import SPLITS, Split, read_splits, write_splits


@pytest.fixture
def splits():
    return {name: Split([f"{name} {number} é\n" for number in range(size)], list(range(size)))
            for size, name in enumerate(SPLITS)}  # fmt: skip


def test_what_is_written_is_read(tmp_path, splits):
    write_splits(tmp_path / "texts.parquet", splits)
    assert read_splits(tmp_path / "texts.parquet") == splits
    assert [path.name for path in tmp_path.iterdir()] == ["texts.parquet"]


@pytest.mark.parametrize("damage", [None, b"", b"PAR1", b"nothing"])
def test_a_file_that_is_not_whole_is_reported(tmp_path, splits, damage):
    write_splits(tmp_path / "texts.parquet", splits)
    if damage is None:
        os.unlink(tmp_path / "texts.parquet")
    else:
        (tmp_path / "texts.parquet").write_bytes(damage)
    with pytest.raises((OSError, ValueError, KeyError)):
        read_splits(tmp_path / "texts.parquet")
