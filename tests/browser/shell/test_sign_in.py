"""Signing in for real: Streamlit's own st.login, a provider of OpenID Connect, and a browser between them."""

import pytest
from playwright.sync_api import expect

from cache.browsing import annotations
from tests.browser.conftest import Server
from tests.browser.openid import CLIENT_ID, CLIENT_SECRET, Provider

COOKIE = "_streamlit_user"
PEOPLE = {
    "Ada": {"email": "ada@example.org", "email_verified": True},
    "Eve": {"email": "eve@example.org", "email_verified": True},
}


@pytest.fixture
def provider():
    provider = Provider(PEOPLE)
    yield provider
    provider.stop()


@pytest.fixture
def at(store, finish, small_spec, provider, tmp_path):
    """A server at which Ada may train and delete; its cache holds a run."""
    finish(small_spec("lstm"), [0.8, 0.9])
    annotations.rename(store, 1, "a secret run")
    secrets = tmp_path / "secrets.toml"
    server = Server(store.root, "--secrets.files", str(secrets), UNROLL_ALLOW="ada@example.org")
    secrets.write_text(f"""
[auth]
redirect_uri = "{server.url}/oauth2callback"
cookie_secret = "{"0123456789abcdef" * 4}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"
""")
    server.start()
    yield server
    server.stop()


def sign_in(page, at, name):
    page.goto(at.url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Who are you?").wait_for()
    page.get_by_role("link", name=name).click()
    page.get_by_text(f"Signed in as {PEOPLE[name]['email']}").wait_for()
    assert page.url.startswith(at.url)
    return page


def is_shut(page, at):
    page.goto(f"{at.url}/runs?run=1")
    page.get_by_role("button", name="Sign in").wait_for()
    expect(page.get_by_text("a secret run")).to_have_count(0)
    assert page.locator("[data-testid=stDataFrame]").count() == 0


@pytest.mark.slow
def test_people_sign_in_and_do_what_they_may(browser, at, provider, store):
    with browser.new_context() as context:
        context.set_default_timeout(60_000)
        page = context.new_page()
        is_shut(page, at)

        sign_in(page, at, "Ada")
        page.goto(f"{at.url}/runs?run=1")
        page.get_by_role("button", name="Delete").click()
        page.get_by_text("1 run moved to the bin").wait_for()
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("1 run", exact=True).wait_for()
        (cookie,) = (each for each in context.cookies() if each["name"] == COOKIE)
        assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Sign in").wait_for()

        sign_in(page, at, "Eve")
        page.goto(f"{at.url}/runs?run=1")
        page.get_by_text("is not on the list").first.wait_for()
        expect(page.get_by_role("button", name="Delete")).to_be_disabled()
    assert store.run(1).deleted_at is None and provider.refused == 0

    with browser.new_context() as context:
        context.set_default_timeout(60_000)
        half = len(cookie["value"]) // 2
        changed = "A" if cookie["value"][half] != "A" else "B"
        context.add_cookies([cookie | {"value": f"{cookie['value'][:half]}{changed}{cookie['value'][half + 1 :]}"}])
        page = context.new_page()
        is_shut(page, at)
        context.add_cookies([cookie])  # as it was: it is the signature that counts
        page.reload()
        page.get_by_text("Signed in as ada@example.org").wait_for()
