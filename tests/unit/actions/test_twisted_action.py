"""Gauge actions with twisted boundary conditions: loop by loop, twist eaters, and corners that move."""

import numpy as np
import pytest
from derivative import assert_gradient
from reference import samples
from reference import twist as reference

from lqcdnn.actions.base import gradient
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import InputError
from lqcdnn.fields.algebra import momenta
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.twist import Twist, root_of_unity

CASES = [
    (2, (4, 4), ((0, 1, 1),), 0.0),
    pytest.param(3, (4, 4), ((0, 1, 2),), 0.0, marks=pytest.mark.slow),
    (2, (2, 4, 2, 4), ((0, 1, 1), (2, 3, 1)), 0.0),
    (2, (4, 4, 4), ((0, 2, 1), (1, 2, 1)), -0.1),
    (3, (4, 2, 2, 4), ((0, 1, 1), (0, 3, 2), (2, 3, 1)), -0.331),
    pytest.param(4, (4, 4, 2, 2), ((0, 1, 2), (1, 3, 3)), -0.1, marks=pytest.mark.slow),
    pytest.param(3, (3, 4, 5), ((1, 2, 2),), -0.1, marks=pytest.mark.slow),
]


def twisted(n, shape, planes, c1=0.0, beta=2.3, terms=()):
    return GaugeAction(Lattice(shape, twist=Twist(n, planes)), n, beta, c1, terms)


def random_links(n, shape, seed=3):
    return samples.links(np.random.default_rng(seed), shape, n)


@pytest.mark.parametrize(("n", "shape", "planes", "c1"), CASES)
def test_value_loop_by_loop(n, shape, planes, c1):
    action, z = twisted(n, shape, planes, c1), random_links(n, shape)
    expected = reference.action(z, 2.3, c1, planes)
    assert action.value(action.lattice.from_links(z)) == pytest.approx(expected, rel=1e-12)
    assert abs(expected - reference.action(z, 2.3, c1, ())) > 1.0


@pytest.mark.parametrize(("n", "shape", "planes", "c1"), [pytest.param(*CASES[0], marks=pytest.mark.slow), *CASES[1:]])
def test_gradient(n, shape, planes, c1):
    action = twisted(n, shape, planes, c1)
    assert_gradient(action, action.lattice.from_links(random_links(n, shape)))


@pytest.mark.slow
def test_terms_of_other_loops():
    """A bent loop of three planes beside plaquettes and Polyakov loops, which have no factor."""
    shape, planes, bent = (2, 4, 4), ((0, 1, 1), (1, 2, 2)), (1, 2, 3, -1, -2, -3)
    action = twisted(3, shape, planes, terms=[(bent, 0.7), ("polyakov_time", 0.3)])
    z = random_links(3, shape)
    U = action.lattice.from_links(z)
    assert_gradient(action, U)
    plain = GaugeAction(Lattice(shape), 3, 0.0, terms=[(bent, 0.7), ("polyakov_time", 0.3)])
    found = action.value(U) - reference.action(z, 2.3, 0.0, planes)
    loops = [
        tuple(signs[abs(s) - 1] * (1 if s > 0 else -1) * abs(s) for s in bent)
        for signs in ((1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1))
    ]
    change = reference.loop_sum(z, loops, planes) - reference.loop_sum(z, loops, ())
    assert found == pytest.approx(plain.value(plain.lattice.from_links(z)) - 0.7 * change / 3, rel=1e-12)
    assert abs(change) > 1.0


def test_the_kick_is_that_of_the_gradient():
    action = twisted(3, (4, 2, 2, 4), ((0, 1, 1), (2, 3, 2)))
    lattice = action.lattice
    U = lattice.from_links(random_links(3, lattice.shape))
    P = momenta(lattice, 3)
    clear(P)
    action.kick(P, U, None, 0.5)
    M = 0.5 * lattice.to_user(U) @ lattice.to_user(gradient(action, U))
    expected = (M - np.conj(M).swapaxes(-1, -2)) / 2.0
    expected -= np.trace(expected, axis1=-2, axis2=-1)[..., None, None] / 3.0 * np.eye(3)
    assert np.abs(lattice.to_user(P) - expected).max() < 1e-13


