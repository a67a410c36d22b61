"""What runs to list, as a person types it: ``lstm units>=32 state=finished baseline``.

A word without an operator has to occur in the run's name, note, tags, architecture, dataset, device or stack of layers.
A field is a column, or anything in the spec by its last name; several values separated by commas are alternatives.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from cache.database import marks
from cache.runs import STATES, Run
from models.architectures import ARCHITECTURES
from models.memory_texts import PREFIX
from models.named_stacks import named_stacks

COLUMNS = {
    "run": "id",
    "name": "name",
    "note": "note",
    "state": "state",
    "device": "device",
    "epochs": "num_epochs",
    "parameters": "num_params",
    "trainable_parameters": "num_trainable",
    "best_epoch": "best_epoch",
    "validation_accuracy": "validation_accuracy",
    "test_accuracy": "test_accuracy",
    "seconds_per_epoch": "seconds_per_epoch",
    "created": "created_at",
}
SPEC_FIELDS = {
    "architecture": "architecture",
    "dataset": "dataset",
    "train_examples": "train_examples",
    "seed": "seed",
    "vocabulary_size": "encoding.vocabulary_size",
    "length": "encoding.length",
    "padding": "encoding.padding",
    "truncating": "encoding.truncating",
    "tokenizer": "encoding.tokenizer",
    "optimizer": "training.optimizer",
    "learning_rate": "training.learning_rate",
    "batch_size": "training.batch_size",
    "engine": "training.engine",
}
COMPUTED = {"trainable_parameters": "trainable_params(spec)"}
"""Columns that the table does not have."""
DATES = ("created",)
MEASURED = (
    "name",
    "note",
    "created",
    "best_epoch",
    "validation_accuracy",
    "test_accuracy",
    "seconds_per_epoch",
)
"""Fields with so many values that nobody would pick one of them."""
FLAGS = {
    "pinned": "pinned",
    "contended": "contended IS NOT NULL",
    "imported": "imported_at IS NOT NULL",
    "generated": f"COALESCE(IIF(json_valid(spec), json_extract(spec, '$.dataset'), '') GLOB '{PREFIX}[1-9]*', 0)",
}
TERM = re.compile(r"([A-Za-z_]+)(!=|>=|<=|=|>|<)(.*)", re.DOTALL)
BLANKS = re.compile(r"\s*(!=|>=|<=|=|>|<)\s*")


class BadQuery(ValueError):
    """A query that cannot be understood; the message says what can be written."""


@dataclass(frozen=True)
class Condition:
    """``operator`` is one of = != < <= > >=; with = and != the values are alternatives."""

    field: str
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Query:
    """Every word and every condition has to hold."""

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def where(self) -> tuple[str, list[Any]]:
        """(SQL over the table ``runs``, its values)."""
        parts, values = ["1"], []
        for word in self.words:
            like = f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
            titles = [entry.name for entry in ARCHITECTURES.values() if word.lower() in entry.title.lower()]
            stacks = [stack.text for stack in named_stacks() if word.lower() in stack.title.lower()]
            settings = [expression(field) for field in ("architecture", "dataset", "stack")]
            places = ["name", "note", "tags", "device", *settings]
            found = " OR ".join(f"{place} LIKE ? ESCAPE '!'" for place in places)
            named = f"{expression('stack')} IN ({marks(stacks)})"
            parts.append(f"({found} OR {expression('architecture')} IN ({marks(titles)}) OR {named})")
            values += [like] * len(places) + titles + stacks
        for condition in self.conditions:
            sql, more = _condition(condition)
            parts.append(sql)
            values += more
        return " AND ".join(parts), values


def fields() -> list[str]:
    """Names that a condition may use."""
    hyperparameters = {name for entry in ARCHITECTURES.values() for name in entry.hyperparameters}
    return [*COLUMNS, *FLAGS, "tag", *SPEC_FIELDS, *sorted(hyperparameters - set(SPEC_FIELDS))]


def expression(field: str) -> str:
    """The SQL of a field's value. Raises BadQuery for an unknown one."""
    if field in COLUMNS:
        return COMPUTED.get(field, COLUMNS[field])
    if field in FLAGS:
        return f"({FLAGS[field]})"
    if field not in fields() or field == "tag":
        near = get_close_matches(field, fields(), 1)
        there_are = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(fields())}."
        raise BadQuery(f"There is no field “{field}”; {there_are}")
    return _in_spec(SPEC_FIELDS.get(field, f"hyperparameters.{field}"))


