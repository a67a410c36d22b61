import io
import tarfile

import pytest
import tensorflow_datasets as tfds

from models.datasets import DATASETS, Dataset, DatasetMissing, get_dataset
from models.movie_reviews_file import read_reviews


@pytest.fixture(scope="module")
def loaded(data_root):
    tfds_dir = data_root / "tfds"
    for name in ("imdb", "rotten_tomatoes"):
        get_dataset(name).prepare(tfds_dir)
    return {name: get_dataset(name).load(tfds_dir) for name in ("imdb", "rotten_tomatoes")}


@pytest.mark.parametrize(("name", "sizes"), [("imdb", (20_000, 2_452, 2_452)), ("rotten_tomatoes", (6_824, 853, 853))])
def test_splits_have_their_sizes_and_nothing_in_common(loaded, name, sizes):
    splits = loaded[name]
    assert tuple(len(split.texts) for split in splits.values()) == sizes
    assert get_dataset(name).num_train == sizes[0]
    texts = [text for split in splits.values() for text in split.texts]
    assert len(set(texts)) == len(texts) == sum(sizes)
    for split in splits.values():
        assert set(split.labels) == {0, 1}
        assert 0.49 < sum(split.labels) / len(split.labels) < 0.51


def test_duplicates_are_dropped():
    assert len(list(read_reviews("imdb"))) == 25_000 - 96


def test_packaged_datasets_are_real_tfds_builders(data_root, loaded):
    builder = get_dataset("imdb").builder(data_root / "tfds")
    assert isinstance(builder, tfds.core.GeneratorBasedBuilder)
    assert builder.name not in tfds.list_builders(with_community_datasets=False) or builder.name.startswith("unroll_")
    assert builder.info.features["label"].names == list(get_dataset("imdb").labels)


def test_fingerprints_tell_datasets_apart_before_they_are_prepared(tmp_path):
    prints = {name: DATASETS[name].fingerprint(tmp_path) for name in ("imdb", "rotten_tomatoes")}
    assert len(set(prints.values())) == 2
    assert DATASETS["imdb_reviews"].fingerprint(tmp_path) is None


def test_an_unknown_dataset_is_refused():
    with pytest.raises(ValueError, match="no dataset 'mnist'; there are: imdb"):
        get_dataset("mnist")


def test_a_dataset_that_was_never_downloaded_says_so(tmp_path):
    with pytest.raises(DatasetMissing, match="download it first"):
        get_dataset("imdb_reviews").load(tmp_path)


def test_stock_dataset_is_loaded_by_its_own_builder(tmp_path, monkeypatch):
    """A small archive in the published layout stands in for the download; everything after it is TFDS's real code."""
    archive = tmp_path / "aclImdb_v1.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for split, count in (("train", 40), ("test", 10)):
            for label in ("pos", "neg", "unsup"):
                for i in range(count):
                    text = f"{label} review number {i} of {split}".encode()
                    info = tarfile.TarInfo(f"aclImdb/{split}/{label}/{i}_7.txt")
                    info.size = len(text)
                    tar.addfile(info, io.BytesIO(text))
    monkeypatch.setattr(tfds.download.DownloadManager, "download", lambda self, url: archive)
    stock = DATASETS["imdb_reviews"]
    small = Dataset(**vars(stock) | {"held_out_from_train": 20})

    small.prepare(tmp_path / "tfds")
    splits = small.load(tmp_path / "tfds")

    assert {name: len(split.texts) for name, split in splits.items()} == {"train": 60, "validation": 20, "test": 20}
    assert not set(splits["train"].texts) & set(splits["validation"].texts)
    assert all(
        text.startswith("pos") == bool(label) for text, label in zip(*vars(splits["train"]).values(), strict=True)
    )
    fingerprint = small.fingerprint(tmp_path / "tfds")
    assert len(fingerprint) == 16
    small.prepare(tmp_path / "tfds")
    assert small.fingerprint(tmp_path / "tfds") == fingerprint
