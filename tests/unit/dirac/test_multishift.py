"""Multi-shift conjugate gradients against dense linear algebra, for staggered and Wilson operators."""

import numpy as np
import pytest
from kernel_cases import NATIVE, Case, Setting, covering
from reference import staggered as reference

from lqcdnn.dirac.shifted import ShiftedStaggered, ShiftedWilson
from lqcdnn.dirac.staggered import EVEN, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import real_product

SHIFTS = (0.02, 0.3, 1.7, 20.0, 400.0)
MASS = 0.4
PLANE, SPACE = (4, 8), (4, 2, 2, 2)


def antiperiodic(d):
    return (1,) * (d - 1) + (-1,)


def staggered_system(s):
    d = s.lattice.d
    system = ShiftedStaggered(StaggeredOperator(s.lattice, s.case.n, MASS, antiperiodic(d)))
    system.set_links(s.blocks)
    return system


def even_matrix(s):
    """m^2 - D_eo D_oe over (even site, colour), and the even entries in lattice order."""
    d = s.lattice.d
    D = reference.dense_hop(s.U, antiperiodic(d))
    even = np.repeat(reference.parity(s.lattice.shape) == 0, s.case.n)
    return MASS**2 * np.eye(even.sum()) - (D @ D)[np.ix_(even, even)], even


def assert_inner_ends(found, ends):
    """Inside the spectrum, within 10 % of its lower and 1 % of its upper end."""
    assert ends[0] * (1 - 1e-6) <= found[0] <= ends[0] * 1.1
    assert ends[1] * 0.99 <= found[1] <= ends[1] * (1 + 1e-6)


GROUPS = [("U(1)", PLANE), ("SU(2)", SPACE), ("SU(3)", SPACE)]
FAST = [(Case(name, NATIVE, "f8"), shape) for name, shape in GROUPS]
SLOW = [other for other in covering((PLANE, SPACE)) if other not in FAST]
PARAMS = [*FAST, *(pytest.param(*other, marks=pytest.mark.slow) for other in SLOW)]


@pytest.mark.parametrize(("case", "shape"), PARAMS, ids=str)
def test_staggered_solutions(case, shape):
    s = Setting(case, shape)
    system, (b, source) = staggered_system(s), s.vector()
    tolerance = 1e-12 if case.real == "f8" else 1e-5
    spectrum = system.solve(b, SHIFTS, tolerance, 1000)
    A, even = even_matrix(s)
    right = source.reshape(-1)[even]
    D = reference.dense_hop(s.U, antiperiodic(s.lattice.d))
    total = 0.7 * right
    for i, shift in enumerate(SHIFTS):
        expected = np.zeros(even.size, complex)
        expected[even] = np.linalg.solve(A + shift * np.eye(len(A)), right)
        found = s.user(system.X[i]).reshape(-1)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, np.where(even, expected, D @ expected), rtol=0, atol=100 * tolerance * scale)
        total = total + (0.1 + i) * expected[even]
    out = system.vector()
    system.combine(out, b, 0.7, [0.1 + i for i in range(len(SHIFTS))])
    case.assert_close(s.user(out).reshape(-1)[even], total, 100)
    assert system.log.residual <= 2 * tolerance
    if case.real == "f8":
        ends = np.linalg.eigvalsh(A)[[0, -1]]
        assert_inner_ends(spectrum.ends(), ends)
        assert not spectrum.outside(*(ends * (1 - 1e-6, 1 + 1e-6)))
        assert spectrum.outside(ends[0] * 1.2, ends[1])
        assert spectrum.outside(ends[0], ends[1] * 0.98)
        low, high = system.bounds
        assert low <= ends[0] * (1 + 1e-12)
        assert ends[1] <= high


def test_one_krylov_space_for_all():
    """The solve costs as many iterations as its base, and larger shifts stop earlier."""
    s = Setting(Case("SU(3)", NATIVE, "f8"), (4, 4, 4, 4))
    system, (b, _) = staggered_system(s), s.vector()
    system.solve(b, SHIFTS, 1e-10, 1000)
    together = system.log.iterations
    system.log.reset()
    system.solve(b, SHIFTS[:1], 1e-10, 1000)
    assert system.log.iterations == together
    op = StaggeredOperator(s.lattice, 3, (MASS**2 + SHIFTS[0]) ** 0.5, antiperiodic(4))
    op.set_links(s.blocks)
    op.solve(op.vector(), b, EVEN, 1e-10, 1000)
    assert abs(op.log.iterations - together) <= 2
    system.solve(b, SHIFTS, 1e-10, 1000)
    even = b[: s.lattice.half]
    deviations = (system.residuals(b, SHIFTS) / real_product(even, even)) ** 0.5
    assert (deviations < 1.01e-10).all()
    assert deviations[-1] > 1e-14  # it was dropped long before the base converged


