import re
from pathlib import Path

import pytest

from cache.core.settings import OPEN, PREFIX, READ_ONLY, SETTINGS, misspelt

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("value", "allows"), [("1", True), ("Yes ", True), ("maybe", False), ("0", False), ("", False)]
)
def test_what_is_no_plain_yes_allows_nothing_more(monkeypatch, value, allows):
    monkeypatch.setenv(OPEN.variable, value)
    assert OPEN.is_yes == allows


@pytest.mark.parametrize(("value", "allows"), [("1", False), ("maybe", False), (" No", True), ("0", True), ("", True)])
def test_what_is_no_plain_no_allows_less(monkeypatch, value, allows):
    monkeypatch.setenv(READ_ONLY.variable, value)
    assert READ_ONLY.is_no == allows


def test_a_misspelt_variable_is_named_and_what_may_be_meant():
    known = [setting.variable for setting in SETTINGS]
    assert misspelt([*known, "PATH", "UNROLLED"]) == []
    assert misspelt(["UNROLL_READONLY"]) == ["UNROLL_READONLY sets nothing. Is UNROLL_READ_ONLY meant?"]
    assert misspelt(["UNROLL_ZZZZZZZZZZ"]) == ["UNROLL_ZZZZZZZZZZ sets nothing."]


def test_no_variable_is_named_anywhere_that_is_not_in_the_table():
    sources = [path for top in ("models", "cache", "dashboard", ".deploy") for path in (ROOT / top).rglob("*")]
    texts = [path.read_text() for path in sources if path.is_file() and path.suffix in (".py", ".md", ".service")]
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", " ".join(texts)))
    assert named == {setting.variable for setting in SETTINGS}
