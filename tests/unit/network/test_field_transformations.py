"""Field transformations: forward, inverse, Jacobian, pullback, and what is refused."""

import numba
import numpy as np
import pytest
from builders import Place, hamiltonian
from derivative import assert_gradient
from reference.loops import staples
from reference.matrices import dagger, exponential, ta
from transformation_builders import Potential, assert_covariant, assert_derivatives_by_weights, assert_jacobian

from lqcdnn.actions.transformed import JACOBIAN, TransformedHamiltonian
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.transformation import FieldTransformation

PLACES = [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(2)", (2, 4, 2, 4))]
every_place = pytest.mark.parametrize("place", PLACES, ids=lambda p: f"{p[0]}-{'x'.join(map(str, p[1]))}")


def two_layers(p, size=0.6):
    """A layer with a weight of each direction, then one with the same for all, of both signs."""
    limit = 1.0 / (2 * (p.d - 1))
    first = size * limit * (1.0 - 0.2 * np.arange(p.d))
    return FieldTransformation(p.lattice, [first[None, :], np.array([-0.5 * size * limit])])


def written_out(U, layers):
    """The turns one after the other, with all staples made anew before each."""
    d, parity = len(U), np.indices(U.shape[1:-2]).sum(axis=0) % 2
    for weights in layers:
        for mu in range(d):
            for odd in (0, 1):
                turned = exponential(ta(weights[mu] * staples(U, "plaquette")[mu] @ dagger(U[mu]))) @ U[mu]
                U = U.copy()
                U[mu] = np.where((parity == odd)[..., None, None], turned, U[mu])
    return U


@every_place
def test_links_turn_one_direction_and_parity_at_a_time(place):
    p = Place(*place)
    F = two_layers(p)
    layers = [np.broadcast_to(layer.weights.ravel(), p.d) for layer in F.layers]
    expected = written_out(p.lattice.to_user(p.U), layers)
    before = p.U["c"].copy()
    np.testing.assert_allclose(p.lattice.to_user(F.forward(p.U)[0]), expected, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(p.U["c"], before)


def test_weights_of_one_direction_and_of_all_are_of_one_type():
    """For two, each kernel would be compiled twice."""
    of_each, of_all = two_layers(Place("U(1)", (4, 8)))._by_direction
    assert numba.typeof(of_each) == numba.typeof(of_all)


@every_place
def test_inverse_undoes_it(place):
    p = Place(*place)
    F = two_layers(p, size=0.9)
    V = F.inverse(F.forward(p.U)[0])
    np.testing.assert_allclose(p.lattice.to_user(V), p.lattice.to_user(p.U), rtol=0, atol=1e-13)
    U = F.forward(F.inverse(p.U))[0]
    np.testing.assert_allclose(p.lattice.to_user(U), p.lattice.to_user(p.U), rtol=0, atol=1e-13)


def test_inverse_where_it_converges_slowly():
    """Links near one another, whose staples add up, and a weight close to the largest: thousands of steps."""
    p = Place("SU(2)", (4, 4, 4), spread=0.02)
    F = FieldTransformation(p.lattice, [np.array([0.995 / 4])])
    U = F.forward(F.inverse(p.U))[0]
    np.testing.assert_allclose(p.lattice.to_user(U), p.lattice.to_user(p.U), rtol=0, atol=1e-13)


@every_place
def test_covariance(place):
    p = Place(*place)
    F = two_layers(p)
    assert abs(assert_covariant(p, F)) > 0.1


@pytest.mark.parametrize("place", [("U(1)", (4, 8)), ("SU(2)", (2, 2, 2, 2))], ids=lambda p: p[0])
def test_jacobian_is_the_determinant_of_all_derivatives(place):
    p = Place(*place)
    assert_jacobian(p, two_layers(p), 1e-7)


@every_place
@pytest.mark.parametrize("names", [("gauge", JACOBIAN), ("gauge",), (JACOBIAN,)], ids="-".join)
def test_gradient(place, names):
    p = Place(*place)
    H = TransformedHamiltonian(hamiltonian(p, p.gauge(2.3)), two_layers(p))
    assert_gradient(Potential(H, names), p.U)


@every_place
def test_derivatives_by_the_weights(place):
    p = Place(*place)
    assert_derivatives_by_weights(TransformedHamiltonian(hamiltonian(p, p.gauge(2.3)), two_layers(p)), p.U)


def test_as_a_map_it_has_no_jacobian():
    p = Place("SU(2)", (4, 4, 4))
    F = two_layers(p)
    H = TransformedHamiltonian(hamiltonian(p, p.gauge(2.3)), F)
    U, tape = F.forward(p.U)
    Sigma = H.of.gradient(U, ["gauge"])
    expected, weights = H.gradients(p.U, ["gauge"])
    below, same = F.pullback_weights(tape, Sigma)
    np.testing.assert_array_equal(below["c"], expected["c"])
    np.testing.assert_array_equal(F.pullback(tape, Sigma)["c"], expected["c"])
    np.testing.assert_array_equal(same, weights)


def test_without_weights_it_is_the_identity():
    p = Place("U(1)", (4, 8))
    F = FieldTransformation(p.lattice, [np.zeros(1)])
    U, log = F.forward_with_jacobian(p.U)
    assert log == 0.0
    np.testing.assert_array_equal(U["c"], p.U["c"])
    np.testing.assert_array_equal(F.inverse(p.U)["c"], p.U["c"])


def test_theta_runs_layer_by_layer():
    F = two_layers(Place("SU(2)", (4, 4, 4)))
    values = np.arange(4.0)
    F.theta = values
    values[:] = -1.0  # a copy was taken
    assert F.theta.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert [layer.weights.tolist() for layer in F.layers] == [[[0.0, 1.0, 2.0]], [3.0]]
    assert F.definition() == [
        {"loops": ["plaquette"], "sharing": "direction", "masked": True},
        {"loops": ["plaquette"], "sharing": "shared", "masked": True},
    ]


def test_what_is_refused():
    with pytest.raises(InputError, match="even extents"):
        FieldTransformation(Lattice((3, 4)), [np.zeros(1)])
    with pytest.raises(InputError, match="needs a layer"):
        FieldTransformation(Lattice((4, 4)), [])
    p = Place("U(1)", (4, 8))
    for weight in (0.5, -0.6, np.nan):
        F = FieldTransformation(p.lattice, [np.array([0.1]), np.array([weight])])
        for function in (F.forward, F.forward_with_jacobian, F.inverse):
            with pytest.raises(NumericalError, match=r"one to one below 0\.5"):
                function(p.U)
    p = Place("SU(4)", (4, 4, 2, 2))
    with pytest.raises(InputError, match=r"SU\(4\) is not implemented"):
        FieldTransformation(p.lattice, [np.zeros(1)]).forward(p.U)


def test_a_link_that_is_no_number_is_not_inverted():
    p = Place("U(1)", (4, 8))
    p.U["c"][0, 1] = np.nan
    with pytest.raises(NumericalError, match="could not be inverted"):
        two_layers(p).inverse(p.U)