def value_of(run: Run, field: str) -> Any:
    """A field's value as the list shows it; None if the run has no such thing or its spec cannot be read."""
    if field in COLUMNS:
        return getattr(run, COLUMNS[field])
    if field == "tag":
        return ", ".join(run.tags)
    if field in FLAGS:
        return {
            "pinned": run.pinned,
            "contended": run.contended is not None,
            "imported": run.imported_at is not None,
            "generated": run.is_generated,
        }[field]
    return run.settings.get(SPEC_FIELDS.get(field, f"hyperparameters.{field}"))


def parse(text: str) -> Query:
    """Raises BadQuery."""
    try:
        terms = shlex.split(BLANKS.sub(r"\1", text))
    except ValueError:
        raise BadQuery("A quotation mark is not closed.") from None
    words, conditions = [], []
    for term in terms:
        if match := TERM.fullmatch(term):
            field, operator, values = match.groups()
            conditions.append(condition(field.lower(), operator, _alternatives(field.lower(), operator, values)))
        else:
            words.append(term)
    return Query(tuple(words), tuple(conditions))


def condition(field: str, operator: str, values: Sequence[Any]) -> Condition:
    """A condition that is sure to work. Raises BadQuery."""
    if field != "tag":
        expression(field)
    if operator not in ("=", "!=") and (field in ("tag", *FLAGS) or len(values) > 1):
        raise BadQuery(f"“{field}{operator}{','.join(map(str, values))}”: only = and != can be used here.")
    if not all(value not in ("", None) for value in values):
        raise BadQuery(f"“{field}{operator}”: a value is missing.")
    known = tuple(_value(field, value) for value in values)
    if operator not in ("=", "!=") and not isinstance(known[0], int | float):
        raise BadQuery(f"“{field}{operator}{values[0]}”: {operator} needs a number.")
    return Condition(field, operator, known)


def _in_spec(path: str) -> str:
    """A damaged spec has no values, and must not take the list of all others along."""
    return f"IIF(json_valid(spec), json_extract(spec, '$.{path}'), NULL)"


def _alternatives(field: str, operator: str, text: str) -> list[str]:
    """A comma between alternatives, but not within a number or the title of an architecture."""
    titles = {entry.title.lower() for entry in ARCHITECTURES.values()}
    if operator not in ("=", "!="):
        return [text.replace(",", "")]
    return [text] if field == "architecture" and text.lower() in titles else text.split(",")


def _value(field: str, value: Any) -> Any:
    """Text as the number, share or flag that it spells; architectures by their titles, too."""
    if not isinstance(value, str):
        return value
    if field == "state" and value.lower() not in STATES:
        raise BadQuery(f"“state” is one of {', '.join(STATES)}, not “{value}”.")
    if field == "train_examples" and value.lower() == "all":
        return None
    if field.endswith("_accuracy"):
        return _share(field, value)
    if field in DATES:
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            raise BadQuery(f"“{field}” is a date such as 2026-11-21, not “{value}”.") from None
    if field in FLAGS:
        if value.lower() not in ("yes", "no"):
            raise BadQuery(f"“{field}” is yes or no, not “{value}”.")
        return int(value.lower() == "yes")
    if field == "architecture":
        return next((entry.name for entry in ARCHITECTURES.values() if entry.title.lower() == value.lower()), value)
    if value.lower() == "none":
        return None
    try:
        return float(value.replace("_", ""))
    except ValueError:
        return value


def _share(field: str, text: str) -> float:
    """0.84, 84% and 84 are the same accuracy."""
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        raise BadQuery(f"“{field}” is a number such as 84%, not “{text}”.") from None
    return number / 100 if text.endswith("%") or number > 1 else number


def _condition(condition: Condition) -> tuple[str, list[Any]]:
    values = list(condition.values)
    if condition.field == "tag":
        found = f"EXISTS (SELECT 1 FROM json_each(tags) WHERE value IN ({marks(values)}))"
        return (found if condition.operator == "=" else f"NOT {found}"), [str(value) for value in values]
    place = expression(condition.field)
    if condition.operator not in ("=", "!="):
        return f"{place} {condition.operator} ?", values
    known = [value for value in values if value is not None]
    found = f"({place} IN ({marks(known)})" + (f" OR {place} IS NULL)" if None in values else ")")
    return (found if condition.operator == "=" else f"NOT COALESCE({found}, 0)"), known
