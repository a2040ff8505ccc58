"""Molecular dynamics whose solves start from earlier solutions: exact, reproducible, reversible to the tolerance."""

import numpy as np
import pytest
from input_head import head

from lqcdnn.config import load_text
from lqcdnn.fields import gauge
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.update.state import State

INPUT = head("{shape}", "{group}", "{beta}", seed=3) + """\
[[action.fermion]]
boundary = [1, -1]
flavors = {flavors}
{fermion}
start_vectors = {vectors}
md_tolerance = {tolerance}
tolerance = 1e-11
[update]
length = 0.5
steps = {steps}
integrator = "leapfrog"
"""
STAGGERED = 'kind = "staggered"\nmass = 0.3\n'
WILSON = 'kind = "wilson"\nmass = 0.05\n'
DOMAIN_WALL = 'kind = "domain_wall"\nmass = 0.05\nM5 = 1.0\nL5 = 4\n'
HEAVY = 'kind = "wilson"\nmass = 1.0\n'
"""Of light quarks on so few sites every solve takes as many iterations as there are dimensions."""
KINDS = {
    "staggered": ("[8, 16]", "U(1)", 2, STAGGERED),
    "staggered-half": ("[8, 16]", "U(1)", 2, STAGGERED + 'solver = "half"'),
    "staggered-both-ratio": ("[8, 16]", "U(1)", 4, STAGGERED + "hasenbusch = [0.8]"),
    "wilson": ("[4, 8]", "U(1)", 2, HEAVY),
    "clover-ratio": ("[4, 8]", "U(1)", 2, WILSON + "csw = 1.0\nhasenbusch = [0.5]"),
    "domain-wall": ("[4, 8]", "U(1)", 2, DOMAIN_WALL),
    "domain-wall-mixed": ("[8, 8]", "U(1)", 2, DOMAIN_WALL + 'solver = "mixed"'),
}
SOLVES = {
    "staggered": 2 + 16,  # Metropolis, forces; below, the heat bath knows the action at the start
    "staggered-half": 2 + 16,
    "staggered-both-ratio": 2 + 2 * 2 * (1 + 16),  # heat bath of the ratio; two parities, two terms
    "wilson": 1 + 16,
    "clover-ratio": 1 + 2 * (1 + 16),
    "domain-wall": 1 + 1 + 16,
    "domain-wall-mixed": 1 + 1 + 16,
}
GUIDE = "[[guide.fermion]]\nmass = 0.4\nstart_vectors = 3\n"
every_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind == "domain-wall-mixed")) for kind in KINDS]
)


def simulation(kind, vectors, tolerance=1e-10, steps=16, more="", beta=2.5):
    shape, group, flavors, fermion = KINDS[kind]
    text = INPUT.format(
        shape=shape, group=group, flavors=flavors, fermion=fermion, vectors=vectors, tolerance=tolerance, steps=steps,
        beta=beta,
    )  # fmt: skip
    return build(load_text(text + more))


def start(sim):
    return State(gauge.hot(sim.lattice, sim.group, 5), 0, 3)


def violation(kind, vectors, tolerance):
    """Error of links and of H after going forward and back with history, and dH of the way forward."""
    sim = simulation(kind, vectors, tolerance)
    hmc, U = sim.update(), start(sim).U
    stream = Stream(3, 1)
    P = gaussian_momenta(sim.lattice, sim.group, stream)
    sim.exact.draw(U, stream)
    links, H = U["c"].copy(), [sum(hmc.energies(U, P).values())]
    for _way in range(2):
        U = hmc.integrate(U, P)
        P["c"] *= -1.0
        H.append(sum(hmc.energies(U, P).values()))
    return np.abs(U["c"] - links).max(), abs(H[2] - H[0]), H[1] - H[0]


@every_kind
def test_reversible_to_the_tolerance_of_the_solver(kind):
    """Links and H come back as precisely as the solves are, and so is the energy violation what it is without."""
    tolerances = (1e-4, 1e-7, 1e-10)
    links, energy, dH = zip(*(violation(kind, 4, tolerance) for tolerance in tolerances), strict=True)
    for i, tolerance in enumerate(tolerances):
        assert links[i] < 10.0 * tolerance
        assert energy[i] < 300.0 * tolerance
    assert links[0] > 30.0 * links[1] > 900.0 * links[2]
    exact = violation(kind, 0, 1e-12)
    assert [abs(x - exact[2]) < 300.0 * t for x, t in zip(dH, tolerances, strict=True)] == [True] * 3


@pytest.mark.parametrize("kind", ["staggered", "staggered-half"])
def test_without_start_vectors_reversible_to_rounding(kind):
    """However few bits the links of the solver have: they are the same on the way back."""
    for tolerance in (1e-4, 1e-10):
        links, energy, _ = violation(kind, 0, tolerance)
        assert links < 3e-11
        assert energy < 3e-10


@every_kind
def test_fewer_iterations_and_the_same_trajectory(kind):
    runs = {}
    for vectors in (0, 4):
        sim = simulation(kind, vectors)
        runs[vectors] = sim.update().step(start(sim))[1]
    zero, four = runs[0], runs[4]
    assert four.cg_iterations < 0.95 * zero.cg_iterations
    assert four.solves == zero.solves == SOLVES[kind]
    assert 0.0 < four.residual <= 1e-10
    assert four.dH == pytest.approx(zero.dH, abs=1e-7)
    assert four.H == zero.H  # heat bath and Metropolis solves start from zero: the same bits


@pytest.mark.parametrize("more", ["", GUIDE])
def test_interruption_changes_nothing(more):
    """The second trajectory knows nothing of the first: the bits are those of a new process."""
    sim = simulation("staggered", 4, more=more)
    hmc = sim.update()
    middle, _ = hmc.step(start(sim))
    end, info = hmc.propose(middle)
    fresh, again = simulation("staggered", 4, more=more).update().propose(middle)
    assert info == again
    np.testing.assert_array_equal(end["c"], fresh["c"])
    assert not np.array_equal(middle.U["c"], end["c"])


def test_the_guide_uses_its_own():
    infos = []
    for k in (0, 3):
        sim = simulation("staggered", 0, more=GUIDE.replace("= 3", f"= {k}"))
        infos.append(sim.update().propose(start(sim))[1])
    assert infos[1].cg_iterations < 0.95 * infos[0].cg_iterations
    assert infos[1].dH == pytest.approx(infos[0].dH, abs=1e-7)


def test_value_is_exact_whatever_was_kept():
    plain, kept = simulation("wilson", 0), simulation("wilson", 4)
    values = []
    for sim in (plain, kept):
        U, term = gauge.hot(sim.lattice, sim.group, 5), sim.exact.terms[1]
        term.draw(U, Stream(1, 1))
        for _ in range(2):
            sim.exact.gradient(U, ["fermion.1"])
        values.append(term.value(U))
    assert values[0] == values[1]


@pytest.mark.parametrize("tolerance", [pytest.param(1e-10, marks=pytest.mark.slow), 1e-5])
def test_mean_of_exp_minus_dh_is_one(tolerance):
    """The chain is exact as long as the tolerance keeps molecular dynamics reversible."""
    sim = simulation("staggered", 4, tolerance, steps=6, beta=2.0)
    hmc, state, dH = sim.update(), start(sim), []
    for t in range(230):
        state, info = hmc.step(state)
        if t >= 30:
            dH.append(info.dH)
    weight = np.exp(-np.array(dH))
    assert 0.1 < np.std(dH) < 1.5
    assert abs(weight.mean() - 1.0) < 4.0 * weight.std() / np.sqrt(len(dH))
