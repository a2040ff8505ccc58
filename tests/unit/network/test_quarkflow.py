"""The gradient flow of quark fields and its adjoint: exact, of third order, covariant, and free fields."""

import numpy as np
import pytest
from reference import samples

from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.flow import GradientFlow, velocity
from lqcdnn.network.quarkflow import Laplacian, QuarkFlow

BOUNDARY = {2: (1, -1), 4: (1, 1, 1, -1)}
SHAPES = {1: (4, 8), 3: (4, 2, 2, 4)}


def spinor(shape, n, seed):
    rng = np.random.default_rng(seed)
    size = (*shape, n, len(shape))
    return rng.normal(size=size) + 1j * rng.normal(size=size)


def flow_of(n, interval, step, kind="wilson"):
    lattice = Lattice(SHAPES[n])
    return lattice, QuarkFlow(velocity(lattice, kind), interval, step, n, BOUNDARY[lattice.d])


def product(lattice, x, y):
    return np.vdot(lattice.to_user(x), lattice.to_user(y))


def dense_laplacian(U, psi, boundary):
    out = -2.0 * (len(U)) * psi
    for mu in range(len(U)):
        V = U[mu].astype(complex)
        V[(*[slice(None)] * mu, -1)] *= boundary[mu]
        out = out + V @ np.roll(psi, -1, mu)
        out += np.roll(V.conj().swapaxes(-1, -2) @ psi, 1, mu)
    return out


@pytest.mark.parametrize("n", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_the_laplacian(n):
    lattice = Lattice(SHAPES[n])
    U, psi = samples.links(np.random.default_rng(1), SHAPES[n], n), spinor(SHAPES[n], n, 2)
    found = Laplacian(lattice, n, BOUNDARY[lattice.d], lattice.from_links(U))(lattice.from_user(psi), 0.3)
    expected = 0.3 * dense_laplacian(U, psi, BOUNDARY[lattice.d])
    np.testing.assert_allclose(lattice.to_user(found), expected, rtol=1e-12, atol=1e-12)


def test_the_adjoint_is_exact_and_their_product_is_constant_along_the_flow():
    """<xi(s), chi(s)> for all s between, by the discrete adjoint, whatever the step; links are those of the flow."""
    lattice, flow = flow_of(1, 0.2, 0.1)
    U = lattice.from_links(samples.links(np.random.default_rng(1), SHAPES[1], 1))
    links = flow.links(U, 3)
    expected = list(GradientFlow(velocity(lattice, "wilson"), 0.1).states(U, [0.2, 0.4, 0.6]))
    for found, other in zip(links[1:], expected, strict=True):
        np.testing.assert_allclose(lattice.to_user(found), lattice.to_user(other), rtol=0, atol=1e-14)
    chi, xi = ([lattice.from_user(spinor(SHAPES[1], 1, seed))] for seed in (2, 3))
    forward = [chi[0]]
    for k in range(3):
        forward += flow.forward(links[k], forward[-1:])
    last = product(lattice, xi[0], forward[3])
    for k in reversed(range(3)):
        xi = flow.back(links[k], xi)
        assert product(lattice, xi[0], forward[k]) == pytest.approx(last, rel=1e-12)


def test_third_order():
    U = samples.links(np.random.default_rng(1), SHAPES[1], 1)
    results = []
    for step in (0.1, 0.05, 0.025):
        lattice, flow = flow_of(1, 0.4, step)
        (chi,) = flow.forward(lattice.from_links(U), [lattice.from_user(spinor(SHAPES[1], 1, 2))])
        results.append(lattice.to_user(chi))
    coarse, fine = np.abs(results[0] - results[1]).max(), np.abs(results[1] - results[2]).max()
    assert 5.5 < coarse / fine < 11.0


def test_covariance():
    """chi -> G chi where links turn by G: with forward and adjoint flow of any velocity."""
    lattice, flow = flow_of(1, 0.2, 0.1, "symanzik")
    rng = np.random.default_rng(5)
    U, psi = samples.links(rng, SHAPES[1], 1), spinor(SHAPES[1], 1, 2)
    G = np.exp(2j * np.pi * rng.random((*SHAPES[1], 1, 1)))
    turned = np.array([G @ U[mu] @ np.roll(G.conj(), -1, mu) for mu in range(2)])
    for way in (flow.forward, flow.back):
        (plain,), (other,) = (
            way(lattice.from_links(V), [lattice.from_user(chi)]) for V, chi in ((U, psi), (turned, G @ psi))
        )
        np.testing.assert_allclose(lattice.to_user(other), G @ lattice.to_user(plain), rtol=1e-11, atol=1e-12)


def test_free_fields_decay_by_the_polynomial_of_the_scheme():
    lattice, flow = flow_of(1, 0.3, 0.1)
    U = np.ones((2, *SHAPES[1], 1, 1), dtype=complex)
    p = [2 * np.pi * (1.0 / 4), 2 * np.pi * 2.5 / 8]
    x = np.indices(SHAPES[1])
    wave = np.exp(1j * (p[0] * x[0] + p[1] * x[1]))[..., None, None] * np.array([[1.0, 2.0]])
    z = -0.1 * sum(4 * np.sin(np.array(p) / 2) ** 2)
    for way in (flow.forward, flow.back):
        (found,) = way(lattice.from_links(U), [lattice.from_user(wave)])
        factor = (1 + z + z**2 / 2 + z**3 / 6) ** 3
        np.testing.assert_allclose(lattice.to_user(found), factor * wave, rtol=1e-11, atol=1e-13)
