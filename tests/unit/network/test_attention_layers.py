"""Layers with attention: links, pullback and weights against formulas in numpy and numerical derivatives."""

import numpy as np
import pytest
from builders import Place, transformation
from derivative import assert_gradient, assert_weight_gradient
from input_head import head
from reference import attention as reference
from reference import samples
from reference.matrices import ta

from lqcdnn.config import load_text
from lqcdnn.config.summary import summary, weights_in
from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.attention import AttentionLayer
from lqcdnn.network.build import build_network
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.report.references.citations import used_by

SLOW = pytest.mark.slow
PLACES = [
    pytest.param("U(1)", (4, 8), 3, id="U(1)-d2"),
    pytest.param("SU(2)", (4, 4, 4, 4), 1, id="SU(2)-d4"),
    pytest.param("SU(2)", (4, 4, 4, 4), 2, id="SU(2)-d4-two", marks=SLOW),
    pytest.param("SU(2)", (3, 5, 4), 2, id="SU(2)-odd", marks=SLOW),
    pytest.param("U(1)", (2, 2, 4, 2), 1, id="U(1)-d4", marks=SLOW),
    pytest.param("SU(3)", (4, 2, 4), 1, id="SU(3)-d3", marks=SLOW),
    pytest.param("SU(3)", (4, 4, 4, 4), 3, id="SU(3)-d4", marks=SLOW),
    pytest.param("SU(4)", (4, 3), 2, id="SU(4)-d2", marks=SLOW),
]
every_place = pytest.mark.parametrize(("name", "shape", "reach"), PLACES)


INPUT = head([4, 4, 4, 4], "SU(2)", 2.7, name="attention", trajectories=10) + """\
[update]
steps = 10
[[network.net.layer]]
loops = ["plaquette", "polyakov_time"]
"""


def layer_of(p, reach, loops=("plaquette", "polyakov_time"), sharing="direction", size=0.1):
    layer = AttentionLayer(p.lattice, loops, reach, sharing)
    layer.weights = size * p.rng.normal(size=layer.weights_shape)
    return layer


@every_place
def test_forward(name, shape, reach):
    p = Place(name, shape)
    layer = layer_of(p, reach)
    z = p.lattice.to_user(p.U)
    sets = [dict(zip(layer.loops, part, strict=True)) for part in layer.weights]
    found = p.lattice.to_user(layer.forward(p.U)[0])
    np.testing.assert_allclose(found, reference.attention_layer(z, sets, reach), rtol=0, atol=1e-12)
    without = np.array([[0.0, 0.0, 1.0, 1.0]]).reshape(4, 1, 1) * layer.weights
    layer.weights = without
    assert np.abs(p.lattice.to_user(layer.forward(p.U)[0]) - found).max() > 1e-4


@every_place
def test_covariance(name, shape, reach):
    p = Place(name, shape)
    layer = layer_of(p, reach)
    _G, transform = transformation(p)
    found, expected = layer.forward(transform(p.U))[0], transform(layer.forward(p.U)[0])
    np.testing.assert_allclose(found["c"], expected["c"], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "reach"), [("U(1)", 3), ("SU(2)", 1), pytest.param("SU(2)", 2, marks=SLOW)], ids=["U(1)", "SU(2)", "two"]
)
def test_zero_weights_are_the_identity(name, reach):
    """Bit by bit in the links; so it is with weights of the output, or of all others, alone zero."""
    p = Place(name, (4, 8) if name == "U(1)" else (4, 4, 4, 4))
    layer = layer_of(p, reach, size=0.0)
    Sigma = p.lattice.from_links(samples.complex_normal(p.rng, p.d, *p.lattice.shape, p.n, p.n))
    for silent in ([0, 1, 2, 3], [3]):
        layer.weights = 0.1 * np.isin(range(4), silent, invert=True)[:, None, None] * np.ones(layer.weights_shape)
        out, tape = layer.forward(p.U)
        np.testing.assert_array_equal(out["c"], p.U["c"])
        below, weights = layer.pullback_weights(tape, Sigma)
        z, U = (p.lattice.to_user(field) for field in (Sigma, p.U))
        np.testing.assert_allclose(ta(U @ p.lattice.to_user(below)), ta(U @ z), rtol=0, atol=1e-14)
        query, key, value, output = weights.reshape(layer.weights_shape)
        assert np.abs(output[0]).min() > 1e-2
        np.testing.assert_allclose([query, key, value], 0.0, rtol=0, atol=1e-12)


