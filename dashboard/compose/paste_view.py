"""A Keras model that is pasted or opened from a file: what was read, and the buttons that use it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.compose import compose_state, compose_view, count_view
from dashboard.compose.compose_state import apply_settings
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown
from models.hyperparameters import FloatRange, IntRange, NamedValue
from models.layers import Layer
from models.layers.arguments import Option
from models.pasting.layer_arguments import Question
from models.pasting.pasted import Pasted, ending, read_models
from models.pasting.source_text import notebook_source
from models.pasting.summary_table import first_difference, is_summary, summary_rows
from models.pasting.training_calls import Settings, in_words
from models.regularizers import Penalty
from models.stacks.stack_text import StackError, write_stack
from models.vectors.word_vectors import RANDOM, RANDOM_TITLE

ANSWERS = "pasted_answers"
FIELD, KEPT = "pasted_code", "latest pasted code"
EXAMPLE = """model = keras.Sequential([
    layers.Embedding(10000, 16),
    layers.LSTM(32),
    layers.Dense(1, activation="sigmoid"),
])"""


def panel(num_classes: int, layers: Sequence[Layer], length: int) -> None:
    """The field, the file and what is read of them.

    Args:
        num_classes: The number of classes of the dataset.
        layers: Those of the stack on the page with its answer, for a summary to be compared with; empty if it does not
            work.
        length: The number of tokens of a text.
    """
    with st.expander(
        "Paste a Keras model", icon=":material/content_paste:", key="paste_open", bind="query-params"
    ) as expander:
        if not expander.open:
            return
        # Streamlit forgets a field that another page does not draw.
        st.session_state.setdefault(FIELD, st.session_state.get(KEPT, ""))
        text = st.text_area(
            "Code", key=FIELD, height=220, placeholder=EXAMPLE,
            help="Sequential([…]), model.add(…), layers that are called one after the other, or what model.summary() "
            "prints. The code is read, never run. Ctrl+Enter reads it.",
        )  # fmt: skip
        st.session_state[KEPT] = text
        file = st.file_uploader("Or a script or notebook", ["py", "ipynb"], key="pasted_file")
        try:
            text = notebook_source(file.getvalue()) if file else text
            if not text.strip():
                st.caption("Paste a cell of a notebook or a whole script: each model in it is found.")
                return
            asked = read_models(text)
            answers = st.session_state.setdefault(ANSWERS, {})
            models = read_models(text, answers) if answers else asked
        except (StackError, ValueError) as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return
        if is_summary(text) and layers:
            difference = first_difference(summary_rows(text), layers, length)
            equal = "The summary and the stack on this page have the same layers, shapes and parameters."
            st.info(escape_markdown(difference or equal), icon=":material/compare_arrows:")
        chosen = _choose(models)
        _show(models[chosen], asked[chosen].questions, num_classes)


def _choose(models: Sequence[Pasted]) -> int:
    if len(models) == 1:
        return 0
    titles = [f"{each.name or 'model'}, line {each.line}: {_outline(each)}" for each in models]
    chosen = st.selectbox(
        f"The text has {len(models)} models", range(len(models)), index=len(models) - 1, key="pasted_model",
        format_func=lambda number: titles[number] if number < len(titles) else "",
    )  # fmt: skip
    return min(int(chosen), len(models) - 1)


def _outline(pasted: Pasted) -> str:
    return write_stack(pasted.stack) if pasted.stack else pasted.problem or "some values are missing"


def _show(pasted: Pasted, asked: Sequence[Question], num_classes: int) -> None:
    """Show what was read. ``asked`` are all values that the text does not contain, including answered ones."""
    if pasted.problem:
        st.error(escape_markdown(pasted.problem), icon=":material/error:")
        count_view.count(pasted)
        return
    _ask(asked)
    if pasted.differences:
        sentences = "\n".join(f"- {escape_markdown(each)}" for each in pasted.differences)
        st.warning(f"This cannot be taken over:\n{sentences}", icon=":material/difference:")
    if pasted.passed_over:
        st.caption(f"Passed over: {escape_markdown(', '.join(pasted.passed_over))}.")
    if pasted.stack is None:
        return
    st.code(write_stack(pasted.stack), language="python", wrap_lines=True)
    end = ending(pasted, num_classes)
    if end:
        st.markdown(escape_markdown(end.sentence))
    takes = end.fixes if end and end.stack is None else ()
    compose_view.fix_buttons(takes, "take")
    if not takes:
        st.button(
            "Take it without them" if pasted.differences else "Take this model", icon=":material/check:",
            key="take_pasted", type=session.primary_button_type(), on_click=compose_state.change,
            args=(end.stack if end and end.stack else pasted.stack,),
        )  # fmt: skip
    _settings(pasted.settings)
    count_view.count(pasted)


def _ask(asked: Sequence[Question]) -> None:
    """A field for each value that the text does not contain."""
    if not asked:
        return
    st.markdown("Your code does not give these values:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for each in asked:
            key, label = f"ask {each.code}", f"{each.code} ({each.where}, {each.argument})"
            rest: dict[str, Any] = {"key": key, "width": 260, "on_change": _keep_answer, "args": (each.code, key)}
            if isinstance(each.domain, Option):
                options = [str(option) for option in each.domain.options]
                st.selectbox(escape_markdown(label), options, index=None, **rest)
            elif isinstance(each.domain, IntRange):
                st.number_input(
                    escape_markdown(label), each.domain.minimum, each.domain.maximum, value=None, step=1, **rest
                )
            elif isinstance(each.domain, NamedValue):
                titles = {RANDOM: RANDOM_TITLE, **each.domain.titles()}
                st.selectbox(escape_markdown(label), list(titles), index=None, format_func=titles.__getitem__, **rest)
            elif isinstance(each.domain, Penalty):
                suggestions = each.domain.suggestions
                st.selectbox(escape_markdown(label), suggestions, index=None, accept_new_options=True, **rest)
            elif isinstance(each.domain, FloatRange):
                st.number_input(
                    escape_markdown(label), each.domain.minimum, each.domain.maximum, value=None, step=0.05, **rest
                )


def _keep_answer(code: str, key: str) -> None:
    value = st.session_state[key]
    words: dict[Any, Any] = {"True": True, "False": False, "None": None}
    others = {each: answer for each, answer in st.session_state[ANSWERS].items() if each != code}
    st.session_state[ANSWERS] = others if value is None else others | {code: words.get(value, value)}


def _settings(settings: Settings) -> None:
    """A button that uses the settings of texts and training."""
    possible, refused = compose_state.settings_that_fit(settings)
    if refused:
        st.caption(f"Not possible here: {', '.join(refused)}.")
    if words := in_words(possible):
        if possible == compose_state.current_settings(possible):
            st.caption(f"Set as in the text: {', '.join(words)}.")
            return
        st.button(
            f"Set {', '.join(words)}", icon=":material/tune:", key="take_settings", on_click=apply_settings,
            args=(possible,),
            help="As the pasted text says. Vocabulary and tokens are set at the left; the rest goes to Compare with "
            "the model.",
        )  # fmt: skip
