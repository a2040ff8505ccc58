"""Twisted boundary conditions: exact plaquettes in two dimensions, fractional charges, updates."""

import math
from itertools import pairwise

import numpy as np
import pytest
from averages import mean_and_error
from builders import hamiltonian, one_level
from reference import samples
from reference import twist as reference

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config import observable
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.twist import Twist
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.flow import gradient_flow
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC, State


class Twisted:
    """A twisted lattice, a group and a gauge action, as a place for Hamiltonians."""

    def __init__(self, n, shape, planes, beta, c1=0.0, terms=()) -> None:
        self.group, self.lattice = group(f"SU({n})"), Lattice(shape, twist=Twist(n, planes))
        self.action = GaugeAction(self.lattice, n, beta, c1, terms)

    def plaquette(self, U):
        """Mean with the elements of the centre, of an action of plaquettes."""
        return 1.0 - self.action.beta_sum(U) / (self.lattice.volume * self.lattice.d * (self.lattice.d - 1) / 2)


def chain(p, update, count, thermalization=50):
    state, found, weights = State(hot(p.lattice, p.group, 5), 0, 77), [], []
    for k in range(count + thermalization):
        state, info = update.step(state)
        if k >= thermalization:
            found.append(p.plaquette(state.U))
            weights.append(math.exp(-getattr(info, "dH", 0.0)))
    return *mean_and_error(found), weights


def exact(n, beta, volume, k):
    return reference.su2_plaquette(beta, volume) if n == 2 else reference.su3_plaquette(beta, volume, k)


@pytest.mark.parametrize(("n", "beta"), [(2, 1.3), pytest.param(3, 2.0, marks=pytest.mark.slow)])
def test_exact_plaquettes_of_one_site(n, beta):
    """P = A B A^dag B^dag averaged over Haar measure with its weight; z = -1, and the two others of SU(3)."""
    rng = np.random.default_rng(5)
    A, B = (samples.group_elements(rng, n, 30000) for _ in range(2))
    W = A @ B @ A.conj().swapaxes(-1, -2) @ B.conj().swapaxes(-1, -2)
    for k in range(1, n):
        p = (np.exp(2j * np.pi * k / n) * np.trace(W, axis1=-2, axis2=-1)).real / n
        weight = np.exp(beta * p)
        mean = (weight * p).mean() / weight.mean()
        error = (weight * (p - mean)).std() / weight.mean() / np.sqrt(p.size)
        assert error < 0.005
        assert abs(exact(n, beta, 1, k) - mean) < 4.0 * error


CASES = [(2, 3.0, (4, 8), 1), (2, 2.0, (2, 2), 1), (3, 4.0, (2, 2), 1), (3, 6.0, (2, 2), 2)]


LATER = [pytest.param(*case, marks=pytest.mark.slow) for case in CASES[1:]]


@pytest.mark.parametrize(("n", "beta", "shape", "k"), [CASES[0], *LATER])
def test_two_dimensional_plaquette(n, beta, shape, k):
    p = Twisted(n, shape, ((0, 1, k),), beta)
    expected = exact(n, beta, p.lattice.volume, k)
    mean, error, _ = chain(p, HeatBath(p.action, p.group, overrelaxation=1), 1000)
    assert error < 0.015
    assert abs(mean - expected) < 4.0 * error


@pytest.mark.slow
@pytest.mark.parametrize(("n", "beta", "shape", "k"), CASES)
def test_hmc_of_two_dimensions(n, beta, shape, k):
    p = Twisted(n, shape, ((0, 1, k),), beta)
    expected = exact(n, beta, p.lattice.volume, k)
    mean, error, weights = chain(p, HMC(hamiltonian(p, p.action), one_level("omelyan", 4, 1.0, "gauge")), 4000)
    assert error < 0.005
    assert abs(mean - expected) < 4.0 * error
    mean, error = mean_and_error(weights)
    assert abs(mean - 1.0) < 4.0 * error


SYSTEMS = [
    (2, (4, 4, 4), ((0, 1, 1), (1, 2, 1)), -0.1),
    (3, (4, 4, 4, 4), ((0, 1, 1), (2, 3, 2)), 0.0),
]


