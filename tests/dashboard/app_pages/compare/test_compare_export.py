"""Exporting from Compare and from Runs."""

from dataclasses import replace

import pytest
import streamlit as st

from cache.operations.saved_views import FOLDER, save_view
from dashboard.shell import session
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from tests.dashboard.pages import texts


@pytest.fixture
def lstm():
    fingerprint = get_dataset("imdb").fingerprint(None)
    return RunSpec.create(dataset="imdb", fingerprint=fingerprint, architecture="lstm")


def buttons(app):
    return {element.proto.label: element.proto for element in app.get("download_button")}


def test_sharing_keeps_the_view_and_shows_both_links(open_compare, store):
    app = open_compare(models="LSTM", epochs="2", seeds="1")
    app.button(key="share").click().run()
    assert not app.exception
    short, full = [element.value for element in app.code if "?" in element.value]
    (file,) = (store.root / FOLDER).iterdir()
    assert short.endswith(f"?view={file.stem}")
    assert full.endswith("?epochs=2&models=LSTM&seeds=1")


def test_a_short_link_restores_the_view(open_compare, store):
    code = save_view(store, {"models": ["LSTM"], "epochs": ["2"], "seeds": ["1"], "lstm.units": ["64"]})
    app = open_compare(view=code)
    assert not app.exception
    assert "view" not in app.query_params
    assert "0 of 1 run cached" in texts(app, "markdown")
    assert app.number_input(key="lstm.units").value == 64 and app.number_input(key="epochs").value == 2


def test_an_unknown_short_link_reports_it_until_it_is_dismissed(open_compare):
    app = open_compare(view="0123456789", seeds="1")
    assert "This cache holds no view “0123456789”" in texts(app, "warning")
    assert "0 of 4 runs cached" in texts(app, "markdown")
    app.button(key="dismiss_view").click().run()
    assert not app.warning and not app.exception


def test_a_cache_that_cannot_be_changed_gives_the_full_link_alone(open_compare, store, monkeypatch):
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    app = open_compare(models="LSTM")
    app.button(key="share").click().run()
    assert [element.value for element in app.code if "view=" in element.value] == []
    assert any("models=LSTM" in element.value for element in app.code)
    assert not (store.root / FOLDER).exists()


def test_everything_can_be_taken_away(open_compare, finish, lstm):
    finish(lstm, [0.7, 0.8], device=session.devices("tensorflow")[0].name)
    app = open_compare(models="LSTM", epochs="2", seeds="1")
    assert not app.exception
    assert {"HTML report", "Markdown", "Python script", "PNG", "SVG", "CSV"} <= set(buttons(app))
    assert len([each for each in app.get("download_button") if each.proto.label == "CSV"]) == 5
    assert "reaches the cached 79.00%" in buttons(app)["Python script"].help


def test_the_report_has_overfitting_and_every_fair_budget_as_it_is_shown(open_compare, finish, lstm, monkeypatch):
    makers, button = {}, st.download_button

    def kept(label, data, *arguments, **options):
        makers[label] = data
        return button(label, data, *arguments, **options)

    monkeypatch.setattr(st, "download_button", kept)
    finish(lstm, [0.7, 0.8, 0.6], device=session.devices("tensorflow")[0].name)
    query = {"models": "LSTM", "epochs": "3", "seeds": "1"}
    app = open_compare(**query)
    (shown,) = [each.value for each in app.markdown if "unsteady" in each.value]
    closed = makers["Markdown"]()
    assert "## Overfitting\n\n- LSTM is unsteady: after epoch 2 validation falls by 20.0 points" in closed
    assert "- **LSTM** is unsteady: after epoch 2 validation falls by 20.0 points" in shown.replace("\\", "")
    titles = [line for line in closed.splitlines() if line.startswith("## Fair budgets")]
    assert titles == [f"## Fair budgets: equal {what}" for what in ("parameters", "time", "accuracy")]
    assert "| LSTM | as it is | 172,941 | +0.00% |" in closed
    assert "| LSTM | 1 | 1.0 | 70.00% |" in closed and "after 3 s of training" in closed
    assert "| LSTM | 1 of 1 | 5.0 s | 2.0 |" in closed

    open_compare(**query, budgets_open="true", budget="Equal accuracy", accuracy_budget="70")
    assert "| LSTM | 1 of 1 | 3.0 s | 1.0 |" in makers["Markdown"]()


def test_a_run_can_be_a_script_on_runs(open_page, finish, lstm):
    run = finish(lstm, [0.7, 0.8])
    app = open_page("runs", run=str(run.id))
    assert not app.exception
    assert "reaches the cached 79.00%" in buttons(app)["Python script"].help


def test_a_run_whose_texts_are_no_longer_the_same_is_no_script_and_gives_the_reason(open_page, finish, lstm):
    run = finish(replace(lstm, fingerprint="of old"), [0.7, 0.8])
    app = open_page("runs", run=str(run.id))
    assert "Python script" not in buttons(app)
    assert "This run cannot be written as a script. This run read another version of IMDB reviews" in texts(
        app, "caption"
    )
