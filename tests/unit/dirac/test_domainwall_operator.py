"""The domain wall operator against a dense matrix made of its definition, its symmetries, its even-odd form."""

import numpy as np
import pytest
from reference import domainwall as reference
from reference import samples

from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.dirac.domainwall_quark import propagate
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.lattice.geometry import Lattice

SHAMIR, MOEBIUS, ODD_WALLS = (1.0, 4, 1.0, 0.0), (1.8, 4, 1.5, 0.5), (0.9, 3, 1.25, 0.25)
CASES = [
    ((2, 2, 2, 2), 2, 0.1, SHAMIR),
    ((2, 2, 2, 2), 2, 0.0, MOEBIUS),
    ((4, 8), 1, 0.2, ODD_WALLS),
    ((2, 2, 2, 2), 3, 0.1, MOEBIUS),
    ((4, 8), 1, 1.0, SHAMIR),
    ((4, 8), 1, 0.1, (1.8, 1, 1.0, 0.0)),
    ((4, 8), 1, 0.3, (1.2, 5, 2.0, 1.25)),  # d1 = 0: every matrix at a site ends at its neighbours
]
every_case = pytest.mark.parametrize(
    ("shape", "n", "mass", "fifth"),
    [pytest.param(*case, marks=[pytest.mark.slow] * (case[1] == 3)) for case in CASES],
)
most_cases = pytest.mark.parametrize(  # colours and fields on one wall have kernels of their own
    ("shape", "n", "mass", "fifth"),
    [pytest.param(*case, marks=[pytest.mark.slow] * (case[1] > 1 or case[3][1] == 1)) for case in CASES],
)


class Setting:
    """Operator and dense matrix on the same random links; vectors over (s5, site in lattice order, colour, spin)."""

    def __init__(self, shape, n, mass, fifth, boundary=None, real="f8") -> None:
        self.rng, self.lattice, self.fifth = np.random.default_rng(3), Lattice(shape, real=real), fifth
        self.boundary = boundary or (1,) * (len(shape) - 1) + (-1,)
        self.U = samples.links(self.rng, shape, n)
        self.op = DomainWallOperator(self.lattice, n, mass, FifthDimension(*fifth), self.boundary)
        self.op.set_links(self.lattice.from_links(self.U))
        self.D = reference.dense(self.U, self.boundary, mass, *fifth)
        self.even = reference.even_sites(self.U, fifth[1])
        self.shape = (fifth[1], *shape, n, len(shape))

    def random(self):
        z = samples.complex_normal(self.rng, *self.shape)
        return self.field(z), z.reshape(-1)

    def field(self, z):
        psi = self.op.vector()
        psi["c"] = self.lattice.from_user(z)["c"]
        return psi

    def flat(self, field):
        return self.lattice.to_user(field).reshape(-1)

    def schur(self):
        """Mhat column by column."""
        columns = []
        for j in np.flatnonzero(self.even):
            unit, out = np.zeros(len(self.D), dtype=complex), self.op.vector()
            unit[j] = 1.0
            self.op.apply_even(out, self.field(unit.reshape(self.shape)))
            columns.append(self.flat(out)[self.even])
        return np.array(columns).T


@every_case
def test_full_operator_is_the_dense_matrix(shape, n, mass, fifth):
    s = Setting(shape, n, mass, fifth)
    psi, z = s.random()
    out = s.op.vector()
    for dagger, matrix in ((False, s.D), (True, s.D.conj().T)):
        s.op.apply(out, psi, dagger)
        np.testing.assert_allclose(s.flat(out), matrix @ z, rtol=0, atol=1e-13 * np.abs(matrix @ z).max())


def test_boundary_signs():
    for boundary in ((1, 1), (-1, 1), (-1, -1)):
        s = Setting((4, 8), 1, 0.1, SHAMIR, boundary)
        psi, z = s.random()
        out = s.op.vector()
        s.op.apply(out, psi)
        np.testing.assert_allclose(s.flat(out), s.D @ z, rtol=0, atol=1e-12)


def test_single_precision():
    s = Setting((8, 8), 1, 0.1, MOEBIUS, real="f4")
    psi, z = s.random()
    out = s.op.vector()
    s.op.apply(out, psi)
    np.testing.assert_allclose(s.flat(out), s.D @ z, rtol=0, atol=1e-5 * np.abs(s.D @ z).max())


