"""The terms of a query as values, each with its SQL over the table ``runs``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cache.browsing.query_fields import FLAGS, BadQuery, check_field, expression
from cache.core.folding import fold
from cache.store.database import LISTED, listed

Sql = tuple[str, list[Any]]
"""(SQL, its values)"""
TEXTS = ("name", "note", "device")
"""Columns with text that people typed, or that may be missing."""
TAGS = "IIF(json_valid(tags), tags, '[]')"
ANNOTATION_TEXT = "CAST(name || char(10) || note || char(10) || COALESCE(device, '') AS BLOB)"


@dataclass(frozen=True)
class Interval:
    """From ``low`` to below ``high``: a day, or the values that round to a figure."""

    low: float
    high: float


@dataclass(frozen=True)
class Word:
    """A word that occurs in a run's name, note, tags, device, architecture, dataset or settings."""

    text: str

    def where(self) -> Sql:
        found = f"has_word(?, {ANNOTATION_TEXT}, CAST(tags AS BLOB), CAST(spec AS BLOB), epochs)"
        return found, [fold(self.text)]


@dataclass(frozen=True)
class Condition:
    """A comparison. ``operator`` is one of = != < <= > >=; with = and != the values are alternatives."""

    field: str
    operator: str
    values: tuple[Any, ...]

    def where(self) -> Sql:
        if self.operator in ("=", "!="):
            sql, values = self._is_one_of()
            return (sql if self.operator == "=" else f"NOT COALESCE({sql}, 0)"), values
        (value,), place = self.values, expression(self.field)
        if isinstance(value, Interval):
            value = value.low if self.operator in ("<", ">=") else value.high
            return f"{place} {self.operator[0]}{'=' * (self.operator[0] == '>')} ?", [value]
        return f"{place} {self.operator} ?", [value]

    def _is_one_of(self) -> Sql:
        """Compare text without regard to case."""
        exact = [value for value in self.values if value is not None and not isinstance(value, Interval)]
        known: list[Any] = [listed(fold(value) if isinstance(value, str) else value for value in exact)]
        if self.field == "tag":
            parts = [f"EXISTS (SELECT 1 FROM json_each({TAGS}) WHERE fold(value) IN {LISTED})"]  # noqa: S608
            parts += ["tags = '[]'"] * (None in self.values)
            return f"({' OR '.join(parts)})", known
        place = f"NULLIF({self.field}, '')" if self.field in TEXTS else expression(self.field)
        is_text = any(isinstance(value, str) for value in exact)
        parts = [f"{f'fold({place})' if is_text else place} IN {LISTED}"]
        if None in self.values:
            parts.append(f"{place} IS NULL")
        for value in (value for value in self.values if isinstance(value, Interval)):
            parts.append(f"({place} >= ? AND {place} < ?)")
            known += [value.low, value.high]
        return f"({' OR '.join(parts)})", known


@dataclass(frozen=True)
class Not:
    """The negation of a term. It also finds runs without such a value."""

    term: "Term"

    def where(self) -> Sql:
        sql, values = self.term.where()
        return f"NOT COALESCE({sql}, 0)", values


@dataclass(frozen=True)
class All:
    terms: tuple["Term", ...]

    def where(self) -> Sql:
        return _joined(self.terms, " AND ")


@dataclass(frozen=True)
class Either:
    terms: tuple["Term", ...]

    def where(self) -> Sql:
        return _joined(self.terms, " OR ")


Term = Word | Condition | Not | All | Either


@dataclass(frozen=True)
class Query:
    """A query. The ``typed`` term, if any, and all ``conditions`` must match."""

    conditions: tuple[Condition, ...] = ()
    typed: Term | None = None

    def where(self) -> Sql:
        terms = (*([self.typed] if self.typed else []), *self.conditions)
        return All(terms).where() if terms else ("1", [])

    def asks_for(self, field: str) -> bool:
        return field in {*_fields(self.typed), *(each.field for each in self.conditions)}


def condition(field: str, operator: str, values: Sequence[Any]) -> Condition:
    """Make a condition on values as they are stored. Raises BadQuery for an unknown field or comparison."""
    check_field(field)
    if operator not in ("=", "!=") and (field in ("tag", *FLAGS) or len(values) > 1):
        raise BadQuery(f"“{field}{operator}{','.join(map(str, values))}”: only = and != can be used here.")
    return Condition(field, operator, tuple(values))


def _joined(terms: Iterable[Term], operator: str) -> Sql:
    parts = [term.where() for term in terms]
    return f"({operator.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]


def _fields(term: Term | None) -> set[str]:
    if isinstance(term, Condition):
        return {term.field}
    if isinstance(term, Not):
        return _fields(term.term)
    return set().union(*map(_fields, term.terms)) if isinstance(term, All | Either) else set()
