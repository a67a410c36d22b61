"""Unroll: ``streamlit run dashboard/app.py``."""

import sys
from pathlib import Path

import streamlit as st

# Streamlit puts the script's folder on the path, not the project's.
if (root := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, root)

from dashboard import arrival, entrance, process, queueing, refusal, session, turns  # noqa: E402

HERE = Path(__file__).parent
process.settle()
# Pictures of our own: Streamlit's icons as a favicon are fetched from the network.
st.set_page_config(page_title="Unroll", page_icon=str(HERE / "icon.svg"), layout="wide")
st.logo(str(HERE / "wordmark.svg"), icon_image=str(HERE / "icon.svg"), size="large")
page = st.navigation(
    [
        st.Page("app_pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("app_pages/tour.py", title="Tour", icon=":material/tour:"),
        st.Page("app_pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("app_pages/present.py", title="Present", icon=":material/co_present:"),
        st.Page("app_pages/compose.py", title="Compose", icon=":material/stacks:"),
        st.Page("app_pages/memory.py", title="Memory", icon=":material/psychology:"),
        st.Page("app_pages/claims.py", title="Claims", icon=":material/gavel:"),
        st.Page("app_pages/generate.py", title="Generate", icon=":material/edit_note:"),
        st.Page("app_pages/data.py", title="Data", icon=":material/dataset:"),
        st.Page("app_pages/runs.py", title="Runs", icon=":material/list_alt:"),
    ],
    position="top" if session.rights().may_look else "hidden",
)
arrival.arrive(page.url_path)
with session.explained():
    if entrance.is_open():
        entrance.bar()
        entrance.show_who_could_come()
        session.show_state_of_cache()
        refusal.show_refusal()
        queueing.settle(session.store())
        with turns.taken():
            page.run()
