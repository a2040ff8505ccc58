"""Chains with exact determinants against averages over random links, which have dense determinants as weights.

On 4 x 8 their weights are alike enough at strong coupling.
"""

from functools import cache

import numpy as np
import pytest
from input_head import head
from reference import samples, schwinger, staggered, wilson

from lqcdnn.config import load_text
from lqcdnn.config.tables.fermions import kappa_of_mass
from lqcdnn.config.tables.observables import PlaquetteConfig, PolyakovConfig, TopologicalChargeConfig
from lqcdnn.fields import gauge
from lqcdnn.jobs.build import build
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.measure.gauge.polyakov import Polyakov
from lqcdnn.measure.gauge.topological_charge import TopologicalCharge
from lqcdnn.update.state import State

BETA, MASS, SHAPE, SIGNS = 0.2, 0.1, (4, 8), (1, -1)
INPUT = head([4, 8], "U(1)", 0.2) + """\
[[action.fermion]]
kind = "{kind}"
flavors = {flavors}
mass = 0.1
determinant = "exact"
"""
HMC = "[update]\nsteps = 3\nlength = 1.5\nintegrator = 'omelyan'\n"
GUIDED = HMC + "[guide]\nfermion = []\n[guide.gauge]\nbeta = 0.4\n"
SLMC = "[update]\nkind = 'slmc'\nsweeps = 2\n[guide]\nfermion = []\n[guide.gauge]\nbeta = 0.4\n"
CASES = [
    pytest.param("staggered", 1, SLMC, id="one-slmc", marks=pytest.mark.slow),
    pytest.param("staggered", 2, GUIDED, id="two-guided"),
    pytest.param("staggered", 1, HMC, id="one-hmc", marks=pytest.mark.slow),
    pytest.param("staggered", 2, HMC, id="two-hmc", marks=pytest.mark.slow),
    pytest.param("wilson", 2, SLMC, id="two-wilson-slmc", marks=pytest.mark.slow),
    pytest.param("wilson", 1, HMC, id="wilson-hmc", marks=pytest.mark.slow),
]


@cache
def random_links(kind, count=9000):
    """Logarithms of the gauge weight and of the determinant of one flavour; plaquettes and Polyakov loops along x."""
    rng = np.random.default_rng(12)
    parts = [numbers(kind, samples.group_elements(rng, 1, 2, *SHAPE, 300)) for _ in range(count // 300)]
    return np.concatenate(parts, axis=-1)


def numbers(kind, U):
    """The same of some configurations."""
    if kind == "staggered":
        one = 0.5 * np.linalg.slogdet(staggered.dense_hops(U, SIGNS) + MASS * np.eye(32))[1]
    else:
        M = np.eye(64) - kappa_of_mass(MASS, 2) * wilson.hopping_matrices(U, SIGNS, 1.0)
        sign, one = np.linalg.slogdet(M)
        assert (sign.real > 0.999).all()  # what the rule of one flavour says
    z = U[..., 0, 0]
    P = (z[0] * np.roll(z[1], -1, 0) * (np.roll(z[0], -1, 1) * z[1]).conj()).real.mean(axis=(0, 1))
    return np.array([BETA * 32 * P, one, P, np.prod(z[0], axis=0).real.mean(axis=0)])


def averages(kind, flavors):
    """Means of plaquette and Polyakov loop, and their errors."""
    gauge_part, one, *found = random_links(kind)
    exponent = gauge_part + flavors * one
    weight = np.exp(exponent - exponent.max())
    assert weight.sum() ** 2 / (weight**2).sum() > 200
    means = (weight * found).sum(axis=-1) / weight.sum()
    return means, np.sqrt((weight**2 * (found - means[:, None]) ** 2).sum(axis=-1)) / weight.sum()


@pytest.mark.parametrize(("kind", "flavors", "update"), CASES)
def test_averages_are_those_of_the_dense_determinant(kind, flavors, update):
    run = build(load_text(INPUT.format(kind=kind, flavors=flavors) + update))
    chain, what = run.update(), (Plaquette(PlaquetteConfig()), Polyakov(PolyakovConfig()))
    state, found, changes = State(gauge.hot(run.lattice, run.group, 5), 0, 78), [], []
    for _ in range(1220):
        state, info = chain.step(state)
        P, L = (one.measure(run.lattice, state.U, run.group, None) for one in what)
        found.append((P["plaquette"], L["polyakov_directions"][0][0]))
        changes.append(np.exp(-info.dH))
    bins = np.array(found[20:]).reshape(24, -1, 2).mean(axis=1)
    means, errors = averages(kind, flavors)
    errors = np.hypot(errors, bins.std(axis=0, ddof=1) / np.sqrt(24))
    assert (abs(bins.mean(axis=0) - means) < 4.0 * errors).all(), (bins.mean(axis=0), means, errors)
    quenched = averages(kind, 0)[0]
    assert abs(means - quenched)[0] > 3.0 * errors[0]  # the determinant matters
    changes = np.array(changes[20:])
    assert abs(changes.mean() - 1.0) < 5.0 * changes.std(ddof=1) / np.sqrt(len(changes) / 3)


OVERLAP = INPUT.replace("beta = 0.2", "beta = 2.0") + SLMC.replace("beta = 0.4", "beta = 2.2")


@pytest.mark.slow
def test_one_dynamical_overlap_quark():
    """Plaquette and distribution of the charge against exact gauge configurations, weighed by dense determinants."""
    expected, errors, effective = schwinger.averages(
        2.0, MASS, SIGNS, SHAPE, 1000, seed=5, observables=schwinger.overlap_observables
    )
    assert effective > 300
    run = build(load_text(OVERLAP.format(kind="overlap", flavors=1)))
    chain, state, found = run.update(), State(gauge.cold(run.lattice, run.group), 0, 78), []
    plaquette, charge = Plaquette(PlaquetteConfig()), TopologicalCharge(TopologicalChargeConfig(definition="geometric"))
    for _ in range(520):
        state, _info = chain.step(state)
        P, Q = (what.measure(run.lattice, state.U, run.group, None) for what in (plaquette, charge))
        q = Q["topological_charge"]
        found.append((P["plaquette"], q == 0, abs(q) == 1, q**2))
    bins = np.array(found[20:], dtype=float).reshape(25, -1, 4).mean(axis=1)
    errors = np.hypot(errors, bins.std(axis=0, ddof=1) / 5.0)
    assert (abs(bins.mean(axis=0) - expected) < 4.0 * errors).all(), (bins.mean(axis=0), expected, errors)
    _, quenched = schwinger.overlap_observables(2.0, MASS, SIGNS, SHAPE, 300, np.random.default_rng(6))
    assert quenched[:, 3].mean() - expected[3] > 5.0 * errors[3]  # zero modes suppress charges