@pytest.mark.parametrize(
    ("n", "shape", "planes", "c1"), [SYSTEMS[0], pytest.param(*SYSTEMS[1], marks=pytest.mark.slow)]
)
def test_overrelaxation_keeps_the_action_and_moves_every_link(n, shape, planes, c1):
    terms = [("chair", 0.3), ("polyakov_time", 0.2)] if n == 2 else []
    p = Twisted(n, shape, planes, 2.0, c1, terms)
    update = HeatBath(p.action, p.group)
    state, _ = update.step(State(hot(p.lattice, p.group, 7), 0, 7))
    before, U = p.action.value(state.U), state.U.copy()
    update.overrelax(U)
    assert p.action.value(U) == pytest.approx(before, rel=1e-12)
    moved = np.abs(p.lattice.to_user(U) - p.lattice.to_user(state.U)).max(axis=(-1, -2))
    assert moved.min() > 1e-6


@pytest.mark.parametrize(("n", "shape", "planes", "c1"), SYSTEMS)
def test_molecular_dynamics(n, shape, planes, c1):
    """dH ~ dt^2, forwards and back."""
    p = Twisted(n, shape, planes, 2.0, c1)
    H, start, found = hamiltonian(p, p.action), hot(p.lattice, p.group, 3), []
    for steps in (8, 16):
        hmc = HMC(H, one_level("leapfrog", steps, 0.5, "gauge"))
        P = gaussian_momenta(p.lattice, p.group, Stream(4, 1))
        before = sum(hmc.energies(start, P).values())
        U = hmc.integrate(start.copy(), P)
        found.append(sum(hmc.energies(U, P).values()) - before)
    assert np.log2(found[0] / found[1]) == pytest.approx(2.0, abs=0.25)
    P["c"] *= -1.0
    U = hmc.integrate(U, P)
    assert np.abs(U["c"] - start["c"]).max() < 1e-12


@pytest.mark.parametrize(
    ("n", "planes", "kappa"),
    [
        (2, ((0, 1, 1), (2, 3, 1)), 1),
        pytest.param(3, ((0, 1, 1), (2, 3, 1)), 1, marks=pytest.mark.slow),
        pytest.param(3, ((0, 2, 1), (1, 3, 1)), -1, marks=pytest.mark.slow),
        pytest.param(3, ((0, 3, 1), (1, 2, 1)), 1, marks=pytest.mark.slow),
    ],
)
def test_the_charge_is_a_fraction(n, planes, kappa):
    """Q = k - kappa / N with integer k, kappa = n_xy n_zt - n_xz n_yt + n_xt n_yz, and S >= 8 pi^2 |Q| / g^2.

    ('t Hooft, Commun. Math. Phys. 81 (1981) 267; beta = 2 N / g^2.) The flow of random links ends close to the bound;
    what a small lattice changes is a few hundredths.
    """
    p = Twisted(n, (4, 4, 4, 4), planes, float(n))
    flow = gradient_flow(p.lattice, observable("flow", {"integrator": "adaptive", "tolerance": 1e-4}, 4))
    names = {"topological_charge": observable("topological_charge", {"definition": "5li"}, 4)}
    what = Measurements(p.lattice, p.group, names)
    for seed in (1, 2):
        actions, charges = [], []
        for U in flow.states(hot(p.lattice, p.group, seed), (0.0, 1.0, 4.0, 16.0, 24.0)):
            actions.append(p.action.value(U))
            charges.append(what.measure(U, Stream(1, 1))["topological_charge"]["topological_charge"])
        assert all(after < before for before, after in pairwise(actions))
        k = charges[-1] + kappa / n
        assert abs(k - round(k)) < 0.02
        assert actions[-1] / (4.0 * math.pi**2) == pytest.approx(abs(charges[-1]), abs=0.03)
        plain = Lattice((4, 4, 4, 4))
        untwisted = gradient_flow(plain, observable("flow", {"integrator": "adaptive", "tolerance": 1e-4}, 4))
        U = next(untwisted.states(hot(plain, p.group, seed), [24.0]))
        found = Measurements(plain, p.group, names).measure(U, Stream(1, 1))["topological_charge"]
        assert abs(found["topological_charge"] - round(found["topological_charge"])) < 0.06
