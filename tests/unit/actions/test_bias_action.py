"""The bias potential as a function, as a term of the action, and the charge it is of."""

import math

import numpy as np
import pytest
from builders import Place, transformation
from derivative import assert_gradient, fourth_order

from lqcdnn.actions.bias import BiasTerm
from lqcdnn.actions.potential import Grid
from lqcdnn.config.tables.observables import TopologicalChargeConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.topological_charge import TopologicalCharge
from lqcdnn.network.layer import SHARED, CovariantLayer

SLOW = pytest.mark.slow
CASES = [
    ("U(1)", (4, 8), 2),
    ("SU(2)", (2, 4, 2, 4), 2),
    pytest.param("U(1)", (3, 5), 1, marks=SLOW),
    pytest.param("SU(2)", (4, 2, 4, 4), 0, marks=SLOW),
    pytest.param("SU(3)", (4, 2, 2, 4), 3, marks=SLOW),
    pytest.param("SU(3)", (3, 4, 2, 5), 1, marks=SLOW),
    pytest.param("SU(4)", (4, 4, 2, 2), 1, marks=SLOW),
]
KINDS = ("cubic", "linear")


def rough(grid, seed=3, size=2.0):
    return size * np.random.default_rng(seed).normal(size=grid.bins + 1)


def bias_of(place, steps, kind="cubic", grid=None):
    bias = BiasTerm(FieldTheoreticCharge(place.lattice, place.n), grid or Grid(-2.0, 2.0, 40, 30.0, kind), steps)
    bias.potential.numbers = rough(bias.grid)
    return bias


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("charge", [-3.1, -2.02, -1.98, -0.731, 0.0041, 0.66, 1.951, 2.049, 2.4])
def test_derivative_of_the_potential(kind, charge):
    grid = Grid(-2.0, 2.0, 40, 30.0, kind)
    numbers = rough(grid)
    numeric = fourth_order(lambda t: grid.value(numbers, charge + t), 1e-4)
    assert grid.derivative(numbers, charge) == pytest.approx(numeric, rel=1e-7, abs=1e-7)


def test_a_cubic_spline_is_smooth_where_lines_have_kinks():
    jumps = {}
    for kind in KINDS:
        grid = Grid(-2.0, 2.0, 40, 30.0, kind)
        numbers, at = rough(grid), grid.points()[11]
        jumps[kind] = abs(grid.derivative(numbers, at + 1e-9) - grid.derivative(numbers, at - 1e-9))
    assert jumps["cubic"] < 1e-4
    assert jumps["linear"] > 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_lines_and_their_means_are_kept(kind):
    """A potential linear in Q comes out as it is, and a constant beyond the grid with the wall."""
    grid = Grid(-1.5, 1.5, 30, 7.0, kind)
    line = 0.3 - 2.0 * grid.points()
    assert grid.value(line, 0.123) == pytest.approx(0.3 - 0.246)
    assert grid.derivative(line, 0.123) == pytest.approx(-2.0)
    flat = np.full(31, 0.7)
    assert grid.value(flat, -1.9) == pytest.approx(0.7 + 7.0 * 0.4**2)
    assert grid.value(flat, 1e9) == pytest.approx(7e18)


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_stays_none(kind):
    grid = Grid(-1.0, 1.0, 4, 1.0, kind)
    assert math.isnan(grid.value(grid.flat(), math.nan))
    assert math.isnan(grid.derivative(grid.flat(), math.nan))


def test_what_a_charge_adds():
    grid = Grid(-1.0, 1.0, 4, 1.0, "linear")
    one = grid.raised(grid.flat(), 0.6, 0.1, symmetric=False)
    assert one == pytest.approx([0.0, 0.0, 0.0, 0.08, 0.02])
    both = grid.raised(one, -0.25, 0.2, symmetric=True)
    assert both - one == pytest.approx([0.0, 0.05, 0.1, 0.05, 0.0])
    assert one[1] == 0.0  # the old numbers stay
    assert grid.raised(one, 1.01, 0.1, symmetric=True) is one
    assert grid.raised(one, math.nan, 0.1, symmetric=True) is one
    closed = Grid(-1.0, 1.0, 4, 1.0, "linear", closed=True)
    assert closed.raised(closed.flat(), 1.7, 0.1, symmetric=False) == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.1])
    assert closed.raised(closed.flat(), -1.7, 0.1, symmetric=False) == pytest.approx([0.1, 0.0, 0.0, 0.0, 0.0])
    assert closed.raised(one, math.nan, 0.1, symmetric=False) is one
    assert grid.raised(grid.flat(), 1.0, 0.1, symmetric=False) == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.1])
    assert grid.raised(grid.flat(), -1.0, 0.1, symmetric=True) == pytest.approx([0.05, 0.0, 0.0, 0.0, 0.05])


@pytest.mark.parametrize(("name", "shape", "steps"), CASES)
def test_gradient(name, shape, steps):
    place = Place(name, shape, spread=0.4)
    assert_gradient(bias_of(place, steps), place.U)


@pytest.mark.parametrize(("name", "shape", "steps"), CASES[:2])
def test_gradient_between_kinks(name, shape, steps):
    place = Place(name, shape, spread=0.4)
    assert_gradient(bias_of(place, steps, "linear"), place.U)


def test_gradient_at_the_wall():
    place = Place("U(1)", (4, 8))
    bias = bias_of(place, 0, grid=Grid(-0.01, 0.01, 2, 30.0, "cubic"))
    assert abs(bias.variable(place.U)) > 0.05
    assert_gradient(bias, place.U)


@pytest.mark.parametrize(("name", "shape", "steps"), CASES[:2])
def test_the_charge_is_that_of_smeared_links(name, shape, steps):
    place = Place(name, shape, spread=0.5)
    U = place.U
    for _ in range(steps):
        U = CovariantLayer(place.lattice, ("plaquette",), SHARED, np.array([0.1])).forward(U)[0]
    if place.d == 2:
        V = place.lattice.to_user(U)[..., 0, 0]
        P = V[0] * np.roll(V[1], -1, 0) * np.conj(np.roll(V[0], -1, 1) * V[1])
        expected = P.imag.sum() / (2.0 * math.pi)
    else:
        options = TopologicalChargeConfig(definition="clover", links="thin")
        found = TopologicalCharge(options).measure(place.lattice, U, place.group, Stream(1, 1))
        expected = found["topological_charge"]
    assert abs(expected) > 1e-4
    assert bias_of(place, steps).variable(place.U) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("name", "shape", "steps"), CASES[:2])
def test_gauge_transformations_leave_it_alone(name, shape, steps):
    place = Place(name, shape, spread=0.5)
    bias, moved = bias_of(place, steps), transformation(place)[1](place.U)
    assert np.abs(moved["c"] - place.U["c"]).max() > 0.1
    assert bias.value(moved) == pytest.approx(bias.value(place.U), rel=1e-11)


@pytest.mark.parametrize(("shape", "n"), [((4, 8), 2), ((4, 4, 4), 2), ((2, 2, 2, 4), 1)])
def test_where_there_is_no_such_charge(shape, n):
    with pytest.raises(InputError, match="U\\(1\\) in d = 2 or SU\\(N\\) in d = 4"):
        FieldTheoreticCharge(Lattice(shape), n)
