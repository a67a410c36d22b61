"""Widgets for what is compared: architectures, hyperparameters and variants. Each is bound to the URL by its key."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.shell import links
from dashboard.shell.defaults import LINE_UPS
from dashboard.shell.markdown import escape_markdown
from models.architectures import ARCHITECTURES, Architecture, get_architecture
from models.experiments.comparison import COMPOSED, Comparison, Entry
from models.hyperparameters import Categorical, FloatRange, Hyperparameter, IntRange, NamedValue
from models.stacks.named_stacks import NamedStack, named_stacks
from models.stacks.stack_domain import StackText
from models.stacks.stack_text import StackError
from models.tasks import TITLES

MAX_VARIANTS = 4


def choose_architectures(
    task: str, default: Sequence[str] | None = None, key: str | None = None
) -> list[Architecture | NamedStack]:
    """Ask for the architectures of a task and return them, in the order of the registry.

    Args:
        task: "classification" or "next_word".
        default: Names of the first choice; the task's usual line-up if None.
        key: The URL key; the task's own if None.
    """
    models = _models(task)
    names = _pills(models, default or LINE_UPS[task], key or links.MODELS_KEYS[task])
    return [models[name] for name in models if name in names]


def choose_from_all(key: str, default: Sequence[str]) -> list[Architecture | NamedStack]:
    """Ask for architectures of any task.

    Args:
        key: The URL key.
        default: Names of the first choice.

    Returns:
        The architectures and named stacks, in the order in which they were chosen.
    """
    models = {name: each for task in TITLES for name, each in _models(task).items()}
    return [models[name] for name in _pills(models, default, key)]


def _pills(models: Mapping[str, Architecture | NamedStack], default: Sequence[str], key: str) -> list[str]:
    return st.pills(
        "Architectures",
        list(models),
        selection_mode="multi",
        default=list(default),
        format_func=lambda name: models[name].title,
        key=key,
        bind="query-params",
    )


def _models(task: str) -> dict[str, Architecture | NamedStack]:
    """The architectures of a task by name, and the named stacks by title."""
    stacks = named_stacks() if task == get_architecture(COMPOSED).task else []
    named = {name: architecture for name, architecture in ARCHITECTURES.items() if architecture.task == task}
    return named | {stack.title: stack for stack in stacks}


def default_entry(architecture: Architecture | NamedStack) -> Entry:
    """Return an entry with the defaults of its hyperparameters."""
    if isinstance(architecture, NamedStack):
        return Entry(COMPOSED, {"stack": architecture.text})
    return Entry(architecture.name, {name: each.default for name, each in architecture.hyperparameters.items()})


def choose_variants(architecture: Architecture | NamedStack, live: bool = False) -> list[Entry]:
    """Ask for hyperparameters and return an entry for each variant, one row each. A named stack has no fields.

    Args:
        architecture: The architecture or named stack.
        live: Whether the page follows a stack's text while it is typed.
    """
    if isinstance(architecture, NamedStack):
        return [default_entry(architecture)]
    entries: list[Entry] = []
    variant = 1
    while True:
        prefix = architecture.name if variant == 1 else f"{architecture.name}.{variant}"
        # A stack takes the whole line.
        places = st.columns(1) if architecture.name == COMPOSED else _fields(len(architecture.hyperparameters))
        values: dict[str, int | float | str] = {}
        implied: dict[str, Any] = {}
        is_whole = True
        for place, parameter in zip(places, architecture.hyperparameters.values(), strict=False):
            with place:
                name, key = parameter.name, f"{prefix}.{parameter.name}"
                value = _fixed(parameter, implied[name], key) if name in implied else _choose(parameter, key, live)
            if value is None:
                is_whole = False
                continue
            values[name] = value
            if isinstance(parameter.domain, NamedValue):
                implied |= parameter.domain.implies(str(value))
        if is_whole:
            entry = Entry(architecture.name, values, variant)
            if entry.label in {earlier.label for earlier in entries}:
                st.caption(f"Variant {variant} is equal to one above. Change a value to compare it.")
            entries.append(entry)
        if variant == MAX_VARIANTS or not st.checkbox(
            "Compare with another variant", key=f"{prefix}.and", bind="query-params"
        ):
            return entries
        variant += 1


def _fields(number: int) -> list[DeltaGenerator]:
    """Columns for so many fields side by side, in two rows if there are more than six."""
    if number <= 6:
        return st.columns(max(4, number), vertical_alignment="bottom")
    return [place for _ in range(2) for place in st.columns(-(-number // 2), vertical_alignment="bottom")]


def _fixed(parameter: Hyperparameter, value: int, key: str) -> int:
    """A field that shows the one value there is."""
    label = parameter.name.replace("_", " ").capitalize()
    st.number_input(label, value=value, disabled=True, key=f"{key} {value}", help="Set by the chosen vectors.")
    return value


def _choose(parameter: Hyperparameter, key: str, live: bool) -> int | float | str | None:
    """A field for a hyperparameter: a list, a text, or a number with steps of 1 or 0.05. None for an invalid input."""
    label, domain = parameter.name.replace("_", " ").capitalize(), parameter.domain
    if isinstance(domain, NamedValue):
        names = list(domain.titles())
        return st.selectbox(
            label, names, names.index(str(parameter.default)), format_func=domain.title, key=key, bind="query-params",
            help=domain.help,
        )  # fmt: skip
    if isinstance(domain, Categorical):
        default = domain.options.index(str(parameter.default))
        return st.selectbox(label, domain.options, default, key=key, bind="query-params", help=domain.help)
    if isinstance(domain, StackText):
        return _stack(domain, label, str(parameter.default), key, live)
    if isinstance(domain, FloatRange):
        rate = st.number_input(
            label, domain.minimum, domain.maximum, float(parameter.default), step=0.05, format="%.2f", key=key,
            bind="query-params", help=domain.help,
        )  # fmt: skip
        return round(rate, 2)  # as it is shown: more digits can be typed, and steps add up to 0.15000000000000002
    if isinstance(domain, IntRange):
        return st.number_input(
            label, domain.minimum, domain.maximum, int(parameter.default), step=1, key=key, bind="query-params",
            help=domain.help,
        )  # fmt: skip
    raise TypeError(f"There is no field for {domain}.")


def _stack(domain: StackText, label: str, default: str, key: str, live: bool) -> str | None:
    """The typed stack; None with a message if the text is not a stack."""
    text = st.text_input(label, default, key=key, bind="query-params", help=domain.help, live=live)
    try:
        return domain.check(label, text)
    except StackError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return None


def distinct(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries with different labels: a variant equal to an earlier one is left out."""
    return tuple({entry.label: entry for entry in reversed(list(entries))}.values())[::-1]


def make_comparison(shared: dict, entries: Iterable[Entry]) -> Comparison:
    """Return the comparison of these entries.

    Args:
        shared: The settings that all of them share, by the names of ``Comparison``.
        entries: The entries; a variant equal to an earlier one is left out.
    """
    return Comparison(**shared | {"entries": distinct(entries)})


def all_titles() -> list[str]:
    """List the titles that ``choose_from_all`` offers."""
    return [title for task in TITLES for title in titles(task)]


def titles(task: str) -> list[str]:
    """List the titles that ``choose_architectures`` offers for a task."""
    return [each.title for each in _models(task).values()]


def url_choices() -> dict[str, Sequence[str]]:
    """List the allowed values of each key in the URL."""
    models = {key: titles(task) for task, key in links.MODELS_KEYS.items()}
    return {**models, **links.hyperparameter_choices(MAX_VARIANTS)}


def url_ranges() -> dict[str, tuple[float, float]]:
    """Return the (minimum, maximum) of each number in the URL."""
    return links.hyperparameter_ranges(MAX_VARIANTS)
