"""What people type, upload, import or put into a link is shown as it stands, wherever it appears."""

import io
import json
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cache.browsing import annotations
from cache.cli.output import as_text, harmless
from cache.cli.run_commands import show
from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, Request
from cache.store.runner_store import RunnerStore
from cache.tasks.add_vectors import ADD_VECTORS
from cache.tasks.dataset_statistics import CountDataset
from cache.tasks.task_status import DONE, FAILED, TaskStatus
from cache.tasks.text_tasks import ReadTestTexts
from cache.transfer.bundles import export_bundle, import_bundle
from cache.transfer.exports import cell, export
from dashboard.shell.markdown import escape_markdown
from models.data import datasets
from models.data.datasets import add_user_dataset
from models.data.labelled import label_texts
from models.data.user_datasets import register
from models.experiments.spec import RunSpec
from models.stacks.named_stacks import save_stack
from models.stacks.stack_parser import StackError, parse_stack
from models.text.encoding import TextEncoding
from models.training.generation import Candidate, Step
from models.training.run_files import save_predictions
from models.vectors.word_vectors import check_title
from tests.dashboard.pages import PATIENCE, texts
from tests.dashboard.rendered import markdown

SCRIPT, IMAGE, LINK = "<script>window.hacked=1</script>", "<img src=x onerror=hack()>", "[x](javascript:hack())"
PIXEL, MATHS, COLOUR = "![x](http://evil.example/x.png)", "$\\frac{1}{2}$", ":red[x] :material/delete: **b** `c` ~~s~~"
FORMULA, PATH, ANSI = "=cmd|' /C calc'!A1", "../../../etc/passwd", "\x1b[31m\x1b]0;owned\x07"
HOSTILE = (SCRIPT, IMAGE, LINK, PIXEL, MATHS, COLOUR)
ALL = " ".join(HOSTILE)
SHORT = f"{SCRIPT} {PIXEL}"
ENCODING = TextEncoding(200, 10)


@pytest.fixture
def look_at(open_page, monkeypatch):
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    yield lambda page="compare", **query: shown_as_it_stands(open_page(page, **query))
    datasets._user_datasets.contents = {}


def shown_as_it_stands(app):
    """Nothing hostile is anywhere where a browser would take it for Markdown."""
    assert not app.exception
    for kind, text in markdown(app):
        assert not [each for each in HOSTILE if each in text], (kind, text)
    return app


@pytest.fixture
def ours(store):
    """A dataset whose texts, labels, columns and file are hostile; its name cannot be."""
    rows = [(f"{HOSTILE[number % 6]} {number}", (SHORT, LINK)[number % 2]) for number in range(100)]
    labelled = label_texts(pd.DataFrame(rows, columns=[PIXEL, SCRIPT]), PIXEL, SCRIPT)
    return add_user_dataset(store.root, "_Ours_ & - 1.", labelled, f"{SCRIPT}.csv")


@pytest.fixture
def runs(store, finish, ours):
    """Two runs on it with name, note and tags, on a device with a hostile name."""
    fingerprint = ours.fingerprint(store.root)
    made = []
    for architecture in ("gru", "lstm"):
        for seed in (0, 1, 2):
            spec = RunSpec.create(
                dataset=ours.name, fingerprint=fingerprint, architecture=architecture, encoding=ENCODING, seed=seed
            )
            made.append(finish(spec, [0.8, 0.9], device=SHORT, contended=SHORT if seed else None))
    annotations.rename(store, 1, f"{SHORT} {FORMULA}"[:100])
    annotations.rename(store, 2, LINK)
    annotations.annotate(store, 1, f"{ALL}\n# head\n    code\n| a | b |")
    annotations.tag(store, [1], [each[:50] for each in (SCRIPT, PIXEL[:50], COLOUR[:50])])
    with store.db.transaction() as db:
        environment = {"device": SHORT, "host": ALL, "versions": {SCRIPT: PIXEL}}
        db.execute("UPDATE runs SET environment = ?", (json.dumps(environment),))
    store.log_file(1).write_text(f"{ALL}\n{ANSI}")
    store.submit([RunSpec.create(dataset="imdb", fingerprint="f", architecture="gru", seed=7)], 1, "cpu")
    failed = store.claim("cpu", ProcessIdentity.current())
    store.fail(failed.id, ALL)
    return made


