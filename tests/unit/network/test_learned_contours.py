"""Learning of shifted contours: gradients, the exact minimum in two dimensions, and a bias where it is not fair."""

import numpy as np
import pytest
from builders import Place
from numpy.testing import assert_allclose
from reference.exact import bessel_i, u1_wilson_loop

from lqcdnn.fields.contours import ShiftedLoop, plaquette_angles, transformed
from lqcdnn.measure.gauge.deformed import wilson_values
from lqcdnn.measure.gauge.wilson_loop import lines
from lqcdnn.network.contours import Kernel, Moment, Sample, ShiftDescent, deformed
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.state import State


def sample(p, U, length, time):
    """Loops along all axes of space."""
    up, loops = lines(p.lattice, U, p.d - 1, time)[-1], {}
    for mu in range(p.d - 1):
        across = lines(p.lattice, U, mu, length)[-1]
        loops[mu] = wilson_values(p.lattice, across, up, mu, length, time)
    return Sample(transformed(plaquette_angles(p.lattice, U), 2), loops)


def samples(shape, beta, length, time, count):
    """Configurations of a heat bath."""
    p = Place("U(1)", shape)
    heat_bath, state, found = HeatBath(p.gauge(beta), p.group, "best_fisher", 2), State(p.U, 0, 7), []
    for sweep in range(count + 20):
        state, _info = heat_bath.step(state)
        if sweep >= 20:
            found.append(sample(p, state.U, length, time))
    return found


@pytest.mark.parametrize("shape", [(4, 8), (4, 4, 4), (4, 2, 2, 4)])
def test_gradient(shape):
    places, loop = [Place("U(1)", shape, seed) for seed in range(3)], ShiftedLoop(shape, 0, 2, 2)
    some = [sample(p, p.U, 2, 2) for p in places]
    directions = [mu for mu in range(loop.d - 1) if shape[mu] == 4]
    moment, rng = Moment(loop, directions, 1.1, len(some), some.__getitem__), np.random.default_rng(4)
    shifts, step = (loop.projected(0.4 * rng.normal(size=loop.surface.shape)) for _ in range(2))
    gradient = moment(shifts)[1]
    assert_allclose(loop.projected(gradient), gradient, atol=1e-13)
    slope = (moment(shifts + 1e-5 * step)[0] - moment(shifts - 1e-5 * step)[0]) / 2e-5
    assert_allclose((gradient * step).sum(), slope, rtol=1e-6)


def mean_square(beta, volume, area, inside):
    """<(Re Q)^2> on a two-dimensional torus of a loop with the shift ``inside`` of its plaquettes, by characters.

    |Q|^2 and Re Q^2 are products over plaquettes; the sum over n keeps the sum of all angles a multiple of 2 pi.
    """
    outside, n = -inside * area / (volume - area), np.arange(-8, 9)
    angles = 2 * np.pi * np.arange(64) / 64

    def character(values):
        return (np.exp(1j * n[:, None] * angles) * values).mean(axis=1)

    square, product = 1.0, 1.0
    for shift, count, within in ((inside, area, 1.0), (outside, volume - area, 0.0)):
        weight = np.exp(beta * np.cos(angles))
        q = np.exp(1j * within * (angles + 1j * shift) + beta * (np.cos(angles + 1j * shift) - np.cos(angles)))
        square = square * character(weight * np.abs(q) ** 2) ** count
        product = product * character(weight * q**2) ** count
    return float(((square + product) / 2).sum().real / (bessel_i(n, beta) ** volume).sum())


@pytest.mark.slow
def test_the_minimum_is_the_exact_one_of_two_dimensions():
    """In d = 2 nothing but the shift of the plaquettes inside is to be learned."""
    shape, beta, area = (4, 8), 1.1, 4
    some, loop = samples(shape, beta, 2, 2, 300), ShiftedLoop(shape, 0, 2, 2)
    moment = Moment(loop, [0], beta, len(some), some.__getitem__)
    descent = ShiftDescent(moment, loop.start(beta), 0.5 / beta)
    for _ in range(20):
        descent.step()
    assert descent.ended
    grid = np.linspace(0.0, 1.5, 301)
    values = [mean_square(beta, 32, area, inside) for inside in grid]
    best = int(np.argmin(values))
    assert descent.shifts[loop.surface > 0] == pytest.approx(grid[best], rel=0.12)
    assert descent.value == pytest.approx(np.log(values[best]), abs=0.1)
    assert values[best] < 0.2 * values[0]
    means = [deformed(one, 0, Kernel.of(loop, descent.shifts), beta)[0].mean() for one in some]
    assert abs(np.mean(means) - u1_wilson_loop(beta, 32, area)) < 4.0 * np.std(means) / np.sqrt(len(means))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(4, 4, 4), (4, 4, 4, 4)])
def test_random_shifts_leave_the_mean_in_more_dimensions(shape):
    some, loop = samples(shape, 0.9, 1, 2, 1500), ShiftedLoop(shape, 0, 1, 2)
    form = loop.projected(np.random.default_rng(3).normal(size=loop.surface.shape))
    kernel = Kernel.of(loop, 0.1 * form + 0.5 * loop.start(0.9))
    found = np.array([(one.loops[0][..., 0].mean(), deformed(one, 0, kernel, 0.9)[0].mean()) for one in some])
    bins = found.reshape(30, -1, 2).mean(axis=1)
    difference = bins[:, 1] - bins[:, 0]
    assert abs(difference.mean()) < 3.5 * difference.std() / np.sqrt(30)
    assert difference.std() / np.sqrt(30) < 0.02 * bins[:, 0].mean()
    assert bins[:, 1].std() != pytest.approx(bins[:, 0].std(), rel=0.05)


@pytest.mark.slow
def test_only_what_was_trained_on_is_biased():
    """Shifts from two configurations, judged on these and on the two after a gap, many times over, and exactly."""
    shape, beta, own, others = (4, 4), 1.1, [], []
    every, loop = samples(shape, beta, 2, 2, 4000), ShiftedLoop(shape, 0, 2, 2)
    for first in range(0, len(every), 8):
        moment = Moment(loop, [0], beta, 2, every[first : first + 2].__getitem__)
        descent = ShiftDescent(moment, loop.start(beta), 0.5 / beta)
        for _ in range(10):
            descent.step()
        kernel = Kernel.of(loop, descent.shifts)
        own.append(np.mean([deformed(one, 0, kernel, beta)[0].mean() for one in every[first : first + 2]]))
        others.append(np.mean([deformed(one, 0, kernel, beta)[0].mean() for one in every[first + 5 : first + 7]]))
    exact = u1_wilson_loop(beta, 16, 4)
    pulls = [(np.mean(found) - exact) / (np.std(found) / np.sqrt(len(found))) for found in (own, others)]
    assert pulls[0] < -6.0
    assert abs(pulls[1]) < 3.5
