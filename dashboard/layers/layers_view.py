"""The parts of the page Layers: choices, the flow, the bars, and each architecture's weights and code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from cache.core import formatting
from dashboard.charts import frames, plots, tables
from dashboard.charts.colours import label_colours
from dashboard.layers import layers_charts, layers_frames
from dashboard.shell import links, pages
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import line_up, sidebar
from models.architectures import Architecture
from models.data.labelled import MAX_CLASSES, MIN_CLASSES
from models.experiments.comparison import COMPOSED, Entry
from models.layers import Masking, ShapeError
from models.layers.keras_code import model_code
from models.layers.stack import LayerSummary, summarize
from models.layers.summary_text import summary_text
from models.layers.weight_parts import calculation
from models.stacks.diagnosis import diagnose
from models.stacks.named_stacks import TITLE, NamedStack
from models.stacks.stack_parser import parse_stack
from models.tasks import CLASSIFICATION, DEFAULT_LENGTHS
from models.text.encoding import DEFAULT_VOCABULARY
from models.vectors.word_vectors import title_of

MODELS = "layers_models"
"""The key of the chosen architectures in the URL."""
MOST = 4
LINE_UP = ("lstm", "gru")
RANGES = {
    "layers_vocabulary": sidebar.WHOLE_RANGES["vocabulary"],
    "layers_length": sidebar.WHOLE_RANGES["length"],
    "layers_classes": (MIN_CLASSES, MAX_CLASSES),
}


@dataclass(frozen=True)
class Sizes:
    """The sizes that the data determine; a next-word model has a class for each word instead."""

    vocabulary_size: int
    length: int
    num_classes: int


def url_choices() -> dict[str, Sequence[str]]:
    """List the allowed values of each key in the URL."""
    return {MODELS: line_up.all_titles(), **links.hyperparameter_choices(line_up.MAX_VARIANTS)}


def url_ranges() -> dict[str, tuple[float, float]]:
    """Return the (minimum, maximum) of each number in the URL."""
    return RANGES | line_up.url_ranges()


def choose_sizes() -> Sizes:
    """Ask for vocabulary, length and number of classes."""
    with st.container(horizontal=True):
        vocabulary = st.number_input(
            "Vocabulary", *RANGES["layers_vocabulary"], DEFAULT_VOCABULARY["words"], 500, key="layers_vocabulary",
            bind="query-params", width=170, help="Number of different tokens. The embedding has a vector for each.",
        )  # fmt: skip
        length = st.number_input(
            "Length in tokens", *RANGES["layers_length"], DEFAULT_LENGTHS[CLASSIFICATION], 10, key="layers_length",
            bind="query-params", width=170, help="Number of tokens of a text: the steps that a recurrent layer reads.",
        )  # fmt: skip
        classes = st.number_input(
            "Classes", *RANGES["layers_classes"], 2, key="layers_classes", bind="query-params", width=170,
            help="Two classes need one sigmoid unit, more need one softmax unit each. A model that predicts the next "
                 "word has one unit for each word of the vocabulary.",
        )  # fmt: skip
    return Sizes(int(vocabulary), int(length), int(classes))


def choose_entries() -> dict[str, Entry]:
    """Ask for architectures and hyperparameters, and return the entries by their labels."""
    chosen = line_up.choose_from_all(MODELS, LINE_UP)
    is_full = len(chosen) >= MOST
    if not any(_is_typed(architecture) for architecture in chosen):
        st.button(
            "Type a stack of your own", icon=":material/edit:", on_click=_add_typed, disabled=is_full,
            help=f"At most {MOST} architectures are shown." if is_full else None,
        )  # fmt: skip
    typed = [entry for each in chosen if _is_typed(each) for entry in line_up.choose_variants(each, live=True)]
    named = [line_up.default_entry(architecture) for architecture in chosen if isinstance(architecture, NamedStack)]
    others = [each for each in chosen if isinstance(each, Architecture) and not _is_typed(each)]
    entries = [*typed, *named, *_fields(others)]
    order = [each.name if isinstance(each, Architecture) else COMPOSED for each in chosen]
    labelled = {_label(entry): entry for entry in sorted(entries, key=lambda entry: order.index(entry.architecture))}
    if len(labelled) > MOST:
        st.caption(f"The first {MOST} of {len(labelled)} are shown.")
    return dict(list(labelled.items())[:MOST])


def _add_typed() -> None:
    st.session_state[MODELS] = [*st.session_state[MODELS], COMPOSED]


def _is_typed(architecture: Architecture | NamedStack) -> bool:
    return isinstance(architecture, Architecture) and architecture.name == COMPOSED


def _fields(architectures: Sequence[Architecture]) -> list[Entry]:
    if not architectures:
        return []
    entries: list[Entry] = []
    with st.expander("Hyperparameters", icon=":material/tune:"):
        for architecture in architectures:
            st.markdown(f"**{escape_markdown(architecture.title)}**")
            entries += line_up.choose_variants(architecture)
    return entries


def _label(entry: Entry) -> str:
    """The entry's label with its task: "Next word by GRU (32 units)"."""
    definition = entry.definition
    return definition.title.removesuffix(definition.short_title) + entry.label


