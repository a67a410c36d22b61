"""The pages, in the order of the menu, and links to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Page:
    """A page of the menu. ``name`` is its script in ``app_pages`` and its path in the URL; ``group`` its place in the
    menu.
    """

    name: str
    title: str
    icon: str
    group: str = ""

    @property
    def script(self) -> str:
        return f"app_pages/{self.name}.py"


PAGES = {
    page.name: page
    for page in (
        Page("home", "Home", ":material/home:"),
        Page("compare", "Compare", ":material/compare_arrows:", "Compare"),
        Page("present", "Present", ":material/co_present:", "Compare"),
        Page("runs", "Runs", ":material/list_alt:", "Compare"),
        Page("compose", "Compose", ":material/stacks:", "Build"),
        Page("data", "Data", ":material/dataset:", "Build"),
        Page("layers", "Layers", ":material/layers:", "Learn"),
        Page("tour", "Tour", ":material/tour:", "Learn"),
        Page("memory", "Memory", ":material/psychology:", "Learn"),
        Page("claims", "Claims", ":material/gavel:", "Learn"),
        Page("inside", "Inside", ":material/frame_inspect:", "Learn"),
        Page("generate", "Generate", ":material/edit_note:", "Learn"),
    )
}
HOME = "home"
"""The page at the root of the address."""


def navigation(is_shown: bool) -> st.Page:
    """Draw the menu, if it is to be shown, and return the page that the URL names."""
    groups: dict[str, list[st.Page]] = {}
    for page in PAGES.values():
        found = st.Page(page.script, title=page.title, icon=page.icon, default=page.name == HOME)
        groups.setdefault(page.group, []).append(found)
    return st.navigation(groups, position="top" if is_shown else "hidden")


def link(name: str, label: str, query: Mapping[str, Any] | None = None, *, icon: str = "", **options: Any) -> None:
    """Draw a link to a page.

    Args:
        name: The name of the page.
        label: The text of the link.
        query: The URL parameters of the page.
        icon: An icon instead of the page's own.
        **options: Further arguments of ``st.page_link``.
    """
    page = PAGES[name]
    st.page_link(page.script, label=label, icon=icon or page.icon, query_params=query, **options)
