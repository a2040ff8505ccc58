"""The shadow Hamiltonian against the change of H in molecular dynamics, and what observed trajectories report."""

import math

import pytest
from builders import Place, hamiltonian

from lqcdnn.fields.algebra import gaussian_momenta, inner_product, kinetic_energy
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import SCHEMES, Integrator, Level, omelyan
from lqcdnn.update.hmc import HMC
from lqcdnn.update.observed import ObservedHMC, link_norms
from lqcdnn.update.shadow import brackets, energy_changes, scheme_errors, shadow
from lqcdnn.update.state import State

LENGTH = 0.5
NAMES = ["gauge", "fermion.1"]


@pytest.fixture(scope="module")
def place():
    return Place("SU(2)", (4, 2, 2, 4), spread=0.3)


@pytest.fixture(scope="module")
def exact(place):
    return hamiltonian(place, place.gauge(), place.staggered())


def nested(*levels):
    return Integrator(tuple(Level(scheme, steps, terms) for scheme, steps, terms in levels), LENGTH)


@pytest.mark.parametrize("lambda_", [0.1, 1.0 / 6.0, 0.1931833275037836, 0.25])
def test_errors_of_the_second_order_scheme_are_those_of_the_literature(lambda_):
    """arXiv:1108.1828: (6 lambda^2 - 6 lambda + 1)/12 and (1 - 6 lambda)/24."""
    expected = (6.0 * lambda_**2 - 6.0 * lambda_ + 1.0) / 12.0, (1.0 - 6.0 * lambda_) / 24.0
    assert scheme_errors(omelyan(lambda_)) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("name", ["force_gradient", "omelyan4"])
def test_schemes_of_fourth_order_have_none(name):
    assert scheme_errors(SCHEMES[name]) == pytest.approx((0.0, 0.0), abs=1e-15)


@pytest.mark.parametrize(
    "levels",
    [
        [("leapfrog", 1, ("gauge", "fermion.1"))],
        [("leapfrog_pqp", 1, ("fermion.1",)), ("omelyan", 2, ("gauge",))],
        [("omelyan", 1, ("fermion.1",)), ("leapfrog", 3, ("gauge",))],
        [("omelyan4", 1, ("fermion.1",)), ("leapfrog", 1, ("gauge",))],
        [("force_gradient", 1, ("gauge",)), ("leapfrog", 2, ("fermion.1",))],
    ],
    ids=lambda levels: "+".join(level[0] for level in levels),
)
def test_brackets_say_what_H_changes_by(place, exact, levels):
    """The rest of dH falls as the fourth power of the step."""
    one = nested(*((SCHEMES[name], steps, terms) for name, steps, terms in levels))
    exact.draw(place.U, Stream(4, 1))

    def run(integrator):
        P = gaussian_momenta(place.lattice, place.group, Stream(4, 1))
        hmc = HMC(exact, integrator)
        before, first = math.fsum(hmc.energies(place.U, P).values()), point(exact, place.U, P)
        U = hmc.integrate(place.U, P)
        return math.fsum(hmc.energies(U, P).values()) - before, point(exact, U, P) - first

    _, changes = run(nested((SCHEMES["omelyan"], 32, tuple(NAMES))))
    predicted = energy_changes(shadow(one, NAMES), [changes])[0]
    rest = [run(one.with_steps(n))[0] - predicted / n**2 for n in (8, 16)]
    assert abs(rest[1]) < 0.05 * abs(predicted) / 16**2
    assert rest[0] / rest[1] == pytest.approx(16.0, rel=0.3)


def point(H, U, P):
    return brackets(H, NAMES, U, P, [H.force(U, [name]) for name in NAMES])


def test_inner_products_are_those_of_components(place):
    P, Q = (gaussian_momenta(place.lattice, place.group, Stream(k, 1)) for k in (1, 2))
    z, w = place.lattice.to_user(P), place.lattice.to_user(Q)
    assert inner_product(place.lattice, place.group, P, Q) == pytest.approx(2.0 * (z.conj() * w).sum().real)
    assert inner_product(place.lattice, place.group, P, P) == pytest.approx(
        2.0 * kinetic_energy(place.lattice, place.group, P)
    )
    norms = link_norms(hamiltonian(place, place.gauge()), P)
    assert (norms**2).sum() == pytest.approx(inner_product(place.lattice, place.group, P, P))


def test_observed_trajectories_are_those_of_hmc(place, exact):
    integrator = nested((SCHEMES["leapfrog"], 4, tuple(NAMES)))
    start, work = State(place.U, 0, 5), [0]

    def meter():
        work[0] += 1
        return float(work[0])

    after, info = HMC(exact, integrator).step(start)
    observed = ObservedHMC(exact, integrator, exact, (), meter)
    end, found = observed.reference(start)
    for reached, trial in ((end, found.trial), observed.trial(start)):
        assert (reached.U == after.U).all()
        assert (trial.dH, trial.driven, trial.mismatch) == (info.dH, info.dH, 0.0)
        assert trial.moving == 1.0  # what is measured for the report alone does not count


def test_a_guide_and_the_integrator_share_the_blame(place, exact):
    """With small steps H of the guide stays, and all of dH is the change of S - S_theta."""
    guide = hamiltonian(place, place.gauge(beta=2.1), place.staggered(field=exact.terms[1].field))
    integrator = nested((SCHEMES["omelyan"], 20, tuple(NAMES)))
    _, info = HMC(exact, integrator, guide).step(State(place.U, 0, 5))
    _, found = ObservedHMC(exact, integrator, guide, (), lambda: 0.0).reference(State(place.U, 0, 5))
    assert found.trial.dH == info.dH
    assert abs(found.trial.driven) < 1e-3 * abs(found.trial.mismatch)
    predicted = energy_changes(shadow(integrator, NAMES), [found.changes])[0]
    assert found.trial.driven == pytest.approx(predicted, rel=0.02)
