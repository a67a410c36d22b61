from urllib.parse import parse_qs

import numpy as np
import pytest

from cache.claims import CLAIMS
from cache.claims.costs import CONV1D, FLATTEN, GRU, LSTM
from cache.claims.evidence import specs_of
from cache.core.processes import ProcessIdentity
from models.data.datasets import get_dataset
from models.data.splits import Split, write_splits
from models.encoded.test_split import path_of_test_split
from models.machine.devices import cpu
from tests.dashboard.pages import texts
from tests.dashboard.shell.test_hostile import SHORT, shown_as_it_stands

ELSEWHERE = "A fast GPU"


@pytest.fixture
def open_claims(open_page):
    return lambda **query: open_page("claims", **query)


@pytest.fixture
def train(finish):
    """Finished runs of three seeds with about so many seconds."""

    def make(group, seconds, device=None, contended=None):
        specs = specs_of(group, "tensorflow", get_dataset("imdb").fingerprint(None))
        for seed in range(3):
            finish(specs[seed], [0.7, 0.8] + [0.75] * 8, seconds + seed / 100, device or cpu().name, contended)

    return make


@pytest.fixture
def line_up(train):
    for group, seconds in ((FLATTEN, 4.0), (CONV1D, 4.5), (GRU, 20.0), (LSTM, 43.0)):
        train(group, seconds)


def cards(app):
    return [heading.value for heading in app.subheader]


def test_an_empty_cache_decides_nothing_and_offers_to(open_claims, store):
    app = open_claims()
    shown = texts(app, "markdown")
    assert f"0 of {len(CLAIMS)} claims hold, 0 do not, {len(CLAIMS)} are not decided" in shown
    assert "because nothing is trained yet" in shown and "LSTM: 0 of 3 timed runs" in shown
    assert cards(app) == [claim.title for claim in CLAIMS.values()]
    assert not app.get("vega_lite_chart")
    assert "time not known before the first run" in shown
    assert {f"decide {name}" for name in CLAIMS} <= {button.key for button in app.button}
    app.button(key="decide seconds").click().run()
    assert not app.exception
    queued = store.runs(["queued"])
    assert {run.label for run in queued} == {"LSTM", "GRU", "Flatten", "Conv1D"} and len(queued) == 12
    assert {run.epochs for run in queued} == {10}
    assert "12 runs of this claim in training or waiting" in texts(app, "caption")
    assert "decide seconds" not in {button.key for button in app.button}


def test_one_button_queues_whatever_is_open_each_run_once(open_claims, store):
    app = open_claims()
    label = app.button(key="train_claims").label
    app.button(key="train_claims").click().run()
    assert not store.runs(["queued"])
    app.button(key="yes train_claims").click().run()
    queued = store.runs(["queued"])
    assert label == f"Train {len(queued)} runs"
    assert len({run.identity for run in queued}) == len(queued)
    assert "train_claims" not in {button.key for button in app.button}
    app.button(key="cancel_all").click().run()
    assert not store.runs(["queued"])
    assert app.button(key="train_claims").label == label


def test_runs_are_judged_drawn_and_led_to(open_claims, line_up):
    app = open_claims(claim="Seconds per epoch")
    shown = texts(app, "markdown")
    assert "1 of 9 claims holds" in shown and "by 12 runs; seconds on" in shown
    assert "LSTM against GRU: 2.15× (simultaneous 95% interval 2.14 to 2.16, 3 seeds;" in shown
    assert f"By 12 runs, measured on {cpu().name}." in texts(app, "caption")
    assert cards(app) == ["Seconds per epoch"]
    assert len(app.get("vega_lite_chart")) == 2
    table = app.dataframe[0].value
    assert "about 43 s" in table.to_string() and "43.01 s" in table.to_string()
    assert table.columns.get_level_values(0).tolist()[1] == "Published"
    assert "decide seconds" not in {button.key for button in app.button}
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert links["The 12 runs used here"].count("run=") == 12
    assert "models=Flatten" in links["Compare: Flatten, LSTM, GRU, Conv1D"]
    assert "between 1.41× and 2.83×" in shown and "each has a level of 99.67%" in shown


def test_disturbed_seconds_are_not_judged_by_and_are_measured_again(open_claims, store, train, line_up):
    run = next(run for run in store.runs(["finished"]) if run.label == "GRU")
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET contended = 'a game' WHERE id = ?", (run.id,))
    app = open_claims(claim="Seconds per epoch")
    assert "GRU: 2 of 3 timed runs, 1 disturbed" in texts(app, "markdown")
    app.button(key="decide seconds").click().run()
    (queued,) = store.runs(["queued"])
    assert queued.identity == run.identity


