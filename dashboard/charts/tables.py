"""DataFrames made ready to be read in ``st.dataframe``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from cache.browsing.query_fields import METRICS, fields
from cache.core.formatting import moment
from cache.store.run_names import dataset_title
from cache.store.runs import Run
from dashboard.charts.figures import MINUS, MISSING, PERCENT, SECONDS, figure
from models.architectures import ARCHITECTURES
from models.training.metrics import SHARES

MAX_NAME_WIDTH = 420
"""Pixels for the names of runs in a list; the details of a run give a longer one whole."""
FIRST_ROWS = 20
"""Rows of a list that are visible before it is scrolled."""
LETTERS = {
    "v": "words or subwords in the vocabulary",
    "d": "numbers in each embedding vector",
    "m": "inputs of the layer (for each step, if it reads steps)",
    "n": "units",
    "k": "kernel size",
    "f": "filters",
    "h": "attention heads",
    "a": "features of each head",
}
MAX_RUNS_ACROSS = 6
"""More runs than this are shown below each other."""


def name_width(names: Iterable[str]) -> int:
    """Return the width of a column in which every name fits, in pixels."""
    return max(110, 24 + 7 * max(map(len, names), default=0))


def listing_name_width(names: Iterable[str]) -> int:
    """Return a width in pixels that fits the names of the first rows and half of all names, up to a limit.

    A few long names further down would take the room of other columns.
    """
    names = list(names)
    shown = [*names[:FIRST_ROWS], *sorted(names, key=len)[: (len(names) + 1) // 2]]
    return min(MAX_NAME_WIDTH, name_width(shown))


def layers_table(layers: pd.DataFrame) -> pd.DataFrame:
    """Return the layers of one label with readable headings; the column "Trainable" is only there if some are not.

    Args:
        layers: Rows of ``layers_frame``.
    """
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


def formula_letters(formulas: Iterable[str]) -> str:
    """Explain the letters in formulas: "Letters in the formulas: m = inputs of the layer." Empty if there are none."""
    used = set("".join(formulas).replace("then", ""))
    named = [f"{letter} = {meaning}" for letter, meaning in LETTERS.items() if letter in used]
    return f"Letters in the formulas: {'; '.join(named)}." if named else ""


def layers_columns() -> dict:
    """Return the column settings of ``layers_table``."""
    column = st.column_config
    return {
        "Parameters": column.NumberColumn(format="%,d"),
        "Trainable": column.NumberColumn(format="%,d", help="The others stay as they were made."),
        "Formula": column.TextColumn(width="large"),  # a formula that is cut reads as another one
        "Gates": column.TextColumn(help="Gates in both directions × parameters of each."),
        "Weights": column.TextColumn(width="large"),
    }


def listing_table(listing: pd.DataFrame) -> pd.DataFrame:
    """Return the list of runs with accuracies in per cent; the column of marks is only there if a run has one.

    Args:
        listing: A result of ``listing_frame``.
    """
    table = listing if listing["marks"].any() else listing.drop(columns="marks")
    table = table.copy()
    if "train_examples" in table:
        table["train_examples"] = [
            "all" if pd.isna(value) else f"{value:,.0f}" for value in table["train_examples"].astype(float)
        ]
    for name in (name for name in table if name in SHARES):
        table[name] = 100 * table[name].astype(float)
    if "created" in table:
        table["created"] = table["created"].map(moment)
    return table


def listing_columns(names: Iterable[str]) -> dict:
    """Return the column settings of ``listing_table``, with room for the ``names`` of its runs."""
    column = st.column_config
    config: dict = {name: name.replace("_", " ").capitalize() for name in fields()}
    # With commas in every browser, as the details of a run have them: "localized" is another language elsewhere.
    whole = ("epochs", "best_epoch", "seed", "parameters", "trainable_parameters", "vocabulary_size", "length",
             "batch_size", *(name for name in fields() if name.endswith(("units", "dim", "filters"))))  # fmt: skip
    config |= {name: column.NumberColumn(config[name], format="%,d") for name in whole}
    config |= {
        "run": column.NumberColumn("Run", width=60),
        "title": column.TextColumn(
            "Name",
            width=listing_name_width(names),
            help="The name you gave it, or its architecture with what differs from the defaults.",
        ),
        "marks": column.TextColumn("Marks"),
        "epochs": column.NumberColumn("Epochs", format="%,d", help="Epochs that are finished."),
        "tag": column.TextColumn("Tags"),
        "test_accuracy": column.NumberColumn(
            "Test accuracy", format="%.2f%%", help="At the epoch of the best validation accuracy."
        ),
        "validation_accuracy": column.NumberColumn("Best validation", format="%.2f%%"),
        "seconds_per_epoch": column.NumberColumn(
            "Seconds per epoch", format="%,.2f s", help="Training alone, median over the epochs after the first."
        ),
        **{
            name: column.NumberColumn(
                metric.title_on(split), format=f"%.{metric.decimals}f" + "%%" * metric.is_share, help=metric.help
            )
            for name, (metric, split) in METRICS.items()
        },
        "created": column.TextColumn("Queued at", help="In the time zone of the machine on which Unroll runs."),
        "learning_rate": column.NumberColumn("Learning rate", format="%g"),
    }
    return config


def differences_table(differing: Mapping[str, Sequence[object]], runs: Sequence[Run]) -> pd.DataFrame:
    """Tabulate settings that differ: a row for each setting and a column for each run, transposed for many runs.

    Args:
        differing: The value of each run, by setting.
        runs: The runs in the same order.
    """
    names = [_setting(name) for name in differing]
    rows = [[_format(name, value) for value in values] for name, values in differing.items()]
    table = pd.DataFrame(rows, index=pd.Index(names, name="Setting"), columns=[run.title for run in runs])
    return table if len(runs) <= MAX_RUNS_ACROSS else table.T


SETTINGS = {"contended": "Disturbed by", "environment.cudnn": "Environment: GPU library cuDNN"}


def _setting(name: str) -> str:
    """Return a readable name: "hyperparameters.units" becomes "Units", "environment.commit" becomes "Environment:
    commit".
    """
    if name in SETTINGS:
        return SETTINGS[name]
    top, _, rest = name.partition(".")
    text = rest if top in ("hyperparameters", "encoding", "training") else f"{top}: {rest}" if rest else top
    return text[:1].upper() + text[1:].replace("_", " ").replace(".", ": ")


def _format(name: str, value: Any) -> str:
    if value is None:
        return "all" if name == "train_examples" else MISSING
    if name == "dataset":
        return dataset_title(value)
    if name == "architecture" and value in ARCHITECTURES:
        return ARCHITECTURES[value].title
    if name in SHARES:
        return figure(value, PERCENT)
    if name == "seconds_per_epoch":
        return figure(value, SECONDS)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}".replace("-", MINUS, value < 0) if isinstance(value, float) else str(value)
