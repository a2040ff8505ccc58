"""Every action and every layer composition: gradient and weight derivatives against finite differences to 1e-7."""

import numpy as np
import pytest
from builders import CLASSES, Place, every_place, every_place_with
from derivative import assert_gradient, assert_weight_gradient

from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT
from lqcdnn.fields.random import Stream

LOOPS = [*CLASSES, "polyakov_x", "polyakov_t", "all"]
ACTIONS = ["gauge", "staggered4", "staggered8"]


def make_action(p, kind):
    if kind == "gauge":
        return p.gauge(c1=-0.1)
    return p.staggered(int(kind[-1]))


@every_place
@pytest.mark.parametrize("kind", RECTANGLE_COEFFICIENT)
def test_gauge_actions(place, kind):
    p = Place(*place)
    assert_gradient(p.gauge(c1=RECTANGLE_COEFFICIENT[kind]), p.U)


@every_place
@pytest.mark.parametrize("flavors", [4, 8])
@pytest.mark.parametrize("signs", ["periodic", "time", "first", "all"])
def test_staggered(place, flavors, signs):
    p = Place(*place)
    boundary = {
        "periodic": (1,) * p.d,
        "time": p.antiperiodic(),
        "first": (-1,) + (1,) * (p.d - 1),
        "all": (-1,) * p.d,
    }[signs]
    action = p.staggered(flavors, boundary=boundary)
    action.draw(p.U, Stream(3, 4))
    assert_gradient(action, p.U)


@every_place_with(LOOPS)
@pytest.mark.parametrize("sharing", ["shared", "direction"])
def test_one_layer_of_each_class(place, loops, sharing):
    p = Place(*place)
    names = p.classes() if loops == "all" else (loops,)
    for kind in ("gauge", "staggered4"):
        composed = p.composed(make_action(p, kind), p.network(1, names, sharing))
        assert_gradient(composed, p.U)
        assert_weight_gradient(composed, p.U)


@every_place
@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("kind", ACTIONS)
def test_several_layers(place, kind, layers):
    p = Place(*place)
    composed = p.composed(make_action(p, kind), p.network(layers, sharing="direction" if layers == 2 else "shared"))
    assert_gradient(composed, p.U)
    assert_weight_gradient(composed, p.U)


@every_place
def test_large_weights(place):
    """Exponents of norm 3.5, where the exponential scales and squares."""
    p = Place(*place)
    network = p.network(1)
    Q = network.layers[0].exponents(p.U)["c"]
    network.theta = network.theta * 3.5 / np.sqrt((Q**2).sum(axis=(2, 3, 4)).max())
    composed = p.composed(p.gauge(), network)
    assert_gradient(composed, p.U)
    assert_weight_gradient(composed, p.U)


@every_place
def test_smooth_links(place):
    """Near the cold configuration all exponents are tiny and their eigenvalues nearly degenerate."""
    p = Place(*place, spread=1e-2)
    for kind in ("gauge", "staggered4"):
        composed = p.composed(make_action(p, kind), p.network(2, size=0.02))
        assert_gradient(composed, p.U)
        assert_weight_gradient(composed, p.U)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        pytest.param("U(1)", (3, 8), marks=pytest.mark.slow),
        ("SU(2)", (3, 2, 2, 4)),
        pytest.param("SU(2)", (3, 2, 8), marks=pytest.mark.slow),
        pytest.param("SU(2)", (3, 5), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_lattices_without_parity(name, shape):
    """Odd extents: block width falls back, Polyakov loops of odd length."""
    p = Place(name, shape)
    assert_gradient(p.gauge(c1=-0.3), p.U)
    composed = p.composed(p.gauge(c1=-0.3), p.network(2))
    assert_gradient(composed, p.U)
    assert_weight_gradient(composed, p.U)
