"""Links on finer and coarser lattices: exact plaquettes and charges, gauge covariance, what is left unchanged."""

import numpy as np
import pytest
from builders import Place
from reference import loops, samples, topology
from reference.matrices import dagger, trace

from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.fields.instanton import instanton
from lqcdnn.fields.refinement import blocked, refined
from lqcdnn.lattice.geometry import Lattice

PLACES = [
    (("U(1)", (4, 8)), (2, 2)),
    (("SU(2)", (2, 4, 2, 4)), (2, 2, 1, 2)),
    (("SU(3)", (4, 2, 2, 4)), (1, 2, 1, 2)),
    pytest.param(("SU(4)", (4, 4, 2, 2)), (2, 1, 2, 2), marks=pytest.mark.slow),
    pytest.param(("SU(2)", (3, 4, 5)), (2, 2, 2), marks=pytest.mark.slow),
]
SU3 = "SU(3)", (4, 2, 2, 4)


def refined_links(z, name, factors):
    """[mu, x, ..., n, n] of links [mu, x, ..., n, n]."""
    coarse = Lattice(z.shape[1:-2])
    fine, U = refined(coarse, coarse.from_links(z), group(name), factors)
    return fine.to_user(U)


@pytest.mark.parametrize(("place", "factors"), PLACES, ids=str)
def test_blocks_of_refined_links_are_the_links(place, factors):
    """Number by number, and so are all their loops; all new links are in the group."""
    p = Place(*place)
    fine, U = refined(p.lattice, p.U, p.group, factors)
    assert fine.shape == tuple(f * n for f, n in zip(factors, p.lattice.shape, strict=True))
    assert unitarity_violation(fine, U, p.group) < 1e-14
    coarse, again = blocked(fine, U, factors)
    assert coarse.shape == p.lattice.shape
    np.testing.assert_array_equal(coarse.to_user(again), p.lattice.to_user(p.U))


