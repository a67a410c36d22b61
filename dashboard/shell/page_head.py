"""Puts Unroll's script into the head of every page that the web server sends.

Streamlit alone adds an entry to the browser's history for each change of the URL. At a page change it overwrites the
old page's entry with the new URL. ``history.js`` keeps the history as people expect it: one entry a page.
"""

from pathlib import Path
from urllib.parse import urlencode

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.shell.pages import HOME, PAGES

HEAD = b"<head>"
SCRIPT = Path(__file__).with_name("history.js").read_bytes()
PATHS = {"", *PAGES} - {HOME}
UNKNOWN = "unknown"
"""The key with which Home's address names a page that does not exist."""
NO_PAGES = ("_stcore/", "auth/", "oauth2callback", "app/", "component/", "media/", "static/")
"""Paths that the server answers itself."""
OF_THE_FILE = {b"content-length", b"etag", b"last-modified"}
"""Headers that describe the page as Streamlit wrote it."""


class PageHead:
    """ASGI middleware around Streamlit's server.

    Args:
        app: The server.
        base: The path below which all pages are, e.g. "" or "/unroll".
    """

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app = app
        self.base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        path = scope.get("path", "").removeprefix(self.base).strip("/")
        if b"text/html" not in headers.get(b"accept", b"") or "." in path:  # no page, but a file of one
            await self.app(scope, receive, send)
            return
        if path not in PATHS and not path.startswith(NO_PAGES):
            # Relative, because only the browser knows the whole path if a proxy removes its beginning.
            up = "./" + "../" * path.count("/")
            asked = "" if path == HOME else f"?{urlencode({UNKNOWN: path})}"
            await RedirectResponse(up + asked)(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, _Rewriter(send))


class _Rewriter:
    """Passes a response on, and an HTML page with the script."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and b"text/html" in dict(message["headers"]).get(
            b"content-type", b""
        ):
            self.start = message
        elif self.start is None:
            await self.send(message)
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self.start, self.body.replace(HEAD, HEAD + b"<script>" + SCRIPT + b"</script>", 1))

    async def _finish(self, start: Message, body: bytes) -> None:
        headers = [(name, value) for name, value in start["headers"] if name not in OF_THE_FILE]
        length = str(len(body)).encode()
        await self.send({**start, "headers": [*headers, (b"content-length", length)]})
        await self.send({"type": "http.response.body", "body": body})
