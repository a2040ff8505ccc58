"""Masked layers whose links have weights of their own: what finds them, forward, inverse, Jacobian, pullback."""

import numpy as np
import pytest
from builders import Place, hamiltonian
from derivative import assert_gradient
from reference.matrices import dagger, exponential, ta, trace
from transformation_builders import Potential, assert_covariant, assert_derivatives_by_weights, assert_jacobian

from lqcdnn.actions.transformed import JACOBIAN, TransformedHamiltonian
from lqcdnn.config.rules.transformations import local_weights, most_local_weight
from lqcdnn.errors import NumericalError
from lqcdnn.network.localweights import LocalLayer, first_weights
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.update.evolution import interpolated

SLOW_PLACES = [("SU(2)", (4, 4, 4)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 8)), ("SU(3)", (2, 4, 2, 4))]
PLACES = [("U(1)", (4, 8)), *(pytest.param(place, marks=pytest.mark.slow) for place in SLOW_PLACES)]
every_place = pytest.mark.parametrize("place", PLACES, ids=lambda p: f"{p[0]}-{'x'.join(map(str, p[1]))}")
SHARED, EACH = (2,), (3, 2)
"""Hidden channels of the layers below."""


def two_layers(p, size=0.7):
    """One network for each direction, then one for all, whose weights are far from those of constants."""
    limit, rng = most_local_weight(p.d), np.random.default_rng(3)
    first = first_weights(p.d, EACH, 0.6 * limit * (1.0 - 0.2 * np.arange(p.d)), 1)
    second = first_weights(p.d, SHARED, np.array([-0.3 * limit]), 2)
    weights = [array + size * rng.normal(size=array.shape) for array in (first, second)]
    layers = [LocalLayer(p.lattice, *pair) for pair in zip((EACH, SHARED), weights, strict=True)]
    return FieldTransformation(p.lattice, layers)


def staples_in_planes(U, mu):
    """The staples of all links of direction mu as paths n -> n + mu: [2 (d - 1), x, y, ..., N, N]."""

    def ahead(X, nu):
        return np.roll(X, -1, axis=nu)

    found = []
    for nu in range(len(U)):
        if nu != mu:
            found.append(U[nu] @ ahead(U[mu], nu) @ dagger(ahead(U[nu], mu)))
            found.append(np.roll(dagger(U[nu]) @ U[mu] @ ahead(U[nu], mu), 1, axis=nu))
    return np.array(found)


