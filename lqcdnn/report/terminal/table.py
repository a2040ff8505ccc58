"""An analysis as text for a terminal or a log."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import CONVENTION, Analysis, Estimate, Fit, Training, Verdict
from lqcdnn.config.language.counts import counted
from lqcdnn.report.charts.vectors import LONG, Vector, coefficients, matrices, vectors
from lqcdnn.report.terminal.console import text_width
from lqcdnn.report.terminal.sparkline import sparkline

#: Characters of a history, fewer on a narrow terminal.
HISTORY = 16
#: Colour of a verdict on a terminal.
COLORS = {"ok": "green", "warn": "yellow", "fail": "red", "unknown": "blue"}
#: Fits of an average that are shown.
LEADING = 6
#: Lines of the mean values of lists, beyond which each list has one.
MOST_LINES = 60
Paint = Callable[[str, str], str]


def analysis_text(
    analysis: Analysis, sparklines: bool = True, paint: Paint | None = None, lists_in_full: bool = True
) -> str:
    """Table, update diagnostics, training and verdicts; several lines, no newline at the end.

    Parameters
    ----------
    analysis
        Result of `lqcdnn.jobs.analyze`.
    sparklines
        Add a column with the history of each series (unicode).
    paint
        Function of a text and a colour name that returns the text coloured; None: no colours.
    lists_in_full
        Give the components of long lists a row each, like other series; else only their mean values.
    """
    lines = [headline(analysis)]
    folded = [] if lists_in_full else [v for v in vectors(analysis.observables) if len(v.estimates) > LONG]
    hidden = {item.name for vector in folded for item in vector.estimates}
    rows = [item for item in (*analysis.observables, *update_estimates(analysis)) if item.name not in hidden]
    if rows:
        lines += ["", *estimate_table(rows, sparklines)]
        lines += ["", *textwrap.wrap(CONVENTION, text_width())]
    if folded:
        lines += ["", *list_lines(folded)]
    if analysis.derived:
        lines += ["", "derived quantities", *estimate_table(analysis.derived, sparklines)]
    for fit in analysis.fits:
        lines += ["", fit_line(fit), *estimate_table(fit.parameters, False), *model_lines(fit)]
    if analysis.training:
        lines += ["", *training_lines(analysis.training)]
    lines += ["", *verdict_lines(analysis.verdicts, paint)]
    lines += [f"note: {warning}" for warning in analysis.warnings]
    return "\n".join(lines)


def headline(analysis: Analysis) -> str:
    """Source, lattice, length and cut in one line."""
    parts = [analysis.source]
    if analysis.group and analysis.shape:
        parts.append(f"{analysis.group} {'x'.join(map(str, analysis.shape))}")
    if not analysis.observables and not analysis.acceptance:
        return ", ".join(parts)
    if analysis.reweighted:
        parts.append("reweighted to " + ", ".join(analysis.reweighted))
    last = analysis.trajectories  # rows of a file may have numbers that begin and rise anyhow
    parts.append(f"rows up to number {last}" if analysis.kind == "series" else counted(last, "trajectory"))
    cut = analysis.thermalization
    how = {"automatic": "automatic", "option": "--thermalization", "input": "analyze.thermalization"}[cut.method]
    parts.append(f"the first {cut.trajectory} left out ({how})" if cut.trajectory > 0 else f"none left out ({how})")
    return ", ".join(parts)


def update_estimates(analysis: Analysis) -> list[Estimate]:
    """Acceptance, exp(-dH) and dH, as far as they are known."""
    found = (analysis.acceptance, analysis.exp_minus_dH, analysis.dH)
    return [item for item in found if item is not None]


def shown_name(name: str) -> str:
    """Name of a series in tables."""
    return {"accepted": "acceptance", "exp_minus_dH": "exp(-dH)"}.get(name, name)


def estimate_cells(item: Estimate) -> list[str]:
    """Cells of one row: name, mean(error), tau_int(error), N, N/(2 tau), spacing, jackknife error."""
    return [
        shown_name(item.name),
        compact(item.mean, item.error),
        compact(item.tau_int, item.tau_int_error),
        str(item.n),
        "-" if item.effective is None else f"{item.effective:.0f}",
        f"{item.interval}{'' if item.regular else '*'}",
        "-" if item.jackknife_error is None else f"{item.jackknife_error:.2g}",
    ]


HEADINGS = ("observable", "mean", "tau_int", "N", "N/2tau", "every", "jackknife")


def table_rows(estimates: Sequence[Estimate]) -> list[list[str]]:
    """Heading and a row for each estimate; bootstrap error and probability of the replicas where there are any."""
    rows = [list(HEADINGS), *(estimate_cells(item) for item in estimates)]
    further = {
        "systematic": [item.systematic for item in estimates],
        "total": [item.total_error for item in estimates],
        "bootstrap": [item.bootstrap_error for item in estimates],
        "Q": [item.replica_probability for item in estimates],
    }
    for heading, values in further.items():
        if any(value is not None for value in values):
            cells = [heading, *("-" if value is None else f"{value:.2g}" for value in values)]
            rows = [[*row, cell] for row, cell in zip(rows, cells, strict=True)]
    return rows


def estimate_table(estimates: Sequence[Estimate], sparklines: bool) -> list[str]:
    """Aligned lines with a heading; irregular spacings carry a star."""
    lines = _aligned(table_rows(estimates), 3)
    room = min(text_width() - len(lines[0]) - 2, HISTORY)
    if sparklines and room >= len("history"):
        lines[0] += "  history"
        lines[1:] = [
            f"{line}  {sparkline(item.series.values, room)}" for line, item in zip(lines[1:], estimates, strict=True)
        ]
    if not all(item.regular for item in estimates):
        lines.append("* measured at irregular distances; tau_int counts measurements")
    return [line.rstrip() for line in lines]


def _aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Lines of a table, the first columns flush left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    sides = ["<"] * left + [">"] * (len(widths) - left)
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    ]


def list_lines(lists: Sequence[Vector]) -> list[str]:
    """Mean values of lists, a paragraph for each curve; of matrices of lists and of coefficients only what they are.

    Where paragraphs would be more than `MOST_LINES` lines, each is its first line.
    """
    lines = ["lists: mean values of entries 1, 2, ...; in full with --observable NAME"]
    squares = matrices(lists)
    rows = {one.name for found in squares.values() for one in found}
    parts = [one for one in lists if coefficients(one)]
    rows |= {one.name for one in parts}
    curves = {
        f"{one.name}.{number}".rstrip("."): items
        for one in lists
        if one.name not in rows
        for number, items in one.curves.items()
    }
    width = max(map(len, (*curves, *squares, *(one.name for one in parts)))) + 2
    for name, found in squares.items():
        items = next(iter(found[0].curves.values()))
        size = f"{len(found)} x {len(found)} lists of {counted(len(items), 'number')}"
        lines.append(f"{name:<{width}}matrix of {size}, as gevp takes it")
    for one in parts:
        size = f"{counted(len(one.curves), 'list')} of {counted(one.length, 'number')}"
        fit = "quark_field takes" if one.name.endswith("propagator") else "rimom or rismom takes"
        lines.append(f"{one.name:<{width}}{size}, as {fit} {'it' if len(one.curves) == 1 else 'them'}")
    paragraphs = {name: _entries(name, items, width) for name, items in curves.items()}
    many = sum(map(len, paragraphs.values())) > MOST_LINES
    for name, one_curve in paragraphs.items():
        lines += [_shortened(one_curve, len(curves[name]))] if many and len(one_curve) > 1 else one_curve
    return lines


def _entries(name: str, items: Sequence[Estimate], width: int) -> list[str]:
    """The numbers of a curve, behind its name and below each other."""
    return textwrap.wrap(
        ", ".join(compact(item.mean, item.error) for item in items),
        max(text_width(), width + 20),
        initial_indent=f"{name:<{width}}",
        subsequent_indent=" " * width,
        break_on_hyphens=False,
    )


def _shortened(lines: Sequence[str], count: int) -> str:
    """The first line of a curve, with as many numbers as leave room for how many there are."""
    end = f" ... ({counted(count, 'number')})"
    first = lines[0]
    while len(first) + len(end) > max(map(len, lines)) and ", " in first:
        first = first.rstrip(",").rpartition(", ")[0] + ","
    return first + end


def fit_line(fit: Fit) -> str:
    """The request, and how good the fit is; of an average how many fits it is made of."""
    if fit.models:
        used = sum(one.weight > 0.0 for one in fit.models)
        return f"{fit.text}: average over {counted(used, 'fit')} of {len(fit.models) + len(fit.left_out)}"
    if fit.chi2 is None or fit.dof is None:
        return fit.text
    quality = f"chi^2 = {fit.chi2:.3g} for {counted(fit.dof, 'degree')} of freedom{prior_words(fit.priors)}"
    if fit.expected_chi2 is not None:
        quality += f" (expected {fit.expected_chi2:.3g})"
    if fit.probability is not None:
        quality += f", p = {fit.probability:.2g}"
    return f"{fit.text}: {quality}"


def prior_words(priors: Sequence[tuple[str, float, float]]) -> str:
    """Which priors chi^2 contains."""
    names = ", ".join(name.rpartition(".")[2] for name, *_ in priors)
    return f", {counted(len(priors), 'prior')} ({names}) among the data" if priors else ""


def model_rows(fit: Fit) -> list[list[str]]:
    """Heading and a row for each of the leading fits of an average: request, weight, quality, first parameter."""
    name = fit.parameters[0].name.rpartition(".")[2]
    rows = [["fit", name, "weight", "chi^2", "dof", "p"]]
    for one in fit.models[:LEADING]:
        p = "-" if one.probability is None else f"{one.probability:.2g}"
        value = compact(one.means[0], one.errors[0])
        request = one.text.partition("=")[2].strip()
        rows.append([request, value, f"{one.weight:.2g}", f"{one.chi2:.3g}", str(one.dof), p])
    return rows


def model_notes(fit: Fit) -> list[str]:
    """What the rows do not show of an average: further fits and those that could not be done."""
    rest = fit.models[LEADING:]
    notes = [f"{counted(len(rest), 'fit')} more with weight {sum(one.weight for one in rest):.2g}"] if rest else []
    if fit.left_out:
        more = "" if len(fit.left_out) == 1 else f", the first of them {fit.left_out[0].partition('=')[2].strip()}"
        only = fit.left_out[0].partition("=")[2].strip()
        notes.append(f"{counted(len(fit.left_out), 'fit')} left out{more}" if more else f"left out: {only}")
    return notes


def model_lines(fit: Fit) -> list[str]:
    """The leading fits of an average as a table; nothing of one fit."""
    if not fit.models:
        return []
    notes = [line for note in model_notes(fit) for line in textwrap.wrap(note, text_width() - 2)]
    return ["", *(f"  {line}" for line in (*_aligned(model_rows(fit), 2), *notes))]


def training_lines(training: Training) -> list[str]:
    """Training history in a few lines."""
    samples = "" if training.samples == training.steps else f", {counted(training.samples, 'sample')}"
    lines = [f"training: {counted(training.steps, 'step')}{samples}"]
    if training.early_loss is not None and training.late_loss is not None:
        early = f"{training.early_loss:.4g} (first {counted(min(training.samples, 10), 'sample')})"
        lines.append(f"  loss            {early}  {training.late_loss:.4g} (last quarter)")
    if training.late_difference is not None and training.late_spread is not None:
        lines.append(
            f"  S_theta - S     {training.late_difference:+.3g}, spread {training.late_spread:.3g} (last quarter)"
        )
    if training.expected_acceptance is not None:
        lines.append(f"  acceptance      {training.expected_acceptance:.2f} expected from that spread")
    return lines


def verdict_lines(verdicts: Sequence[Verdict], paint: Paint | None = None) -> list[str]:
    """One paragraph for each verdict, advice below."""
    lines = []
    indent = " " * 10
    for verdict in verdicts:
        mark = f"{verdict.status:<8}"
        text = textwrap.wrap(f"{verdict.name}: {verdict.sentence}", text_width() - len(indent))
        lines.append(f"  {paint(mark, COLORS[verdict.status]) if paint else mark}{text[0]}")
        lines += [indent + line for line in text[1:]]
        if verdict.advice:
            lines += textwrap.wrap(
                f"-> {verdict.advice}", text_width(), initial_indent=indent, subsequent_indent=indent + "   "
            )
        if verdict.setting:  # lines of TOML, also where a list goes on in the next
            lines += textwrap.wrap(verdict.setting, text_width())
    return lines
