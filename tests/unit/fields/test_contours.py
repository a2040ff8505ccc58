"""Shifted contours of U(1): forms that are exact, loops of complex angles, and mean values that do not change."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lqcdnn.fields.contours import (
    Kernel,
    ShiftedLoop,
    exchanged,
    over_time,
    planes,
    plaquette_angles,
    transformed,
)
from lqcdnn.lattice.geometry import lattice
from lqcdnn.measure.gauge.deformed import pair_values, polyakov_lines, wilson_values
from lqcdnn.measure.gauge.wilson_loop import lines

SHAPES = [(4, 8), (4, 4, 4), (4, 2, 2, 4)]
BETA = 1.3


def plaquettes(theta):
    """Angles of all plaquettes of links [d, x, ...], real or complex."""
    return np.stack([
        theta[mu] + np.roll(theta[nu], -1, mu) - np.roll(theta[mu], -1, nu) - theta[nu]
        for mu, nu in planes(theta.shape[0])
    ])  # fmt: skip


def around(theta, loop, start):
    """Sum of the angles of links around a loop that begins at a site; of a pair, far loop less near one."""

    def line(mu, site, length):
        site, total = list(site), 0.0
        for _ in range(length):
            total += theta[mu][tuple(np.mod(site, loop.shape))]
            site[mu] += 1
        return total

    last, far, late = loop.d - 1, list(start), list(start)
    far[loop.direction] += loop.length
    late[last] += loop.time
    if not loop.time:
        return line(last, far, loop.shape[-1]) - line(last, start, loop.shape[-1])
    up = line(last, far, loop.time) - line(last, start, loop.time)
    return line(loop.direction, start, loop.length) + up - line(loop.direction, late, loop.length)


def exact_form(loop, rng, scale=0.3):
    """Shifts of links around the origin, static ones of a pair, and d of them."""
    delta = scale * rng.normal(size=(loop.d, *loop.extents))
    form = plaquettes(delta)
    return np.broadcast_to(delta, (loop.d, *loop.shape)), form


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("time", [0, 1, 2])
def test_a_deformed_loop_is_that_of_complex_angles(shape, time):
    rng, grid = np.random.default_rng(len(shape) + time), lattice(shape)
    theta = rng.uniform(-np.pi, np.pi, (len(shape), *shape))
    loop = ShiftedLoop(shape, 0, 2, time)
    delta, form = exact_form(loop, rng)
    U = grid.from_links(np.exp(1j * theta)[..., None, None])
    angles = plaquette_angles(grid, U)
    assert_allclose(angles[0] + 1j * angles[1], np.exp(1j * plaquettes(theta)), atol=1e-13)
    weights = Kernel.of(loop, form).weights(transformed(angles if time else over_time(angles), 2), BETA)
    if time:
        up, across = lines(grid, U, loop.d - 1, time), lines(grid, U, 0, 2)
        values = wilson_values(grid, across[-1], up[-1], 0, 2, time)
    else:
        values = pair_values(polyakov_lines(grid, U), 0, 2)
    found = (values * [1, 1j]).sum(-1) * (weights * [1, 1j]).sum(-1)
    for site in [(0,) * loop.d, (1, 2, 1, 1)[: loop.d], (3, 1, 3, 1)[: loop.d]]:
        site = (*site[:-1], 0) if not time else site
        moved = theta + 1j * np.roll(delta, site, axis=tuple(range(1, loop.d + 1)))
        change = BETA * (np.cos(plaquettes(theta)) - np.cos(plaquettes(moved))).sum()
        here = tuple(np.mod(site, loop.extents))
        assert_allclose(found[here], np.exp(1j * around(moved, loop, site) - change), rtol=1e-11)


@pytest.mark.parametrize("shape", SHAPES)
def test_gauge_invariance(shape):
    rng, grid, d = np.random.default_rng(9), lattice(shape), len(shape)
    theta, gauge = rng.uniform(-np.pi, np.pi, (d, *shape)), rng.uniform(-np.pi, np.pi, shape)
    turned = theta + np.stack([gauge - np.roll(gauge, -1, mu) for mu in range(d)])
    loop = ShiftedLoop(shape, 0, 1, 2)
    kernel, found = Kernel.of(loop, exact_form(loop, rng)[1]), []
    for angles in (theta, turned):
        U = grid.from_links(np.exp(1j * angles)[..., None, None])
        w = kernel.weights(transformed(plaquette_angles(grid, U), 2), BETA)
        q = wilson_values(grid, lines(grid, U, 0, 1)[-1], lines(grid, U, d - 1, 2)[-1], 0, 1, 2)
        found.append((q * [1, 1j]).sum(-1) * (w * [1, 1j]).sum(-1))
    assert_allclose(found[1], found[0], rtol=1e-11)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("time", [0, 2])
def test_projections_leave_what_is_exact_and_symmetric(shape, time):
    rng, loop = np.random.default_rng(5), ShiftedLoop(shape, 0, 1, time)
    form = loop.projected(rng.normal(size=loop.surface.shape))
    assert np.abs(form).max() > 1e-3
    assert_allclose(loop.projected(form), form, atol=1e-14)
    other = rng.normal(size=form.shape)
    assert_allclose((loop.projected(other) * form).sum(), (other * form).sum(), rtol=1e-10)
    exact = exact_form(loop, rng)[1]  # what is exact stays so: the projection of its mirror images
    assert_allclose(loop.lifted(loop.projected(exact)), loop.lifted(exact), rtol=1e-10)


def test_axes_are_exchanged_with_the_sign_of_planes():
    theta = np.random.default_rng(2).normal(size=(3, 4, 4, 4))
    swapped = np.stack([np.swapaxes(theta[mu], 0, 1) for mu in (1, 0, 2)])
    assert_allclose(exchanged(plaquettes(theta), 0, 1), plaquettes(swapped), atol=1e-14)


@pytest.mark.parametrize("time", [1, 2, 0])
def test_mean_values_do_not_change(time):
    """All configurations of 2 x 2 sites, by the trapezoidal rule: three plaquettes and a line are independent."""
    loop, points = ShiftedLoop((2, 2), 0, 1, time), 16
    form = exact_form(loop, np.random.default_rng(1), 0.2)[1]
    theta = np.zeros((2, 2, 2, *4 * [points]))
    grids = np.meshgrid(*4 * [2 * np.pi * np.arange(points) / points], indexing="ij")
    theta[1, 1, 0], theta[1, 1, 1], theta[0, 0, 1], theta[1, 0, 1] = grids
    angle, (P,) = around(theta, loop, (0, 0)), plaquettes(theta)
    shifts = np.broadcast_to(form[0], (2, 2))[..., None, None, None, None]
    change = BETA * (np.cos(P) - np.cos(P + 1j * shifts)).sum((0, 1))
    weight = np.exp(BETA * np.cos(P).sum((0, 1)))
    plain, deformed = np.cos(angle), np.exp(1j * angle - loop.lifted(form) - change).real
    assert_allclose((weight * deformed).sum(), (weight * plain).sum(), rtol=1e-10)
    assert abs((weight * deformed**2).sum() / (weight * plain**2).sum() - 1.0) > 1e-2  # and the variance does
