"""Hyperparameters of architectures: integers, rates, words and names, each with its domain and a line of help."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Protocol

from models.as_int import as_int


class Domain(Protocol):
    """The allowed values of a hyperparameter. ``kind`` is their name in the plural: "whole numbers"."""

    help: str

    @property
    def kind(self) -> str: ...

    def check(self, name: str, value: object) -> Any:
        """Return a value in its standard form, so that equal values give equal specs.

        Args:
            name: The name of the value in the error message.
            value: A value from a form, a URL or a command.

        Raises:
            ValueError: It is not in the domain; the message says what is.
        """

    def parse(self, text: str) -> Any:
        """Convert typed text to a value, which is not checked yet. Raises ValueError if it is of another kind."""


@dataclass(frozen=True)
class IntRange:
    """Integers, both ends included."""

    minimum: int
    maximum: int
    help: str
    kind: ClassVar[str] = "whole numbers"

    def check(self, name: str, value: object) -> int:
        low, high = self.minimum, self.maximum
        with suppress(ValueError):
            if low <= as_int(value) <= high:
                return as_int(value)
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}.")

    def parse(self, text: str) -> int:
        return int(text.replace("_", ""))


@dataclass(frozen=True)
class IntOrNone(IntRange):
    """An integer, or None, Keras's default without one."""

    def check(self, name: str, value: object) -> Any:
        return None if value is None else super().check(name, value)


@dataclass(frozen=True)
class Sizes:
    """One or two integers; one of them may be −1, which is computed from the others."""

    help: str
    kind: ClassVar[str] = "sizes such as (10, 16)"

    def check(self, name: str, value: object) -> tuple[int, ...]:
        try:
            sizes = tuple(map(as_int, value if isinstance(value, tuple | list) else [value]))
        except ValueError:
            sizes = ()
        if len(sizes) in (1, 2) and all(size == -1 or 1 <= size <= 100_000 for size in sizes) and sizes.count(-1) < 2:
            return sizes
        raise ValueError(f"{name} must be one or two whole numbers, such as (10, 16), of which one may be -1.")

    def parse(self, text: str) -> tuple[int, ...]:
        parts = re.findall(r"[^\s,()\[\]]+", text)
        return tuple(int(part) if re.fullmatch(r"-?\d{1,6}", part) else 0 for part in parts)


@dataclass(frozen=True)
class FloatRange:
    """Numbers with ``digits`` after the point, both ends included; 0.1 + 0.2 counts as 0.3."""

    minimum: float
    maximum: float
    help: str
    digits: int = 2
    kind: ClassVar[str] = "numbers such as 0.25"

    def check(self, name: str, value: object) -> float:
        low, high = self.minimum, self.maximum
        if isinstance(value, Real) and not isinstance(value, bool) and not value < low - 1 and value < high + 1:
            near = round(float(value), self.digits)
            if low <= near <= high and abs(float(value) - near) <= 10.0 ** -(self.digits + 4):
                return abs(near)  # because −0.0 is another spelling of 0
        unit = " in hundredths" * (self.digits == 2)
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}{unit}, not {value!r}.")

    def parse(self, text: str) -> float:
        return float(text)


@dataclass(frozen=True)
class Categorical:
    """One of a few words."""

    options: tuple[str, ...]
    help: str

    @property
    def kind(self) -> str:
        return f"words among {', '.join(self.options)}"

    def check(self, name: str, value: object) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise ValueError(f"{name} must be one of {', '.join(self.options)}, not {value!r}.")
        return str(value)

    def parse(self, text: str) -> str:
        return self.check("", text.strip())


@dataclass(frozen=True)
class NamedValue:
    """A value by name, of a list that grows while the program runs.

    ``titles`` gives the titles of what can be chosen now, by name. A spec may contain any name of the ``pattern``, even
    if it is not known here, so that a run from elsewhere can be read; ``title`` is its title. ``implies`` gives the
    hyperparameters that have only one value with it.
    """

    pattern: str
    titles: Callable[[], Mapping[str, str]]
    title: Callable[[str], str]
    help: str
    implies: Callable[[str], Mapping[str, Any]] = lambda name: {}
    kind: ClassVar[str] = "names"

    def check(self, name: str, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            there_are = ", ".join(f"“{title}”" for title in self.titles().values())
            raise ValueError(f"{name} must be one of {there_are}, not {value!r}.")
        return str(value)

    def parse(self, text: str) -> str:
        """Accepts titles, too."""
        text = text.strip()
        by_title = {title.casefold(): name for name, title in self.titles().items()}
        return by_title.get(text.casefold(), text)

    def split(self, text: str) -> list[str]:
        """Split several names at commas; a comma within a title stays."""
        whole = {title.casefold() for title in self.titles().values()}
        return [text] if text.strip().casefold() in whole else text.split(",")


@dataclass(frozen=True)
class Hyperparameter:
    """One keyword argument of an architecture's function."""

    name: str
    default: int | float | str
    domain: Domain

    def check(self, value: object) -> Any:
        """Return ``value`` in its standard form. Raises ValueError."""
        return self.domain.check(self.name, value)

    def format_value(self, value: object) -> str:
        """Formats ``value`` for readers: "8,000"."""
        if isinstance(self.domain, NamedValue):
            return self.domain.title(str(value))
        return value if isinstance(value, str) else f"{value:,}"

    def named(self, value: object) -> str:
        """Name a value: "64 units" where the name says what is counted, else "kernel size 5"."""
        text, name = self.format_value(value), self.name.removeprefix("num_").replace("_", " ")
        if not isinstance(self.domain, IntRange) or not name.endswith("s") or name.startswith("first"):
            return f"{name} {text}"
        return f"{text} {name.removesuffix('s') if value == 1 else name}"
