import hashlib
import re
from dataclasses import replace

import pytest

from cache.browsing import annotations
from cache.browsing.listing import ARCHIVED, BIN, list_runs
from cache.browsing.query import Query
from cache.browsing.query_help import EXAMPLES
from cache.core.cluster_state import ClusterState, SlotState
from cache.core.formatting import moment
from cache.core.processes import ProcessIdentity
from cache.store.runs import CANCELLED, QUEUED
from dashboard.runs import queue_view
from models.data.datasets import add_user_dataset
from models.data.labelled import Labelled
from tests.dashboard.pages import texts


@pytest.fixture
def open_runs(open_page):
    return lambda **query: open_page("runs", **query)


@pytest.fixture
def runs(finish, small_spec):
    return [
        finish(small_spec("lstm", hyperparameters={"units": 64}), [0.8, 0.9]),
        finish(small_spec("gru", seed=1), [0.85, 0.95]),
        finish(small_spec("flatten", seed=2), [0.7], contended="other programs used 1.0 of 2 cores"),
    ]


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def listed(app):
    return app.dataframe[0].value["run"].tolist()


def test_no_runs_say_what_to_do(open_runs):
    app = open_runs()
    assert not app.exception
    assert "No run yet. Use Import" in texts(app, "info")


def test_runs_are_listed_searched_and_sorted(open_runs, runs):
    app = open_runs()
    assert not app.exception
    assert listed(app) == [3, 2, 1]
    table = app.dataframe[0].value
    of_all = "Rotten Tomatoes sentences, vocabulary 1,000, 20 tokens, 200 training examples"
    assert table["title"].tolist() == [
        f"Flatten ({of_all}, 1 epoch), seed 2",
        f"GRU ({of_all}, 2 epochs), seed 1",
        f"LSTM (64 units, {of_all}, 2 epochs), seed 0",
    ]
    assert set(table["dataset"]) == {"Rotten Tomatoes sentences"}
    assert table["validation_accuracy"].tolist() == pytest.approx([70, 95, 90])
    assert listed(open_runs(q="units>=32")) == [2, 1]
    assert listed(open_runs(sort="Validation accuracy")) == [2, 1, 3]
    assert listed(open_runs(**{"by.architecture": "GRU"})) == [2]
    assert listed(open_runs(columns=["Units", "Learning rate"])) == [3, 2, 1]


def test_a_query_that_cannot_be_understood_or_finds_nothing_reports_it(open_runs, runs):
    assert "There is no field “unitz”" in texts(open_runs(q="unitz=3"), "error")
    assert "No run matches" in texts(open_runs(q="transformer"), "info")


def test_one_run_is_seen_whole(open_runs, runs):
    for part in ("Curves", "Layers", "Settings", "Environment", "Log", "Files"):
        app = open_runs(run="3", part=part)
        assert not app.exception
        assert "Run 3: Flatten (Rotten Tomatoes sentences" in texts(app, "subheader")
        assert "1 epoch), seed 2" in texts(app, "subheader")
        assert "other programs used 1.0 of 2 cores, so its seconds are disturbed" in texts(app, "caption")
        assert [metric.value for metric in app.metric][:3] == ["69.00%", "70.00%", "1 of 1"]
        further = {metric.label: metric.value for metric in app.metric}
        assert (further["Test F1 (macro)"], further["Test negative log-likelihood"]) == ("not measured", "0.6000")


def test_a_run_on_the_first_examples_of_next_words_is_still_seen_whole(open_runs, finish, small_spec):
    finish(replace(small_spec("next_word_gru"), examples_version=1), [0.1, 0.2])
    for part in ("Curves", "Layers", "Settings", "Environment", "Log", "Files"):
        app = open_runs(run="1", part=part)
        assert not app.exception
        assert "GRU (64 units, next word" in texts(app, "subheader")
        assert [metric.value for metric in app.metric][:2] == ["19.00%", "70.00%"]
        assert "cannot be written as a script. This run is of version 1 of the examples" in texts(app, "caption")


def test_a_run_whose_seconds_rise_reports_it(open_runs, finish, small_spec):
    finish(small_spec("gru"), [0.8] * 8, growth=0.05)
    assert re.search(r"not steady: they rose by 2\d% over its epochs\.", texts(open_runs(run="1"), "caption"))


