"""A chart with all that belongs to it: shown on the page, and taken away as PNG, SVG or CSV."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from cache.exports import cell
from dashboard import charts, drawing, session

PAPER_INK, PAPER_GREY = "#31333F", "#6B6E7A"
PAPER_WIDTH = 760
alt.data_transformers.disable_max_rows()  # a file may hold what a page should not


@dataclass(frozen=True)
class Plot:
    """``draw`` makes the chart for a colour of text; ``frame`` is what it shows; ``caption`` says where from."""

    title: str
    alt: str
    draw: Callable[[str], alt.TopLevelMixin]
    frame: pd.DataFrame
    caption: str = ""


def show(plot: Plot) -> Plot:
    """Draws it in the page's theme, as wide as there is room, and offers it as a file."""
    st.altair_chart(plot.draw(session.ink()), width="stretch", alt=plot.alt)
    with st.popover(
        "Download",
        icon=":material/download:",
        type="tertiary",
        help=f"{plot.title} as a file",
        key=f"take {plot.title}",
    ):
        for kind, mime, make in (
            ("PNG", "image/png", lambda: drawing.draw(drawing.PNG, paper(plot))),
            ("SVG", "image/svg+xml", lambda: drawing.draw(drawing.SVG, paper(plot))),
            ("CSV", "text/csv", lambda: table(plot)),
        ):
            # Made only when somebody asks: a picture takes a second.
            st.download_button(
                kind, make, f"{slug(plot.title)}.{kind.lower()}", mime, key=f"{kind} of {plot.title}",
                on_click="ignore", width="stretch",
            )  # fmt: skip
    return plot


def curve_plots(
    bands: pd.DataFrame,
    metric: str,
    whose: str,
    colours: Mapping[str, str],
    domain: tuple[float, float] | None,
    caption: str,
) -> list[Plot]:
    """Validation, then training."""
    return [
        Plot(
            f"{charts.SPLIT_TITLES[split]} {charts.METRIC_TITLES[metric]}",
            f"Lines: {split} {metric} {whose} by epoch",
            partial(charts.curves, bands, metric, split, colours, domain),
            bands[bands["split"] == split],
            f"{caption} Line: mean over seeds; band: ± 1 standard deviation.",
        )
        for split in ("validation", "train")
    ]


def paper(plot: Plot, width: int | str = PAPER_WIDTH, captioned: bool = True) -> dict[str, Any]:
    """The chart's spec on white, whatever the page's theme, with its title and, within the picture, its caption."""
    spec = plot.draw(PAPER_INK).to_dict()
    if "layer" in spec or "mark" in spec:
        spec["width"] = width
        spec["autosize"] = {"type": "pad" if isinstance(width, int) else "fit-x", "contains": "padding"}
    spec["title"] = {"text": plot.title, "anchor": "start", "frame": "group", "color": PAPER_INK, "offset": 12}
    if captioned:
        lines = [line for line in (plot.caption, f"Unroll, {date.today():%d %B %Y}") if line]
        spec["title"] |= {"subtitle": lines, "subtitleColor": PAPER_GREY, "subtitleFontSize": 12, "subtitlePadding": 6}
    config = spec.get("config", {})
    view = config.get("view", {}) | {"stroke": None}
    spec["config"] = config | {"background": "white", "font": "sans-serif", "padding": 16, "view": view}
    return spec


def table(plot: Plot) -> bytes:
    """CSV of the rows that are drawn; what a spreadsheet would run as a formula is text."""
    frame = plot.frame.map(cell) if len(plot.frame) else plot.frame
    return frame.to_csv(index=False).encode()


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "chart"