def colours_of(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return the colour of each label; a second architecture with the same colour gets another shade."""
    known = label_colours(entries.values())
    colours: dict[str, str] = {}
    for label, entry in entries.items():
        colour = known[entry.label]
        if colour in colours.values():
            (colour,) = label_colours([replace(entry, variant=entry.variant + 1)]).values()
        colours[label] = colour
    return colours


def layers_of(entries: Mapping[str, Entry], sizes: Sizes) -> dict[str, list[LayerSummary]]:
    """Return the layers of each entry by its label.

    Args:
        entries: The entries by their labels.
        sizes: Vocabulary, length and number of classes.

    Returns:
        The layers; entries that cannot work are left out, with a message.
    """
    found = {}
    for label, entry in entries.items():
        try:
            layers = entry.definition.layers(sizes.vocabulary_size, sizes.num_classes, **entry.hyperparameters)
            found[label] = summarize(layers, (sizes.length,))
        except ShapeError as error:
            _explain(label, entry, sizes, str(error))
    return found


def _explain(label: str, entry: Entry, sizes: Sizes, message: str) -> None:
    text = str(entry.hyperparameters.get("stack", ""))
    if text and (problem := diagnose(parse_stack(text), sizes.length)):
        message = problem.message
    st.error(f"**{escape_markdown(label)}** is left out. {escape_markdown(message)}", icon=":material/build:")
    if text:
        pages.link("compose", "Fix it in Compose", {"stack": text, "length": str(sizes.length)})


def flow(stacks: layers_frames.Stacks, colours: Mapping[str, str]) -> None:
    """Draw the architectures side by side, ``MOST`` in a row, also as a table."""
    frame, labels = layers_frames.flow_frame(stacks), tuple(stacks)
    where = "all of a row" if len(labels) > MOST else "all"
    plot = plots.Plot(
        "Layers",
        "Boxes: the layers of each architecture from the input to the answer, with the shape between them. "
        "The table below says the same.",
        layers_charts.flow,
        (frame, labels, colours),
        frame,
        f"≠ and a thick frame: layer, shape or parameters are not the same in {where}." if len(labels) > 1 else "",
    )
    for start in range(0, len(labels), MOST):
        beside = labels[start : start + MOST]
        there = layers_frames.flow_frame({label: stacks[label] for label in beside})
        for label, place in zip(beside, st.columns(len(beside)), strict=True):
            with place:
                st.markdown(escape_markdown(formatting.parameters(stacks[label])), text_alignment="center")
                plots.draw(replace(plot, description=f"{label}. {plot.description}", values=(there, (label,), colours)))
    st.caption(" ".join(filter(None, (plot.caption, "Shapes leave out the batch: (steps, features) or (features,)."))))
    plots.offer(plot)
    st.dataframe(layers_frames.side_by_side(frame), hide_index=True)


def bars(stacks: layers_frames.Stacks, colours: Mapping[str, str]) -> None:
    """Draw the parameters of each layer."""
    st.subheader("Parameters by layer")
    frame = layers_frames.flow_frame(stacks)
    if st.toggle(
        "Leave out the embedding", key="layers_rest", bind="query-params",
        help="The embedding often has most of the parameters. Without it the other bars are longer.",
    ):  # fmt: skip
        frame = frame[frame["kind"] != "Embedding"]
    plots.show(
        plots.Plot(
            "Parameters by layer",
            "Bars: parameters of each layer, the architectures below each other",
            layers_charts.parameter_bars,
            (frame, {label: colours[label] for label in stacks}),
            frame,
            "Layers that stand in the same row, in the order of the legend",
        )
    )


def details(stacks: layers_frames.Stacks, entries: Mapping[str, Entry], length: int) -> None:
    """Show formulas, weights, summary and code of one architecture.

    Args:
        stacks: The layers by label.
        entries: The entries by label.
        length: The number of tokens of a text.
    """
    st.subheader("Weights, summary and code")
    names = {_stable_name(entries[label]): label for label in stacks}
    name = st.selectbox("Architecture", list(names), key="layers_of", bind="query-params", width=420)
    summaries = stacks[names[name]]
    layers, entry = [each.layer for each in summaries], entries[names[name]]
    table = tables.layers_table(frames.layers_frame({"": summaries})).drop(columns="Weights")
    numbers = [calculation(each.layer, each.input_shape) for each in summaries]
    table.insert(list(table).index("Formula") + 1, "With numbers", numbers)
    st.markdown(f"**Layers**: {formatting.parameters(summaries)}")
    st.dataframe(table, hide_index=True, column_config=tables.layers_columns())
    st.caption(tables.formula_letters(table["Formula"]))
    st.markdown("**Weights**: W is multiplied by the input, U by the state of the step before, and b is added.")
    st.dataframe(layers_frames.weights_table(summaries), hide_index=True, column_config=tables.layers_columns())
    st.markdown("**Summary**, as `model.summary()` prints it in Keras")
    st.code(summary_text(layers, length), language=None)
    if any(isinstance(each, Masking) or getattr(each, "mask_zero", False) for each in layers):
        st.caption("Where layers meet again, Keras also lists the computations of masks, which have no parameters.")
    st.markdown("**Keras code**")
    st.code(model_code(layers, length, title_of(entry.vectors) if entry.vectors else None), language="python")
    if entry.architecture == COMPOSED:
        pages.link("compose", "Edit in Compose", {"stack": str(entry.hyperparameters["stack"])})


def _stable_name(entry: Entry) -> str:
    """A name that does not change with hyperparameters or layers: "LSTM", "LSTM, variant 2"."""
    if entry.label.startswith(f"{TITLE}: "):  # a stack with a name
        return entry.label
    title = entry.definition.title
    return title if entry.variant == 1 else f"{title}, variant {entry.variant}"
