"""Polyakov loops in the action against exact sums over representations, and other loops by two algorithms.

Two-dimensional theory on a torus with a term of Polyakov loops in time: ``reference.exact.line_sums``.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from builders import Place
from reference.exact import mean_line, su2_line_sums, u1_line_sums, u1_plaquette

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.determinants import log_determinant_of
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State

LINE_SUMS = {"U(1)": u1_line_sums, "SU(2)": su2_line_sums}
SQUARE = (1, 1, 2, 2, -1, -1, -2, -2)


@dataclass(frozen=True)
class Theory:
    """Group, extents, beta, terms."""

    name: str
    shape: tuple[int, ...]
    beta: float
    terms: tuple

    def action(self):
        return GaugeAction(Lattice(self.shape), group(self.name).n, self.beta, terms=self.terms)

    def update(self, kind):
        action, own = self.action(), group(self.name)
        if kind == "heatbath":
            return HeatBath(action, own, "kennedy_pendleton" if own.special else "best_fisher", 1)
        integrator = Integrator((Level(omelyan(), 5, ("gauge",)),), 1.0)
        return HMC(Hamiltonian(action.lattice, own, [action]), integrator)

    def mean(self, kind, measured, steps, seed=3):
        """Mean of Re tr W/N over a class of loops, and its error."""
        update = self.update(kind)
        state, found = State(cold(update.lattice, update.group), 0, seed), []
        loops = GaugeAction(update.lattice, update.group.n, 0.0, terms=[(measured, 1.0)])
        count = count_of(measured, self.shape)
        for k in range(steps + steps // 10):
            state, _info = update.step(state)
            if k >= steps // 10:
                found.append(1.0 - loops.value(state.U) / count)
        result = gamma_method(np.array(found))
        return result.mean, result.error


def count_of(loops, shape):
    """Of Polyakov loops in time, of plaquettes, or of squares of two links a side."""
    volume, d = int(np.prod(shape)), len(shape)
    return volume // shape[-1] if loops == "polyakov_time" else volume * d * (d - 1) // 2


def assert_agree(found, expected, most):
    """Within four errors, which are below ``most``."""
    (a, e), (b, f) = found, expected
    error = np.hypot(e, f)
    assert error < most
    assert abs(a - b) < 4.0 * error


@pytest.mark.parametrize("beta", [0.4, 2.0])
def test_the_exact_sums(beta):
    """Without plaquettes lines are free; without lines the plaquette is that of the character expansion."""
    theta = np.linspace(0.0, np.pi, 20001)
    for sums, weight in ((u1_line_sums, 1.0), (su2_line_sums, np.sin(theta) ** 2)):
        free = weight * np.exp(0.7 * np.cos(theta))
        expected = np.trapezoid(free * np.cos(theta), theta) / np.trapezoid(free, theta)
        assert mean_line(sums, 1e-3, 0.7, 4, 6) == pytest.approx(expected, abs=1e-6)
    # U(1) with h = 0: sum_q I_q^V, with I_0 = 1 at the largest coefficient divided out
    step = 1e-5
    up, down = (u1_line_sums(b, 1e-9, 3, 4) + 12 * np.log(np.i0(b)) for b in (beta + step, beta - step))
    assert (up - down) / (2 * step) / 12 == pytest.approx(u1_plaquette(beta, 12), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "kind", "steps", "most"),
    [
        pytest.param("U(1)", "heatbath", 4000, 0.01, marks=pytest.mark.slow),
        ("SU(2)", "heatbath", 4000, 0.01),
        pytest.param("U(1)", "hmc", 60000, 0.003, marks=pytest.mark.slow),
        pytest.param("SU(2)", "hmc", 60000, 0.003, marks=pytest.mark.slow),
        pytest.param("U(1)", "heatbath", 100000, 0.003, marks=pytest.mark.slow),
        pytest.param("SU(2)", "heatbath", 100000, 0.003, marks=pytest.mark.slow),
    ],
)
def test_polyakov_loops_in_two_dimensions(name, kind, steps, most):
    beta, h, shape = {"U(1)": 1.5, "SU(2)": 8.0}[name], 0.6, (8, 4)
    exact = mean_line(LINE_SUMS[name], beta, h, shape[1], shape[0])
    assert abs(exact - mean_line(LINE_SUMS[name], 1e-3, h, shape[1], shape[0])) > 5 * most  # not those of free lines
    found = Theory(name, shape, beta, (("polyakov_time", h),)).mean(kind, "polyakov_time", steps)
    assert_agree(found, (exact, 0.0), most)


@pytest.mark.slow
@pytest.mark.parametrize(
    "theory",
    [
        Theory("SU(2)", (4, 4, 4), 2.0, (("chair", 0.1), ("polyakov_space", -0.3))),
        Theory("SU(3)", (4, 4, 4), 4.0, (("rectangle", 0.4), (SQUARE, 0.5))),
        Theory("U(1)", (6, 6), 1.0, ((SQUARE, 0.5), ((1, 1, 1, 2, -1, -1, 2, -1, -2, -2), 0.2))),
    ],
    ids=str,
)
def test_heat_bath_and_hmc(theory):
    means = [theory.mean(kind, "plaquette", 6000) for kind in ("heatbath", "hmc")]
    assert_agree(*means, 0.004)
    without = Theory(theory.name, theory.shape, theory.beta, (("plaquette", 0.0),)).mean("heatbath", "plaquette", 2000)
    assert abs(without[0] - means[0][0]) > 5 * np.hypot(without[1], means[0][1])


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "flavor"), [((4, 4, 4, 2), 4.0), ((4, 2), 2.0)])
def test_heavy_quarks_are_a_term_of_polyakov_loops(shape, flavor):
    """-ln det of two Wilson flavours is 2 * 4 N (2 kappa)^Nt sum (1 - Re tr L/N), half of it in d = 2."""
    kappa, found = 0.005, []
    for seed in (1, 2):
        p = Place("SU(2)", shape, seed=seed)
        operator = WilsonOperator(p.lattice, p.n, kappa, p.antiperiodic())
        operator.set_links(p.U)
        lines = GaugeAction(p.lattice, p.n, 0.0, terms=[("polyakov_time", flavor * p.n * (2.0 * kappa) ** shape[-1])])
        found.append((-log_determinant_of(operator), 2.0 * lines.value(p.U)))
    (a, x), (b, y) = found
    assert a - b == pytest.approx(x - y, rel=1e-3)
