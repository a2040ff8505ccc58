"""The mean plaquette as the variable of a bias potential: value, derivative, and the force beside that of beta."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient

from lqcdnn.actions.base import gradient
from lqcdnn.actions.bias import BiasTerm
from lqcdnn.actions.potential import Grid
from lqcdnn.errors import InputError
from lqcdnn.fields.meanplaquette import MeanPlaquette
from lqcdnn.lattice.geometry import Lattice

SLOW = pytest.mark.slow
CASES = [
    ("U(1)", (4, 8)),
    ("SU(2)", (4, 4, 4)),
    pytest.param("U(1)", (3, 5), marks=SLOW),
    pytest.param("U(1)", (2, 4, 2, 4), marks=SLOW),
    pytest.param("SU(2)", (2, 4, 2, 4), marks=SLOW),
    pytest.param("SU(3)", (4, 8), marks=SLOW),
    pytest.param("SU(3)", (4, 2, 2, 4), marks=SLOW),
    pytest.param("SU(4)", (4, 4, 2, 2), marks=SLOW),
]


def bias_of(place, grid, size=2.0):
    bias = BiasTerm(MeanPlaquette(place.lattice, place.n), grid)
    bias.potential.numbers = size * np.random.default_rng(3).normal(size=grid.bins + 1)
    return bias


def around(place):
    """A grid of which the links are inside, not in the middle of a bin."""
    P = MeanPlaquette(place.lattice, place.n).value(place.U)
    return Grid(P - 0.13, P + 0.2, 12, 40.0, "cubic")


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_value_and_gradient(name, shape):
    place = Place(name, shape, spread=0.6)
    planes = place.lattice.volume * place.d * (place.d - 1) / 2
    P = 1.0 - place.gauge(1.0).value(place.U) / planes
    bias = bias_of(place, around(place))
    assert 0.05 < P < 0.95
    assert bias.variable(place.U) == pytest.approx(P, rel=1e-12)
    assert_gradient(bias, place.U)


@pytest.mark.parametrize("shift", [-0.3, 0.3])
def test_gradient_at_both_walls(shift):
    place = Place("U(1)", (4, 8), spread=0.6)
    P = MeanPlaquette(place.lattice, 1).value(place.U)
    bias = bias_of(place, Grid(P + shift - 0.1, P + shift + 0.1, 4, 30.0, "cubic"))
    assert_gradient(bias, place.U)
    assert np.sign(bias.grid.derivative(bias.potential.numbers, P)) == -np.sign(shift)


@pytest.mark.parametrize(("name", "shape"), CASES[:2])
def test_it_is_a_force_of_another_beta(name, shape):
    """S + V(P) has the force of the plaquette action at beta - V'(P) / (number of plaquettes)."""
    place = Place(name, shape, spread=0.6)
    bias = bias_of(place, around(place), size=20.0)
    planes = place.lattice.volume * place.d * (place.d - 1) / 2
    slope = bias.grid.derivative(bias.potential.numbers, bias.variable(place.U))
    other = gradient(place.gauge(2.3 - slope / planes), place.U)["c"].copy()
    Sigma = gradient(place.gauge(2.3), place.U)
    bias.add_gradient(place.U, Sigma)
    assert abs(slope) / planes > 0.01
    assert np.abs(Sigma["c"] - other).max() < 1e-12


def test_open_time_is_refused():
    with pytest.raises(InputError, match="one of a torus"):
        MeanPlaquette(Lattice((4, 8), open_time=True), 1)
