"""What a click asked for and did not get: said once, at the top of the page, in a sentence."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.plain import plain


def attempt(act: Callable[..., Any], *arguments: Any) -> Any:
    """Does something for a click. What is refused is told at the top of the page, and has changed nothing."""
    try:
        return act(*arguments)
    except (ValueError, KeyError, RuntimeError) as error:
        st.session_state["refusal"] = str(error.args[0])
        return None


def show_refusal() -> None:
    if refusal := st.session_state.pop("refusal", None):
        st.error(plain(refusal), icon=":material/block:")
