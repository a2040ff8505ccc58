"""Chains between fixed links: exact derivatives in two dimensions, one loop in four, HMC and heat bath."""

import math
from math import pi

import numpy as np
import pytest
from averages import mean_and_error
from builders import GaugeUpdates
from reference import schroedinger as reference
from reference.oneloop import inverse_coupling

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config import observable
from lqcdnn.config.tables.schroedinger import standard_fields
from lqcdnn.fields.gauge import cold, hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.schroedinger import tree_level
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.hmc import State


class Chain(GaugeUpdates):
    """Updates of a pure gauge theory between fixed links."""

    def __init__(self, name, shape, beta, ct=1.0, angles=None) -> None:
        self.group, self.beta, self.ct = group(name), beta, ct
        none = (0.0,) * self.group.n
        self.angles = angles or reference.ANGLES[self.group.n]
        self.lattice = Lattice(shape, fixed=BoundaryFields(*self.angles, none, none))
        self.action = GaugeAction(self.lattice, self.group.n, beta, ct=ct)
        options = observable("schroedinger", {"beta": beta, "ct": ct}, self.lattice.d)
        self.measured = Measurements(self.lattice, self.group, {"schroedinger": options})

    def derivative(self, kind, count, thermalization=100, start="hot"):
        """Mean and error of dS/deta, and of exp(-dH), of a heat bath of S."""
        U = hot(self.lattice, self.group, 5) if start == "hot" else cold(self.lattice, self.group)
        update, state, found, weights = (self.hmc() if kind == "hmc" else self.heat_bath(1)), State(U, 0, 77), [], []
        for k in range(count + thermalization):
            state, info = update.step(state)
            if k >= thermalization:
                record = self.measured.measure(state.U, Stream(77, k + 1))["schroedinger"]
                found.append(record["schroedinger_derivative"])
                weights.append(math.exp(-info.dH) if kind == "hmc" else info.action)
        return *mean_and_error(found), *mean_and_error(weights)


PLANES = [("U(1)", 8.0, 1.0), ("U(1)", 8.0, 0.7), ("SU(2)", 16.0, 1.0), ("SU(2)", 16.0, 1.4)]
"""Chains of U(1) start cold: sectors other than that of the classical field weigh less than 1e-3, and never change."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hmc", "heatbath"])
@pytest.mark.parametrize(("name", "beta", "ct"), PLANES)
def test_exact_derivatives_of_two_dimensions(name, beta, ct, kind):
    chain = Chain(name, (4, 4), beta, ct)
    n = chain.group.n
    expected, other = (reference.plane_derivative(n, beta, c, (4, 4), *reference.ANGLES[n]) for c in (ct, 1.15))
    mean, error, weight, scatter = chain.derivative(kind, 20000 if kind == "heatbath" else 8000, start="cold")
    assert error < 0.06 * abs(expected)
    assert abs(mean - expected) < 5.0 * error
    assert kind == "hmc" or abs(other - expected) > 3.0 * error  # c_t matters
    assert kind == "heatbath" or abs(weight - 1.0) < 5.0 * scatter


def test_exact_derivative_of_two_dimensions_of_a_short_chain():
    expected = reference.plane_derivative(1, 20.0, 1.0, (4, 8), *reference.ANGLES[1])
    mean, error, _, _ = Chain("U(1)", (4, 8), 20.0).derivative("heatbath", 1500, start="cold")
    assert error < 0.1 * abs(expected)
    assert abs(mean - expected) < 5.0 * error


@pytest.mark.slow
@pytest.mark.parametrize(("name", "beta", "ct"), [("SU(2)", 2.6, 0.9), ("SU(3)", 6.5, 0.92)])
def test_heat_bath_and_hmc_agree(name, beta, ct):
    chain = Chain(name, (4, 4, 4, 4), beta, ct)
    a, da, _, _ = chain.derivative("heatbath", 3000)
    b, db, weight, scatter = chain.derivative("hmc", 2000)
    assert abs(a - b) < 5.0 * math.hypot(da, db)
    assert max(da, db) < 0.1 * abs(tree_level(chain.lattice)) * beta / (2 * chain.group.n)
    assert abs(weight - 1.0) < 5.0 * scatter


def one_loop(name, shape):
    """-m_1 on a lattice."""

    def angles(eta):
        return standard_fields(name, eta + (pi / 4 if name == "SU(2)" else 0.0), None)

    return inverse_coupling(name, shape, angles, tree_level(Lattice(shape, fixed=BoundaryFields(*angles(0.0)))))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "beta"), [("SU(2)", 40.0), ("SU(3)", 60.0)])
def test_one_loop_at_weak_coupling(name, beta):
    """1/g^2 = 1/g0^2 - m_1 - m_2' g0^2: at these beta the next order is some per cent of m_1."""
    shape = (2, 2, 2, 4)
    chain = Chain(name, shape, beta)
    k, m1 = tree_level(chain.lattice), -one_loop(name, shape)
    mean, error, action, scatter = chain.derivative("heatbath", 40000, start="cold")
    found = chain.beta / (2 * chain.group.n) - mean / k
    assert error / abs(k) < 0.04 * m1
    assert abs(found - m1) < 5.0 * error / abs(k) + 0.06 * m1
    n, (L, *_, slices) = chain.group.n, shape
    modes = (3 * (slices - 2) + 1) * L**3 * (n * n - 1) - (n - 1)  # each has 1/2 of S, but for some per cent, too
    classical = reference.classical(beta, n, shape, *chain.angles[:2])
    assert action - classical == pytest.approx(0.5 * modes, rel=0.03)
    assert scatter < 0.003 * modes


@pytest.mark.slow
@pytest.mark.parametrize(("name", "constant", "ct"), [("SU(2)", 0.20236, -0.0543), ("SU(3)", 0.36828, -0.0890)])
def test_one_loop_against_published_numbers(name, constant, ct):
    """m_1 = 2 b_0 ln L + constant + 2 c_t^(1) / L + O(1/L^2) without c_t (hep-lat/9207010, hep-lat/9309005)."""
    n, L = int(name[3]), np.array([4, 6])
    m1 = np.array([-one_loop(name, (k, k, k, k + 1)) for k in L.tolist()])
    rest = m1 - 22.0 * n / (48.0 * pi**2) * np.log(L) - 2.0 * ct / L
    found = (rest * L**2) @ [-1.0, 1.0] / (L**2 @ [-1.0, 1.0])
    assert found == pytest.approx(constant, abs=2e-3)
