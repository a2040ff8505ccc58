"""Curves between the points of a scan, by multi-histogram reweighting of the runs of one line of the grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import IntArray, Series, listing
from lqcdnn.analyze.estimate import Function, Method, mean_value
from lqcdnn.analyze.expression import Expression
from lqcdnn.analyze.reweight import ENOUGH, REFUSED, gauge_action
from lqcdnn.analyze.scan.fluctuations import Number
from lqcdnn.analyze.scan.multihistogram import Ensemble
from lqcdnn.analyze.scan.result import CurveSet, Overlap
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, FloatArray, gamma_method
from lqcdnn.config.grid import axis_values
from lqcdnn.config.language.expressions import Definition
from lqcdnn.errors import InputError

#: The key whose values curves run over, and its name in ``--reweight``.
KEY, NAME = "action.gauge.beta", "beta"
#: Most places of a curve.
PLACES = 2000
#: What is averaged, shape (n, k), and the function of the k mean values, at a coupling.
Content = Callable[[float], tuple[FloatArray, Function]]


@dataclass(frozen=True)
class Run:
    """One run of a line: its name, all its series after the cut, and its theory."""

    name: str
    series: Mapping[str, Series]
    physics: Physics


@dataclass(frozen=True)
class Curve:
    """A quantity at every coupling: runs and their trajectories, their ensemble, and what is averaged."""

    runs: Sequence[str]
    trajectories: Sequence[IntArray]
    ensemble: Ensemble
    content: Content

    def value(self, coupling: float) -> float:
        """The number at a coupling."""
        return self.ensemble.value(coupling, *self.content(coupling))

    def number(self, coupling: float) -> Number:
        """The same with its fluctuations in every run."""
        table, function = self.content(coupling)
        parts = self.ensemble.fluctuations(coupling, table, function)
        series = (Series(r, r, t, x) for r, t, x in zip(self.runs, self.trajectories, parts, strict=True))
        return Number(self.ensemble.value(coupling, table, function), dict(zip(self.runs, series, strict=True)))

    def width(self, coupling: float) -> float:
        """Change of the coupling over which the distribution of the action moves by its own width."""
        weights = self.ensemble.weights(coupling)
        mean = float(weights @ self.ensemble.energy)
        return 1.0 / math.sqrt(float(weights @ (self.ensemble.energy - mean) ** 2))

    def without(self, start: int, stop: int) -> Curve:
        """The curve of all but some consecutive configurations of one run."""
        whole: FloatArray | None = None
        part = np.empty((0, 0))

        def content(coupling: float) -> tuple[FloatArray, Function]:
            nonlocal whole, part
            table, function = self.content(coupling)
            if table is not whole:  # mostly it does not depend on the coupling
                whole, part = table, np.delete(table, np.s_[start:stop], axis=0)
            return part, function

        return Curve(self.runs, (), self.ensemble.without(start, stop), content)


def parse_places(texts: Sequence[str]) -> tuple[float, ...]:
    """Couplings of ``--reweight`` for a scan: ``beta=FROM:TO:STEP`` or ``beta=A,B,...``.

    Raises
    ------
    InputError
        Anything else, several options, or more than `PLACES` couplings.
    """
    hint = f"allowed for a scan: one {NAME}=FROM:TO:STEP or {NAME}=A,B,..."
    if len(texts) > 1:
        raise InputError("a scan is reweighted in one coupling", hint=hint)
    key, equals, text = (part.strip() for part in texts[0].partition("="))
    if key not in (NAME, KEY) or not equals or not text:
        raise InputError(f"--reweight {texts[0]}: a scan is reweighted in {NAME} alone", hint=hint)
    values = axis_values(text, f"--reweight {texts[0]}")
    try:
        found = tuple(sorted(map(float, values)))
    except ValueError:
        raise InputError(f"--reweight {texts[0]}: a value is not a number", hint=hint) from None
    if not all(math.isfinite(value) and value >= 0.0 for value in found) or len(set(found)) < len(found):
        raise InputError(f"--reweight {texts[0]}: couplings are different numbers of 0 or more", hint=hint)
    if len(found) > PLACES:
        raise InputError(f"--reweight {texts[0]}: {len(found)} values; allowed: {PLACES}")
    return found


class Line:
    """The runs of one line of the grid as one ensemble.

    Parameters
    ----------
    where
        Values of the keys that are fixed.
    runs
        At least one, of actions that differ in beta alone; one whose action was not measured is left out with a note.
    definitions
        Derived quantities by name.
    method
        How errors are found.
    notes
        Gets a sentence for whatever is left out.
    label
        Name of the coupling in the results: its short name in the grid.

    Raises
    ------
    InputError
        No run can be reweighted.
    """

    def __init__(
        self,
        where: Mapping[str, object],
        runs: Sequence[Run],
        definitions: Mapping[str, Definition],
        method: Method,
        notes: list[str],
        label: str = NAME,
    ) -> None:
        self.where, self.definitions, self.method = where, definitions, method
        self.notes, self.label = notes, label
        self._ensembles: dict[tuple[tuple[str, bytes], ...], Ensemble] = {}
        self._actions: dict[str, tuple[Series, float]] = {}
        self.runs: list[Run] = []
        reason: InputError | None = None
        for run in runs:
            try:
                action, beta = gauge_action(run.series, run.physics)
                if len(action) < MINIMUM_N:
                    raise InputError(f"fewer than {MINIMUM_N} measurements of the action")
            except InputError as error:
                notes.append(f"{run.name}: left out of the reweighting: {error.message}")
                reason = reason or error
                continue
            self._actions[run.name] = action, beta
            self.runs.append(run)
        self.runs.sort(key=lambda run: self._actions[run.name][1])
        if not self.runs:
            raise reason or InputError("no run can be reweighted")

    def curve(self, name: str) -> Curve:
        """A series or derived quantity along the line.

        Raises
        ------
        InputError
            No run has it.
        """
        used, tables, places = [], [], []
        reason: InputError | None = None
        for run in self.runs:
            try:
                trajectories, table = self._table(name, run, self._actions[run.name][1])
            except InputError as error:
                reason = reason or error
                continue
            common = np.intersect1d(trajectories, self._actions[run.name][0].trajectories)
            if len(common) >= MINIMUM_N:
                used.append(run)
                places.append(common)
                tables.append(table[np.isin(trajectories, common)])
        if not used:
            raise reason or InputError(f"{name} was measured too rarely")
        left = [run.name for run in self.runs if run not in used]
        if left:
            self.notes.append(f"{name}: its curve is made without {', '.join(left)}, where it was not measured")
        content = self._content(name, used, places, np.concatenate(tables))
        return Curve([run.name for run in used], places, self._ensemble(used, places), content)

    def curves(self, names: Sequence[str], places: Sequence[float]) -> CurveSet:
        """Quantities at given couplings, with errors, and how well the runs overlap.

        Raises
        ------
        InputError
            At a coupling the weights leave too few configurations.
        """
        every = self._ensemble(self.runs, [self._actions[run.name][0].trajectories for run in self.runs])
        effective = tuple(every.effective_number(beta) for beta in places)
        self._judge(places, effective)
        found: dict[str, tuple[tuple[float, float], ...]] = {}
        for name in names:
            try:
                found[name] = tuple(self._points(self.curve(name), places))
            except InputError as error:
                self.notes.append(f"{name} is left out of the curves: {error.message}")
        betas = [self._actions[run.name][1] for run in self.runs]
        overlaps = tuple(self._overlaps(every, betas))
        return CurveSet(self.where, self.label, tuple(places), found, tuple(betas), overlaps, effective)

    def _points(self, curve: Curve, places: Sequence[float]) -> Iterator[tuple[float, float]]:
        for beta in places:
            number = curve.number(beta)
            yield number.value, number.error(self.method)

    def _judge(self, places: Sequence[float], effective: Sequence[float]) -> None:
        bad = [beta for beta, number in zip(places, effective, strict=True) if number < REFUSED]
        if bad:
            ends = f"{bad[0]:g}" if len(bad) == 1 else f"{bad[0]:g} ... {bad[-1]:g}"
            raise InputError(
                f"at {NAME} = {ends} ({len(bad)} of {len(places)} places) the weights leave fewer than {REFUSED:.0f} "
                "independent configurations",
                hint="choose values nearer to those of the runs, or make runs there",
            )
        least = min(effective)
        if least < ENOUGH:
            beta = places[effective.index(least)]
            self.notes.append(
                f"at {NAME} = {beta:g} the weights leave {least:.0f} independent configurations: choose values nearer "
                "to those of the runs, or run longer"
            )

    def _overlaps(self, ensemble: Ensemble, betas: Sequence[float]) -> Iterator[Overlap]:
        for i in range(len(betas) - 1):
            share = ensemble.overlap(i, i + 1)
            shared = share * float(ensemble.counts[i : i + 2].min())
            if shared < REFUSED:
                self.notes.append(
                    f"the runs at {NAME} = {betas[i]:g} and {betas[i + 1]:g} hardly overlap ({share:.1%} of their "
                    f"distributions of the action, {shared:.1f} independent configurations): between them nothing "
                    "holds curves together, make a run there"
                )
            yield Overlap(betas[i], betas[i + 1], share, shared)

    def _table(self, name: str, run: Run, beta: float) -> tuple[IntArray, FloatArray]:
        """Trajectories and what is averaged there, for curves at beta."""
        if name in self.definitions:
            return self._expression(name, beta).table(run.series)
        if name not in run.series:
            raise InputError(f"no run has a series {name}", hint=f"series: {listing(run.series)}")
        series = run.series[name]
        return series.trajectories, series.values[:, None]

    def _expression(self, name: str, beta: float) -> Expression:
        """A definition; beta in it is where the curve is, not where the run was."""
        return Expression(self.definitions[name], {**self.runs[0].physics.constants, NAME: beta})

    def _content(self, name: str, runs: Sequence[Run], places: Sequence[IntArray], table: FloatArray) -> Content:
        if name not in self.definitions:
            return lambda beta: (table, mean_value)
        expression = self._expression(name, 0.0)
        if not expression.averages(NAME):
            return lambda beta: (table, expression.at(**{NAME: beta}))

        def at(beta: float) -> tuple[FloatArray, Function]:
            here = expression.at(**{NAME: beta})
            tables = []
            for run, common in zip(runs, places, strict=True):
                trajectories, values = here.table(run.series)
                tables.append(values[np.isin(trajectories, common)])
            return np.concatenate(tables), here

        return at

    def _ensemble(self, runs: Sequence[Run], places: Sequence[IntArray]) -> Ensemble:
        """The ensemble of the trajectories on which something was measured; remembered."""
        key = tuple((run.name, common.tobytes()) for run, common in zip(runs, places, strict=True))
        if key not in self._ensembles:
            energies, betas, inefficiencies = [], [], []
            for run, common in zip(runs, places, strict=True):
                action, beta = self._actions[run.name]
                values = action.values[np.isin(action.trajectories, common)]
                energies.append(values)
                betas.append(beta)
                tail = self.method.tau_exp / Series("", "", common, values).interval
                inefficiencies.append(2.0 * gamma_method(values, self.method.s, tail).tau_int)
            self._ensembles[key] = Ensemble(energies, betas, inefficiencies)
        return self._ensembles[key]
