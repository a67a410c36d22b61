"""Missing runs are trained one at a time, or several at once for their accuracy alone."""

import pytest

from cache.core.processes import ProcessIdentity
from cache.execution import room
from cache.store.runs import RunRequest
from dashboard.widgets import run_progress
from dashboard.widgets.at_once import KEY, ONE, SEVERAL
from models.machine.devices import cpu
from tests.dashboard.pages import texts


@pytest.fixture
def cores(monkeypatch):
    """Sets the number of cores, on a machine with much memory."""
    monkeypatch.setattr(room, "quota_cores", lambda: None)
    monkeypatch.setattr(room, "total_bytes", lambda: 10**12)
    return lambda number: monkeypatch.setattr(room, "usable_cores", lambda: number)


def test_with_one_core_there_is_no_choice(open_compare, cores, store):
    cores(1)
    app = open_compare(models="LSTM", seeds="2", at_once=SEVERAL)
    assert not app.exception and not app.radio
    app.button(key="train").click().run()
    assert [run.together for run in store.runs(["queued"])] == [False] * 2


def test_runs_are_trained_one_at_a_time_unless_the_reader_chooses_otherwise(open_compare, cores, store):
    cores(8)
    app = open_compare(models="LSTM", seeds="2")
    assert app.radio(key=KEY).value == ONE
    app.radio(key=KEY).set_value(SEVERAL).run()
    app.button(key="train").click().run()
    assert [run.together for run in store.runs(["queued"])] == [True] * 2


def test_a_link_can_choose_it(open_compare, cores, store):
    cores(8)
    app = open_compare(models="LSTM", seeds="1", at_once=SEVERAL)
    app.button(key="train").click().run()
    assert [run.together for run in store.runs(["queued"])] == [True]


def test_a_link_that_asks_for_something_else_says_so(open_compare, cores):
    cores(8)
    app = open_compare(models="LSTM", seeds="1", at_once="All of them")
    assert "asks for “All of them” as at_once" in texts(app, "warning")
    assert app.radio(key=KEY).value == ONE


def test_each_way_says_how_long_it_takes(open_compare, cores, specs, finish):
    cores(2)
    here = cpu().name
    finish(specs["LSTM"][0], [0.7] * 5, device=here, seconds=60.0)
    app = open_compare(models="LSTM", seeds="3", epochs="5")
    one, several = app.radio(key=KEY).proto.captions
    assert one == "about 10 min; seconds can be compared"
    assert several == "at most 10 min; up to 2 at once, accuracies only"
    finish(specs["LSTM"][1], [0.7] * 5, device=here, seconds=84.0, together=True)
    app = open_compare(models="LSTM", seeds="4", epochs="5", at_once=SEVERAL)
    one, several = app.radio(key=KEY).proto.captions
    assert (one, several) == ("about 10 min; seconds can be compared", "about 7 min; up to 2 at once, accuracies only")
    assert app.button(key="train").label == "Train 2 runs (about 7 min)"


def test_the_question_before_a_long_training_says_in_which_way(open_compare, cores, specs, finish):
    cores(2)
    finish(specs["LSTM"][0], [0.7] * 5, device=cpu().name, seconds=500.0)
    app = open_compare(models="LSTM", seeds="3", at_once=SEVERAL)
    app.button(key="train").click().run()
    assert "They take at most 83 min, several at once." in texts(app, "markdown")


def test_shared_seconds_are_left_out_even_if_disturbed_ones_are_included(open_compare, cores, specs, finish, store):
    cores(2)
    here = cpu().name
    for seed in range(3):
        finish(specs["Flatten"][seed], [0.8] * 5, device=here, together=True)
        finish(specs["GRU"][seed], [0.8] * 5, device=here, contended="other programs used 1.5 of 2 cores")
    app = open_compare(contended="true")
    assert "3 runs trained together with others" in texts(app, "caption")
    assert "3 runs measured while another program used the device" in texts(app, "caption")
    rows = {}
    for frame in (each.value for each in app.dataframe if "Best validation" in each.value):
        rows |= dict(zip(frame["Architecture"], frame["Seconds per epoch"], strict=True))
    assert rows == {"Flatten": "–", "GRU": "2.00 ± 0.00 s"}
    app.button(key="measure_alone").click().run()
    waiting = store.runs(["queued"])
    assert [(run.spec.architecture, run.together) for run in waiting] == [("flatten", False)] * 3


def test_without_other_seconds_the_page_says_why_there_are_none(open_compare, cores, specs, finish):
    cores(2)
    for seed in range(3):
        finish(specs["Flatten"][seed], [0.8] * 5, device=cpu().name, together=True)
    assert "so their seconds cannot be compared" in texts(open_compare(), "info")


def test_only_a_few_of_many_running_runs_have_a_bar(open_compare, cores, specs, store, monkeypatch):
    cores(32)
    monkeypatch.setattr(run_progress, "MOST_DRAWN", 2)
    store.submit_each(RunRequest(specs["LSTM"][seed], 5, "cpu", together=True) for seed in range(3))
    for _ in range(3):
        store.claim("cpu", ProcessIdentity.current())
    app = open_compare(models="LSTM", seeds="3")
    assert not app.exception and len(app.get("progress")) == 2
    assert "1 more run in training." in texts(app, "caption")
