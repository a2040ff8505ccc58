"""Monopoles and centre vortices: planted ones are found, gauges do not change them, currents are conserved."""

import numpy as np
import pytest
from builders import Place, transformation
from reference import confinement as reference
from reference import samples
from reference.matrices import exponential

from lqcdnn.errors import InputError
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge
from lqcdnn.fields.monopoles import diagonal_angles, largest_current, monopoles
from lqcdnn.fields.projection import projected
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vortices import center_numbers, largest_vortex, vortices
from lqcdnn.lattice.clusters import fluxes_of_cubes, plaquette_planes


def divergence(k):
    """sum_mu [k_mu(x + mu) - k_mu(x)]."""
    return sum(np.roll(k[mu], -1, axis=mu) - k[mu] for mu in range(4))


@pytest.mark.parametrize("shape", [(4, 4, 6), (4, 2, 2, 4)])
def test_hot_links_of_u1(shape):
    """Fluxes of the wrapped angles in floating point; conserved; whatever the gauge, and whatever turns of links."""
    p = Place("U(1)", shape)
    theta = diagonal_angles(p.lattice, p.U, p.group)
    m = monopoles(theta)
    assert np.abs(m).sum() > 10
    np.testing.assert_allclose(m[0], reference.charges(theta[..., 0]), rtol=0, atol=1e-12)
    other = transformation(p)[1](p.U)
    np.testing.assert_array_equal(monopoles(diagonal_angles(p.lattice, other, p.group)), m)
    turns = 2.0 * np.pi * p.rng.integers(-2, 3, theta.shape)
    np.testing.assert_array_equal(monopoles(theta + turns), m)
    assert m.sum() == 0 if len(shape) == 3 else not divergence(m[0]).any()


@pytest.mark.parametrize("n", [2, 3, 4])
def test_hot_diagonal_links(n):
    """Charges of the colours add up to 0, each conserved; Weyl reflections exchange them."""
    rng = np.random.default_rng(n)
    theta = rng.uniform(-np.pi, np.pi, (4, 4, 4, 2, 4, n))
    theta[..., -1] = -theta[..., :-1].sum(axis=-1)
    theta = np.angle(np.exp(1j * theta))
    m = monopoles(theta)
    assert np.abs(m).sum() > 10
    assert not m.sum(axis=0).any()
    assert not any(divergence(one).any() for one in m)
    np.testing.assert_array_equal(monopoles(theta[..., ::-1]), m[::-1])
    if n == 2:
        np.testing.assert_allclose(m[0], reference.charges(theta[..., 0]), rtol=0, atol=1e-12)


def strings(shape, sites):
    n = {plane: np.zeros(shape) for plane in plaquette_planes(len(shape))}
    n[0, 1][sites] = 1.0
    return reference.with_strings(n)


def test_a_planted_pair():
    """A Dirac string from z = 1 to z = 4 has a monopole and an antimonopole at its ends, and nothing else is there."""
    m = monopoles(strings((6, 6, 8), (2, 3, slice(1, 4)))[..., None])[0, 0]
    assert np.argwhere(m).tolist() == [[2, 3, 0], [2, 3, 3]]
    assert sorted(m[np.nonzero(m)]) == [-1, 1]


def test_planted_loops():
    """The edge of a Dirac sheet of 3 x 2 plaquettes is a loop of length 10; of one around time it is two lines of 6."""
    shape = (6, 6, 6, 6)
    k = monopoles(strings(shape, (2, 3, slice(1, 4), slice(2, 4)))[..., None])[0]
    assert np.abs(k).sum() == 10
    assert not divergence(k).any()
    assert largest_current(k) == 1.0
    lines = monopoles(strings(shape, (2, 3, slice(1, 4), slice(None)))[..., None])[0]
    assert np.abs(lines).sum() == np.abs(lines[3]).sum() == 12
    assert largest_current(lines) == 0.5
    assert largest_current(np.roll(k, 3, axis=1) + lines) == pytest.approx(10 / 22)
    assert largest_current(np.zeros_like(k)) == 0.0


def test_angles_of_plaquettes_at_the_end_of_their_interval():
    """Links of U(1) that are 1 or -1: an angle of -pi is that of pi, and turns of links do not matter here, too."""
    theta = np.pi * np.random.default_rng(2).integers(-1, 2, (4, 4, 4, 4, 4, 1))
    found = monopoles(theta)
    assert found.any()
    np.testing.assert_array_equal(monopoles(np.abs(theta)), found)
    np.testing.assert_array_equal(monopoles(-np.abs(theta)), found)


