"""Opening the app at a page."""

from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"


def at_page(page: str, query: Mapping[str, object] = {}) -> AppTest:
    """The app as a link to one of its pages opens it; call ``run``. At once: what another page had drawn would stand
    above the address."""
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.switch_page(f"app_pages/{page}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app
