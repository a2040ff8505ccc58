"""Chains of determinant ratios: the same physics from several pseudofermions (physics.md 3.4)."""

import numpy as np
import pytest
from input_head import head

from lqcdnn.actions.base import gradient
from lqcdnn.config import load_text
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.update.hmc import State
from tests.derivative import assert_gradient

INPUT = head("{shape}", "{group}", 2.0, seed=3) + """\
[[action.fermion]]
{fermion}
hasenbusch = [0.8, 1.7]
tolerance = 1e-13
md_tolerance = 1e-13
[update]
length = 0.5
[[update.level]]
terms = ["fermion.1.1"]
steps = 4
integrator = "omelyan"
[[update.level]]
terms = ["fermion.1.2", "fermion.1.3", "gauge"]
steps = 2
integrator = "omelyan"
"""
STAGGERED = 'kind = "staggered"\nflavors = 4\nmass = 0.3'
KINDS = {
    "staggered": ("[4, 2, 2, 2]", "SU(2)", STAGGERED),
    "staggered-all-sites": ("[4, 2, 2, 2]", "SU(2)", STAGGERED.replace("flavors = 4", "flavors = 8")),
    "wilson": ("[4, 2, 2, 2]", "SU(2)", 'kind = "wilson"\nflavors = 2\nmass = 0.3'),
    "clover": ("[4, 2, 2, 2]", "SU(2)", 'kind = "wilson"\nflavors = 2\nmass = 0.3\ncsw = 1.2'),
    "schwinger": ("[4, 8]", "U(1)", 'kind = "wilson"\nflavors = 2\nmass = 0.3'),
}


def simulation(kind, change=""):
    shape, group, fermion = KINDS[kind]
    return build(load_text(INPUT.format(shape=shape, group=group, fermion=fermion), "x", [change] if change else []))


@pytest.mark.parametrize("kind", KINDS)
def test_each_ratio_has_its_gradient_and_its_heat_bath(kind):
    sim = simulation(kind)
    U = gauge.hot(sim.lattice, sim.group, 5)
    assert [t.name for t in sim.exact.terms] == ["gauge", "fermion.1.1", "fermion.1.2", "fermion.1.3"]
    for term in sim.exact.terms[1:]:
        values = []
        for i in range(60):
            known = term.draw(U, Stream(1, i))
            values.append(term.value(U))
            assert (known is None) == (kind == "staggered")
            assert known is None or known == pytest.approx(values[-1], rel=1e-9)
        local = term.operator.local_action() - (term.heavy.local_action() if hasattr(term, "heavy") else 0.0) \
            if kind == "clover" else 0.0
        components = term.field.phi["c"][0].size // 2 * sim.lattice.blocks
        freedom = components if kind == "staggered-all-sites" else components / 2
        error = np.std(values) / len(values) ** 0.5
        assert abs(np.mean(values) - local - freedom) < 4.0 * error
        assert 0.5 < np.std(values) / freedom**0.5 < 1.5
        assert_gradient(term, U)


def test_logarithms_of_the_determinants_add_up():
    """-d log det A(m) is the mean of the gradients; by heat-bath averages of the chain and of one field."""
    chain, single = simulation("staggered"), simulation("staggered")
    U = gauge.hot(chain.lattice, chain.group, 5)
    last = single.exact.terms[-1]
    last.operator.operator.mass = 0.3  # the heaviest term alone, at the light mass
    sums = {"chain": [], "single": []}
    for i in range(300):
        total = np.zeros_like(chain.lattice.to_user(U))
        for term in chain.exact.terms[1:]:
            term.draw(U, Stream(1, i))
            total = total + chain.lattice.to_user(gradient(term, U))
        sums["chain"].append(total)
        last.draw(U, Stream(2, i))
        sums["single"].append(chain.lattice.to_user(gradient(last, U)))
    mean = {name: np.mean(found, axis=0) for name, found in sums.items()}
    error = sum(np.var(found, axis=0) for found in map(np.array, sums.values())) / 300
    chi2 = (np.abs(mean["chain"] - mean["single"]) ** 2 / error).mean()
    assert 0.7 < chi2 < 1.3
    # the point of it: each term of the chain fluctuates less than the single field
    spread = {name: np.var(np.array(found), axis=0).mean() for name, found in sums.items()}
    assert spread["chain"] < spread["single"]


def test_time_scales_reach_the_terms_and_energy_is_kept():
    sim = simulation("staggered")
    hmc = sim.update()
    state = State(gauge.hot(sim.lattice, sim.group, 5), 0, 7)
    for _ in range(6):
        state, info = hmc.step(state)
    coarse = [abs(hmc.propose(State(state.U, n, 7))[1].dH) for n in range(8)]
    hmc.use(sim.integrator.with_steps(8))
    fine = [abs(hmc.propose(State(state.U, n, 7))[1].dH) for n in range(8)]
    assert 2.5 < np.mean(coarse) / np.mean(fine) < 6.0
    assert sorted(info.terms) == ["fermion.1.1", "fermion.1.2", "fermion.1.3", "gauge", "kinetic"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("action.fermion.1.hasenbusch=[0.2, 0.5]", "rising order"),
        ("action.fermion.1.hasenbusch=[0.5, 1e200]", "masses up to 1e"),
        ("action.fermion.1.hasenbusch=[0.8]", "fermion.1.3"),
        ("action.fermion.1.rational=true", "one of the two"),
    ],
)
def test_chains_that_make_no_sense_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        simulation("staggered", change)
