"""Philox4x32-10: published known answers, the reference in plain integers, numbers that name their site."""

import numpy as np
import pytest
from numba import njit
from reference import philox as reference

from lqcdnn.fields.random import Stream
from lqcdnn.kernels import philox
from lqcdnn.kernels.gaussian import fill_normal
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.blocks import site_table
from lqcdnn.lattice.geometry import Lattice

ONES = 0xFFFFFFFF
KNOWN = [  # Random123, kat_vectors
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@njit
def words_of(*counter_and_key):
    return philox.philox4x32(*counter_and_key)


@njit
def unit_interval(high, low):
    return philox.unit_interval(high, low)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN, ids=["zeros", "ones", "pi"])
def test_known_answers(counter, key, answer):
    assert tuple(reference.philox4x32(counter, key)) == answer
    assert tuple(int(x) for x in words_of(*np.array(counter + key, dtype=np.uint64))) == answer


@pytest.mark.parametrize("seed", [0, 11, 2**32, 2**64 - 1])
@pytest.mark.parametrize("count", [1, 4, 7])
def test_numbers_of_a_site(seed, count):
    sites = np.array([0, 1, 1000, 2**31])
    out = np.empty((len(sites), count))
    philox.fill_uniform(out, sites, 17, 3, np.uint64(seed))
    np.testing.assert_array_equal(out, [reference.uniforms(int(n), count, 17, 3, seed) for n in sites])
    names = site_table([sites.astype(np.uint32).view(np.int32)[None]])
    pairs = np.zeros((1, (count + 1) // 2), field_dtype(1, 1, len(sites)))
    fill_normal(pairs, names, 1.0, 17, 3, np.uint64(seed))
    found = pairs["c"].reshape(-1, len(sites)).T[:, :count]
    expected = [reference.normals(int(n), count, 17, 3, seed) for n in sites]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_the_ends_of_the_unit_interval_are_out_of_reach():
    words = np.array([0, ONES], dtype=np.uint64)
    assert unit_interval(words[0], words[0]) == 2.0**-54
    assert unit_interval(words[1], words[1]) < 1.0


def test_numbers_of_every_part_of_the_counter_differ():
    lattice = Lattice((4, 4))
    base = Stream(5, 7).normal(lattice, 2, 0)
    others = [
        Stream(6, 7).normal(lattice, 2, 0),
        Stream(5, 8).normal(lattice, 2, 0),
        Stream(5, 7).normal(lattice, 2, 1),
    ]
    for other in others:
        assert not np.isin(base, other).any()
    assert len(np.unique(base)) == base.size
    np.testing.assert_array_equal(base, Stream(5, 7).normal(lattice, 2, 0))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_numbers_do_not_depend_on_site_order(kind):
    """The same site gets the same numbers whatever the block width, with and without parity."""
    make = {"normal": reference.normals, "uniform": reference.uniforms}[kind]
    for shape in ((4, 4), (2, 4, 4), (3, 5)):
        expected = reference.numbered(shape, lambda number, count: make(number, count, 2, 1, 9), 3)
        for width in (1, 2, 4, 8):
            divided = np.prod(shape) // (2 if all(n % 2 == 0 for n in shape) else 1)
            if divided % width:
                continue
            lattice = Lattice(shape, width)
            found = getattr(Stream(9, 2), kind)(lattice, 3, 1)
            np.testing.assert_allclose(found, expected[tuple(lattice.coordinates.T)], rtol=0, atol=1e-13)


def test_a_single_number_is_that_of_site_zero():
    assert Stream(9, 2).single(1) == reference.uniforms(0, 1, 2, 1, 9)[0]


def test_moments():
    """Means, variances, fourth moments, correlations of neighbours: within five standard errors."""
    lattice = Lattice((16, 16, 16))
    x = Stream(123, 1).normal(lattice, 8, 0)
    u = Stream(123, 1).uniform(lattice, 8, 1)
    count = x.size
    for value, expected, variance in (
        (x.mean(), 0.0, 1.0),
        ((x**2).mean(), 1.0, 2.0),
        ((x**3).mean(), 0.0, 15.0),
        ((x**4).mean(), 3.0, 96.0),
        ((np.abs(x) < 0.6744897501960817).mean(), 0.5, 0.25),
        ((x[1:] * x[:-1]).mean(), 0.0, 1.0),
        ((x[:, 1:] * x[:, :-1]).mean(), 0.0, 8 / 7),
        (u.mean(), 0.5, 1 / 12),
        (((u - 0.5) ** 2).mean(), 1 / 12, 1 / 180),
    ):
        assert abs(value - expected) < 5.0 * np.sqrt(variance / count)
    assert u.min() > 0.0
    assert u.max() < 1.0
