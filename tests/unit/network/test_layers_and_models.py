"""Layers and networks: weights, shapes, definitions, what is refused."""

import numpy as np
import pytest
from builders import Place
from reference import samples

from lqcdnn.errors import InputError
from lqcdnn.kernels import whole_layer
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network import terms
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork


def test_shapes_of_weights():
    lattice = Lattice((4, 2, 4))
    assert CovariantLayer(lattice, ("plaquette", "chair")).weights.tolist() == [0.0, 0.0]
    assert CovariantLayer(lattice, ("plaquette", "chair"), "direction").weights.shape == (2, 3)
    with pytest.raises(InputError, match=r"takes weights of shape \(2,\)"):
        CovariantLayer(lattice, ("plaquette", "chair"), weights=np.zeros(3))


@pytest.mark.parametrize("name", ["chair", "polyakov_y", "hexagon", "polyakov_"])
def test_classes_that_do_not_exist(name):
    with pytest.raises(InputError, match=f"loop class '{name}' does not exist in d = 2"):
        CovariantLayer(Lattice((4, 4)), ("plaquette", name))


def test_a_winding_line_of_one_link_has_no_staple():
    with pytest.raises(InputError, match="extents of at least 2"):
        CovariantLayer(Lattice((1, 4)), ("plaquette", "polyakov_time"))
    assert CovariantLayer(Lattice((1, 4)), ("plaquette",)).terms.whole


def test_theta_runs_layer_by_layer():
    p = Place("SU(2)", (4, 4, 4))
    network = CovariantNetwork([p.layer(("plaquette", "chair")), p.layer(("plaquette",), "direction")])
    values = np.arange(5.0)
    network.theta = values
    values[:] = -1.0  # a copy was taken
    assert network.theta.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert network.layers[0].weights.tolist() == [0.0, 1.0]
    assert network.layers[1].weights.tolist() == [[2.0, 3.0, 4.0]]
    assert network.definition() == [
        {"loops": ["plaquette", "chair"], "sharing": "shared"},
        {"loops": ["plaquette"], "sharing": "direction"},
    ]


def test_network_of_layers_is_their_composition():
    p = Place("SU(2)", (4, 4, 4))
    a, b = p.layer(), p.layer(sharing="direction")
    network = CovariantNetwork([a, b])
    out, tape = network.forward(p.U)
    inner, tape_a = a.forward(p.U)
    outer, tape_b = b.forward(inner)
    np.testing.assert_array_equal(out["c"], outer["c"])
    Sigma = p.lattice.from_links(samples.complex_normal(p.rng, p.d, *p.lattice.shape, p.n, p.n))
    below, weights = network.pullback_weights(tape, Sigma)
    between, weights_b = b.pullback_weights(tape_b, Sigma)
    expected, weights_a = a.pullback_weights(tape_a, between)
    np.testing.assert_array_equal(below["c"], expected["c"])
    np.testing.assert_array_equal(weights, np.concatenate([weights_a, weights_b]))
    np.testing.assert_array_equal(network.pullback(tape, Sigma)["c"], expected["c"])


@pytest.mark.parametrize("loops", [("plaquette",), ("plaquette", "polyakov_time")])
def test_one_call_makes_what_its_kernels_make(loops):
    p = Place("SU(2)", (4, 4, 4))
    layer, Sigma = p.layer(loops), p.lattice.from_links(samples.complex_normal(p.rng, p.d, *p.lattice.shape, 2, 2))
    assert layer.terms.whole
    assert not p.layer((*loops, "chair")).terms.whole
    out, tape = layer.forward(p.U)
    below = layer.pullback(tape, Sigma)
    layer.terms.whole = False
    np.testing.assert_array_equal(layer.forward(p.U)[0]["c"], out["c"])
    np.testing.assert_array_equal(layer.pullback(tape, Sigma)["c"], below["c"])


@pytest.mark.parametrize(
    "loops",
    [pytest.param(("plaquette",), marks=pytest.mark.slow), ("plaquette", "rectangle", "polyakov_time")],
    ids=len,
)
@pytest.mark.parametrize(
    ("name", "shape"),
    [("SU(2)", (4, 4, 4)), *(pytest.param(name, (4, 3, 4), marks=pytest.mark.slow) for name in ("SU(2)", "SU(3)"))],
)
def test_links_beyond_the_cache_take_whole_staples(name, shape, loops, monkeypatch):
    p = Place(name, shape)
    layer = p.layer(loops, "direction")
    X, near = layer.exponents(p.U), layer.forward(p.U)
    Sigma = p.lattice.from_links(samples.complex_normal(p.rng, p.d, *p.lattice.shape, p.n, p.n))
    stage, pulled = layer.stage(p.U, X, 0.3, 0.1), layer.pullback_weights(near[1], Sigma)
    for limit in ("NEAR", "CACHED"):
        monkeypatch.setattr(terms, limit, p.U.nbytes - 1)
    for module, kernels in ((terms, ("near_staples", "near_derivatives")), (whole_layer, ("rotate", "pull_back"))):
        for kernel in kernels:
            monkeypatch.setattr(module, kernel, None)  # nothing is left to other sites
    whole = layer.forward(p.U)
    again = layer.pullback_weights(whole[1], Sigma)
    pairs = [(near[0], whole[0]), (near[1].C, whole[1].C), *zip(stage, layer.stage(p.U, X, 0.3, 0.1), strict=True)]
    for expected, found in [*pairs, (pulled[0], again[0])]:
        np.testing.assert_allclose(found["c"], expected["c"], rtol=0, atol=1e-13)
    np.testing.assert_allclose(again[1], pulled[1], rtol=1e-12)


def test_shared_derivative_is_the_sum_over_directions():
    p = Place("SU(2)", (4, 4, 4))
    shared = p.layer(("plaquette", "rectangle"))
    split = CovariantLayer(p.lattice, shared.loops, "direction", np.repeat(shared.weights[:, None], p.d, axis=1))
    (a, tape), (b, _tape) = shared.forward(p.U), split.forward(p.U)
    np.testing.assert_array_equal(a["c"], b["c"])
    Sigma = p.lattice.from_links(samples.complex_normal(p.rng, p.d, *p.lattice.shape, p.n, p.n))
    together, each = shared.pullback_weights(tape, Sigma)[1], split.pullback_weights(tape, Sigma)[1]
    np.testing.assert_allclose(together, each.reshape(2, p.d).sum(axis=1), rtol=1e-13)


def test_polyakov_classes_act_on_their_directions():
    p = Place("SU(2)", (4, 4, 4))
    for name, moved in (("polyakov_time", {2}), ("polyakov_space", {0, 1}), ("polyakov_y", {1})):
        out = CovariantLayer(p.lattice, (name,), weights=np.array([0.3])).forward(p.U)[0]
        changed = {mu for mu in range(3) if np.abs(out["c"][mu] - p.U["c"][mu]).max() > 1e-3}
        assert changed == moved


def test_forward_leaves_its_input_alone():
    p = Place("SU(2)", (4, 4, 4))
    before = p.U["c"].copy()
    network = p.network(2)
    _out, tape = network.forward(p.U)
    network.pullback(tape, p.U)
    np.testing.assert_array_equal(p.U["c"], before)
