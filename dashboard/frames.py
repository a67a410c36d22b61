"""Results as tidy DataFrames. Pure: no file, no session; no results give empty frames with all their columns."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import pandas as pd

from cache.query import value_of
from cache.results import Result
from cache.runs import Run, best_epoch, first_epoch_extra_seconds, seconds_per_epoch
from models.keras_code import layer_code
from models.scoring import perplexity
from models.stack import LayerSummary
from models.tokens import CUT, Token

RUN_COLUMNS = (
    "label",
    "seed",
    "device",
    "num_params",
    "num_trainable",
    "num_epochs",
    "test_accuracy",
    "validation_accuracy",
    "best_epoch",
    "seconds_per_epoch",
    "first_epoch_extra_seconds",
    "validation_seconds",
    "test_top5_accuracy",
    "test_perplexity",
)
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


def runs_frame(results: Iterable[Result], include_contended: bool = False) -> pd.DataFrame:
    """A row for each result that is cached whole, scored at its best validation epoch. Accuracies from 0 to 1.

    Seconds that were measured while something else used the device are missing unless they are to be included.
    """
    rows = []
    for result in results:
        if not result.is_cached:
            continue
        best = best_epoch(result.epochs)
        timed = result.epochs if include_contended or result.contended is None else []
        rows.append(
            {
                "label": result.label,
                "seed": result.spec.seed,
                "device": result.device,
                "num_params": result.run.num_params,
                "num_trainable": result.spec.num_trainable_params(),
                "num_epochs": len(result.epochs),
                "test_accuracy": best.test_accuracy,
                "validation_accuracy": best.validation_accuracy,
                "best_epoch": best.epoch,
                "seconds_per_epoch": seconds_per_epoch(timed),
                "first_epoch_extra_seconds": first_epoch_extra_seconds(timed),
                "validation_seconds": median(epoch.validation_seconds for epoch in timed) if timed else None,
                "test_top5_accuracy": best.test_top5_accuracy,
                "test_perplexity": perplexity(best.test_loss),
            }
        )
    return pd.DataFrame(rows, columns=list(RUN_COLUMNS)).astype(
        {
            "seconds_per_epoch": float,
            "first_epoch_extra_seconds": float,
            "validation_seconds": float,
            "test_top5_accuracy": float,
        }
    )


def leaderboard(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each label and device, the highest mean test accuracy first.

    ``*_std`` is the standard deviation over seeds (n − 1), empty for a single seed; ``n`` counts the seeds.
    """
    table = (
        runs.groupby(["label", "device"], sort=False)
        .agg(
            test_accuracy=("test_accuracy", "mean"),
            test_accuracy_std=("test_accuracy", "std"),
            n=("seed", "nunique"),
            validation_accuracy=("validation_accuracy", "mean"),
            validation_accuracy_std=("validation_accuracy", "std"),
            best_epoch=("best_epoch", "mean"),
            seconds_per_epoch=("seconds_per_epoch", "mean"),
            seconds_per_epoch_std=("seconds_per_epoch", "std"),
            first_epoch_extra_seconds=("first_epoch_extra_seconds", "mean"),
            validation_seconds=("validation_seconds", "mean"),
            num_params=("num_params", "first"),
            num_trainable=("num_trainable", "first"),
            test_top5_accuracy=("test_top5_accuracy", "mean"),
            test_top5_accuracy_std=("test_top5_accuracy", "std"),
            test_perplexity=("test_perplexity", "mean"),
            test_perplexity_std=("test_perplexity", "std"),
        )
        .reset_index()
    )
    return table.sort_values("test_accuracy", ascending=False, ignore_index=True)


def listing_frame(runs: Sequence[Run], fields: Sequence[str]) -> pd.DataFrame:
    """A row for each run: id, name or label, and marks, then the given fields of a query."""
    rows = [
        (run.id, run.name or run.label, ", ".join(run.marks), *(value_of(run, field) for field in fields))
        for run in runs
    ]
    return pd.DataFrame(rows, columns=["run", "title", "marks", *fields])


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
