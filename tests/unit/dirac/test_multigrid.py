"""The multigrid for Wilson quarks against dense matrices: P, P^dag M P, coarse solves, and solutions."""

import numpy as np
import pytest
from multigrids import LIGHT, ROUNDING, Case, complex_numbers
from reference import samples
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.config.tables.aggregates import aggregate_extents, what_multigrid_allows
from lqcdnn.dirac import multigrid
from lqcdnn.dirac.galerkin import coarse_numbers
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.kernels import galerkin
from lqcdnn.kernels.links import gauge_transform
from lqcdnn.lattice.aggregates import cut_lattice
from lqcdnn.lattice.blocks import link_matrices
from lqcdnn.lattice.geometry import Lattice

PLANE = "U(1)", (8, 8), 0.24
CASES = {
    "wilson": (PLANE, {}),
    "clover": (PLANE, {"csw": 1.1}),
    "no-parity": (("U(1)", (24, 8), 0.24), {}),
    "r": (PLANE, {"r": 0.7}),
    "theta": (PLANE, {"theta": (0.7, 0.3)}),
    "field": (("SU(2)", (8, 8), 0.24), {"csw": 1.1, "flux": (3,)}),
    "SU(3)": (("SU(3)", (8, 8), 0.24), {}),
    "four": (("SU(2)", (4, 4, 4, 4), 0.125), {"csw": 1.1}),
}
SLOW = ("clover", "r", "theta", "field", "SU(3)", "four")  # kernels of their own
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
    s.grid.restrict(c, x, s.grid.cut.every)
    np.testing.assert_allclose(complex_numbers(c).reshape(-1), wanted @ b.reshape(-1), rtol=0, atol=50 * ROUNDING)
    b.reshape(-1)[~reference.even_mask(lattice.shape, s.n)] = 0.0  # even sites alone
    s.grid.restrict(c, x, s.grid.cut.even)
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


def test_links_of_two_rows_are_completed():
    links = Lattice((4, 4), 8, "f4").packed_links(3, True)
    links["c"] = np.random.default_rng(9).normal(size=links["c"].shape)
    out = np.empty((2, 3, 3, 2, 8), np.float32)
    galerkin.completed_links(out, links["c"], 2)
    found = np.moveaxis(out[..., 0, :] + 1j * out[..., 1, :], -1, 1).reshape(-1, 3, 3)
    np.testing.assert_allclose(found, link_matrices(links)[:, 2], rtol=0, atol=50 * ROUNDING)


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


@pytest.mark.parametrize("kept", [0, multigrid.KEPT])
def test_test_vectors_are_learned_once_for_the_links(monkeypatch, kept):
    """And are the same whatever was solved before: solutions, too, to the last bit; also if they are recalled."""
    s, learned = Case(*PLANE), []
    monkeypatch.setattr(multigrid, "KEPT", kept)
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
    assert [count for _x, _steps, count in found] == [1, 1, 2, 2, 2 if kept else 3]
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
    cut = cut_lattice(Lattice(shape))
    found = cut.aggregates
    assert found.shape == tuple(length // b for length, b in zip(shape, extents, strict=True))
    assert found.half == (found.count // 2 if all(length % 2 == 0 for length in found.shape) else 0)
    assert sorted(cut.place) == list(range(np.prod(shape)))
    assert (np.diff(cut.every.first) == np.prod(extents)).all()
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
