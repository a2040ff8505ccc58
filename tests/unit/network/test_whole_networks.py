"""Networks of SU(2) that one call of a kernel makes, in the algebra, against their layers one by one."""

import numpy as np
import pytest
from reference import samples
from reference.matrices import ta

from lqcdnn.fields import gauge
from lqcdnn.fields.group import group
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network import whole
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.network.whole import WholeTape

PLAQUETTES, LINES = ("plaquette",), ("plaquette", "polyakov_time", "polyakov_space")


class Setting:
    """A network in one call, its layers one by one, links and a random Sigma of the output links."""

    def __init__(self, shape, loops, layers, sharing="direction", size=0.05, width=None, real="f8"):
        self.rng, plain = np.random.default_rng(7), Lattice(shape)
        self.lattice = Lattice(shape, width=width, real=real)
        self.U = self.lattice.from_links(plain.to_user(gauge.hot(plain, group("SU(2)"), 3)))
        self.Sigma = self.lattice.from_links(samples.complex_normal(self.rng, len(shape), *shape, 2, 2))
        self.layers = [CovariantLayer(self.lattice, loops, sharing) for _ in range(layers)]
        for layer in self.layers:
            layer.weights = size * self.rng.normal(size=layer.weights_shape)
        self.network = CovariantNetwork(self.layers)
        self.out, self.tape = self.network.forward(self.U)
        assert isinstance(self.tape, WholeTape)

    def layer_by_layer(self):
        """Output links, Sigma of the input links, derivatives by the weights."""
        U, tapes = self.U, []
        for layer in self.layers:
            U, tape = layer.forward(U)
            tapes.append(tape)
        Sigma, derivatives = self.Sigma, []
        for layer, tape in zip(reversed(self.layers), reversed(tapes), strict=True):
            Sigma, one = layer.pullback_weights(tape, Sigma)
            derivatives.append(one)
        return U, Sigma, np.concatenate(derivatives[::-1])

    def force(self, Sigma):
        """TA(U Sigma), all that the group sees of Sigma."""
        return ta(self.lattice.to_user(self.U) @ self.lattice.to_user(Sigma))


CASES = {
    "4444-1": ((4, 4, 4, 4), PLAQUETTES, 1),
    "4444-2": ((4, 4, 4, 4), LINES, 2),
    "444-3": ((4, 4, 4), LINES, 3),
    "6424-2": ((6, 4, 2, 4), ("plaquette", "polyakov_y"), 2),
    "44-2": ((4, 4), LINES, 2),
    "odd": ((3, 4, 5), LINES, 2),
}


SLOW_TO_COMPILE = ("44-2", "odd")


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=name, marks=[pytest.mark.slow] * (name in SLOW_TO_COMPILE)) for name, case in CASES.items()],
)
def test_links_pullback_and_weights_are_those_of_the_layers(case):
    s = Setting(*case)
    out, Sigma, derivatives = s.layer_by_layer()
    np.testing.assert_allclose(s.out["c"], out["c"], rtol=0, atol=1e-14)
    expected = s.force(Sigma)
    below, found = s.network.pullback_weights(s.tape, s.Sigma)
    np.testing.assert_allclose(found, derivatives, rtol=1e-11, atol=1e-12 * np.abs(derivatives).max())
    for one in (below, s.network.pullback(s.tape, s.Sigma)):
        np.testing.assert_allclose(s.force(one), expected, rtol=0, atol=1e-13 * np.abs(expected).max())
        UF = s.lattice.to_user(s.U) @ s.lattice.to_user(one)
        np.testing.assert_allclose(UF, ta(UF), atol=1e-13)  # of all Sigma with this force


@pytest.mark.slow
@pytest.mark.parametrize(("width", "real"), [(8, "f8"), (1, "f8"), (8, "f4")])
def test_width_and_precision_of_a_block(width, real):
    s, eps = Setting((4, 2, 4, 4), LINES, 2, width=width, real=real), np.finfo(real).eps
    plain = Setting((4, 2, 4, 4), LINES, 2)
    user, same = s.lattice.to_user, plain.lattice.to_user
    np.testing.assert_allclose(user(s.out), same(plain.out), rtol=0, atol=50 * eps)
    (below, weights), (expected, others) = (one.network.pullback_weights(one.tape, one.Sigma) for one in (s, plain))
    np.testing.assert_allclose(user(below), same(expected), rtol=0, atol=500 * eps)
    np.testing.assert_allclose(weights, others, rtol=0, atol=500 * eps * np.abs(others).max())


def test_large_exponents():
    s = Setting((4, 4, 4), PLAQUETTES, 1, size=3.0)
    out, Sigma, derivatives = s.layer_by_layer()
    np.testing.assert_allclose(s.out["c"], out["c"], rtol=0, atol=1e-13)
    expected = s.force(Sigma)
    below, found = s.network.pullback_weights(s.tape, s.Sigma)
    np.testing.assert_allclose(s.force(below), expected, rtol=0, atol=1e-13 * np.abs(expected).max())
    np.testing.assert_allclose(found, derivatives, rtol=1e-11)


def test_the_pullback_is_added_to_what_is_there():
    s = Setting((4, 4, 4), LINES, 2)
    total = s.Sigma.copy()
    s.network.add_pullback(total, s.tape, s.Sigma)
    expected = s.Sigma["c"] + s.network.pullback(s.tape, s.Sigma)["c"]
    np.testing.assert_allclose(total["c"], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("name", "loops"), [("SU(3)", PLAQUETTES), ("SU(2)", ("plaquette", "chair"))])
def test_adding_the_pullback_of_any_network(name, loops):
    lattice, of = Lattice((4, 4, 4)), group(name)
    network = CovariantNetwork([CovariantLayer(lattice, loops, weights=np.full(len(loops), 0.03))])
    U = gauge.hot(lattice, of, 5)
    _out, tape = network.forward(U)
    total = U.copy()
    network.add_pullback(total, tape, U)
    np.testing.assert_allclose(total["c"], U["c"] + network.pullback(tape, U)["c"], rtol=0, atol=1e-14)


@pytest.mark.parametrize("limit", ["LARGEST", "CACHED"])
def test_a_tape_too_large_to_be_kept_or_cached_is_one_for_each_layer(monkeypatch, limit):
    monkeypatch.setattr(whole, limit, 1000)
    lattice = Lattice((4, 4, 4))
    network = CovariantNetwork([CovariantLayer(lattice, PLAQUETTES, weights=np.array([0.1]))])
    assert isinstance(network.forward(lattice.links(2))[1], list)


def test_weights_of_zero_have_derivatives():
    s = Setting((4, 4, 4), LINES, 2, "shared", size=0.0)
    np.testing.assert_array_equal(s.out["c"], s.U["c"])
    _out, _Sigma, derivatives = s.layer_by_layer()
    np.testing.assert_allclose(s.network.pullback_weights(s.tape, s.Sigma)[1], derivatives, rtol=1e-11)
    assert np.abs(derivatives).min() > 0.0


def test_assigned_weights_count_from_the_next_forward_pass_on():
    s = Setting((4, 4, 4), PLAQUETTES, 2, "shared")
    before = s.network.pullback(s.tape, s.Sigma)["c"]
    s.layers[1].weights = 2.0 * s.layers[1].weights
    np.testing.assert_array_equal(s.network.pullback(s.tape, s.Sigma)["c"], before)
    out = s.network.forward(s.U)[0]
    assert np.abs(out["c"] - s.out["c"]).max() > 1e-3
    np.testing.assert_allclose(out["c"], s.layer_by_layer()[0]["c"], rtol=0, atol=1e-14)
