"""Field transformations as their tests want them: log J from all derivatives, parts of S[F(V)] - log J as an action."""

import numpy as np
import pytest
from builders import transformation
from derivative import fourth_order
from kernel_cases import momenta
from reference.matrices import dagger, generators

from lqcdnn.kernels.links import update_links
from lqcdnn.update.fitted import TransformationWeights


class Potential:
    """S[F(V)] - log J, or one of the two, as an action."""

    def __init__(self, H, names):
        self.H, self.names, self.lattice = H, names, H.lattice

    def value(self, V):
        return sum(value for name, value in self.H.potential(V).items() if name in self.names)

    def gradient(self, V):
        return self.H.gradient(V, self.names)

    def add_gradient(self, V, Sigma):
        raise AssertionError


def log_determinant(p, F):
    """Sign of det dU/dV and log |det dU/dV| of the matrix of the derivatives of all links by all, numerically."""
    T, step, columns = generators(p.n), 1e-4, []
    after = dagger(p.lattice.to_user(F.forward(p.U)[0]))
    for link in np.ndindex(p.d, *p.lattice.shape):
        for generator in T:
            X = np.zeros((p.d, *p.lattice.shape, p.n, p.n), dtype=complex)
            X[link] = 1j * generator
            P = momenta(p.lattice, X)

            def turned(t, P=P):
                V = p.U.copy()
                update_links(V, V, P, t)
                return p.lattice.to_user(F.forward(V)[0]) @ after

            derivative = (8 * (turned(step) - turned(-step)) - turned(2 * step) + turned(-2 * step)) / (12 * step)
            columns.append(np.einsum("aij,...ji->...a", T, -1j * derivative).real.ravel() * (1 if p.n == 1 else 2))
    return np.linalg.slogdet(np.array(columns))


def assert_covariant(p, F):
    """F commutes with gauge transformations, which leave log J as it is; log J."""
    _G, transform = transformation(p)
    (U, log), (moved, same) = F.forward_with_jacobian(p.U), F.forward_with_jacobian(transform(p.U))
    np.testing.assert_allclose(p.lattice.to_user(moved), p.lattice.to_user(transform(U)), rtol=0, atol=1e-13)
    assert same == pytest.approx(log, abs=1e-10)
    return log


def assert_jacobian(p, F, within):
    """log J is that of the determinant of all derivatives, which is positive."""
    sign, numeric = log_determinant(p, F)
    assert sign == 1.0
    assert F.forward_with_jacobian(p.U)[1] == pytest.approx(numeric, abs=within)


def assert_derivatives_by_weights(H, U, tolerance=1e-8):
    """dS_theta/dtheta of a TransformedHamiltonian against finite differences, relative to the largest."""
    part = TransformationWeights(H)
    theta, found, numeric = part.theta, part.derivative(U), []
    for i in range(len(theta)):

        def value(t, i=i):
            part.theta = theta + t * (np.arange(len(theta)) == i)
            return part.value(U)

        numeric.append(fourth_order(value))
    part.theta = theta
    np.testing.assert_allclose(found, numeric, rtol=0, atol=tolerance * np.abs(numeric).max())
