"""Networks whose weights are shared by exchanges of axes and reflections: their values, and what they still hold."""

import itertools

import numpy as np
import pytest
from builders import Place
from derivative import fourth_order
from reference import lcnn as reference
from reference.loops import transport
from reference.matrices import trace

from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.lcnn import LCNN, Definition

SLOW = pytest.mark.slow
SPACE, ALL = ((0, 1, 2), (3,)), ((0, 1, 2, 3),)
BOX = (2, 4, 2, 4)
CASES = [
    pytest.param("U(1)", (4, 8), {"channels": (1, 2), "reach": 2, "polyakov": (0, 1), "classes": ((0, 1),)}, id="U(1)"),
    pytest.param("U(1)", (4, 8), {"channels": (1,), "classes": ((0, 1),), "odd": True, "total": True}, id="U(1)-odd"),
    pytest.param("SU(2)", BOX, {"channels": (1, 1), "polyakov": (3,), "classes": SPACE, "planar": True}, id="SU(2)"),
    pytest.param("SU(2)", BOX, {"channels": (1,), "classes": ALL, "odd": True}, id="SU(2)-odd"),
    pytest.param("SU(3)", (4, 2, 2, 4), {"channels": (2,), "classes": ALL}, id="SU(3)", marks=SLOW),
    pytest.param("SU(2)", (4, 4, 4), {"channels": (1, 1), "classes": ((0, 1, 2),), "odd": True}, id="d3", marks=SLOW),
]
every_case = pytest.mark.parametrize(("name", "shape", "made"), CASES)


def network(p, made):
    """A network, and random weights."""
    definition = Definition(p.d, p.n, **made)
    theta = 0.2 * np.random.default_rng(5).normal(size=definition.size)
    theta[definition.constant] = 0.0
    return LCNN(p.lattice, definition), theta


@every_case
def test_the_value_is_the_mean_over_reflections(name, shape, made):
    p = Place(name, shape)
    net, theta = network(p, made)
    layers, _, head = net.definition.split(theta)
    links, expected = p.lattice.to_user(p.U), 0.0
    for mirrors in itertools.product((False, True), repeat=p.d):
        axes = np.flatnonzero(mirrors)
        image = reference.mirrored(links, axes)
        one = reference.value(image, layers, 0.0, head, net.definition.reach, net.definition.polyakov)
        expected += (-1 if made.get("odd") and len(axes) % 2 else 1) * one / 2**p.d
    scale = p.lattice.volume if net.definition.total else 1
    assert abs(expected) > 1e-6
    assert net.value(p.U, theta) == pytest.approx(expected * scale, abs=1e-13 * scale)


@every_case
def test_the_value_has_the_symmetry(name, shape, made):
    """Exchanges of axes of one class, reflections, and a turn by 90 degrees."""
    p = Place(name, shape)
    net, theta = network(p, made)
    links, value = p.lattice.to_user(p.U), net.value(p.U, theta)
    first = made["classes"][0][:2]
    swapped = list(range(p.d))
    swapped[first[0]], swapped[first[1]] = first[1], first[0]
    sign = -1 if made.get("odd") else 1
    scale = 1e-12 * (p.lattice.volume if net.definition.total else 1)

    def of(U):
        grid = Lattice(U.shape[1 : 1 + p.d])
        return LCNN(grid, net.definition).value(grid.from_links(U), theta)

    assert abs(value) > 1e-6
    assert of(reference.exchanged(links, swapped)) == pytest.approx(sign * value, abs=scale)
    for axis in range(p.d):
        assert of(reference.mirrored(links, [axis])) == pytest.approx(sign * value, abs=scale)
    turned = reference.mirrored(reference.exchanged(links, swapped), [first[0]])
    assert of(turned) == pytest.approx(value, abs=scale)


