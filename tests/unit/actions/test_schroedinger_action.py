"""The action between fixed links: loop by loop, its gradient, the classical field, and links that stay."""

from decimal import Decimal

import numpy as np
import pytest
from derivative import assert_gradient, fourth_order
from reference import samples
from reference import schroedinger as reference
from reference.matrices import exponential

from lqcdnn.actions.base import gradient
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.algebra import momenta
from lqcdnn.fields.gauge import cold, hot
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import from_user, to_user
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.boundaryfields import BoundaryFields, phases
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.layer import CovariantLayer

CASES = [
    (1, (4, 8), 1.0),
    (2, (4, 4, 4), 0.8),
    (3, (4, 2, 2, 4), 0.9),
    pytest.param(2, (2, 4, 2, 4), 1.2, marks=pytest.mark.slow),
    pytest.param(3, (3, 4, 3), 0.9, marks=pytest.mark.slow),
]


def between(n, shape):
    """A lattice with the links of the running coupling fixed."""
    none = (0.0,) * n
    return Lattice(shape, fixed=BoundaryFields(*reference.ANGLES[n], none, none))


def place(n, shape, ct=1.0, beta=2.3, seed=3):
    """Action, links as a field and in user layout."""
    lattice = between(n, shape)
    z = samples.links(np.random.default_rng(seed), shape, n)
    return GaugeAction(lattice, n, beta, ct=ct), from_user(lattice, z), reference.fixed(z, *reference.ANGLES[n][:2])


@pytest.mark.parametrize(("n", "shape", "ct"), CASES)
def test_value_loop_by_loop(n, shape, ct):
    action, U, z = place(n, shape, ct)
    assert action.value(U) == pytest.approx(reference.action(z, 2.3, ct), rel=1e-12)
    there = to_user(action.lattice, U)
    z[-1][..., -1, :, :] = np.eye(n)
    assert np.abs(there - z).max() < 1e-15


@pytest.mark.parametrize(("n", "shape", "ct"), CASES)
def test_gradient(n, shape, ct):
    action, U, _ = place(n, shape, ct)
    assert_gradient(action, U)


@pytest.mark.parametrize(("n", "shape", "ct"), CASES)
def test_the_classical_field_is_the_minimum(n, shape, ct):
    """With c_t = 1: its action is known, nothing pulls at it, and links in any direction away have a larger one."""
    action, lattice = GaugeAction(between(n, shape), n, 2.3), between(n, shape)
    U = cold(lattice, Group(n))
    expected = reference.classical(2.3, n, shape, *reference.ANGLES[n][:2])
    assert action.value(U) == pytest.approx(expected, rel=1e-12)
    P = Hamiltonian(lattice, Group(n), [action]).force(U, ["gauge"])
    assert np.abs(lattice.to_user(P)).max() < 1e-14
    V = lattice.to_user(U)
    for seed in range(3):
        moved = exponential(0.1 * samples.algebra(np.random.default_rng(seed), shape, n)) @ V
        assert action.value(from_user(lattice, moved)) > 1.01 * expected


@pytest.mark.parametrize(("n", "shape", "ct"), CASES[:3])
def test_gauge_invariance(n, shape, ct):
    """Under transformations that are 1 in the slices of fixed links."""
    action, U, z = place(n, shape, ct)
    G = samples.group_elements(np.random.default_rng(5), n, *shape)
    G[..., [0, -1], :, :] = np.eye(n)
    turned = from_user(action.lattice, samples.gauge_transform(z, G))
    assert action.value(turned) == pytest.approx(action.value(U), rel=1e-12)
    assert np.abs(action.lattice.to_user(turned) - action.lattice.to_user(U)).max() > 0.1


@pytest.mark.parametrize(("n", "shape", "ct"), CASES[:3])
def test_the_kick_is_that_of_the_gradient_and_spares_links_that_are_fixed(n, shape, ct):
    action, U, _ = place(n, shape, ct)
    lattice, P = action.lattice, momenta(action.lattice, n)
    clear(P)
    Hamiltonian(lattice, Group(n), [action]).kick(P, U, ["gauge"], 0.5)
    M = 0.5 * Group(n).force_factor * lattice.to_user(U) @ lattice.to_user(gradient(action, U))
    expected = (M - np.conj(M).swapaxes(-1, -2)) / 2.0
    if n > 1:
        expected -= np.trace(expected, axis1=-2, axis2=-1)[..., None, None] / n * np.eye(n)
    expected[:-1][..., [0, -1], :, :] = 0.0
    found = lattice.to_user(P)
    assert np.abs(found - expected).max() < 1e-13
    assert np.all(found[:-1][..., [0, -1], :, :] == 0.0)
    assert np.all(found[-1][..., -1, :, :] == 0.0)
    assert np.abs(found[:-1][..., 1:-1, :, :]).max() > 0.01


def test_derivative_by_ct():
    """dS/dc_t is the sum over the plaquettes beside the walls."""
    values = [place(2, (4, 4, 4), 1.0 + t)[0].value(place(2, (4, 4, 4))[1]) for t in (0.0, 0.5)]
    z = place(2, (4, 4, 4))[2]
    slope = fourth_order(lambda t: reference.action(z, 2.3, 1.0 + t))
    assert values[1] - values[0] == pytest.approx(0.5 * slope, rel=1e-9)


def test_phases_are_rounded_correctly():
    """Against 19 digits of the cosine and sine of 1, and numpy's."""
    ((re, im),) = phases((Decimal(1),), 1)
    assert (re, im) == (0.5403023058681397174, 0.8414709848078965067)
    angles = tuple(Decimal(x) for x in np.linspace(-100.0, 100.0, 41).tolist())
    z = np.exp(1j * np.array([float(angle) / 3.0 for angle in angles]))
    assert np.abs(phases(angles, 3) - np.stack([z.real, z.imag], axis=-1)).max() < 1e-14


def test_what_knows_of_no_fixed_links_is_refused():
    lattice = between(2, (4, 4, 4, 4))
    with pytest.raises(InputError, match="plaquettes alone"):
        GaugeAction(lattice, 2, 2.3, c1=-0.1)
    with pytest.raises(InputError, match="2 colours"):
        GaugeAction(lattice, 3, 2.3)
    with pytest.raises(InputError, match="without links that are fixed"):
        GaugeAction(Lattice((4, 4), open_time=True), 1, 2.3, ct=0.9)
    with pytest.raises(InputError, match="links that are fixed"):
        CovariantLayer(lattice, ("plaquette",))
    with pytest.raises(InputError, match="links that are fixed"):
        StaggeredOperator(lattice, 2, 0.1, (1, 1, 1, -1))
    with pytest.raises(InputError, match="links that are fixed"):
        OverlapOperator(lattice, 2, 0.1, 1.4, (1, 1, 1, -1), 1e-10, 0, 100)


def test_any_start_has_the_links_that_are_fixed():
    lattice = between(3, (4, 2, 2, 4))
    U = to_user(lattice, hot(lattice, Group(3), 5))
    expected = reference.fixed(U, *reference.ANGLES[3][:2])
    assert np.abs(U - expected).max() < 1e-15
