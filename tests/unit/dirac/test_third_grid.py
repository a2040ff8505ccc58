"""The third grid of a multigrid against dense matrices: P, P^dag M P, its cycle in solves on the second grid."""

import numpy as np
import pytest
from multigrids import LIGHT, ROUNDING, Case, coarse_matrix, columns, complex_numbers
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.config.tables import aggregates
from lqcdnn.dirac.galerkin import coarse_numbers, lane_numbers
from lqcdnn.dirac.propagator import WilsonPropagator


@pytest.fixture(params=[(32, 32), (24, 32)], ids=["parity", "no-parity"])
def three(request, monkeypatch):
    """A case with a third grid, which lattices of this size are too small for by themselves."""
    assert aggregates.coarser_extents((4, 4)) is None
    monkeypatch.setattr(aggregates, "LARGE", {2: 4})
    monkeypatch.setattr(aggregates, "COARSER", {2: 2})
    case = Case("U(1)", request.param, LIGHT).learn()
    assert case.grid.coarser.coarser is None
    return case


def test_a_third_grid_is_made_where_there_are_many_aggregates():
    assert aggregates.coarser_extents((8, 8)) == aggregates.coarser_extents((16, 16)) == (4, 4)
    assert aggregates.coarser_extents((18, 20)) == (3, 4)
    assert aggregates.coarser_extents((7, 9)) is None
    assert aggregates.coarser_extents((3, 4, 4, 4)) is None
    assert aggregates.coarser_extents((4, 4, 4, 6)) == (2, 2, 2, 2)


def test_prolongation_from_the_third_grid(three):
    """Columns are orthonormal and have one chirality; test vectors of the first two grids are in their span."""
    grid, finer = three.grid.coarser, three.grid
    P = columns(grid, finer.vector(), complex_numbers)
    np.testing.assert_allclose(dagger(P) @ P, np.eye(P.shape[1]), rtol=0, atol=1e-3)
    rows, cols = (np.tile(np.repeat([1.0, -1.0], one.n), one.aggregates.count) for one in (finer, grid))
    np.testing.assert_array_equal(rows[:, None] * P, P * cols)
    where = np.ravel_multi_index(tuple((finer.aggregates.places // grid.aggregates.extents).T), grid.aggregates.shape)
    for k in range(0, P.shape[1], 2 * grid.n):
        owners = np.repeat(where, 2 * finer.n)[np.abs(P[:, k : k + 2 * grid.n]).max(axis=1) > 0]
        assert len(set(owners)) == 1
    vectors = learned_vectors(finer)
    assert np.linalg.norm(P @ (dagger(P) @ vectors) - vectors) < 1e-5 * np.linalg.norm(vectors)


def test_vectors_on_the_second_grid_are_those_of_the_lattice(three):
    grid, lattice, rng = three.grid, three.inner.single.lattice, np.random.default_rng(7)
    spinors = [reference.spinor(rng, lattice.shape, three.n) for _ in range(grid.n)]
    grid.set_vectors(lattice.from_user(b) for b in spinors)
    wanted = np.array([b.reshape(-1) for b in spinors]).T
    np.testing.assert_allclose(three.columns() @ learned_vectors(grid), wanted, rtol=0, atol=1e-4)


def learned_vectors(grid):
    """Test vectors as vectors of the grid, in columns."""
    numbers = lane_numbers(grid._R).reshape(-1, grid.n, 2, 2, grid.n)  # aggregate, row, chirality, (re, im), vector
    found = (numbers[:, :, :, 0] + 1j * numbers[:, :, :, 1]).swapaxes(1, 2)
    return found.reshape(-1, grid.n)


def test_operator_of_the_third_grid(three):
    """P^dag M P with M of the second one, by dense products; sigma_3 hermitian."""
    grid, finer = three.grid.coarser, three.grid
    P, found = columns(grid, finer.vector(), complex_numbers), coarse_matrix(grid)
    np.testing.assert_allclose(found, dagger(P) @ coarse_matrix(finer) @ P, rtol=0, atol=10 * ROUNDING)
    sigma = np.tile(np.repeat([1.0, -1.0], grid.n), grid.aggregates.count)
    np.testing.assert_allclose(sigma[:, None] * found * sigma, dagger(found), rtol=0, atol=10 * ROUNDING)


def test_restriction_to_the_third_grid(three):
    """The adjoint of prolongation, also from even aggregates alone."""
    grid, finer = three.grid.coarser, three.grid
    wanted = dagger(columns(grid, finer.vector(), complex_numbers))
    x, c = finer.vector(), grid.vector()
    coarse_numbers(x)[...] = np.random.default_rng(4).normal(size=coarse_numbers(x).shape)
    grid.restrict(c, x, grid.cut.every)
    np.testing.assert_allclose(
        complex_numbers(c).reshape(-1), wanted @ complex_numbers(x).reshape(-1), rtol=0, atol=50 * ROUNDING
    )
    grid.restrict(c, x, grid.cut.even)
    x["c"][finer.aggregates.half or finer.aggregates.count :] = 0.0
    np.testing.assert_allclose(
        complex_numbers(c).reshape(-1), wanted @ complex_numbers(x).reshape(-1), rtol=0, atol=50 * ROUNDING
    )


def test_solves_by_a_third_grid(three, monkeypatch):
    """Coarse solves are those of the dense matrix, in fewer steps than without; and so are solutions on the lattice."""
    finer = three.grid
    r, c = finer.vector(), finer.vector()
    coarse_numbers(r)[...] = np.random.default_rng(6).normal(size=coarse_numbers(r).shape)
    steps = finer.solve(c, r, 1e-5, 500)
    exact = np.linalg.solve(coarse_matrix(finer), complex_numbers(r).reshape(-1))
    assert np.linalg.norm(complex_numbers(c).reshape(-1) - exact) < 2e-3 * np.linalg.norm(exact)
    monkeypatch.setattr(finer, "coarser", None)
    assert 2 * steps < finer.solve(c, r, 1e-5, 500)
    monkeypatch.undo()
    found = []
    for solver in three.solver, WilsonPropagator(three.op):
        x = three.op.vector()
        solver.solve(x, three.source()[0], 1e-11, 2000)
        found.append(x["c"])
    np.testing.assert_allclose(*found, rtol=0, atol=1e-8)


def test_what_was_learned_is_recalled(three):
    """All of it: solutions have the same bits when other links were learned in between."""
    other = three.lattice.from_links(three.lattice.to_user(three.place.U).conj())
    found = []
    for U in three.place.U, other, three.place.U:
        three.op.set_links(U)
        x = three.op.vector()
        three.solver.solve(x, three.source()[0], 1e-10, 200)
        found.append(x["c"])
    np.testing.assert_array_equal(found[2], found[0])
    assert (found[1] != found[0]).any()
