"""User datasets through the commands, the store and a training."""

import json

import numpy as np
import pandas as pd
import pytest

from cache.__main__ import main
from cache.operations.storage import free, freeable, usage
from cache.store.runs import FINISHED
from cache.store.store import RunStore
from cache.transfer.bundle_check import CONTENTS
from cache.transfer.bundles import BadBundle, export_bundle, import_bundle
from models.data import datasets
from models.data.datasets import get_dataset
from models.data.user_datasets import DESCRIPTION
from models.experiments.spec import RunSpec, UnreadableSpec
from models.training.run_files import load_predictions
from tests.cache.transfer.made_bundles import imported, packed, unpacked

QUICK = ("--epochs", "1", "--seeds", "1", "--vocabulary", "200", "--length", "8", "--batch-size", "16")


@pytest.fixture(autouse=True)
def forget():
    yield
    datasets._user_datasets.contents = {}


@pytest.fixture
def mails(tmp_path):
    """Makes a file of so many classes, each identified by one word of its texts."""

    def make(num_classes, name="our_mails.csv"):
        rows = [
            (f"mail {i} about topic{i % num_classes}", f"Topic {i % num_classes}")
            for i in range(max(120, 30 * num_classes))
        ]
        pd.DataFrame(rows, columns=["body", "folder"]).to_csv(tmp_path / name, index=False)
        return str(tmp_path / name)

    return make


def test_own_data_of_four_classes_are_trained(run, mails, trained_here):
    assert_trained(run, mails, 4)


@pytest.mark.slow
def test_own_data_of_many_classes_are_trained_by_the_real_worker(run, mails):
    assert_trained(run, mails, 50)


def assert_trained(run, mails, num_classes):
    _, out, _ = run("add-dataset", mails(num_classes), "--json")
    added = json.loads(out)
    assert (added["title"], added["text"], added["label"]) == ("our mails", "body", "folder")
    status, out, error = run("train", "flatten", "no_recurrence", "--dataset", added["dataset"], *QUICK, "--json")
    assert status == 0, error
    for row in json.loads(out):
        trained = run.store.run(row["run"])
        assert trained.state == FINISHED
        (predicted,) = load_predictions(run.store.files_dir(trained.id)).values()
        assert predicted.shape == (3 * num_classes, num_classes)
        np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-4)
        layers = trained.spec.layers()
        assert (layers[-1].units, layers[-1].activation) == (num_classes, "softmax")


def test_datasets_are_listed_and_deleted(run, mails):
    _, out, _ = run("add-dataset", mails(4), "--name", "Mails", "--json")
    name = json.loads(out)["dataset"]
    assert "Mails" in run("datasets")[1] and "AG News" in run("datasets")[1]
    assert name not in run("rm-dataset", name)[1]
    status, _, error = run("train", "gru", "--dataset", name, *QUICK)
    assert status == 1 and "Mails was deleted: add its file again" in error
    assert run("rm-dataset", "imdb")[0] == 1
    unknown = run("train", "gru", "--dataset", "own-nothing-12345678", *QUICK)[2]
    assert unknown.startswith("The dataset “nothing” was added elsewhere and is not in this cache")