def test_the_device_with_all_the_runs_is_asked_first_and_another_can_be(open_claims, train, line_up):
    for group in (GRU, LSTM):
        train(group, 10.0, ELSEWHERE)
    app = open_claims(claim="Seconds per epoch")
    assert app.selectbox(key="measured_on").value == cpu().name
    assert "2.15×" in texts(app, "markdown")
    app.selectbox(key="measured_on").set_value(ELSEWHERE).run()
    assert not app.exception
    shown = texts(app, "markdown")
    assert "LSTM against GRU: 1.00×" in shown and "Flatten: 0 of 3 timed runs, 3 measured elsewhere" in shown
    assert f"6 runs can only be timed on {ELSEWHERE}, which is not here" in texts(app, "caption")


def test_runs_from_elsewhere_are_judged_by_where_this_machine_has_none(open_claims, train):
    for group, seconds in ((FLATTEN, 4.0), (CONV1D, 4.5), (GRU, 20.0), (LSTM, 43.0)):
        train(group, seconds, ELSEWHERE)
    app = open_claims(claim="Seconds per epoch")
    assert app.selectbox(key="measured_on").value == ELSEWHERE
    assert "1 of 9 claims holds" in texts(app, "markdown")


def test_progress_is_followed(open_claims, store):
    spec = specs_of(LSTM, "tensorflow", get_dataset("imdb").fingerprint(None))[0]
    (run_id,) = store.submit([spec], 10, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.set_progress(run_id, epoch=2, batch=8, num_batches=32, seconds=1.5)
    (bar,) = open_claims().get("progress")
    assert "**LSTM**, seed 0: epoch 2 of 10" in bar.proto.text


def test_where_the_test_texts_are_not_known_they_are_offered_to_be_read(open_claims, store, train):
    from cache.claims.texts import VOCABULARIES, _swept

    for group in _swept("flatten", VOCABULARIES):
        train(group, 2.0)
    app = open_claims(claim="A larger vocabulary")
    assert "over seeds alone" in texts(app, "markdown")
    assert app.button(key="read_for_claims")
    file = path_of_test_split(get_dataset("imdb"), store.root)
    file.parent.mkdir(parents=True)
    write_splits(file, {"test": Split([f"Text {number}" for number in range(10)], np.ones(10, int).tolist())})
    app.run()
    assert not app.exception
    assert "over seeds alone" not in texts(app, "markdown")
    assert "read_for_claims" not in {button.key for button in app.button}


def test_a_device_of_a_hostile_name_is_shown_as_it_is(open_claims, train):
    train(LSTM, 2.0, SHORT)
    app = shown_as_it_stands(open_claims())
    assert SHORT.replace("\\", "") in texts(app, "caption")


def test_what_is_left_of_a_decided_claim_is_offered_with_that_claim_alone(open_claims, store, train, finish):
    for group, seconds in ((GRU, 20.0), (LSTM, 20.0), (CONV1D, 4.5)):
        train(group, seconds)
    app = open_claims(claim="Seconds per epoch")
    assert "1 does not" in texts(app, "markdown") or "2 do not" in texts(app, "markdown")
    assert "Flatten: 0 of 3 timed runs" in texts(app, "markdown")
    app.button(key="decide seconds").click().run()
    assert {run.label for run in store.runs(["queued"])} == {"Flatten"}


def test_odd_addresses_are_explained(open_claims, train):
    train(LSTM, 2.0, ELSEWHERE)
    app = open_claims(claim="Unheard of", measured_on="Nowhere")
    assert "“Unheard of” as claim" in texts(app, "warning") and "“Nowhere” as measured_on" in texts(app, "warning")
    assert len(cards(app)) == len(CLAIMS)


def test_where_nothing_can_be_trained_the_buttons_are_off(open_claims, monkeypatch):
    monkeypatch.setattr("dashboard.shell.session.training_problem", lambda store: "The disk is full.")
    app = open_claims(claim="Seconds per epoch")
    assert "The disk is full." in texts(app, "error")
    assert app.button(key="train_claims").disabled and app.button(key="decide seconds").disabled


def test_link_opens_the_models_that_have_their_weights(open_claims, store, line_up):
    def links():
        app = open_claims(claim="Seconds per epoch")
        return {link.proto.label: parse_qs(link.proto.query_string) for link in app.get("page_link")}

    chosen = links()["See inside these models"]["inside_models"]
    assert len(chosen) == 4 and {title.partition(",")[0] for title in chosen} == {"Flatten", "Conv1D", "GRU", "LSTM"}
    for run in store.runs(["finished"]):
        (store.files_dir(run.id) / "best_weights.npz").unlink()
    assert "See inside these models" not in links()
