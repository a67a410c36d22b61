"""A composed stack: its layers, parameters, code and name."""

from collections.abc import Sequence

import streamlit as st

from cache.core import formatting
from cache.store.store import RunStore
from dashboard.charts import frames, plots, tables
from dashboard.charts.colours import label_colours
from dashboard.compose import compose_state
from dashboard.compose.compose_state import Typed
from dashboard.costs import cost_charts
from dashboard.shell import links, pages, session
from dashboard.shell.actions import show_outcome
from dashboard.shell.defaults import DEFAULTS
from dashboard.shell.markdown import escape_markdown
from models.architectures import get_architecture
from models.experiments.comparison import COMPOSED, Comparison, Entry
from models.layers.keras_code import layer_code, model_code
from models.layers.stack import LayerSummary, summarize
from models.machine.devices import Device
from models.stacks.diagnosis import Fix, Problem, layer_name, mask_ends_at, shapes
from models.stacks.named_stacks import MAX_NAMED, NamedStack, broken_stacks, named_stacks
from models.stacks.stack_text import Stack, write_stack
from models.tasks import CLASSIFICATION, TITLES
from models.vectors.word_vectors import title_of


def bar() -> None:
    """Draw the menu of stacks to start from, and the buttons Undo and Redo."""
    past = compose_state.history()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.menu_button(
            "Start from", list(compose_state.starting_points()), icon=":material/layers:", key="start_from",
            on_click=compose_state.start_from, args=("start_from",), format_func=escape_markdown,
        )  # fmt: skip
        st.button("Undo", icon=":material/undo:", key="undo_stack", on_click=compose_state.undo, disabled=not past.past)
        st.button(
            "Redo", icon=":material/redo:", key="redo_stack", on_click=compose_state.redo, disabled=not past.undone
        )


def notices() -> None:
    """Show the result of the latest click, and files that contain no valid stack."""
    show_outcome()
    for sentence in broken_stacks():
        st.warning(escape_markdown(sentence), icon=":material/broken_image:")


def typed(found: Typed) -> None:
    """Show the mistake in the typed text, or what happened to its last layer."""
    if found.mistake:
        message = f"{escape_markdown(found.mistake)} Below is the last stack that could be read."
        st.error(message, icon=":material/error:")
        fix_buttons(found.fixes, "ending")
    elif found.note:
        st.caption(escape_markdown(found.note))


def explain(problem: Problem | None) -> None:
    """Show why the stack cannot work, with a button for each fix."""
    if problem is None:
        return
    st.error(escape_markdown(problem.message), icon=":material/build:")
    fix_buttons(problem.fixes, "fix")


def mask_note(stack: Stack, length: int) -> None:
    """Show where a mask of the embedding ends before a layer has used it."""
    if (place := mask_ends_at(stack, length)) is not None:
        name = escape_markdown(layer_name(stack, place))
        st.caption(
            f":material/info: The padding is masked up to {name}, which takes no mask, as in Keras, and reads it."
        )


def fix_buttons(fixes: Sequence[Fix], key: str) -> None:
    """A button for each fix."""
    with st.container(horizontal=True):
        for number, fix in enumerate(fixes):
            st.button(
                fix.message, icon=":material/auto_fix_high:", key=f"{key} {number}", on_click=compose_state.change,
                args=(fix.stack,),
            )  # fmt: skip


