"""Gauge actions where time is open: loop by loop, their gradient, and links that are not there."""

import numpy as np
import pytest
from derivative import assert_gradient
from reference import opentime as reference
from reference import samples

from lqcdnn.actions.base import gradient
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import InputError
from lqcdnn.fields.algebra import momenta
from lqcdnn.fields.opentime import from_user, to_user
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.twist import Twist

CASES = [
    (1, (4, 8), 0.0),
    (1, (4, 8), -0.2),
    (2, (4, 4, 4), -0.1),
    (2, (2, 4, 2, 4), 0.0),
    (3, (4, 2, 2, 4), -0.331),
    pytest.param(2, (3, 4, 5), 0.0, marks=pytest.mark.slow),
    pytest.param(3, (4, 4, 2, 2), -0.331, marks=pytest.mark.slow),
]


def open_action(n, shape, c1=0.0, beta=2.3):
    return GaugeAction(Lattice(shape, open_time=True), n, beta, c1)


def random_links(n, shape, seed=3):
    return samples.links(np.random.default_rng(seed), shape, n)


@pytest.mark.parametrize(("n", "shape", "c1"), CASES)
def test_value_loop_by_loop(n, shape, c1):
    action, z = open_action(n, shape, c1), random_links(n, shape)
    assert action.value(from_user(action.lattice, z)) == pytest.approx(reference.action(z, 2.3, c1), rel=1e-12)


@pytest.mark.parametrize(("n", "shape", "c1"), CASES)
def test_gradient(n, shape, c1):
    action = open_action(n, shape, c1)
    assert_gradient(action, from_user(action.lattice, random_links(n, shape)))


@pytest.mark.parametrize(("n", "shape", "c1"), CASES[:5])
def test_gauge_invariance(n, shape, c1):
    action, z = open_action(n, shape, c1), random_links(n, shape)
    G = samples.group_elements(np.random.default_rng(5), n, *shape)
    turned = from_user(action.lattice, samples.gauge_transform(z, G))
    assert action.value(turned) == pytest.approx(action.value(from_user(action.lattice, z)), rel=1e-12)


@pytest.mark.parametrize(("n", "shape", "c1"), [CASES[2], CASES[4]])
def test_the_kick_is_that_of_the_gradient_and_spares_links_that_are_missing(n, shape, c1):
    action = open_action(n, shape, c1)
    lattice = action.lattice
    U, P = from_user(lattice, random_links(n, shape)), momenta(lattice, n)
    clear(P)
    action.kick(P, U, None, 0.5)
    M = 0.5 * lattice.to_user(U) @ lattice.to_user(gradient(action, U))
    expected = (M - np.conj(M).swapaxes(-1, -2)) / 2.0
    expected -= np.trace(expected, axis1=-2, axis2=-1)[..., None, None] / n * np.eye(n)
    found = lattice.to_user(P)
    assert np.abs(found - expected).max() < 1e-13
    assert np.all(found[-1][..., -1, :, :] == 0.0)
    assert np.abs(found[-1][..., :-1, :, :]).min(axis=(-2, -1)).max() > 0.01


@pytest.mark.parametrize(("n", "shape"), [(1, (4, 8)), (2, (4, 4, 4)), (3, (4, 2, 2, 4))])
def test_links_of_files_are_one_where_they_are_missing(n, shape):
    lattice, z = Lattice(shape, open_time=True), random_links(n, shape)
    U = from_user(lattice, z)
    there = lattice.to_user(U)[-1]
    assert np.all(there[..., -1, :, :] == 0.0)
    expected = z.copy()
    expected[-1][..., -1, :, :] = np.eye(n)
    assert np.abs(to_user(lattice, U) - expected).max() < 1e-15
    assert np.array_equal(lattice.to_user(U)[-1], there)  # the field itself stays as it is


def test_what_knows_of_no_open_time_is_refused():
    lattice = Lattice((4, 4, 4), open_time=True)
    with pytest.raises(InputError, match="plaquettes and rectangles alone"):
        GaugeAction(lattice, 2, 2.3, terms=[("chair", 0.1)])
    with pytest.raises(InputError, match="without a twist"):
        GaugeAction(Lattice((4, 4, 4), twist=Twist(2, ((0, 1, 1),)), open_time=True), 2, 2.3)
