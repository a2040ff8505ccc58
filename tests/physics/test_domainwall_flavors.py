"""Any number of domain wall flavours: dense matrix functions, forces, bounds of the spectrum, chains."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, hamiltonian, one_level
from derivative import assert_gradient
from rational_builders import rational_walls
from reference import domainwall as reference
from reference import samples
from test_domainwall import drawn, jackknife, observables, reweighted

from lqcdnn.actions.base import gradient
from lqcdnn.actions.domainwall import DomainWallAction
from lqcdnn.actions.pseudofermion import SolverSettings
from lqcdnn.config.rules.walls import spectrum_bounds
from lqcdnn.dirac.domainwall import FifthDimension
from lqcdnn.errors import NumericalError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.update.hmc import HMC, State

SHAMIR, MOEBIUS = FifthDimension(1.0, 4), FifthDimension(1.4, 4, 1.5, 0.5)
MASS = 0.1
PLACES = [("U(1)", (4, 8)), ("SU(2)", (2, 2, 2, 2)), ("SU(3)", (2, 2, 2, 4))]
EVERY = [pytest.param(p, marks=[pytest.mark.slow] * (len(p[1]) == 4)) for p in PLACES]
every_place, smaller_places = (pytest.mark.parametrize("place", some, ids=str) for some in (EVERY, EVERY[:2]))
both_kinds = pytest.mark.parametrize("fifth", [SHAMIR, MOEBIUS], ids=["shamir", "moebius"])


def normal(p, mass, fifth):
    """Mhat^dag Mhat as a dense matrix, and which entries of a vector are on even sites."""
    U = p.lattice.to_user(p.U)
    M = reference.schur(U, p.antiperiodic(), mass, fifth.M5, fifth.L5, fifth.b5, fifth.c5)
    return M.conj().T @ M, reference.even_sites(U, fifth.L5)


def power_of(A, exponent):
    values, vectors = np.linalg.eigh(A)
    return (vectors * values**exponent) @ vectors.conj().T


@smaller_places
@pytest.mark.parametrize(
    ("fifth", "flavors", "fields"),
    [
        pytest.param(MOEBIUS, 1, 1, id="moebius-1-1"),
        pytest.param(SHAMIR, 3, 2, id="shamir-3-2"),
        pytest.param(SHAMIR, 1, 1, id="shamir-1-1", marks=pytest.mark.slow),
        pytest.param(MOEBIUS, 3, 2, id="moebius-3-2", marks=pytest.mark.slow),
    ],
)
def test_value_and_heat_bath_are_powers_of_dense_matrices(place, fifth, flavors, fields):
    p = Place(*place)
    action = rational_walls(p, flavors, MASS, fifth, fields)
    known, power, total = action.draw(p.U, Stream(3, 4)), flavors / (2 * fields), 0.0
    (A, even), (heavy, _) = normal(p, MASS, fifth), normal(p, 1.0, fifth)
    root, back = power_of(heavy, power / 2), power_of(heavy, -power / 2)
    for field in action.fields:
        r = p.lattice.to_user(action.operator.noise(Stream(3, 4), PSEUDOFERMION + field.index)).reshape(-1)
        phi = p.lattice.to_user(field.phi).reshape(-1)
        np.testing.assert_allclose(phi[even], back @ power_of(A, power / 2) @ r[even], rtol=0, atol=1e-11)
        assert not phi[~even].any()
        total += np.vdot(root @ phi[even], power_of(A, -power) @ root @ phi[even]).real
    assert action.value(p.U) == pytest.approx(total, rel=1e-12)
    assert known == pytest.approx(total, rel=1e-11)


@every_place
@both_kinds
def test_gradient_of_flavours(place, fifth):
    p = Place(*place)
    for flavors, fields in ((1, 1), (3, 2)) if p.d == 2 else ((1, 1),):
        assert_gradient(drawn(rational_walls(p, flavors, MASS, fifth, fields), p.U), p.U)


@pytest.mark.slow
def test_gradient_of_a_flavour_through_a_network():
    p = Place("SU(2)", (2, 2, 2, 4))
    assert_gradient(p.composed(rational_walls(p, 1, 0.3), p.network(2)), p.U)


def test_two_flavours_in_one_field_have_the_value_of_the_plain_action():
    """phi^dag A_h^1/2 A^-1 A_h^1/2 phi = chi^dag Mhat_h A^-1 Mhat_h^dag chi with Mhat_h^dag chi = A_h^1/2 phi."""
    p = Place(*PLACES[0])
    action = drawn(rational_walls(p, 2), p.U)
    (phi,), heavy = action.fields, action.heavy.operator
    assert action.powers.metropolis.degree == 1
    power, x, y = action.heavy_powers.metropolis, heavy.vector(), heavy.vector()
    action.heavy.solve(phi.phi, power.shifts, 1e-13, 1000)
    action.heavy.combine(y, phi.phi, power.constant, power.residues)
    found = action.value(p.U)
    heavy.solve_normal(x, y, 1e-13, 1000)
    heavy.apply_even(phi.phi, x)
    plain = DomainWallAction(action.operator.operator, phi, SolverSettings(1e-13, 1e-13))
    assert plain.value(p.U) == pytest.approx(found, rel=1e-11)


def test_at_mass_one_nothing_depends_on_the_links():
    p = Place(*PLACES[0])
    action = drawn(rational_walls(p, 1, 1.0), p.U)
    norm = float(np.sum(action.fields[0].phi["c"] ** 2))
    assert action.value(p.U) == pytest.approx(norm, rel=1e-12)
    assert action.value(Place("U(1)", (4, 8), seed=5).U) == pytest.approx(norm, rel=1e-12)
    assert np.abs(gradient(action, p.U)["c"]).max() < 1e-10


def test_looser_dynamics_of_walls_are_near():
    p = Place(*PLACES[0])
    tight = drawn(rational_walls(p, 1), p.U)
    loose = rational_walls(p, 1, fields=tight.fields, md_error=1e-5)
    assert loose.powers.dynamics.degree < tight.powers.dynamics.degree
    assert loose.heavy_powers.dynamics.degree < tight.heavy_powers.dynamics.degree
    F, G = gradient(tight, p.U)["c"], gradient(loose, p.U)["c"]
    assert 1e-9 < np.abs(F - G).max() / np.abs(F).max() < 1e-4
    assert loose.value(p.U) == tight.value(p.U)


def test_energy_and_reversibility():
    p = Place("U(1)", (4, 8), spread=0.4)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(2.5), rational_walls(p, 1, fifth=MOEBIUS)), p, 0.5)


def test_a_range_that_is_too_narrow_stops_the_run():
    p = Place(*PLACES[0])
    action = rational_walls(p, 1, bounds=(0.2, 20.0))
    action.key = "action.fermion.2"
    with pytest.raises(NumericalError, match=r"action\.fermion\.2: eigenvalues from") as caught:
        action.draw(p.U, Stream(3, 4))
    assert "action.fermion.2.spectrum" in (caught.value.hint or "")


KINDS = [(1.0, 4, 1.0, 0.0), (1.8, 4, 1.0, 0.0), (1.8, 8, 1.5, 0.5), (1.4, 6, 1.0, 1.0), (1.9, 2, 2.0, 0.3)]


@pytest.mark.parametrize("walls", KINDS, ids=str)
def test_bounds_hold_on_random_and_cold_links(walls):
    """Of both ends, for light and heavy quarks; on cold links with periodic time modes of momentum 0 are reached."""
    rng = np.random.default_rng(7)
    every = [samples.links(rng, (2, 4), 1) for _ in range(4)] + [np.ones((2, 2, 4, 1, 1), complex)]
    for mass in (0.01, 0.3, 1.0):
        lower, upper = spectrum_bounds(2, mass, *walls)
        for U in every:
            values = np.linalg.svd(reference.schur(U, (1, 1), mass, *walls), compute_uv=False) ** 2
            assert lower <= values[-1]
            assert values[0] <= upper


def test_bounds_are_not_far_at_mass_one():
    """The lowest modes of antiperiodic walls are those of the least momentum in the fifth dimension."""
    U = np.ones((2, 2, 4, 1, 1), complex)
    walls = (0.9, 4, 1.0, 0.0)
    lower, _ = spectrum_bounds(2, 1.0, *walls)
    values = np.linalg.svd(reference.schur(U, (1, 1), 1.0, *walls), compute_uv=False) ** 2
    assert lower < values[-1] < 10.0 * lower


def test_one_flavour_has_a_positive_determinant_for_even_L5():
    """For L5 = 1 the quark is a Wilson fermion of mass 1 + m - M5, whose determinant may be negative."""
    rng = np.random.default_rng(7)
    every = [samples.links(rng, (2, 4), 1) for _ in range(20)]

    def signs(*walls):
        quotients = [[np.linalg.slogdet(reference.dense(U, (1, -1), m, *walls))[0] for m in (MASS, 1.0)] for U in every]
        return [(light / heavy).real for light, heavy in quotients]

    for walls in KINDS:
        assert min(signs(*walls)) == pytest.approx(1.0)
    assert min(signs(1.8, 1)) == pytest.approx(-1.0)


def test_where_no_bounds_are_known():
    assert spectrum_bounds(4, 0.1, 1.8, 5, 1.0, 0.0) is None
    assert spectrum_bounds(4, 0.0, 1.8, 4, 1.0, 0.0) is None
    assert spectrum_bounds(4, 3.3, 1.8, 4, 1.0, 0.0) is None
    assert spectrum_bounds(4, 0.1, 1.8, 4, 1.0, 2.0) is None
    assert spectrum_bounds(4, 3.1, 1.8, 4, 1.0, 0.0) is not None


LOOSE = {"tolerance": 1e-9, "md_error": 1e-7, "error": 1e-11}


@pytest.mark.slow
@pytest.mark.parametrize(
    "actions", [((1, 1),), ((3, 2),), ((1, 1), (1, 1))], ids=["1", "3 in two fields", "1 and 1 in two actions"]
)
def test_flavours_against_the_determinant(actions):
    """HMC = quenched average with weights |det D(m) / det D(1)|^flavors, on 2 x 4 with SU(2)."""
    p, fifth, beta = Place("SU(2)", (2, 4)), FifthDimension(0.9, 2), 1.0
    expected, error, without = reweighted(sum(n for n, _ in actions), p.lattice.shape, beta, 2000, MASS, fifth)
    terms = [rational_walls(p, n, MASS, fifth, k, index=i, **LOOSE) for i, (n, k) in enumerate(actions)]
    H = hamiltonian(p, p.gauge(beta), *terms)
    hmc = HMC(H, one_level("omelyan", 4, 1.0, *(term.name for term in H.terms)))
    state, found = State(cold(p.lattice, p.group), 0, 23), []
    for trajectory in range(-50, 500):
        state, _ = hmc.step(state)
        if trajectory >= 0:
            found.append(observables(H.terms[0], state.U))
    mean, own = jackknife(np.array(found), np.ones(len(found)))
    assert np.abs((mean - expected) / np.hypot(error, own)).max() < 3.5
    assert abs(expected[0] - without[0]) > 2.0 * np.hypot(error[0], own[0])
