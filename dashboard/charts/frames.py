"""Results as tidy DataFrames. Pure: no file, no session; no results give empty frames with all their columns."""

from collections.abc import Mapping, Sequence

import pandas as pd

from cache.browsing.query_fields import value_of
from cache.store.runs import Run
from models.layers.keras_code import layer_code
from models.layers.stack import LayerSummary
from models.text.tokens import CUT, Token
from models.training.events import EpochFinished

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


def listing_frame(
    runs: Sequence[Run], fields: Sequence[str], best: Mapping[int, EpochFinished] | None = None
) -> pd.DataFrame:
    """Tabulate a list of runs.

    Args:
        runs: The runs in order.
        fields: The fields of a query that become columns.
        best: The best epoch by run id, if any.

    Returns:
        A row for each run: id, full name, marks, then ``fields``.
    """
    rows = [
        (
            run.id,
            run.full_name,
            ", ".join(run.marks),
            *(value_of(run, field, (best or {}).get(run.id)) for field in fields),
        )
        for run in runs
    ]
    return pd.DataFrame(rows, columns=["run", "title", "marks", *fields])


def layers_frame(layers: Mapping[str, Sequence[LayerSummary]]) -> pd.DataFrame:
    """Tabulate layers: a row for each layer of each label, with shape, parameters, formula, gates and weights."""
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
    """Describe the gates of a layer: "8 × 1,568" for a bidirectional LSTM; empty for a layer without gates."""
    per_gate = summary.params_per_gate
    return f"{len(per_gate)} × {next(iter(per_gate.values())):,}" if len(per_gate) > 1 else ""


def _dimensions(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def tokens_frame(tokens: Sequence[Token]) -> pd.DataFrame:
    """Tabulate tokens, a row for each. Tokens that are cut have no position, because the model has no step for them."""
    is_read = pd.Series([token.place != CUT for token in tokens], dtype=bool)
    positions = is_read.cumsum().where(is_read).astype("Int64")
    return pd.DataFrame(
        {
            "Position": positions,
            "Text": [token.text for token in tokens],
            "Token": [token.token for token in tokens],
            "Number": [token.number for token in tokens],
            "State": ["unknown" if token.is_unknown and token.place != CUT else token.place for token in tokens],
        }
    )