SHARED = {"dataset": "_Ours_ & - 1.", "vocabulary": "200", "length": "10", "epochs": "2", "models": ["GRU", "LSTM"]}
OPEN = dict.fromkeys(
    ("pairs_open", "jaggedness_open", "tokens_open", "drawing_open", "budgets_open", "disagreement_open", "ask_open"),
    "true",
)


def test_the_search_finds_what_a_browser_would_render():
    def page(text):
        import streamlit as st

        for draw in (st.title, st.markdown, st.caption, st.error, st.write, st.expander, st.popover, st.button):
            draw(text)
        st.radio("c", [text])
        st.checkbox("a", help=text)
        st.metric(text, 1)
        st.tabs([text])
        st.progress(0.5, text=text)
        st.segmented_control("b", [text])
        st.code(text)

    app = AppTest.from_function(page, args=(PIXEL,), default_timeout=PATIENCE).run()
    assert not app.exception
    found = {kind for kind, text in markdown(app) if PIXEL in text}
    assert found == {
        *("title.body", "markdown.body", "caption.body", "error.body", "expander.label", "popover.label"),
        *("button.label", "checkbox.help", "metric.label", "tab.label", "progress.text", "radio.options"),
        "button_group.content",
    }


def test_compare(look_at, runs, ours, store):
    assert ReadTestTexts(ours.name).run(store.root).state == DONE
    for run in runs:  # which disagree, so that contested texts are shown
        answers = np.full(10, 0.9 if run.spec.architecture == "gru" else 0.1, np.float32)
        save_predictions(store.files_dir(run.id), {2: answers})
    request = Request(tuple(run.id for run in runs), ALL, 1, 1.0, 1, 0)
    generation_requests.ask(store, request)
    answer = dict.fromkeys(
        request.runs, (Step(SHORT, 0.9, 0.9, (Candidate(SHORT, 0.9, 0.9), Candidate(LINK, 0.1, 0.1))),)
    )
    me = ProcessIdentity.current().to_json()
    Answer(DONE, ALL, me, answer, {1: ALL}).write(store, request)
    for view in ("Agreement", "Confusion", "Calibration", "Contested texts"):
        query = SHARED | OPEN | {"disagreement": view, "sentence": ALL, "question": ALL, "contended": "true"}
        app = look_at(**query)
        assert "6 of 6 runs cached" in texts(app, "markdown")
    assert any(each in code.value for code in app.code for each in HOSTILE), "as code it stands as it is"


def test_a_link(look_at):
    keys = (
        "dataset",
        "models",
        "epochs",
        "optimizer",
        "task",
        "lstm.units",
        "view",
        "stack",
        "budget",
        "columns",
        "layers_models",
        "layers_length",
        "layers_of",
        "composed.stack",
    )
    app = look_at(**dict.fromkeys(keys, ALL))
    assert "window.hacked=1" in texts(app, "warning"), "it is shown as it is"
    for page in ("present", "compose", "layers", "memory", "generate", "data", "runs"):
        look_at(page, **dict.fromkeys((*keys, "q", "run", "sort", "shelf", "part", "writers", "text", "vectors"), ALL))


def test_a_run(look_at, runs):
    for part in ("Curves", "Layers", "Settings", "Environment", "Log", "Files"):
        app = look_at("runs", run="1", part=part)
        assert "Run 1: <script>" in texts(app, "subheader")


def test_lists_of_runs(look_at, runs, store):
    look_at("runs", run=["1", "2", "3"])
    look_at("runs", q=ALL.replace("'", ""), **{"by": ["Tag", "Device"], "by.tag": SCRIPT, "by.device": SHORT})
    look_at("runs", view="Queue")
    annotations.delete(store, [1, 2])
    look_at("runs", view="Storage")
    look_at("runs", shelf="Bin", run=["1"])


def test_present(look_at, runs):
    for slide in range(8):
        look_at("present", slide=str(slide), **SHARED)


def test_data(look_at, ours, store):
    assert CountDataset(ours.name, None, ENCODING).run(store.root).state == DONE
    query = {"dataset": ours.title, "vocabulary": "200", "length": "10"}
    app = look_at("data", **query)
    assert len(app.metric) == 5
    look_at("data", data_view="Your own data", **query)
    TaskStatus(FAILED, ALL, "", 1.0).write(ADD_VECTORS.status_file(store.root))
    assert "window.hacked=1" in texts(look_at("data", data_view="Word vectors", **query), "error")


