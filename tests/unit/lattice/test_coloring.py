"""Colours of links: no loop of the action has two links of one direction and colour."""

from itertools import pairwise

import numpy as np
import pytest
from reference.loops import closed_loops

from lqcdnn.errors import InputError
from lqcdnn.lattice import coloring as module
from lqcdnn.lattice.blocks import sites_in
from lqcdnn.lattice.coloring import colored_sites, coloring, conflicts, greedy_coloring, tiles
from lqcdnn.lattice.geometry import Lattice

PLAQUETTE, RECTANGLES = ("plaquette",), ("plaquette", "rectangle")
SHAPES = [
    (PLAQUETTE, (2, 2)),
    (PLAQUETTE, (3, 5)),
    (PLAQUETTE, (2, 3, 4)),
    (PLAQUETTE, (17, 19)),
    (PLAQUETTE, (3, 2, 5, 4)),
    (RECTANGLES, (4, 8)),
    (RECTANGLES, (3, 3)),
    (RECTANGLES, (5, 7)),
    (RECTANGLES, (3, 4, 5)),
    (RECTANGLES, (4, 6, 4)),
    (RECTANGLES, (4, 4, 4, 8)),
    (("chair",), (3, 4, 4)),
]


def links_of_loop(path, origin, shape):
    """(direction, site) of each link, walked step by step."""
    here = list(origin)
    for step in path:
        mu = abs(step) - 1
        if step < 0:
            here[mu] -= 1
        yield mu, tuple(h % n for h, n in zip(here, shape, strict=True))
        if step > 0:
            here[mu] += 1


@pytest.mark.parametrize(("names", "shape"), SHAPES, ids=str)
def test_no_loop_has_two_links_of_one_colour(names, shape):
    d = len(shape)
    colors = [coloring(names, mu, shape) for mu in range(d)]
    assert all(c.shape == shape and c.min() == 0 for c in colors)
    for name in names:
        for path in closed_loops(name, d):
            for origin in np.ndindex(*shape):
                links = list(links_of_loop(path, origin, shape))
                assert len({(mu, colors[mu][x]) for mu, x in links}) == len(links)


@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (2, 3, 4)])
def test_greedy_colouring(shape):
    for mu in range(len(shape)):
        offsets = conflicts(PLAQUETTE, mu, shape)
        colors = greedy_coloring(offsets, shape)
        for x in np.ndindex(*shape):
            for offset in offsets:
                y = tuple((a + b) % n for a, b, n in zip(x, offset, shape, strict=True))
                assert colors[x] != colors[y]


@pytest.mark.parametrize("shape", [(4, 4), (2, 6, 8), (8, 8, 8, 8)])
def test_two_colours_of_whole_blocks_for_plaquettes(shape):
    lattice = Lattice(shape)
    for mu in range(lattice.d):
        sites = colored_sites(lattice, PLAQUETTE, mu)
        assert sites.start == ((0, lattice.half, lattice.blocks),)
        np.testing.assert_array_equal(sites_in(sites.vectors)[:, 0].ravel(), np.arange(lattice.volume))


def test_four_colours_with_rectangles():
    lattice = Lattice((4, 8, 4, 4))
    assert [len(colored_sites(lattice, RECTANGLES, mu).start[0]) for mu in range(4)] == [5] * 4


@pytest.mark.parametrize(("names", "shape"), SHAPES[:-1], ids=str)
def test_every_site_is_in_one_colour(names, shape):
    lattice = Lattice(shape)
    for mu in range(lattice.d):
        sites = colored_sites(lattice, names, mu)
        seen = []
        for first, last in pairwise(sites.start[0]):
            seen += sorted(set(sites_in(sites.vectors)[first:last, 0].ravel().tolist()))
        assert sorted(seen) == list(range(lattice.volume))
        rank, named = sites_in(sites.vectors).swapaxes(0, 1)
        np.testing.assert_array_equal(named, lattice.number[rank])


@pytest.mark.parametrize("shape", [(8, 8, 8, 8), (6, 5, 7), (4, 6, 10), (6, 6, 4, 6)])
def test_tiles(shape, monkeypatch):
    """Each link once, with its own tile; the same tiles for every width; several times and slabs."""
    monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(module, "SLICE_PLANES", 1)
    monkeypatch.setattr(module, "SLICE_BYTES", 2**10)
    found = []
    for width in (1, None):
        lattice = Lattice(shape, width=width)
        tile = tiles(lattice, 2)
        found.append(tile[np.argsort(lattice.number)])
        for mu in range(lattice.d):
            sites, seen = colored_sites(lattice, PLAQUETTE, mu, tile), []
            assert len(sites.start) == len(set(tile)) > 2
            for number, start in zip(np.unique(tile), sites.start, strict=True):
                for first, last in pairwise(start):
                    rank = set(sites_in(sites.vectors)[first:last, 0].ravel().tolist())
                    assert {tile[r] for r in rank} == {number}
                    seen += rank
            assert sorted(seen) == list(range(lattice.volume))
    np.testing.assert_array_equal(*found)


def test_small_lattices_are_one_tile_and_large_ones_several_of_whole_blocks():
    assert tiles(Lattice((8, 8, 8, 8)), 3) is None
    lattice = Lattice((16, 16, 16, 16))
    vectors = sites_in(colored_sites(lattice, PLAQUETTE, 0, tiles(lattice, 3)).vectors)[:, 0]
    assert sorted(vectors[:, 0]) == list(range(0, lattice.volume, lattice.width))
    assert (np.diff(vectors) == 1).all()


def test_a_link_twice_in_a_loop_is_refused():
    with pytest.raises(InputError, match="one link twice on extents 4x2"):
        coloring(RECTANGLES, 0, (4, 2))