def test_more_systems_after_fewer_and_the_reverse():
    s = Setting(Case("SU(2)", NATIVE, "f8"), (4, 4, 2, 2))
    system, (b, _) = staggered_system(s), s.vector()
    found = {}
    for count in (2, 5, 3, 5):
        system.solve(b, SHIFTS[:count], 1e-12, 1000)
        for i in range(count):
            x = s.user(system.X[i])
            np.testing.assert_array_equal(x, found.setdefault(i, x))


def test_source_of_zero_and_failures():
    s = Setting(Case("SU(2)", NATIVE, "f8"), (4, 4, 2, 2))
    system, (b, _) = staggered_system(s), s.vector()
    spectrum = system.solve(system.vector(), SHIFTS, 1e-12, 100)
    assert not system.X["c"][:, : s.lattice.half].any()
    assert spectrum.ends() == (0.0, 0.0)
    assert not spectrum.outside(1.0, 2.0)
    with pytest.raises(NumericalError, match="no convergence after 3 iterations"):
        system.solve(b, SHIFTS, 1e-12, 3)
    b["c"][0] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        system.solve(b, SHIFTS, 1e-12, 100)


def test_calls_are_cut_into_chunks_without_a_trace():
    s = Setting(Case("SU(2)", NATIVE, "f8"), (4, 4, 2, 2))
    system, (b, _) = staggered_system(s), s.vector()
    spectrum = system.solve(b, SHIFTS, 1e-12, 1000)
    whole = system.X.copy()
    system._work = 10**9
    system._history = system._history[:, :5].copy()
    again = system.solve(b, SHIFTS, 1e-12, 10**15)
    np.testing.assert_array_equal(system.X["c"], whole["c"])
    assert again.ends() == spectrum.ends()


@pytest.mark.parametrize(
    ("name", "shape", "csw", "r"),
    [
        ("U(1)", (4, 8), 0.0, 1.0),
        ("U(1)", (4, 8), 1.3, 1.0),
        pytest.param("SU(2)", (4, 2, 2, 2), 0.0, 1.0, marks=pytest.mark.slow),
        pytest.param("SU(3)", (2, 2, 2, 4), 1.3, 1.0, marks=pytest.mark.slow),
        pytest.param("U(1)", (4, 8), 0.0, 1.7, marks=pytest.mark.slow),
    ],
)
def test_wilson_solutions(name, shape, csw, r):
    """Residuals of the operator itself, which has tests of its own, and the spectrum of its dense matrix."""
    s = Setting(Case(name, NATIVE, "f8"), shape)
    d, half = s.lattice.d, s.lattice.half
    op = WilsonOperator(s.lattice, s.case.n, 0.12, antiperiodic(d), csw, r)
    system = ShiftedWilson(op)
    system.set_links(s.blocks)
    b = system.noise(Stream(1, 2), 16)
    spectrum = system.solve(b, SHIFTS, 1e-12, 2000)
    x, y, q = op.vector(), op.vector(), op.vector()
    for row, shift in zip(system.X, SHIFTS, strict=True):
        x["c"] = row["c"]
        op.apply_even(y, x)
        op.apply_even(q, y, dagger=True)
        np.testing.assert_allclose((q["c"] + shift * x["c"])[:half], b["c"][:half], rtol=0, atol=1e-10)
    single = op.vector()
    op.solve_normal(single, b, 1e-13, 2000)
    system.solve(b, (0.0, 1.0), 1e-13, 2000)
    np.testing.assert_allclose(system.X["c"][0, :half], single["c"][:half], rtol=0, atol=1e-10)
    assert_inner_ends(spectrum.ends(), np.linalg.eigvalsh(dense_normal(op, s))[[0, -1]])


def dense_normal(op, s):
    """Mhat^dag Mhat on the even sites, column by column."""
    half, e, y, q = s.lattice.half, op.vector(), op.vector(), op.vector()
    shape = e["c"][:half].shape
    columns = []
    for index in np.ndindex(shape[0], shape[1], shape[2], shape[4]):
        e["c"] = 0.0
        e["c"][index[0], index[1], index[2], 0, index[3]] = 1.0
        op.apply_even(y, e)
        op.apply_even(q, y, dagger=True)
        c = q["c"][:half]
        columns.append((c[:, :, :, 0] + 1j * c[:, :, :, 1]).reshape(-1))
    return np.array(columns).T
