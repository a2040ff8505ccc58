"""Links of 16 bits: hops as near those in double precision as rounding leaves them, solutions to the same residual."""

import numpy as np
import pytest
from builders import Place
from kernel_cases import NATIVE

from lqcdnn.config import load_text
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac import mixed
from lqcdnn.dirac.choice import staggered_operator
from lqcdnn.dirac.normal import conjugate_gradients
from lqcdnn.dirac.shortlinks import SCALE, ShortLinks, use_short_links
from lqcdnn.dirac.staggered import EVEN, StaggeredOperator
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.lattice.geometry import Lattice
from tests.faults.inputs import STAGGERED

CASES = [
    ("SU(3)", (4, 4, 4, 4), NATIVE),
    pytest.param("SU(3)", (4, 2, 4, 4), NATIVE, marks=pytest.mark.slow),
    pytest.param("U(1)", (4, 8), 4, marks=pytest.mark.slow),
    pytest.param("SU(2)", (4, 2, 4, 4), NATIVE, marks=pytest.mark.slow),
    pytest.param("SU(2)", (4, 4), 1, marks=pytest.mark.slow),
    pytest.param("SU(3)", (6, 6), 2, marks=pytest.mark.slow),
    pytest.param("SU(4)", (4, 4), 4, marks=pytest.mark.slow),
]
every_case = pytest.mark.parametrize(("name", "shape", "width"), CASES)


def operators(name, shape, width, mass=0.3, spread=0.4, boundary=None):
    """Random links, the operator in double precision and with links of 16 bits, and a right-hand side."""
    place = Place(name, shape, spread=spread)
    place.lattice = Lattice(shape, width)
    U = place.lattice.from_links(Lattice(shape).to_user(place.U))
    boundary = boundary or place.antiperiodic()
    double, short = (StaggeredOperator(place.lattice, place.n, mass, boundary) for _ in range(2))
    use_short_links(short)
    for op in (double, short):
        op.set_links(U)
    b = double.vector()
    b["c"] = place.rng.normal(size=b["c"].shape)
    return double, short, b


def inner(short):
    """The operator in whole numbers, with its links set."""
    solver = short.equations[EVEN].solver
    assert isinstance(solver, ShortLinks)
    solver.set_links()
    return solver.single.operator


@every_case
def test_the_hop(name, shape, width):
    """Each entry of a link is off by half a unit at most: 2d links of N entries, and their third rows by as much again.

    Were a link rounded to 15 bits, the mean error would be above the lower bound twice over.
    """
    double, short, b = operators(name, shape, width)
    single = inner(short)
    assert single.links.dtype["c"].base == np.int16
    psi = single.lattice.from_user(double.lattice.to_user(b))
    out, found = double.vector(), single.vector()
    double.hop(out, b)
    single.hop(found, psi)
    exact, rounded = double.lattice.to_user(out), single.lattice.to_user(found) / SCALE
    error = np.abs(rounded - exact)
    assert error.max() < 2.0**-14 * np.abs(exact).max()
    spread = 0.5 / 32767 * (2 * len(shape) * double.n / 12) ** 0.5 * 2.0  # |psi|^2 is 2, of variance 1/12 each
    assert 0.2 * spread < np.sqrt((error**2).mean()) < 1.5 * spread


@every_case
def test_the_same_solution(name, shape, width):
    double, short, b = operators(name, shape, width)
    for exact, system in zip(double.equations, short.equations, strict=True):
        x, y, part = np.zeros_like(b), np.zeros_like(b), slice(exact.first, exact.last)
        exact.solve_normal(x, b, 1e-14, 2000)
        for tolerance in (1e-6, 1e-11):
            short.log.reset()
            double.log.reset()
            exact.solve_normal(np.zeros_like(b), b, tolerance, 2000)
            system.solve_normal(y, b, tolerance, 2000)
            assert short.log.residual <= tolerance
            if len(shape) == 4:  # on few sites the last eigenvalue ends conjugate gradients, but not each cycle
                assert short.log.iterations <= 1.25 * double.log.iterations
            np.testing.assert_allclose(y["c"][part], x["c"][part], rtol=0, atol=100 * tolerance * np.abs(x["c"]).max())
            found = (exact.residual(y, b) / exact.norm2(b)) ** 0.5
            assert found == pytest.approx(short.log.residual, rel=1e-2)


@pytest.mark.parametrize(("mass", "alone"), [(3e-2, True), (3e-3, False), (1e-3, False)])
def test_small_masses(monkeypatch, mass, alone):
    """Condition numbers of 3e3, 3e5, 3e6, in a periodic box: double precision takes over where cycles gain nothing."""
    _double, short, b = operators("SU(3)", (4, 2, 4, 4), NATIVE, mass, spread=0.02, boundary=(1, 1, 1, 1))
    calls = []
    monkeypatch.setattr(mixed, "conjugate_gradients", lambda *given: calls.append(1) or conjugate_gradients(*given))
    short.equations[EVEN].solve_normal(np.zeros_like(b), b, 1e-10, 20000)
    assert short.log.residual <= 1e-9
    assert bool(calls) != alone


def test_nothing_is_left_of_earlier_solves():
    """The bits of a solve are those of its links and its right-hand side: what interrupted runs resume from."""
    double, short, b = operators("SU(3)", (4, 2, 4, 4), NATIVE)
    x, y, packed, system = double.vector(), double.vector(), short.links["c"].copy(), short.equations[EVEN]
    system.solve_normal(x, b, 1e-10, 1000)
    short.links["c"] *= -1.0
    system.solve_normal(y, x, 1e-10, 1000)
    short.links["c"] = packed
    system.solve_normal(y, b, 1e-10, 1000)
    np.testing.assert_array_equal(y["c"], x["c"])


def test_measurements_solve_several_at_once_with_links_in_single_precision():
    text = STAGGERED.replace("mass = 0.5", 'mass = 0.5\nsolver = "half"')
    (fermion,) = load_text(text).action.fermion
    arguments = fermion, 0.5, (1, 1, 1, -1), Lattice((4, 4, 4, 4)), 2
    kinds = [type(staggered_operator(*arguments, together=t).equations[EVEN].solver) for t in (False, True)]
    assert kinds == [ShortLinks, mixed.MixedPrecision]
    light = staggered_operator(fermion, 0.01, *arguments[2:])
    assert type(light.equations[EVEN].solver) is mixed.MixedPrecision


def test_only_links_of_the_group():
    improved = StaggeredOperator(Lattice((4, 4, 4, 4)), 3, 0.1, (1, 1, 1, -1), improvement_of("hisq", 4))
    with pytest.raises(InputError, match="16 bits"):
        use_short_links(improved)


def test_failures():
    _double, short, b = operators("SU(3)", (4, 2, 4, 4), NATIVE)
    x, system = np.zeros_like(b), short.equations[EVEN]
    with pytest.raises(NumericalError, match="no convergence"):
        system.solve_normal(x, b, 1e-12, 5)
    short.links["c"][0] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        system.solve_normal(x, b, 1e-12, 100)
