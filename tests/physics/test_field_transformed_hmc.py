"""HMC of V with links U = F(V): reversible, of its order in the step, exact, and HMC where F is the identity."""

import math

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level
from reference.exact import su2_plaquette, u1_plaquette

from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.actions.transformed import JACOBIAN, TransformedHamiltonian
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import SCHEMES, Integrator, Level
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.network.localweights import LocalLayer, first_weights
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.update.hmc import HMC, State, TransformedHMC

TERMS = ("gauge", "fermion.1", JACOBIAN)


def local_layer(p, initial):
    """Whose weights are far from the same for all links."""
    weights = first_weights(p.d, (3,), np.array([initial]), 1)
    return LocalLayer(p.lattice, (3,), weights + 0.5 * np.random.default_rng(3).normal(size=weights.shape))


class System:
    """SU(2) with staggered quarks that see F(V), two layers of which one has negative weights; one may be local."""

    def __init__(self, size=0.5, local=False):
        self.p = Place("SU(2)", (2, 4, 2, 4), spread=0.4)
        limit = 1.0 / (2 * (self.p.d - 1))
        weights = [np.full(1, size * limit), size * limit * np.array([[0.2, -0.3, 0.1, -0.4]])]
        self.F = FieldTransformation(self.p.lattice, [local_layer(self.p, 0.1), weights[1]] if local else weights)
        field = PseudofermionField(self.p.lattice.zeros(2, 1), 0)
        self.exact, self.same = (
            TransformedHamiltonian(hamiltonian(self.p, self.p.gauge(2.5), self.p.staggered(field=field)), self.F)
            for _ in range(2)
        )

    def start(self):
        """Momenta, with the pseudofermion drawn."""
        self.exact.draw(self.p.U, Stream(4, 1))
        return gaussian_momenta(self.p.lattice, self.p.group, Stream(4, 1))

    def change(self, integrator):
        """dH of one trajectory."""
        P, hmc = self.start(), HMC(self.exact, integrator)
        before = math.fsum(hmc.energies(self.p.U, P).values())
        return math.fsum(hmc.energies(hmc.integrate(self.p.U, P), P).values()) - before

    def chain(self, hmc, count=3):
        state, infos = State(self.p.U, 0, 31), []
        for _ in range(count):
            state, info = hmc.step(state)
            infos.append(info)
        return state, infos


local_too = pytest.mark.parametrize("local", [False, pytest.param(True, marks=pytest.mark.slow)])


@local_too
def test_reversibility(local):
    system = System(local=local)
    P = system.start()
    V, momenta, hmc = system.p.U, P["c"].copy(), HMC(system.exact, one_level("omelyan", 4, 0.5, *TERMS))
    end = hmc.integrate(V, P)
    assert np.abs(end["c"] - V["c"]).max() > 0.1
    P["c"] *= -1.0
    np.testing.assert_allclose(hmc.integrate(end, P)["c"], V["c"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(-P["c"], momenta, rtol=0, atol=1e-12)


@local_too
@pytest.mark.parametrize("scheme", ["leapfrog", "force_gradient"])
def test_order_of_the_energy_violation(scheme, local):
    system = System(local=local)
    dH = [system.change(one_level(scheme, n, 0.5, *TERMS)) for n in (8, 16)]
    assert np.log2(dH[0] / dH[1]) == pytest.approx(SCHEMES[scheme].order, abs=0.3), dH


def test_time_scales_share_the_force():
    """The terms one by one on their own scales with equal steps make the trajectory of all on one."""
    system = System()
    outer, inner = (Level(SCHEMES["leapfrog_pqp"], n, terms) for n, terms in ((5, TERMS[:1]), (1, TERMS[1:])))
    scales = Integrator((outer, inner), 0.5)
    together = system.change(one_level("leapfrog_pqp", 5, 0.5, *TERMS))
    assert system.change(scales) == pytest.approx(together, abs=1e-10)


def test_without_weights_it_is_hmc_within_rounding():
    system = System(size=0.0)
    plain = HMC(system.exact.of, one_level("leapfrog", 5, 0.5, *TERMS[:2]))
    transformed = TransformedHMC(system.F, system.exact, one_level("leapfrog", 5, 0.5, *TERMS))
    (state, infos), (other, others) = system.chain(plain), system.chain(transformed)
    for a, b in zip(infos, others, strict=True):
        assert a.dH == pytest.approx(b.dH, abs=1e-9)
        assert b.terms[JACOBIAN] == 0.0
    np.testing.assert_allclose(state.U["c"], other.U["c"], rtol=0, atol=1e-10)


def test_an_exact_guide_changes_nothing():
    system = System()
    integrator = one_level("omelyan", 3, 0.5, *TERMS)
    alone = system.chain(TransformedHMC(system.F, system.exact, integrator))
    guided = system.chain(TransformedHMC(system.F, system.exact, integrator, system.same))
    assert alone[1] == guided[1]
    np.testing.assert_array_equal(alone[0].U["c"], guided[0].U["c"])


def test_rejection_keeps_the_links():
    system = System()
    hmc = TransformedHMC(system.F, system.exact, one_level("leapfrog", 1, 2.0, *TERMS))
    kept = [hmc.step(State(system.p.U, t, 5)) for t in range(5)]
    assert not all(info.accepted for _after, info in kept)
    for after, info in kept:
        assert (after.U is system.p.U) == (not info.accepted)


@pytest.mark.parametrize(
    ("name", "shape", "beta", "exact", "local"),
    [
        ("U(1)", (4, 8), 2.0, u1_plaquette, False),
        pytest.param("SU(2)", (4, 4), 3.0, su2_plaquette, False, marks=pytest.mark.slow),
        pytest.param("U(1)", (4, 8), 2.0, u1_plaquette, True, marks=pytest.mark.slow),
        pytest.param("SU(2)", (4, 8), 3.0, su2_plaquette, True, marks=pytest.mark.slow),
    ],
)
def test_plaquette_is_that_of_the_action(name, shape, beta, exact, local):
    """Whatever F is; here one that changes the plaquette by far more than the error."""
    p = Place(name, shape)
    F = FieldTransformation(p.lattice, [local_layer(p, 0.25) if local else np.array([0.25]), np.array([0.1])])
    H = TransformedHamiltonian(hamiltonian(p, p.gauge(beta)), F)
    hmc, state = TransformedHMC(F, H, one_level("omelyan", 5, 1.0, "gauge", JACOBIAN)), State(p.U, 0, 8)
    observable, found, dH = Plaquette(PlaquetteConfig()), [], []
    for _ in range(700):
        state, info = hmc.step(state)
        dH.append(info.dH)
        found.append(observable.measure(p.lattice, state.U, p.group, Stream(8, 0))["plaquette"])
    estimate, expected = gamma_method([np.array(found[100:])]), exact(beta, p.lattice.volume)
    assert estimate.error < 0.007
    assert abs(estimate.mean - expected) < 4 * estimate.error
    moved = observable.measure(p.lattice, F.inverse(state.U), p.group, Stream(8, 0))["plaquette"]
    assert abs(moved - expected) > 8 * estimate.error
    weights = np.exp(-np.array(dH[100:]))
    assert abs(weights.mean() - 1.0) < 4 * weights.std() / math.sqrt(len(weights) / 2)
