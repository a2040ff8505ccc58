"""The staggered operator: symmetries, free spectrum, spectrum on random links, block structure of m^2 - D^2."""

from itertools import product

import numpy as np
import pytest
from builders import Place, every_place
from kernel_cases import numbers
from reference import matrices, samples
from reference import staggered as reference

from lqcdnn.dirac.staggered import EVEN, ODD
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields import gauge

MASS = 0.3


def dense(p, op, act):
    """Matrix of ``act(out, psi)`` over (site in lattice order, colour)."""
    size = p.lattice.volume * p.n
    columns = np.empty((size, size), dtype=complex)
    for j, unit in enumerate(np.eye(size)):
        psi, out = p.lattice.from_user(unit.reshape(*p.lattice.shape, p.n, 1) + 0j), op.vector()
        act(out, psi)
        columns[:, j] = p.lattice.to_user(out).ravel()
    return columns


def signed_boundaries(d):
    return [(1,) * d, (1,) * (d - 1) + (-1,), (-1,) + (1,) * (d - 1)]


@every_place
def test_symmetries(place):
    """D is antihermitian, anticommutes with epsilon(n) = (-1)^{x+y+z+t}, and equals the explicit matrix."""
    p = Place(*place)
    for boundary in signed_boundaries(p.d):
        op = p.operator(MASS, boundary)
        op.set_links(p.U)
        D = dense(p, op, op.hop)
        np.testing.assert_allclose(D, reference.dense_hop(p.lattice.to_user(p.U), boundary), rtol=0, atol=1e-15)
        np.testing.assert_allclose(D.conj().T, -D, rtol=0, atol=1e-15)
        epsilon = np.repeat(1.0 - 2.0 * reference.parity(p.lattice.shape), p.n)
        np.testing.assert_array_equal(epsilon[:, None] * D * epsilon, -D)
        M = dense(p, op, op.apply)
        np.testing.assert_allclose(epsilon[:, None] * M * epsilon, M.conj().T, rtol=0, atol=1e-15)
        square = MASS**2 * np.eye(len(D)) - D @ D
        np.testing.assert_allclose(M.conj().T @ M, square, rtol=0, atol=1e-14)
        assert np.abs(square[epsilon > 0][:, epsilon < 0]).max() == 0.0


@every_place
def test_spectrum_on_random_links(place):
    """Eigenvalues come in pairs +-i lambda; even and odd blocks of m^2 - D^2 have the same spectrum >= m^2."""
    p = Place(*place)
    op = p.operator(MASS)
    op.set_links(p.U)
    D = dense(p, op, op.hop)
    lam = np.linalg.eigvalsh(-1j * D)
    np.testing.assert_allclose(lam, -lam[::-1], rtol=0, atol=1e-13)
    assert np.abs(lam).max() <= p.d
    expected = np.linalg.eigvalsh(-1j * reference.dense_hop(p.lattice.to_user(p.U), op.boundary))
    np.testing.assert_allclose(lam, expected, rtol=0, atol=1e-13)
    parity = np.repeat(reference.parity(p.lattice.shape), p.n)
    square = MASS**2 * np.eye(len(D)) - D @ D
    even, odd = (np.linalg.eigvalsh(square[parity == k][:, parity == k]) for k in (EVEN, ODD))
    np.testing.assert_allclose(even, odd, rtol=0, atol=1e-13)
    np.testing.assert_allclose(even, np.sort(MASS**2 + lam[lam > 0] ** 2), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 8), (4, 2, 6), (2, 4, 2, 4)], ids=str)
@pytest.mark.parametrize("where", ["nowhere", "time", "first", "everywhere"])
def test_free_spectrum(shape, where):
    """-D^2 on unit links: sum_mu sin^2 p_mu, p_mu = 2 pi (k + 1/2 if antiperiodic) / L_mu, for each colour."""
    d = len(shape)
    negative = {"nowhere": (), "time": (d - 1,), "first": (0,), "everywhere": range(d)}[where]
    boundary = tuple(-1 if mu in negative else 1 for mu in range(d))
    p = Place("SU(2)", shape)
    op = p.operator(MASS, boundary)
    op.set_links(gauge.cold(p.lattice, p.group))
    D = dense(p, op, op.hop)
    momenta = (
        2.0 * np.pi * (np.arange(L) + (0.5 if sign < 0 else 0.0)) / L for L, sign in zip(shape, boundary, strict=True)
    )
    expected = [sum(np.sin(k) ** 2 for k in q) for q in product(*momenta)]
    np.testing.assert_allclose(np.linalg.eigvalsh(-D @ D), np.sort(np.repeat(expected, 2)), rtol=0, atol=1e-13)


