"""An analysis as one self-contained HTML page: no scripts, nothing loaded from elsewhere, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from lqcdnn.analyze.result import CONVENTION, Analysis, Estimate, Verdict
from lqcdnn.config.language.counts import counted
from lqcdnn.report.charts.svg import figure
from lqcdnn.report.charts.vectors import components, vectors
from lqcdnn.report.figures import Figure, figures
from lqcdnn.report.pages.style import page, table
from lqcdnn.report.terminal.table import (
    fit_line,
    headline,
    model_notes,
    model_rows,
    table_rows,
    training_lines,
    update_estimates,
)

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "unknown": "?"}
_LEGEND = (
    "Histories: the grey part is left out, the orange line is the mean with its error, the pale band the spread of "
    "the values behind each point. Histograms: the values used. Autocorrelation: rho(t) with its error; grey is the "
    "summation window."
)


def html_report(analysis: Analysis) -> str:
    """The whole page.

    Parameters
    ----------
    analysis
        Result of `lqcdnn.jobs.analyze`.
    """
    lists = vectors(analysis.observables)
    inside = components(analysis.observables)
    estimates = [*(item for item in analysis.observables if item.name not in inside), *update_estimates(analysis)]
    body = [f'<p class="soft">{escape(headline(analysis))}.</p>', setup_html(analysis.setup)]
    body += ["<h2>Verdicts</h2>", verdict_list(analysis.verdicts)]
    if estimates or lists:
        body += ["<h2>Mean values</h2>", estimates_html(estimates)]
        body += [f'<p class="soft">{escape(CONVENTION)}.</p>']
    if any(not one.constant for one in lists):
        parts = [item for one in lists if not one.constant for item in one.estimates]
        summary = f"<summary>{counted(len(parts), 'component')} of lists</summary>"
        body += [f"<details>{summary}{estimates_html(parts)}</details>"]
    if analysis.derived:
        definitions = "".join(f"<p><code>{escape(item.source)}</code></p>" for item in analysis.derived)
        body += ["<h2>Derived quantities</h2>", definitions, estimates_html(analysis.derived)]
    if analysis.fits:
        body += ["<h2>Fits</h2>"]
    for fit in analysis.fits:
        body += [f"<p>{escape(fit_line(fit))}</p>", estimates_html(fit.parameters)]
        if fit.models:
            head, *rows = model_rows(fit)
            body += [table(head, rows, 2), *(f'<p class="soft">{escape(note)}.</p>' for note in model_notes(fit))]
    found = figures(analysis)
    if found:
        body += [f'<p class="soft">{_LEGEND}</p>']
    for group in dict.fromkeys(one.group for one in found):
        body += [f"<h2>{escape(group)}</h2>"]
        if group == "Training" and analysis.training:
            body += [f"<pre>{escape(chr(10).join(training_lines(analysis.training)))}</pre>"]
        body += figures_html([one for one in found if one.group == group])
    if analysis.warnings:
        body += ["<h2>Notes</h2>", *(f"<p>{escape(warning)}</p>" for warning in analysis.warnings)]
    return page(f"Analysis of {analysis.source}", body)


def setup_html(setup: Mapping[str, str], title: str = "Run") -> str:
    """What was simulated, heading by heading; nothing where it is unknown."""
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(line)}</dd>" for name, line in setup.items())
    return f"<h2>{title}</h2><dl>{lines}</dl>" if lines else ""


def estimates_html(estimates: Sequence[Estimate]) -> str:
    """Mean values as a table."""
    head, *rows = table_rows(estimates)
    return table(head, rows, 3)


def figures_html(found: Sequence[Figure]) -> list[str]:
    """Figures below each other; beside each other where each is one chart, as those of correlators are."""
    parts = list(map(figure_html, found))
    if any(len(one.charts) > 1 for one in found):
        return parts
    return [f'<div class="beside">{"".join(f"<div>{part}</div>" for part in parts)}</div>']


def figure_html(one: Figure) -> str:
    """A figure under its heading."""
    return f"<h3>{escape(one.name)}</h3><figure>{''.join(map(figure, one.charts))}</figure>"


def verdict_list(verdicts: Sequence[Verdict]) -> str:
    """Verdicts with their advice."""
    items = []
    for verdict in verdicts:
        advice = f'<span class="advice">{escape(verdict.advice)}</span>' if verdict.advice else ""
        advice += f"<code>{escape(verdict.setting)}</code>" if verdict.setting else ""
        items.append(
            f'<li><span class="mark {verdict.status}">{_MARKS[verdict.status]} {verdict.status}</span>'
            f"<strong>{escape(verdict.name)}</strong>: {escape(verdict.sentence)}{advice}</li>"
        )
    return f"<ul>{''.join(items)}</ul>"