def summary(stack: Stack, comparison: Comparison, problem: Problem | None, device: Device) -> None:
    """Show layers and parameters of the part that works, and the code if the whole stack works.

    Args:
        stack: The stack.
        comparison: A comparison with the stack as its only entry.
        problem: Why the stack cannot work; None if it does.
        device: The device whose memory counts.
    """
    vocabulary, length = comparison.encoding.vocabulary_size, comparison.encoding.length
    if problem:
        # The embedding and those before the problem; that the steps are left is a problem behind the last layer.
        layers = stack.with_embedding(vocabulary)[: len(shapes(stack, length))]
    else:
        layers = get_architecture(COMPOSED).layers(vocabulary, comparison.dataset.num_classes, stack=write_stack(stack))
    summaries = summarize(layers, (length,))
    counts = formatting.parameters(summaries)
    if problem:
        st.markdown(f"**{counts}** up to the layer that does not work")
    else:
        st.markdown(f"**{counts}** over {length:,} tokens and a vocabulary of {vocabulary:,}")
        if too_large := session.memory_problem(comparison, comparison.entries[0], device):
            st.error(escape_markdown(too_large), icon=":material/memory:")
        else:
            session.memory_note(comparison, comparison.entries[0], device)
    table = frames.layers_frame({"": summaries})
    columns = tables.layers_columns() | {"Layer": st.column_config.TextColumn(width=190)}
    st.dataframe(tables.layers_table(table), hide_index=True, column_config=columns)
    st.caption(tables.formula_letters(table["formula"]))
    _bars(summaries, comparison.entries[0])
    if not problem:
        with st.popover("Keras code", icon=":material/code:"):
            named = title_of(stack.vectors) if stack.vectors else None
            st.code(model_code(layers, length, named), language="python")
        query = links.layers_query(comparison) | {"composed.stack": write_stack(stack)}
        pages.link("layers", "See the layers", query)


def _bars(summaries: list[LayerSummary], entry: Entry) -> None:
    """One bar a layer, all in the stack's own colour."""
    names = [f"{number} {layer_code(each.layer).split('(')[0]}" for number, each in enumerate(summaries, start=1)]
    frame = frames.layers_frame({name: [each] for name, each in zip(names, summaries, strict=True)})
    (colour,) = label_colours([entry]).values()
    values = (frame, dict.fromkeys(names, colour))
    description = "Bars: parameters of each layer"
    plots.show(plots.Plot("Parameters by layer", description, cost_charts.parameter_bars, values, frame, entry.label))


def naming(store: RunStore, stack: Stack, problem: Problem | None) -> None:
    """Ask for a name under which the stack can be compared. It can be compared without a name, too."""
    text = write_stack(stack)
    known = next((each for each in named_stacks() if each.text == text), None)
    if known:
        st.markdown(f"Saved as **{escape_markdown(known.name)}**.")
    elif store.read_only:
        st.caption("This cache is read-only, so stacks cannot be saved. You can compare this one without a name.")
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Name", key="stack_name", placeholder="for example: two GRUs", width=240)
            st.button(
                "Add to the comparison", type=session.primary_button_type(), icon=":material/add:", key="save_stack",
                on_click=compose_state.save, args=(store, "stack_name", text), disabled=problem is not None,
                help="Fix the stack first." if problem else f"The stack is saved; up to {MAX_NAMED} are kept.",
            )  # fmt: skip
    show_outcome(compose_state.SAVING)
    if not problem:
        models = {"models": [*_line_up(), known.title]} if known else {"models": "Composed", "composed.stack": text}
        shared = {key: st.query_params[key] for key in links.DATA_KEYS if key in st.query_params}
        query = shared | {"task": TITLES[CLASSIFICATION]} | compose_state.training_query() | models
        pages.link("compare", "Compare it with others" if known else "Train it without a name", query)


def _line_up() -> list[str]:
    return [entry.definition.title for entry in DEFAULTS[CLASSIFICATION].entries]


def saved(store: RunStore) -> None:
    """List the saved stacks."""
    st.subheader("Your stacks")
    if not named_stacks():
        st.caption("None yet. A stack that you name appears here and among the architectures on Compare.")
    for each in named_stacks():
        _saved(store, each)


def _saved(store: RunStore, each: NamedStack) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escape_markdown(each.name)}**", width="content")
        st.button(
            "Open", icon=":material/edit:", key=f"open {each.name}", on_click=compose_state.open_text, args=(each.text,)
        )
        st.button(
            "Delete", icon=":material/delete:", key=f"delete {each.name}", on_click=compose_state.delete,
            args=(store, each.name, each.text), disabled=store.read_only, help=session.reason(store),
        )  # fmt: skip
    st.caption(escape_markdown(each.text))
