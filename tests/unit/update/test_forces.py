"""The loss of forces: its equations, a fit that must be exact, the variance of dH that it promises."""

from dataclasses import replace

import numpy as np
import pytest

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.config import load_text
from lqcdnn.errors import NumericalError
from lqcdnn.fields import gauge
from lqcdnn.fields.algebra import gaussian_momenta, kinetic_energy
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.kernels import links as kernels
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.optimizers import SGD, LeastSquares
from lqcdnn.update import forces
from lqcdnn.update.fitted import Couplings
from lqcdnn.update.training import Trainer

SU2, LATTICE = group("SU(2)"), Lattice((4, 4, 4))

INPUT = """
lattice = {shape = [4, 2, 2, 4], group = "SU(2)"}
run = {name = "one", trajectories = 0}
action.gauge.beta = 2.0
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[[guide.fermion]]
mass = 0.6
coefficient = 1.0
links = "net"
[[network.net.layer]]
loops = ["plaquette", "polyakov_time"]
initial = [0.05, 0.02]
[train]
network = "net"
couplings = ["beta", "fermion.1"]
trajectories = 1
rate = 1.0
loss = "force"
"""


def gauge_trainer(optimizer):
    def hamiltonian(beta, *coefficients):
        terms = list(zip(("chair", "polyakov_time"), coefficients, strict=True))
        return Hamiltonian(LATTICE, SU2, [GaugeAction(LATTICE, 2, beta, -0.1, terms)])

    guide = hamiltonian(1.5, 0.0, 0.1)
    names = ("beta", "term.2", "term.1")
    exact = hamiltonian(2.0, 0.3, -0.2)
    return Trainer(exact, guide, None, optimizer, couplings=Couplings(guide, names), by_forces=True)


@pytest.fixture(scope="module")
def trainer():
    sim = build(load_text(INPUT))
    return Trainer(*sim.compared, sim.networks["net"], SGD(1.0), 1, sim.couplings, by_forces=True)


@pytest.fixture
def U(trainer):
    links = gauge.hot(trainer.exact.lattice, SU2, 5)
    trainer.exact.draw(links, Stream(1, 0))
    return links


def test_one_sample_finds_the_action_where_the_guide_can_be_it():
    one = gauge_trainer(LeastSquares(1e9, longest=np.inf))
    one.sample(gauge.hot(LATTICE, SU2, 1), Stream(1, 1))
    assert one.theta == pytest.approx([2.0, -0.2, 0.3], abs=1e-6)
    last = one.sample(gauge.hot(LATTICE, SU2, 9), Stream(1, 9))
    assert last.loss < 1e-10
    assert abs(last.difference) < 1e-5


def test_gradient_and_curvature_are_those_of_the_loss(trainer, U):
    """Of weights and couplings together; the curvature is Gauss and Newton's, without second derivatives."""
    theta, equations = trainer.theta, trainer.evaluate(U).equations
    columns = trainer.forces.derivatives(U)
    curvature = [[trainer.forces.product(x, y) for y in columns] for x in columns]
    np.testing.assert_allclose(equations[:, :-1].T @ equations[:, :-1], curvature, rtol=1e-8)
    numeric = []
    for step in 1e-3 * np.eye(theta.size):
        ends = []
        for k in (1.0, -1.0):
            trainer.theta = theta + k * step
            ends.append(trainer.evaluate(U).loss)
        numeric.append((ends[0] - ends[1]) / 2e-3)
    trainer.theta = theta
    np.testing.assert_allclose(trainer.optimizer.keep(equations), numeric, rtol=1e-3)