@most_cases
def test_even_odd_form(shape, n, mass, fifth):
    """Mhat^dag is its adjoint, Gamma_5 Mhat^dag Gamma_5 has its singular values, and the determinants agree."""
    s = Setting(shape, n, mass, fifth)
    M = s.schur()
    psi, z = s.random()
    out = s.op.vector()
    s.op.apply_even(out, psi, dagger=True)
    np.testing.assert_allclose(s.flat(out)[s.even], M.conj().T @ z[s.even], rtol=0, atol=1e-12)
    sign, log = np.linalg.slogdet(s.D)
    sign_even, log_even = np.linalg.slogdet(M)
    components = s.lattice.volume * n * len(shape)
    site = fifth[1] * np.log(s.op.d0) + np.log(abs(s.op.site_determinant))
    assert log == pytest.approx(log_even + components * site, rel=1e-12, abs=1e-10)
    assert sign == pytest.approx(sign_even * np.sign(s.op.site_determinant) ** components, abs=1e-9)


def test_determinant_ratio_to_pauli_villars():
    """|det D(m) / det D(1)|^2 from the even sites alone, up to a constant that is known."""
    for fifth in (SHAMIR, MOEBIUS):
        s = Setting((4, 8), 1, 0.1, fifth)
        light, heavy, size = s.schur(), Setting((4, 8), 1, 1.0, fifth).schur(), s.lattice.volume * 2
        even = 2.0 * (np.linalg.slogdet(light)[1] - np.linalg.slogdet(heavy)[1])
        constant = 2.0 * size * np.log(s.op.site_determinant / s.op.with_mass(1.0).site_determinant)
        expected = reference.log_determinant_ratio(s.U, s.boundary, 0.1, *fifth)
        assert even + constant == pytest.approx(expected, rel=1e-12)


def test_deep_fifth_dimensions_have_operators():
    """d0^L5 is 10^1024 here; 1 + m (d1 / d0)^L5 is all that is needed."""
    op = DomainWallOperator(Lattice((2, 2, 2, 2)), 1, 0.1, FifthDimension(1.0, 1024, 3.0, 2.0), (1, 1, 1, -1))
    assert (op.d0, op.site_determinant) == (10.0, 1.0)


@pytest.mark.parametrize(("shape", "n"), [((2, 2, 2, 2), 2), pytest.param((2, 2, 2, 2), 3, marks=pytest.mark.slow)])
def test_hermiticity(shape, n):
    """gamma_5 R_5 D gamma_5 R_5 = D^dag for Shamir; for Moebius the same of D / (b5 + c5 Lambda)."""
    s = Setting(shape, n, 0.1, SHAMIR)
    psi, _ = s.random()
    out, back = s.op.vector(), s.op.vector()
    half = s.op.spins // 2

    def reflect(field):
        new = field.copy()
        new["c"] = field["c"][::-1]
        new["c"][:, :, :, half:] *= -1.0
        return new

    s.op.apply(out, reflect(psi))
    s.op.apply(back, psi, dagger=True)
    np.testing.assert_allclose(reflect(out)["c"], back["c"], rtol=0, atol=1e-13)
    m = Setting(shape, n, 0.1, MOEBIUS)
    R = reference.reflection(m.U, 4)
    plain = reference.dense(m.U, m.boundary, 0.1, 1.8, 4, 0.0, 0.0)  # 1 - Lambda
    A = 1.5 * np.eye(len(R)) + 0.5 * (np.eye(len(R)) - plain)
    kernel = m.D @ np.linalg.inv(A)
    np.testing.assert_allclose(R @ kernel @ R, kernel.conj().T, rtol=0, atol=1e-12)


