"""What Compare shows of a line-up that was read from the cache, from the leaderboard to a sentence put to the models.

A section with its own settings is a fragment: when a setting changes, only the section is drawn again, from the same
results.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from cache.results.results import Result
from cache.store.store import RunStore
from dashboard.charts.colours import label_colours
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
from models.experiments.comparison import Comparison
from models.machine.devices import Device


@dataclass(frozen=True)
class Compared:
    """A comparison and its cached results. If ``fingerprint`` is None, its dataset is not downloaded yet."""

    comparison: Comparison
    fingerprint: str | None
    results: Sequence[Result]
    device: Device
    include_contended: bool


def show(store: RunStore, compared: Compared) -> Shown:
    """Draw all sections of a comparison.

    Returns:
        The contents for export; sections that are drawn again alone update it.
    """
    comparison, results, device = compared.comparison, compared.results, compared.device
    colours, shown = label_colours(comparison.entries), Shown()
    margin, shown.recommendation = recommendation_view.show(
        store, comparison, results, device.name, compared.include_contended
    )
    _leaderboard(compared, shown)
    with st.container():
        shown.verdict, shown.plots["verdict"] = verdict_view.show(
            store, comparison, results, device, colours, margin, compared.include_contended
        )
    left, right = st.columns(2, gap="large")
    with left:
        shown.plots["parameters"] = cost_view.parameters(comparison, colours)
    with right:
        shown.plots["seconds"] = cost_view.seconds(results, colours, device, compared.include_contended)
    _curves(compared, shown)
    shown.overfitting = overfitting_view.show(results, comparison.task)
    st.subheader("Accuracy against cost")
    wider, found = comparison, results
    if choose_all_variants() and compared.fingerprint:
        wider, found = cost_view.with_cached_variants(store, comparison, compared.fingerprint, device)
    _costs(compared, wider, found, shown)
    if compared.fingerprint:
        shown.budgets = budget_view.show(store, comparison, results, device, compared.include_contended)
        shown.plots["disagreement"] = disagreement_view.show(store, comparison, results, colours)
        ask_view.show(store, comparison, results, colours, device)
    return shown


@st.fragment
@session.error_boundary()
def _leaderboard(compared: Compared, shown: Shown) -> None:
    st.subheader("Leaderboard")
    options = board_options.choose(compared.comparison.task)
    shown.boards = board_view.show(
        compared.comparison, compared.fingerprint, compared.results, compared.device, compared.include_contended,
        options,
    )  # fmt: skip
    shown.link = share.full_link()


@st.fragment
@session.error_boundary()
def _curves(compared: Compared, shown: Shown) -> None:
    st.subheader("Curves")
    colours = label_colours(compared.comparison.entries)
    options = choose_curves(compared.comparison.task, list(colours))
    shown.plots["curves"] = curve_view.curves(
        compared.comparison, compared.results, colours, options, compared.device, compared.include_contended
    )
    shown.link = share.full_link()


@st.fragment
@session.error_boundary()
def _costs(compared: Compared, wider: Comparison, found: Sequence[Result], shown: Shown) -> None:
    """Draw costs and variants. ``wider`` is the comparison with the cached variants that were asked for; ``found`` has
    its results.
    """
    cost, tones = choose_cost(), label_colours(wider.entries)
    shown.plots["costs"] = cost_view.trade_off(found, tones, cost, compared.device, compared.include_contended)
    st.subheader("Variants")
    by_accuracy = choose_line_colours() == ACCURACY
    shown.plots["variants"] = cost_view.variants(
        wider.entries, found, None if by_accuracy else tones, compared.device, compared.include_contended
    )
    shown.link = share.full_link()
