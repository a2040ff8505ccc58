"""Quarks between fixed links at weak coupling: determinants in the classical field, and a chain that finds them."""

from math import pi

import numpy as np
import pytest
from builders import hamiltonian, one_level
from derivative import fourth_order
from reference import schroedinger_quarks as reference
from reference.oneloop import inverse_coupling

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings
from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import ValenceConfig
from lqcdnn.config.tables.schroedinger import standard_fields
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.schroedinger import classical_links, tree_level
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.hmc import HMC, State


def between(shape):
    """A lattice of SU(3) between the fields A."""
    return Lattice(shape, fixed=BoundaryFields(*standard_fields("SU(3)", None, None)))


def of_one_flavour(L, last, csw, theta):
    """What one massless flavour takes from 1/g^2 at one loop: (d/deta) ln |det D| / k in the classical field."""

    def logarithm(eta):
        return reference.classical_log_determinant(L, last, *standard_fields("SU(3)", eta, 0.0)[:2], csw, theta)

    return fourth_order(logarithm, 1e-2) / tree_level(between((L, L, L, last + 1)))


def test_determinant_momentum_by_momentum():
    z = classical_links(between((2, 2, 2, 4)))
    dense = np.linalg.slogdet(reference.matrix(z, 0.3, 1.5, (0.5, 0.5, 0.5, 0.0)))[1]
    angles = standard_fields("SU(3)", None, None)[:2]
    assert reference.classical_log_determinant(2, 3, *angles, 1.5, 0.5, 0.3) == pytest.approx(dense, rel=1e-12)


def test_one_loop_against_published_numbers():
    """-(1 / 12 pi^2) ln L + constant + 2 c_t^(1,1) / L + O(1/L^2) with c_sw = 1, theta = pi/5 (hep-lat/9508012)."""
    L = np.array([6, 8])
    found = np.array([of_one_flavour(k, k, 1.0, pi / 5) for k in L.tolist()])
    rest = found + np.log(L) / (12.0 * pi**2) - 2.0 * 0.019141 / L
    assert (rest * L**2) @ [-1.0, 1.0] / (L**2 @ [-1.0, 1.0]) == pytest.approx(-0.034665, abs=1e-4)


class Chain:
    """HMC of SU(3) with two clover quarks."""

    def __init__(self, shape, beta, csw, theta) -> None:
        self.group, self.lattice = group("SU(3)"), between(shape)
        gauge, angles, signs = GaugeAction(self.lattice, 3, beta), (*(theta,) * 3, 0.0), (1, 1, 1, 1)
        operator = WilsonOperator(self.lattice, 3, 0.125, signs, csw, theta=angles)
        field = PseudofermionField(operator.vector(), 0)
        quarks = PseudofermionAction(operator, field, SolverSettings(1e-10, 1e-8))
        self.hmc = HMC(hamiltonian(self, gauge, quarks), one_level("omelyan", 6, 0.5, "gauge", "fermion.1"))
        of = ValenceConfig(kind="wilson", mass=0.0, csw=csw, theta=angles, boundary=signs, flavors=2, r=1.0)
        options = observable("schroedinger", {"beta": beta, "quarks": ["sea"], "vectors": 1}, 4)
        self.measured = Measurements(self.lattice, self.group, {"schroedinger": options}, valence={"sea": of})

    def run(self, count, thermalization=100):
        """1/g^2 and exp(-dH) of each trajectory."""
        state, found = State(cold(self.lattice, self.group), 0, 77), []
        for k in range(count + thermalization):
            state, info = self.hmc.step(state)
            if k >= thermalization:
                record = self.measured.measure(state.U, Stream(77, k + 1))["schroedinger"]
                found.append((record["schroedinger_inverse_coupling"], np.exp(-info.dH)))
        return np.array(found).T


@pytest.mark.slow
def test_one_loop_at_weak_coupling():
    """1/g^2 = 1/g0^2 - m_1 - 2 q_1 + O(g0^2); with c_sw = 2 quarks take away half of what gluons do."""
    shape, beta, csw, theta = (2, 2, 2, 4), 60.0, 2.0, 0.6
    k = tree_level(between(shape))
    m1 = -inverse_coupling("SU(3)", shape, lambda eta: standard_fields("SU(3)", eta, None), k)
    q1 = of_one_flavour(2, 3, csw, theta)
    values, weights = Chain(shape, beta, csw, theta).run(3000)
    blocks = values[: len(values) // 25 * 25].reshape(25, -1).mean(axis=1)
    error = blocks.std(ddof=1) / 5.0
    found = beta / 6.0 - blocks.mean()
    assert error < 0.25 * abs(2.0 * q1)
    assert abs(found - m1 - 2.0 * q1) < 4.0 * error + 0.06 * (m1 + 2.0 * abs(q1))
    assert abs(weights.mean() - 1.0) < 5.0 * weights.std() / np.sqrt(len(weights) / 2.0)
