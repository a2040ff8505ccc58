r"""Density of states of a run with windows of the plaquette: slopes, canonical averages, two phases (physics.md 37).

Each trajectory gives in the window k, whose slope a_k stays as it is,

.. math::
    s_k = a_k + (P_k - c_k)/\mathrm{var}_k,

and the mean of s_k is the slope after one more step of Newton and Raphson, whatever a_k the run, or each of several
runs, has come to.  Everything else is a function of these means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.analyze.data.rundata import WINDOW_SLOPES, WINDOW_VARIABLES, Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.density import Density, Mesh, differentiated, mesh_of, solve
from lqcdnn.analyze.estimate import Method, Sample, function_estimate
from lqcdnn.analyze.result import Estimate, Fit, FitPicture, Verdict
from lqcdnn.analyze.reweight import Target
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.counts import counted
from lqcdnn.errors import InputError

#: Fewer trajectories with constant slopes say nothing.
MINIMUM = 20
#: Part of an ensemble that may lie beyond the outermost centres.
MISSING = 1e-3
#: Couplings that are tried to say where ensembles lie within the windows.
TRIED = 400
#: Means of windows farther off their centres, in units of the width, are no small correction.
FAR = 0.5
#: What the spline may leave of the slopes, in units of their errors: root of chi^2 for each degree of freedom.
MISFIT = 2.0


def has_windows(replicas: Sequence[Mapping[str, Series]]) -> bool:
    """Whether all that is analysed was sampled in windows."""
    return all(f"{WINDOW_VARIABLES}1" in one for one in replicas)


@dataclass(frozen=True)
class Found:
    """What windows tell: averages, the density, a verdict, notes, and to which coupling averages belong."""

    derived: tuple[Estimate, ...]
    fits: tuple[Fit, ...]
    verdict: Verdict
    notes: tuple[str, ...] = ()
    reweighted: tuple[str, ...] = ()


class _Windows:
    """Samples of the slopes, and the density as a function of their means."""

    def __init__(self, replicas: Sequence[Mapping[str, Series]], physics: Physics) -> None:
        assert physics.windows is not None
        centres, width, _ = physics.windows
        self.mesh: Mesh = mesh_of(np.array(centres), width)
        names = range(1, len(centres) + 1)
        plaquettes = [np.stack([one[f"{WINDOW_VARIABLES}{k}"].values for k in names], axis=1) for one in replicas]
        slopes = [np.stack([one[f"{WINDOW_SLOPES}{k}"].values for k in names], axis=1) for one in replicas]
        count = sum(map(len, plaquettes))
        squares = sum(((one - one.mean(axis=0)) ** 2).sum(axis=0) for one in plaquettes if len(one))
        self.variance: FloatArray = np.asarray(squares) / max(count, 1)
        self.count, self.samples = count, list[Sample]()
        self.first = np.concatenate(slopes)
        if count >= MINIMUM and not self.variance.all():
            raise InputError("the plaquette of a window does not change: no trajectory was accepted there")
        for one, a, series in zip(plaquettes, slopes, replicas, strict=True):
            moved = a + (one - self.mesh.centres) / self.variance if count >= MINIMUM else a
            self.samples.append(Sample(series[f"{WINDOW_VARIABLES}1"].trajectories, moved))
        self._known: dict[bytes, Density] = {}
        self._phases: dict[bytes, dict[str, Dual]] = {}
        self._middle: Density | None = None

    @property
    def means(self) -> FloatArray:
        """Mean slopes."""
        found: FloatArray = np.concatenate([sample.table for sample in self.samples]).mean(axis=0)
        return found

    def at(self, slopes: FloatArray) -> Density:
        """The density of these slopes."""
        key = slopes.tobytes()
        if key not in self._known:
            self._known[key] = solve(self.mesh, slopes, self._middle)
        self._middle = self._middle or self._known[key]
        return self._known[key]

    def phases(self, found: Density) -> dict[str, Dual]:
        """Of two phases of the same weight what `differentiated` finds."""
        key = found.slopes.tobytes()
        if key not in self._phases:
            self._phases[key] = differentiated(found)
        return self._phases[key]

    def estimate(self, name: str, text: str, function: Callable[[Density], Dual], method: Method) -> Estimate:
        """A function of the density with its errors."""
        return function_estimate(name, "derived", text, self.samples, lambda y: function(self.at(y)), method)


def density_of_states(
    replicas: Sequence[Mapping[str, Series]], physics: Physics, targets: Sequence[Target], method: Method
) -> Found:
    """Everything that windows tell, at the coupling of the run or at another one.

    Parameters
    ----------
    replicas
        All series by name, those of windows after the slopes have been found.
    physics
        Of the run; it has windows.
    targets
        None, or another beta.
    method
        How errors are found.

    Raises
    ------
    InputError
        Another target, one without trajectories enough, or a beta whose ensemble the windows do not hold.
    """
    plaquettes = math.prod(physics.shape) * math.comb(len(physics.shape), 2)
    beta = _beta(targets, physics)
    windows = _Windows(replicas, physics)
    if windows.count < MINIMUM:
        sentence = f"only {counted(windows.count, 'trajectory')} with slopes that stay as they are, after the cut"
        return Found((), (), Verdict("windows", "unknown", sentence, "run longer"))
    middle, tilt, notes = windows.at(windows.means), 0.0, []
    if beta is not None and physics.beta is not None:
        tilt = plaquettes * (beta - physics.beta)
    found: list[Estimate] = []
    missing = middle.missing(tilt)
    if missing > MISSING:
        said = _refusal(middle, physics, plaquettes, physics.beta if beta is None else beta, missing)
        if beta is not None:
            raise InputError(*said)
        notes.append(f"no averages: {said[0]}; {said[1]}")
    else:
        found += _averages(windows, plaquettes, tilt, method)
        if tilt:
            found.append(windows.estimate(
                "ln_z", f"ln Z({beta:g}) - ln Z({physics.beta:g})", lambda one: _partition(one, tilt), method
            ))  # fmt: skip
    if physics.plaquettes_alone and physics.beta is not None and windows.phases(middle):
        try:
            found += _transition(windows, plaquettes, physics.beta, replace(method, second=False))
        except InputError as error:
            notes.append(error.message)
    verdict = _judged(windows, None if missing > MISSING else missing)
    fits = _density_fits(windows, plaquettes, replace(method, second=False))
    return Found(tuple(found), fits, verdict, tuple(notes), () if beta is None else (f"beta = {beta:g}",))


def _beta(targets: Sequence[Target], physics: Physics) -> float | None:
    """The coupling to go to."""
    for target in targets:
        if target.key != "beta" or len(targets) > 1:
            raise InputError(f"a density of states of the plaquette leads to no {target}", hint="allowed: beta=VALUE")
        if not physics.plaquettes_alone or physics.beta is None:
            raise InputError(
                "a density of states of the plaquette leads to another beta of an action of plaquettes alone",
                hint='action.gauge.kind = "wilson" without further terms; this run tells of its own coupling',
            )
        return target.value
    return None


def _refusal(
    found: Density, physics: Physics, plaquettes: int, beta: float | None, missing: float
) -> tuple[str, str]:
    """Why an ensemble has no averages, and which ones have."""
    where = "this action" if beta is None else f"beta = {beta:g}"
    part = "more than half" if missing > 0.5 else f"{missing:.2g}"
    text = f"{part} of the ensemble of {where} lies beyond the windows, more than {MISSING:g}"
    if not physics.plaquettes_alone or physics.beta is None:
        return text, "a wider update.llr.range holds it"
    tilts = np.linspace(-found.values.max(), -found.values.min(), TRIED)
    held = [tilt for tilt in tilts if found.missing(float(tilt)) <= MISSING]
    known = [physics.beta + tilt / plaquettes for tilt in held]
    if not known:
        return text, "no beta has one within them; a wider update.llr.range has"
    inside = f"those of beta = {known[0]:.6g} to {known[-1]:.6g} lie inside"
    return text, f"{inside}; --reweight beta=VALUE goes there, a wider update.llr.range has more"


def _averages(windows: _Windows, plaquettes: int, tilt: float, method: Method) -> list[Estimate]:
    """Mean plaquette, its susceptibility and its Binder cumulant."""

    def mean(one: Density) -> Dual:
        return Dual(*one.moments(tilt)[0])

    def susceptibility(one: Density) -> Dual:
        (first, of_first), (second, of_second), _ = one.moments(tilt)
        value, gradient = second - first * first, of_second - 2.0 * first * of_first
        return Dual(plaquettes * value, plaquettes * gradient)

    def binder(one: Density) -> Dual:
        _, (second, of_second), (fourth, of_fourth) = one.moments(tilt)
        part = fourth / (3.0 * second * second)
        return Dual(1.0 - part, -part * (of_fourth / fourth - 2.0 * of_second / second))

    return [
        windows.estimate("plaquette", "mean of P", mean, method),
        windows.estimate("susceptibility", "plaquettes * (mean(P^2) - mean(P)^2)", susceptibility, method),
        windows.estimate("binder", "1 - mean(P^4) / (3 mean(P^2)^2)", binder, method),
    ]


def _partition(found: Density, tilt: float) -> Dual:
    """ln Z at another beta over Z: the action is beta times plaquettes * (1 - P)."""
    ratio = found.log_integral(tilt)
    return Dual(ratio.value - tilt, ratio.gradient)


def _transition(windows: _Windows, plaquettes: int, beta: float, method: Method) -> list[Estimate]:
    """Coupling where two phases have the same weight, gap of their plaquettes, and barrier.

    Raises
    ------
    InputError
        Where one of several runs has no two phases.
    """

    def part(name: str) -> Callable[[Density], Dual]:
        def value(one: Density) -> Dual:
            found = windows.phases(one).get(name)
            if found is None:
                raise InputError("beta_c, gap, barrier are left out: not each run by itself has two phases")
            return found

        return value

    def critical(one: Density) -> Dual:
        tilt = part("tilt")(one)
        return Dual(beta + tilt.value / plaquettes, tilt.gradient / plaquettes)

    text = "of two phases of the same weight"
    return [
        windows.estimate("beta_c", f"coupling {text}", critical, method),
        windows.estimate("gap", f"difference of the plaquettes {text}", part("gap"), method),
        windows.estimate("barrier", f"ln(peak / minimum) {text}", part("barrier"), method),
    ]


def _density_fits(windows: _Windows, plaquettes: int, method: Method) -> tuple[Fit, ...]:
    """d ln rho/dP for each plaquette of the lattice, and ln rho, at the centres."""
    mesh, middle = windows.mesh, windows.at(windows.means)
    inside = mesh.inside
    kinds = {
        "slope": ("d ln rho/dP / plaquettes", mesh.slope_at / plaquettes, mesh.slope[inside] / plaquettes),
        "ln_rho": ("ln rho(P) - ln rho of the first", mesh.log_at, mesh.log[inside]),
    }
    fits = []
    for name, (label, rows, curve) in kinds.items():
        estimates = []
        for k, row in enumerate(rows):
            if not row.any():
                continue

            def value(one: Density, row: FloatArray = row) -> Dual:
                return Dual(float(row @ one.values), row @ one.response)

            estimates.append(windows.estimate(f"{name}.{k + 1}", f"at P = {mesh.centres[k]:.6g}", value, method))
        x = mesh.centres[[k for k, row in enumerate(rows) if row.any()]]
        y = np.array([one.mean for one in estimates])
        errors = np.array([one.error if one.error is not None else math.nan for one in estimates])
        picture = FitPicture("P", label, x, y, errors, mesh.points[inside], curve @ middle.values, dimensionless=True)
        fits.append(Fit(name, f"{label}, at the centres of the windows", tuple(estimates), picture=picture))
    return tuple(fits)


def _judged(windows: _Windows, missing: float | None) -> Verdict:
    """Were the slopes found well enough that what is left is a small correction?"""
    estimates = [
        function_estimate("s", "derived", "", windows.samples, _component(k), Method(second=False))
        for k in range(len(windows.mesh.centres))
    ]
    offsets = np.array([one.mean or 0.0 for one in estimates]) - windows.first.mean(axis=0)
    errors = np.array([one.error or math.nan for one in estimates])
    far = float(np.abs(offsets * windows.variance).max()) / windows.mesh.width
    knots, count = len(windows.mesh.slope_at.T), len(errors)
    left = windows.at(windows.means).residual / errors
    misfit = math.sqrt(float(left @ left) / max(1, count - knots))
    sentence = f"slopes of Robbins-Monro are off those of the samples by {_root_mean_square(offsets / errors):.2f} "
    sentence += f"errors (root mean square of {counted(count, 'window')}), means of windows off their centres by "
    sentence += f"up to {far:.2g} widths; "
    sentence += f"{knots} knots leave {misfit:.2f} errors" if count > knots else f"{knots} knots leave nothing"
    sentence += "" if missing is None else f"; {missing:.1g} of the ensemble is beyond the windows"
    if far > FAR:
        advice = "more changes of the slopes (update.llr.newton, robbins_monro), or with more trajectories each"
        return Verdict("windows", "warn", sentence, advice)
    if misfit > MISFIT:
        return Verdict("windows", "warn", sentence, "more and narrower windows: ln rho is no spline of so few knots")
    return Verdict("windows", "ok", sentence)


def _root_mean_square(numbers: FloatArray) -> float:
    return float(np.sqrt(np.mean(numbers**2)))


def _component(k: int) -> Callable[[FloatArray], Dual]:
    def value(means: FloatArray) -> Dual:
        gradient = np.zeros(len(means))
        gradient[k] = 1.0
        return Dual(float(means[k]), gradient)

    return value
