"""What a recurrent layer returns with each of Keras's flags, drawn over the text, and the equalities between them."""

from collections.abc import Sequence

import streamlit as st

from dashboard.charts import plots
from dashboard.inside import inside_charts, inside_frames
from dashboard.inside.openable import Opened
from dashboard.shell.markdown import escape_markdown
from models.inside.maps import shown_layers
from models.inside.returns import EQUALITIES, MERGE_MODES, Flags, code, holds, outputs
from models.layers import Recurrent
from models.text.tokens import Token

BIDIRECTIONAL = "Bidirectional"
FILLED = "Filled: what comes out, at the token after which it was computed. Empty: computed on the way, not returned."
MERGED = {
    "concat": " The two directions stand side by side.",
    "sum": " The two directions are added.",
    "mul": " The two directions are multiplied.",
    "ave": " The two directions are averaged.",
}


def show(tokens: Sequence[Token], models: Sequence[Opened]) -> None:
    """Show the outputs of a recurrent layer with each flag, and the equalities between them."""
    layers = {
        f"{model.title}: {title}": (layer, model.readings.layers[key])
        for model in models
        for key, title, layer in shown_layers(model.spec.layers())
        if isinstance(layer, Recurrent)
    }
    if not layers:
        return
    with st.expander(
        "What the layer returns", icon=":material/output:", key="returns_open", bind="query-params"
    ) as part:
        if not part.open:
            return
        name = st.selectbox("Layer", list(layers), key="inside_returns_layer", bind="query-params")
        layer, reading = layers[name]
        num_steps = len(reading.output)
        names = ("return_sequences", "return_state", "go_backwards", BIDIRECTIONAL)
        chosen = st.pills("Flags", names, selection_mode="multi", key="inside_flags", bind="query-params") or []
        merge = "concat"
        if BIDIRECTIONAL in chosen:
            if "go_backwards" in chosen:
                st.caption("Bidirectional reads in both directions itself and takes no layer with go_backwards.")
                chosen = [name for name in chosen if name != "go_backwards"]
            merge = st.segmented_control(
                "Merge mode", MERGE_MODES, default="concat", required=True, key="inside_merge_mode", bind="query-params"
            )
        flags = Flags(
            "return_sequences" in chosen, "return_state" in chosen, "go_backwards" in chosen, BIDIRECTIONAL in chosen,
            str(merge),
        )  # fmt: skip
        st.code(code(layer, flags), language="python")
        shapes = outputs(layer, flags, num_steps)
        named = [f"**{name}** of shape ({', '.join(shape)})" for name, shape in shapes.items()]
        st.markdown(f"It gives out {' and '.join(named)}.")
        frame = inside_frames.outline_frame(tokens, num_steps, layer, flags)
        caption = FILLED + MERGED[flags.merge_mode] * flags.is_bidirectional
        if flags.return_sequences and flags.go_backwards:
            caption += f" Row 1 is at “{frame['token'].iloc[-1]}”, row {num_steps} at “{frame['token'].iloc[0]}”."
        plots.show(
            plots.Plot(
                "What the layer returns", f"Filled: what comes out of {code(layer, flags)}", inside_charts.outline,
                (frame,), frame, caption,
            )
        )  # fmt: skip
        st.caption(escape_markdown(caption))
        if flags.is_bidirectional:
            st.caption(
                "The equalities are those of one direction. They do not hold for both together: at the end of the "
                "sequence, the direction that reads backwards has read one token."
            )
            return
        for name, difference in reading.differences.items():
            is_true = holds(name, difference)
            icon = ":green[:material/check_circle:]" if is_true else ":red[:material/error:] Not so here:"
            st.markdown(f"{icon} {EQUALITIES[name]} Largest difference: {difference:.1g}.")
        st.caption(
            "Computed with this layer’s weights on four tokens. Sides that differ by less than 0.00001 count as equal."
        )
