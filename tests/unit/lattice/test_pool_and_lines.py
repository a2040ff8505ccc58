"""Memory of short-lived fields; the lines of links around a lattice."""

import numpy as np
import pytest

from lqcdnn.lattice import pool
from lqcdnn.lattice.blocks import sites_in
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.lines import lines
from lqcdnn.lattice.pool import scratch, scratch_rows


def address(field):
    return field.ctypes.data


def test_memory_is_taken_again_when_nobody_uses_it():
    like = Lattice((4, 6)).zeros(2, 2, (2,))
    one, other = scratch(like), scratch(like)
    assert one.shape == like.shape
    assert one.dtype == like.dtype
    assert address(one) % 64 == 0
    assert len({address(like), address(one), address(other)}) == 3
    place = address(one)
    del one
    assert address(scratch(like)) == place
    assert scratch(like, 5).shape == (5, like.shape[1])


def test_kept_memory_is_released():
    like = Lattice((4, 6)).zeros(2, 2, (5,))
    scratch(like)
    assert pool._kept[like.shape, like.dtype]
    pool.release()
    assert not pool._kept
    assert scratch(like).shape == like.shape


def test_rows_lie_a_block_further_apart():
    like = Lattice((4, 8)).zeros(2, 2, (3,))
    rows = scratch_rows(like, 5)
    assert rows.shape == (5, like.shape[1])
    assert rows.dtype == like.dtype
    assert rows.strides == ((like.shape[1] + 1) * like.itemsize, like.itemsize)
    place = address(rows)
    assert address(scratch_rows(like, 5)) != place
    del rows
    assert address(scratch_rows(like, 5)) == place


@pytest.mark.parametrize("keep", [lambda f: f["c"], lambda f: f[0], lambda f: f["c"][1, :2].T, lambda f: (f,)])
def test_views_keep_their_memory(keep):
    like = Lattice((4, 6)).zeros(2, 2, (3,))
    field = scratch(like)
    field["c"] = 7.0
    held = keep(field)
    del field
    again = [scratch(like) for _ in range(3)]
    for other in again:
        other["c"] = 0.0
    view = held[0] if isinstance(held, tuple) else held
    assert (view["c"] if view.dtype.names else view).min() == 7.0


def test_large_fields_are_not_kept(monkeypatch):
    like = Lattice((4, 6)).zeros(2, 2, (4,))
    monkeypatch.setattr(pool, "LARGEST", 0)
    field = scratch(like)
    assert not pool._kept[like.shape, like.dtype]
    assert field.shape == like.shape


@pytest.mark.parametrize(
    ("shape", "width"), [((4, 8), 4), ((2, 4, 4), 8), ((3, 2, 8), 8), ((3, 5), 1), ((4, 2, 2, 2), 8), ((6, 10, 2), 4)]
)
def test_lines_pass_every_site_of_their_directions(shape, width):
    lattice = Lattice(shape, width=width)
    chosen = set(range(len(shape))) - {1}
    found = lines(lattice, chosen)
    start, extent, own = found.ranges
    assert extent.tolist() == [*shape, 0]
    for mu in range(lattice.d):
        sites = sites_in(found.sites)[start[mu] : start[mu + 1]].swapaxes(0, 1).reshape(max(shape), -1)
        seen = set()
        for j in range(shape[mu] if sites.size else 0):
            ahead = sites_in(lattice.neighbours)[:, mu].ravel()
            np.testing.assert_array_equal(ahead[sites[j]], sites[(j + 1) % shape[mu]])
            if j < own[mu]:
                assert seen.isdisjoint(sites[j])
                seen.update(sites[j])
        assert seen == (set(range(lattice.volume)) if mu in chosen else set())


@pytest.mark.parametrize(("shape", "whole"), [((4, 4, 4, 4), True), ((2, 2, 2, 6), True), ((6, 4), False)])
def test_lines_are_said_to_be_whole_blocks_only_where_they_are(shape, whole):
    lattice = Lattice(shape, width=4)
    x = lines(lattice, range(len(shape))).sites
    assert lattice.whole == whole == (x.dtype.itemsize == 4)


def test_lines_in_no_direction():
    found = lines(Lattice((4, 4)), ())
    assert found.ranges[0].tolist() == [0, 0, 0]
    assert found.sites.shape == (0, 4)
