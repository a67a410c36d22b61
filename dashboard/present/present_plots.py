"""The charts of Present and Tour with all that belongs to them."""

from collections.abc import Mapping

import pandas as pd

from dashboard.charts.figures import in_words
from dashboard.charts.plots import Plot
from dashboard.present import present_charts


def bars(
    frame: pd.DataFrame, title: str, number: str, colours: Mapping[str, str], from_zero: bool, caption: str
) -> Plot:
    """Return the plot of a figure of each label; the arguments are those of ``present_charts.bars``."""
    description = f"Bars: {title.lower()}. {in_words(frame, 'value', number)}"
    return Plot(title, description, present_charts.bars, (frame, title, number, colours, from_zero), frame, caption)


def curves(frame: pd.DataFrame, colours: Mapping[str, str], caption: str) -> Plot:
    """Return the plot of ``present_frames.curves``."""
    title = "Validation accuracy by epoch"
    description = "Lines: validation accuracy of each architecture by epoch"
    return Plot(title, description, present_charts.curves, (frame, colours), frame, caption)
