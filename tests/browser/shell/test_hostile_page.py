"""A real browser runs nothing of what people typed, and asks no other server for anything."""

from urllib.parse import quote, urlsplit

import pytest

from cache.browsing import annotations
from tests.browser.conftest import Server
from tests.dashboard.shell.test_hostile import ALL, IMAGE, PIXEL, SCRIPT, SHORT


@pytest.mark.slow
def test_a_page_of_hostile_texts_is_only_text(page, store, finish, small_spec):
    for seed in (0, 1):
        finish(small_spec("lstm", seed=seed), [0.8, 0.9], device=SHORT, contended=SHORT)
    annotations.rename(store, 1, f"{SCRIPT}{IMAGE}"[:100])
    annotations.rename(store, 2, PIXEL)
    annotations.annotate(store, 1, ALL)
    annotations.tag(store, [1], [SCRIPT])
    store.log_file(1).write_text(ALL)
    hosts, shown = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("dialog", lambda dialog: shown.append(dialog.message))
    server = Server(store.root)
    server.start()
    try:
        for address, expected in (
            ("/runs?run=1&part=Log", "evil.example"),
            ("/runs?run=1&run=2", "What differs"),
            (f"/?dataset={quote(ALL)}&models={quote(ALL)}&tokens_open=true&sentence={quote(ALL)}", "evil.example"),
            (f"/data?dataset={quote(PIXEL)}", "evil.example"),
        ):
            page.goto(f"{server.url}{address}")
            page.get_by_text(expected).first.wait_for()
            page.wait_for_timeout(500)
            assert page.evaluate("window.hacked") is None
            assert page.locator("main img[src*='evil'], main img[src='x'], main script").count() == 0
            assert page.locator("a[href^='javascript:']").count() == 0
    finally:
        server.stop()
    assert hosts <= {"localhost", None} and shown == []
