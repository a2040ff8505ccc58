"""Functions of lanes, random numbers, SU(2) subgroups and lists of sites against numpy."""

import numpy as np
import pytest
from kernel_cases import NATIVE, Case, Setting, as_links
from numba import njit
from reference import philox, samples

from lqcdnn.kernels.simd import at, cplx, hop, put, re
from lqcdnn.kernels.simd.functions import circle, log, where_less
from lqcdnn.kernels.simd.philox import uniforms
from lqcdnn.kernels.simd.scatter import put_sites
from lqcdnn.kernels.simd.subgroup import quaternion, rotate, subgroup_part
from lqcdnn.lattice.blocks import first_rows_completed, site_table
from lqcdnn.lattice.geometry import Lattice

WIDTHS = (1, 2, 4, 8)


@njit
def logarithms(out, x):
    for s in range(x.shape[0]):
        put(out, s, cplx(log(re(at(x, s))), log(re(at(x, s)))))


@njit
def circles(out, x):
    for s in range(x.shape[0]):
        c, sine = circle(re(at(x, s)))
        put(out, s, cplx(c, sine))


@njit
def choices(out, x, y, a, b):
    for s in range(x.shape[0]):
        z = where_less(re(at(x, s)), re(at(y, s)), re(at(a, s)), re(at(b, s)))
        put(out, s, cplx(z, z))


@njit
def draw_pairs(out, names, draw, trajectory, purpose, seed):
    for s in range(out.shape[0]):
        u, v = uniforms(hop(names, 0, s), draw, trajectory, purpose, seed)
        put(out, s, cplx(u, v))


@njit
def rotations(out, small, G, X, i, j):
    for s in range(X.shape[0]):
        put(small, s, subgroup_part(at(X, s), i, j))
        put(out, s, rotate(at(G, s), at(X, s), i, j))


@njit
def from_lanes(out, a, b, c, d):
    for s in range(out.shape[0]):
        put(out, s, quaternion(re(at(a, s)), re(at(b, s)), re(at(c, s)), re(at(d, s))))


@njit
def scatter(out, mu, table, X):
    for s in range(X.shape[0]):
        put_sites(out, mu, hop(table, 0, s), at(X, s))


def column(width, values):
    """(lattice, field of 1 x 1 matrices) with the values site by site."""
    lattice = Lattice((len(values), 2), width=width)
    return lattice, lattice.site_field(np.repeat(values, 2))


every_width = pytest.mark.parametrize(
    "width", [w if w in (1, NATIVE) else pytest.param(w, marks=pytest.mark.slow) for w in WIDTHS]
)


@every_width
def test_logarithm(width):
    values = np.concatenate(
        [2.0 ** -np.arange(0.5, 60.0, 0.7), 1.0 - 2.0 ** -np.arange(1.0, 53.0), [0.5, 1.0, 3e7, 1e-300]]
    )
    values = np.concatenate([values, values[: -len(values) % 16]])
    lattice, x = column(width, values)
    out = lattice.zeros(1, 1)
    logarithms(out, x)
    np.testing.assert_allclose(out["c"][:, 0, 0, 0].ravel(), np.log(np.repeat(values, 2)), rtol=4e-16, atol=0)


@every_width
def test_circle(width):
    values = np.linspace(0.0, 1.0, 512)
    lattice, x = column(width, values)
    out = lattice.zeros(1, 1)
    circles(out, x)
    angle = np.repeat(2.0 * np.pi * (values - 0.5), 2)
    np.testing.assert_allclose(out["c"][:, 0, 0, 0].ravel(), np.cos(angle), rtol=0, atol=4e-15)
    np.testing.assert_allclose(out["c"][:, 0, 0, 1].ravel(), np.sin(angle), rtol=0, atol=4e-15)


@every_width
def test_choice_lane_by_lane(width):
    rng = np.random.default_rng(1)
    x, y, a, b = rng.normal(size=(4, 16))
    x[3], y[5] = np.nan, np.nan
    fields = [column(width, v)[1] for v in (x, y, a, b)]
    _lattice, out = column(width, x)
    choices(out, *fields)
    np.testing.assert_array_equal(out["c"][:, 0, 0, 0].ravel(), np.repeat(np.where(x < y, a, b), 2))


@every_width
def test_random_numbers_are_those_of_the_scalar_generator(width):
    lattice = Lattice((4, 8), width=width)
    names = lattice.names
    out, seed = lattice.zeros(1, 1), 2**63 + 12345678901
    draw_pairs(out, names, 3, 2**32 - 1, 5 + (7 << 10), np.uint64(seed))
    for found, name in zip(out["c"][:, 0, 0].swapaxes(1, 2).reshape(-1, 2), lattice.number, strict=True):
        expected = philox.uniforms(int(name), 8, 2**32 - 1, 5 + (7 << 10), seed)[6:]
        np.testing.assert_array_equal(found, expected)


@every_width
@pytest.mark.parametrize("pair", [(0, 1), (0, 3), (1, 2), (2, 3)])
def test_subgroups(width, pair):
    s = Setting(Case("SU(4)", width, "f8"), (4, 8))
    X, x = s.store(samples.complex_normal(s.rng, 4, 8, 4, 4))
    G, g = s.store_links(samples.complex_normal(s.rng, 4, 8, 2, 2))
    out, small = s.lattice.zeros(4, 4), s.lattice.links(2, ())
    rotations(out, small, G, X, *pair)
    rows = np.array(pair)
    block = x[..., rows[:, None], rows]
    np.testing.assert_array_equal(s.user(small), as_links(block))
    expected = x.copy()
    expected[..., rows, :] = g @ x[..., rows, :]
    s.case.assert_close(s.user(out), expected)


def test_quaternions_are_group_elements():
    rng = np.random.default_rng(2)
    a = rng.normal(size=(4, 16))
    fields = [column(8, v)[1] for v in a]
    lattice, _x = column(8, a[0])
    out = lattice.links(2, ())
    from_lanes(out, *fields)
    z = np.moveaxis(out["c"][..., 0, :] + 1j * out["c"][..., 1, :], -1, 1)
    found = first_rows_completed(z).reshape(-1, 2, 2)[::2]
    sigma = np.array([[[1, 0], [0, 1]], [[0, 1j], [1j, 0]], [[0, 1], [-1, 0]], [[1j, 0], [0, -1j]]])
    np.testing.assert_allclose(found, np.einsum("as,aij->sij", a, sigma), atol=1e-15)


@every_width
def test_writing_to_lists_of_sites(width):
    rng = np.random.default_rng(3)
    s = Setting(Case("SU(2)", width, "f8"), (4, 8))
    chosen = rng.permutation(32)[:16]
    whole = np.arange(24, 32)  # one aligned block for every width
    for sites in (chosen, whole, np.concatenate([chosen[:7], chosen[6:7]])):
        rank = sites[: len(sites) - len(sites) % width]
        table = site_table([rank.reshape(-1, width)])
        X = s.lattice.links(2, ())[: len(rank) // width]
        values = rng.normal(size=X["c"].shape)
        values[-1][..., -1] = values[-1][..., -2] if width > 1 else values[-1][..., -1]
        X["c"] = values
        out = s.blocks.copy()
        scatter(out, 1, table, X)
        expected = s.blocks["c"].copy()
        expected[1, rank // width, ..., rank % width] = np.moveaxis(values, -1, 1).reshape(-1, 2, 2)
        np.testing.assert_array_equal(out["c"], expected)
