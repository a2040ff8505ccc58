"""Layers of HEX smearing: links, pullback and weights against formulas in numpy and numerical derivatives."""

from pathlib import Path

import numpy as np
import pytest
from builders import Place, transformation
from derivative import assert_gradient, assert_weight_gradient
from input_head import head
from reference import hex as reference
from reference.loops import planes, plaquette_sum

from lqcdnn.config import load_text
from lqcdnn.config.summary import summary, weights_in
from lqcdnn.errors import InputError
from lqcdnn.fields.group import group
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.hyp import hyp_smeared
from lqcdnn.network.build import build_network
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.report.references.citations import used_by
from lqcdnn.storage.formats import read_configuration

DATA = Path(__file__).parents[2] / "data"
SLOW = pytest.mark.slow
PLACES = [
    pytest.param("U(1)", (4, 8), id="U(1)-d2", marks=SLOW),
    pytest.param("SU(2)", (4, 4, 4), id="SU(2)-d3"),
    pytest.param("SU(2)", (2, 4, 2, 4), id="SU(2)-d4"),
    pytest.param("SU(3)", (4, 2, 2, 4), id="SU(3)-d4"),
    pytest.param("SU(2)", (3, 5, 4), id="SU(2)-odd", marks=SLOW),
    pytest.param("U(1)", (2, 3, 2, 4), id="U(1)-d4", marks=SLOW),
    pytest.param("SU(4)", (4, 2, 2), id="SU(4)-d3", marks=SLOW),
]
every_place = pytest.mark.parametrize(("name", "shape"), PLACES)

INPUT = head([4, 4, 4, 4], "SU(2)", 2.7, name="hex", trajectories=10) + """\
[update]
steps = 10
[[network.net.layer]]
kind = "hex"
"""


def layer_of(p, sharing="direction", size=0.5):
    layer = HexLayer(p.lattice, sharing)
    layer.weights = size * p.rng.uniform(0.5, 1.5, size=layer.weights_shape)
    return layer


@every_place
def test_forward(name, shape):
    """Hot links, weights of each level and direction: no two that were mixed up would give the same."""
    p = Place(name, shape)
    layer, before = layer_of(p), p.U["c"].copy()
    found = p.lattice.to_user(layer.forward(p.U)[0])
    np.testing.assert_array_equal(p.U["c"], before)
    np.testing.assert_allclose(found, reference.smeared(p.lattice.to_user(p.U), layer.weights), rtol=0, atol=1e-12)


@SLOW
def test_extents_of_one():
    p = Place("SU(2)", (1, 4, 2, 1))
    layer = layer_of(p)
    expected = reference.smeared(p.lattice.to_user(p.U), layer.weights)
    np.testing.assert_allclose(p.lattice.to_user(layer.forward(p.U)[0]), expected, rtol=0, atol=1e-12)
    assert_gradient(p.composed(p.gauge(), CovariantNetwork([layer])), p.U)


@every_place
def test_covariance(name, shape):
    p = Place(name, shape)
    layer = layer_of(p)
    _G, transform = transformation(p)
    found, expected = layer.forward(transform(p.U))[0], transform(layer.forward(p.U)[0])
    np.testing.assert_allclose(found["c"], expected["c"], rtol=0, atol=1e-12)


def changed_links(p, layer, mu, x):
    """[link direction, x, ...]: whether the smeared link changes when the thin link U_mu(x) does."""
    z = p.lattice.to_user(p.U)
    other = z.copy()
    other[(mu, *x)] = other[(mu, *x)] @ z[(mu, *x)]
    before, after = (p.lattice.to_user(layer.forward(p.lattice.from_links(links))[0]) for links in (z, other))
    return np.abs(after - before).max(axis=(-2, -1)) > 1e-9


