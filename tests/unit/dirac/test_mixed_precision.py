"""Mixed-precision conjugate gradients give the solution of double precision, to the same true residual."""

import numpy as np
import pytest
from builders import Place
from kernel_cases import NATIVE

from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.dirac.mixed import MixedPrecision, single_lattice, use_mixed_precision
from lqcdnn.dirac.normal import rows
from lqcdnn.dirac.staggered import EVEN, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import NumericalError
from lqcdnn.lattice.geometry import Lattice


def staggered(lattice, n, boundary, mass=0.3):
    return StaggeredOperator(lattice, n, mass, boundary)


def wilson(lattice, n, boundary):
    return WilsonOperator(lattice, n, 0.12 if lattice.d == 4 else 0.2, boundary)


def clover(lattice, n, boundary):
    return WilsonOperator(lattice, n, 0.12 if lattice.d == 4 else 0.2, boundary, 1.1)


def domain_wall(lattice, n, boundary):
    return DomainWallOperator(lattice, n, 0.1, FifthDimension(1.5, 4, 1.5, 0.5), boundary)


CASES = [
    (staggered, "U(1)", (8, 8), NATIVE),
    (staggered, "SU(3)", (4, 2, 4, 4), NATIVE),
    pytest.param(wilson, "SU(2)", (4, 8), NATIVE, marks=pytest.mark.slow),
    (clover, "U(1)", (8, 8), NATIVE),
    pytest.param(clover, "SU(2)", (4, 4, 2, 2), NATIVE, marks=pytest.mark.slow),
    (domain_wall, "U(1)", (8, 8), NATIVE),
    pytest.param(domain_wall, "SU(2)", (4, 4), 4, marks=pytest.mark.slow),
]


def operators(make, name, shape, width, **options):
    """Random links, the operator in double and in mixed precision, and a right-hand side."""
    place = Place(name, shape, spread=0.4)
    place.lattice = Lattice(shape, width)
    U = place.lattice.from_links(Lattice(shape).to_user(place.U))
    pair = [make(place.lattice, place.n, place.antiperiodic(), **options) for _ in range(2)]
    use_mixed_precision(pair[1])
    for op in pair:
        op.set_links(U)
    b = pair[0].equations[0].work[0].copy(order="K")
    b["c"] = place.rng.normal(size=b["c"].shape)
    return *pair, b


@pytest.mark.parametrize(("make", "name", "shape", "width"), CASES)
def test_actions_to_second_order(make, name, shape, width):
    """<b, A^-1 b> from a solve to 1e-7 is right to 1e-14 with what the solve returns, without to 1e-9 or so."""
    double, mixed, b = operators(make, name, shape, width)
    exact, system = double.equations[0], mixed.equations[0]
    x, y = np.zeros_like(b), np.zeros_like(b)
    assert exact.solve_normal(x, b, 1e-14, 2000) == 0.0
    missing = system.solve_normal(y, b, 1e-7, 2000)
    value = exact.product(b, x)
    first, second = (abs(found / value - 1) for found in (exact.product(b, y), exact.product(b, y) + missing))
    assert second < 1e-13
    assert second < max(1e-3 * first, 1e-14)


@pytest.mark.parametrize(("make", "name", "shape", "width"), CASES)
def test_the_same_solution(make, name, shape, width):
    double, mixed, b = operators(make, name, shape, width)
    for exact, system in zip(double.equations, mixed.equations, strict=True):
        x, y, part = np.zeros_like(b), np.zeros_like(b), slice(exact.first, exact.last)
        exact.solve_normal(x, b, 1e-14, 2000)
        for tolerance in (1e-6, 1e-11, 1e-14):
            mixed.log.reset()
            system.solve_normal(y, b, tolerance, 2000)
            assert mixed.log.residual <= tolerance or tolerance == 1e-14
            a, c = (rows(field)["c"][:, part] for field in (x, y))
            np.testing.assert_allclose(c, a, rtol=0, atol=100 * tolerance * np.abs(a).max())
            found = (exact.residual(y, b) / exact.norm2(b)) ** 0.5
            assert found == pytest.approx(mixed.log.residual, rel=1e-2)
        assert not rows(y)["c"][:, : exact.first].any() or exact.first == 0


