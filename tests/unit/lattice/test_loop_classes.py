"""Loop classes: closed, each loop once, staple paths as the geometry says."""

from collections import Counter
from itertools import pairwise

import pytest
from reference.loops import closed_loops, staple_paths

from lqcdnn.config.tables.loops import SHAPES
from lqcdnn.lattice.loops import (
    direction_names,
    images,
    lengths,
    loop_count,
    loop_exists,
    reverse,
    rotations,
    staples,
    winding_directions,
)

DIMENSIONS = [(2, "plaquette"), (2, "rectangle")] + [(d, name) for d in (3, 4) for name in SHAPES]
PER_SITE = {"plaquette": (1, 3, 6), "rectangle": (2, 6, 12), "chair": (0, 12, 48)}


def is_closed(path, d):
    steps = Counter(path)
    return all(steps[k] == steps[-k] for k in range(1, d + 1))


@pytest.mark.parametrize(("d", "name"), DIMENSIONS)
def test_loops_of_a_class(d, name):
    loops = images(SHAPES[name], d)
    assert len(loops) == 2 * PER_SITE[name][d - 2] == 2 * len(closed_loops(name, d))
    forms = set()
    for path in loops:
        assert is_closed(path, d)
        assert all(a != -b for a, b in pairwise((*path, path[0])))  # no step back and forth
        every = set(rotations(path))
        assert not forms & every
        forms |= every


@pytest.mark.parametrize(("d", "name"), DIMENSIONS)
def test_staple_paths(d, name):
    shape = (4,) * d
    for mu in range(d):
        paths = staples(name, mu, shape)
        assert len(set(paths)) == len(paths)
        assert sorted(paths) == sorted(staple_paths(name, mu, shape))


@pytest.mark.parametrize("name", ["polyakov_time", "polyakov_space", "polyakov_x", "polyakov_y", "polyakov_t"])
def test_polyakov_staples(name):
    shape = (2, 4, 6)
    for mu in range(3):
        assert list(staples(name, mu, shape)) == staple_paths(name, mu, shape)


def test_names_of_directions():
    assert [direction_names(d) for d in (2, 3, 4)] == [("x", "t"), ("x", "y", "t"), ("x", "y", "z", "t")]
    assert winding_directions("polyakov_time", 3) == winding_directions("polyakov_t", 3) == (2,)
    assert winding_directions("polyakov_space", 4) == (0, 1, 2)


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [
        ("plaquette", (2, 3, 4)),
        ("rectangle", (2, 3, 4)),
        ("chair", (3, 4)),
        ("polyakov_time", (2, 3, 4)),
        ("polyakov_space", (2, 3, 4)),
        ("polyakov_x", (2, 3, 4)),
        ("polyakov_y", (3, 4)),
        ("polyakov_z", (4,)),
        ("polyakov_t", (2, 3, 4)),
        ("polyakov_w", ()),
        ("hexagon", ()),
    ],
)
def test_where_a_class_exists(name, dimensions):
    assert tuple(d for d in (2, 3, 4) if loop_exists(name, d)) == dimensions


def test_loops_that_mirrors_do_not_turn_around_are_there_both_ways():
    """An L of four squares: four turns of it and of its mirror image, each walked forwards and backwards."""
    bent = (1, 1, 1, 2, -1, -1, 2, -1, -2, -2)
    found = images(bent, 2)
    assert len(found) == 16
    every = {turned for path in found for turned in rotations(path)}
    assert {reverse(path) for path in every} == every
    assert loop_count(bent, (6, 8)) == 8 * 48


def test_a_loop_is_opened_at_a_link_as_often_as_it_contains_it():
    square = (1, 2, -1, -2)
    for mu in (0, 1):
        once, twice = staples(square, mu, (4, 4)), staples(square * 2, mu, (4, 4))
        assert once == staples("plaquette", mu, (4, 4))
        assert Counter(twice) == Counter({(*path, -mu - 1, *path): 2 for path in once})
    assert loop_count(square * 2, (4, 4)) == loop_count("plaquette", (4, 4)) == 16


def test_numbers_of_loops():
    for d, name in DIMENSIONS:
        assert loop_count(name, (4,) * d) == 4**d * PER_SITE[name][d - 2]
    assert loop_count("polyakov_time", (2, 4, 6)) == 8
    assert loop_count("polyakov_space", (2, 4, 6)) == 24 + 12
    assert lengths("polyakov_space", (2, 4, 6)) == (2, 4, 6)
    assert lengths("chair", (2, 4, 6)) == (6, 6, 6)
