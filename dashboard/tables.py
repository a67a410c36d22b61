"""DataFrames made ready to be read in ``st.dataframe``."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from cache.query import fields
from cache.runs import Run
from models.architectures import ARCHITECTURES
from models.memory_texts import is_memory

FIGURE_SPACE = "\u2007"
"""As wide as a digit: numbers padded with it line up, and sort as text as they sort as numbers."""
MISSING = "–"
MAX_RUNS_ACROSS = 6
"""More runs than this stand below each other."""


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
            "Trainable": board["num_trainable"],
            "Frozen": board["num_params"] - board["num_trainable"],
        }
    )
    if not table["Frozen"].any():
        table = table.drop(columns=["Trainable", "Frozen"])
    if board["test_top5_accuracy"].notna().any():
        of_words = {
            "Test top-5": _plus_minus(100 * board["test_top5_accuracy"], 100 * board["test_top5_accuracy_std"], " %"),
            "Test perplexity": _plus_minus(board["test_perplexity"], board["test_perplexity_std"], ""),
        }
        for place, (name, column) in enumerate(of_words.items(), start=2):
            table.insert(place, name, column)
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
        "Test top-5": column.TextColumn(
            help="How often the right word is among the five likeliest, at each seed's best validation epoch."
        ),
        "Test perplexity": column.TextColumn(
            help="The exponential of the test loss: among so many equally likely words the model would be as "
            "uncertain. Lower is better; it compares only between equal vocabularies."
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
        "Trainable": column.NumberColumn(format="localized", help="Parameters that training changes."),
        "Frozen": column.NumberColumn(format="localized", help="Parameters that stay as they came."),
        "Measured on": column.TextColumn(help="Seconds are only comparable on the same device."),
    }


def layers_table(layers: pd.DataFrame) -> pd.DataFrame:
    """The layers of one label with readable headings; what is trainable stands apart if that is not all of it."""
    names = {
        "layer": "Layer",
        "output_shape": "Output shape",
        "num_params": "Parameters",
        "num_trainable": "Trainable",
        "formula": "Formula",
        "gates": "Gates",
        "weights": "Weights",
    }
    table = layers.rename(columns=names)[list(names.values())]
    return table.drop(columns="Trainable") if (table["Trainable"] == table["Parameters"]).all() else table


def layers_columns() -> dict:
    column = st.column_config
    return {
        "Parameters": column.NumberColumn(format="localized"),
        "Trainable": column.NumberColumn(format="localized", help="The others stay as they were made."),
        "Formula": column.TextColumn(
            help="m inputs, n units, k kernel size, f filters, v vocabulary, d embedding dimension, "
            "h attention heads of a features each."
        ),
        "Gates": column.TextColumn(help="Gates in both directions × parameters of each."),
        "Weights": column.TextColumn(width="large"),
    }


def listing_table(listing: pd.DataFrame) -> pd.DataFrame:
    """The list of runs with accuracies in per cent, and without the marks if no run has any."""
    table = listing if listing["marks"].any() else listing.drop(columns="marks")
    table = table.copy()
    if "train_examples" in table:
        table["train_examples"] = [
            "all" if pd.isna(value) else f"{value:,.0f}" for value in table["train_examples"].astype(float)
        ]
    for name in (name for name in table if name.endswith("_accuracy")):
        table[name] = 100 * table[name].astype(float)
    if "created" in table:
        table["created"] = pd.to_datetime(table["created"], unit="s", utc=True)
    return table


def listing_columns() -> dict:
    column = st.column_config
    config: dict = {name: name.replace("_", " ").capitalize() for name in fields()}
    config |= {
        "run": column.NumberColumn("Run", width=60),
        "title": column.TextColumn("Architecture or name", width="medium"),
        "marks": column.TextColumn("Marks"),
        "epochs": column.NumberColumn("Epochs", help="Epochs that are finished."),
        "tag": column.TextColumn("Tags"),
        "test_accuracy": column.NumberColumn(
            "Test accuracy", format="%.2f %%", help="At the epoch of the best validation accuracy."
        ),
        "validation_accuracy": column.NumberColumn("Best validation", format="%.2f %%"),
        "seconds_per_epoch": column.NumberColumn(
            "Seconds per epoch", format="%.2f s", help="Training alone, median over the epochs after the first."
        ),
        "parameters": column.NumberColumn("Parameters", format="localized"),
        "trainable_parameters": column.NumberColumn("Trainable parameters", format="localized"),
        "created": column.DatetimeColumn("Queued at", format="localized"),
        "learning_rate": column.NumberColumn("Learning rate", format="%g"),
    }
    return config


def differences_table(differing: Mapping[str, Sequence[object]], runs: Sequence[Run]) -> pd.DataFrame:
    """A row for each setting and a column for each run; the other way round for many runs."""
    names = [_setting(name) for name in differing]
    rows = [[_said(name, value) for value in values] for name, values in differing.items()]
    table = pd.DataFrame(rows, index=pd.Index(names, name="Setting"), columns=[run.title for run in runs])
    return table if len(runs) <= MAX_RUNS_ACROSS else table.T


def _setting(name: str) -> str:
    """ "hyperparameters.units" as "Units", "environment.commit" as "Environment: commit" """
    top, _, rest = name.partition(".")
    said = rest if top in ("hyperparameters", "encoding", "training") else f"{top}: {rest}" if rest else top
    return said[:1].upper() + said[1:].replace("_", " ").replace(".", ": ")


def _said(name: str, value: object) -> str:
    if value is None:
        return "all" if name == "train_examples" else MISSING
    if name == "dataset" and is_memory(value):
        return f"{value} (generated)"
    if name == "architecture" and value in ARCHITECTURES:
        return ARCHITECTURES[value].title
    if name.endswith("_accuracy"):
        return f"{value:.2%}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


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