@pytest.mark.parametrize("kept", ["f8", "f4"])
def test_links_are_packed_alike_in_both_precisions(monkeypatch, kept):
    monkeypatch.setattr(Lattice, "two_rows_pay", lambda self, n, spins: self.real == kept)
    for make in (staggered, wilson):
        op = make(Lattice((4, 4, 2, 2)), 3, (1, 1, 1, -1))
        assert [W.dtype["c"].shape[:-1] for W in op.on(single_lattice(op.lattice)).packed] == [
            W.dtype["c"].shape[:-1] for W in op.packed
        ]


def test_the_work_is_done_in_single_precision():
    """Double precision sees one residual for each cycle."""
    double, mixed, b = operators(domain_wall, "U(1)", (8, 8), NATIVE)
    seen = []
    residual = mixed.residual
    mixed.residual = lambda x, b: seen.append(1) or residual(x, b)
    mixed.advance = None
    mixed.solve_normal(np.zeros_like(b), b, 1e-10, 1000)
    double.solve_normal(np.zeros_like(b), b, 1e-10, 1000)
    assert isinstance(mixed.solver, MixedPrecision)
    assert len(seen) in (4, 5)
    assert mixed.log.iterations < 2.0 * double.log.iterations  # on few sites the last eigenvalue ends those in double


def test_conjugate_gradients_go_on_from_cycle_to_cycle():
    """Beginning anew in each, they took 1.24 times as many iterations as in double precision here."""
    double, mixed, b = operators(staggered, "SU(3)", (4, 2, 4, 4), NATIVE, mass=0.003)
    for op in (double, mixed):
        op.solve(np.zeros_like(b), b, EVEN, 1e-10, 5000)
    assert mixed.log.residual <= 1e-10
    assert mixed.log.iterations < 1.15 * double.log.iterations, (double.log.iterations, mixed.log.iterations)


def test_blocks_of_single_precision_are_twice_as_wide_where_they_fit():
    for shape, width, expected in (((4, 4, 4, 4), 8, 16), ((2, 2, 2, 2), 8, 8), ((4, 2, 2, 2), 8, 16), ((2, 2), 2, 2)):
        single = single_lattice(Lattice(shape, width))
        assert (single.width, single.real) == (expected, "f4")


def test_small_masses_fall_back_on_double_precision_when_they_must():
    """At m = 1e-4 the condition number is beyond single precision; the demanded residual is met all the same."""
    _double, mixed, b = operators(staggered, "SU(3)", (4, 2, 4, 4), NATIVE, mass=1e-4)
    mixed.equations[EVEN].solve_normal(np.zeros_like(b), b, 1e-10, 20000)
    assert mixed.log.residual <= 1e-9


def test_start_vectors_are_improved():
    """From the solution of another tolerance only what is missing is done."""
    _double, mixed, b = operators(staggered, "SU(3)", (4, 2, 4, 4), NATIVE)
    system, x = mixed.equations[EVEN], np.zeros_like(b)

    class Known:
        def begin(self, system, y, b):
            y["c"] = x["c"]
            return True

        def keep(self, system, y):
            pass

    system.solve_normal(x, b, 1e-6, 1000)
    whole = mixed.log.iterations
    mixed.log.reset()
    system.solve_normal(np.zeros_like(b), b, 1e-10, 1000, Known())
    assert 0 < mixed.log.iterations < whole
    assert mixed.log.residual <= 1e-10


def test_failures():
    _double, mixed, b = operators(staggered, "SU(3)", (4, 2, 4, 4), NATIVE)
    x, system = np.zeros_like(b), mixed.equations[EVEN]
    system.solve_normal(x, np.zeros_like(b), 1e-10, 100)
    assert not x["c"].any()
    with pytest.raises(NumericalError, match="no convergence"):
        system.solve_normal(x, b, 1e-12, 5)
    b["c"][0] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        system.solve_normal(x, b, 1e-12, 100)
