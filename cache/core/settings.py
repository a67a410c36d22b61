"""All environment variables of Unroll, in one table. Each is read when it is needed."""

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

PREFIX = "UNROLL_"
YES, NO = ("1", "yes", "on", "true"), ("", "0", "no", "off", "false")


class BadLimit(ValueError):
    """The value of a limit is not an integer above 0."""


@dataclass(frozen=True)
class Setting:
    """A setting. ``meaning`` says what it sets, and ``usual`` what holds by default; both are for readers."""

    variable: str
    usual: str
    meaning: str

    def __str__(self) -> str:
        return self.variable

    @property
    def text(self) -> str:
        return os.environ.get(self.variable, "").strip()

    @property
    def is_yes(self) -> bool:
        """For settings that allow more: any value but a clear yes means no."""
        return self.text.lower() in YES

    @property
    def is_no(self) -> bool:
        """For settings that allow less: any value but a clear no means yes."""
        return self.text.lower() in NO


@dataclass(frozen=True)
class Limit(Setting):
    """An integer above 0."""

    default: int = 0

    @property
    def value(self) -> int:
        """Raises BadLimit."""
        digits = self.text.replace("_", "").replace(",", "")
        if not digits:
            return self.default
        if not (digits.isascii() and digits.isdecimal() and int(digits) > 0):
            raise BadLimit(f"{self} is {self.text[:40]!r}: set it to a whole number above 0, or leave it out.")
        return int(digits)


def _limit(variable: str, default: int, what: str) -> Limit:
    return Limit(variable, f"{default:,}", f"the largest number of {what}", default)


CACHE = Setting("UNROLL_CACHE", "`cache/data` in the project", "the folder of the run cache")
REFERENCE = Setting(
    "UNROLL_REFERENCE", "`cache/reference`", "the folder of the runs that a new cache contains; empty: none"
)
LOCKS = Setting("UNROLL_LOCKS", "`/tmp`", "the folder of the locks that trainings hold on devices")
RAY_ADDRESS = Setting(
    "UNROLL_RAY_ADDRESS", "this machine trains", "the address of a Ray cluster that trains, as host:port"
)
LOG_LEVEL = Setting("UNROLL_LOG_LEVEL", "INFO", "the lowest level that is logged")
READ_ONLY = Setting("UNROLL_READ_ONLY", "no", "everything can be viewed; nothing can be trained or changed")
OPEN = Setting("UNROLL_OPEN", "no", "confirms that everybody who can reach the server may train and delete")
ALLOW = Setting(
    "UNROLL_ALLOW", "nobody", "users who may train and delete after signing in: addresses, separated by commas"
)
PUBLIC = Setting("UNROLL_PUBLIC", "no", "visitors may look without signing in")
TRUST_EMAIL = Setting(
    "UNROLL_TRUST_EMAIL", "no", "accepts addresses if the provider does not say whether they are verified"
)
QUEUE = _limit("UNROLL_MAX_QUEUE", 500, "waiting runs")
UPLOAD = _limit("UNROLL_MAX_UPLOAD_MB", 50, "megabytes of an uploaded file")
EPOCHS = _limit("UNROLL_MAX_EPOCHS", 200, "epochs of a run")
PARAMETERS = _limit("UNROLL_MAX_PARAMETERS", 200_000_000, "parameters of a model")
LIMITS = (QUEUE, UPLOAD, EPOCHS, PARAMETERS)
SETTINGS = (CACHE, REFERENCE, LOCKS, RAY_ADDRESS, LOG_LEVEL, READ_ONLY, OPEN, ALLOW, PUBLIC, TRUST_EMAIL, *LIMITS)


def setting_problems() -> list[str]:
    """Return a sentence for each variable of ours that sets nothing or has a value that cannot be used."""
    return [*misspelt(), *_wrong_values()]


def _wrong_values() -> Iterator[str]:
    levels = logging.getLevelNamesMapping()
    if LOG_LEVEL.text and LOG_LEVEL.text.upper() not in levels:
        yield f"{LOG_LEVEL} is {LOG_LEVEL.text[:40]!r}: set it to DEBUG, INFO, WARNING, ERROR or CRITICAL."
    if REFERENCE.text and not Path(REFERENCE.text).expanduser().is_dir():
        yield f"{REFERENCE} names no folder: name one, or leave it empty."  # visitors need not know the path
    for setting in (READ_ONLY, OPEN, PUBLIC, TRUST_EMAIL):
        if not (setting.is_yes or setting.is_no):
            yield f"{setting} is {setting.text[:40]!r}: set it to 1 or 0."
    for limit in LIMITS:
        try:
            _ = limit.value
        except BadLimit as error:
            yield str(error)


def misspelt(environment: Iterable[str] | None = None) -> list[str]:
    """Return a sentence for each variable that begins like ours and sets nothing."""
    known = {setting.variable for setting in SETTINGS}
    found = []
    for name in sorted(os.environ if environment is None else environment):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, 1)
            found.append(f"{name} sets nothing." + (f" Is {near[0]} meant?" if near else ""))
    return found