@most_cases
def test_solves(shape, n, mass, fifth):
    s = Setting(shape, n, mass, fifth)
    b, z = s.random()
    x = s.op.vector()
    s.op.invert(x, b, 1e-13, 5000)
    expected = np.linalg.solve(s.D, z)
    np.testing.assert_allclose(s.flat(x), expected, rtol=0, atol=1e-10 * np.abs(expected).max())
    M = s.schur()
    s.op.solve_normal(x, b, 1e-12, 5000)
    expected = np.linalg.solve(M.conj().T @ M, z[s.even])
    np.testing.assert_allclose(s.flat(x)[s.even], expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    assert s.op.log.solves == 2
    assert 0.0 < s.op.log.residual <= 1e-11


def test_solver_failures():
    s = Setting((4, 8), 1, 0.01, SHAMIR)
    b, _ = s.random()
    x = s.op.vector()
    with pytest.raises(NumericalError, match="no convergence"):
        s.op.solve_normal(x, b, 1e-12, 3)
    b["c"][0, 0, 0, 0, 0, 0] = np.nan
    with pytest.raises(NumericalError, match="NaN"):
        s.op.solve_normal(x, b, 1e-12, 100)
    b["c"] = 0.0
    s.op.solve_normal(x, b, 1e-12, 100)
    assert not x["c"].any()


def test_chunks_change_nothing():
    s = Setting((4, 8), 1, 0.1, SHAMIR)
    b, _ = s.random()
    x, y = s.op.vector(), s.op.vector()
    s.op.solve_normal(x, b, 1e-12, 500)
    s.op.chunk = 3
    s.op.solve_normal(y, b, 1e-12, 500)
    np.testing.assert_array_equal(x["c"], y["c"])


def test_masses_share_links():
    s = Setting((4, 8), 1, 0.1, SHAMIR)
    heavy = s.op.with_mass(1.0)
    U = samples.links(s.rng, (4, 8), 1)
    s.op.set_links(s.lattice.from_links(U))
    psi, z = s.random()
    out = s.op.vector()
    heavy.apply(out, psi)
    np.testing.assert_allclose(s.flat(out), reference.dense(U, s.boundary, 1.0, *SHAMIR) @ z, rtol=0, atol=1e-12)


@pytest.mark.parametrize("fifth", [SHAMIR, MOEBIUS])
def test_quark_propagator(fifth):
    """S = Q D^-1 (1 - c5 D_W) Qbar, d ln det D / dm = Tr S, and the axial Ward identity at each source.

    Summed over all sites its divergence is gone: m sum |S|^2 + sum |S_mid|^2 = Re S(0, 0) (Furman and Shamir 1995).
    """
    s = Setting((4, 8), 1, 0.2, fifth)
    M5, L5, _b5, c5 = fifth
    Q, Qbar = reference.walls(s.U, L5)
    W = reference.wilson(s.U, s.boundary, -M5)
    S = Q @ np.linalg.solve(s.D, np.kron(np.eye(L5), np.eye(len(W)) - c5 * W) @ Qbar)
    unit = np.zeros((4, 8, 1, 2), dtype=complex)
    unit[0, 0, 0, 0] = 1.0
    found = propagate(s.op, s.lattice.from_user(unit), 1e-13, 1000)
    column = np.flatnonzero(unit.reshape(-1))[0]
    np.testing.assert_allclose(s.flat(found.quark), S[:, column], rtol=0, atol=1e-11)
    quark, middle = (np.sum(np.abs(s.flat(x)) ** 2) for x in (found.quark, found.midpoint))
    assert 0.2 * quark + middle == pytest.approx(S[column, column].real, rel=1e-10)
    h = 1e-4
    logs = [np.linalg.slogdet(reference.dense(s.U, s.boundary, 0.2 + e, *fifth))[1] for e in (h, -h)]
    assert (logs[0] - logs[1]) / (2 * h) == pytest.approx(np.trace(S).real, rel=1e-6)


def test_refusals():
    fifth = FifthDimension(1.0, 4)
    with pytest.raises(InputError, match="even extents"):
        DomainWallOperator(Lattice((3, 4)), 2, 0.1, fifth, (1, 1))
    with pytest.raises(InputError, match="2 or 4 dimensions"):
        DomainWallOperator(Lattice((2, 2, 2)), 2, 0.1, fifth, (1, 1, 1))
    with pytest.raises(InputError, match="singular"):
        DomainWallOperator(Lattice((2, 4)), 2, 0.1, FifthDimension(3.0, 4), (1, 1))  # 1 + (d - M5) b5 = 0