def test_what_is_wrong_is_one_line_and_nothing_is_added(run, mails, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("text,label\none,a\n")
    for words, expected in (
        ((str(bad),), "All labels in “label” are “a”"),
        ((mails(4), "--text", "nothing"), "no column “nothing”"),
        ((str(tmp_path / "missing.csv"),), "There is no file or folder"),
        ((mails(4), "--name", "<b>"), "A name has 1 to 60"),
    ):
        status, out, error = run("add-dataset", *words)
        assert (status, out) == (1, "") and expected in error and error.count("\n") == 1
    assert not list(tmp_path.glob(f"datasets/*/{DESCRIPTION}"))


def test_a_dataset_that_a_run_waits_for_is_kept(run, mails):
    name = json.loads(run("add-dataset", mails(4), "--json")[1])["dataset"]
    spec = RunSpec.create(dataset=name, fingerprint=get_dataset(name).fingerprint(None), architecture="gru")
    (run_id,) = run.store.submit([spec], 1, "cpu")
    status, _, error = run("rm-dataset", name)
    assert status == 1 and "is needed by runs in training or waiting" in error
    run.store.cancel([run_id])
    assert run("rm-dataset", name)[0] == 0


def test_runs_on_own_data_go_where_the_same_file_was_added(run, mails, finish, store, tmp_path):
    file, there = mails(2), RunStore(tmp_path / "there")
    main(["--cache", str(store.root), "add-dataset", file, "--name", "Our mails, 2024"])
    name = next(iter(datasets._user_datasets.contents))
    spec = RunSpec.create(dataset=name, fingerprint=get_dataset(name).fingerprint(None), architecture="gru")
    trained = finish(spec, [0.5])
    bundle = tmp_path / "runs.zip"
    export_bundle(store, [trained.id], bundle)
    datasets.load_user_datasets(there.root)
    expected = (
        "Its runs need the dataset “Our mails, 2024”, which is not in this cache; add the same file under the name "
    )
    expected += "“Our mails, 2024” on the page Data or by “python -m cache add-dataset”, then import the bundle again"
    with pytest.raises(BadBundle, match=f"^{expected}: nothing was imported.$"):
        import_bundle(there, bundle)
    members = unpacked(bundle.read_bytes())
    contents = json.loads(members[CONTENTS])
    assert contents.pop("datasets") == {name: "Our mails, 2024"}
    older = packed(members | {CONTENTS: json.dumps(contents).encode()})
    with pytest.raises(BadBundle, match="need the dataset “our mails 2024”, .* add the same file under the same name"):
        imported(there, older)
    run("add-dataset", file, "--name", "Our mails, 2024", cache=there.root)
    with bundle.open("rb") as opened:
        assert len(import_bundle(there, opened).new) == 1


def test_a_run_whose_dataset_is_gone_names_it(store, mails, finish):
    main(["--cache", str(store.root), "add-dataset", mails(2)])
    name = next(iter(datasets._user_datasets.contents))
    spec = RunSpec.create(dataset=name, fingerprint=get_dataset(name).fingerprint(None), architecture="gru")
    trained = finish(spec, [0.5])
    assert trained.dataset_title == "our mails"
    datasets._user_datasets.contents = {}
    lost = store.run(trained.id)
    assert lost.dataset_title == "our mails"
    with pytest.raises(
        UnreadableSpec, match="^The dataset “our mails” was added elsewhere and is not in this cache: add"
    ):
        _ = lost.spec


def test_a_dataset_is_called_by_its_title(run, mails):
    run("add-dataset", mails(2), "--name", "Our mails")
    asked = ("gru", "--seeds", "1", "--no-wait", "--json")
    assert json.loads(run("train", *asked, "--dataset", "our Mails")[1])[0]["dataset"] == "Our mails"
    assert json.loads(run("train", *asked, "--dataset", "IMDB reviews")[1])[0]["dataset"] == "imdb"
    recall = run("train", *asked, "--dataset", "memory test, 20 steps back (generated)")
    assert json.loads(recall[1])[0]["dataset"] == "memory_20"
    ids = {queued.id for queued in run.store.runs()}
    run("cancel", *map(str, ids))
    (own,) = [queued for queued in run.store.runs() if queued.id == min(ids)]
    assert own.settings["dataset"].startswith("own-our-mails-")
    assert "Our mails" in run("list")[1] and "own-our-mails" not in run("list")[1]
    for words, expected in (
        (("train", *asked, "--dataset", "Our mail"), "There is no dataset “Our mail”; did you mean “our mails”?"),
        (("train", *asked, "--dataset", "xyzzy"), "There is no dataset “xyzzy”; there are: imdb, rotten_tomatoes, "),
        (("rm-dataset", "xyzzy"), "“Our mails”."),
    ):
        status, _, error = run(*words)
        assert status == 1 and expected in error and error.count("\n") == 1
    assert run("rm-dataset", "Our mails")[0] == 0


def test_a_repaired_database_still_knows_runs_of_deleted_data(store, finish, mails):
    main(["--cache", str(store.root), "add-dataset", mails(4)])
    name = next(iter(datasets._user_datasets.contents))
    trained = finish(
        RunSpec.create(dataset=name, fingerprint=get_dataset(name).fingerprint(None), architecture="gru"), [0.5]
    )
    datasets.delete_user_dataset(store.root, name)
    datasets._user_datasets.contents = {}
    store.database_file.write_bytes(b"not a database at all")
    again = RunStore(store.root).run(trained.id)
    assert again.state == FINISHED and again.spec.layers()[-1].units == 4


def test_what_killed_processes_left_can_be_freed(store, mails, monkeypatch):
    (store.root / "datasets" / "own-half-12345678").mkdir(parents=True)
    monkeypatch.setattr("cache.operations.storage.SETTLED_SECONDS", -60.0)
    main(["--cache", str(store.root), "add-dataset", mails(4)])
    assert usage(store)["Your own datasets"] > 1_000
    assert next(each for each in freeable(store) if each.kind.name == "leftovers").num_items == 1
    free(store, ["leftovers"])
    assert [path.name for path in (store.root / "datasets").iterdir()] == list(datasets._user_datasets.contents)


def test_the_first_dataset_makes_the_cache(run, mails, tmp_path):
    status, _, error = run("add-dataset", mails(4), cache=tmp_path / "new")
    assert status == 0, error
    assert len(list((tmp_path / "new" / "datasets").iterdir())) == 1


def test_what_was_read_and_what_suits_it_is_reported(run, mails):
    added = json.loads(run("add-dataset", mails(4), "--json")[1])
    assert added["notes"].startswith("The file has 121 lines, read as 120 rows and 2 columns.")
    assert added["notes"].endswith("Suggested for these texts: words, vocabulary 110, length 5.")


def test_a_doubt_without_a_likely_answer_stops_and_names_its_options(run, tmp_path):
    rows = [f"{('ham', 'spam')[number % 2]},text {number}" + ", and more" * (number == 7) for number in range(120)]
    file = tmp_path / "Our texts.csv"
    file.write_text("label,text\n" + "\n".join(rows))
    status, out, error = run("add-dataset", str(file))
    assert (status, out) == (1, "") and error.count("\n") == 1
    assert (
        "1 of 120 rows does not have 2 cells" in error
        and "--ragged drop: leave" in error
        and "--ragged keep: " in error
    )
    added = json.loads(run("add-dataset", str(file), "--ragged", "drop", "--json")[1])
    assert "read as 119 rows" in added["notes"] and "(--ragged drop)" in added["notes"]
    assert "Our texts" not in run("rm-dataset", "Our texts")[1]


def test_a_likely_answer_is_taken_and_reported(run, tmp_path):
    rows = [f"{('ham', 'spam')[number % 2]}\ttext {number}" for number in range(160)]
    rows[10], rows[31] = rows[10].replace("text", '"text'), rows[31].replace("text", '"text')
    file = tmp_path / "sms.tsv"
    file.write_text("label\ttext\n" + "\n".join(rows))
    added = json.loads(run("add-dataset", str(file), "--json")[1])
    assert "read as 160 rows" in added["notes"] and "each line is one row (--quotes lines)" in added["notes"]
    added = json.loads(run("add-dataset", str(file), "--quotes", "around", "--name", "Other", "--json")[1])
    assert "read as 139 rows" in added["notes"]


def test_labels_that_differ_in_spelling_only_are_joined_if_asked(run, tmp_path):
    file = tmp_path / "x.csv"
    labels = ["yes", "no"] * 58 + ["YES", "no"] * 2
    pd.DataFrame({"text": [f"text {n}" for n in range(120)], " label": labels}).to_csv(file, index=False)
    status, _, error = run("add-dataset", str(file), "--label", "label")
    assert status == 1 and "“YES” has 2" in error and "“YES”, “yes” differ in spelling only; --join-spellings" in error
    added = json.loads(run("add-dataset", str(file), "--label", "label", "--join-spellings", "--json")[1])
    assert added["classes"] == 2 and "“YES” is written as “yes”" in added["notes"]
