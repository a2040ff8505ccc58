"""An analysis as one self-contained HTML page: no scripts, nothing loaded from elsewhere, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

import lqcdnn
from lqcdnn.analyze.result import CONVENTION, Analysis, Estimate, Verdict
from lqcdnn.analyze.series import Series
from lqcdnn.report.svg import autocorrelation_chart, histogram_chart, history_chart
from lqcdnn.report.table import fit_line, headline, shown_name, table_rows, training_lines, update_estimates

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "unknown": "?"}

_STYLE = """
:root { color-scheme: light dark; --paper: #fcfcfa; --ink: #1d2126; --soft: #626a73; --rule: #d9dcd6;
  --line: #1f5f99; --cloud: #b9d3ea; --mean: #b5460f; --shade: #e9e9e2;
  --ok: #1c7a3d; --warn: #9a6700; --fail: #b3261e; --unknown: #4a5a8a; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --ink: #e4e6e3; --soft: #9aa29e; --rule: #353b40;
  --line: #7db7ea; --cloud: #2b4a66; --mean: #f09a60; --shade: #23282c;
  --ok: #6cc98a; --warn: #e0b048; --fail: #f2877f; --unknown: #9db0e8; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 70rem; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .2rem; font-weight: 600; }
p, figcaption { max-width: 46rem; } .soft, figcaption { color: var(--soft); font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .9rem; }
th, td { padding: .25rem 1.1rem .25rem 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
.number { text-align: right; }
ul { list-style: none; padding: 0; } li { margin: .55rem 0; padding-left: 6.2rem; position: relative;
  max-width: 52rem; }
.mark { position: absolute; left: 0; font-weight: 600; } .advice { display: block; color: var(--soft); }
.ok { color: var(--ok); } .warn { color: var(--warn); }
.fail { color: var(--fail); } .unknown { color: var(--unknown); }
figure { margin: 0; display: flex; flex-wrap: wrap; gap: .4rem 1rem; } svg { max-width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; } svg .label { fill: var(--soft); }
.axis { stroke: var(--soft); fill: none; } .history { stroke: var(--line); fill: none; stroke-width: 1.2; }
.envelope { fill: var(--cloud); stroke: none; } .cut, .window { fill: var(--shade); }
.mean { stroke: var(--mean); stroke-width: 1.4; } .band { fill: var(--mean); opacity: .25; }
.bar { fill: var(--line); opacity: .75; } .zero { stroke: var(--soft); stroke-dasharray: 2 3; }
pre { font: .9rem/1.5 ui-monospace, monospace; overflow-x: auto; }
"""


def html_report(analysis: Analysis) -> str:
    """The whole page.

    Parameters
    ----------
    analysis
        Result of `lqcdnn.jobs.analyze`.
    """
    update = update_estimates(analysis)
    unit = "row" if analysis.kind == "series" else "trajectory"
    body = [
        f"<h1>{escape(_title(analysis))}</h1>",
        f'<p class="soft">{escape(headline(analysis))}. lqcdnn {escape(lqcdnn.__version__)}.</p>',
        "<h2>Verdicts</h2>",
        _verdicts(analysis.verdicts),
    ]
    if analysis.observables or update:
        body += ["<h2>Mean values</h2>", _table([*analysis.observables, *update])]
        body += [f'<p class="soft">{escape(CONVENTION)}.</p>']
    if analysis.derived:
        definitions = chr(10).join(item.source for item in analysis.derived)
        body += ["<h2>Derived quantities</h2>", f"<pre>{escape(definitions)}</pre>", _table(analysis.derived)]
    if analysis.fits:
        body += ["<h2>Fits</h2>"]
        body += [text for fit in analysis.fits for text in (f"<p>{escape(fit_line(fit))}</p>", _table(fit.parameters))]
    if analysis.training:
        body += ["<h2>Training</h2>", f"<pre>{escape(chr(10).join(training_lines(analysis.training)))}</pre>"]
        body += [_loss_chart(analysis.history)]
    pictured = [item for item in (*analysis.observables, *update) if item.gamma and not item.gamma.constant]
    if pictured:
        body += ["<h2>Series</h2>", f'<p class="soft">{_LEGEND}</p>']
        body += [_section(item, analysis.thermalization.trajectory, unit) for item in pictured]
    if analysis.warnings:
        body += ["<h2>Notes</h2>", *(f"<p>{escape(warning)}</p>" for warning in analysis.warnings)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_title(analysis))}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


_LEGEND = (
    "Left: history; the grey part is left out, the orange line is the mean with its error, the pale band the spread of "
    "the values behind each point. Middle: distribution of the values used. Right: autocorrelation rho(t) with its "
    "error; grey is the summation window."
)


def _title(analysis: Analysis) -> str:
    return f"Analysis of {analysis.source}"


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    items = []
    for verdict in verdicts:
        advice = f'<span class="advice">{escape(verdict.advice)}</span>' if verdict.advice else ""
        items.append(
            f'<li><span class="mark {verdict.status}">{_MARKS[verdict.status]} {verdict.status}</span>'
            f"<strong>{escape(verdict.name)}</strong>: {escape(verdict.sentence)}{advice}</li>"
        )
    return f"<ul>{''.join(items)}</ul>"


def _table(estimates: Sequence[Estimate]) -> str:
    headings, *cells = table_rows(estimates)
    head = "".join(f"<th{_numeric(i)}>{escape(text)}</th>" for i, text in enumerate(headings))
    rows = "".join(f"<tr>{_cells(row)}</tr>" for row in cells)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(cells: Sequence[str]) -> str:
    return "".join(f"<td{_numeric(i)}>{escape(cell)}</td>" for i, cell in enumerate(cells))


def _numeric(column: int) -> str:
    return ' class="number"' if column >= 3 else ""


def _loss_chart(history: Sequence[dict[str, Any]]) -> str:
    """Logarithm of the loss against the step; empty without one."""
    records = [record for record in history if isinstance(record.get("loss"), int | float)]
    if not records:
        return ""
    steps = np.array([record.get("step", i + 1) for i, record in enumerate(records)], dtype=np.int64)
    # a single sample may come out at zero by chance; 1e-3 keeps such dips from setting the scale
    loss = np.log10(np.maximum([record["loss"] for record in records], 1e-3))
    chart = history_chart(Series("log10 of the loss", "", steps, loss), 0, None, None, "step")
    return f"<h3>log10 of the loss</h3><figure>{chart}</figure>"


def _section(item: Estimate, cut: int, unit: str) -> str:
    if item.gamma is None:
        return ""
    name = shown_name(item.name)
    spacing = "t in measurements" if item.interval > 1 else f"t in {unit.replace('trajectory', 'trajectorie')}s"
    charts = [
        history_chart(item.series, cut, item.mean, item.error, unit),
        histogram_chart(item.series.after(cut).values, name),
        autocorrelation_chart(item.gamma, name, spacing),
    ]
    return f"<h3>{escape(name)}</h3><figure>{''.join(charts)}</figure>"