def test_dH_of_a_short_trajectory_has_the_variance_of_the_loss(trainer, U):
    """To first order in its length dH is -tau p (F - F_theta), whatever the momenta."""
    exact, guide, tau = trainer.exact, trainer.guide, 1e-3
    P = gaussian_momenta(exact.lattice, SU2, Stream(2, 0))
    expected = tau * trainer.forces.product(P, trainer.forces.missing(U))
    before = kinetic_energy(exact.lattice, SU2, P) + sum(exact.potential(U).values())
    guide.kick(P, U, guide.names, 0.5 * tau)
    there = scratch(U)
    kernels.update_links(there, U, P, tau)
    guide.kick(P, there, guide.names, 0.5 * tau)
    after = kinetic_energy(exact.lattice, SU2, P) + sum(exact.potential(there).values())
    assert after - before == pytest.approx(expected, rel=0.02)
    assert trainer.forces.product(P, P) / (3 * 4 * exact.lattice.volume) == pytest.approx(1.0, abs=0.2)


def test_derivatives_of_forces_are_checked(trainer, U, monkeypatch):
    assert trainer.forces.deviation(U) < 1e-4
    assert trainer.check_gradient(U, Stream(1, 0)) < 1e-4
    slope = forces._slope
    monkeypatch.setattr(forces, "_slope", lambda *where: 1.002 * slope(*where))
    with pytest.raises(NumericalError, match=r"dF/dtheta deviates .* allowed 1e-03"):
        trainer.check_gradient(U, Stream(1, 0))


def beta_trainer():
    """Of a guide that is the action."""
    exact, guide = (Hamiltonian(LATTICE, SU2, [GaugeAction(LATTICE, 2, 2.0)]) for _ in range(2))
    return Trainer(exact, guide, None, SGD(1.0), couplings=Couplings(guide, ("beta",)), by_forces=True)


def test_derivatives_are_checked_where_the_guide_is_the_action(monkeypatch):
    trainer, links = beta_trainer(), gauge.hot(LATTICE, SU2, 5)
    assert trainer.check_gradient(links, Stream(1, 0)) < 1e-6
    monkeypatch.setattr(forces, "_slope", lambda *where: np.array([np.nan]))
    with pytest.raises(NumericalError, match="nan"):
        trainer.check_gradient(links, Stream(1, 0))


def test_derivatives_may_be_small_along_the_difference_of_forces(monkeypatch):
    compared, links = beta_trainer().forces, gauge.hot(LATTICE, SU2, 5)
    (J,), across = compared.derivatives(links), gaussian_momenta(LATTICE, SU2, Stream(3, 0))
    across["c"] -= compared.product(across, J) / compared.product(J, J) * J["c"]
    monkeypatch.setattr(compared, "missing", lambda U: across)
    assert compared.deviation(links) < 1e-6


def test_loose_solves_of_molecular_dynamics_do_not_reach_the_training(U, trainer):
    """The guide's solver stops early in trajectories, and still does after a training that does not know of it."""
    (fermion,) = (term.action.action for term in trainer.guide.terms if term.name == "fermion.1")
    usual, right = fermion.settings, trainer.evaluate(U).equations
    fermion.settings = replace(usual, md_tolerance=1e-2)
    try:
        np.testing.assert_allclose(trainer.evaluate(U).equations, right, rtol=1e-4, atol=1e-4 * np.abs(right).max())
        assert trainer.forces.deviation(U) < 1e-4
        assert fermion.settings.md_tolerance == 1e-2
    finally:
        fermion.settings = usual


def test_a_column_that_follows_from_others():
    columns = np.random.default_rng(1).normal(size=(7, 3)) @ np.array([[1.0, 0, 0, 1], [0, 2, 0, 1], [0, 0, 0, 1]])
    R = forces.triangle(columns.T @ columns)
    np.testing.assert_allclose(R.T @ R, columns.T @ columns, atol=1e-12)
    assert not R[2].any()


@pytest.mark.slow
def test_forces_of_fat_links_bend_more():
    text = INPUT.replace("[4, 2, 2, 4]", "[4, 4, 4, 4]").replace("mass = 0.5", 'mass = 0.5\nimprovement = "hisq"')
    sim = build(load_text(text))
    found = Trainer(*sim.compared, sim.networks["net"], SGD(1.0), 1, sim.couplings, by_forces=True)
    assert found.check_gradient(gauge.hot(sim.lattice, SU2, 3), Stream(3, 0)) < 5e-4
