"""What the address of a page may contain, and what it asked for without success."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import streamlit as st

from dashboard.costs import budget_sections, cost_options
from dashboard.curves import curve_options
from dashboard.disagreement import disagreement_view
from dashboard.leaderboard import board_options
from dashboard.shell import links, pages
from dashboard.shell.actions import dismissible
from dashboard.shell.markdown import escape_markdown
from dashboard.shell.page_head import UNKNOWN
from dashboard.verdict import recommendation_view
from dashboard.widgets import at_once, line_up, sidebar


def choices() -> dict[str, Sequence[str]]:
    """List the allowed values of each key of Compare's address."""
    return {
        **sidebar.url_choices(),
        **at_once.CHOICES,
        **line_up.url_choices(),
        **board_options.url_choices(),
        **curve_options.CHOICES,
        **cost_options.CHOICES,
        **recommendation_view.CHOICES,
        "disagreement": disagreement_view.VIEWS,
        "budget": budget_sections.BUDGETS,
    }


def ranges() -> dict[str, tuple[float, float]]:
    """Return the smallest and largest value of each number in Compare's address."""
    parts = (sidebar, budget_sections, board_options, curve_options)
    return {key: bounds for part in parts for key, bounds in part.RANGES.items()} | line_up.url_ranges()


def show_problems(page: str, choices: Mapping[str, Sequence[str]], ranges: Mapping) -> None:
    """Show which parts of the link to a page cannot be used, until the reader dismisses it. Call it before any widget.

    Args:
        page: The name of the page.
        choices: The allowed values, by key.
        ranges: The smallest and largest number, by key.
    """
    place = st.container()  # what is below keeps its place, with or without a message
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if found := st.session_state.setdefault(f"url_problems of {page}", links.problems(query, choices, ranges)):
        text = "  \n".join(map(escape_markdown, found))
        with place:
            dismissible(text, ":material/link_off:", f"dismiss problems of {page}", found.clear)


def show_unknown() -> None:
    """Warn on Home that an address named no page, and link the page with the most similar name."""
    if not (name := st.query_params.get(UNKNOWN)):
        return
    name = name[:60]
    st.warning(
        f"Unroll has no page “{escape_markdown(name)}”. This is Home: the menu above leads to every page.",
        icon=":material/link_off:",
    )
    for near in get_close_matches(name.lower(), set(pages.PAGES) - {pages.HOME}, 1):
        pages.link(near, f"Go to {pages.PAGES[near].title}", icon=":material/arrow_forward:")
