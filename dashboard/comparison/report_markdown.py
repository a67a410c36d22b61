"""A report as Markdown: text and tables. Text that people typed is escaped."""

import re

import pandas as pd

from dashboard.charts.figures import FIGURE_SPACE
from dashboard.comparison.report import WHAT_THE_FIGURES_MEAN, Report

SPECIAL = re.compile(r"([\\`*_\[\]<>|~$#&])")


def markdown(report: Report) -> str:
    lines = [f"# {escaped(report.title)}", ""]
    if report.recommendation:
        lines += [f"**{escaped(report.recommendation)}**", ""]
    lines += [f"- {escaped(sentence)}" for sentence in report.settings]
    if report.link:
        lines += ["", f"[Open this view in Unroll]({report.link})"]
    boards = [line for reason, board in report.boards for line in (escaped(reason), "", _table(board), "")]
    lines += _section("Leaderboard", boards or ["No run has an epoch yet."])
    if report.verdict:
        lines += _section("Verdict", [f"- {escaped(sentence)}" for sentence in report.verdict])
    for section in report.sections:
        sentences = [f"- {escaped(sentence)}" for sentence in section.sentences]
        notes = [line for note in section.notes for line in ("", escaped(note))]
        lines += _section(section.title, [*sentences, *([""] if sentences else []), _table(section.table), *notes])
    parts = []
    for model in report.models:
        parts += [f"### {escaped(model.label)}", "", f"{model.parameters}.", "", _table(model.layers), ""]
        parts += ["```python", model.code.rstrip(), "```", ""]
    lines += _section("Parameters", parts)
    measured = [f"- {escaped(name)}: {escaped(value)}" for name, value in report.measured.items()]
    lines += _section("How it was measured", [*measured, *(f"- {sentence}" for sentence in WHAT_THE_FIGURES_MEAN)])
    return "\n".join([*lines, "", f"Made with Unroll, {report.made:%d %B %Y}.", ""])


def escaped(value: object) -> str:
    """The value on one line, with every character escaped that has a meaning in Markdown."""
    return SPECIAL.sub(r"\\\1", " ".join(str(value).replace(FIGURE_SPACE, " ").split()))


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _table(frame: pd.DataFrame) -> str:
    """Numbers to the right."""
    rules = ["---:" if pd.api.types.is_numeric_dtype(frame[name]) else "---" for name in frame]
    rows = [map(escaped, frame.columns), rules, *(map(cell, row) for row in frame.itertuples(index=False))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "–" if pd.isna(value) else f"{value:,.10g}"
    return escaped(value)