def in_a_common_cube(shape, mu, at, x):
    """[x, ...]: whether the link U_mu(x) lies in a hypercube that a link in direction ``at`` is an edge of."""
    inside = np.ones(shape, dtype=bool)
    for k, (extent, place) in enumerate(zip(shape, x, strict=True)):
        first = (place - np.arange(extent) + extent // 2) % extent - extent // 2  # from the smeared link's site
        steps = {0} if k == at == mu else {0, 1} if k == at else {-1, 0} if k == mu else {-1, 0, 1}
        axis = np.isin(first, list(steps))
        inside &= axis.reshape([-1 if k == axis_of else 1 for axis_of in range(len(shape))])
    return inside


@pytest.mark.parametrize("shape", [(4, 4, 4), (4, 4, 4, 4), pytest.param((5, 5, 5), marks=SLOW)], ids=str)
def test_a_link_depends_on_its_hypercubes_alone(shape):
    """And on every link of them."""
    p = Place("SU(2)", shape)
    layer, x = layer_of(p, "shared"), (1, 2, 3, 0)[: len(shape)]
    for mu in (0, p.d - 1):
        found = changed_links(p, layer, mu, x)
        for nu in range(p.d):
            np.testing.assert_array_equal(found[nu], in_a_common_cube(shape, mu, nu, x), err_msg=f"{mu} {nu}")


@pytest.mark.parametrize(
    ("name", "shape"),
    [pytest.param("U(1)", (4, 8), marks=pytest.mark.slow), ("SU(2)", (4, 4, 4)), ("SU(2)", (2, 4, 2, 4))],
)
def test_inner_weights_of_zero_are_stout_smearing(name, shape):
    """With rho = alpha_1 / (2 (d - 1)); and an outermost weight of zero is the identity, bit by bit."""
    p = Place(name, shape)
    layer = HexLayer(p.lattice, weights=np.array([0.7, 0.0, 0.0][: p.d - 1]))
    stout = CovariantLayer(p.lattice, ("plaquette",), weights=np.array([0.7 / (2 * (p.d - 1))]))
    (found, tape), (expected, as_usual) = layer.forward(p.U), stout.forward(p.U)
    np.testing.assert_allclose(found["c"], expected["c"], rtol=0, atol=1e-14)
    z, U = p.lattice.to_user(p.U), p.lattice.to_user(layer.pullback(tape, p.U))
    np.testing.assert_allclose(U, p.lattice.to_user(stout.pullback(as_usual, p.U)), rtol=0, atol=1e-13)
    assert np.abs(U - z).max() > 0.1
    layer.weights = np.array([0.0, 0.6, 0.3][: p.d - 1])
    np.testing.assert_array_equal(layer.forward(p.U)[0]["c"], p.U["c"])


@pytest.mark.parametrize(
    ("name", "shape"), [p if p.values[0] == "SU(2)" else pytest.param(*p.values, id=p.id, marks=SLOW) for p in PLACES]
)
def test_derivatives(name, shape):
    p = Place(name, shape)
    composed = p.composed(p.gauge(), CovariantNetwork([layer_of(p), layer_of(p, "shared")]))
    assert_gradient(composed, p.U)
    expected = assert_weight_gradient(composed, p.U)
    assert np.abs(expected).min() > 1e-5 * np.abs(expected).max()


def test_beside_usual_layers():
    """No kernel of whole networks makes them as if they were all of one kind."""
    p = Place("SU(2)", (2, 4, 2, 4))
    first, second = p.layer(("plaquette",)), layer_of(p)
    network = CovariantNetwork([first, second])
    out, tape = network.forward(p.U)
    inner, tape_a = first.forward(p.U)
    outer, tape_b = second.forward(inner)
    np.testing.assert_array_equal(out["c"], outer["c"])
    between, of_second = second.pullback_weights(tape_b, p.U)
    expected, of_first = first.pullback_weights(tape_a, between)
    below, weights = network.pullback_weights(tape, p.U)
    np.testing.assert_array_equal(below["c"], expected["c"])
    np.testing.assert_array_equal(weights, np.concatenate([of_first, of_second]))


def test_plaquettes_of_smeared_links_are_near_those_of_hyp():
    """SU(3), beta = 5.7, on links of another program; weights of hep-lat/0103029 and of arXiv:1011.2711.

    Those of HEX are 19/15 of those of HYP.
    """
    stored = read_configuration(DATA / "pg_b5.7_4444.ildg")
    lattice = Lattice(stored.shape)
    thin = lattice.from_links(stored.links)
    once, _tape = HexLayer(lattice, weights=np.array([0.95, 0.76, 0.38])).forward(thin)
    hyp = hyp_smeared(lattice, thin, group("SU(3)"), (0.75, 0.6, 0.3))
    found = [plaquette_sum(lattice.to_user(U), planes(4)) / (3 * 6 * lattice.volume) for U in (thin, hyp, once)]
    np.testing.assert_allclose(found, [0.5608, 0.9488, 0.9479], rtol=0, atol=5e-5)


@pytest.mark.parametrize(("name", "shape"), [("SU(2)", (4, 4, 4)), ("SU(3)", (4, 2, 2, 4))])
def test_near_one_it_is_hyp_smearing(name, shape):
    """To first order in the field the projection of HYP and the exponential are the same, for equal weights."""
    p, alphas = Place(name, shape, spread=1e-4), (0.75, 0.6, 0.3)[4 - len(shape) :]
    found = HexLayer(p.lattice, weights=np.array(alphas)).forward(p.U)[0]["c"]
    assert np.abs(found - p.U["c"]).max() > 1e-4
    np.testing.assert_allclose(found, hyp_smeared(p.lattice, p.U, p.group, alphas)["c"], rtol=0, atol=1e-7)


def test_weights_and_definitions():
    lattice = Lattice((4, 2, 4))
    layer = HexLayer(lattice, "direction", np.ones((2, 3)))
    network = CovariantNetwork([CovariantLayer(lattice, ("plaquette",)), layer])
    assert network.theta.tolist() == [0.0] + [1.0] * 6
    assert network.definition()[1] == {"kind": "hex", "sharing": "direction"}
    with pytest.raises(InputError, match=r"a layer of HEX smearing takes weights of shape \(2,\)"):
        HexLayer(lattice, weights=np.zeros(3))


@pytest.mark.parametrize(
    ("sharing", "initial", "expected"),
    [
        ("shared", "0.1", [0.1, 0.1, 0.1]),
        ("shared", "[0.9, 0.7, 0.3]", [0.9, 0.7, 0.3]),
        ("direction", "[0.9, 0.7, 0.3]", [[0.9] * 4, [0.7] * 4, [0.3] * 4]),
    ],
)
def test_as_the_input_says(sharing, initial, expected):
    config = load_text(f'{INPUT}sharing = "{sharing}"\ninitial = {initial}\n')
    network = build_network(Lattice((4, 4, 4, 4)), config.network["net"])
    np.testing.assert_array_equal(network.layers[0].weights, expected)
    assert weights_in(config.network["net"], 4) == network.theta.size
    assert summary(config)["network net"].startswith("1 layer (of HEX smearing), ")
    assert {"CapitaniDurrHoelbling2006", "HasenfratzKnechtli2001"} <= set(used_by(config))
    with pytest.raises(InputError, match="3 weights of HEX smearing, allowed: 2, one for each level"):
        build_network(Lattice((4, 4, 4)), load_text(f"{INPUT}initial = [0.9, 0.7, 0.3]").network["net"])
