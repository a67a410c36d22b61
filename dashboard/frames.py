"""Results as tidy DataFrames. Pure: no file, no session; no results give empty frames with all their columns."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from cache.query import value_of
from cache.results import Result
from cache.runs import Run
from models.events import EpochFinished
from models.keras_code import layer_code
from models.scoring import perplexity
from models.stack import LayerSummary
from models.tokens import CUT, Token

SECONDS_COLUMNS = ("label", "device", "seconds_per_epoch", "n")
MEASUREMENT_COLUMNS = ("label", "seed", "device", "epoch", "is_first", "train_seconds")
CURVE_COLUMNS = ("label", "seed", "split", "epoch", "accuracy", "loss", "top5_accuracy", "perplexity")
LAYER_COLUMNS = (
    "label",
    "position",
    "layer",
    "output_shape",
    "num_params",
    "num_trainable",
    "formula",
    "gates",
    "weights",
    "total",
)


def epochs_frame(results: Iterable[Result], include_contended: bool = False) -> pd.DataFrame:
    """A row for each measured epoch with its training seconds; the epochs of runs that still go on are among them.

    Contended ones are left out unless they are to be included.
    """
    rows = [
        (result.label, result.spec.seed, result.device, epoch.epoch, epoch.is_first, epoch.train_seconds)
        for result in results
        if include_contended or result.contended is None
        for epoch in result.epochs
    ]
    return pd.DataFrame(rows, columns=list(MEASUREMENT_COLUMNS))


def seconds_frame(epochs: pd.DataFrame) -> pd.DataFrame:
    """A row for each label and device: the median of each seed's steady epochs, then the mean over ``n`` seeds, as in
    the leaderboard."""
    steady = epochs[~epochs["is_first"].astype(bool)]
    per_seed = steady.groupby(["label", "device", "seed"], sort=False)["train_seconds"].median().reset_index()
    table = per_seed.groupby(["label", "device"], sort=False)["train_seconds"].agg(["mean", "count"]).reset_index()
    return table.rename(columns={"mean": "seconds_per_epoch", "count": "n"})[list(SECONDS_COLUMNS)]


def curves_frame(results: Iterable[Result]) -> pd.DataFrame:
    """A row for each epoch and split ("train", "validation") with its metrics; top-5 accuracy is known of next words
    alone."""
    return _curves((result.label, result.spec.seed, result.epochs) for result in results)


def _curves(measured: Iterable[tuple[str, int | None, Sequence[EpochFinished]]]) -> pd.DataFrame:
    """From (label, seed, epochs)."""
    rows = [
        (label, seed, split, epoch.epoch, accuracy, loss, top5_accuracy, perplexity(loss))
        for label, seed, epochs in measured
        for epoch in epochs
        for split, accuracy, loss, top5_accuracy in (
            ("train", epoch.train_accuracy, epoch.train_loss, epoch.train_top5_accuracy),
            ("validation", epoch.validation_accuracy, epoch.validation_loss, epoch.validation_top5_accuracy),
        )
    ]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS)).astype({"top5_accuracy": float})


def run_curves_frame(runs: Sequence[Run], epochs: Mapping[int, Sequence[EpochFinished]]) -> pd.DataFrame:
    """As ``curves_frame``, each run under its own title."""
    return _curves((run.title, run.settings.get("seed"), epochs[run.id]) for run in runs)


def listing_frame(runs: Sequence[Run], fields: Sequence[str]) -> pd.DataFrame:
    """A row for each run: id, name or label, and marks, then the given fields of a query."""
    rows = [
        (run.id, run.name or run.label, ", ".join(run.marks), *(value_of(run, field) for field in fields))
        for run in runs
    ]
    return pd.DataFrame(rows, columns=["run", "title", "marks", *fields])


def bands_frame(curves: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean of ``metric`` over seeds with ± one standard deviation: columns mean, low, high, n. One seed has no band."""
    table = curves.groupby(["label", "split", "epoch"], sort=False)[metric].agg(["mean", "std", "count"]).reset_index()
    table["low"] = table["mean"] - table["std"]
    table["high"] = table["mean"] + table["std"]
    return table.rename(columns={"count": "n"}).drop(columns="std")


def layers_frame(layers: Mapping[str, Sequence[LayerSummary]]) -> pd.DataFrame:
    """A row for each layer of each label: its count with formula and share per gate, its weights, the stack's total."""
    rows = [
        (
            label,
            position,
            layer_code(summary.layer),
            str(summary.output_shape),
            summary.num_params,
            summary.num_trainable,
            summary.layer.formula,
            _gates(summary),
            "; ".join(f"{weight.name} {_dimensions(weight.shape)}" for weight in summary.weights),
            sum(each.num_params for each in summaries),
        )
        for label, summaries in layers.items()
        for position, summary in enumerate(summaries, start=1)
    ]
    return pd.DataFrame(rows, columns=list(LAYER_COLUMNS))


def _gates(summary: LayerSummary) -> str:
    """ "8 × 1,568" for a bidirectional LSTM; empty for a layer without gates."""
    per_gate = summary.params_per_gate
    return f"{len(per_gate)} × {next(iter(per_gate.values())):,}" if len(per_gate) > 1 else ""


def _dimensions(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def tokens_frame(tokens: Sequence[Token]) -> pd.DataFrame:
    """A row for each token; those that are cut have no position, for the model has no step for them."""
    read = [token.place != CUT for token in tokens]
    positions = pd.Series(read).cumsum().where(read).astype("Int64")
    return pd.DataFrame(
        {
            "Position": positions,
            "Text": [token.text for token in tokens],
            "Token": [token.token for token in tokens],
            "Number": [token.number for token in tokens],
            "State": ["unknown" if token.is_unknown and token.place != CUT else token.place for token in tokens],
        }
    )