def test_weights_and_definitions():
    lattice = Lattice((4, 2, 4))
    layer = AttentionLayer(lattice, ("plaquette", "chair"), 1, "direction", np.ones((4, 2, 3)))
    network = CovariantNetwork([CovariantLayer(lattice, ("plaquette",)), layer])
    assert network.theta.tolist() == [0.0] + [1.0] * 24
    assert network.definition() == [
        {"loops": ["plaquette"], "sharing": "shared"},
        {"loops": ["plaquette", "chair"], "sharing": "direction", "attention": 1},
    ]
    for reach in (0, 2):
        with pytest.raises(InputError, match=f"attention of reach {reach}; allowed: 1 to 1, less than"):
            AttentionLayer(lattice, ("plaquette",), reach)
    with pytest.raises(InputError, match=r"1 loop classes with attention takes weights of shape \(4, 1\)"):
        AttentionLayer(lattice, ("plaquette",), 1, weights=np.zeros(4))


@pytest.mark.parametrize(
    ("sharing", "initial", "expected"),
    [
        ("shared", "0.1", np.full((4, 2), 0.1)),
        ("shared", "[0.1, 0.2]", [[0.1, 0.2]] * 4),
        ("shared", "[1, 2, 3, 4, 5, 6, 7, 8]", [[1, 2], [3, 4], [5, 6], [7, 8]]),
        ("direction", "[1, 2, 3, 4, 5, 6, 7, 8]", np.repeat(np.arange(1.0, 9.0), 4).reshape(4, 2, 4)),
    ],
)
def test_as_the_input_says(sharing, initial, expected):
    config = load_text(f'{INPUT}attention = 3\nsharing = "{sharing}"\ninitial = {initial}\n')
    network = build_network(Lattice((4, 4, 4, 4)), config.network["net"])
    np.testing.assert_array_equal(network.layers[0].weights, expected)
    assert network.definition()[0] == {"loops": ["plaquette", "polyakov_time"], "sharing": sharing, "attention": 3}
    assert weights_in(config.network["net"], 4) == network.theta.size
    assert summary(config)["network net"].startswith("1 layer (with attention), ")
    assert {"NagaiOhnoTomiya2025", "TomiyaNagai2021"} <= set(used_by(config))
    assert "NagaiOhnoTomiya2025" not in used_by(load_text(INPUT))


def test_attention_beside_usual_layers():
    """No kernel of whole networks makes them as if they were all of one kind; links and pullback are compositions."""
    p = Place("SU(2)", (4, 4, 4, 4))
    first, second = p.layer(("plaquette", "polyakov_time")), layer_of(p, 1)
    network = CovariantNetwork([first, second])
    out, tape = network.forward(p.U)
    inner, tape_a = CovariantNetwork([first]).forward(p.U)
    outer, tape_b = second.forward(inner)
    np.testing.assert_allclose(out["c"], outer["c"], rtol=0, atol=1e-13)
    below, weights = network.pullback_weights(tape, out)
    between, of_second = second.pullback_weights(tape_b, out)
    expected, of_first = CovariantNetwork([first]).pullback_weights(tape_a, between)
    np.testing.assert_allclose(weights, np.concatenate([of_first, of_second]), rtol=0, atol=1e-10)
    z, U = p.lattice.to_user(below), p.lattice.to_user(p.U)
    np.testing.assert_allclose(ta(U @ z), ta(U @ p.lattice.to_user(expected)), rtol=0, atol=1e-12)


@every_place
def test_derivatives(name, shape, reach):
    p = Place(name, shape)
    composed = p.composed(p.gauge(c1=-0.1), CovariantNetwork([layer_of(p, reach), layer_of(p, reach)]))
    assert_gradient(composed, p.U)
    expected = assert_weight_gradient(composed, p.U)
    of_plaquettes = expected.reshape(2, 4, 2, p.d)[:, :, 0]
    assert np.abs(of_plaquettes).min() > 1e-5 * np.abs(expected).max()