@pytest.mark.parametrize("shape", [(20, 20, 20), (8, 8, 8, 8)])
def test_densities_of_random_links(shape):
    """Five plaquettes of a cube are independent: m is the integer next to the sum of five numbers in (-1/2, 1/2).

    So |m| is 1 with 2 (F(4) - F(3)) and 2 with 2 (1 - F(4)), F the Irwin-Hall distribution of five: 7/15 in the mean.
    """
    rng, d = np.random.default_rng(5), len(shape)
    m = np.abs(monopoles(rng.uniform(-np.pi, np.pi, (d, *shape, 1))))
    error = np.std(m) / np.sqrt(m.size / 4)  # cubes that share plaquettes know of each other
    assert m.mean() == pytest.approx(7 / 15, abs=4.0 * error)
    assert np.mean(m == 2) == pytest.approx(1 / 60, abs=4.0 * np.sqrt(4 / 60 / m.size))
    for n in (2, 3):
        found = vortices(rng.integers(0, n, (d, *shape)), n) != 0
        assert found.mean() == pytest.approx(1 - 1 / n, abs=4.0 / np.sqrt(found.size))


BOX = (slice(1, 3), slice(2, 5), slice(0, 2))
FACES = 2 * (2 * 3 + 3 * 2 + 2 * 2)


def planted(p, box, k=1):
    """Links of the last direction times exp(2 pi i k / N) in a box of one time slice: its faces are a closed vortex."""
    z = p.lattice.to_user(p.U).copy()
    z[(-1, *box, 1)] *= np.exp(2j * np.pi * k / p.n)
    return z


@pytest.mark.parametrize(("name", "k"), [("SU(2)", 1), pytest.param("SU(3)", 2, marks=pytest.mark.slow)])
def test_a_planted_vortex(name, k):
    """It is found, and nothing else, in a random gauge with noise on all links; and is gone from links without it."""
    p = Place(name, (4, 6, 4, 4), spread=0.05)
    U = transformation(p)[1](p.lattice.from_links(planted(p, BOX, k)))
    gauge = Gauge("center", tolerance=1e-8, copies=3)
    found = fix_gauge(p.lattice, U, p.group, gauge, Stream(1, 1))
    expected = np.zeros((4, *p.lattice.shape), dtype=np.int64)
    expected[(3, *BOX, 1)] = k
    expected = vortices(expected, p.n)
    assert np.count_nonzero(expected) == FACES
    V = projected(p.lattice, U, found.transformation, "center")
    np.testing.assert_array_equal(vortices(center_numbers(p.lattice, V, p.group), p.n), expected)
    without = projected(p.lattice, U, found.transformation, "vortex_removed")
    again = fix_gauge(p.lattice, without, p.group, gauge, Stream(1, 1))
    rest = projected(p.lattice, without, again.transformation, "center")
    assert not vortices(center_numbers(p.lattice, rest, p.group), p.n).any()


@pytest.mark.parametrize("n", [2, 3, 4])
def test_vortices_have_no_ends(n):
    """The numbers on the faces of each cube add up to 0 modulo N."""
    for shape in ((3, 4, 5), (4, 2, 3, 4)):
        k = np.random.default_rng(n).integers(0, n, (len(shape), *shape))
        assert not (fluxes_of_cubes(vortices(k, n), len(shape)) % n).any()


def test_the_largest_vortex():
    shape = (8, 8, 8, 4)
    k = np.zeros((4, *shape), dtype=np.int64)
    assert largest_vortex(vortices(k, 2)) == 0.0
    k[3, 1:3, 1:4, 1:3, 1] = 1
    assert largest_vortex(vortices(k, 2)) == 1.0
    k[3, 5, 5, 5, 1] = 1  # a cube far away
    assert largest_vortex(vortices(k, 2)) == pytest.approx(FACES / (FACES + 6))
    line = np.zeros((3, 6, 6, 6), dtype=np.int64)
    line[0, 2, 1:3, 1:3] = 1  # d = 3: a closed line around four links, 8 plaquettes
    found = vortices(line, 2)
    assert np.count_nonzero(found) == 8
    assert largest_vortex(found) == 1.0


def test_other_links_are_refused():
    p = Place("SU(2)", (4, 4, 4))
    with pytest.raises(InputError, match="not diagonal"):
        diagonal_angles(p.lattice, p.U, p.group)
    with pytest.raises(InputError, match="outside the centre"):
        center_numbers(p.lattice, p.U, p.group)
    diagonal = exponential(samples.algebra(p.rng, (4, 4, 4), 2)) * np.eye(2)
    diagonal /= np.abs(diagonal) + (1.0 - np.eye(2))
    with pytest.raises(InputError, match="outside the centre"):
        center_numbers(p.lattice, p.lattice.from_links(diagonal), p.group)
