"""Kernels with different block widths agree with each other; site order changes nothing but rounding."""

import numpy as np
import pytest
from kernel_cases import NATIVE, WIDTHS, Case
from reference import samples

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.algebra import gaussian_momenta, kinetic_energy
from lqcdnn.fields.random import Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.kernels.wilson import hopping
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork


def results(case, shape, fermions, network=True):
    """Values and user-layout gradients of a gauge and a fermion action, composed or not, momenta, updated links."""
    lattice, d = case.lattice(shape), len(shape)
    U = lattice.from_links(samples.links(np.random.default_rng(4), shape, case.n))
    loops = "plaquette", "polyakov_space"  # others: test_layer_kernels, test_rectangle_kernels
    net = CovariantNetwork([CovariantLayer(lattice, loops, weights=np.array([0.05, 0.02]))])
    actions = [GaugeAction(lattice, case.n, 2.0)]
    if fermions:
        op = StaggeredOperator(lattice, case.n, 0.5, (1,) * (d - 1) + (-1,))
        phi = PseudofermionField(op.vector(), 0)
        actions.append(StaggeredAction(op, phi, settings=SolverSettings(1e-13, 1e-13)))
    found = []
    for action in [Composed(action, net) for action in actions] if network else actions:
        action.draw(U, Stream(2, 3))
        Sigma = lattice.links(case.n)
        action.add_gradient(U, Sigma)
        found += [action.value(U), lattice.to_user(Sigma), *([action.weight_gradient(U)] if network else [])]
    P = gaussian_momenta(lattice, case.group, Stream(2, 3))
    kernels.update_links(U, U, P, 0.3)
    return [*found, kinetic_energy(lattice, case.group, P), lattice.to_user(P), lattice.to_user(U)]


def assert_widths_agree(shape, widths, network=True):
    fermions = all(n % 2 == 0 for n in shape)
    expected = results(Case("SU(2)", widths[-1], "f8"), shape, fermions, network)
    for width in widths[:-1]:
        for a, b in zip(results(Case("SU(2)", width, "f8"), shape, fermions, network), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-11 * np.abs(b).max())


@pytest.mark.slow
def test_widths_agree():
    """Without a network, whose kernels take twice as long to compile as all others together."""
    assert_widths_agree((4, 2, 2, 4), (4, 8), network=False)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(4, 8), (2, 4, 4), (4, 2, 2, 4), (3, 2, 8), (2, 6, 6, 2)], ids=str)
def test_widths_agree_with_a_network(shape):
    assert_widths_agree(shape, WIDTHS)


@pytest.mark.parametrize(
    ("name", "shape", "width"),
    [
        ("SU(2)", (2, 6, 4, 6), NATIVE),
        pytest.param("SU(2)", (2, 6, 4, 6), 8, marks=pytest.mark.slow),
        pytest.param("SU(2)", (4, 4, 2, 4), 8, marks=pytest.mark.slow),
        pytest.param("SU(3)", (4, 4, 2, 2), 4, marks=pytest.mark.slow),
    ],
)
def test_wilson_hop_on_whole_blocks(name, shape, width):
    """Small lattices, which tests can hold against dense matrices, have blocks whose neighbours are not one block."""
    rng, found = np.random.default_rng(5), []
    case = Case(name, width, "f8")
    U, psi = samples.links(rng, shape, case.n), samples.complex_normal(rng, *shape, case.n, 4)
    for lattice in (case.lattice(shape), Lattice(shape, 1)):
        op = WilsonOperator(lattice, case.n, 0.13, (1, 1, 1, -1))
        op.set_links(lattice.from_links(U))
        assert lattice.whole
        for side in (1.0, -1.0):
            out = lattice.zeros(case.n, 4)
            hopping(out, None, op.links, lattice.from_user(psi), lattice.neighbours, side, 0, lattice.blocks)
            found.append(lattice.to_user(out))
    for wide, narrow in zip(found[:2], found[2:], strict=True):
        case.assert_close(wide, narrow)


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        pytest.param((3, 5), 1, marks=pytest.mark.slow),
        pytest.param((3, 2), 2, marks=pytest.mark.slow),
        pytest.param((2, 2), 2, marks=pytest.mark.slow),
        pytest.param((2, 6), 2, marks=pytest.mark.slow),
        pytest.param((2, 8), 4, marks=pytest.mark.slow),
        pytest.param((4, 8), 8, marks=pytest.mark.slow),
        pytest.param((4, 4), 4, marks=pytest.mark.slow),
        pytest.param((5, 4), 4, marks=pytest.mark.slow),
    ],
)
def test_results_at_the_default_width_are_those_of_single_sites(shape, width):
    case = Case("SU(2)", None, "f8")
    assert case.lattice(shape).width == min(width, NATIVE)
    expected = results(Case("SU(2)", 1, "f8"), shape, False)
    for a, b in zip(results(case, shape, False), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-11 * np.abs(b).max())
