"""The factorization of dense hermitian matrices against numpy, at sizes around its blocks of rows."""

import numpy as np
import pytest

from lqcdnn.dirac import dense
from lqcdnn.kernels.dense import inverse_trace

SIZES = (1, 7, 15, 16, 17, 33, 64, 70)


def random_matrix(n: int) -> np.ndarray:
    """A positive hermitian n x n matrix."""
    rng = np.random.default_rng(n)
    z = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return z @ z.conj().T + n * np.eye(n)


def parts(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return A.real.copy(), A.imag.copy()


@pytest.mark.parametrize("n", SIZES)
def test_the_factors_are_those_of_the_matrix(n):
    A = random_matrix(n)
    a, b = parts(A)
    pivots = dense.eliminate(a, b)
    inverse = np.tril(a + 1j * b, -1) + np.eye(n)
    np.testing.assert_allclose(inverse @ A @ inverse.conj().T, np.diag(pivots), atol=1e-12 * n)
    assert dense.logarithm_of(pivots) == pytest.approx(np.linalg.slogdet(A)[1], rel=1e-13)
    trace = inverse_trace(a, b, pivots)
    assert trace == pytest.approx(np.linalg.inv(A).trace().real, rel=1e-13)


@pytest.mark.parametrize("n", SIZES)
def test_pivots_are_the_same_bits_without_the_inverse_and_in_pieces(n, monkeypatch):
    A = random_matrix(n)
    pivots = dense.eliminate(*parts(A))
    np.testing.assert_array_equal(dense.eliminate(*parts(A), inverse=False), pivots)
    monkeypatch.setattr(dense, "_WORK_PER_CALL", 1.0)
    np.testing.assert_array_equal(dense.eliminate(*parts(A)), pivots)


def test_a_matrix_that_is_not_positive_has_a_pivot_that_is_not():
    A = random_matrix(20)
    A[3, 3] -= 1e3
    assert not (dense.eliminate(*parts(A)) > 0.0).all()
