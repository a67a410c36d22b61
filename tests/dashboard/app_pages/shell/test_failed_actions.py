"""A click that fails says so at once, in a sentence: with a full disk, a locked database and a read-only cache."""

import ast
import resource
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import dashboard
from tests.dashboard.pages import texts


@contextmanager
def full_disk(store):
    """No file may grow. Somebody reads meanwhile, so that what is written has to go to the end of the log."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(sqlite3.connect(store.database_file, isolation_level=None)) as reader:
        store.announce_runner("gpu:9", store_owner(), "", "")
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM runs").fetchall()
        log = store.database_file.with_name(f"{store.database_file.name}-wal")
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def store_owner():
    from cache.core.processes import ProcessIdentity

    return ProcessIdentity.current()


@contextmanager
def locked_database(store):
    with closing(sqlite3.connect(store.database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


BREAKS = {
    full_disk: (
        "is full: free some space, then try again.",
        "The run cache cannot be used at the moment (disk I/O error)",
    ),
    locked_database: ("Another program is using the run cache's database.",),
}


def click(key):
    return lambda app: app.button(key=key).click()


def rename(app):
    next(field for field in app.text_input if field.label == "Name").set_value("champion")


CLICKS = {
    "train": ("compare", {"models": "LSTM", "seeds": "1"}, click("train")),
    "cancel others": ("compare", {"models": "GRU", "seeds": "1"}, click("cancel_others")),
    "decide a claim": ("claims", {"claim": "Seconds per epoch"}, click("decide seconds")),
    "fair budget": (
        "compare",
        {"models": "LSTM", "seeds": "1", "budgets_open": "true", "param_budget": "200000"},
        click("train_matched"),
    ),
    "pin": ("runs", {"run": "1"}, click("act Pin")),
    "delete": ("runs", {"run": "1"}, click("act Delete")),
    "rename": ("runs", {"run": "1"}, rename),
    "cancel in the queue": (
        "runs",
        {"view": "Queue"},
        lambda app: next(button for button in app.button if button.label == "Cancel all that wait").click(),
    ),
}


@pytest.mark.parametrize(("page", "query", "act"), CLICKS.values(), ids=CLICKS)
def test_a_click_that_fails_reports_it_at_once(open_page, store, finish, small_spec, monkeypatch, page, query, act):
    monkeypatch.setattr("cache.store.database.LOCK_TIMEOUT_SECONDS", 0.1)
    finish(small_spec("lstm"), [0.8])
    store.submit([small_spec("gru")], 2, "cpu")
    before = store.runs()
    for broken, sentences in BREAKS.items():
        app = open_page(page, **query)
        act(app)
        with broken(store):
            app.run()
        assert not app.exception
        assert any(sentence in texts(app, "error") for sentence in sentences), (broken, texts(app, "error"))
        assert store.runs() == before


def test_a_failure_is_gone_after_the_next_click_that_succeeds(open_page, store, finish, small_spec, monkeypatch):
    monkeypatch.setattr("cache.store.database.LOCK_TIMEOUT_SECONDS", 0.1)
    finish(small_spec("lstm"), [0.8])
    app = open_page("runs", run="1")
    app.button(key="act Pin").click()
    with locked_database(store):
        app.run()
    app.button(key="act Pin").click().run()
    assert not app.error and store.run(1).pinned


def test_an_undo_that_fails_can_be_tried_again(open_page, store, finish, small_spec, monkeypatch):
    monkeypatch.setattr("cache.store.database.LOCK_TIMEOUT_SECONDS", 0.1)
    finish(small_spec("lstm"), [0.8])
    app = open_page("runs", run="1")
    app.button(key="act Delete").click().run()
    undo = next(button for button in app.button if button.label == "Undo")
    undo.click()
    with locked_database(store):
        app.run()
    next(button for button in app.button if button.label == "Undo").click().run()
    assert store.run(1).deleted_at is None


def test_every_click_that_is_given_the_store_explains_its_errors():
    sources = [path.read_text() for path in Path(dashboard.__path__[0]).rglob("*.py")]
    trees = [ast.parse(source) for source in sources]
    functions = {}
    for source, tree in zip(sources, trees, strict=True):
        lines = source.splitlines()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                functions.setdefault(node.name, []).append("\n".join(lines[node.lineno - 1 : node.end_lineno]))
    unexplained = set()
    for tree in trees:
        for node in ast.walk(tree):
            given = {each.arg: each.value for each in getattr(node, "keywords", ())}
            act = given.get("on_click") or given.get("on_change")
            if act is None or "args" not in given or "store" not in ast.unparse(given["args"]):
                continue
            name = ast.unparse(act).rpartition(".")[2]
            bodies = functions.get(name, [])
            explains = ("run_action(", "EXPECTED_ERRORS", "with told(")
            if name != "run_action" and not any(each in body for body in bodies for each in explains):
                unexplained.add(name)
    assert unexplained <= {"_click"}, "_click calls _queue, which explains"