@pytest.mark.parametrize(
    ("n", "pairs", "shape"),
    [
        (2, [(0, 1)], (4, 4, 4)),
        pytest.param(3, [(0, 1)], (4, 4), marks=pytest.mark.slow),
        (3, [(0, 3)], (4, 2, 2, 4)),
        pytest.param(4, [(0, 1), (2, 3)], (2, 2, 2, 2), marks=pytest.mark.slow),
    ],
)
def test_twist_eaters_have_no_action(n, pairs, shape):
    """Gamma_mu Gamma_nu = z^* Gamma_nu Gamma_mu: the minimum is zero; without the twist it is not."""
    m = round(n ** (1 / len(pairs)))
    planes = tuple((mu, nu, n // m) for mu, nu in pairs)
    action, z = twisted(n, shape, planes, -0.05), reference.twist_eater(n, pairs, shape)
    U = action.lattice.from_links(z)
    assert abs(action.value(U)) < 1e-11
    assert np.abs(gradient(action, U)["c"]).max() > 0.1
    M = action.lattice.to_user(U) @ action.lattice.to_user(gradient(action, U))
    assert np.abs(M - np.conj(M).swapaxes(-1, -2)).max() < 1e-12
    plain = GaugeAction(Lattice(shape), n, 2.3, -0.05)
    assert plain.value(plain.lattice.from_links(z)) > 1.0
    assert reference.action(z, 2.3, -0.05, planes) == pytest.approx(0.0, abs=1e-11)


def test_one_site_is_the_twisted_eguchi_kawai_model():
    """S = beta sum_{mu<nu} (1 - Re z tr U_mu U_nu U_mu^dag U_nu^dag / N) on 1^4."""
    n, planes = 3, ((0, 1, 2), (0, 2, 1), (1, 3, 2), (2, 3, 1))
    action, z = twisted(n, (1, 1, 1, 1), planes), random_links(n, (1, 1, 1, 1))
    V, total = z[:, 0, 0, 0, 0], 0.0
    k = {(mu, nu): value for mu, nu, value in planes}
    for mu in range(4):
        for nu in range(mu + 1, 4):
            W = V[mu] @ V[nu] @ V[mu].conj().T @ V[nu].conj().T
            total += 1.0 - (np.exp(2j * np.pi * k.get((mu, nu), 0) / n) * np.trace(W)).real / n
    assert action.value(action.lattice.from_links(z)) == pytest.approx(2.3 * total, rel=1e-12)


@pytest.mark.parametrize("c1", [0.0, -0.1])
def test_corners_may_lie_anywhere(c1):
    """A sheet of links times z moves the corners of a plane: translated links have the same action with the sheet."""
    n, shape, planes = 3, (4, 4, 4), ((0, 1, 1), (1, 2, 2))
    action, z = twisted(n, shape, planes, c1), random_links(n, shape)
    before = action.value(action.lattice.from_links(z))
    moved = np.roll(z, 1, axis=1)  # by one step of x: the corner of plane xy is now at x = 0
    assert action.value(action.lattice.from_links(moved)) != pytest.approx(before, rel=1e-6)
    moved[1, 0, 3] *= np.exp(-2j * np.pi * 1 / n)  # links of direction y at x = 0 and the last y
    assert action.value(action.lattice.from_links(moved)) == pytest.approx(before, rel=1e-12)


def test_roots_of_unity():
    for n in range(2, 9):
        for k in range(n):
            angle = 2 * np.pi * k / n
            assert root_of_unity(n, k) == pytest.approx((np.cos(angle), np.sin(angle)), abs=1e-15)
    assert [root_of_unity(4, k) for k in range(4)] == [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
    assert root_of_unity(6, 1) == (0.5, np.sqrt(3.0) / 2.0)


def test_a_twist_of_another_group_is_refused():
    with pytest.raises(InputError, match=r"twisted for SU\(3\)"):
        GaugeAction(Lattice((4, 4), twist=Twist(3, ((0, 1, 1),))), 2, 2.3)
