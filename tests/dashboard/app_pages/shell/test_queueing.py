"""Every button that queues runs says how many and how long, asks before long work, and can be undone."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import dashboard
from cache.core.processes import ProcessIdentity
from dashboard.runs.queue_view import CHOSEN_ENDED
from dashboard.shell import session
from tests.dashboard.pages import texts

TIMED = re.compile(r" \d+ runs?( \w+)* \((about|over|less than) .+\)$")


@pytest.fixture
def here():
    return session.devices("tensorflow")[0].name


@pytest.fixture
def slow(specs, finish, here):
    """LSTMs take 100 s an epoch here, five epochs 500 s."""
    return finish(replace(specs["LSTM"][0], seed=77), [0.7] * 5, seconds=99.9, device=here)


def states(store, *names):
    return [run.state for run in store.runs(names)]


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_short_work_is_queued_at_once_and_can_be_undone(open_compare, slow, store):
    app = open_compare(models="LSTM", seeds="1")
    assert app.button(key="train").label == "Train 1 run (about 8 min)"
    press(app, "train")
    assert states(store, "queued") == ["queued"]
    assert "Queued 1 run, about 8 min." in texts(app, "markdown")
    press(app, "undo train")
    assert states(store, "queued", "cancelled") == ["cancelled"]
    assert "Undone: 1 run taken out of the queue." in texts(app, "markdown")
    assert app.button(key="train").label == "Train 1 run (about 8 min)"
    assert "Undone" not in texts(press(app, "dismiss train"), "markdown")


def test_work_above_ten_minutes_asks_first(open_compare, slow, store):
    app = open_compare(models="LSTM", seeds="2")
    press(app, "train")
    assert not states(store, "queued")
    assert "2 runs: start?** They take about 17 min, one after another." in texts(app, "markdown")
    assert "train" not in {button.key for button in app.button}
    press(app, "no train")
    assert app.button(key="train").label == "Train 2 runs (about 17 min)" and not states(store, "queued")
    press(press(app, "train"), "yes train")
    assert states(store, "queued") == ["queued"] * 2


def test_many_runs_of_unknown_time_ask_first(open_page, store):
    app = open_page("memory")
    assert "not known" in app.button(key="train").help
    press(app, "train")
    assert "75 runs: start?** How long they take is not known" in texts(app, "markdown")
    assert not states(store, "queued")
    press(app, "yes train")
    assert len(states(store, "queued")) == 75


def test_undo_takes_back_what_this_click_queued_and_nothing_else(open_compare, specs, store):
    (waited, shorter) = store.submit([specs["GRU"][0], specs["LSTM"][0]], 2, "cpu")
    (other,) = store.submit([specs["Flatten"][0]], 5, "cpu")
    app = open_compare(models=["LSTM", "Flatten"], seeds="2", epochs="5")
    press(app, "train")
    assert "Queued 3 runs." in texts(app, "markdown")
    assert store.run(shorter).epochs == 5 and len(states(store, "queued")) == 5
    press(app, "undo train")
    assert {run.id: run.epochs for run in store.runs(["queued"])} == {waited: 2, shorter: 2, other: 5}


def test_undo_stops_what_trains_and_keeps_what_has_finished(open_compare, specs, store, finish, here):
    app = press(open_compare(models="Flatten", seeds="3"), "train")
    finish(specs["Flatten"][0], [0.8] * 5, device=here)
    training = store.claim("cpu", ProcessIdentity.current())
    press(app.run(), "undo train")
    assert store.run(training.id).cancel_requested and not states(store, "queued")
    shown = texts(app, "markdown")
    assert "Undone: 2 runs taken out of the queue. 1 run had finished and stays cached." in shown


@pytest.fixture
def undecided(open_page, trained, classes):
    """A pair of which many seeds are missing; its button was pressed and confirmed."""
    trained(gru=(0.86, 0.85, 0.87), lstm=(0.85, 0.93, 0.97))
    app = open_page("compare", models=["GRU", "LSTM"], epochs="2")
    (key,) = [button.key for button in app.button if str(button.key).startswith("settle")]
    press(app, key)
    assert app.number_input(key="seeds").value > 3
    return app, key


def test_undo_puts_the_seeds_back(undecided, store):
    app, key = undecided
    press(app, f"undo {key}")
    assert app.number_input(key="seeds").value == 3 and not states(store, "queued")
    assert "Seeds: 3." in texts(app, "markdown")


@pytest.mark.parametrize("some_have_finished", [False, True])
def test_cancelling_all_of_them_puts_the_seeds_back(undecided, store, here, finish, some_have_finished):
    app, _ = undecided
    if some_have_finished:
        finish(store.runs(["queued"])[0].spec, [0.8] * 2, device=here)
        app.run()
    press(app, "cancel_all")
    assert app.number_input(key="seeds").value == 3 and not states(store, "queued")
    assert "The training was cancelled. Seeds: 3." in texts(app, "markdown")


def test_seeds_that_the_reader_changed_since_stay(undecided):
    app, key = undecided
    app.number_input(key="seeds").set_value(4).run()
    press(app, f"undo {key}")
    assert app.number_input(key="seeds").value == 4


def test_sizes_of_a_fair_budget_are_put_back(open_page, store):
    app = open_page("compare", models=["GRU", "LSTM"], budgets_open="true", seeds="1", param_budget="200000")
    press(app, "train_matched")
    assert app.number_input(key="gru.units").value > 32 and states(store, "queued")
    press(app, "undo train_matched")
    assert app.number_input(key="gru.units").value == 32 and not states(store, "queued")


def test_measuring_again_and_elsewhere_say_how_many_and_how_long(open_compare, specs, finish, here, store):
    finish(replace(specs["LSTM"][0], seed=77), [0.7] * 5, seconds=9.9, device=here)
    finish(specs["LSTM"][0], [0.7] * 5, device=here, contended="a game")
    finish(specs["LSTM"][1], [0.7] * 5, device="NVIDIA H200")
    app = open_compare(models="LSTM", seeds="2")
    for key in ("measure_again", "measure_here"):
        assert TIMED.search(app.button(key=key).label), app.button(key=key).label
        press(app, key)
        assert key not in {button.key for button in app.button} and f"undo {key}" in {each.key for each in app.button}
    assert len(states(store, "queued")) == 2


def test_claims_say_how_many_and_how_long_and_can_be_undone(open_page, store):
    app = press(open_page("claims"), "decide seconds")
    assert "Queued 12 runs" in texts(app, "markdown")
    press(app, "undo decide seconds")
    assert not states(store, "queued")


@pytest.mark.parametrize("query", [{"run": ["2", "3"]}, {"view": "Queue"}])
def test_trying_again_shows_how_many_and_how_long(open_page, store, small_spec, finish, here, query):
    finish(small_spec(seed=9), [0.5, 0.6], device=here)
    store.cancel(store.submit([small_spec(), small_spec(seed=1)], 2, "cpu"))
    app = open_page("runs", **query)
    if "view" in query:
        (key,) = [each.key for each in app.dataframe if each.key.startswith(CHOSEN_ENDED)]
        app.session_state[key] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
        app.run()
    key = "retry" if "view" in query else "retry_selected"
    assert TIMED.search(app.button(key=key).label), app.button(key=key).label
    press(app, key)
    assert len(states(store, "queued")) == 2
    press(app, f"undo {key}")
    assert not states(store, "queued")


def test_what_is_refused_is_reported_where_one_clicked(open_page, monkeypatch, store):
    app = open_page("claims", claim="Seconds per epoch")
    monkeypatch.setenv("UNROLL_MAX_QUEUE", "2")
    press(app, "decide seconds")
    assert "12 runs would wait then" in texts(app, "error") and not states(store, "queued")
    press(app, "dismiss decide seconds")
    assert "would wait" not in " ".join(each.value for each in app.markdown)


def test_no_page_queues_runs_by_other_means():
    queues = re.compile(r"\.submit(_each|_within)?\b(?!\(lambda)|\bretry\b\(|\benqueue\(")
    found = {
        path.name
        for path in Path(dashboard.__path__[0]).rglob("*.py")
        if queues.search(path.read_text()) and path.name != "queueing.py"
    }
    assert found == set()
