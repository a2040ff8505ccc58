"""Several right-hand sides at once: each system is solved as alone, bit for bit."""

import numpy as np
import pytest
from builders import Place
from kernel_cases import NATIVE

from lqcdnn.dirac import several
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.several import TOGETHER, solve_all, solve_together
from lqcdnn.dirac.shortlinks import use_short_links
from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.errors import NumericalError
from lqcdnn.lattice.geometry import Lattice

CASES = [
    ("SU(2)", (4, 2, 4, 4), NATIVE, False),
    pytest.param("SU(2)", (4, 2, 4, 4), NATIVE, True, marks=pytest.mark.slow),
    pytest.param("SU(3)", (4, 4, 4, 4), NATIVE, False, marks=pytest.mark.slow),
    pytest.param("SU(3)", (4, 4, 4, 4), NATIVE, True, marks=pytest.mark.slow),
    ("SU(3)", (4, 4, 4, 4), NATIVE, "half"),
    pytest.param("U(1)", (6, 4), 4, False, marks=pytest.mark.slow),
    pytest.param("U(1)", (6, 4), 4, True, marks=pytest.mark.slow),
]
"""Group, lattice, width of blocks, mixed precision (half: with links of 16 bits)."""


def setting(name, shape, width, mixed=False, mass=0.3):
    """Random links, their operator, and vectors."""
    place = Place(name, shape, spread=0.4)
    place.lattice = Lattice(shape, width)
    op = StaggeredOperator(place.lattice, place.n, mass, place.antiperiodic())
    if mixed:
        (use_short_links if mixed == "half" else use_mixed_precision)(op)
    op.set_links(place.lattice.from_links(Lattice(shape).to_user(place.U)))

    def vectors(count):
        found = [op.vector() for _ in range(count)]
        for x in found:
            x["c"] = place.rng.normal(size=x["c"].shape)
        return found

    return op, vectors


def alone(op, b, tolerance, limit=2000):
    x = op.vector()
    for parity in (EVEN, ODD):
        op.solve(x, b, parity, tolerance, limit)
    return x


@pytest.mark.parametrize(("name", "shape", "width", "mixed"), CASES)
def test_the_bits_of_each_alone(name, shape, width, mixed):
    """Sources that need different numbers of iterations, one of them zero on the even sites, one everywhere."""
    op, vectors = setting(name, shape, width, mixed)
    sources = vectors(TOGETHER)
    sources[1]["c"][: op.lattice.half] = 0.0
    sources[2]["c"] = 0.0
    op.apply(sources[3], alone(op, sources[0], 1e-3), dagger=True)
    for tolerance in (1e-4, 1e-11, 1e-14):
        expected, counts = [], []
        for b in sources:
            op.log.reset()
            expected.append(alone(op, b, tolerance))
            counts.append((op.log.solves, op.log.iterations, op.log.residual))
        op.log.reset()
        found = solve_together(op, sources, tolerance, 2000)
        assert op.log.solves == sum(n for n, _, _ in counts) == 2 * TOGETHER
        assert op.log.iterations == sum(n for _, n, _ in counts) > 0
        assert op.log.residual == max(r for _, _, r in counts)
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_array_equal(x["c"], y["c"])


@pytest.mark.parametrize("near", [0, 2**30])
def test_sources_are_taken_in_groups_where_links_are_large(monkeypatch, near):
    op, vectors = setting("SU(2)", (4, 2, 4, 4), NATIVE)
    monkeypatch.setattr(several, "NEAR", near)
    groups, together = [], solve_together

    def counted(op, group, *rest):
        groups.append(len(group))
        return together(op, group, *rest)

    monkeypatch.setattr(several, "solve_together", counted)
    taken, sources = [], vectors(TOGETHER + 3)
    found = solve_all(op, (taken.append(i) or b for i, b in enumerate(sources)), 1e-10, 1000)
    first = next(found)
    assert len(taken) == (1 if near else TOGETHER)  # no more than are solved at once
    for x, b in zip([first, *found], sources, strict=True):
        np.testing.assert_array_equal(x["c"], alone(op, b, 1e-10)["c"])
    assert groups == ([] if near else [TOGETHER, 3])


@pytest.mark.parametrize(
    "mixed", [pytest.param(False, id="double"), pytest.param(True, id="mixed", marks=pytest.mark.slow)]
)
def test_one_that_does_not_converge_stops_all(mixed):
    op, vectors = setting("SU(2)", (4, 2, 4, 4), NATIVE, mixed)
    with pytest.raises(NumericalError, match="after 3 iterations"):
        solve_together(op, vectors(3), 1e-10, 3)
    sources = vectors(3)
    sources[1]["c"][0] = np.nan
    with pytest.raises(NumericalError, match="residual is nan"):
        solve_together(op, sources, 1e-10, 1000)


def test_calls_of_a_few_iterations_go_on_where_the_last_ended():
    op, vectors = setting("SU(2)", (4, 2, 4, 4), NATIVE)
    sources = vectors(3)
    expected = solve_together(op, sources, 1e-10, 1000)
    for half in op.equations:
        half.chunk = 9  # three iterations of three systems
    for x, y in zip(solve_together(op, sources, 1e-10, 1000), expected, strict=True):
        np.testing.assert_array_equal(x["c"], y["c"])
