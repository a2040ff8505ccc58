"""Chains where time is open: exact plaquettes and charges in two dimensions, HMC and heat bath, a mirror in time."""

import math

import numpy as np
import pytest
from averages import mean_and_error
from builders import GaugeUpdates, Place, hamiltonian, one_level
from reference import opentime as reference
from reference import staggered, wilson
from reference.exact import bessel_i

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.opentime import to_user
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC, State

pytestmark = pytest.mark.slow


class Chain(GaugeUpdates):
    """Updates of a pure gauge theory with open time."""

    def __init__(self, name, shape, beta, c1=0.0) -> None:
        self.group, self.lattice = group(name), Lattice(shape, open_time=True)
        self.action = GaugeAction(self.lattice, self.group.n, beta, c1)

    def run(self, kind, count, observe, thermalization=100):
        """Values of ``observe`` on the links in user layout, and exp(-dH)."""
        update, found, weights = self.hmc() if kind == "hmc" else self.heat_bath(1), [], []
        state = State(hot(self.lattice, self.group, 5), 0, 77)
        for k in range(count + thermalization):
            state, info = update.step(state)
            if k >= thermalization:
                found.append(observe(to_user(self.lattice, state.U)))
                weights.append(math.exp(-getattr(info, "dH", 0.0)))
        return mean_and_error(found), mean_and_error(weights)


def plaquettes(z):
    """Re tr P / N of two dimensions at each time between slices, [t]."""
    return reference.traces(z, (1, 2, -1, -2))[0][:, :-1].mean(axis=0)


@pytest.mark.parametrize("kind", ["hmc", "heatbath"])
@pytest.mark.parametrize(("name", "beta"), [("U(1)", 2.0), ("SU(2)", 2.5)])
def test_exact_plaquettes_of_two_dimensions(name, beta, kind):
    """Nothing winds around time, so plaquettes are independent: I_1 / I_0 of U(1), I_2 / I_1 of SU(2), everywhere."""
    first = 0 if name == "U(1)" else 1
    below, above = bessel_i([first, first + 1], beta)
    (found, error), (weight, scatter) = Chain(name, (4, 8), beta).run(kind, 10000, plaquettes)
    assert error.max() < 0.01
    assert np.abs((found - above / below) / error).max() < 4.0
    assert kind == "heatbath" or abs(weight - 1.0) < 4.0 * scatter + 1e-12


def test_exact_charge_of_two_dimensions():
    """Q is a sum of independent plaquette angles: <Q^2> = number of plaquettes times <theta^2> / (2 pi)^2."""
    beta, shape = 5.0, (4, 8)
    theta = np.linspace(-np.pi, np.pi, 4001)
    weight = np.exp(beta * (np.cos(theta) - 1.0))
    expected = 28 * (weight * theta**2).sum() / weight.sum() / (2.0 * np.pi) ** 2

    def charge(z):
        return np.angle(reference.transport(z, (1, 2, -1, -2))[:, :-1, 0, 0]).sum() / (2.0 * np.pi)

    (found, error), _ = Chain("U(1)", shape, beta).run("heatbath", 10000, lambda z: charge(z) ** 2)
    assert error < 0.03 * expected
    assert abs(found - expected) < 4.0 * error


@pytest.mark.parametrize(("name", "beta", "c1"), [("SU(2)", 2.3, 0.0), ("SU(2)", 1.6, -1 / 12), ("SU(3)", 5.7, 0.0)])
def test_heat_bath_and_hmc_agree_and_time_has_a_mirror(name, beta, c1):
    """E of each slice, also at both ends, by two updates that share the loops of the action alone."""
    chain = Chain(name, (4, 4, 4, 4), beta, c1)
    of = {}
    for kind, count in (("heatbath", 2000), ("hmc", 2000)):
        (found, error), (weight, scatter) = chain.run(kind, count, reference.plaquette_slices)
        assert error.max() < 0.02 * found.max()
        assert np.abs(found - found[::-1])[:2].max() < 4.0 * math.sqrt(2.0) * error.max()
        assert abs(weight - 1.0) < 4.0 * scatter + 1e-12
        of[kind] = found, error
    (a, da), (b, db) = of["heatbath"], of["hmc"]
    assert np.abs((a - b) / np.hypot(da, db)).max() < 4.0
    assert abs(a[0] - a[1]) > 10.0 * da[0]  # half of the plaquettes with time


@pytest.mark.parametrize("kind", ["staggered", "wilson"])
def test_quarks_against_determinants(kind):
    """HMC with quarks against a heat bath without them, weighted with dense determinants that have no hop around."""
    p = Place("U(1)", (4, 4))
    p.lattice = Lattice((4, 4), open_time=True)
    quark = p.staggered(mass=0.4) if kind == "staggered" else p.wilson(0.24)
    gauge = GaugeAction(p.lattice, 1, 1.5)
    H = hamiltonian(p, gauge, quark)
    hmc, state = HMC(H, one_level("omelyan", 6, 1.0, "gauge", quark.name)), State(hot(p.lattice, p.group, 5), 0, 7)
    found = []
    for _ in range(12100):
        state, _info = hmc.step(state)
        found.append(plaquettes(to_user(p.lattice, state.U)))
    mean, error = mean_and_error(found[100:])
    heat_bath, state, links = HeatBath(gauge, p.group, "best_fisher", 1), State(hot(p.lattice, p.group, 6), 0, 8), []
    for _ in range(6100):
        state, _info = heat_bath.step(state)
        links.append(p.lattice.to_user(state.U))
    z = np.moveaxis(np.array(links[100:]), 0, -3)
    if kind == "staggered":
        log = staggered.log_determinants(z, 0.4, p.antiperiodic())
    else:
        log = 2.0 * wilson.log_determinants(z, 0.24, p.antiperiodic())
    weight = np.exp(log - log.max())
    values = np.array([plaquettes(link) for link in links[100:]])
    parts = [(weight[:, None] * values)[k::20].sum(axis=0) / weight[k::20].sum() for k in range(20)]
    expected, scatter = np.mean(parts, axis=0), np.std(parts, axis=0, ddof=1) / np.sqrt(20)
    assert max(error.max(), scatter.max()) < 0.02
    assert np.abs((mean - expected) / np.hypot(error, scatter)).max() < 4.0
    assert abs(values.mean() - mean.mean()) > 4.0 * error.max()  # quarks matter
