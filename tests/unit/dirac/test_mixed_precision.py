"""Mixed-precision conjugate gradients give the solution of double precision, to the same true residual."""

import numpy as np
import pytest
from kernel_cases import Case, Setting

from lqcdnn.dirac.mixed import MixedStaggeredOperator
from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.errors import NumericalError

CASES = [("U(1)", (4, 8), 4), ("SU(2)", (4, 4, 4, 4), 8), ("SU(3)", (4, 2, 4, 4), 8), ("SU(3)", (2, 2, 2, 2), 1)]


def operators(name, shape, width, mass):
    s = Setting(Case(name, width, "f8"), shape)
    boundary = (1,) * (len(shape) - 1) + (-1,)
    pair = [kind(s.lattice, s.case.n, mass, boundary) for kind in (StaggeredOperator, MixedStaggeredOperator)]
    for op in pair:
        op.set_links(s.blocks)
    return s, *pair


@pytest.mark.parametrize(("name", "shape", "width"), CASES, ids=str)
@pytest.mark.parametrize("tolerance", [1e-6, 1e-11, 1e-14])
def test_the_same_solution(name, shape, width, tolerance):
    s, double, mixed = operators(name, shape, width, 0.3)
    b, _ = s.vector()
    for parity in (EVEN, ODD):
        x, y = double.vector(), mixed.vector()
        double.solve(x, b, parity, 1e-14, 1000)
        mixed.solve(y, b, parity, tolerance, 1000)
        np.testing.assert_allclose(y["c"], x["c"], rtol=0, atol=20 * tolerance * np.abs(x["c"]).max())
        assert mixed.true_residual(y, b, parity) == pytest.approx(mixed.log.residual, rel=1e-2)
        mixed.log.reset()


def test_blocks_of_single_precision_are_twice_as_wide_where_they_fit():
    for shape, expected in (((4, 4, 4, 4), 16), ((2, 2, 2, 2), 8), ((4, 2, 2, 2), 16)):
        assert operators("SU(2)", shape, 8, 0.3)[2].single.lattice.width == expected
    assert operators("SU(2)", (2, 2, 2, 2), 2, 0.3)[2].single.lattice.width == 2


def test_small_masses_fall_back_on_double_precision_when_they_must():
    """At m = 1e-4 the condition number is beyond single precision; the demanded residual is met all the same."""
    s, _double, mixed = operators("SU(3)", (4, 4, 4, 4), 8, 1e-4)
    b, x = s.vector()[0], mixed.vector()
    mixed.solve(x, b, EVEN, 1e-10, 20000)
    assert mixed.log.residual <= 1e-9


def test_failures():
    s, _double, mixed = operators("SU(2)", (4, 4, 4, 4), 8, 0.3)
    b, x = s.vector()[0], mixed.vector()
    mixed.solve(x, mixed.vector(), EVEN, 1e-10, 100)
    assert not x["c"].any()
    with pytest.raises(NumericalError, match="no convergence"):
        mixed.solve(x, b, EVEN, 1e-12, 5)
    b["c"][0] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        mixed.solve(x, b, EVEN, 1e-12, 100)
