"""A pasted model counted as it is, with its own answer, vocabulary and input: no dataset, no training."""

import streamlit as st

from cache.core import formatting
from dashboard.charts import frames, tables
from dashboard.layers.layers_frames import weights_table
from dashboard.shell.defaults import DEFAULTS
from dashboard.shell.markdown import escape_markdown
from models.layers import ShapeError
from models.layers.stack import summarize
from models.pasting.pasted import Pasted
from models.tasks import CLASSIFICATION


def count(pasted: Pasted) -> None:
    """Shapes, parameters and weights; nothing if the model has unknown layers."""
    if not pasted.layers:
        return
    if not st.toggle(
        "Only count", key="paste_count", bind="query-params",
        help="Parameters of the model exactly as it is pasted: nothing is added to it, and nothing is trained.",
    ):  # fmt: skip
        return
    encoding = DEFAULTS[CLASSIFICATION].encoding
    if pasted.stack:
        vocabulary = _size(
            "Vocabulary", "count_vocabulary", pasted.settings.vocabulary_size or encoding.vocabulary_size
        )
        shape: tuple[int, ...] = (_size("Tokens", "count_tokens", pasted.settings.length or encoding.length),)
        layers = pasted.stack.with_embedding(vocabulary)
    else:
        known = pasted.input_shape if len(pasted.input_shape) == 2 else (None, *(pasted.input_shape or (None,)))
        shape = tuple(
            size or _size(name, f"count_{name.lower()}", default)
            for name, size, default in zip(("Steps", "Features"), known, (encoding.length, 1), strict=True)
        )
        layers = list(pasted.layers)
    try:
        summaries = summarize(layers, shape)
    except ShapeError as error:
        st.error(escape_markdown(str(error)), icon=":material/build:")
        return
    st.markdown(f"**{formatting.parameters(summaries)}** of the model as it is pasted")
    table = tables.layers_table(frames.layers_frame({"": summaries}))
    st.dataframe(table, hide_index=True, column_config=tables.layers_columns())
    st.caption("W is multiplied by the input, U by the state of the step before, and b is added.")
    st.dataframe(weights_table(summaries), hide_index=True, column_config=tables.layers_columns())


def _size(label: str, key: str, default: int) -> int:
    return int(st.number_input(label, 1, 1_000_000, default, key=f"{key} {default}", width=160))
