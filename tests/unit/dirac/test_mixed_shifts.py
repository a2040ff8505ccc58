"""Shifted systems in mixed precision: the solutions of double precision, to the same true residuals."""

import numpy as np
import pytest
from builders import Place
from kernel_cases import NATIVE

from lqcdnn.dirac import mixedshift
from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.dirac.mixedshift import use_mixed_precision
from lqcdnn.dirac.shifted import ShiftedStaggered, ShiftedWilson
from lqcdnn.dirac.shifted_domainwall import ShiftedDomainWall
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice

SHIFTS = (1e-4, 0.02, 0.3, 1.7, 20.0, 400.0)


def staggered(lattice, n, boundary, mass=0.1):
    return ShiftedStaggered(StaggeredOperator(lattice, n, mass, boundary))


def clover(lattice, n, boundary):
    return ShiftedWilson(WilsonOperator(lattice, n, 0.2, boundary, 1.1))


def walls(lattice, n, boundary):
    return ShiftedDomainWall(DomainWallOperator(lattice, n, 0.1, FifthDimension(1.0, 4), boundary))


CASES = [
    (staggered, "SU(3)", (4, 2, 4, 4), NATIVE),
    (walls, "U(1)", (8, 8), NATIVE),
    pytest.param(clover, "SU(2)", (8, 8), NATIVE, marks=pytest.mark.slow),
]
every_case = pytest.mark.parametrize(("make", "name", "shape", "width"), CASES)


def system_of(make, name, shape, width, spread=0.4, **options):
    """Shifted systems in mixed precision on random links, and a right-hand side."""
    place = Place(name, shape, spread=spread)
    lattice = Lattice(shape, width)
    system = make(lattice, place.n, place.antiperiodic(), **options)
    use_mixed_precision(system)
    system.set_links(lattice.from_links(Lattice(shape).to_user(place.U)))
    return system, system.noise(Stream(1, 2), 16)


def true_residuals(system, b, shifts=SHIFTS):
    """|b - (A + s) x| / |b| of each, with products in double precision and sums by numpy."""
    x, q, half, found = system.vector(), system.vector(), system.lattice.half, []
    for row, shift in zip(system.X, shifts, strict=True):
        x[..., :half]["c"] = row[..., :half]["c"]
        system.apply(q, x)
        miss, right, there = (field[..., :half]["c"] for field in (q, b, x))
        found.append(np.linalg.norm(right - miss - shift * there) / np.linalg.norm(right))
    return np.array(found)


def in_double(monkeypatch, system):
    """Where iterations in double precision ended in the next solves."""
    ends, go_on = [], system.go_on
    monkeypatch.setattr(system, "go_on", lambda now, *rest: (go_on(now, *rest), ends.append(now.done))[0])
    return ends


@every_case
def test_the_same_solutions(make, name, shape, width):
    system, b = system_of(make, name, shape, width)
    mixed, half = system.solver, system.lattice.half
    system.solver = None
    exact_spectrum = system.solve(b, SHIFTS, 1e-14, 2000)
    exact = system.X[..., :half]["c"].copy()
    for tolerance in (1e-5, 1e-8, 1e-11, 1e-13):
        system.solver = mixed
        system.log.reset()
        spectrum = system.solve(b, SHIFTS, tolerance, 2000)
        found = true_residuals(system, b)
        assert (found <= tolerance).all()
        assert system.log.residual == pytest.approx(found.max(), rel=1e-2)
        for x, y in zip(system.X[..., :half]["c"], exact, strict=True):
            np.testing.assert_allclose(x, y, rtol=0, atol=100 * tolerance * np.abs(y).max())
    low, high = exact_spectrum.ends()
    assert spectrum.ends() == pytest.approx((low, high), rel=1e-5)
    assert spectrum.outside(1.01 * low, high)
    assert spectrum.outside(low, 0.99 * high)
    assert not spectrum.outside(low, high)
    out, total = system.vector(), 0.7 * b[..., :half]["c"] + sum((0.1 + i) * x for i, x in enumerate(exact))
    system.combine(out, b, 0.7, [0.1 + i for i in range(len(SHIFTS))])
    np.testing.assert_allclose(out[..., :half]["c"], total, rtol=0, atol=1e-10 * np.abs(total).max())


