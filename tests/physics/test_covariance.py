"""Gauge covariance of layers and networks, invariance of actions, to 1e-12; the identity; stout smearing."""

import numpy as np
import pytest
from builders import CLASSES, Place, every_place, every_place_with, transformation
from reference import layer as reference
from reference import loops, samples

from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT
from lqcdnn.fields.random import Stream
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork


@every_place_with([*CLASSES, "polyakov_x", "all"])
@pytest.mark.parametrize("sharing", ["shared", "direction"])
def test_layers_are_covariant(place, loops, sharing):
    p = Place(*place)
    layer = p.layer(None if loops == "all" else (loops,), sharing)
    _G, transform = transformation(p)
    found, expected = layer.forward(transform(p.U))[0], transform(layer.forward(p.U)[0])
    np.testing.assert_allclose(found["c"], expected["c"], rtol=0, atol=1e-12)
    assert np.abs(layer.forward(p.U)[0]["c"] - p.U["c"]).max() > 1e-3


@every_place
def test_networks_are_covariant(place):
    p = Place(*place)
    network = p.network(3)
    _G, transform = transformation(p)
    found, expected = network.forward(transform(p.U))[0], transform(network.forward(p.U)[0])
    np.testing.assert_allclose(found["c"], expected["c"], rtol=0, atol=1e-12)


@every_place
@pytest.mark.parametrize("kind", RECTANGLE_COEFFICIENT)
def test_gauge_actions_are_invariant(place, kind):
    p = Place(*place)
    action = p.gauge(c1=RECTANGLE_COEFFICIENT[kind])
    _G, transform = transformation(p)
    for S in (action, p.composed(action, p.network(2))):
        assert S.value(transform(p.U)) == pytest.approx(S.value(p.U), rel=1e-12)


@every_place
@pytest.mark.parametrize("flavors", [4, 8])
def test_pseudofermion_actions_are_invariant(place, flavors):
    """S[U^G, G phi] = S[U, phi]."""
    p = Place(*place)
    G, transform = transformation(p)
    action = p.staggered(flavors)
    composed = p.composed(action, p.network(2))
    for S in (action, composed):
        S.draw(p.U, Stream(3, 4))
        before, phi = S.value(p.U), action.field.phi
        phi["c"] = p.lattice.from_user(G @ p.lattice.to_user(phi))["c"]
        assert S.value(transform(p.U)) == pytest.approx(before, rel=1e-12)


@every_place
def test_zero_weights_are_the_identity(place):
    """Bit by bit in the links; the pullback passes Sigma on; equal layers have equal derivatives."""
    p = Place(*place)
    network = p.network(2, size=0.0)
    out, tape = network.forward(p.U)
    np.testing.assert_array_equal(out["c"], p.U["c"])
    Sigma = p.lattice.from_links(samples.complex_normal(p.rng, p.d, *p.lattice.shape, p.n, p.n))
    below, weights = network.pullback_weights(tape, Sigma)
    np.testing.assert_array_equal(below["c"], Sigma["c"])
    np.testing.assert_array_equal(network.pullback(tape, Sigma)["c"], Sigma["c"])
    half = weights.size // 2
    np.testing.assert_array_equal(weights[:half], weights[half:])
    assert np.abs(weights).min() > 0.0


@every_place
def test_plaquette_layer_is_stout_smearing(place):
    p = Place(*place)
    layer = CovariantLayer(p.lattice, ("plaquette",), weights=np.array([0.1]))
    out, z = p.U, p.lattice.to_user(p.U)
    for _ in range(2):
        out, z = layer.forward(out)[0], reference.stout(z, 0.1)
    np.testing.assert_allclose(p.lattice.to_user(out), z, rtol=0, atol=1e-13)


@every_place
def test_networks_agree_with_the_reference(place):
    p = Place(*place)
    network = p.network(2, sharing="direction")
    z = p.lattice.to_user(p.U)
    for layer in network.layers:
        z = reference.forward(z, dict(zip(layer.loops, layer.weights, strict=True)))
    np.testing.assert_allclose(p.lattice.to_user(network.forward(p.U)[0]), z, rtol=0, atol=1e-12)


@every_place
def test_smearing_lowers_the_action_and_keeps_the_group(place):
    p = Place(*place)
    network = CovariantNetwork([CovariantLayer(p.lattice, ("plaquette",), weights=np.array([0.08])) for _ in range(3)])
    out = p.lattice.to_user(network.forward(p.U)[0])
    np.testing.assert_allclose(out @ out.conj().swapaxes(-1, -2), np.eye(p.n) + 0 * out, rtol=0, atol=1e-13)
    np.testing.assert_allclose(np.linalg.det(out) if p.n > 1 else 1.0, 1.0, rtol=0, atol=1e-13)
    assert loops.action(out, 1.0, 0.0) < 0.7 * loops.action(p.lattice.to_user(p.U), 1.0, 0.0)
