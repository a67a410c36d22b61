"""Unroll: ``streamlit run dashboard/app.py``."""

import sys
import webbrowser
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.starlette import App
from streamlit.web.server.server_util import get_url

# Streamlit puts the script's folder on the path, not the project's.
if (root := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, root)

from dashboard.shell import actions, login, navigation, pages, process, render_slots, session, tab
from dashboard.shell.page_head import PageHead
from dashboard.widgets import page_style, queueing

HERE = Path(__file__).parent


@asynccontextmanager
async def open_browser(app):
    """Open the browser when the server has started, as ``streamlit run`` does for a plain script."""
    if not st.get_option("server.headless"):
        webbrowser.open(get_url(st.get_option("browser.serverAddress")))
    yield


def show_page() -> None:
    process.trim_memory()
    # Pictures of our own: Streamlit's icons as a favicon are fetched from the network.
    st.set_page_config(page_title="Unroll", page_icon=str(HERE / "icon.svg"), layout="wide")
    st.logo(str(HERE / "wordmark.svg"), icon_image=str(HERE / "icon.svg"), size="large")
    page = pages.navigation(is_shown=session.permissions().may_look)
    tab.name(page.title)
    navigation.on_page_enter(page.url_path)
    with session.error_boundary():
        if login.is_open():
            with st.container():  # with or without messages, the page keeps its place
                login.bar()
                login.show_who_could_come()
                session.show_state_of_cache()
                actions.show_failure()
            page_style.add()
            queueing.reset_cancelled_settings(session.store())
            try:
                with render_slots.hold():
                    page.run()
            finally:
                navigation.leave(page.url_path)


if get_script_run_ctx(suppress_warning=True):  # a browser asks for a page
    show_page()
else:  # the server starts
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    app = App(__file__, middleware=[Middleware(PageHead, base=base and f"/{base}")], lifespan=open_browser)
