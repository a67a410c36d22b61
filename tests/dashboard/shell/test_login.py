"""Who comes in and what they can do there, on the real pages."""

import logging

import pytest

from cache.core.access import CacheReadOnly
from cache.transfer.bundles import export_bundle
from dashboard.shell import login, session
from tests.cache.core.trees import tree
from tests.dashboard.pages import APP, at_page, texts
from tests.dashboard.shell.test_permission import ADA, AUTH

EVE = ADA | {"email": "*eve*@example.org"}


@pytest.fixture
def open_app(runners, store, finish, small_spec, monkeypatch):
    """Opens a page as a user; the cache holds a run with a name, which only users who may look can see."""
    finish(small_spec("lstm"), [0.8, 0.9])
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET name = 'a secret run'")
    monkeypatch.setenv("UNROLL_ALLOW", "ada@example.org")

    def open_it(user, page="compare", auth=AUTH, **query):
        app = at_page(page, query)
        app.user = user
        if auth is not None:
            app.secrets = {"auth": auth}
        app.run()
        assert not app.exception
        return app

    return open_it


def button(app, label):
    return next((each for each in app.button if each.label == label), None)


@pytest.mark.parametrize("page", ["compare", "runs"])
def test_who_has_not_signed_in_sees_what_this_is_and_a_button(open_app, page):
    app = open_app({"is_logged_in": False}, page, run="1")
    assert [each.value for each in app.title] == ["Unroll"]
    assert [each.label for each in app.button] == ["Sign in"]
    assert not app.dataframe and not app.sidebar.children and "a secret run" not in str(app._tree)
    button(app, "Sign in").click().run()
    assert not app.exception and "[auth] in this server's secrets is not complete" in texts(app, "error")


def test_who_is_on_the_list_may_train(open_app):
    app = open_app(ADA)
    assert "Signed in as ada@example.org" in texts(app, "markdown")
    assert not button(app, "Train 12 runs").disabled
    button(app, "Sign out").click().run()
    assert [each.label for each in app.button] == ["Sign in"]


def test_who_is_not_may_look_and_nothing_else(open_app, store):
    app = open_app(EVE)
    assert "*eve*@example.org is not on the list" in texts(app, "info")
    assert r"\*eve\*" in app.info[0].value, "what a provider says is shown as it stands"
    assert button(app, "Train 12 runs").disabled and "is not on the list" in button(app, "Train 12 runs").help
    app = open_app(EVE, "runs", run="1")
    assert "Run 1: a secret run" in texts(app, "subheader")
    assert button(app, "Delete").disabled and "is not on the list" in button(app, "Delete").help
    forged = button(app, "Delete")
    forged.proto.disabled = False
    forged.click().run()
    assert not app.exception and store.run(1).deleted_at is None


@pytest.mark.parametrize("page", sorted(path.stem for path in (APP.parent / "app_pages").glob("[a-z]*.py")))
def test_the_cache_that_a_page_is_given_refuses_changes_by_unauthorized_users(open_app, monkeypatch, page):
    """So a forged click, or a button that is not disabled by mistake, changes nothing."""
    given, real = [], session.store
    monkeypatch.setattr("dashboard.shell.session.store", lambda: given.append(real()) or given[-1])
    open_app(EVE, page)
    assert given
    for store in given:
        with pytest.raises(CacheReadOnly, match="is not on the list"), store.db.transaction():
            pass


def test_where_it_is_public_visitors_look_and_can_sign_in(open_app, monkeypatch):
    monkeypatch.setenv("UNROLL_PUBLIC", "1")
    app = open_app({"is_logged_in": False})
    assert "You have not signed in" in texts(app, "info") and button(app, "Sign in")
    assert button(app, "Train 12 runs").disabled


def test_every_provider_has_a_button(open_app):
    named = AUTH | {"google": {"client_id": "g"}, "okta": {"client_id": "o"}}
    del named["client_id"]
    app = open_app({"is_logged_in": False}, auth=named)
    assert [each.label for each in app.button] == ["Sign in with Google", "Sign in with Okta"]


def test_a_set_up_that_cannot_be_relied_upon_lets_no_one_in_and_gives_the_reason(open_app):
    app = open_app(ADA, auth=AUTH | {"cookie_secret": "xxx"})
    assert "cookie_secret" in texts(app, "error") and not app.button
    app = open_app({}, auth=None)
    assert "nobody can sign in: [auth] is not set up" in texts(app, "info") and button(app, "Train 12 runs").disabled