@pytest.mark.parametrize(("place", "factors"), PLACES, ids=str)
def test_refined_links_of_another_gauge_are_a_gauge_transformation(place, factors):
    """The one that has at a new site the matrix of the next old site."""
    p = Place(*place)
    G = samples.group_elements(p.rng, p.n, *p.lattice.shape)
    z = p.lattice.to_user(p.U)
    of_transformed = refined_links(samples.gauge_transform(z, G), p.group.name, factors)
    for mu, (n, factor) in enumerate(zip(p.lattice.shape, factors, strict=True)):
        G = np.take(G, (np.arange(factor * n) + factor - 1) // factor % n, axis=mu)
    expected = samples.gauge_transform(refined_links(z, p.group.name, factors), G)
    np.testing.assert_allclose(of_transformed, expected, rtol=0, atol=1e-11)  # roots near -1 are steep


def test_both_halves_of_a_plaquette_have_the_root():
    """Traces are sum exp(i a/2), a the angles of eigenvalues; where these do not add up to 0 the first half is 1."""
    p = Place(*SU3)
    z = p.lattice.to_user(p.U)
    S, site = np.diag(np.exp([2.3j, 2.1j, -4.4j])), (0, 1, 1, 2)
    z[(1, *site)] = S @ dagger(loops.plaquette(z, 1, 3)[site]) @ z[(1, *site)]
    halves = refined_links(z, "SU(3)", (1, 2, 1, 1))
    first, second = (trace(loops.plaquette(halves, 1, 3))[:, k::2] for k in (0, 1))
    angles = np.angle(np.linalg.eigvals(loops.plaquette(z, 1, 3)))
    turns = np.rint(angles.sum(axis=-1) / (2.0 * np.pi))
    roots, whole = np.exp(0.5j * angles).sum(axis=-1), np.exp(1j * angles).sum(axis=-1)
    assert turns[site] == 1
    assert (turns == 0).sum() > turns.size / 2
    np.testing.assert_allclose(first, np.where(turns == 0, roots, 3.0), rtol=0, atol=1e-9)
    np.testing.assert_allclose(second, np.where(turns == 0, roots, whole), rtol=0, atol=1e-9)


def test_u1_charge_is_kept():
    """Plaquettes have a quarter of the angle, whatever the links are."""
    p = Place("U(1)", (4, 8))
    z = p.lattice.to_user(p.U)
    fine = refined_links(z, "U(1)", (2, 2))
    angles = np.angle(loops.plaquette(z, 0, 1)[..., 0, 0])
    quarters = np.repeat(np.repeat(angles / 4.0, 2, axis=0), 2, axis=1)
    np.testing.assert_allclose(np.angle(loops.plaquette(fine, 0, 1)[..., 0, 0]), quarters, rtol=0, atol=1e-13)
    assert topology.angle_charge(fine) == pytest.approx(topology.angle_charge(z), abs=1e-12)
    assert abs(topology.angle_charge(z)) > 0.5


def test_constant_fields_stay_constant():
    """Of a field of constant flux each plaquette has the flux through its area."""
    shape, fluxes, factors = (4, 2, 2, 4), {(0, 1): 1, (1, 2): 1, (2, 3): -1, (0, 3): 2}, (1, 2, 1, 2)
    z = topology.diagonal(topology.torus_angles(shape, fluxes), [1, -1])
    fine = refined_links(z, "SU(2)", factors)
    for mu, nu in loops.planes(4):
        omega = 2.0 * np.pi * fluxes.get((mu, nu), 0) / np.prod(np.multiply(shape, factors)[[mu, nu]])
        traces = trace(loops.plaquette(fine, mu, nu))
        np.testing.assert_allclose(traces, 2.0 * np.cos(omega), rtol=0, atol=1e-12)


def test_links_without_a_middle():
    """Plaquettes of -1 have no root of their own: all of them is in the second half."""
    z = np.ones((2, 4, 8, 1, 1), dtype=complex)
    z[1, ::2] = -1.0
    assert (loops.plaquette(z, 0, 1) == -1.0).all()
    fine = refined_links(z, "U(1)", (2, 1))
    plaquettes = loops.plaquette(fine, 0, 1)
    assert (plaquettes[::2] == 1.0).all()
    assert (plaquettes[1::2] == -1.0).all()


def test_links_next_to_those_without_a_middle():
    """Eigenvalues of -1 in any gauge: rounding decides on the phase of the projection, which is not taken then."""
    shape = (4, 2, 2, 4)
    z = topology.diagonal(np.zeros((4, *shape)), [1, 1, 1])
    z[3, ::2] = np.diag([-1.0, -1.0, 1.0])
    for seed in range(4):
        G = samples.group_elements(np.random.default_rng(seed), 3, *shape)
        fine = refined_links(samples.gauge_transform(z, G), "SU(3)", (1, 2, 1, 2))
        fine = refined_links(fine, "SU(3)", (2, 1, 1, 1))
        np.testing.assert_allclose(fine @ dagger(fine), np.broadcast_to(np.eye(3), fine.shape), rtol=0, atol=1e-13)
        np.testing.assert_allclose(np.linalg.det(fine), 1.0, rtol=0, atol=1e-13)


def test_blocked_links_are_products():
    p = Place(*SU3)
    coarse, U = blocked(p.lattice, p.U, (2, 1, 1, 2))
    z, found = p.lattice.to_user(p.U), coarse.to_user(U)
    assert coarse.shape == (2, 2, 2, 2)
    for mu, path in enumerate(((1, 1), (2,), (3,), (4, 4))):
        np.testing.assert_allclose(found[mu], loops.transport(z, path)[::2, :, :, ::2], rtol=0, atol=1e-14)
    with pytest.raises(InputError, match="4x8: those to be halved"):
        blocked(Lattice((4, 8)), Place("U(1)", (4, 8)).U, (4, 3))


@pytest.mark.slow
def test_an_instanton_stays_one():
    """Improved charge on 12^4 of one of radius 2 on 6^4."""
    coarse, factors = Lattice((6,) * 4), (2,) * 4
    z = coarse.to_user(instanton(coarse, group("SU(2)"), 2.0, (2.5,) * 4))
    fine = refined_links(z, "SU(2)", factors)
    charge = 5.0 / 3.0 * topology.loop_charge(fine) - 2.0 / 3.0 * topology.loop_charge(fine, (1, 2))
    assert charge == pytest.approx(1.0, abs=0.03)


@pytest.mark.slow
def test_the_order_of_directions_matters_little():
    """Of weak fields plaquettes differ in the third order; their mean real part in the sixth."""
    differences = []
    for spread in (0.1, 0.05):
        p = Place("SU(3)", (4, 2, 2, 4), spread=spread)
        z = p.lattice.to_user(p.U)
        turned = np.ascontiguousarray(np.moveaxis(z[::-1], (1, 2, 3, 4), (4, 3, 2, 1)))
        one, other = refined_links(z, "SU(3)", (2,) * 4), refined_links(turned, "SU(3)", (2,) * 4)
        sums = [loops.plaquette_sum(links, loops.planes(4)) for links in (one, other)]
        differences.append(abs(sums[0] - sums[1]) / (one[0, ..., 0, 0].size * 18.0))
    assert 0.0 < differences[0] < 1e-4
    assert differences[1] < differences[0] / 6.0