@every_case
def test_derivatives_by_free_weights_are_those_of_the_value(name, shape, made):
    p = Place(name, shape)
    net, theta = network(p, made)
    value, derivative = net.gradient(p.U, theta)
    assert value == net.value(p.U, theta)
    assert derivative.shape == theta.shape
    for direction in p.rng.normal(size=(2, theta.size)):
        numeric = fourth_order(lambda t, v=direction: net.value(p.U, theta + t * v), 1e-3)
        assert derivative @ direction == pytest.approx(numeric, rel=1e-7)


def test_without_a_symmetry_the_value_has_none():
    """Random weights tell axes and directions apart: the tests above can fail."""
    p = Place("SU(2)", BOX)
    net, theta = network(p, {"channels": (1,)})
    links, value = p.lattice.to_user(p.U), net.value(p.U, theta)
    for image in (reference.exchanged(links, (2, 1, 0, 3)), reference.mirrored(links, [1])):
        assert abs(net.value(p.lattice.from_links(image), theta) - value) > 1e-3


def test_loops_of_two_by_two_are_among_planar_ones():
    """(2x1)^dag of each ordered pair of axes, then tr((2x1)^dag T_b(2x1)^dag): one weight of each layer makes all."""
    p = Place("SU(2)", BOX)
    definition = Definition(4, 2, (1, 1), classes=ALL, planar=True)
    weights = np.zeros(definition.sharing.orbit.size)
    layers, _, _ = definition._split(weights)
    ways = definition.ways
    for a, place in zip(layers, ((0, 7, 1 + 6 * ways + 1), (0, 1, 1 + 2)), strict=True):
        a[place] = 1.0  # pair (0, 1): P^dag T_0(P)^dag; then W T_1(W)
    weights = np.concatenate([*(a.ravel() for a in layers), np.zeros(1 + 6 + 12), [1.0]])
    theta = definition.sharing.chosen(weights)
    assert np.count_nonzero(theta) == 3
    links = p.lattice.to_user(p.U)
    paths = [(a, a, b, b, -a, -a, -b, -b) for a, b in itertools.permutations(range(1, 5), 2)]
    expected = sum(trace(transport(links, path)).real.mean() / 2 for path in paths)
    assert LCNN(p.lattice, definition).value(p.U, theta) == pytest.approx(expected, abs=1e-13)


def test_shared_weights_are_few():
    """Of one layer on plaquettes of SU(2) in d = 4: the orbits of pairs of plaquettes, by hand."""
    free = Definition(4, 2, (1,))
    one = Definition(4, 2, (1,), classes=ALL)
    assert free.size == 13 * 109 + 1 + 6 + 1
    assert one.size < free.size / 20
    assert one.size == len(orbits_by_hand()) + 1 + 1 + 1  # a plaquette, the constant, the value of the layer


def orbits_by_hand():
    """Orbits of (plane, adjoint) x (plane, adjoint, way) under permutations, up to the adjoint of both."""
    planes = list(itertools.combinations(range(4), 2))

    def image(pair, p):
        (first, turned), (second, other, way) = pair
        one, two = tuple(p[mu] for mu in first), tuple(p[mu] for mu in second)
        turned, other = turned != (one[0] > one[1]), other != (two[0] > two[1])
        step = None if way is None else p[way]
        found = (tuple(sorted(one)), turned), (tuple(sorted(two)), other, step)
        return found if not turned else ((found[0][0], False), (found[1][0], not other, step))

    every = {
        ((one, False), (two, adjoint, way))
        for one, two, adjoint, way in itertools.product(planes, planes, (False, True), (None, 0, 1, 2, 3))
    }
    return {min(str(image(pair, p)) for p in itertools.permutations(range(4))) for pair in every}


def test_weights_of_another_kind_are_refused_and_old_files_are_read():
    made = Definition(4, 3, (2, 1), 2, (0, 1, 2), True, SPACE, True, False)
    assert Definition.from_dict(made.to_dict()) == made
    assert "classes" not in Definition(2, 1, (1,)).to_dict()
    for change in ({"classes": [[0, 1], [3]]}, {"polyakov": [0]}, {"classes": [[0, 1, 2, 3, 3]]}):
        with pytest.raises(ValueError, match=r"no network|loops around"):
            Definition.from_dict(made.to_dict() | change)
