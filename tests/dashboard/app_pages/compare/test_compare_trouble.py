"""What Compare says of a cache, a machine or a line-up that something is wrong with."""

import shutil
import sqlite3
from collections import namedtuple
from urllib.parse import quote_plus

import pandas as pd
import pytest

from models.data import datasets
from models.data.datasets import add_user_dataset, delete_user_dataset
from models.data.labelled import label_texts
from tests.dashboard.pages import texts


@pytest.fixture
def add_moods(store):
    """Adds a dataset of five classes, "Moods"."""

    def add(more=""):
        rows = [(f"text {number}{more}", f"mood {number % 5}") for number in range(200)]
        labelled = label_texts(pd.DataFrame(rows, columns=["text", "mood"]), "text", "mood")
        return add_user_dataset(store.root, "Moods", labelled, "moods.csv")

    yield add
    datasets._user_datasets.contents = {}


def test_an_unknown_engine_is_explained(open_compare, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    app = open_compare()
    assert not app.exception
    assert "one of: tensorflow, jax, torch" in texts(app, "error")


def test_an_empty_line_up_shows_what_to_do(open_compare):
    app = open_compare()
    app.get("button_group")[0].set_value([]).run()
    assert "Pick one or more architectures" in texts(app, "info")


def test_an_unknown_value_in_the_link_is_named_and_left_out(open_compare):
    app = open_compare(models="Transformer", dataset="MNIST", length="9999999")
    assert not app.exception
    assert "“Transformer” as models" in texts(app, "warning")
    assert "“MNIST” as dataset" in texts(app, "warning")
    assert "length, which goes from 5 to 2,000" in texts(app, "warning")


def test_a_stack_that_cannot_work_is_explained(open_compare):
    app = open_compare(models="Conv1D", length="5", details_open="true")
    app.number_input(key="conv1d.kernel_size").set_value(9).run()
    assert not app.exception
    assert "Left out: Conv1D (kernel size 9): Conv1D's kernel_size 9 is longer than the 5 steps" in texts(app, "error")


def test_one_impossible_entry_does_not_take_the_others_away(open_compare):
    app = open_compare(models=["Conv1D", "LSTM"], length="20", **{"conv1d.kernel_size": "30"})
    assert not app.exception
    assert "Left out: Conv1D" in texts(app, "error")
    assert app.button(key="train").label == "Train 3 runs"


def test_a_dataset_that_is_not_here_offers_the_download(open_compare):
    app = open_compare(dataset="IMDB reviews, all 50,000")
    assert not app.exception
    assert "not on this machine yet: about 84 MB" in texts(app, "info")
    assert "Download" in [button.label for button in app.button]


def test_a_full_disk_stops_training_before_it_starts(open_compare, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    app = open_compare()
    assert "Only 1 MB are free" in texts(app, "error")
    assert app.button(key="train").disabled


def test_a_limit_is_reported_before_anything_is_trained_and_a_higher_one_can_be_used(open_compare, store, monkeypatch):
    asked = {"models": "Flatten", "seeds": "1", "epochs": "300"}
    app = open_compare(**asked)
    assert not app.exception and not app.warning
    assert "300 epochs are asked for, and at most 200 are trained here (UNROLL_MAX_EPOCHS)" in texts(app, "error")
    assert app.button(key="train").disabled
    monkeypatch.setenv("UNROLL_MAX_EPOCHS", "300")
    app = open_compare(**asked)
    assert not app.error
    app.button(key="train").click().run()
    assert [run.epochs for run in store.runs()] == [300]


def test_a_read_only_cache_can_be_looked_at_and_not_trained_into(open_compare, specs, finish, store, monkeypatch):
    finish(specs["Flatten"][0], [0.8] * 5)
    monkeypatch.setattr("cache.core.access.os.access", lambda *_: False)
    app = open_compare()
    assert not app.exception
    assert "is read-only: what is in it can be looked at" in texts(app, "info")
    assert "1 of 12 runs cached" in texts(app, "markdown")
    assert app.button(key="train").disabled
    assert "nothing can be trained or changed" in app.button(key="train").help


def test_a_model_too_large_for_the_device_is_not_queued(open_compare):
    app = open_compare(models="Conv1D", batch="2048", length="2000", **{"conv1d.filters": "1024"})
    assert not app.exception
    assert "Conv1D (1,024 filters) needs at least 34 GB at batch size 2,048" in texts(app, "error")
    assert "Train" not in " ".join(button.label for button in app.button)


def test_a_cache_of_a_newer_version_is_explained(open_compare, store):
    with sqlite3.connect(store.root / "runs.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    app = open_compare()
    assert not app.exception
    assert "newer version of Unroll" in texts(app, "error")


def test_a_damaged_cache_is_repaired_and_reported(open_compare, specs, finish, store):
    finish(specs["Flatten"][0], [0.8] * 5)
    for file in store.root.glob("runs.sqlite*"):
        file.unlink()
    (store.root / "runs.sqlite").write_bytes(b"no database" * 1_000)
    app = open_compare()
    assert not app.exception
    assert "the run cache's database was damaged" in texts(app, "warning")
    assert "1 of 12 runs cached" in texts(app, "markdown")
    next(button for button in app.button if button.label == "Dismiss").click()
    assert "damaged" not in texts(app.run(), "warning")


def test_a_database_that_breaks_while_the_page_is_open_is_repaired_by_the_next_look(open_compare, specs, finish, store):
    finish(specs["Flatten"][0], [0.8] * 5)
    app = open_compare()
    for file in store.root.glob("runs.sqlite*"):
        file.unlink()
    (store.root / "runs.sqlite").write_bytes(b"no database" * 1_000)
    assert "The run cache's database is damaged" in texts(app.run(), "error")
    next(button for button in app.button if button.label == "Recover what can be read").click()
    app.run()
    assert "1 of 12 runs cached" in texts(app, "markdown")


DELETED = "Moods was deleted; add its file again on the page Data, or choose another dataset."


def test_a_dataset_that_is_deleted_stays_chosen_and_nothing_can_be_trained(open_compare, store, add_moods):
    moods = add_moods()
    app = open_compare(dataset="Moods", models="Flatten", length="20")
    assert "3 to train" in texts(app, "markdown")
    delete_user_dataset(store.root, moods.name)
    for shown in (app.run(), open_compare(dataset="Moods", models="Flatten", length="20")):
        assert not shown.exception and not shown.warning
        assert texts(shown, "error") == DELETED
        assert shown.selectbox(key="dataset").value == moods.name
        assert "Moods" in shown.query_params["dataset"]
        assert not shown.info and [link.proto.label for link in shown.get("page_link")][-1] == "Its runs"
        assert shown.get("page_link")[-1].proto.query_string == f"q={quote_plus(f'dataset={moods.name}')}"
        assert not {"Train 3 runs", "Download"} & {button.label for button in shown.button}
    app.selectbox(key="dataset").set_value("imdb").run()
    assert not app.error and app.button(key="train").label == "Train 3 runs"
    assert "Moods" not in app.selectbox(key="dataset").options


@pytest.mark.parametrize("page", ["data", "compose", "present"])
def test_every_page_says_that_its_dataset_was_deleted(open_page, store, add_moods, page):
    delete_user_dataset(store.root, add_moods().name)
    app = open_page(page, dataset="Moods")
    assert texts(app, "error") == DELETED and not app.warning and not app.info


@pytest.mark.parametrize("more", ["", "!"], ids=["the same file", "another file"])
def test_a_deleted_dataset_that_is_added_again_is_used(open_compare, store, add_moods, more):
    moods = add_moods()
    app = open_compare(dataset="Moods", models="Flatten")
    delete_user_dataset(store.root, moods.name)
    app.run()
    again = add_moods(more)
    app.run()
    assert not app.error and app.selectbox(key="dataset").value == again.name
    assert app.button(key="train").label == "Train 3 runs"
