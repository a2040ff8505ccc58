"""The multigrid for Wilson quarks against dense matrices: P, P^dag M P, coarse solves, and solutions."""

from functools import cached_property

import numpy as np
import pytest
from builders import Place
from reference import samples
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.config.tables.aggregates import aggregate_extents, what_multigrid_allows
from lqcdnn.dirac import multigrid
from lqcdnn.dirac.coarsegrid import coarse_numbers, complex_numbers
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.kernels.links import gauge_transform
from lqcdnn.lattice.aggregates import Aggregates
from lqcdnn.lattice.geometry import Lattice

ROUNDING = 2e-6
"""Of single precision."""


class Case:
    """A solver with a multigrid on smooth random links, and M as a dense matrix.

    Parameters
    ----------
    n, shape, kappa, csw, r, theta
        Of the operator.
    """

    def __init__(self, name, shape, kappa, csw=0.0, r=1.0, theta=None) -> None:
        self.place = Place(name, shape, spread=0.3)
        self.lattice, self.n = self.place.lattice, self.place.n
        boundary = self.place.antiperiodic()
        self.op = WilsonOperator(self.lattice, self.n, kappa, boundary, csw, r, theta)
        self.op.set_links(self.place.U)
        self._dense = kappa, boundary, csw, r
        self._theta = np.zeros(len(shape)) if theta is None else np.array(theta)
        self.solver = WilsonPropagator(self.op, multigrid=True)
        self.inner = self.solver._inner
        self.grid = self.inner.grid

    @cached_property
    def M(self):
        """M; phases at the boundary are shared out over all links of a direction."""
        U = self.lattice.to_user(self.place.U)
        phases = np.exp(1j * self._theta / np.array(self.lattice.shape))
        return reference.matrix(U * phases.reshape(-1, *(1,) * (U.ndim - 1)), *self._dense)

    def source(self, seed=3):
        b = reference.spinor(np.random.default_rng(seed), self.lattice.shape, self.n)
        return self.lattice.from_user(b), b.reshape(-1)

    def learn(self):
        self.inner._links_changed()
        self.inner.learn()
        return self

    def columns(self):
        """P, from the coarse unit vectors: rows in the order of the dense matrix."""
        c, x = self.grid.vector(), self.inner.single.vector()
        found = []
        for k in range(2 * self.grid.n * self.grid.aggregates.count):
            aggregate, row = divmod(k, 2 * self.grid.n)
            coarse_numbers(c)[aggregate, row // self.grid.n, 0, row % self.grid.n] = 1.0
            self.grid.prolong(x, c, self.grid.aggregates.every)
            coarse_numbers(c)[...] = 0.0
            found.append(self.inner.single.lattice.to_user(x).reshape(-1))
        return np.array(found).T

    def coarse_matrix(self):
        """The coarse operator as one matrix, from the blocks of the program."""
        X, Y = self.grid.blocks()
        count, size = X.shape[:2]
        found = np.zeros((count, size, count, size), dtype=complex)
        for a in range(count):
            found[a, :, a] += X[a]
            for k, b in enumerate(self.grid.aggregates.neighbours[a]):
                found[a, :, b] += Y[a, k]
        return found.reshape(count * size, -1)


LIGHT = 0.266  # of random links on 32 x 32
PLANE = "U(1)", (8, 8), 0.24
CASES = {
    "wilson": (PLANE, {}),
    "clover": (PLANE, {"csw": 1.1}),
    "no-parity": (("U(1)", (24, 8), 0.24), {}),
    "r": (PLANE, {"r": 0.7}),
    "theta": (PLANE, {"theta": (0.7, 0.3)}),
    "SU(3)": (("SU(3)", (8, 8), 0.24), {}),
    "four": (("SU(2)", (4, 4, 4, 4), 0.125), {"csw": 1.1}),
}
SLOW = ("clover", "r", "theta", "SU(3)", "four")  # kernels of their own
every_case = pytest.mark.parametrize(
    "case", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in CASES]
)
made = {}


def case_of(name):
    """Made once, and learned."""
    if name not in made:
        place, options = CASES[name]
        made[name] = Case(*place, **options).learn()
    return made[name]


@every_case
def test_solutions_are_those_of_the_dense_matrix(case):
    s = case_of(case)
    (b, b0), x = s.source(), s.op.vector()
    s.op.log.reset()
    s.solver.solve(x, b, 1e-11, 200)
    exact = np.linalg.solve(s.M, b0)
    np.testing.assert_allclose(s.lattice.to_user(x).reshape(-1), exact, rtol=0, atol=1e-9 * np.linalg.norm(exact))
    assert 0.0 < s.op.log.residual <= 1e-11
    assert s.op.log.iterations < 40