@every_case
def test_half_of_the_work_is_done_in_single_precision(monkeypatch, make, name, shape, width):
    """With hardly more iterations than in double precision; the looser the tolerance, the sooner it begins."""
    system, b = system_of(make, name, shape, width)
    mixed, counts = system.solver, []
    for solver in (None, mixed):
        system.solver = solver
        system.log.reset()
        system.solve(b, SHIFTS, 1e-10, 2000)
        counts.append(system.log.iterations)
    assert counts[1] <= counts[0] + 3
    ends, shares = in_double(monkeypatch, system), []
    for tolerance in (1e-10, 1e-6):
        ends.clear()
        system.log.reset()
        system.solve(b, SHIFTS, tolerance, 2000)
        shares.append(max(ends) / system.log.iterations)
    assert shares[1] < 0.7 * shares[0] < 0.5


@every_case
def test_what_single_precision_leaves_is_corrected(monkeypatch, make, name, shape, width):
    """Were it trusted from the first digit on, residuals of 1e-12 would be met all the same."""
    system, b = system_of(make, name, shape, width)
    monkeypatch.setattr(mixedshift, "ERROR", 1e-15)
    monkeypatch.setattr(mixedshift, "LEAST", 0.5)
    missed, correct = [], system.solver.correct
    monkeypatch.setattr(system.solver, "correct", lambda *a: (missed.append(a[3].max()), correct(*a))[1])
    system.solve(b, SHIFTS, 1e-12, 2000)
    assert (missed[0] / system.product(b, b)) ** 0.5 > 1e-9
    assert (true_residuals(system, b) <= 1.2e-12).all()
    system.solve(b, SHIFTS, 1e-12, 2000)  # X and P are where they were


def test_small_masses_are_left_to_double_precision(monkeypatch):
    """With a condition number of 1e8 single precision would spoil more than it gains."""
    system, b = system_of(staggered, "SU(3)", (4, 2, 4, 4), NATIVE, spread=None, mass=3e-4)
    ends = in_double(monkeypatch, system)
    system.solve(b, (1e-8, *SHIFTS), 1e-10, 20000)
    assert max(ends) > 0.9 * system.log.iterations
    assert system.log.residual <= 1.1e-10


def test_failures():
    system, b = system_of(*CASES[0])
    spectrum = system.solve(system.vector(), SHIFTS, 1e-10, 100)
    assert not system.X["c"][:, : system.lattice.half].any()
    assert spectrum.ends() == (0.0, 0.0)
    for limit in (3, 30):  # in double, in single precision
        with pytest.raises(NumericalError, match=f"no convergence after {limit} iterations"):
            system.solve(b, SHIFTS, 1e-12, limit)
    b["c"][0] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        system.solve(b, SHIFTS, 1e-12, 100)


def test_calls_are_cut_into_chunks_without_a_trace():
    system, b = system_of(*CASES[0])
    spectrum = system.solve(b, SHIFTS, 1e-12, 1000)
    whole = system.X["c"].copy()
    system._work = system.solver.single._work = 10**9
    system._history = system._history[:, :5].copy()
    again = system.solve(b, SHIFTS, 1e-12, 10**15)
    np.testing.assert_array_equal(system.X["c"], whole)
    assert again.ends() == spectrum.ends()


def test_rounding_is_not_taken_for_an_eigenvalue_outside():
    """On random links of so few sites the smallest eigenvalue of -D^2 is 1e-6, that of a mass of 0.02 nearly m^2."""
    system, b = system_of(staggered, "SU(3)", (4, 2, 4, 4), NATIVE, spread=None, mass=0.02)
    spectrum = system.solve(b, SHIFTS, 1e-8, 5000)
    lower, upper = system.bounds
    assert spectrum.ends()[0] < 1.3 * lower
    assert not spectrum.outside(lower, upper)
    assert spectrum.outside(1.5 * lower, upper)
