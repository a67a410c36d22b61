"""The pages of the app, opened and read without a browser."""

from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
PATIENCE = 600
"""Seconds after which a page counts as hanging. It takes about one, but other work may slow or pause the tests."""


def at_page(page: str, query: Mapping[str, object] = {}) -> AppTest:
    """The app as a link to one of its pages opens it; call ``run``. At once: what another page had drawn would stand
    above the address."""
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
    app.switch_page(f"app_pages/{page}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app


def texts(app: AppTest, kind: str) -> str:
    """All texts of a kind as a reader sees them, without what keeps Markdown from rendering them."""
    return " ".join(element.value.replace("\\", "") for element in app.get(kind))
