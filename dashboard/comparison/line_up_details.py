"""Below a line-up, a tab for each architecture: its hyperparameters, its layers, and where it comes from."""

from collections.abc import Collection, Iterable, Sequence

import streamlit as st

from dashboard.comparison import views
from dashboard.widgets import line_up
from models.architectures import Architecture
from models.experiments.comparison import Entry
from models.hyperparameters import NamedValue
from models.stacks.named_stacks import NamedStack


def choose_entries(
    architectures: Sequence[Architecture | NamedStack], shared: dict, others_set_fields: bool
) -> list[Entry]:
    """Ask for the hyperparameters of each architecture, and return an entry for each variant.

    While the tabs are closed, only fields that something depends on are drawn.

    Args:
        architectures: The chosen architectures and named stacks.
        shared: The settings that all entries share, as arguments for Comparison.
        others_set_fields: Whether another part of the page sets these fields: then all of them are drawn.
    """
    with st.expander(
        "Hyperparameters, layers and sources", icon=":material/tune:", key="details_open", bind="query-params"
    ) as details:
        tabs = st.tabs([architecture.title for architecture in architectures])
        entries, before = [], _chosen_before((*st.session_state, *st.query_params))
        for tab, architecture in zip(tabs, architectures, strict=True):
            with tab:
                if details.open:
                    views.explanation(architecture)
                needs_fields = details.open or others_set_fields or _needs_fields(architecture, before)
                chosen = (
                    line_up.choose_variants(architecture) if needs_fields else [line_up.default_entry(architecture)]
                )
                if details.open:
                    views.layer_tables(line_up.make_comparison(shared, chosen))
                entries += chosen
    return entries


def _chosen_before(keys: Iterable[str]) -> set[str]:
    """The architectures with hyperparameters in the ``keys`` of this session or of the URL."""
    return {key.partition(".")[0] for key in keys if "." in key}


def _needs_fields(architecture: Architecture | NamedStack, before: Collection[str]) -> bool:
    """Whether fields must be drawn while hidden, to restore what was chosen ``before`` or to find out what chosen
    vectors imply.
    """
    if isinstance(architecture, NamedStack):
        return False
    depends = any(isinstance(parameter.domain, NamedValue) for parameter in architecture.hyperparameters.values())
    return depends or architecture.name in before
