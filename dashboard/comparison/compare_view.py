"""What Compare shows of a line-up that was read from the cache, from the leaderboard to a sentence put to the models.

A section with its own settings is a fragment: when a setting changes, only the section is drawn again, from the same
results.
"""

import streamlit as st

from cache.store.store import RunStore
from dashboard.charts.compared import Compared
from dashboard.comparison import share
from dashboard.comparison.share import Shown
from dashboard.costs import budget_view, cost_view
from dashboard.costs.cost_options import ACCURACY, choose_all_variants, choose_cost, choose_line_colours
from dashboard.curves import curve_view
from dashboard.curves.curve_options import choose_curves
from dashboard.disagreement import ask_view, disagreement_view
from dashboard.leaderboard import board_options, board_view
from dashboard.overfitting import overfitting_view
from dashboard.shell import session
from dashboard.verdict import recommendation_view, verdict_view


def show(store: RunStore, compared: Compared) -> Shown:
    """Draw all sections of a comparison.

    Returns:
        The contents for export; sections that are drawn again alone update it.
    """
    shown = Shown()
    margin, shown.recommendation = recommendation_view.show(store, compared)
    _leaderboard(compared, shown)
    with st.container():
        shown.verdict, shown.plots["verdict"] = verdict_view.show(store, compared, margin)
    left, right = st.columns(2, gap="large")
    with left:
        shown.plots["parameters"] = cost_view.parameters(compared)
    with right:
        shown.plots["seconds"] = cost_view.seconds(compared)
    _curves(store, compared, shown)
    shown.overfitting = overfitting_view.show(compared.results, compared.comparison.task)
    st.subheader("Accuracy against cost")
    _costs(cost_view.with_cached_variants(store, compared) if choose_all_variants() else compared, shown)
    if compared.fingerprint:
        shown.budgets = budget_view.show(store, compared)
        shown.plots["disagreement"] = disagreement_view.show(store, compared)
        ask_view.show(store, compared)
    return shown


@st.fragment
@session.error_boundary()
def _leaderboard(compared: Compared, shown: Shown) -> None:
    st.subheader("Leaderboard")
    shown.boards = board_view.show(compared, board_options.choose(compared.comparison.task))
    shown.link = share.full_link()


@st.fragment
@session.error_boundary()
def _curves(store: RunStore, compared: Compared, shown: Shown) -> None:
    st.subheader("Curves")
    options = choose_curves(compared.comparison.task, list(compared.colours))
    shown.plots["curves"] = curve_view.curves(store, compared, options)
    shown.link = share.full_link()


@st.fragment
@session.error_boundary()
def _costs(wider: Compared, shown: Shown) -> None:
    """Draw costs and variants. ``wider`` is the comparison with the cached variants that were asked for."""
    shown.plots["costs"] = cost_view.trade_off(wider, choose_cost())
    st.subheader("Variants")
    by_accuracy = choose_line_colours() == ACCURACY
    shown.plots["variants"] = cost_view.variants(wider, None if by_accuracy else wider.colours)
    shown.link = share.full_link()
