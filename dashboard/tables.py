"""DataFrames made ready to be read in ``st.dataframe``."""

import math

import pandas as pd
import streamlit as st

FIGURE_SPACE = "\u2007"
"""As wide as a digit: numbers padded with it line up, and sort as text as they sort as numbers."""
MISSING = "–"


def leaderboard_table(board: pd.DataFrame, device: str) -> pd.DataFrame:
    """Names and "mean ± standard deviation" as text; the device is named if it is not ``device`` throughout."""
    table = pd.DataFrame(
        {
            "Architecture": board["label"],
            "Test accuracy": _plus_minus(100 * board["test_accuracy"], 100 * board["test_accuracy_std"], " %"),
            "Best validation": _plus_minus(
                100 * board["validation_accuracy"], 100 * board["validation_accuracy_std"], " %"
            ),
            "Seeds": board["n"],
            "Best epoch": board["best_epoch"].round(1),
            "Seconds per epoch": _plus_minus(board["seconds_per_epoch"], board["seconds_per_epoch_std"], " s"),
            "First epoch extra": _plus_minus(board["first_epoch_extra_seconds"], None, " s"),
            "Validation": _plus_minus(board["validation_seconds"], None, " s"),
            "Parameters": board["num_params"],
        }
    )
    if set(board["device"]) - {device}:
        table["Measured on"] = board["device"]
    return table


def leaderboard_columns() -> dict:
    column = st.column_config
    return {
        "Architecture": column.TextColumn(),
        "Test accuracy": column.TextColumn(
            help="At each seed's best validation epoch, on reviews that chose nothing. Mean ± standard deviation."
        ),
        "Best validation": column.TextColumn(
            help="Each seed's best epoch. It chose the epoch, so it flatters the model. Mean ± standard deviation."
        ),
        "Seeds": column.NumberColumn(help="Number of random initialisations behind each mean."),
        "Best epoch": column.NumberColumn(help="Epoch of the best validation accuracy, mean over seeds."),
        "Seconds per epoch": column.TextColumn(
            help="Training alone: the median over a run's epochs after the first (so it needs two), then mean ± "
            "standard deviation over seeds."
        ),
        "First epoch extra": column.TextColumn(
            help="What the first epoch took beyond a steady one: tracing and compilation."
        ),
        "Validation": column.TextColumn(help="Seconds to score the validation split after each epoch."),
        "Parameters": column.NumberColumn(format="localized"),
        "Measured on": column.TextColumn(help="Seconds are only comparable on the same device."),
    }


def layers_table(layers: pd.DataFrame) -> pd.DataFrame:
    """The layers of one label with readable headings."""
    names = {
        "layer": "Layer",
        "output_shape": "Output shape",
        "num_params": "Parameters",
        "formula": "Formula",
        "gates": "Gates",
        "weights": "Weights",
    }
    return layers.rename(columns=names)[list(names.values())]


def layers_columns() -> dict:
    column = st.column_config
    return {
        "Parameters": column.NumberColumn(format="localized"),
        "Formula": column.TextColumn(
            help="m inputs, n units, k kernel size, f filters, v vocabulary, d embedding dimension."
        ),
        "Gates": column.TextColumn(help="Gates in both directions × parameters of each."),
        "Weights": column.TextColumn(width="large"),
    }


def _plus_minus(means: pd.Series, deviations: pd.Series | None, unit: str) -> list[str]:
    """Figures that line up, with their deviations where there are any, and a dash for what was not measured."""
    width = max((len(f"{mean:.2f}") for mean in means if not math.isnan(mean)), default=0)
    spread = [math.nan] * len(means) if deviations is None else deviations
    return [
        MISSING
        if math.isnan(mean)
        else f"{mean:.2f}".rjust(width, FIGURE_SPACE) + ("" if math.isnan(std) else f" ± {std:.2f}") + unit
        for mean, std in zip(means, spread, strict=True)
    ]
