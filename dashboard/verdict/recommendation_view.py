"""The recommended architecture, in a sentence above the comparison, and the margin that counts as equal."""

import streamlit as st

from cache.core.formatting import points
from cache.results.verdicts import MARGIN
from cache.store.store import RunStore
from dashboard.charts.compared import Compared
from dashboard.shell.markdown import escape_markdown
from dashboard.verdict.pair_verdicts import recommended

MARGINS = {points(share): share for share in (0.005, MARGIN, 0.02, 0.03, 0.05)}
CHOICES = {"margin": list(MARGINS)}


def choose_margin() -> float:
    """Ask for the margin within which accuracies count as equal, 0 to 1."""
    chosen = st.selectbox(
        "Equal within", list(MARGINS), list(MARGINS.values()).index(MARGIN), key="margin", bind="query-params",
        help="Differences of test accuracy below this margin do not matter to you. Two architectures are equal if the "
             "whole 95% interval of their difference lies within it.",
    )  # fmt: skip
    return MARGINS[chosen]


def show(store: RunStore, compared: Compared) -> tuple[float, str]:
    """Draw the recommendation and the choice of its margin.

    Returns:
        (the margin, the sentence). The sentence is empty if the runs do not decide it.
    """
    if len(compared.comparison.entries) < 2:
        return MARGIN, ""
    with st.container(border=True):
        place, choice = st.columns([5, 1], vertical_alignment="center")
        with choice:
            margin = choose_margin()
    advice = sentence(store, compared, margin)
    few = len({result.label for result in compared.results if result.is_cached}) < 2
    missing = "Train two or more" if few else "Test texts or predictions are missing"
    place.markdown(
        f":material/lightbulb: {escape_markdown(advice)}" if advice else f":gray[Which one to take? {missing}.]"
    )
    return margin, advice


def sentence(store: RunStore, compared: Compared, margin: float) -> str:
    """Return the recommendation, with a note if it compares disturbed seconds; empty without a verdict on every pair.

    Args:
        store: The cache.
        compared: The comparison.
        margin: A difference of accuracies, 0 to 1, within which two count as equal.
    """
    results, device = compared.results, compared.device.name
    if not any(result.is_cached for result in results):
        return ""
    found = recommended(store, results, compared.comparison.task, device, margin, compared.include_contended)
    if found is None:
        return ""
    return f"{found.sentence} {compared.note_on_disturbed}".strip() if found.compares_seconds else found.sentence