def test_an_upload(look_at):
    app = look_at("data", data_view="Your own data")
    rows = "".join(f'"{HOSTILE[number % 6]} {number}","{(LINK, MATHS)[number % 2]}"\n' for number in range(120))
    (field,) = app.get("file_uploader")
    field.upload(f"{SHORT}.csv", f'"{PIXEL}","{SCRIPT}"\n{rows},\n'.encode(), "text/csv")
    shown_as_it_stands(app.run())
    assert [app.selectbox[0].value, app.selectbox[1].value] == [PIXEL, SCRIPT]
    assert "<" not in app.text_input[0].value
    app.text_input[0].set_value(SHORT).run()
    app.button(key="add_dataset").click()
    shown_as_it_stands(app.run())
    assert "A name has 1 to 60 letters" in texts(app, "error")


def test_what_models_write(look_at, store, finish, small_spec):
    run = finish(small_spec("next_word_gru"), [0.1, 0.2])
    annotations.rename(store, run.id, SHORT)
    request = Request((run.id,), ALL, 20, 0.8, 20, 0)
    generation_requests.ask(store, request)
    step = Step(SHORT, 0.2, 0.4, (Candidate(SHORT, 0.2, 0.4), Candidate(LINK, 0.1, 0.1)))
    Answer(DONE, ALL, ProcessIdentity.current().to_json(), {run.id: (step,)}, {run.id: ALL}).write(store, request)
    app = look_at("generate", text=ALL)
    assert "window.hacked=1" in texts(app, "markdown")


def test_a_bundle(look_at, runs, store, tmp_path):
    """What a stranger says in it is kept and shown as it stands."""
    bundle = io.BytesIO()
    export_bundle(store, [run.id for run in runs], bundle)
    annotations.delete(store, [run.id for run in runs])
    assert len(import_bundle(store, bundle).new) == 6
    app = look_at("runs", run=str(store.runs(["finished"])[-6].id))
    assert "window.hacked=1" in texts(app, "caption")


@pytest.mark.parametrize("name", [*HOSTILE, FORMULA, PATH, ANSI, "a/b", "..", "", " ", "a\nb", "x" * 99])
def test_names_that_could_mean_something_are_refused(tmp_path, name):
    for give in (
        lambda: save_stack(tmp_path, name, parse_stack("Embedding(8) → Flatten()")),
        lambda: register(tmp_path, name, ("a", "b"), {}, "x.csv"),
        lambda: check_title(tmp_path, name),
    ):
        if name == "..":  # for a title it is as good as any: it names no file
            break
        with pytest.raises(ValueError, match="A name has 1 to"):
            give()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["__import__('os').system('id')", "Embedding(8) → Flatten(__import__('os'))", "Dense(open('x'))", *HOSTILE]
)
def test_a_stack_that_is_typed_is_read_and_never_run(text):
    with pytest.raises(StackError):
        parse_stack(text)


def test_what_is_plain_says_the_same_and_renders_nothing():
    for text in (*HOSTILE, FORMULA, PATH):
        assert text not in escape_markdown(text) or text == PATH
        assert escape_markdown(text).replace("\\", "") == text.replace("\\", "")


def test_tables_for_spreadsheets_hold_no_formulas(store, runs, tmp_path):
    for text in (FORMULA, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"):
        assert cell(text) == f"'{text}"
    assert (cell(-1.5), cell(3), cell(None), cell("a=b")) == (-1.5, 3, None, "a=b")
    annotations.rename(store, 1, FORMULA)
    made = io.BytesIO()
    export(store, [1], "csv", made)
    made.seek(0)
    table = pd.read_csv(io.BytesIO(ZipFile(made).read("runs.csv")))
    assert table["name"].tolist() == [f"'{FORMULA}"]


def test_a_terminal_gets_no_control_characters(store, runs):
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET environment = ?, name = ? WHERE id = 1", (json.dumps({"device": ANSI}), f"n{ANSI}"))
    for shown in (as_text(show(store, 1)), as_text([{"name": f"n{ANSI}", "run": 1}]), harmless(f"{ANSI}\r\x9b31m")):
        assert not [each for each in "\x1b\x07\r\x9b" if each in shown]


def test_a_folder_is_left_as_it_was_by_names_that_lead_out_of_it(tmp_path, ours, store):
    """What an upload is called is kept as a word, and names no file."""
    labelled = label_texts(pd.DataFrame({"a": [f"t{n}" for n in range(100)], "b": ["x", "y"] * 50}), "a", "b")
    add_user_dataset(store.root, "Other", labelled, PATH)
    assert not list(tmp_path.rglob("passwd*"))
    assert RunnerStore(store.root).root == store.root