def test_boundary_sign_is_a_sign_of_the_last_links():
    """Antiperiodic fermions are periodic ones on links times -1 across the boundary; where it lies does not matter."""
    p = Place("SU(2)", (4, 4, 4))
    z = p.lattice.to_user(p.U)
    for mu in range(3):
        boundary = tuple(-1 if nu == mu else 1 for nu in range(3))
        antiperiodic, spectra = p.operator(MASS, boundary), []
        antiperiodic.set_links(p.U)
        spectra.append(np.linalg.eigvalsh(-1j * dense(p, antiperiodic, antiperiodic.hop)))
        for layer in (-1, 0):
            flipped = z.copy()
            flipped[(mu, *(slice(None),) * mu, layer)] *= -1.0
            periodic = p.operator(MASS, (1, 1, 1))
            periodic.set_links(p.lattice.from_links(flipped))
            D = dense(p, periodic, periodic.hop)
            spectra.append(np.linalg.eigvalsh(-1j * D))
        np.testing.assert_allclose(spectra[1], spectra[0], rtol=0, atol=1e-13)
        np.testing.assert_allclose(spectra[2], spectra[0], rtol=0, atol=1e-13)


@every_place
def test_covariance(place):
    """D[U^G] G = G D[U]."""
    p = Place(*place)
    G, psi = samples.group_elements(p.rng, p.n, *p.lattice.shape), samples.vector(p.rng, p.lattice.shape, p.n)
    z = p.lattice.to_user(p.U)
    found = []
    for links, vector in ((z, psi), (samples.gauge_transform(z, G), G @ psi)):
        op = p.operator(MASS)
        op.set_links(p.lattice.from_links(links))
        out = op.vector()
        op.hop(out, p.lattice.from_user(vector))
        found.append(p.lattice.to_user(out))
    np.testing.assert_allclose(found[1], G @ found[0], rtol=0, atol=1e-13)
    np.testing.assert_allclose(matrices.dagger(G) @ found[1], found[0], rtol=0, atol=1e-13)


@pytest.mark.parametrize("parity", [EVEN, ODD])
def test_residual_is_the_true_one(parity):
    p = Place("SU(3)", (2, 2, 2, 4))
    op = p.operator(MASS)
    op.set_links(p.U)
    z, b = p.lattice.to_user(p.U), samples.vector(p.rng, p.lattice.shape, 3)
    mask = (reference.parity(p.lattice.shape) == parity).reshape(*p.lattice.shape, 1, 1)
    field, x = p.lattice.from_user(b), op.vector()
    D, previous = reference.dense_hop(z, op.boundary), 1.0
    for tolerance in (1e-2, 1e-5, 1e-10, 1e-13):
        op.log.reset()
        op.solve(x, field, parity, tolerance, 1000)
        y = (p.lattice.to_user(x) * mask).ravel()
        r = (b * mask).ravel() - (MASS**2 * y - D @ (D @ y))
        residual = np.linalg.norm(r) / np.linalg.norm(b * mask)
        assert residual <= 1.5 * tolerance
        assert op.log.residual == pytest.approx(residual, rel=1e-2)
        assert residual < previous
        previous = residual


def test_solver_failures():
    p = Place("SU(2)", (4, 4, 4))
    op, b, x = p.operator(1e-3), p.lattice.from_user(samples.vector(p.rng, p.lattice.shape, 2)), None
    op.set_links(p.U)
    x = op.vector()
    with pytest.raises(NumericalError, match="no convergence after 3 iterations") as error:
        op.solve(x, b, EVEN, 1e-10, 3)
    assert "max_iterations (now 3)" in error.value.hint
    assert error.value.exit_code == 5
    bad = b.copy()
    bad["c"][0, 0, 0, 0, 2] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        op.solve(x, bad, EVEN, 1e-10, 100)
    U = p.U.copy()
    numbers(U)[0, 0, 0, 1] = np.nan
    op.set_links(U)
    with pytest.raises(NumericalError, match="nan"):
        op.solve(x, b, EVEN, 1e-10, 100)


def test_zero_source():
    p = Place("SU(2)", (4, 4, 4))
    op, x = p.operator(), p.lattice.from_user(samples.vector(p.rng, p.lattice.shape, 2))
    op.set_links(p.U)
    op.solve(x, op.vector(), EVEN, 1e-10, 10)
    assert np.abs(x["c"][: p.lattice.half]).max() == 0.0
    assert op.log.iterations == 0


def test_odd_extents_are_refused():
    with pytest.raises(InputError, match="even extents"):
        Place("SU(2)", (3, 4)).operator()
