"""How the answers after every token differ between seeds: the toggle of the page Inside, and the result."""

from collections.abc import Mapping, Sequence

import streamlit as st

from cache.core.formatting import count, listed
from cache.inference.generation_requests import MAX_OTHER_SEEDS, ModelId
from dashboard.inside import inside_frames
from dashboard.inside.openable import Openable, Opened, other_seeds
from dashboard.shell.markdown import escape_markdown


def choose(chosen: Sequence[Openable], models: Mapping[ModelId, Openable]) -> tuple[int, ...]:
    """Ask whether other seeds are shown, and return their runs. Without any, a message says why there is no spread."""
    found = {model.title: other_seeds(model, models) for model in chosen if model.run}
    alone = [title for title, runs in found.items() if not runs]
    wanted = any(found.values()) and st.toggle(
        "Spread over seeds", key="inside_seeds", bind="query-params",
        help="Shows the answers of the same models with other seeds as a band from the lowest to the highest: at most "
        f"{MAX_OTHER_SEEDS} other seeds of each model.",
    )  # fmt: skip
    if alone and (wanted or len(alone) == len(found)):
        names = escape_markdown(listed(alone))
        st.caption(f"No band over seeds for {names}: no other seed has weights in this cache.")
    return tuple(dict.fromkeys(run for runs in found.values() for run in runs)) if wanted else ()


def describe(models: Sequence[Opened]) -> None:
    """Show a sentence for each model with other seeds: their answers to the whole text."""
    for model in models:
        if len(model.readings.seeds):
            low, high = inside_frames.band(model.readings, model.number)[-1]
            st.caption(
                f"{escape_markdown(model.title)}: the light band goes from the lowest to the highest answer of "
                f"{count(1 + len(model.readings.seeds), 'seed')}. After the last token they say "
                f"“{escape_markdown(model.answer)}” with {low:.0%} to {high:.0%}."
            )