def test_several_runs_show_what_differs(open_runs, runs):
    app = open_runs(run=["1", "2"])
    assert not app.exception
    table = app.dataframe[1].value
    assert table.columns.tolist() == ["LSTM (64 units), seed 0 (run 1)", "GRU, seed 1 (run 2)"]
    assert table.loc["Architecture"].tolist() == ["LSTM", "GRU"]
    assert table.loc["Units"].tolist() == ["64", "32"]
    assert table.loc["Test accuracy"].tolist() == ["89.00%", "94.00%"]
    assert "device" not in " ".join(table.index)


def test_a_run_is_named_noted_tagged_and_pinned(open_runs, runs, store):
    app = open_runs(run="1")
    next(field for field in app.text_input if field.label == "Name").set_value("champion")
    next(field for field in app.text_area if field.label == "Note").set_value("Keep it.")
    app.run()
    press(app, "Pin")
    run = store.run(1)
    assert (run.name, run.note, run.pinned) == ("champion", "Keep it.", True)
    assert listed(open_runs()) == [1, 3, 2]
    assert "Run 1: champion, seed 0" in texts(open_runs(run="1"), "subheader")


def test_deleting_can_be_undone_and_the_bin_emptied_for_good(open_runs, runs, store):
    app = press(open_runs(run=["1", "2"]), "Delete")
    assert listed(app) == [3]
    assert "2 runs moved to the bin" in texts(app, "markdown")
    press(app, "Undo")
    assert listed(app) == [3, 2, 1]
    press(open_runs(run="1"), "Delete")
    app = open_runs(shelf="Bin", run="1")
    assert listed(app) == [1]
    press(app, "Restore")
    assert list_runs(store, Query(), status_filter=BIN).total == 0
    annotations.delete(store, [1])
    app = press(open_runs(shelf="Bin", run="1"), "Delete for good")
    assert "No such run is in the bin" in texts(app, "info")
    assert [run.id for run in store.runs()] == [2, 3]


def test_archived_runs_are_out_of_the_way(open_runs, runs, store):
    assert listed(press(open_runs(run="2"), "Archive")) == [3, 1]
    assert listed(open_runs(shelf="Archived")) == [2]
    press(open_runs(shelf="Archived", run="2"), "Unarchive")
    assert list_runs(store, Query(), status_filter=ARCHIVED).total == 0


