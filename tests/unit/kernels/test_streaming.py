"""Fields that are written past the caches: as ``put`` writes them; whole kernels as on a lattice that is repeated."""

from functools import cache

import numpy as np
import pytest
from numba import TypingError, njit
from reference import samples
from reference.matrices import dagger

from lqcdnn.fields import rectangles
from lqcdnn.kernels.compile import STREAMED
from lqcdnn.kernels.flow import improve_force
from lqcdnn.kernels.packing import pack_links
from lqcdnn.kernels.simd import at, put, stream
from lqcdnn.lattice.blocks import aligned_zeros, link_matrices
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.layer import CovariantLayer

SIZES = {2: (10, 2), 3: (4, 3 if STREAMED < 2**24 else 4)}
"""Extent and how often it is repeated in each direction: fields large enough, and small ones."""


@njit
def copy(out, x):
    for mu in range(x.shape[0]):
        for s in range(x.shape[1]):
            stream(out, (mu, s), at(x, mu, s))


@njit
def copy_legs(out, W):
    for s in range(W.shape[0]):
        for leg in range(W.shape[1]):
            put(out, (s, leg), at(W, s, leg))


def unaligned(field):
    """Zeros like a field that start eight bytes after a cache line."""
    memory = aligned_zeros((field.nbytes // 8 + 8,), np.dtype("f8"))
    return memory[1 : 1 + field.nbytes // 8].view(field.dtype).reshape(field.shape)


@pytest.mark.parametrize("extent", [4, 16])
@pytest.mark.parametrize("real", ["f8", "f4"])
@pytest.mark.parametrize("place", [np.zeros_like, unaligned])
def test_copy(extent, real, place):
    lattice = Lattice((extent,) * 4, real=real)
    x = lattice.links(3)
    x["c"] = np.random.default_rng(1).normal(size=x["c"].shape)
    assert (x.nbytes > STREAMED) == (extent == 16)
    out = place(x)
    copy(out, x)
    assert out.tobytes() == x.tobytes()


def repeated(z, times):
    """Links [mu, x, y, z, t, i, j] with each extent of the lattice so many times as long."""
    return np.tile(z, (1, *(times,) * 4, 1, 1))


class Pair:
    """The same links and a field of random matrices on a small lattice and, repeated, on one out of the caches."""

    def __init__(self, n):
        extent, times = SIZES[n]
        self.n, self.times, rng = n, times, np.random.default_rng(n)
        self.lattices = Lattice((extent,) * 4), Lattice((extent * times,) * 4)
        u, v = (samples.links(rng, (extent,) * 4, n) for _ in range(2))
        self.links, self.others = self.fields(u), self.fields(v)
        assert self.links[1].nbytes >= STREAMED > self.links[0].nbytes

    def fields(self, z):
        small, large = self.lattices
        return small.from_links(z), large.from_links(repeated(z, self.times))

    def check(self, make):
        """make(lattice, U, V) is a field of links, the same everywhere."""
        cases = zip(self.lattices, self.links, self.others, strict=True)
        small, large = (lattice.to_user(make(lattice, U, V)) for lattice, U, V in cases)
        np.testing.assert_allclose(large, repeated(small, self.times), rtol=0, atol=1e-12)


made = cache(Pair)


@pytest.fixture(scope="module", params=[2, pytest.param(3, marks=pytest.mark.slow)])
def pair(request):
    return made(request.param)


@pytest.mark.parametrize("fresh", [True, False])
def test_rectangles(pair, fresh):
    def force(lattice, U, V):
        out = lattice.links(pair.n)
        rectangles.add_staples(out, lattice, U, np.arange(1.0, 5.0), conjugate=True, fresh=fresh)
        return out

    pair.check(force)


def test_derivatives_of_rectangles(pair):
    def derivative(lattice, U, V):
        out = lattice.links(pair.n)
        rectangles.add_derivatives(out, lattice, V, U, np.arange(1.0, 5.0))
        return out

    pair.check(derivative)


@pytest.mark.slow  # of SU(2) test_layers_and_models.py has whole staples of links beyond the caches
def test_layer(pair):
    def layer(lattice):
        return CovariantLayer(lattice, ("plaquette",), weights=np.array([0.07]))

    def pulled_back(lattice, U, V):
        made = layer(lattice)
        return made.pullback(made.forward(U)[1], V)

    pair.check(lambda lattice, U, V: layer(lattice).forward(U)[0])
    pair.check(lambda lattice, U, V: layer(lattice).stage(U, V, 0.3, 0.5)[0])
    pair.check(lambda lattice, U, V: layer(lattice).stage(U, V, 0.3, 0.5)[1])
    pair.check(pulled_back)


def test_part_of_the_zeuthen_flow(pair):
    def improved(lattice, U, V):
        out = lattice.links(pair.n)
        improve_force(out, V, U, lattice.neighbours)
        return out

    pair.check(improved)


@pytest.mark.parametrize(("n", "two_rows"), [(2, False), (3, False), (3, True)])
def test_packed_links(n, two_rows):
    pair = made(n)
    lattice, U = pair.lattices[1], pair.links[1]
    W = lattice.packed_links(n, two_rows)
    pack_links(W, U, lattice.site_field(np.ones((4, lattice.volume))), lattice.neighbours, 0.5, -0.5)
    u = lattice.to_user(U)
    back = [dagger(np.roll(u[mu], 1, axis=mu)) for mu in range(4)]
    expected = lattice.from_links(np.concatenate([0.5 * u, -0.5 * np.array(back)]))
    np.testing.assert_allclose(link_matrices(W), link_matrices(expected.T), rtol=0, atol=1e-13)
    if two_rows:  # which ``at`` completes
        whole = lattice.packed_links(n)
        copy_legs(whole, W)
        np.testing.assert_allclose(link_matrices(whole), link_matrices(W), rtol=0, atol=1e-15)
        with pytest.raises(TypingError, match="stream_multiple writes them"):
            copy_legs(W, whole)