@every_case
def test_prolongation(case):
    """Columns are orthonormal, live on one aggregate, and have one chirality."""
    s = case_of(case)
    P, n, d = s.columns(), s.grid.n, s.lattice.d
    np.testing.assert_allclose(dagger(P) @ P, np.eye(P.shape[1]), rtol=0, atol=1e-3)
    g5 = np.tile(np.diag(reference.gamma5(d)).real, s.lattice.volume * s.n)
    sigma = np.tile(np.repeat([1.0, -1.0], n), s.grid.aggregates.count)
    np.testing.assert_array_equal(g5[:, None] * P, P * sigma)
    x = np.array(reference.sites(s.lattice.shape)) // s.grid.aggregates.extents
    where = np.ravel_multi_index(tuple(x.T), s.grid.aggregates.shape)
    owner = np.repeat(where, s.n * d)
    for k in range(0, P.shape[1], 2 * n):
        rows = np.abs(P[:, k : k + 2 * n]).max(axis=1) > 0
        assert len(set(owner[rows])) == 1
        assert rows.sum() == np.prod(s.grid.aggregates.extents) * s.n * d


@every_case
def test_coarse_operator(case):
    """P^dag M P, by dense products; sigma_3 hermitian."""
    s = case_of(case)
    P, found = s.columns(), s.coarse_matrix()
    np.testing.assert_allclose(found, dagger(P) @ s.M @ P, rtol=0, atol=10 * ROUNDING)
    sigma = np.tile(np.repeat([1.0, -1.0], s.grid.n), s.grid.aggregates.count)
    np.testing.assert_allclose(sigma[:, None] * found * sigma, dagger(found), rtol=0, atol=10 * ROUNDING)


@every_case
def test_restriction_is_the_adjoint_of_prolongation(case):
    s = case_of(case)
    lattice = s.inner.single.lattice
    b = reference.spinor(np.random.default_rng(4), lattice.shape, s.n)
    x, c = s.inner.single.vector(), s.grid.vector()
    x["c"] = lattice.from_user(b)["c"]
    wanted = dagger(s.columns())
    s.grid.restrict(c, x, s.grid.aggregates.every)
    np.testing.assert_allclose(complex_numbers(c).reshape(-1), wanted @ b.reshape(-1), rtol=0, atol=50 * ROUNDING)
    b.reshape(-1)[~reference.even_mask(lattice.shape, s.n)] = 0.0  # even sites alone
    s.grid.restrict(c, x, s.grid.aggregates.even)
    np.testing.assert_allclose(complex_numbers(c).reshape(-1), wanted @ b.reshape(-1), rtol=0, atol=50 * ROUNDING)


@every_case
def test_coarse_solves(case):
    """With and without parity of the aggregates, to the tolerance that is asked for."""
    s = case_of(case)
    r, c = s.grid.vector(), s.grid.vector()
    rng = np.random.default_rng(6)
    coarse_numbers(r)[...] = rng.normal(size=coarse_numbers(r).shape)
    steps = s.grid.solve(c, r, 1e-5, 500)
    exact = np.linalg.solve(s.coarse_matrix(), complex_numbers(r).reshape(-1))
    off = np.linalg.norm(complex_numbers(c).reshape(-1) - exact) / np.linalg.norm(exact)
    assert off < 1e-3
    assert s.grid.solve(c, r) < steps < 500


@pytest.mark.parametrize("case", ["wilson", pytest.param("clover", marks=pytest.mark.slow)])
def test_a_cycle_is_an_approximate_inverse(case):
    """B of Mhat, and the residual that it leaves, against the dense Mhat."""
    s = case_of(case)
    lattice, half = s.inner.single.lattice, s.inner.half
    even = reference.even_mask(lattice.shape, s.n)
    Mhat, _odd = reference.schur(s.M, even)
    b = reference.spinor(np.random.default_rng(8), lattice.shape, s.n).reshape(-1)
    b[~even] = 0.0
    r, z = (s.inner.single.vector() for _ in range(2))
    r["c"] = lattice.from_user(b.reshape(*lattice.shape, s.n, lattice.d))["c"]
    s.inner.cycle(z, r)
    left = b[even] - Mhat @ lattice.to_user(z).reshape(-1)[even]
    np.testing.assert_allclose(lattice.to_user(r).reshape(-1)[even], left, rtol=0, atol=50 * ROUNDING)
    assert np.linalg.norm(left) < 0.3 * np.linalg.norm(b)
    assert not z["c"][half:].any()


def test_light_quarks_cost_no_more_steps():
    """Near the critical mass BiCGStab takes 47 times as many iterations as far from it, the multigrid 2.4 times."""
    steps = {}
    for kappa in 0.2, LIGHT:
        s = Case("U(1)", (32, 32), kappa)
        for method in "multigrid", "bicgstab":
            solver = s.learn().solver if method == "multigrid" else WilsonPropagator(s.op)
            s.op.log.reset()
            solver.solve(s.op.vector(), s.source()[0], 1e-10, 2000)
            steps[method, kappa] = s.op.log.iterations
    assert steps["bicgstab", LIGHT] > 20 * steps["bicgstab", 0.2]
    assert steps["multigrid", LIGHT] < 3 * steps["multigrid", 0.2] < 30


