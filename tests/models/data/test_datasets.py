import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import replace

import pytest
import tensorflow_datasets as tfds

from models.data.dataset import DatasetMissing, Share
from models.data.datasets import DATASETS, get_dataset
from models.data.movie_reviews import read_reviews
from models.data.splits import read_splits


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return {name: get_dataset(name).load(tmp_path_factory.mktemp("empty")) for name in ("imdb", "rotten_tomatoes")}


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


@pytest.mark.parametrize(("name", "expected"), [("imdb", "861f3e1f1a650f55"), ("rotten_tomatoes", "75bba32a439b8d46")])
def test_packaged_texts_keep_their_splits_and_order(loaded, name, expected):
    """Results that are cached were measured on them."""
    digest = hashlib.sha256()
    for split, rows in loaded[name].items():
        for text, label in zip(rows.texts, rows.labels, strict=True):
            digest.update(f"{split}\0{label}\0{text}\0".encode())
    assert digest.hexdigest()[:16] == expected


def test_packaged_texts_are_read_without_tfds():
    code = (
        "import sys; from pathlib import Path; from models.data.datasets import get_dataset; "
        "get_dataset('rotten_tomatoes').load(Path()); print('tensorflow_datasets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_fingerprints_tell_datasets_apart_before_they_are_prepared(tmp_path):
    prints = {name: DATASETS[name].fingerprint(tmp_path) for name in ("imdb", "rotten_tomatoes")}
    assert len(set(prints.values())) == 2
    assert DATASETS["imdb_reviews"].fingerprint(tmp_path) is None


def test_an_unknown_dataset_is_refused():
    with pytest.raises(ValueError, match="no dataset 'mnist'; there are: imdb"):
        get_dataset("mnist")


def test_a_dataset_that_was_never_downloaded_reports_it(tmp_path):
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
    small = replace(stock, shares=(Share("train", {"validation": 20}, rest="train"), stock.shares[1]))

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


def lines(*rows):
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows) + "\n"


def tweets(folder):
    rows = [(4 if i % 2 else 0, i, "a day", "NO_QUERY", "somebody", f"tweet {i // 2 * 2 if i < 6 else i}")
            for i in range(60)]  # fmt: skip
    (folder / "training.1600000.processed.noemoticon.csv").write_text(lines(*rows))
    (folder / "testdata.manual.2009.06.14.csv").write_text(lines((2, 1, "a day", "q", "somebody", "neither")))
    return {"train": {"train": 30, "validation": 8, "test": 8}}


def treebank(folder):
    (folder / "SST-2").mkdir()
    for name, count in (("train", 50), ("dev", 20)):
        rows = [f"{name} phrase {i} \t{i % 2}" for i in range(count)]
        rows += ["a phrase of both \t1"] * 3 if name == "train" else ["a phrase of both \t1"]
        (folder / "SST-2" / f"{name}.tsv").write_text("sentence\tlabel\n" + "\n".join(rows) + "\n")
    (folder / "SST-2" / "test.tsv").write_text("index\tsentence\n0\tsecret\n")
    return {"train": {"train": 44}, "validation": {"validation": 10}}


def news(folder):
    (folder / "ag_news_csv").mkdir()
    for name, count in (("train", 80), ("test", 12)):
        rows = [(i % 4 + 1, f"Title {i}", f"{name} article {i}") for i in range(count)]
        (folder / "ag_news_csv" / f"{name}.csv").write_text(lines(*rows, (1, "Both", "an article of both")))
    return {"train": {"train": 40, "validation": 12}}


def businesses(folder):
    (folder / "yelp_review_polarity_csv").mkdir()
    for name, count in (("train", 60), ("test", 30)):
        rows = [(i % 2 + 1, f"{name} review {i}") for i in range(count)]
        (folder / "yelp_review_polarity_csv" / f"{name}.csv").write_text(lines(*rows))
    return {"train": {"train": 40, "validation": 10}, "test": {"test": 20}}


STOCK = {
    "sentiment140": (tweets, (30, 8, 8)),
    "glue_sst2": (treebank, (44, 10, 11)),
    "ag_news_subset": (news, (40, 12, 13)),
    "yelp_polarity_reviews": (businesses, (40, 10, 20)),
}


@pytest.fixture(params=STOCK)
def stock(request, tmp_path, monkeypatch):
    """A prepared dataset: small files in the published layout stand in for the download; everything after it is TFDS's
    real code.
    """
    write, numbers = STOCK[request.param]
    (tmp_path / "files").mkdir()
    sizes = write(tmp_path / "files")

    def fetched(self, urls):
        return dict.fromkeys(urls, tmp_path / "files") if isinstance(urls, dict) else str(tmp_path / "files")

    monkeypatch.setattr(tfds.download.DownloadManager, "download_and_extract", fetched)
    whole = DATASETS[request.param]
    small = replace(whole, shares=tuple(replace(share, sizes=sizes.get(share.split, {})) for share in whole.shares))
    small.prepare(tmp_path / "tfds")
    return small, numbers


def test_stock_datasets_get_the_splits_that_they_lack(stock, tmp_path, monkeypatch):
    small, numbers = stock
    splits = small.load(tmp_path / "tfds")
    assert tuple(len(split.texts) for split in splits.values()) == numbers
    texts = {name: set(split.texts) for name, split in splits.items()}
    assert not (texts["train"] & texts["validation"] or texts["train"] & texts["test"])
    assert not texts["validation"] & texts["test"] and "secret" not in texts["test"]
    for split in splits.values():
        assert set(split.labels) == set(range(small.num_classes))
    assert len(small.fingerprint(tmp_path / "tfds")) == 16
    (file,) = (tmp_path / "tfds").glob("*.texts.parquet")
    file.unlink()  # as an earlier version left it
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert small.load(tmp_path / "tfds") == splits
    assert tempfile.gettempdir() == str(temporary) and not list(temporary.iterdir())
    assert not list((tmp_path / "tfds").glob(".part-*"))


@pytest.mark.parametrize("stock", ["glue_sst2"], indirect=True)
def test_a_damaged_file_of_texts_is_written_again(stock, tmp_path):
    small, _ = stock
    splits = small.load(tmp_path / "tfds")
    (file,) = (tmp_path / "tfds").glob("*.texts.parquet")
    file.write_bytes(file.read_bytes()[:-100])
    assert small.load(tmp_path / "tfds") == splits
    small.prepare(tmp_path / "tfds")
    assert read_splits(file) == splits


@pytest.mark.parametrize("name", [name for name, dataset in DATASETS.items() if dataset.shares])
def test_stock_datasets_name_what_their_builders_have(name, tmp_path):
    stock = DATASETS[name]
    builder = tfds.builder(stock.tfds_name, data_dir=tmp_path)
    assert {stock.text_feature, stock.label_feature} <= set(builder.info.features)
    downloads = [(url, round(info.size / 1e6)) for url, info in builder.url_infos.items()]
    assert any(stock.download_host in url and stock.download_mb == megabytes for url, megabytes in downloads)
    assert sum(share.sizes.get("train", 0) for share in stock.shares) in (0, stock.num_train)
