"""Landau and Coulomb gauge: sweeps against numpy, the same maximum by another algorithm, what must not change."""

from itertools import pairwise

import numpy as np
import pytest
from builders import Place, transformation
from kernel_cases import DOUBLE, NATIVE, ODD_SHAPE, Case, Setting
from reference import gaugefixing as reference
from reference import loops, samples
from reference.matrices import trace

from lqcdnn.errors import NumericalError
from lqcdnn.fields.gauge import haar, unitarity_violation
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, functional, sweep, transformed
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.coloring import site_colors
from lqcdnn.lattice.geometry import Lattice

PLACES = [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (4, 2, 2, 4))]
OTHERS = [Case(name, W, "f8") for name in ("U(1)", "SU(2)", "SU(3)", "SU(4)") for W in (1, 2, 4, 8)]
EVERY = [*DOUBLE, *(pytest.param(case, marks=pytest.mark.slow) for case in OTHERS)]


def colors_of(lattice):
    """Numbers of the colours in which sites take their turns, [x, ...]."""
    if lattice.has_parity:
        return np.indices(lattice.shape).sum(axis=0) % 2
    vectors, ends = site_colors(lattice)
    numbers = vectors.view(np.int32).reshape(len(vectors), -1)
    found = np.full(lattice.shape, -1)
    for color, (first, last) in enumerate(pairwise(ends)):
        for site in numbers[first:last].ravel():
            found[tuple(lattice.coordinates[site])] = color
    return found


def check_sweep(s, directions, omega):
    """One sweep from a random transformation, and the sums after it."""
    z = samples.group_elements(s.rng, s.case.n, *s.lattice.shape)
    G = s.lattice.from_links(z[None])
    sweep(s.lattice, G, s.blocks, directions, omega)
    expected = reference.sweep(s.U, z, directions, omega, colors_of(s.lattice))
    factor = 10.0 if s.case.n < 3 else 100.0  # a step of more colours is in the group within 1e-11
    s.case.assert_close(s.lattice.to_user(G)[0], expected, factor)
    found = functional(s.lattice, G, s.blocks, s.case.group, directions)
    moved = reference.transformed(s.U, expected)
    s.case.assert_close(found, [reference.functional(moved, directions), reference.theta(moved, directions)], factor)


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_a_sweep_against_numpy(case):
    shapes = [case.shape] if case.one_shape else [(4, 4, 2, 2), (4, 12)]
    for shape in shapes:
        s = Setting(case, shape)
        check_sweep(s, s.lattice.d, 1.7)
        check_sweep(s, s.lattice.d - 1, 1.0)


@pytest.mark.parametrize("name", [pytest.param("U(1)", marks=pytest.mark.slow), "SU(2)"])
def test_a_sweep_of_odd_extents(name):
    """Three colours on 3 x 5, more where vectors of sites are not full."""
    for shape, width in [((3, 5, 2), 2), ((3, 3), 1)] if name == "U(1)" else [(ODD_SHAPE, NATIVE)]:
        s = Setting(Case(name, width, "f8"), shape)
        colors = colors_of(s.lattice)
        assert (colors >= 0).all()
        assert all((colors != np.roll(colors, 1, axis=mu)).all() for mu in range(s.lattice.d))
        check_sweep(s, s.lattice.d, 1.6)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_functional_never_falls(place):
    p = Place(*place)
    for omega in (1.0, 1.7, 1.999):
        G = haar(p.lattice, p.group, 1, Stream(4, 1), 1)
        values = []
        for _ in range(30):
            values.append(functional(p.lattice, G, p.U, p.group, p.d)[0])
            sweep(p.lattice, G, p.U, p.d, omega)
        assert np.diff(values).min() > -1e-14
        assert values[-1] > values[0] + 0.2


