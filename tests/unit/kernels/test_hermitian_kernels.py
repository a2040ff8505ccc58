"""Hermitian matrices of the two chiralities against numpy: how they are stored, products with spinors, inverses."""

import numpy as np
import pytest
from kernel_cases import NATIVE, Case

from lqcdnn.kernels.clover import invert_hermitian
from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, colors, field_dtype, place, put
from lqcdnn.kernels.simd.hermitian import (
    fold,
    hermitian_room,
    multiply_chiral,
    number_at,
    part_at,
    put_part,
    row_at,
    unfold,
)
from lqcdnn.lattice.blocks import aligned_zeros

PLANE, SPACE = (4, 4), (2, 2, 2, 4)
every_setting = pytest.mark.parametrize(
    ("case", "shape"),
    [
        (Case("U(1)", NATIVE, "f8"), PLANE),
        pytest.param(Case("U(1)", 2, "f4"), SPACE, marks=pytest.mark.slow),
        (Case("SU(2)", NATIVE, "f8"), SPACE),
        pytest.param(Case("SU(3)", 1, "f8"), PLANE, marks=pytest.mark.slow),
        (Case("SU(3)", NATIVE, "f8"), SPACE),
        pytest.param(Case("SU(3)", 4, "f4"), SPACE, marks=pytest.mark.slow),
        pytest.param(Case("SU(4)", NATIVE, "f8"), SPACE, marks=pytest.mark.slow),
        pytest.param(Case("SU(5)", 2, "f8"), SPACE, marks=pytest.mark.slow),
    ],
    ids=lambda x: str(x) if isinstance(x, Case) else f"{len(x)}d",
)


@kernel
def whole(out, C):
    """out[s, chirality] <- the whole matrices of C."""
    for s in range(C.shape[0]):
        M = hermitian_room(C)
        for c in range(2):
            unfold(M, C, s, c)
            for i in range(out.shape[2]):
                for j in range(out.shape[2]):
                    put(out, (s, c, i, j), number_at(M, i, j))


@kernel
def stored(C, X):
    """C <- what is on and above the diagonal of the matrices X[s, chirality, i, j], put in row by row."""
    for s in range(C.shape[0]):
        M = hermitian_room(C)
        for c in range(2):
            for i in range(X.shape[2]):
                for j in range(X.shape[2]):
                    put_part(M, i, j, at(X, s, c, i, j))
            fold(C, s, c, M)


@kernel
def in_parts(out, C, x):
    """out[s, chirality, a, b] <- as large parts of C as x, out of a room that was filled row by row."""
    for s in range(C.shape[0]):
        M, N, block = hermitian_room(C), hermitian_room(C), at(x, s)
        n = colors(block)
        for c in range(2):
            unfold(M, C, s, c)
            for i in range(n * out.shape[2]):
                put_part(N, i, 0, row_at(M, i))
            for a in range(out.shape[2]):
                for b in range(out.shape[2]):
                    put(out, (s, c, a, b), part_at(N, a * n, b * n, block))


@kernel
def products(out, C, x):
    for s in range(C.shape[0]):
        multiply_chiral(place(out, s), C, s, place(x, s))


class Setting:
    """Random hermitian matrices Z [block, chirality, row, column, lane] and the same as a field C."""

    def __init__(self, case, shape, mean=0.0, spread=1.0) -> None:
        self.case, self.lattice, self.rng = case, case.lattice(shape), np.random.default_rng(3)
        self.half = len(shape) // 2
        self.rows = self.half * case.n
        z = spread * self.random(self.lattice.blocks, 2, self.rows, self.rows, self.lattice.width)
        z = z + np.swapaxes(z.conj(), 2, 3) + mean * np.eye(self.rows)[:, :, None]
        self.Z = self.rounded(z)
        self.C = self.lattice.hermitian(self.rows)
        self.C["c"] = np.stack(self.numbers(), axis=2)

    def random(self, *shape):
        return self.rng.normal(size=shape) + 1j * self.rng.normal(size=shape)

    def rounded(self, z):
        return z if self.case.real == "f8" else z.astype(np.complex64).astype(np.complex128)

    def numbers(self):
        """The real numbers of a matrix in the order in which they are stored."""
        diagonal = [self.Z[:, :, i, i].real for i in range(self.rows)]
        above = [self.Z[:, :, i, j] for i in range(self.rows) for j in range(i + 1, self.rows)]
        return diagonal + [x for z in above for x in (z.real, z.imag)]

    def matrices(self, n, count):
        """A field [block, chirality, count, count] of n x n matrices."""
        lattice = self.lattice
        return aligned_zeros((lattice.blocks, 2, count, count), field_dtype(n, n, lattice.width, lattice.real))


def complex_entries(field):
    """Complex numbers [..., row, column, lane] of a field."""
    return field["c"][..., 0, :] + 1j * field["c"][..., 1, :]


@every_setting
def test_whole_matrices(case, shape):
    s = Setting(case, shape)
    out = s.matrices(1, s.rows)
    whole(out, s.C)
    np.testing.assert_array_equal(complex_entries(out)[..., 0, 0, :], s.Z)


@every_setting
def test_only_the_upper_triangle_is_stored(case, shape):
    s = Setting(case, shape)
    X, C, lower = s.matrices(1, s.rows), np.zeros_like(s.C), np.tri(s.rows, k=-1)[:, :, None]
    z = np.where(lower, s.random(*s.Z.shape), s.Z + 1j * np.eye(s.rows)[:, :, None])
    X["c"][:, :, :, :, 0, 0, 0], X["c"][:, :, :, :, 0, 0, 1] = z.real, z.imag
    stored(C, X)
    np.testing.assert_array_equal(C["c"], s.C["c"])