def test_test_vectors_are_learned_once_for_the_links(monkeypatch):
    """And are the same whatever was solved before: solutions, too, to the last bit."""
    s, learned = Case(*PLANE), []
    learn = multigrid.Multigrid.learn
    monkeypatch.setattr(multigrid.Multigrid, "learn", lambda inner: (learned.append(inner), learn(inner))[1])
    other = s.lattice.from_links(samples.group_elements(np.random.default_rng(2), 1, 2, *s.lattice.shape))
    found = []
    for U in s.place.U, s.place.U, other, other, s.place.U:
        s.op.set_links(U)
        x, (b, b0) = s.op.vector(), s.source()
        s.op.log.reset()
        s.solver.solve(x, b, 1e-10, 200)
        assert s.op.log.residual <= 1e-10
        M = reference.matrix(s.lattice.to_user(U), 0.24, (1, -1))
        np.testing.assert_allclose(s.lattice.to_user(x).reshape(-1), np.linalg.solve(M, b0), rtol=0, atol=1e-8)
        found.append((x["c"].copy(), s.op.log.iterations, len(learned)))
    assert [count for _x, _steps, count in found] == [1, 1, 2, 2, 3]
    for k, same in ((1, 0), (3, 2), (4, 0)):
        np.testing.assert_array_equal(found[k][0], found[same][0])
        assert found[k][1] == found[same][1]


def test_covariance():
    """Solutions on gauge transformed links are the transformed ones, although the noise is the same."""
    s = case_of("wilson")
    G = samples.group_elements(np.random.default_rng(5), s.n, *s.lattice.shape)
    (b, _b0), x, y = s.source(), s.op.vector(), s.op.vector()
    s.solver.solve(x, b, 1e-12, 200)
    turned = s.lattice.links(s.n)
    gauge_transform(turned, s.place.U, s.lattice.from_links(G), s.lattice.neighbours)
    other = Case(*PLANE)
    other.op.set_links(turned)
    other.solver.solve(y, s.lattice.from_user(G @ s.lattice.to_user(b)), 1e-12, 200)
    np.testing.assert_allclose(s.lattice.to_user(y), G @ s.lattice.to_user(x), rtol=0, atol=1e-9)


def test_what_cannot_be_solved_stops():
    s = Case(*PLANE)
    (b, _b0), x = s.source(), s.op.vector()
    zero = s.op.vector()
    s.solver.solve(x, zero, 1e-10, 10)
    assert not x["c"].any()
    with pytest.raises(NumericalError, match="no convergence after"):
        s.solver.solve(x, b, 1e-12, 1)
    b["c"][0, 0, 0, 0, 0] = np.nan
    with pytest.raises(NumericalError, match="hold NaN"):
        s.solver.solve(x, b, 1e-12, 10)


@pytest.mark.parametrize(
    ("shape", "extents"),
    [((8, 16), (4, 8)), ((24, 64), (8, 8)), ((4, 6, 8, 10), (2, 3, 4, 5)), ((12, 12, 14, 16), (4, 4, 2, 4))],
)
def test_extents_of_aggregates(shape, extents):
    assert aggregate_extents(shape) == extents
    found = Aggregates(Lattice(shape))
    assert found.shape == tuple(length // b for length, b in zip(shape, extents, strict=True))
    assert found.half == (found.count // 2 if all(length % 2 == 0 for length in found.shape) else 0)
    assert sorted(found.place) == list(range(np.prod(shape)))
    assert (np.diff(found.every.first) == np.prod(extents)).all()
    d = len(shape)
    for mu in range(d):  # there and back
        np.testing.assert_array_equal(found.neighbours[found.neighbours[:, mu], d + mu], np.arange(found.count))
    if found.half:
        assert (found.neighbours[: found.half] >= found.half).all()


@pytest.mark.parametrize(
    ("shape", "colors", "words"),
    [
        ((2, 4, 4, 4), 3, "extents of 4 and more"),
        ((6, 6), 1, "aggregates of 3x3 sites hold too few numbers for 8 test vectors"),
        ((6, 6), 2, None),
        ((8, 8), 1, None),
        ((4, 4, 4, 4), 1, None),
    ],
)
def test_lattices_that_are_refused(shape, colors, words):
    allowed = what_multigrid_allows(shape, colors)
    if words is None:
        assert allowed is None
        return
    assert words in allowed
    op = WilsonOperator(Lattice(shape), colors, 0.12, (1,) * len(shape))
    with pytest.raises(InputError, match="found a lattice " + "x".join(map(str, shape))):
        WilsonPropagator(op, multigrid=True)
