"""Analyse a run directory or a file of numbers: what ``lqcdnn analyze`` does, as functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lqcdnn.analyze.cut import common_cut, fixed_cut
from lqcdnn.analyze.data.rundata import (
    DIAGNOSTICS,
    IGNORED,
    VARIABLE,
    Physics,
    RunData,
    observable_of,
    read_run,
    without_idle_solver,
)
from lqcdnn.analyze.data.series import Series, check_finite, check_size, is_effort
from lqcdnn.analyze.data.textfile import read_series_and_axes
from lqcdnn.analyze.estimate import estimate
from lqcdnn.analyze.quantities import Request, quantities
from lqcdnn.analyze.result import Analysis, Estimate, Thermalization, Training, Verdict
from lqcdnn.analyze.statistics.gamma import DEFAULT_S
from lqcdnn.analyze.training import summarize_training
from lqcdnn.analyze.verdicts.centre import judge_centre
from lqcdnn.analyze.verdicts.run import (
    detailed_balance,
    exp_minus,
    judge_acceptance,
    judge_completeness,
    judge_exp_minus_dh,
    judge_statistics,
    judge_thermalization,
    judge_training,
)
from lqcdnn.analyze.verdicts.tempering import judge_tempering
from lqcdnn.analyze.verdicts.topology import ADVICE, OF_BIAS, judge_topology
from lqcdnn.config.language.counts import counted
from lqcdnn.errors import InputError


def analyze_run(
    directory: str | Path,
    thermalization: int | None = None,
    observables: Sequence[str] | None = None,
    s: float = DEFAULT_S,
    *,
    tau_exp: float = 0.0,
    bootstrap: int = 0,
    derive: Sequence[str] = (),
    fit: Sequence[str] = (),
    reweight: Sequence[str] = (),
) -> Analysis:
    """Mean values, errors, autocorrelation times and verdicts of a run. Writes nothing.

    Parameters
    ----------
    directory
        A run directory, finished or not.
    thermalization
        Leave out trajectories up to this one; default ``analyze.thermalization`` of the input, else found
        automatically (never before ``run.thermalization``).
    observables
        Names of observables or of single series to analyse; default those of ``analyze.observables`` if the input
        has it, else all.
    s
        Wolff's S.
    tau_exp
        Exponential autocorrelation time in trajectories: adds the tail beyond the window; 0: no tail.
    bootstrap
        Number of bootstrap samples; 0: none.
    derive, fit
        Definitions ``NAME = EXPRESSION`` and fits ``NAME = KIND(SERIES, NUMBERS)``, after those of the input.
    reweight
        Where to reweight to: ``beta=VALUE``, ``mass=VALUE`` or the name of a series of logarithms of weights.

    Raises
    ------
    InputError
        Not a run directory, nothing to analyse, a cut that leaves nothing, an observable that is not there, a
        definition, fit or reweighting that cannot be done.
    DataError
        A damaged file.
    """
    data = read_run(directory)
    request = Request(s, tau_exp, bootstrap, tuple(derive), tuple(fit), tuple(reweight))
    chosen = choose(data.observables, observables or data.physics.observables, required=observables is not None)
    if not chosen and not data.diagnostics and not data.history:
        raise InputError(f"{data.directory} has no series yet", hint="run lqcdnn generate or lqcdnn measure first")
    cut = find_cut(data, thermalization)
    return _analysis("run", str(data.directory), data, chosen, cut, request)


def analyze_series(
    file: str | Path,
    columns: Sequence[str] = (),
    thermalization: int | None = None,
    s: float = DEFAULT_S,
    *,
    tau_exp: float = 0.0,
    bootstrap: int = 0,
    derive: Sequence[str] = (),
    fit: Sequence[str] = (),
    reweight: Sequence[str] = (),
) -> Analysis:
    """The same for any file of columns or JSON lines; dH and accepted are recognised by their names.

    Parameters
    ----------
    file
        Text file; "-" is standard input.
    columns
        Names or numbers (from 1) of columns; none: all.
    thermalization
        Leave out rows numbered up to this one; default found automatically.
    s, tau_exp, bootstrap, derive, fit, reweight
        As for `analyze_run`.

    Raises
    ------
    InputError, DataError, DiskError
        As `lqcdnn.analyze.data.textfile.read_series_and_axes`; InputError for a cut that leaves nothing.
    """
    series, axes = read_series_and_axes(file, columns)
    series = series if columns else tuple(without_idle_solver(series))
    diagnostics = {item.name: item for item in series if item.name in DIAGNOSTICS}
    observables = tuple(item for item in series if item.name not in (*DIAGNOSTICS, *IGNORED) or item.name in columns)
    # rows may be numbered from 0 or below, and all of them count
    before = min(0, *(int(item.trajectories[0]) - 1 for item in series))
    data = RunData(Path(str(file)), observables, diagnostics, [], Physics(thermalization=before), (), axes)
    request = Request(s, tau_exp, bootstrap, tuple(derive), tuple(fit), tuple(reweight))
    return _analysis("series", series[0].source, data, observables, find_cut(data, thermalization), request)


def choose(series: Sequence[Series], names: Sequence[str], required: bool) -> tuple[Series, ...]:
    """Series that belong to one of the names: its file, itself, or its components.

    Raises
    ------
    InputError
        With ``required``, where a name has no series.
    """
    if not names:
        return tuple(series)
    for name in names:
        if required and not any(_belongs(item, name) for item in series):
            known = ", ".join(dict.fromkeys(observable_of(item) for item in series)) or "none"
            raise InputError(f"no observable {name!r} in this run", hint=f"observables of this run: {known}")
    return tuple(item for item in series if any(_belongs(item, name) for name in names))


def _belongs(series: Series, name: str) -> bool:
    return name in (observable_of(series), series.name) or series.name.startswith(f"{name}.")


def find_cut(data: RunData, option: int | None) -> Thermalization:
    """Cut by option, by input file, or automatic, checked to leave something.

    Raises
    ------
    InputError
        A cut that leaves nothing.
    DataError
        A value that is not finite or too large, wherever it stands: pictures show what is left out, too.
    """
    for item in (*data.observables, *data.diagnostics.values()):
        check_finite(item)
    for item in data.observables:  # the others may: acceptance of a run in which nothing is accepted
        check_size(item)
    physics, last = data.physics, data.last
    number, method = (option, "option") if option is not None else (physics.analyze_thermalization, "input")
    if number is None:
        return common_cut(data.observables, physics.thermalization)
    if number < 0 or (number >= last > 0):
        by_option = method == "option"
        origin = "--thermalization" if by_option else "analyze.thermalization of its input"
        raise InputError(
            f"{data.directory}: a thermalization of {number} ({origin}) leaves nothing of "
            f"{counted(last, 'trajectory')}",
            hint=f"--thermalization {'takes' if by_option else 'overrides it with'} 0 to {max(last - 1, 0)}",
        )
    return fixed_cut(data.observables, number, method, physics.thermalization)


def _analysis(
    kind: str, source: str, data: RunData, chosen: Sequence[Series], cut: Thermalization, request: Request
) -> Analysis:
    start = cut.trajectory
    update = with_exponentials(data.diagnostics)
    computed = quantities([series_after(data, start)], chosen, data.physics, request, data.axes)
    found = {name: estimate(item, start, request.method) for name, item in update.items()}
    physics, last = data.physics, data.last
    expected = None if physics.trajectories is None else physics.thermalization + physics.trajectories
    training = summarize_training(data.history, physics.batch)
    recorded = (*data.diagnostics.values(), *(s for s in data.observables if Path(s.source).name == "journal.jsonl"))
    journal_end = max((int(item.trajectories[-1]) for item in recorded if len(item)), default=last)
    judged = [item for item in computed.observables if not is_effort(item.name)]
    windows = physics.windows is not None  # no series is one of the ensemble, what is derived of all is
    if windows:
        judged = list(computed.derived)
    verdicts = [
        judge_thermalization(cut, last) if chosen and not windows else None,
        judge_statistics(judged) if chosen else None,
        *_judge_update(data, found, start, request, training),
        judge_centre(data.observables, physics, start) if kind == "run" and chosen and not windows else None,
        judge_topology(chosen, start, OF_BIAS if any(s.name == VARIABLE for s in data.observables) else ADVICE),
        judge_tempering(data.diagnostics, start, physics.couplings),
        judge_completeness(journal_end, expected) if recorded else None,
        judge_training(training),
        computed.own,
        computed.verdict,
    ]
    return Analysis(
        kind=kind,
        source=source,
        group=physics.group,
        shape=physics.shape,
        trajectories=last,
        expected=expected,
        thermalization=cut,
        observables=computed.observables,
        acceptance=found.get("accepted"),
        acceptance_probability=found.get("acceptance_probability"),
        exp_minus_dH=found.get("exp_minus_dH"),
        dH=found.get("dH"),
        training=training,
        verdicts=tuple(verdict for verdict in verdicts if verdict is not None),
        warnings=(*data.warnings, *computed.warnings),
        derived=computed.derived,
        fits=computed.fits,
        reweighted=computed.reweighted,
        setup=physics.setup,
        history=data.history,
        effort=tuple(item for item in data.observables if is_effort(item.name)),
        axes=data.axes,
    )


def series_after(data: RunData, cut: int) -> dict[str, Series]:
    """All series of a run by name, exp(-dH) included, without the trajectories up to the cut."""
    everything = (*with_exponentials(data.diagnostics).values(), *data.observables)
    return {item.name: item.after(cut) for item in everything}


def with_exponentials(diagnostics: dict[str, Series]) -> dict[str, Series]:
    """Add exp(-dH), and min(1, exp(-dH)) where the journal does not have it."""
    series = dict(diagnostics)
    if "dH" in diagnostics:
        dh = diagnostics["dH"]
        factor = exp_minus(dh.values)
        series["exp_minus_dH"] = Series("exp_minus_dH", dh.source, dh.trajectories, factor)
        probability = Series("acceptance_probability", dh.source, dh.trajectories, np.minimum(factor, 1.0))
        series.setdefault("acceptance_probability", probability)
    return series


def _judge_update(
    data: RunData, found: dict[str, Estimate], start: int, request: Request, training: Training | None
) -> list[Verdict | None]:
    """Verdicts from dH and accepted."""
    expected = None if training is None else training.expected_acceptance
    series = data.diagnostics.get("dH")
    dh, balance = np.empty(0), None
    if series is not None:
        dh = series.after(start).values
        bounded = Series("detailed_balance", series.source, series.trajectories, detailed_balance(series.values))
        balance = estimate(bounded, start, request.method)
    accepted = data.diagnostics["accepted"].after(start).values if "accepted" in data.diagnostics else np.empty(0)
    spread = float(dh.std(ddof=1)) if len(dh) > 1 else None
    return [
        judge_exp_minus_dh(found.get("exp_minus_dH"), spread, balance),
        judge_acceptance(
            found.get("accepted"),
            found.get("acceptance_probability"),
            accepted,
            data.physics.guided,
            expected,
            data.physics.integrated,
            data.physics.refreshed,
        ),
    ]
