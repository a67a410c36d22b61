import io
import shutil
import tarfile
import tempfile
from dataclasses import replace

import pytest
import tensorflow_datasets as tfds

from models.data.dataset import DatasetMissing, Share
from models.data.datasets import DATASETS, get_dataset
from models.data.movie_reviews_file import read_reviews
from models.encoded.encoded import ensure_prepared


@pytest.fixture(scope="module")
def loaded(data_root):
    tfds_dir = data_root / "tfds"
    for name in ("imdb", "rotten_tomatoes"):
        ensure_prepared(get_dataset(name), tfds_dir, lambda message: None)
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


def test_a_prepared_dataset_is_read_without_tfds(data_root, loaded, tmp_path):
    imdb = get_dataset("imdb")
    for file in (data_root / "tfds").glob("imdb.*.texts.parquet"):
        shutil.copy(file, tmp_path)
    unread = replace(imdb, builder=lambda data_dir: pytest.fail("TFDS was asked"))
    unread.prepare(tmp_path)
    assert unread.load(tmp_path) == loaded["imdb"]


def test_texts_of_another_version_are_not_read(data_root, loaded, tmp_path):
    for file in (data_root / "tfds").glob("rotten_tomatoes.*.texts.parquet"):
        shutil.copy(file, tmp_path)
    newer = replace(get_dataset("rotten_tomatoes"), packaged_identity=lambda: "newer")
    with pytest.raises(DatasetMissing):
        newer.load(tmp_path)


@pytest.fixture
def of_before(data_root, loaded, tmp_path):
    """Rotten Tomatoes as an earlier version prepared it: by TFDS alone."""
    folder = tmp_path / "of_before"
    shutil.copytree(data_root / "tfds" / "unroll_rotten_tomatoes", folder / "unroll_rotten_tomatoes")
    return folder


def test_a_dataset_that_an_earlier_version_prepared_gets_its_file(loaded, of_before):
    dataset = get_dataset("rotten_tomatoes")
    assert dataset.load(of_before) == loaded["rotten_tomatoes"]
    dataset.prepare(of_before)
    shutil.rmtree(of_before / "unroll_rotten_tomatoes")
    assert dataset.load(of_before) == loaded["rotten_tomatoes"]


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


@pytest.mark.parametrize("name", STOCK)
def test_stock_datasets_get_the_splits_that_they_lack(name, tmp_path, monkeypatch):
    """Small files in the published layout stand in for the download; everything after it is TFDS's real code."""
    write, numbers = STOCK[name]
    (tmp_path / "files").mkdir()
    sizes = write(tmp_path / "files")

    def fetched(self, urls):
        return dict.fromkeys(urls, tmp_path / "files") if isinstance(urls, dict) else str(tmp_path / "files")

    monkeypatch.setattr(tfds.download.DownloadManager, "download_and_extract", fetched)
    stock = DATASETS[name]
    small = replace(stock, shares=tuple(replace(share, sizes=sizes.get(share.split, {})) for share in stock.shares))
    small.prepare(tmp_path / "tfds")
    splits = small.load(tmp_path / "tfds")
    assert tuple(len(split.texts) for split in splits.values()) == numbers
    texts = {name: set(split.texts) for name, split in splits.items()}
    assert not (texts["train"] & texts["validation"] or texts["train"] & texts["test"])
    assert not texts["validation"] & texts["test"] and "secret" not in texts["test"]
    for split in splits.values():
        assert set(split.labels) == set(range(small.num_classes))
    (tmp_path / "tfds" / f"{name}.texts.parquet").unlink()  # as an earlier version left it
    assert small.load(tmp_path / "tfds") == splits
    assert len(small.fingerprint(tmp_path / "tfds")) == 16


@pytest.mark.parametrize("name", [name for name, dataset in DATASETS.items() if dataset.shares])
def test_stock_datasets_name_what_their_builders_have(name, tmp_path):
    stock = DATASETS[name]
    builder = stock.builder(tmp_path)
    assert {stock.text_feature, stock.label_feature} <= set(builder.info.features)
    downloads = [(url, round(info.size / 1e6)) for url, info in builder.url_infos.items()]
    assert any(stock.download_host in url and stock.download_mb == megabytes for url, megabytes in downloads)
    assert sum(share.sizes.get("train", 0) for share in stock.shares) in (0, stock.num_train)


def test_a_damaged_file_of_texts_is_written_again(loaded, of_before):
    dataset = get_dataset("rotten_tomatoes")
    dataset.prepare(of_before)
    (file,) = of_before.glob("*.texts.parquet")
    file.write_bytes(file.read_bytes()[:-100])
    assert dataset.load(of_before) == loaded["rotten_tomatoes"]
    dataset.prepare(of_before)
    unread = replace(dataset, builder=lambda data_dir: pytest.fail("TFDS was asked"))
    assert unread.load(of_before) == loaded["rotten_tomatoes"]


def test_reading_a_dataset_leaves_no_temporary_files(of_before, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert get_dataset("rotten_tomatoes").load(of_before)["train"].texts
    assert tempfile.gettempdir() == str(temporary) and not list(temporary.iterdir())
    assert not list(of_before.glob(".part-*"))
