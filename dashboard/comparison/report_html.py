"""A report as one HTML file: it works with no network, with live charts, and prints well."""

import json
from collections.abc import Iterable
from html import escape

import pandas as pd

from dashboard.charts.figures import MINUS
from dashboard.charts.plots import printable_spec
from dashboard.comparison.report import WHAT_THE_FIGURES_MEAN, Report

# Where a table goes on beyond the edge, the edge is shaded: the shade stays in its place, and what hides it moves with
# the table's ends.
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #31333f; background: white; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem; }
h1 { font-size: 1.75rem; line-height: 1.25; } h2 { margin-top: 2.5rem; } h3 { margin-bottom: 0.25rem; }
table { border-collapse: collapse; font-size: 0.875rem; margin: 0.75rem 0; }
th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #d5d7de; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll { overflow-x: auto; scrollbar-color: #8a8a8a transparent; background:
    linear-gradient(90deg, white 50%, #fff0) 0 / 3rem 100% no-repeat local,
    linear-gradient(270deg, white 50%, #fff0) 100% / 3rem 100% no-repeat local,
    linear-gradient(90deg, #0004, #0000) 0 / 0.75rem 100% no-repeat scroll,
    linear-gradient(270deg, #0004, #0000) 100% / 0.75rem 100% no-repeat scroll; }
.scroll table { min-width: 44rem; }
figure { margin: 1.5rem 0; } .chart { width: 100%; }
.chart svg { max-width: 100%; height: auto; } figcaption, footer { color: #6b6e7a; font-size: 0.875rem; }
pre { background: #f5f6f8; padding: 0.75rem; overflow-x: auto; font-size: 0.8125rem; } a { color: #0b5cad; }
@media print {
  body { margin: 0; max-width: none; font-size: 11pt; } figure, tr, h2, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; } .scroll { overflow: visible; background: none; } .scroll table { min-width: 0; }
  td { overflow-wrap: anywhere; }
  table { font-size: 8pt; } .board table { font-size: 6.5pt; }
  .number { white-space: normal; } th, td { padding-right: 0.3rem; }
  details:not([open]), .vega-actions, summary::marker { display: none; }
}
"""
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
"""The file loads nothing from the network, for any content."""
START = """
for (const place of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  const actions = { export: true, source: false, compiled: false, editor: false };
  vegaEmbed(place, spec, { renderer: "svg", actions }).catch((error) => { place.textContent = String(error); });
}
"""


def html(report: Report, javascript: str) -> str:
    """Write a report as HTML. ``javascript`` defines ``vegaEmbed`` and is included once for all charts."""
    title = escape(report.title)
    link = f'<p><a href="{escape(report.link)}">Open this view in Unroll</a></p>' if report.link else ""
    parts = [
        f"<h1>{title}</h1>",
        f"<p><strong>{escape(report.recommendation)}</strong></p>" if report.recommendation else "",
        _list(report.settings),
        link,
        "<h2>Leaderboard</h2>",
        *(f'<p>{escape(reason)}</p><div class="board">{_table(board)}</div>' for reason, board in report.boards),
        "" if report.boards else "<p>No run has an epoch yet.</p>",
    ]
    if report.verdict:
        parts += ["<h2>Verdict</h2>", _list(report.verdict)]
    for section in report.sections:
        parts += [f"<h2>{escape(section.title)}</h2>", _list(section.sentences) if section.sentences else ""]
        parts += [
            f'<div class="board">{_table(section.table)}</div>',
            *(f"<p>{escape(note)}</p>" for note in section.notes),
        ]
    parts += ["<h2>Charts</h2>", *(_figure(number, report) for number in range(len(report.plots)))]
    parts.append("<h2>Parameters</h2>")
    for model in report.models:
        parts += [
            f"<h3>{escape(model.label)}</h3><p>{escape(model.parameters)}.</p>",
            _table(model.layers),
            f"<details><summary>Keras code</summary><pre>{escape(model.code)}</pre></details>",
        ]
    measured = [f"{name}: {value}" for name, value in report.measured.items()]
    parts += ["<h2>How it was measured</h2>", _list([*measured, *WHAT_THE_FIGURES_MEAN])]
    parts.append(f"<footer>Made with Unroll, {report.made:%d %B %Y}.</footer>")
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{STYLE}</style></head><body>",
            *parts,
            # A module, as vl-convert makes it, and nothing in it ends the element.
            f'<script type="module">{_inside(javascript)}{START}</script></body></html>',
        ]
    )


def _figure(number: int, report: Report) -> str:
    plot, name = report.plots[number], f"spec-{number}"
    spec = json.dumps(printable_spec(plot, width="container", captioned=False)).replace("<", "\\u003c")
    return (
        f'<figure><div class="chart" data-spec="{name}" role="img" aria-label="{escape(plot.description)}"></div>'
        f"<figcaption>{escape(plot.caption)}</figcaption>"
        f'<script type="application/json" id="{name}">{spec}</script></figure>'
    )


def _inside(javascript: str) -> str:
    """Escape texts that would end the script element; an escaped slash means the same in strings and expressions."""
    return javascript.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _list(sentences: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>"


def _table(frame: pd.DataFrame) -> str:
    kinds = [' class="number"' if pd.api.types.is_numeric_dtype(frame[name]) else "" for name in frame]
    head = "".join(f"<th{kind}>{escape(str(name))}</th>" for kind, name in zip(kinds, frame, strict=True))
    rows = (
        "".join(f"<td{kind}>{_format(value)}</td>" for kind, value in zip(kinds, row, strict=True))
        for row in frame.itertuples(index=False)
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table></div>"
    )


def _format(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "–" if pd.isna(value) else f"{value:,.10g}".replace("-", MINUS)
    return escape(str(value))