def test_the_queue_shows_its_order_and_lets_it_be_changed(open_runs, runs, small_spec, store):
    app = open_runs(view="Queue")
    assert "No run is training" in texts(app, "info")
    store.submit([small_spec(seed=seed) for seed in (5, 6, 7)], 2, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    app = open_runs(view="Queue")
    assert not app.exception
    assert "2 runs waiting" in texts(app, "subheader")
    assert app.dataframe[0].value["Run"].tolist() == ["Flatten, seed 6 (run 5)", "Flatten, seed 7 (run 6)"]
    press(app, "Cancel all that wait")
    assert {run.state for run in store.runs([QUEUED, CANCELLED])} == {CANCELLED}
    assert app.dataframe[0].value["State"].tolist() == ["cancelled", "cancelled"]
    press(app, "Try 2 runs again")
    assert len(store.runs([QUEUED])) == 2


def test_waiting_runs_stay_selected_when_another_one_starts(open_runs, small_spec, store):
    ids = store.submit([small_spec(seed=seed) for seed in (5, 6, 7)], 2, "cpu")
    app = open_runs(view="Queue")
    assert app.button("cancel_chosen").disabled
    app.session_state[queue_view.CHOSEN_WAITING] = [ids[1]]
    store.claim("cpu", ProcessIdentity.current())
    app.run()
    assert app.button("cancel_chosen").label == "Cancel 1 run"
    app.button("cancel_chosen").click().run()
    assert not app.exception
    assert [run.id for run in store.runs([QUEUED])] == [ids[2]]


def test_the_queue_shows_the_cluster_and_what_runs_where(open_runs, runs, store, monkeypatch):
    slots = (SlotState("a", "left", "gpu:0", "A GPU", 1 << 40, 2), SlotState("b", "right", "gpu:0", "A GPU", 1 << 40))
    ClusterState(store.clock(), slots, ("The node middle did not answer.",)).write(store.root)
    assert "Cluster" not in texts(open_runs(view="Queue"), "subheader")
    monkeypatch.setenv("UNROLL_RAY_ADDRESS", "10.0.0.5:6379")
    app = open_runs(view="Queue")
    assert not app.exception
    assert "Cluster" in texts(app, "subheader") and "middle did not answer" in texts(app, "warning")
    assert app.dataframe[0].value["Node"].tolist() == ["left", "right"]
    assert app.dataframe[0].value["Trains"].tolist() == ["GRU, seed 1 (run 2)", "nothing"]


def test_storage_shows_what_can_be_freed_and_frees_it(open_runs, runs, store):
    assert "Runs in the bin" not in " ".join(box.label for box in open_runs(view="Storage").checkbox)
    annotations.delete(store, [1])
    app = open_runs(view="Storage")
    assert not app.exception
    assert "Runs in the bin" in " ".join(box.label for box in app.checkbox)
    press(app, "Delete for good")
    assert [run.id for run in store.runs()] == [2, 3]
    (store.files_dir(2) / "state.npz").write_bytes(b"x")
    assert "state.npz is missing or changed" in texts(press(app, "Check all files"), "error")


def test_a_run_of_another_version_is_named_and_the_others_go_on(open_runs, runs, store):
    with store.db.transaction() as db:
        for run_id, spec in ((2, '{"architecture": "mamba", "seed": 4}'), (3, "[7]")):
            identity = hashlib.sha256(spec.encode()).hexdigest()
            db.execute("UPDATE runs SET spec = ?, identity = ? WHERE id = ?", (spec, identity, run_id))
    app = open_runs()
    assert not app.exception
    names = app.dataframe[0].value["title"].tolist()
    assert names[:2] == ["a run of another version, seed ?", "a run of another version, seed 4"]
    assert names[2].startswith("LSTM (64 units, ")
    for part in ("Curves", "Layers", "Settings"):
        assert not open_runs(run=["2"], part=part).exception
        assert not open_runs(run=["1", "2", "3"], part=part).exception


def test_a_read_only_cache_refuses_changes_with_a_sentence(open_runs, runs, store, monkeypatch):
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    for act in ("Pin", "Archive", "Delete"):
        app = open_runs(run="1")
        assert "This Unroll is read-only" in texts(app, "info")
        (button,) = (each for each in app.button if each.label == act)
        assert button.disabled and "nothing can be trained or changed" in button.help.replace("\\", "")
        button.proto.disabled = False  # as if the click was sent without the page
        press(app, act)
    assert all(field.disabled for field in app.text_input if field.label == "Name")
    assert not open_runs(view="Storage").exception and not open_runs(view="Queue").exception
    assert store.run(1) == runs[0]


def test_a_selection_outlives_searches_and_pages(open_runs, runs):
    app = open_runs(run=["1", "2"], q="flatten")
    assert listed(app) == [3]
    assert "**2 runs selected**, 2 of them not in this list" in texts(app, "markdown")
    assert "What differs" in texts(app, "subheader")
    press(app, "Clear")
    assert "Select one run to see all of it" in texts(app, "caption")


def test_a_link_to_a_run_that_is_not_here_reports_it(open_runs, runs, store):
    assert "Not in this cache: run 99." in texts(open_runs(run=["99", "1"]), "warning")
    assert "Run 1" in texts(open_runs(run=["99", "1"]), "subheader")
    annotations.delete(store, [2])
    app = open_runs(run="2")
    assert "Run 2: GRU" in texts(app, "subheader")
    assert not open_runs(run=["x", "9" * 30, "-1"]).exception


def test_a_link_that_asks_for_what_is_not_there_is_explained(open_runs, runs):
    app = open_runs(shelf="Cellar", sort="Beauty", view="Everything", part="Soul")
    warnings = texts(app, "warning")
    for word in ("Cellar", "Beauty", "Everything", "Soul"):
        assert f"The link asks for “{word}”" in warnings
    assert listed(app) == [3, 2, 1]


def test_filters_are_seen_and_cleared(open_runs, runs):
    app = open_runs(**{"by.architecture": ["GRU", "LSTM"]})
    assert listed(app) == [2, 1]
    assert "Architecture: LSTM or GRU" in texts(app, "markdown") or "Architecture: GRU or LSTM" in texts(
        app, "markdown"
    )
    assert listed(press(app, "Clear filters")) == [3, 2, 1]


def test_a_refused_tag_takes_no_other_along_and_ends_there(open_runs, runs, store):
    app = open_runs(run=["1", "2"])
    assert app.dataframe[0].value.columns[3] == "state"
    field = next(field for field in app.multiselect if field.label == "Tags of all selected runs")
    field.set_value(["paper", "a,b"])
    app.run()
    assert "A tag is one line" in texts(app, "error")
    assert store.run(1).tags == store.run(2).tags == ("paper",)
    field = next(field for field in app.multiselect if field.label == "Tags of all selected runs")
    assert field.value == ["paper"]
    assert "A tag is one line" not in texts(app.run(), "error")
    assert app.dataframe[0].value.columns[3] == "tag", "tags come first once there are any"


def test_what_cannot_be_exported_is_reported(open_runs, runs, store):
    (store.files_dir(1) / "predictions.npz").write_bytes(b"x")
    app = press(open_runs(run="1"), "Make ready 1 run")
    assert "its file predictions.npz is damaged or missing" in texts(app, "error")
    app = press(open_runs(run="2"), "Make ready 1 run")
    assert app.get("download_button")


def test_a_time_is_the_same_in_the_list_and_in_the_details(open_runs, runs, store):
    app = open_runs(columns=["Created"], run="1", part="Environment")
    shown, details = app.dataframe[0].value, app.dataframe[1].value
    in_list = shown["created"][shown["run"] == 1].item()
    in_details = details["Value"][details["Setting"] == "queued at"].item()
    assert in_list == in_details == moment(store.run(1).created_at) and " UTC" in in_list
    assert listed(open_runs(q=f"created='{in_list}' lstm")) == [1]


def test_list_and_details_give_the_same_figures(open_runs, runs):
    app = open_runs(run="1")
    row = app.dataframe[0].value.set_index("run").loc[1]
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Test accuracy"] == f"{row['test_accuracy']:.2f}%"
    assert metrics["Best validation"] == f"{row['validation_accuracy']:.2f}%"
    assert metrics["Seconds per epoch"] == f"{row['seconds_per_epoch']:.2f} s"
    assert metrics["Parameters"] == f"{row['parameters']:,}"


def test_runs_that_were_trained_since_they_failed_are_left_out_and_can_be_seen(open_runs, store, finish, small_spec):
    (cancelled,) = store.submit([small_spec("gru")], 2, "cpu")
    store.cancel([cancelled])
    assert listed(open_runs()) == [cancelled]
    run = finish(small_spec("gru"), [0.8, 0.9])
    app = open_runs()
    assert listed(app) == [run.id]
    assert "1 run. 1 failed or cancelled run left out, because the same was trained since" in texts(app, "caption")
    app = open_runs(q="superseded=yes", run=str(cancelled))
    assert listed(app) == [cancelled]
    assert f"The same settings were trained in run {run.id}." in texts(app, "caption")
    assert "search for superseded=yes" in texts(open_runs(q="state=cancelled"), "info")
    assert listed(open_runs(**{"by": ["Superseded"], "by.superseded": ["Yes"]})) == [cancelled]


def test_an_own_dataset_goes_by_its_title(open_runs, store, finish, small_spec):
    texts_of = [f"letter number {number} about {topic}" for number in range(120) for topic in ("rain", "sun")]
    dataset = add_user_dataset(
        store.root, "Our mails", Labelled(texts_of, [0, 1] * 120, ("rain", "sun"), ()), "mails.csv"
    )
    fingerprint = dataset.fingerprint(store.root)
    finish(small_spec("flatten", dataset=dataset.name, fingerprint=fingerprint, train_examples=None), [0.5])
    finish(small_spec("lstm"), [0.5])
    app = open_runs(run="1", part="Settings")
    assert app.dataframe[0].value["dataset"].tolist() == ["Rotten Tomatoes sentences", "Our mails"]
    settings = app.dataframe[1].value.set_index("Setting")["Value"]
    assert settings["dataset"] == "Our mails"
    assert "Run 1: Flatten (Our mails, vocabulary 1,000" in texts(app, "subheader")
    app = open_runs(run=["1", "2"])
    assert app.dataframe[1].value.loc["Dataset"].tolist() == ["Our mails", "Rotten Tomatoes sentences"]
    assert listed(open_runs(q='dataset="our MAILS"')) == listed(open_runs(q="mails")) == [1]
    app = open_runs(**{"by": ["Dataset"], "by.dataset": ["Our mails"]})
    assert listed(app) == [1] and "Dataset: Our mails" in texts(app, "markdown")


def test_the_help_shows_the_examples(open_runs, runs):
    shown = open_runs().table[0].value
    assert shown["Type"].tolist() == [f"`{query}`" for query, _ in EXAMPLES]
