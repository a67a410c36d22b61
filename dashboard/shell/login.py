"""Sign-in: the page for visitors who have to sign in, who is signed in, and a warning if everybody can connect."""

import logging

import streamlit as st
from streamlit.errors import StreamlitAPIException

from cache.core.settings import OPEN
from dashboard.shell import session
from dashboard.shell.actions import dismissible
from dashboard.shell.markdown import escape_markdown

log = logging.getLogger("unroll.server")


def is_open() -> bool:
    """Whether the visitor may look. If not, a message or the sign-in buttons are drawn in place of the page."""
    config, permissions = session.auth_config(), session.permissions()
    if permissions.may_look:
        return True
    st.title("Unroll")
    st.write(
        "Which sequence architecture should you use, and what does it cost? Unroll compares parameter counts, "
        "seconds per epoch and accuracy curves of Flatten, SimpleRNN, LSTM, GRU, Conv1D and others, measured by "
        "real trainings."
    )
    if config.problem:
        st.error(f"Nobody can sign in: {escape_markdown(config.problem)}", icon=":material/lock:")
    elif not config.sign_in:
        st.error(escape_markdown(permissions.read_only_reason or ""), icon=":material/lock:")
    else:
        st.write("This server is for people who sign in.")
        _sign_in_buttons(config.providers)
    return False


def bar() -> None:
    """Show who is signed in, with a button to sign out; or to sign in, where one may look without."""
    config, user = session.auth_config(), session.user()
    if not config.sign_in or config.problem:
        return
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if user.signed_in:
            # No caption: Streamlit makes a link of an address, which would be too pale in one.
            st.markdown(f"Signed in as {escape_markdown(user.email or 'a user without an address')}", width="content")
            st.button("Sign out", key="sign_out", type="tertiary", icon=":material/logout:", on_click=st.logout)
        else:
            _sign_in_buttons(config.providers)


def _sign_in_buttons(providers: tuple[str, ...]) -> None:
    for name in providers or ("default",):
        label = "Sign in" if name == "default" else f"Sign in with {escape_markdown(name.capitalize())}"
        if st.button(label, key=f"sign in {name}", type=session.primary_button_type(), icon=":material/login:"):
            try:
                st.login(None if name == "default" else name)
            except StreamlitAPIException as error:  # what was set up lacks something
                log.error("nobody can sign in: %s", error)
                st.error("Sign-in does not work: [auth] in this server's secrets is not complete. The log says more.")


def show_who_could_come() -> None:
    """Warn that everybody may train and delete, if other machines can reach a server without sign-in."""
    if not session.is_open_to_others() or session.auth_config().sign_in or session.store().read_only:
        return
    if OPEN.is_yes or st.session_state.get("open_is_known"):
        return
    _log_once()
    dismissible(
        "Everybody who can reach this server may train and delete. To change that, set up sign-in, start it with "
        f"UNROLL_READ_ONLY=1, or let it listen to this machine alone. Set {OPEN}=1 if this is intended.",
        ":material/lock_open:", "dismiss_open", st.session_state.__setitem__, "open_is_known", True,
    )  # fmt: skip


@st.cache_resource(show_spinner=False)
def _log_once() -> None:
    log.warning(
        "the server listens to %s and nobody has to sign in: everybody who can reach it may train and delete",
        st.get_option("server.address") or "all addresses",
    )