@pytest.mark.parametrize("kind", ["landau", "coulomb"])
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_fixed_links(place, kind):
    """At a stationary point, with the numbers that are reported, in the group, and with the same loops."""
    p, gauge = Place(*place), Gauge(kind, tolerance=1e-20)
    found, directions = fix_gauge(p.lattice, p.U, p.group, gauge, Stream(1, 1)), gauge.directions(p.d)
    V = transformed(p.lattice, p.U, found.transformation)
    z, before = p.lattice.to_user(V), p.lattice.to_user(p.U)
    np.testing.assert_allclose(found.start.functional, reference.functional(z, directions), rtol=0, atol=1e-14)
    assert found.start.theta == pytest.approx(reference.theta(z, directions), rel=1e-2)
    assert found.start.theta <= 1e-20
    assert unitarity_violation(p.lattice, V, p.group) < 1e-13
    for path in ((1, 2, -1, -2), (2, 2, 1, -2, -2, -1), (1,) * p.lattice.shape[0], (p.d,) * p.lattice.shape[-1]):
        expected = trace(loops.transport(before, path))
        np.testing.assert_allclose(trace(loops.transport(z, path)), expected, rtol=0, atol=1e-13)
    if kind == "coulomb":  # every time slice by itself
        for t in range(p.lattice.shape[-1]):
            D = reference.divergence(z[..., t, :, :], directions)
            assert np.abs(D).max() < 1e-8


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_weak_fields_have_one_maximum(place):
    """Whatever gauge they come in; it is that of steepest ascent, and links agree up to one global transformation."""
    p = Place(*place, spread=0.15)
    gauge = Gauge(tolerance=1e-24, omega=1.5)
    first = fix_gauge(p.lattice, p.U, p.group, gauge, Stream(1, 1))
    other = transformation(p)[1](p.U)
    second = fix_gauge(p.lattice, other, p.group, gauge, Stream(1, 1))
    z = [p.lattice.to_user(transformed(p.lattice, U, f.transformation)) for U, f in ((p.U, first), (other, second))]
    ascended = reference.ascended(p.lattice.to_user(p.U), p.d)
    assert reference.theta(ascended, p.d) < 1e-24
    values = [first.start.functional, second.start.functional, reference.functional(ascended, p.d)]
    assert np.ptp(values) < 1e-13
    for one in (z[1], ascended):
        np.testing.assert_allclose(trace(one[0]), trace(z[0][0]), rtol=0, atol=1e-11)
        for mu in range(1, p.d):  # invariant under what is left: g U g^dag
            products = [trace(links[0] @ links[mu]) for links in (one, z[0])]
            np.testing.assert_allclose(products[0], products[1], rtol=0, atol=1e-11)


def test_copies():
    """The best of all starts is taken; they are those of seed and trajectory, whatever else is asked for."""
    p = Place("U(1)", (4, 8))
    five, three = (fix_gauge(p.lattice, p.U, p.group, Gauge(copies=n), Stream(7, 2)) for n in (5, 3))
    values = [one.functional for one in five.starts]
    assert five.starts[:3] == three.starts
    assert np.ptp(values) > 1e-4  # hot links have many maxima
    assert values[five.best] == max(values)
    V = p.lattice.to_user(transformed(p.lattice, p.U, five.transformation))
    assert reference.functional(V, 2) == pytest.approx(max(values), abs=1e-14)
    again = fix_gauge(p.lattice, p.U, p.group, Gauge(copies=5), Stream(7, 2))
    np.testing.assert_array_equal(again.transformation["c"], five.transformation["c"])
    assert fix_gauge(p.lattice, p.U, p.group, Gauge(copies=3), Stream(8, 2)).starts[1:] != three.starts[1:]


def test_a_gauge_that_is_not_reached_stops():
    p = Place("SU(2)", (4, 4, 4))
    with pytest.raises(NumericalError, match=r"landau gauge: theta = .* after 25 sweeps") as caught:
        fix_gauge(p.lattice, p.U, p.group, Gauge(steps=25, tolerance=1e-20), Stream(1, 1))
    assert "omega" in caught.value.hint
    bad = p.U.copy()
    bad["c"][0, 0] = np.nan
    with pytest.raises(NumericalError, match="theta = nan after 0 sweeps"):
        fix_gauge(p.lattice, bad, p.group, Gauge(), Stream(1, 1))


def test_random_transformations_do_not_depend_on_the_width():
    one, two = (Lattice((4, 4, 4), width=W) for W in (1, 2))
    place = Place("SU(3)", (4, 4, 4))
    fields = [lattice.to_user(haar(lattice, place.group, 1, Stream(3, 1), 9)) for lattice in (one, two)]
    np.testing.assert_array_equal(*fields)