@every_setting
def test_parts(case, shape):
    s = Setting(case, shape)
    n, out = case.n, s.matrices(case.n, s.half)
    in_parts(out, s.C, s.lattice.zeros(n, n))
    found = np.moveaxis(complex_entries(out), 4, 3)  # [block, chirality, a, i, b, j, lane]
    np.testing.assert_array_equal(found.reshape(s.Z.shape), s.Z)


@every_setting
def test_products_with_spinors(case, shape):
    s = Setting(case, shape)
    n, d = case.n, len(shape)
    x, out = s.lattice.zeros(n, d), s.lattice.zeros(n, d)
    x["c"] = s.rng.normal(size=x["c"].shape)
    products(out, s.C, x)
    spinor = complex_entries(x).reshape(-1, n, 2, s.half, case.width)
    expected = np.einsum("scaibjl,sjcbl->siacl", s.Z.reshape(-1, 2, s.half, n, s.half, n, case.width), spinor)
    case.assert_close(complex_entries(out), np.moveaxis(expected, 3, 2).reshape(-1, n, d, case.width), s.rows)


@every_setting
def test_inverse_and_determinant(case, shape):
    """On a range of blocks; eigenvalues of either sign."""
    if case.real != "f8":
        return  # the determinant is taken in double precision only
    s = Setting(case, shape, mean=-1.0, spread=0.05)
    half, inverse, out = s.lattice.half, np.zeros_like(s.C), s.matrices(1, s.rows)
    logs = np.empty(half)
    invert_hermitian(logs, inverse, s.C, half, 2 * half)
    whole(out, inverse)
    found = np.moveaxis(complex_entries(out)[..., 0, 0, :], -1, 2)
    Z = np.moveaxis(s.Z, -1, 2)
    assert not found[:half].any()
    case.assert_close(found[half:], np.linalg.inv(Z[half:]), 10)
    case.assert_close(logs, 2.0 * np.linalg.slogdet(Z[half:])[1].sum(axis=(1, 2)), 10)


PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
SYMMETRIC = [Case("SU(2)", NATIVE, "f8"), Case("SU(2)", 1, "f8"), Case("SU(2)", 4, "f4")]
every_symmetric_case = pytest.mark.parametrize(
    "case", [pytest.param(case, id=str(case), marks=[pytest.mark.slow] * (k > 0)) for k, case in enumerate(SYMMETRIC)]
)


class Symmetric(Setting):
    """Matrices 1 + sum_ia E_ia sigma_i (x) tau_a of SU(2) in four dimensions and the same as a field C."""

    def __init__(self, case) -> None:
        self.case, self.lattice, self.rng = case, case.lattice(SPACE), np.random.default_rng(3)
        self.half, self.rows = 2, 4
        E = 0.1 * self.rng.normal(size=(self.lattice.blocks, 2, 3, 3, self.lattice.width))
        products_ = np.einsum("iab,jcd->ijacbd", PAULI, PAULI).reshape(3, 3, 4, 4)
        self.Z = np.einsum("scijl,ijkm->sckml", E, products_) + np.eye(4)[:, :, None]
        X = self.matrices(1, 4)
        X["c"][:, :, :, :, 0, 0, 0], X["c"][:, :, :, :, 0, 0, 1] = self.Z.real, self.Z.imag
        X["c"][:, :, np.tri(4, k=-1, dtype=bool)] = np.nan  # what is below the diagonal is not read
        self.C = self.lattice.clover_matrices(2)
        stored(self.C, X)


@every_symmetric_case
def test_symmetric_matrices(case):
    s = Symmetric(case)
    assert s.C.dtype["c"].shape[0] == 10
    out = s.matrices(1, 4)
    whole(out, s.C)
    case.assert_close(complex_entries(out)[..., 0, 0, :], s.Z)


@every_symmetric_case
def test_products_of_symmetric_matrices_with_spinors(case):
    s = Symmetric(case)
    x, out = s.lattice.zeros(2, 4), s.lattice.zeros(2, 4)
    x["c"] = s.rng.normal(size=x["c"].shape)
    products(out, s.C, x)
    spinor = complex_entries(x).reshape(-1, 2, 2, 2, case.width)
    expected = np.einsum("scaibjl,sjcbl->siacl", s.Z.reshape(-1, 2, 2, 2, 2, 2, case.width), spinor)
    case.assert_close(complex_entries(out), np.moveaxis(expected, 3, 2).reshape(-1, 2, 4, case.width), 4)


def test_inverse_of_symmetric_matrices():
    case = SYMMETRIC[0]
    s, half = Symmetric(case), Symmetric(case).lattice.half
    inverse, out, logs = np.zeros_like(s.C), s.matrices(1, 4), np.empty(half)
    invert_hermitian(logs, inverse, s.C, half, 2 * half)
    whole(out, inverse)
    found, Z = (np.moveaxis(x, -1, 2)[half:] for x in (complex_entries(out)[..., 0, 0, :], s.Z))
    case.assert_close(found, np.linalg.inv(Z), 10)
    case.assert_close(logs, 2.0 * np.linalg.slogdet(Z)[1].sum(axis=(1, 2)), 10)
