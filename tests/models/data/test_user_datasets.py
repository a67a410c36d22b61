import json
import os

import pandas as pd
import pytest

from models.data import datasets
from models.data.dataset import DatasetMissing
from models.data.datasets import (
    add_user_dataset,
    available_datasets,
    delete_user_dataset,
    get_dataset,
    load_user_datasets,
)
from models.data.labelled import label_texts, split_labelled
from models.data.user_datasets import DESCRIPTION, TEXTS, read_user_datasets
from models.encoded.encoded import load_encoded
from models.experiments.spec import RunSpec
from models.text.encoding import TextEncoding


@pytest.fixture(autouse=True)
def forget():
    yield
    datasets._user_datasets.contents = {}


def labelled(num_classes=4, each=50, word="text"):
    rows = [(f"{word} {number} of {name}", f"class {name}") for name in range(num_classes) for number in range(each)]
    return label_texts(pd.DataFrame(rows, columns=["text", "label"]), "text", "label")


def test_what_was_added_is_a_dataset_like_any_other(tmp_path):
    added = add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    assert available_datasets()[added.name].title == "Our mails" and added.name.startswith("own-our-mails-")
    assert (added.num_train, added.num_classes) == (160, 4)
    load_user_datasets(tmp_path / "another")
    assert added.name not in available_datasets()
    load_user_datasets(tmp_path)
    assert get_dataset(added.name).load(tmp_path) == split_labelled(labelled())
    encoded = load_encoded(get_dataset(added.name), None, TextEncoding(100, 10), tmp_path)
    assert encoded.train.x.shape == (160, 10) and encoded.num_classes == 4


def test_the_same_contents_are_the_same_dataset(tmp_path):
    first = add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    assert add_user_dataset(tmp_path, "Another name", labelled(), "b.tsv").name == first.name
    assert add_user_dataset(tmp_path, "Other mails", labelled(word="mail"), "c.csv").fingerprint(
        None
    ) != first.fingerprint(None)
    assert len(read_user_datasets(tmp_path)) == 2


def test_the_identity_of_contents_stays_what_it_was(tmp_path):
    """Another one would part every run on it from its dataset."""
    assert add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv").name == "own-our-mails-425e791c"


def test_a_name_may_be_in_any_script_and_the_folder_is_not(tmp_path):
    added = add_user_dataset(tmp_path, "हिन्दी समीक्षा", labelled(), "mails.csv")
    assert added.title == "हिन्दी समीक्षा" and added.name.startswith("own-data-")
    assert read_user_datasets(tmp_path)[added.name].title == "हिन्दी समीक्षा"


def test_an_encoding_is_suggested_that_fits_its_texts(tmp_path):
    added = add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    assert added.suggestion.encoding == TextEncoding(60, 5)
    assert "length 5." in added.description
    description = json.loads((added.folder / DESCRIPTION).read_text())
    del description["suggested"]  # as an earlier version wrote it
    (added.folder / DESCRIPTION).write_text(json.dumps(description))
    assert read_user_datasets(tmp_path)[added.name].suggestion is None


@pytest.mark.parametrize("title", ["", " a", "a ", "*bold*", "a\nb", "<b>", "[a](b)", "x" * 61, "$x$", ":red[a]"])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path, title):
    with pytest.raises(ValueError, match="A name has"):
        add_user_dataset(tmp_path, title, labelled(), "mails.csv")
    assert read_user_datasets(tmp_path) == {}


def test_a_name_is_given_once(tmp_path):
    add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    for title in ("our MAILS", "IMDB reviews"):
        with pytest.raises(ValueError, match="choose another name"):
            add_user_dataset(tmp_path, title, labelled(word="mail"), "mails.csv")
    assert len(read_user_datasets(tmp_path)) == 1


def test_a_deleted_dataset_loses_its_texts_and_its_runs_stay_readable(tmp_path):
    added = add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    spec = RunSpec.create(dataset=added.name, fingerprint=added.fingerprint(tmp_path), architecture="gru")
    load_encoded(added, None, TextEncoding(100, 10), tmp_path)
    delete_user_dataset(tmp_path, added.name)
    assert added.name not in available_datasets() and list((tmp_path / "encoded").rglob(f"{added.name}*")) == []
    assert not (tmp_path / "datasets" / added.name / TEXTS).exists()
    assert RunSpec.from_json(spec.to_json()).num_params() == spec.num_params()
    assert get_dataset(added.name).fingerprint(tmp_path) is None
    with pytest.raises(DatasetMissing, match="was deleted: add its file again"):
        load_encoded(get_dataset(added.name), None, TextEncoding(100, 10), tmp_path)
    again = add_user_dataset(tmp_path, "Mails", labelled(), "mails.csv")
    assert (again.name, again.title) == (added.name, "Mails")
    assert RunSpec.create(dataset=again.name, fingerprint=again.fingerprint(tmp_path), architecture="gru") == spec


def test_stock_datasets_cannot_be_deleted(tmp_path):
    with pytest.raises(ValueError, match="no user dataset 'imdb'"):
        delete_user_dataset(tmp_path, "imdb")


def test_another_users_dataset_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match="was added elsewhere.*add the same file"):
        get_dataset("own-mails-12345678")


@pytest.mark.parametrize("number", [1, 2])
def test_nothing_is_half_registered(tmp_path, monkeypatch, number):
    """The process dies at the first or the second file that it puts in place."""
    calls, replace = [], os.replace

    def dying(*arguments):
        calls.append(arguments)
        if len(calls) == number:
            raise OSError(28, "No space left on device")
        replace(*arguments)

    monkeypatch.setattr(os, "replace", dying)
    with pytest.raises(OSError, match="No space"):
        add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    load_user_datasets(tmp_path)
    assert read_user_datasets(tmp_path) == {}
    monkeypatch.undo()
    assert add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv").load(tmp_path)


def test_texts_that_were_changed_are_not_trained_on(tmp_path):
    added = add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    other = add_user_dataset(tmp_path, "Others", labelled(word="mail"), "mails.csv")
    os.replace(other.folder / TEXTS, added.folder / TEXTS)
    with pytest.raises(DatasetMissing, match="no longer what was added"):
        added.load(tmp_path)
    (added.folder / TEXTS).write_bytes(b"nothing")
    with pytest.raises(DatasetMissing, match="cannot be read"):
        added.load(tmp_path)


@pytest.mark.parametrize("damage", ["", "[]", "{}", json.dumps({"format": 2})])
def test_a_damaged_description_describes_nothing(tmp_path, damage):
    added = add_user_dataset(tmp_path, "Our mails", labelled(), "mails.csv")
    (added.folder / DESCRIPTION).write_text(damage)
    assert read_user_datasets(tmp_path) == {}
