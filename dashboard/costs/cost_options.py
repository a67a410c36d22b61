"""How costs are compared: the choices and their widgets, each bound to the URL by its key."""

import streamlit as st

from dashboard.costs.cost_charts import COST_TITLES

ARCHITECTURE, ACCURACY = "architecture", "accuracy"
LINE_COLOURS = {ARCHITECTURE: "Architecture", ACCURACY: "Test accuracy"}
CHOICES = {"cost": list(COST_TITLES.values()), "sweep_colour": list(LINE_COLOURS.values())}


def choose_all_variants() -> bool:
    """Ask whether all cached variants are shown."""
    return st.toggle(
        "All cached variants", key="all_variants", bind="query-params", width="content",
        help="Adds every cached variant of the chosen architectures that has the settings at the left, for example "
             "from a sweep at the command line.",
    )  # fmt: skip


def choose_cost() -> str:
    """Ask for the cost on the x-axis and return its column."""
    return st.segmented_control(
        "Cost", list(COST_TITLES), default="num_params", required=True, format_func=COST_TITLES.__getitem__, key="cost",
        bind="query-params", width="content",
    )  # fmt: skip


def choose_line_colours() -> str:
    """Ask what the colours of lines mean: ``ARCHITECTURE`` or ``ACCURACY``."""
    return st.segmented_control(
        "Colour of a line", list(LINE_COLOURS), default=ARCHITECTURE, required=True,
        format_func=LINE_COLOURS.__getitem__,
        key="sweep_colour", bind="query-params",
    )  # fmt: skip
