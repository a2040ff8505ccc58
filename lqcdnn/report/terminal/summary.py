"""What is printed at the end of a run: time by part, acceptance, <exp(-dH)>, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

import numpy as np

from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, gamma_method
from lqcdnn.analyze.verdicts.run import MINIMUM_TRAJECTORIES, TRUSTED_SPREAD, exp_minus
from lqcdnn.config.language.counts import counted
from lqcdnn.report.terminal.duration import duration
from lqcdnn.timing import COMPILING


def end_of_run(
    title: str,
    seconds: Mapping[str, float],
    steps: int,
    unit: str = "trajectory",
    dh: Sequence[float] = (),
    accepted: Sequence[bool] = (),
    facts: Mapping[str, str] | None = None,
    commands: Sequence[str] = (),
) -> str:
    """Plain text, several lines, no newline at the end.

    Parameters
    ----------
    title
        Name of the run.
    seconds
        Time by part in seconds, as `lqcdnn.timing.Stopwatch.seconds`; the total is their sum.
    steps, unit
        Steps done in this session, and the name of one.
    dh, accepted
        Of the trajectories after thermalisation, all sessions together; empty if there are none.
    facts
        More lines, name and text.
    commands
        What to type next, see `after_training`, `after_generating`.
    """
    total = sum(seconds.values())
    lines = [f"{title}: no {unit} left to do"]
    if steps:
        lines = [f"{title}: {counted(steps, unit)} in {duration(total)}{_pace(steps, seconds)}", ""]
        lines += _time_table(seconds, total)
    numbers = chain_facts(dh, accepted) | dict(facts or {})
    if numbers:
        width = max(map(len, numbers))
        lines += ["", *(f"{name:<{width}}  {text}" for name, text in numbers.items())]
    if commands:
        lines += ["", "next:", *(f"  {command}" for command in commands)]
    return "\n".join(lines)


def chain_facts(dh: Sequence[float], accepted: Sequence[bool]) -> dict[str, str]:
    """Acceptance and <exp(-dH)> with Gamma-method errors; empty for fewer than 4 trajectories."""
    facts = {}
    if len(accepted) >= MINIMUM_N:
        result = gamma_method(np.asarray(accepted, dtype=np.float64))
        facts["acceptance"] = f"{compact(result.mean, result.error)} of {result.n} after thermalization"
    if len(dh) >= MINIMUM_N:
        result = gamma_method(exp_minus(np.asarray(dh, dtype=np.float64)))
        apart = abs(result.mean - 1.0) / result.error if result.error > 0.0 else 0.0
        spread = float(np.std(dh))
        judged = f"{apart:.1f} sigma from 1"
        if len(dh) < MINIMUM_TRAJECTORIES:
            judged = f"of only {counted(len(dh), 'trajectory')}"
        elif spread > TRUSTED_SPREAD:
            judged = f"hangs on rare trajectories: dH spreads by {spread:.1f}"
        facts["<exp(-dH)>"] = f"{compact(result.mean, result.error)}, {judged}"
    return facts


def after_training(input_file: str, for_others: bool = False) -> list[str]:
    """What to type after ``lqcdnn train``.

    Parameters
    ----------
    input_file
        Of the run, as a shell takes it.
    for_others
        True for an input without trajectories, or one that trains on from the weights of a file and makes trajectories
        with these: what was trained is for another input.
    """
    if for_others:
        return ["lqcdnn generate ANOTHER.toml, with network.NAME.weights naming the file above"]
    return [f"lqcdnn generate {input_file}"]


def after_generating(directory: str, input_file: str, cut: str = "", measured: bool = True) -> list[str]:
    """What to type after ``lqcdnn generate``; the input file as a shell takes it, the cut from `cut_option`.

    Runs of windows have nothing that can be ``measured``.
    """
    measure = [f"lqcdnn measure {input_file}"] if measured else []
    return [*measure, f"lqcdnn analyze {shlex.quote(directory)} --html{cut}"]


def cut_option(asked: int | None, declared: int, done: int) -> str:
    """The option without which ``lqcdnn analyze`` would find nothing left of a run; empty where it is not needed.

    Parameters
    ----------
    asked, declared
        ``analyze.thermalization`` and ``run.thermalization`` of the input.
    done
        Trajectories done.
    """
    return f" --thermalization {declared if declared < done else 0}" if asked is not None and asked >= done > 0 else ""


def _pace(steps: int, seconds: Mapping[str, float]) -> str:
    """What a step takes once the kernels are compiled."""
    compiled = COMPILING in seconds
    spent = sum(seconds.values()) - seconds.get(COMPILING, 0.0)
    if steps < 1 or spent <= 0.0:
        return ""
    each = f"{duration(spent / steps)} each{' without compiling' if compiled else ''}"
    return f" ({each}, {3600.0 * steps / spent:.0f} an hour)"


def _time_table(seconds: Mapping[str, float], total: float) -> list[str]:
    """Parts by falling time, "other" last."""
    parts = sorted(seconds.items(), key=lambda item: (item[0] == "other", -item[1]))
    width = max([len("time by part"), *(len(name) for name, _ in parts)])
    lines = [f"{'time by part':<{width}} {'s':>10} {'%':>6}"]
    for name, value in parts:
        share = 100.0 * value / total if total > 0.0 else 0.0
        lines.append(f"{name:<{width}} {value:10.2f} {share:6.1f}")
    return lines