def test_secrets_with_a_mistake_are_not_taken_for_none(open_app, tmp_path, monkeypatch):
    """As Streamlit does, which would turn sign-in off."""
    from streamlit import config
    from streamlit.runtime.secrets import Secrets

    (tmp_path / "secrets.toml").write_text("[auth\n")
    monkeypatch.setattr("streamlit.secrets", Secrets())
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(tmp_path / "secrets.toml")])
    try:
        app = open_app(ADA, auth=None)
    finally:
        config.set_option("secrets.files", before)
    assert "with this server's secrets cannot be read" in texts(app, "error") and "a secret run" not in str(app._tree)
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / "secrets.toml").rename(tmp_path / ".streamlit" / "secrets.toml")  # it was started in another folder
    monkeypatch.setattr("dashboard.shell.session.PROJECT_ROOT", tmp_path)
    assert "with this server's secrets cannot be read" in texts(open_app(ADA, auth=None), "error")


def test_a_server_that_was_not_configured_lets_no_other_machine_in(open_app, monkeypatch):
    """As when it is started in another folder, where Streamlit does not find its settings."""
    monkeypatch.delenv("UNROLL_ALLOW")
    real_option = session.st.get_option
    monkeypatch.setattr("streamlit.get_option", lambda name: None if name == "server.address" else real_option(name))
    monkeypatch.setattr(type(session.st.context), "ip_address", None)  # as from this machine
    assert not open_app({}, auth=None).error
    monkeypatch.setattr(type(session.st.context), "ip_address", "192.168.1.7")
    app = open_app({}, auth=None)
    assert "has no setting that lets other machines connect" in texts(app, "error") and not app.button
    assert open_app(ADA | {"is_logged_in": False}).button[0].label == "Sign in"


def test_a_server_that_others_can_reach_warns_until_it_is_intended(open_app, monkeypatch, caplog):
    monkeypatch.delenv("UNROLL_ALLOW")
    monkeypatch.setattr("dashboard.shell.permission.is_reachable", lambda address: True)
    login._log_once.clear()
    with caplog.at_level(logging.WARNING, "unroll.server"):
        app = open_app({}, auth=None)
        assert "Everybody who can reach this server may train and delete" in texts(app, "warning")
        open_app({}, auth=None)
    assert [record.message for record in caplog.records if record.name == login.log.name] == [
        "the server listens to 127.0.0.1 and nobody has to sign in: everybody who can reach it may train and delete"
    ]
    app.button(key="dismiss_open").click().run()
    assert not app.warning
    monkeypatch.setenv("UNROLL_OPEN", "1")
    assert not open_app({}, auth=None).warning
    monkeypatch.delenv("UNROLL_OPEN")
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    session._store_at.clear()
    assert not open_app({}, auth=None).warning


def test_a_visitor_through_a_proxy_counts_as_from_another_machine(open_app, monkeypatch):
    monkeypatch.delenv("UNROLL_ALLOW")
    headers = {"Host": "127.0.0.1:8501"}
    monkeypatch.setattr(type(session.st.context), "headers", property(lambda self: headers))

    def seen():
        app = open_app({}, "data", None, data_view="Word vectors")
        return app.text_input[0].label, texts(app, "warning")

    assert seen() == ("File on the machine that Unroll runs on", "")
    headers["X-Forwarded-For"] = "203.0.113.9"
    label, warning = seen()
    assert label == "Name of the vectors" and "Everybody who can reach this server may train and delete" in warning


def test_a_read_only_server_makes_a_cache_where_there_is_none(open_app, store, tmp_path, monkeypatch):
    monkeypatch.delenv("UNROLL_ALLOW")
    export_bundle(store, [1], tmp_path / "reference.zip")
    monkeypatch.setenv("UNROLL_REFERENCE", str(tmp_path))
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    monkeypatch.setenv("UNROLL_CACHE", str(tmp_path / "new"))
    app = open_app({}, "runs", None)
    assert "This Unroll is read-only" in texts(app, "info") and len(app.dataframe[0].value) == 1
    session._store_at.clear()
    monkeypatch.setenv("UNROLL_CACHE", str(store.root))
    before = tree(store.root)
    open_app({}, "runs", None, run="1")
    assert tree(store.root) == before


def test_files_of_the_machine_are_for_who_sits_at_it(open_app, monkeypatch):
    def fields(user, auth):
        app = open_app(user, "data", auth, data_view="Word vectors")
        return [each.label for each in app.text_input]

    assert fields(ADA, AUTH) == ["Name of the vectors"]
    monkeypatch.delenv("UNROLL_ALLOW")
    assert fields({}, None) == ["File on the machine that Unroll runs on", "Name of the vectors"]
    monkeypatch.setattr("dashboard.shell.permission.is_reachable", lambda address: True)
    assert fields({}, None) == ["Name of the vectors"]
