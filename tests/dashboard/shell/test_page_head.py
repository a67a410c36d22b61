"""What the server does to pages, without a browser."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.shell.page_head import PageHead

PAGE = b"<html><head><title>Streamlit</title></head></html>"


async def _page(scope, receive, send):
    kind = b"text/html; charset=utf-8" if "." not in scope["path"] else b"text/plain"
    headers = [(b"content-type", kind), (b"etag", b"old"), (b"content-length", str(len(PAGE)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE[:10], "more_body": True})
    await send({"type": "http.response.body", "body": PAGE[10:]})


def ask(path, base="", accept=b"text/html,*/*"):
    """(status, headers, body)"""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"accept", accept)]}
    with ThreadPoolExecutor(1) as thread:  # this one may have the event loop of a browser's tests
        thread.submit(asyncio.run, PageHead(_page, base)(scope, None, send)).result()
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


@pytest.mark.parametrize("base", ["", "/unroll"])
@pytest.mark.parametrize("page", ["/", "/compare", "/runs"])
def test_a_page_gets_the_script_before_any_other(page, base):
    status, headers, body = ask(base + page, base)
    assert status == 200 and body.startswith(b"<html><head><script>") and body.count(b"<script>") == 1
    assert headers[b"content-length"] == str(len(body)).encode() and b"etag" not in headers


@pytest.mark.parametrize("path", ["/favicon.png", "/_stcore/health"])
def test_files_and_answers_to_programs_stay_as_they_are(path):
    assert ask(path, accept=b"*/*")[2] == PAGE


@pytest.mark.parametrize(
    ("path", "base", "leads_to"),
    [
        ("/nosuchpage", "", b"./?unknown=nosuchpage"),
        ("/unroll/nosuchpage", "/unroll", b"./?unknown=nosuchpage"),
        ("/a/b", "", b"./../?unknown=a%2Fb"),
        ("/home", "", b"./"),
    ],
)
def test_an_unknown_page_leads_to_home_which_reports_it(path, base, leads_to):
    status, headers, _ = ask(path, base)
    assert status == 307 and headers[b"location"] == leads_to


@pytest.mark.parametrize("path", ["/oauth2callback", "/auth/login"])
def test_signing_in_is_left_alone(path):
    assert ask(path)[0] == 200
