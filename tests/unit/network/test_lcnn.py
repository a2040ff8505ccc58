"""Gauge-equivariant convolutional networks against formulas in numpy, numerical derivatives and loops they can make."""

import numpy as np
import pytest
from builders import Place, transformation
from derivative import fourth_order
from reference import lcnn as reference
from reference.loops import rectangle_sum, transport
from reference.matrices import trace

from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.lcnn import LCNN, Definition

SLOW = pytest.mark.slow
CASES = [
    pytest.param("U(1)", (4, 8), {"channels": (2, 1), "reach": 2, "polyakov": (1,)}, id="U(1)-d2"),
    pytest.param("SU(2)", (2, 4, 2, 4), {"channels": (2, 1), "polyakov": (0, 3)}, id="SU(2)-d4"),
    pytest.param("SU(3)", (4, 2, 2, 4), {"channels": (1, 2), "polyakov": (0, 3)}, id="SU(3)-d4", marks=SLOW),
    pytest.param("SU(2)", (3, 5, 4), {"channels": (2, 2), "reach": 2, "polyakov": (1,)}, id="SU(2)-odd", marks=SLOW),
    pytest.param("SU(4)", (4, 2, 2), {"channels": (1,), "total": True}, id="SU(4)-sum", marks=SLOW),
]
every_case = pytest.mark.parametrize(("name", "shape", "made"), CASES)


def network(p, **made):
    return LCNN(p.lattice, Definition(p.d, p.n, **made))


def some_weights(definition, seed=5):
    """Random weights: of a layer with variance 1 / (their number for a channel)."""
    rng = np.random.default_rng(seed)
    layers = [rng.normal(size=shape).ravel() / np.sqrt(np.prod(shape[1:])) for shape in definition.shapes]
    return np.concatenate([*layers, rng.normal(size=definition.size - definition.constant)])


def hand_set(net, layers, head):
    """Weights by place: {(i, j, m): number} for each layer, {(channel, part): number} for the traces."""
    theta = np.zeros(net.definition.size)
    arrays, _, traces = net.definition.split(theta)
    for a, given in zip(arrays, layers, strict=True):
        for place, number in given.items():
            a[place] = number
    for place, number in head.items():
        traces[place] = number
    return np.concatenate([*(a.ravel() for a in arrays), [0.0], traces.ravel()])


@every_case
def test_the_value_is_that_of_the_formula(name, shape, made):
    p = Place(name, shape)
    net = network(p, **made)
    theta = some_weights(net.definition)
    layers, constant, head = net.definition.split(theta)
    args = layers, 0.0, head, net.definition.reach, net.definition.polyakov
    expected = reference.value(p.lattice.to_user(p.U), *args)
    scale = p.lattice.volume if net.definition.total else 1
    assert net.value(p.U, theta) == pytest.approx(constant + expected * scale, abs=1e-13 * scale)


@every_case
def test_derivatives_by_the_weights_are_those_of_the_value(name, shape, made):
    p = Place(name, shape)
    net = network(p, **made)
    theta = some_weights(net.definition)
    value, derivative = net.gradient(p.U, theta)
    assert value == net.value(p.U, theta)
    for direction in p.rng.normal(size=(3, theta.size)):
        numeric = fourth_order(lambda t, v=direction: net.value(p.U, theta + t * v), 1e-3)
        assert derivative @ direction == pytest.approx(numeric, rel=1e-7)


@every_case
def test_the_value_is_gauge_invariant(name, shape, made):
    p = Place(name, shape)
    net = network(p, **made)
    theta = some_weights(net.definition)
    transform = transformation(p)[1]
    assert net.value(transform(p.U), theta) == pytest.approx(net.value(p.U, theta), abs=1e-12)


def test_one_layer_makes_rectangles():
    """W_{2x1} = (P^dag T_mu(P)^dag)^dag: with mu carried P goes first."""
    p = Place("SU(2)", (2, 4, 2, 4))
    net, planes = network(p, channels=(1,)), 6
    ways = net.definition.ways
    ahead = {0: (0, 1), 1: (0, 2), 2: (1, 2), 3: (0, 3), 4: (1, 3), 5: (2, 3)}  # directions of the planes
    daggered = 1 + planes * ways
    layer = {
        (0, 1 + planes + c, daggered + c * ways + 1 + mu): 1.0 for c, plane in ahead.items() for mu in plane[:1]
    } | {(0, 1 + c, 1 + c * ways + 1 + plane[1]): 1.0 for c, plane in ahead.items()}
    theta = hand_set(net, [layer], {(planes, 0): 1.0})
    expected = rectangle_sum(p.lattice.to_user(p.U)) / (p.n * p.lattice.volume)
    assert net.value(p.U, theta) == pytest.approx(expected, abs=1e-13)


def test_two_layers_make_the_loop_of_two_by_two():
    """(2x1) = ((1x1)^dag T_1(1x1)^dag)^dag, (2x2) = (2x1) T_2(2x1), here with one channel that is (2x1)^dag."""
    p = Place("U(1)", (4, 8))
    net = network(p, channels=(1, 1), reach=2, polyakov=(1,))
    ways = net.definition.ways
    first = {(0, 3, 1 + 2 * ways + 1): 1.0}
    second = {(0, 2, 1 + ways + 1 + 2): 1.0}
    theta = hand_set(net, [first, second], {(3, 0): 1.0, (3, 1): 0.5})
    loop = trace(transport(p.lattice.to_user(p.U), (1, 1, 2, 2, -1, -1, -2, -2))).mean()
    assert net.value(p.U, theta) == pytest.approx(loop.real + 0.5 * loop.imag, abs=1e-14)


def test_first_weights_have_no_value_but_derivatives():
    p = Place("U(1)", (4, 8))
    net = network(p, channels=(2, 2))
    value, derivative = net.gradient(p.U, net.definition.start(3))
    assert value == 0.0
    last = derivative[: net.definition.constant].reshape(-1)[-2 * 5 * 21 :].reshape(2, 5, 21)
    assert np.all(np.abs(last).max(axis=(1, 2)) > 0.01)


def test_weights_are_those_of_any_lattice():
    """Copies of a lattice beside each other have the means of one."""
    p = Place("U(1)", (4, 8))
    made = {"channels": (2, 1), "reach": 2}
    definition = Definition(2, 1, **made)
    theta = some_weights(definition)
    large = Lattice((8, 8))
    U = large.from_links(np.tile(p.lattice.to_user(p.U), (1, 2, 1, 1, 1)))
    assert LCNN(large, definition).value(U, theta) == pytest.approx(network(p, **made).value(p.U, theta), abs=1e-14)


def test_a_definition_survives_a_file_and_nothing_else_is_one():
    made = Definition(4, 3, (2, 1), 2, (3,), True)
    assert Definition.from_dict(made.to_dict()) == made
    for change in ({"kind": "hex"}, {"d": 5}, {"reach": "2"}, {"more": 1}):
        with pytest.raises(ValueError, match="no network"):
            Definition.from_dict(made.to_dict() | change)
