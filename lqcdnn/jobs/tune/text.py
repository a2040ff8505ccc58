"""What a tuning found as lines for a terminal or a log."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lqcdnn.analyze.notation import compact
from lqcdnn.config.language.counts import counted
from lqcdnn.jobs.tune.family import LEAST_TRIALS
from lqcdnn.jobs.tune.result import Blame, Row, Tuned
from lqcdnn.report.terminal.console import WIDTH
from lqcdnn.report.terminal.duration import duration

Paint = Callable[[str], str]


def tuned_text(found: Tuned, paint: Paint | None = None) -> str:
    """Forces, candidates, what is gained, and the tables to put into the input; no newline at the end.

    Parameters
    ----------
    paint
        Emphasis of the best line; None: none.
    """
    made = f"{counted(found.trajectories, 'trajectory')} in {duration(found.seconds)}, CPU time of one thread"
    lines = [*textwrap.wrap(f"tuned from {found.start}; {made}", WIDTH), ""]
    lines += [*force_lines(found), "", *candidate_lines(found, paint), "", *verdict_lines(found)]
    if found.left_out:
        lines += ["", "not looked at:", *(f"  {line}" for text in found.left_out for line in text.splitlines())]
    return "\n".join([*lines, "", found.fragment.rstrip("\n")])


def force_lines(found: Tuned) -> list[str]:
    """Size and cost of each term's force."""
    rows = [["force", "|F| mean", "largest", "CPU ms", "iterations"]]
    for one in found.forces:
        solved = f"{one.iterations:.0f}" if one.iterations else "-"
        rows.append([one.term, f"{one.mean:.3g}", f"{one.largest:.3g}", milliseconds(one.cost), solved])
    rows.append(["heat bath, actions", "", "", milliseconds(found.fixed), ""])
    return table(rows, 1)


def candidate_lines(found: Tuned, paint: Paint | None) -> list[str]:
    """The integrators, cheapest first, that of the input last."""
    head = ["", "masses", "length", "steps", "of", "acceptance", "CPU ms", "cost"]
    shown = [("best", found.best), *(("", row) for row in found.rows if row != found.best), ("input", found.present)]
    rows = [[*head, "trials"], *(line for mark, row in shown for line in cells(mark, row))]
    for column, same in ((2, len({row.length for _, row in shown}) == 1), (1, not any(row.masses for _, row in shown))):
        rows = [[*row[:column], *row[column + 1 :]] if same else row for row in rows]
    lines = table(rows, len(rows[0]) - 4)
    best = len(found.best.levels) + 1
    return lines if paint is None else [lines[0], *map(paint, lines[1:best]), *lines[best:]]


def cells(mark: str, row: Row) -> list[list[str]]:
    """A line of the candidates for each time scale, outermost first; numbers stand in the first."""
    first = [
        mark,
        " ".join(f"{mass:g}" for mass in row.masses) or "none",
        f"{row.length:g}",
        *level_cells(row.levels[0]),
        compact(row.acceptance, row.acceptance_error) + ("" if row.trials >= LEAST_TRIALS else "*"),
        milliseconds(row.cost),
        "-" if row.merit is None or row.merit_error is None else compact(1e3 * row.merit, 1e3 * row.merit_error),
        str(row.trials) if row.trials else "-",
    ]
    return [first, *(["", "", "", *level_cells(level, "  "), "", "", "", ""] for level in row.levels[1:])]


def level_cells(level: Mapping[str, Any], indent: str = "") -> list[str]:
    """2 omelyan, and its terms."""
    parameter = f" {level['lambda']:.3g}" if "lambda" in level else ""
    return [f"{indent}{level['steps']} {level['integrator']}{parameter}", " ".join(level["terms"])]


def verdict_lines(found: Tuned) -> list[str]:
    """What is gained, and what to know of the numbers."""
    if found.gain is None:
        said = "the integrator of the input accepts nothing"
    elif found.best == found.present:
        said = "nothing cheaper than what the input has was found"
    else:
        gain = compact(found.gain, found.gain_error)
        said = f"an accepted unit of molecular-dynamics time costs {gain} times less than with the input"
    read = "cost: CPU ms for an accepted unit of molecular-dynamics time; * acceptance predicted, not tried"
    lines = [*textwrap.wrap(said, WIDTH), *textwrap.wrap(read, WIDTH)]
    if not found.complete:
        ended = "the time was up, or a signal came, before the cheapest was known; --minutes gives more"
        lines += textwrap.wrap(ended, WIDTH)
    if not found.equilibrium:
        text = "WARNING: these links are not known to be in equilibrium, where forces and dH may be others"
        lines += textwrap.wrap(text, WIDTH)
    for name, blame in (("input", found.present_blame), ("best", found.best_blame)):
        lines += blame_lines(name, blame) if blame is not None else []
    return lines


def blame_lines(name: str, blame: Blame) -> list[str]:
    """Whom the rejections of self-learning HMC come from."""
    guide = compact(blame.guide, blame.guide_error)
    integrator = compact(blame.integrator, blame.integrator_error)
    text = (
        f"{name}: {100.0 * blame.share:.0f} % of the variance of dH is the guide's (S_theta - S), the rest the "
        f"integrator's; acceptance {guide} with the guide's error alone, {integrator} with the integrator's"
    )
    return textwrap.wrap(text, WIDTH)


def milliseconds(cost: float) -> str:
    """Three digits."""
    return f"{1e3 * cost:.3g}"


def table(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Aligned lines, the first ``left`` columns to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
