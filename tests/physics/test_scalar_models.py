"""Gauge theories with a scalar field against exact results, identities, and a Metropolis program in numpy."""

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level
from reference.exact import bessel_i

from lqcdnn.actions.scalar import ScalarAction, ScalarField
from lqcdnn.config.tables.observables import HiggsConfig
from lqcdnn.measure.gauge.higgs import Higgs
from lqcdnn.measure.gauge.ofscalar import lengths, links_between
from lqcdnn.measure.gauge.plaquette import plaquette_totals
from lqcdnn.update.scalar import ScalarHMC, ScalarSweeps
from lqcdnn.update.state import State

pytestmark = pytest.mark.slow
GROUPS = {"U(1)": (4, 8), "SU(2)": (4, 2, 2, 4), "SU(3)": (4, 2, 4)}


class Chain:
    """HMC and heat bath of a model from hot links: what is measured after each trajectory of an equilibrium."""

    def __init__(self, name, beta, kappa, quartic, guide_beta=None, shape=None, steps=3) -> None:
        self.p = Place(name, shape or GROUPS[name])
        action = ScalarAction(ScalarField(self.p.lattice, self.p.n), kappa, quartic)
        exact = hamiltonian(self.p, self.p.gauge(beta), action)
        guide = None if guide_beta is None else hamiltonian(self.p, self.p.gauge(guide_beta), action)
        integrator = one_level("omelyan", steps, 1.0, "gauge", "scalar")
        self.hmc = ScalarHMC(ScalarSweeps(action, 1, 2), exact, integrator, guide)

    def rows(self, count, measure):
        """Numbers of each trajectory after a tenth: exp(-dH) of it, and what ``measure`` says of links and field."""
        state, rows = State(self.p.U, 0, 17), []
        for _ in range(count):
            state, info = self.hmc.step(state)
            rows.append([np.exp(-info.dH), *measure(self.p, state.U, state.scalar)])
        return np.array(rows[count // 10 :])


def higgs(p, U, phi):
    """Length, quartic term, hopping term, link."""
    return Higgs(HiggsConfig()).measure_field(p.lattice, U, p.group, phi).values()


def mean_and_error(rows, bins=40):
    """Of the columns, by bins."""
    each = rows[: len(rows) // bins * bins].reshape(bins, -1, *rows.shape[1:]).mean(axis=1)
    return each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(bins)


def assert_zero(rows, scale):
    """Means of columns that vanish, with errors well below their scale."""
    mean, error = mean_and_error(rows)
    assert (error < 0.03 * scale).all(), (mean, error)
    assert (np.abs(mean) < 4.0 * error).all(), (mean, error)


@pytest.mark.parametrize("guide_beta", [None, 2.2])
@pytest.mark.parametrize("name", GROUPS)
def test_the_field_obeys_its_equation_of_motion(name, guide_beta):
    """<phi dS/dphi> = 2 N: length + 2 lambda <|phi|^2 (|phi|^2 - 1)> - 2 kappa d hopping = N; and <exp(-dH)> = 1."""
    kappa, quartic = 0.3, 0.5
    chain = Chain(name, 2.3, kappa, quartic, guide_beta)
    energy, length, squares, hopping, _ = chain.rows(4000, higgs).T
    force = length + 2.0 * quartic * (squares + length - 1.0) - 2.0 * kappa * chain.p.d * hopping
    assert_zero(np.stack([energy - 1.0, force - chain.p.n], axis=1), 1.0)


@pytest.mark.parametrize(("name", "order"), [("U(1)", 0), ("SU(2)", 1)])
def test_links_are_integrated_out_at_beta_0(name, order):
    """Each link then has the weight exp(x cos), x = 2 kappa |phi| |phi'|, so that the mean of Re phi^dag U phi' over
    |phi| |phi'| is that of I_{n+1}(x) / I_n(x), n = 0 for U(1), 1 for SU(2).
    """
    kappa = 0.6
    grid = np.linspace(0.0, 40.0, 4001)[1:]
    ratio = np.array([np.divide(*bessel_i([order + 1, order], one)) for one in grid])

    def measure(p, U, phi):
        length, (hopping, _) = lengths(p.lattice, phi), links_between(p.lattice, U, phi)
        norms = np.sqrt(np.array([length * np.roll(length, -1, axis=mu) for mu in range(p.d)]))
        x = 2.0 * kappa * norms
        assert x.max() < grid[-1]
        return (hopping / norms).mean(), np.interp(x, grid, ratio).mean()

    _, found, expected = Chain(name, 0.0, kappa, 0.4).rows(2000, measure).T
    assert_zero((found - expected)[:, None], expected.mean())


@pytest.mark.parametrize(("name", "order"), [("U(1)", 0), ("SU(2)", 1)])
def test_a_frozen_length_leaves_the_integral_of_one_link(name, order):
    """lambda = 20000: |phi| = 1 up to some 1/lambda, and <link> = I_{n+1}(2 kappa) / I_n(2 kappa) at beta = 0."""
    kappa = 0.9
    expected = np.divide(*bessel_i([order + 1, order], 2.0 * kappa))
    rows = Chain(name, 0.0, kappa, 2e4).rows(1500, higgs)
    assert_zero(rows[:, 4:] - expected, expected)
    assert rows[:, 1].mean() == pytest.approx(1.0, abs=1e-3)


def metropolis_of_u1(shape, beta, kappa, quartic, replicas, sweeps, seed=3):
    """Means over many lattices of a program of its own, in angles: plaquette, length, hopping term, link."""
    rng = np.random.default_rng(seed)
    theta, phi = rng.uniform(-np.pi, np.pi, (2, replicas, *shape)), np.ones((replicas, *shape), dtype=complex)
    parity = np.indices(shape).sum(axis=0) % 2

    def angle(t):
        return t[0] + np.roll(t[1], -1, 1) - np.roll(t[0], -1, 2) - t[1]

    def plaquettes(t):
        return np.cos(angle(t))

    def hop(t, f, mu):
        return (f.conj() * np.exp(1j * t[mu]) * np.roll(f, -1, mu + 1)).real

    def site_action(f, around):
        square = np.abs(f) ** 2
        return square + quartic * (square - 1.0) ** 2 - 2.0 * (f.conj() * around).real

    rows = []
    for sweep in range(sweeps):
        for side in (0, 1):
            around = sum(
                np.exp(1j * theta[mu]) * np.roll(phi, -1, mu + 1)
                + np.roll(np.exp(-1j * theta[mu]) * phi, 1, mu + 1)
                for mu in (0, 1)
            )
            new = phi + 0.7 * (rng.normal(size=phi.shape) + 1j * rng.normal(size=phi.shape))
            change = site_action(new, kappa * around) - site_action(phi, kappa * around)
            phi = np.where((parity == side) & (rng.random(phi.shape) < np.exp(-change)), new, phi)
        for mu in (0, 1):
            other = 1 - mu
            for side in (0, 1):  # links of one direction on every other line share no plaquette
                turn = (np.indices(shape)[other] % 2 == side) * rng.uniform(-1.5, 1.5, theta[mu].shape)
                moved = theta.copy()
                moved[mu] += turn
                of_planes = beta * (plaquettes(theta) - plaquettes(moved))
                of_planes = of_planes + np.roll(of_planes, 1, other + 1)
                change = of_planes + 2.0 * kappa * (hop(theta, phi, mu) - hop(moved, phi, mu))
                theta[mu] += turn * (rng.random(turn.shape) < np.exp(-change))
        if sweep >= sweeps // 5 and sweep % 3 == 0:
            hops = np.array([hop(theta, phi, mu) for mu in (0, 1)])
            norms = np.array([np.abs(phi) * np.abs(np.roll(phi, -1, mu + 1)) for mu in (0, 1)])
            sites = tuple(range(1, 3))
            rows.append(
                [
                    plaquettes(theta).mean(axis=sites),
                    (np.abs(phi) ** 2).mean(axis=sites),
                    hops.mean(axis=(0, 2, 3)),
                    (hops / norms).mean(axis=(0, 2, 3)),
                ]
            )
    each = np.array(rows).mean(axis=0)
    return each.mean(axis=1), each.std(axis=1, ddof=1) / np.sqrt(replicas)


def test_the_abelian_higgs_model_is_that_of_another_program():
    """U(1) in d = 2 at finite beta, where nothing is known exactly."""
    beta, kappa, quartic, shape = 1.5, 0.35, 0.4, GROUPS["U(1)"]
    other, error = metropolis_of_u1(shape, beta, kappa, quartic, 150, 800)

    def measure(p, U, phi):
        plaquette = plaquette_totals(p.lattice, U).sum() / p.lattice.volume
        length, _, hopping, link = higgs(p, U, phi)
        return plaquette, length, hopping, link

    mean, own = mean_and_error(Chain("U(1)", beta, kappa, quartic).rows(8000, measure)[:, 1:])
    assert (own < 0.01 * mean).all()
    assert (error < 0.005 * mean).all()
    assert (np.abs(mean - other) < 4.0 * np.hypot(own, error)).all(), (mean, own, other, error)
