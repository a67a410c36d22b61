"""A chart with all that belongs to it: shown on the page, and taken away as PNG, SVG or CSV."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import altair as alt
import pandas as pd
import streamlit as st

from cache.transfer.exports import cell
from dashboard.charts import render
from dashboard.charts.chart_cache import cached_spec, page_spec, spec
from dashboard.charts.charts import PAPER_WIDTH
from dashboard.shell import session, tab
from dashboard.shell.markdown import escape_markdown

PAPER_TEXT, PAPER_GREY = "#31333F", "#6B6E7A"


@dataclass(frozen=True)
class Plot:
    """A chart with its data and texts. ``chart(*values, text_color)`` draws it; ``frame`` holds the data for download.

    ``caption`` names the source, and ``description`` is the alternative text. ``drawn`` is the finished spec, if it
    exists already.
    """

    title: str
    description: str
    chart: Callable[..., alt.TopLevelMixin]
    values: tuple[Any, ...]
    frame: pd.DataFrame
    caption: str = ""
    drawn: dict[str, Any] | None = None

    def with_text_color(self, text_color: str) -> "Plot":
        """Return the plot with its finished spec for this text colour, so that both can be cached together."""
        return replace(self, drawn=page_spec(self.chart, *self.values, text_color))


def show(plot: Plot) -> Plot:
    """Draw a plot with a download button below, and return it."""
    draw(plot)
    offer(plot)
    return plot


def draw(plot: Plot, height: Literal["content", "stretch"] = "content") -> None:
    """Draw a plot in the page's theme, in full width, and as high as its content or as its place."""
    drawn = plot.drawn or cached_spec(plot.chart, *plot.values, session.text_color())
    st.vega_lite_chart(drawn, width="stretch", height=height, alt=plot.description)


def offer(plot: Plot) -> None:
    """Offer a plot as PNG and SVG, and its rows as CSV."""
    with st.popover(
        "Download",
        icon=":material/download:",
        type="tertiary",
        help=escape_markdown(f"{plot.title} as a file"),
        key=f"take {plot.title}",
    ):
        for kind, mime, make in (
            ("PNG", "image/png", lambda: render.draw(render.PNG, printable_spec(plot))),
            ("SVG", "image/svg+xml", lambda: render.draw(render.SVG, printable_spec(plot))),
            ("CSV", "text/csv", lambda: table(plot)),
        ):
            # Made only after a click: a picture takes a second.
            st.download_button(
                kind, make, tab.file_name(plot.title, kind.lower()), mime, key=f"{kind} of {plot.title}",
                on_click="ignore", width="stretch",
            )  # fmt: skip


def printable_spec(plot: Plot, width: int | str = PAPER_WIDTH, captioned: bool = True) -> dict[str, Any]:
    """Return the Vega-Lite spec of a plot on white paper, with its title.

    Args:
        plot: The plot.
        width: Pixels, or "container".
        captioned: Whether the picture contains the caption and the date.
    """
    drawn = spec(plot.chart, *plot.values, PAPER_TEXT)
    if "layer" in drawn or "mark" in drawn:
        drawn["width"] = width
        drawn.setdefault("autosize", {"type": "fit-x", "contains": "padding"})
    drawn["title"] = {"text": plot.title, "anchor": "start", "frame": "group", "color": PAPER_TEXT, "offset": 12}
    if captioned:
        lines = [line for line in (plot.caption, f"Unroll, {date.today():%d %B %Y}") if line]
        drawn["title"] |= {"subtitle": lines, "subtitleColor": PAPER_GREY, "subtitleFontSize": 12, "subtitlePadding": 6}
    config = drawn.get("config", {})
    view = config.get("view", {}) | {"stroke": None}
    drawn["config"] = config | {"background": "white", "font": "sans-serif", "padding": 16, "view": view}
    return drawn


def table(plot: Plot) -> bytes:
    """The rows that are drawn, as CSV."""
    return csv(plot.frame)


def csv(frame: pd.DataFrame) -> bytes:
    """Return the rows of a frame as CSV. Text that a spreadsheet would run as a formula is escaped."""
    return (frame.map(cell) if len(frame) else frame).to_csv(index=False).encode()
