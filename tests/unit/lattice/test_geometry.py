"""Site order, neighbour table, conversion to and from lattice order, staggered signs."""

from math import prod

import numpy as np
import pytest
from reference import staggered as reference

from lqcdnn.lattice import geometry
from lqcdnn.lattice.blocks import aligned_copy, site_table, sites_in
from lqcdnn.lattice.geometry import SLICE_BYTES, SLICE_PLANES, Lattice, lattice

SHAPES = [(4, 6), (2, 2), (3, 5), (2, 4, 4), (2, 3, 2), (4, 2, 2, 4), (3, 2, 2, 5)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


@shapes
def test_every_site_once_even_ones_first(shape):
    L = Lattice(shape)
    assert {tuple(x) for x in L.coordinates} == set(np.ndindex(*shape))
    parity = L.coordinates.sum(axis=1) % 2
    if L.has_parity:
        assert (parity[: L.volume // 2] == 0).all()
        assert (parity[L.volume // 2 :] == 1).all()
        assert L.half * L.width == L.volume // 2
    first = L.number[:: 2 ** (len(L.split) + len(L.quartered))]
    for part in np.split(first, [len(first) // 2]) if L.has_parity else [first]:
        assert (np.diff(part) > 0).all()  # lexicographic, x fastest


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
def test_neighbours_of_a_block_are_a_block(width):
    """With its lanes exchanged; lanes lie half a lattice apart."""
    L = Lattice((8, 4, 4, 8), width)
    assert L.split == (0, 1, 2, 3)[: width.bit_length() - 1]
    table, lanes = sites_in(L.neighbours), np.arange(width)
    np.testing.assert_array_equal(table, table[..., :1] ^ lanes)
    apart = L.coordinates.reshape(L.blocks, width, 4) - L.coordinates[::width, None]
    for bit, mu in enumerate(L.split):
        np.testing.assert_array_equal(
            apart[..., mu] % L.shape[mu], np.broadcast_to((lanes >> bit & 1) * L.shape[mu] // 2, apart.shape[:2])
        )


@pytest.mark.parametrize(
    ("shape", "width", "quartered"),
    [
        ((8, 16), 8, (0,)),
        ((16, 8), 16, (0, 1)),
        ((12, 8), 8, (1,)),
        ((8, 4, 8), 16, (0,)),
        ((8, 6, 5), 8, (0,)),
        ((6, 6, 6, 16), 16, (3,)),
        ((4, 12), 4, ()),
    ],
)
def test_directions_split_in_four(monkeypatch, shape, width, quartered):
    """Where halves are not enough: lanes lie a quarter of the lattice apart, and neighbours are whole blocks."""
    monkeypatch.setattr(geometry, "VECTOR_BYTES", 64)
    L = Lattice(shape, width)
    assert L.quartered == quartered
    assert L.whole
    table = sites_in(L.neighbours)
    for block in table.reshape(-1, width):
        assert len(set(block // width)) == 1  # all sites of one block
    lanes, k = np.arange(width), len(L.split)
    apart = (L.coordinates.reshape(L.blocks, width, L.d) - L.coordinates[::width, None]) % L.shape
    expected = np.zeros((width, L.d), int)
    for bit, mu in enumerate(L.split):
        expected[:, mu] += (lanes >> bit & 1) * L.shape[mu] // 2
        if L.has_parity and L.shape[mu] == 6:  # half of it is odd: together with half of the partner
            expected[:, 0] += (lanes >> bit & 1) * 3
    for bit, mu in enumerate(L.quartered):
        expected[:, mu] += (lanes >> k + bit & 1) * L.shape[mu] // 4
    np.testing.assert_array_equal(apart, np.broadcast_to(expected % shape, apart.shape))


@pytest.mark.parametrize(
    ("shape", "width", "split", "partner"),
    [
        ((6, 6), 2, (1,), 0),
        ((6, 10, 2), 4, (1, 2), 0),
        ((8, 6, 6), 4, (0, 2), 1),
        ((6, 6, 6, 6), 8, (1, 2, 3), 0),
        ((2, 6, 10, 4), 8, (1, 2, 3), 0),
        ((4, 6, 2, 4), 4, (0, 2), 1),
        ((6, 6, 4, 4), 2, (1,), 0),
        ((6, 4, 4, 6), 4, (1, 2), 0),
    ],
)
def test_directions_with_odd_halves_are_split_together_with_a_partner(shape, width, split, partner):
    """Lanes keep parity, and neighbours are whole blocks."""
    L = Lattice(shape, width)
    assert (L.split, L.partner, L.whole) == (split, partner, True)
    assert L.shared == ((*split, partner) if any(shape[mu] % 4 == 2 for mu in split) else split)
    assert {tuple(x) for x in L.coordinates} == set(np.ndindex(*shape))
    lanes, x = np.arange(width), L.coordinates.reshape(L.blocks, width, L.d)
    assert not (np.ptp(x.sum(axis=2) % 2, axis=1)).any()
    for bit, mu in enumerate(split):
        step = np.zeros(L.d, int)
        step[mu] = shape[mu] // 2
        step[partner] += shape[partner] // 2 * (step[mu] % 2)
        np.testing.assert_array_equal(x[:, lanes ^ 1 << bit], (x + step) % shape)
    for table in (L.neighbours, L.second_neighbours):
        found = sites_in(table)
        np.testing.assert_array_equal(found, found[..., :1] ^ lanes)


@pytest.mark.parametrize(
    ("shape", "split"), [((6, 6), (1,)), ((4, 6), (0,)), ((3, 4), (1,)), ((2, 2, 4), (1, 2)), ((2, 4, 4, 4), (1, 2, 3))]
)
def test_directions_that_can_be_split(shape, split):
    for width in (None, 1, 2):
        L = Lattice(shape, width)
        assert L.split == split[: L.width.bit_length() - 1]


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        ((8, 8, 8, 8), 8),
        ((64, 64), 8),
        ((12, 12), 4),
        ((6, 6, 8, 8), 8),
        ((6, 6, 12, 12), 8),
        ((6, 6, 6, 8), 8),
        ((6, 6, 6, 6), 8),
        ((6, 6, 6), 4),
        ((6, 10), 2),
        ((62, 64), 4),
        ((5, 8, 8), 8),
    ],
)
def test_blocks_are_as_wide_as_is_fastest(monkeypatch, shape, width):
    """With vectors of 8: half of that where it makes neighbours whole blocks, a quarter never."""
    monkeypatch.setattr(geometry, "VECTOR_BYTES", 64)
    assert Lattice(shape).width == width
    Lattice(shape, real="f4").halves(Lattice(shape))


@pytest.mark.parametrize("shape", [(8, 8), (4, 4, 4, 4), (4, 6, 6, 6), (12, 12), (6, 4, 4, 2), (2, 8, 8)])
def test_blocks_of_singles_are_made_of_those_of_doubles(shape):
    wide, narrow = Lattice(shape, 8, "f4"), Lattice(shape, 4)
    halves, sites = wide.halves(narrow), narrow.coordinates.reshape(narrow.blocks, 4, -1)
    np.testing.assert_array_equal(sites[halves].reshape(wide.coordinates.shape), wide.coordinates)
    with pytest.raises(ValueError, match="are not made of"):
        narrow.halves(wide)


@pytest.mark.parametrize("shape", [*SHAPES, (4, 2, 2, 2), (6, 6), (12, 12, 12), (8, 24, 24, 4)], ids=str)
@pytest.mark.parametrize("width", [None, 1])
def test_a_sweep_meets_every_block_once(shape, width):
    L = Lattice(shape, width)
    for sweep in (L.rows(L.links(3)), L.planes(L.links(2))):
        np.testing.assert_array_equal(np.sort(sweep), np.arange(L.blocks))


@pytest.mark.parametrize("shape", [(24, 24), (16, 16, 16), (16, 16, 16, 16), (24, 24, 24, 4), (28, 28, 12, 4)], ids=str)
@pytest.mark.parametrize("width", [4, 8])
@pytest.mark.parametrize("colors", [1, 3])
def test_a_sweep_meets_neighbours_soon(shape, width, colors):
    """Those in x within two rows or planes, those in time after a slice that stays in the cache."""
    L = Lattice(shape, width)
    part, U = [n // 2 if mu in L.split else n for mu, n in enumerate(shape)], L.links(colors)
    slice_sites = max(SLICE_BYTES * L.volume // U.nbytes, SLICE_PLANES * L.volume // prod(part[-2:]))
    for sweep, run in ((L.rows(U), part[0]), (L.planes(U), part[0] * part[1] if L.d > 2 else part[0])):
        place = np.empty(L.blocks, np.int64)
        place[sweep] = np.arange(L.blocks)
        gap = np.abs(place[sites_in(L.neighbours)[..., 0].T // L.width] - place)
        assert gap[0].max() < run
        inside = L.coordinates[:: L.width, -1] < part[-1] - 1
        assert gap[L.d - 1][inside].max() * L.width <= slice_sites + run * L.width


@shapes
def test_site_number_has_x_fastest(shape):
    L, strides = Lattice(shape), np.cumprod([1, *shape[:-1]])
    np.testing.assert_array_equal(L.number, L.coordinates @ strides)


@shapes
def test_neighbours(shape):
    L = Lattice(shape)
    table = sites_in(L.neighbours).swapaxes(0, 1).reshape(2 * L.d, L.volume)
    for mu in range(L.d):
        step = np.eye(L.d, dtype=int)[mu]
        np.testing.assert_array_equal(L.coordinates[table[mu]], (L.coordinates + step) % shape)
        np.testing.assert_array_equal(L.coordinates[table[L.d + mu]], (L.coordinates - step) % shape)


@shapes
@pytest.mark.parametrize("lead", [(), (3,), (2, 2)], ids=str)
def test_round_trip_and_place_of_a_site(shape, lead):
    rng = np.random.default_rng(1)
    for width in (None, 1):
        L = Lattice(shape, width)
        z = rng.normal(size=(*lead, *shape, 2, 3)) + 1j * rng.normal(size=(*lead, *shape, 2, 3))
        field = L.from_user(z)
        np.testing.assert_array_equal(L.to_user(field), z)
        for k, x in enumerate(L.coordinates):
            entry = field["c"][..., k // L.width, :, :, :, k % L.width]
            np.testing.assert_array_equal(entry[..., 0] + 1j * entry[..., 1], z[(*([slice(None)] * len(lead)), *x)])


def test_lattices_that_kernels_cannot_hold():
    assert Lattice((2**16, 2**15)).volume == 2**31
    for shape in ((2**15, 2**16 + 1), (2,) * 5, (8,), (0, 4), (-2, -2)):
        with pytest.raises(ValueError, match="up to 2147483648 are possible"):
            Lattice(shape)
    for width in (3, 16, -1):
        with pytest.raises(ValueError, match="no power of two that divides 9 sites"):
            Lattice((3, 3), width)


def test_arrays_of_other_extents_are_refused():
    """Also where the number of sites is the same."""
    for shape in ((8, 4), (4, 4), (2, 4, 4), (32,)):
        with pytest.raises(ValueError, match="is no field on 4x8 sites"):
            Lattice((4, 8)).from_user(np.zeros((*shape, 1, 1), dtype=complex))


def test_single_precision_rounds():
    L, z = Lattice((4, 4), real="f4"), np.full((4, 4, 1, 1), 1.0 + 0.1j)
    field = L.from_user(z)
    assert field["c"].dtype == np.float32
    np.testing.assert_array_equal(L.to_user(field), z.astype(np.complex64))


@pytest.mark.parametrize("shape", [s for s in SHAPES if all(n % 2 == 0 for n in s)], ids=str)
def test_staggered_signs(shape):
    L = Lattice(shape)
    for boundary in ((1,) * L.d, (-1,) * L.d, (1,) * (L.d - 1) + (-1,)):
        expected = reference.signs(shape, boundary)
        np.testing.assert_array_equal(L.staggered_signs(boundary), expected[(slice(None), *L.coordinates.T)])
        field = L.site_field(L.staggered_signs(boundary))
        np.testing.assert_array_equal(L.to_user(field)[..., 0, 0], expected)


def test_the_product_of_signs_around_a_plaquette_is_minus_one():
    """eta_mu(n) eta_nu(n+mu) eta_mu(n+nu) eta_nu(n) = -1: what makes the staggered operator a Dirac operator."""
    eta = reference.signs((4, 2, 4, 6), (1, 1, 1, 1))
    for mu in range(4):
        for nu in range(mu):
            around = eta[mu] * np.roll(eta[nu], -1, mu) * np.roll(eta[mu], -1, nu) * eta[nu]
            np.testing.assert_array_equal(around, -1.0)


def test_fields_start_on_a_cache_line():
    for real in ("f8", "f4"):
        for n in (1, 2, 3):
            assert Lattice((4, 4), real=real).zeros(n, n, (2,)).ctypes.data % 64 == 0


def test_a_width_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="block width 8"):
        Lattice((2, 4), width=8)


def test_tables_and_lattices_are_made_once():
    L = Lattice((4, 4))
    assert L.ahead(0, 3) is L.ahead(0, 3)
    assert L.ahead(0, 3) is not L.ahead(1, 3)
    assert lattice((4, 4)) is lattice((4, 4))
    assert lattice((4, 4)) is not lattice((4, 4), "f4")


@pytest.mark.parametrize("extent", [2, 4])
def test_a_copy_starts_at_a_cache_line(extent):
    field = Lattice((extent,) * 4).links(3)
    field["c"] = np.random.default_rng(1).standard_normal(field["c"].shape)
    copies = [aligned_copy(field) for _ in range(8)]
    assert all(x.ctypes.data % 64 == 0 for x in copies)
    for x in copies:
        np.testing.assert_array_equal(x["c"], field["c"])
    copies[0]["c"] = 0.0
    assert field["c"].any()


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("shape", [(8, 4, 4, 8), (6, 6, 4), (2, 4, 4)], ids=str)
def test_of_neighbours_that_are_whole_blocks_one_number_is_kept(shape, width):
    if np.prod(shape) // 2 % width:
        return
    L = Lattice(shape, width)
    assert L.neighbours.flags.c_contiguous
    assert L.neighbours.dtype.itemsize == (4 if L.whole else 4 * width)
    if L.whole:  # what the kernels rely on: one bit at most says how lanes are exchanged
        masks = sites_in(L.neighbours)[..., 0] % width
        assert not (masks & (masks - 1)).any()


def test_vectors_that_are_no_blocks_are_not_taken_for_blocks():
    vectors = np.array([[3, 2, 1, 0], [4, 5, 7, 6]], np.int32)
    with pytest.raises(ValueError, match="not whole blocks"):
        site_table([vectors], whole=True)
    np.testing.assert_array_equal(sites_in(site_table([vectors]))[:, 0], vectors)
    table = site_table([vectors[:1]], whole=True)
    np.testing.assert_array_equal(sites_in(table)[:, 0], vectors[:1])


def test_two_rows_of_links_out_of_memory_and_where_arithmetic_is_fast(monkeypatch):
    """From 2^25 bytes of packed links on, 2^21 with a slow last cache; in the caches for vectors of one spin and 512
    bits; for SU(3) alone."""
    monkeypatch.setattr(geometry, "VECTOR_BYTES", 64)
    monkeypatch.setattr(geometry, "FAST_CACHES", 2**25)
    for fast in (False, True):
        monkeypatch.setattr(geometry, "WIDE_ARITHMETIC", fast)
        far, near, narrow = Lattice((16, 16, 16, 16)), Lattice((8, 8, 8, 8)), Lattice((12, 12))
        assert far.two_rows_pay(3, 1)
        assert far.two_rows_pay(3, 4)
        assert near.two_rows_pay(3, 1) == fast
        assert not near.two_rows_pay(3, 4)
        assert narrow.width == 4
        assert not narrow.two_rows_pay(3, 1)
        assert not any(far.two_rows_pay(n, spins) for n in (1, 2, 4) for spins in (1, 4))
    monkeypatch.setattr(geometry, "FAST_CACHES", 2**21)
    assert near.two_rows_pay(3, 4)
    assert not Lattice((4, 4, 4, 4)).two_rows_pay(3, 4)
    with pytest.raises(ValueError, match="two rows"):
        near.packed_links(2, two_rows=True)
