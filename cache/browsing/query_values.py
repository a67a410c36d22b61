"""Typed text as the value of a field: a number, a day or a name."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cache.browsing.query_fields import COLUMNS, FIGURES, FLAGS, METRICS, BadQuery
from cache.browsing.query_terms import TEXTS, Interval
from cache.core.folding import fold
from cache.store.runs import STATES
from models.architectures import ARCHITECTURES
from models.data.datasets import known_datasets, memory_titles
from models.data.memory_tests import is_memory
from models.data.user_datasets import OWN
from models.experiments.spec import BACKENDS, LOOPS, OPTIMIZERS
from models.hyperparameters import Categorical, Domain, FloatRange, IntRange, NamedValue
from models.text.encoding import SIDES, VERSIONS
from models.training.metrics import SHARES

WORDS: Mapping[str, Iterable[str]] = {
    "state": STATES,
    "padding": SIDES,
    "truncating": SIDES,
    "tokenizer": VERSIONS,
    "optimizer": OPTIMIZERS,
    "engine": BACKENDS,
    "loop": LOOPS,
}
"""Fields whose value is one of a few words."""
LARGE = ("parameters", "trainable_parameters", "vocabulary_size", "train_examples")
"""Integers that are written with commas between thousands. There "10,000" is one number, elsewhere two."""
THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+")
ZERO_AFTER_COMMA = re.compile(r"[1-9]\d{0,2}(,\d{3})*,0\d\d(,\d{3})*")
OFFSET = re.compile(r" UTC([+-]\d\d:\d\d)?$")
DECIMAL_COMMA = re.compile(r"-?\d+,\d+%?")


def split(field: str, operator: str, text: str) -> list[str]:
    """Split ``text`` at commas into alternatives, unless the comma belongs to a number or a title.

    Raises BadQuery for a number with a decimal comma among alternatives.
    """
    if operator not in ("=", "!="):
        return [text]
    if field in ("architecture", "dataset") and fold(text) in {fold(title) for title in titles(field).values()}:
        return [text]
    if (field in LARGE and THOUSANDS.fullmatch(text)) or (is_number(field) and ZERO_AFTER_COMMA.fullmatch(text)):
        return [text]
    if has_fractions(field) and DECIMAL_COMMA.fullmatch(text):
        raise BadQuery(
            f"“{field}{operator}{text}” can be one number or two: write {text.replace(',', '.')} for one, "
            f"“{field}=… or {field}=…” for two."
        )
    return [each.strip() for each in text.split(",")]


def read(field: str, operator: str, text: str) -> list[Any]:
    """Return the values that ``text`` means, several if a name matches several. Raises BadQuery."""
    if field in FLAGS:
        if fold(text) not in ("yes", "no"):
            raise BadQuery(f"“{field}” is yes or no, not “{text}”.")
        return [int(fold(text) == "yes")]
    if fold(text) == "none" or (field == "train_examples" and fold(text) == "all"):
        return [None]
    if field == "created":
        return [_day(field, text)]
    if is_number(field):
        number, half = _number(field, text)
        is_rounded = field in FIGURES and operator in ("=", "!=")
        return [Interval(number - half, number + half) if is_rounded else number]
    if operator not in ("=", "!="):
        raise BadQuery(f"“{field}{operator}{text}”: {operator} needs a number; for “{field}”, use = or !=.")
    if field in ("architecture", "dataset"):
        return _names(field, text)
    words = [word for word in _words(field) if fold(word) == fold(text)]
    if _words(field) and not words:
        raise BadQuery(f"“{field}” is one of {', '.join(_words(field))}, not “{text}”.")
    by_title = {fold(title): name for each in _domains(field) if isinstance(each, NamedValue)
                for name, title in each.titles().items()}  # fmt: skip
    return words[:1] or [by_title.get(fold(text), text)]


def is_number(field: str) -> bool:
    if field in COLUMNS:
        return field not in (*TEXTS, "state", "created")
    if field in METRICS:
        return True
    known = _domains(field)
    if known:
        return any(isinstance(each, IntRange | FloatRange) for each in known)
    return field in ("train_examples", "seed", "vocabulary_size", "length", "learning_rate", "batch_size")


def has_fractions(field: str) -> bool:
    return field in (*FIGURES, "learning_rate") or any(isinstance(each, FloatRange) for each in _domains(field))


def titles(field: str) -> dict[str, str]:
    """Return the title of every architecture or dataset, by its name."""
    known = ARCHITECTURES if field == "architecture" else known_datasets()
    return {name: each.title for name, each in known.items()}


def _names(field: str, text: str) -> list[str]:
    """The names with this name or title; else all whose title contains ``text``. Raises BadQuery if there are none."""
    wanted, is_dataset = fold(text), field == "dataset"
    if is_dataset and (is_memory(wanted) or wanted.startswith(OWN)):
        return [wanted]
    known = titles(field) | (memory_titles() if is_dataset else {})
    exact = [name for name, title in known.items() if wanted in (fold(name), fold(title))]
    found = exact or [name for name, title in known.items() if wanted in fold(name) or wanted in fold(title)]
    if not found:
        raise BadQuery(f"There is no {field} “{text}”; there are: {'; '.join(titles(field).values())}.")
    return found


def _domains(field: str) -> list[Domain]:
    return [entry.hyperparameters[field].domain for entry in ARCHITECTURES.values() if field in entry.hyperparameters]


def _words(field: str) -> list[str]:
    options = (option for each in _domains(field) if isinstance(each, Categorical) for option in each.options)
    return list(dict.fromkeys(WORDS.get(field) or options))


def _number(field: str, text: str) -> tuple[float, float]:
    """(the number, half a unit of its last digit). An accuracy is a share, whether 0.84, 84% or 84 was typed."""
    is_share = field in SHARES
    pointed = _pointed(field, text)
    try:
        number = float(pointed.removesuffix("%" if is_share else "").replace("_", ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadQuery(f"“{field}” needs a number such as {'84%' if is_share else _example(field)}, not “{text}”.")
    decimals = len(pointed.removesuffix("%").partition(".")[2])
    if is_share and (text.endswith("%") or number > 1):
        return number / 100, 0.5 * 10 ** -(decimals + 2)
    return number, 0.5 * 10 ** -max(decimals, 2 if is_share else 0)


def _pointed(field: str, text: str) -> str:
    """The number with a decimal point instead of a comma (0,8) and without commas between thousands (1,000)."""
    text = text.replace("−", "-")
    if THOUSANDS.fullmatch(text) and (field == "seconds_per_epoch" or not has_fractions(field)):
        return text.replace(",", "")
    return text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text


def _example(field: str) -> str:
    return "0.001" if has_fractions(field) else "32"


def _day(field: str, text: str) -> Interval:
    """The day, or the minute or second of a day, in this machine's time zone."""
    try:
        start = datetime.fromisoformat(OFFSET.sub(r"\1", text))
    except ValueError:
        raise BadQuery(f"“{field}” is a date such as 2026-11-21, not “{text}”.") from None
    exact = (timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1))[min(2, text[:19].count(":"))]
    return Interval(start.timestamp(), (start + exact).timestamp())
