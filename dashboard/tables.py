"""DataFrames made ready to be read in ``st.dataframe``."""

import math

import pandas as pd
import streamlit as st

FIGURE_SPACE = "\u2007"
"""As wide as a digit: numbers padded with it line up, and sort as text as they sort as numbers."""


def leaderboard_table(board: pd.DataFrame) -> pd.DataFrame:
    """Names and "mean ± standard deviation" as text, the rest as numbers."""
    return pd.DataFrame(
        {
            "Architecture": board["label"],
            "Test accuracy": _plus_minus(100 * board["test_accuracy"], 100 * board["test_accuracy_std"], " %"),
            "Best validation": _plus_minus(
                100 * board["validation_accuracy"], 100 * board["validation_accuracy_std"], " %"
            ),
            "Seeds": board["n"],
            "Best epoch": board["best_epoch"],
            "Seconds per epoch": _plus_minus(board["seconds_per_epoch"], board["seconds_per_epoch_std"], " s"),
            "First epoch extra": board["first_epoch_extra_seconds"],
            "Parameters": board["num_params"],
            "Measured on": board["device"],
        }
    )


def leaderboard_columns() -> dict:
    column = st.column_config
    return {
        "Architecture": column.TextColumn(pinned=True),
        "Test accuracy": column.TextColumn(
            help="At each seed's best validation epoch, on reviews that chose nothing. Mean ± standard deviation."
        ),
        "Best validation": column.TextColumn(
            help="Chose the epoch, so it flatters the model. Mean ± standard deviation."
        ),
        "Seeds": column.NumberColumn(help="Number of random initialisations behind each mean."),
        "Best epoch": column.NumberColumn(
            format="%.1f", help="Epoch of the best validation accuracy, mean over seeds."
        ),
        "Seconds per epoch": column.TextColumn(
            help="Training alone: the median over a run's epochs after the first, then mean ± standard deviation."
        ),
        "First epoch extra": column.NumberColumn(
            format="%.2f s", help="What the first epoch took beyond that: tracing and compilation."
        ),
        "Parameters": column.NumberColumn(format="localized"),
        "Measured on": column.TextColumn(help="Seconds are only comparable on the same device."),
    }


def layers_table(layers: pd.DataFrame) -> pd.DataFrame:
    """The layers of one label with readable headings."""
    return layers.rename(
        columns={
            "layer": "Layer",
            "output_shape": "Output shape",
            "num_params": "Parameters",
            "formula": "Formula",
            "gates": "Gates",
            "weights": "Weights",
        }
    )[["Layer", "Output shape", "Parameters", "Formula", "Gates", "Weights"]]


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


def _plus_minus(means: pd.Series, deviations: pd.Series, unit: str) -> list[str | None]:
    width = max((len(f"{mean:.2f}") for mean in means if not math.isnan(mean)), default=0)
    return [
        None
        if math.isnan(mean)
        else f"{mean:.2f}".rjust(width, FIGURE_SPACE) + ("" if math.isnan(std) else f" ± {std:.2f}") + unit
        for mean, std in zip(means, deviations, strict=True)
    ]