def network(U, mu, channels, weights, turned):
    """w(n) of the links of direction mu on the ``turned`` sites, and those staples."""
    d, n = len(U), U.shape[-1]
    s = staples_in_planes(U, mu)
    flat, bent = [], []
    for i in range(len(s)):
        for j in range(i):
            (flat if i // 2 == j // 2 else bent).append(1.0 - trace(dagger(s[i]) @ s[j]).real / n)
    y = [np.mean(pairs, axis=0) for pairs in (flat, bent) if pairs]

    def mean(x, directions):
        return np.mean([np.roll(x, step, axis=nu) for nu in directions for step in (1, -1)], axis=0)

    others = [nu for nu in range(d) if nu != mu]
    for count in (*channels, 1):
        inputs = []
        for x in y:
            x = np.where(turned, x, np.nan)  # what is on other sites is nowhere in the result
            A, B = mean(x, [mu]), mean(x, others)
            inputs += [x, mean(A, [mu]), mean(A, others), mean(B, others)]
        a, weights = np.split(weights, [count * (1 + len(inputs))])
        a = a.reshape(count, -1)
        sums = [row[0] + sum(w * x for w, x in zip(row[1:], inputs, strict=True)) for row in a]
        y = [x / np.sqrt(1.0 + x * x) for x in sums]
    assert weights.size == 0
    return most_local_weight(d) * y[0], s.sum(axis=0)


def written_out(U, layers):
    """The turns one after the other, with all staples and weights made anew before each."""
    d, parity = len(U), np.indices(U.shape[1:-2]).sum(axis=0) % 2
    for layer in layers:
        for mu in range(d):
            for odd in (0, 1):
                turned = parity == odd
                w, C = network(U, mu, layer.channels, layer.by_direction(d)[mu], turned)
                W = np.where(turned, w, 0.0)[..., None, None] * C @ dagger(U[mu])
                U = U.copy()
                U[mu] = exponential(ta(W)) @ U[mu]
    return U


@every_place
def test_links_turn_by_weights_of_their_own(place):
    p = Place(*place)
    F = two_layers(p)
    expected = written_out(p.lattice.to_user(p.U), F.layers)
    np.testing.assert_allclose(p.lattice.to_user(F.forward(p.U)[0]), expected, rtol=0, atol=1e-13)


@every_place
def test_inverse_and_covariance(place):
    p = Place(*place)
    F = two_layers(p)
    U = F.forward(F.inverse(p.U))[0]
    np.testing.assert_allclose(p.lattice.to_user(U), p.lattice.to_user(p.U), rtol=0, atol=1e-13)
    assert_covariant(p, F)


@pytest.mark.parametrize(
    "place",
    [("U(1)", (4, 8)), *(pytest.param(p, marks=pytest.mark.slow) for p in [("SU(2)", (4, 4, 4)), ("SU(3)", (4, 2))])],
    ids=lambda p: p[0],
)
def test_jacobian_is_the_determinant_of_all_derivatives(place):
    p = Place(*place)
    assert_jacobian(p, two_layers(p), 1e-6)


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


def test_it_begins_as_constant_weights():
    p = Place("U(1)", (4, 8))
    each, all_links = np.array([[0.2, -0.3]]), np.array([0.1])
    first = LocalLayer(p.lattice, (3,), first_weights(2, (3,), each.ravel(), 1))
    second = LocalLayer(p.lattice, (), first_weights(2, (), all_links, 2))
    F, constants = FieldTransformation(p.lattice, [first, second]), FieldTransformation(p.lattice, [each, all_links])
    (U, log), (same, expected) = F.forward_with_jacobian(p.U), constants.forward_with_jacobian(p.U)
    np.testing.assert_allclose(U["c"], same["c"], rtol=0, atol=1e-14)
    assert log == pytest.approx(expected, abs=1e-12)


def test_charge_conjugation_and_even_shifts():
    p = Place("U(1)", (4, 8))
    F = two_layers(p)
    z, after = p.lattice.to_user(p.U), p.lattice.to_user(F.forward(p.U)[0])
    for image in (np.conj, lambda x: np.roll(x, (1, 3), axis=(1, 2)), inverted):
        found = p.lattice.to_user(F.forward(p.lattice.from_links(image(z)))[0])
        np.testing.assert_allclose(found, image(after), rtol=0, atol=1e-13)


def inverted(z):
    """All axes reflected about the middle of a link of direction x: n -> x - n, U_mu(n) -> U_mu(x - n - mu)^dag."""
    turned = np.flip(z, axis=(1, 2)).conj().swapaxes(-1, -2)  # of -1 - n
    return np.array([np.roll(turned[mu], [2 - (mu == 0), 1 - (mu == 1)], axis=(0, 1)) for mu in range(2)])


def test_theta_and_definition():
    p = Place("SU(2)", (4, 4, 4))
    F = two_layers(p)
    theta = F.theta
    assert theta.size == 3 * local_weights(3, EACH) + local_weights(3, SHARED)
    F.theta = np.arange(theta.size)
    assert [layer.weights.shape for layer in F.layers] == [(3, local_weights(3, EACH)), (1, local_weights(3, SHARED))]
    assert F.theta.tolist() == list(range(theta.size))
    assert [layer["channels"] for layer in F.definition()] == [[3, 2], [2]]
    assert [layer["sharing"] for layer in F.definition()] == ["direction", "shared"]
    F.theta = np.where(theta == theta[3], np.nan, theta)
    with pytest.raises(NumericalError, match=r"one to one below 0\.25"):
        F.forward(p.U)


def test_weights_between_two_networks():
    p = Place("U(1)", (4, 8))
    ends = [two_layers(p), two_layers(p, size=0.2)]
    first, middle, last = interpolated(ends, 3)
    np.testing.assert_allclose([first.theta, last.theta], [one.theta for one in ends], rtol=0, atol=1e-15)
    np.testing.assert_allclose(middle.theta, 0.5 * (first.theta + last.theta), rtol=0, atol=1e-15)
    (V, _), (same, _) = (one.forward_with_jacobian(p.U) for one in (last, ends[1]))
    np.testing.assert_allclose(V["c"], same["c"], rtol=0, atol=1e-14)


def test_no_link_has_too_large_a_weight():
    """Whatever weights a network has, the layer is inverted."""
    p = Place("U(1)", (4, 8), spread=0.02)
    F = FieldTransformation(p.lattice, [LocalLayer(p.lattice, (), np.array([[1e30, 0.0, 0.0, 0.0, 0.0]]))])
    U = F.forward(F.inverse(p.U))[0]
    np.testing.assert_allclose(p.lattice.to_user(U), p.lattice.to_user(p.U), rtol=0, atol=1e-12)
