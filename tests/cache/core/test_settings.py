import re
from pathlib import Path

import pytest

from cache.__main__ import main
from cache.core.settings import OPEN, PREFIX, READ_ONLY, SETTINGS, misspelt, setting_problems

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


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("LOG_LEVEL", "loud", "is 'loud': set it to DEBUG, INFO, WARNING, ERROR or CRITICAL."),
        ("LOG_LEVEL", "debug", ""),
        ("MAX_QUEUE", "abc", "is 'abc': set it to a whole number above 0, or leave it out."),
        ("MAX_QUEUE", "1,000", ""),
        ("REFERENCE", "/nonexistent", "names no folder: name one, or leave it empty."),
        ("REFERENCE", "", ""),
        ("OPEN", "maybe", "is 'maybe': set it to 1 or 0."),
        ("READ_ONLY", "on", ""),
    ],
)
def test_values_that_cannot_be_used_are_reported(monkeypatch, name, value, problem):
    before = setting_problems()
    monkeypatch.setenv(f"UNROLL_{name}", value)
    assert setting_problems() == [*before, *([f"UNROLL_{name} {problem}"] if problem else [])]


def test_commands_report_values_that_cannot_be_used(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("UNROLL_LOG_LEVEL", "loud")
    assert main(["--cache", str(tmp_path), "list"]) == 0
    assert "UNROLL_LOG_LEVEL is 'loud'" in capsys.readouterr().err
    assert main(["--cache", str(tmp_path / "new"), "restore-backup", str(tmp_path / "none.tar")]) == 1
    assert "UNROLL_LOG_LEVEL is 'loud'" in capsys.readouterr().err


def test_no_variable_is_named_anywhere_that_is_not_in_the_table():
    sources = [path for top in ("models", "cache", "dashboard", ".deploy") for path in (ROOT / top).rglob("*")]
    texts = [path.read_text() for path in sources if path.is_file() and path.suffix in (".py", ".md", ".service")]
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", " ".join(texts)))
    assert named == {setting.variable for setting in SETTINGS}
