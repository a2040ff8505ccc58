"""Phases of two particles from energies that have all effects of the box (physics.md 28.8): solitons of sine-Gordon."""

import math

import numpy as np
import pytest
from reference.sinegordon import SINE, energy

from lqcdnn.analyze.fits.scattering import Frame, phase_in_a_line
from lqcdnn.analyze.statistics.dual import Dual

MASS = 0.2944


def off(extent, numbers, level=0):
    """delta of the energy of two solitons less that of their S-matrix at this momentum."""
    total = round(sum(numbers))
    found, momentum = energy(MASS, extent, numbers)
    assert momentum * extent == pytest.approx(2 * math.pi * total, abs=1e-9)
    both, frame = [Dual(one, np.zeros(0)) for one in (found, MASS)], Frame(total, extent, False)
    ratio = math.sqrt(frame.momentum_squared(*both).value) / MASS
    exact = math.atan(SINE / (2 * ratio * math.sqrt(1 + ratio**2))) - math.pi
    return phase_in_a_line(frame.relative(*both), extent, level, total).value - exact


@pytest.mark.parametrize(("numbers", "level"), [((0.5, -0.5), 0), ((1.5, -0.5), 0), ((1.5, 0.5), 0), ((1.5, -1.5), 1)])
def test_phases_are_exact_in_large_boxes(numbers, level):
    """What is off falls as effects of the box do: m L = 4.7, 9.4 and 14.1."""
    small, large, largest = (abs(off(extent, numbers, level)) for extent in (16, 32, 48))
    assert small > 5e-3
    assert large < 0.3 * small
    assert largest < 0.3 * large
    assert largest < 3e-3


def test_energies_in_the_boxes_of_the_documentation():
    """In a box and for light quarks, without effects of the lattice: pion at rest, two pions with P = 0, 1 and 2."""
    states = [(0,), (0.5, -0.5), (1.5, -0.5), (1.5, 0.5)]
    found = [[energy(MASS, extent, numbers)[0] for numbers in states] for extent in (16, 20)]
    expected = [[0.3134, 0.9263, 1.2983, 1.1192], [0.3017, 0.8090, 1.0944, 0.9608]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=5.1e-5)
