"""Figures with their spread as text that lines up."""

import math
from dataclasses import dataclass

import pandas as pd

from cache.core.formatting import in_range
from models.training.metrics import Metric

FIGURE_SPACE = "\u2007"
"""As wide as a digit: numbers padded with it line up, and sort as text as they sort as numbers."""
MINUS = "−"
MISSING, NEVER = "–", "not reached"


@dataclass(frozen=True)
class NumberFormat:
    """How a figure is written: ``factor`` times its value, with so many ``decimals`` and a ``unit``."""

    decimals: int
    unit: str = ""
    factor: float = 1.0


def number_format_of(metric: Metric) -> NumberFormat:
    """Return how the values of a metric are written."""
    return NumberFormat(metric.decimals, "%", 100) if metric.is_share else NumberFormat(metric.decimals)


PERCENT, POINTS, SECONDS = NumberFormat(2, "%", 100), NumberFormat(2, "", 100), NumberFormat(2, " s")
SHARE = NumberFormat(0, "%", 100)
NUMBER, PLAIN, WHOLE = NumberFormat(1), NumberFormat(2), NumberFormat(0)
HUGE = 1e12
"""Figures from here on are written with an exponent: after a failed training the perplexity may have 300 digits."""


def plus_minus(summary: pd.DataFrame, key: str, number_format: NumberFormat) -> list[str]:
    """Format means with their spread: "81.00 ± 2.00%".

    Args:
        summary: A result of ``aggregate_over_seeds``.
        key: The column of the mean.
        number_format: How the numbers are written.

    Returns:
        A text for each row: with "(2 of 3)" if only some seeds have a value, "not reached" if it never happened, and a
        dash if it was not measured.
    """
    width = max((len(_number(mean, number_format)) for mean in summary[key] if not math.isnan(mean)), default=0)
    columns = (summary[name] for name in (key, f"{key}_std", f"{key}_n", f"{key}_never", "seeds"))
    return [
        _text(_number(mean, number_format).rjust(width, FIGURE_SPACE), std, n, never, seeds, number_format)
        for mean, std, n, never, seeds in zip(*columns, strict=True)
    ]


def _text(mean: str, std: float, n: int, never: int, seeds: int, number_format: NumberFormat) -> str:
    if n == 0:
        return NEVER if never else MISSING
    spread = "" if math.isnan(std) else f" ± {_number(std, number_format)}"
    return mean + spread + number_format.unit + ("" if n == seeds else f" ({n} of {seeds})")


def figure(value: float | None, number_format: NumberFormat) -> str:
    """Format a value, such as "81.00%"; None becomes a dash."""
    return MISSING if value is None else _number(value, number_format) + number_format.unit


def in_words(frame: pd.DataFrame, column: str, number: str) -> str:
    """Name the figure of each label, as "GRU 81.0%; LSTM 80.2%", for the alternative text of a chart.

    Args:
        frame: A row for each label.
        column: The column of the figures.
        number: Their format, such as ".1%".
    """
    return "; ".join(f"{label} {value:{number}}" for label, value in zip(frame["label"], frame[column], strict=True))


def seeds_in_words(seeds: pd.Series) -> str:
    """Return "3 seeds", or "2 to 3 seeds" if their number varies."""
    return in_range(map(int, seeds), "seed")


def _number(value: float, number_format: NumberFormat) -> str:
    scaled = number_format.factor * value
    text = f"{scaled:z,.{number_format.decimals}f}" if abs(scaled) < HUGE else f"{scaled:.2e}"
    return text.replace("-", MINUS, 1) if scaled < 0 else text
