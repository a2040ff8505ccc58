"""The instanton start: its links against the field they are made of, its charge and its action."""

import numpy as np
import pytest
from reference import instanton as reference
from reference import loops, topology

from lqcdnn.config import from_tree, observable
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.errors import InputError
from lqcdnn.fields import instanton as module
from lqcdnn.fields.gauge import unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.fields.instanton import instanton
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.library import prepare
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.flow import gradient_flow

SU2 = group("SU(2)")
MIDDLE = (3.5, 3.5, 3.5, 3.5)


def links(shape, radius, position, charge=1, name="SU(2)"):
    """[mu, x, y, z, t, n, n]."""
    lattice = Lattice(shape)
    return lattice.to_user(instanton(lattice, group(name), radius, position, charge))


def improved_charge(U):
    """5/3 of the clover's less 2/3 of the rectangles', by numpy."""
    return 5.0 / 3.0 * topology.loop_charge(U) - 2.0 / 3.0 * topology.loop_charge(U, (1, 2))


@pytest.mark.parametrize("charge", [1, -1])
def test_links_are_path_ordered_products_of_the_field(charge):
    shape, centre = (4, 6, 5, 8), (1.3, 2.5, 4.8, 0.25)
    U, rng = links(shape, 1.7, centre, charge), np.random.default_rng(3)
    for mu in (0, 1, 2, 3):
        site = tuple(int(rng.integers(n)) for n in shape)
        expected = reference.link(np.array(site) - np.array(centre), mu, shape, 1.7, charge)
        np.testing.assert_allclose(U[(mu, *site)], expected, rtol=0, atol=1e-4)


def test_charge_and_action():
    """S N/beta = 4 pi^2 in the continuum, 1.27 times that on so small a lattice; the charge is 1 within 3 %."""
    U = links((8, 8, 8, 8), 2.5, MIDDLE)
    assert improved_charge(U) == pytest.approx(0.9738, abs=1e-4)
    assert loops.action(U, 2.0, 0.0) / (4.0 * np.pi**2) == pytest.approx(1.2726, abs=1e-4)
    anti = links((8, 8, 8, 8), 2.5, MIDDLE, -1)
    assert topology.loop_charge(anti) == pytest.approx(-topology.loop_charge(U), rel=1e-12)


def test_the_lattice_has_no_seam():
    """An instanton elsewhere is the same one moved."""
    shape, radius = (4, 6, 5, 4), 1.4
    moved = np.roll(links(shape, radius, (0.7, 2.5, 4.6, 1.5)), (3, -1, 2, 1), axis=(1, 2, 3, 4))
    found = links(shape, radius, ((0.7 + 3) % 4, 1.5, (4.6 + 2) % 5, 2.5))
    np.testing.assert_allclose(found, moved, rtol=0, atol=1e-12)


@pytest.mark.parametrize("centre", [(1.0, 2.0, 1.0, 1.5), (1.0, 2.0, 1.5, 1.5), (1.0, 1.0, 1.0, 1.0 + 1e-9)])
def test_a_centre_on_links_and_next_to_a_site(centre):
    """The same plaquettes as with a centre 1e-6 away."""
    shape = (4, 6, 4, 4)
    lattice, near = Lattice(shape), tuple(x + 1e-6 * k for k, x in enumerate(centre, 1))
    U = instanton(lattice, SU2, 1.5, centre)
    assert unitarity_violation(lattice, U, SU2) < 1e-14
    found, expected = lattice.to_user(U), links(shape, 1.5, near)
    for mu, nu in loops.planes(4):
        traces = (np.einsum("...ii", loops.plaquette(z, mu, nu)) for z in (found, expected))
        np.testing.assert_allclose(*traces, rtol=0, atol=1e-5)


def test_the_start_of_a_run():
    """What the input asks for, by default in the middle with a quarter of the extent."""
    tree = {
        "lattice": {"shape": [4, 6, 4, 4], "group": "SU(3)"},
        "run": {"name": "r", "trajectories": 1, "initial": "instanton", "instanton_charge": -1, "seed": 1},
        "action": {"gauge": {"beta": 6.0}},
    }
    simulation, state = prepare(from_tree(tree))
    expected = links((4, 6, 4, 4), 1.0, (1.5, 2.5, 1.5, 1.5), -1, "SU(3)")
    np.testing.assert_array_equal(simulation.lattice.to_user(state.U), expected)


def test_embedded_in_the_first_two_colours():
    shape, centre = (4, 4, 4, 4), (1.5, 1.5, 1.5, 1.5)
    small, large = links(shape, 1.2, centre), links(shape, 1.2, centre, name="SU(4)")
    np.testing.assert_array_equal(large[..., :2, :2], small)
    np.testing.assert_array_equal(large[..., 2:, 2:], np.broadcast_to(np.eye(2), small.shape))
    assert not large[..., :2, 2:].any()
    assert not large[..., 2:, :2].any()


@pytest.mark.parametrize(
    ("shape", "name", "centre", "words"),
    [
        ((4, 4, 4), "SU(2)", (1.5, 1.5, 1.5), "in d = 3"),
        ((4, 4, 4, 4), "U(1)", (1.5, 1.5, 1.5, 1.5), r"not of U\(1\)"),
        ((4, 4, 4, 4), "SU(2)", (1.0, 2.0, 0.0, 3.0), "is a site"),
    ],
)
def test_refused(shape, name, centre, words):
    with pytest.raises(InputError, match=words):
        instanton(Lattice(shape), group(name), 1.0, centre)


def test_elementary_functions():
    theta = np.linspace(-7.0, 7.0, 1001)
    for found, expected in zip(module.circle(theta), (np.cos(theta), np.sin(theta)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=5e-15)
    half = np.concatenate([np.linspace(0.0, np.pi, 1001), [1e-12, np.pi - 1e-12]])
    found = module.angle(3.0 * np.cos(half), 3.0 * np.abs(np.sin(half)))
    np.testing.assert_allclose(found, half, rtol=0, atol=5e-15)


def along(extent, radius, kind, times):
    """Charge (5Li) and action over 8 pi^2 along a flow."""
    lattice = Lattice((extent,) * 4)
    U = instanton(lattice, SU2, radius, (extent / 2 - 0.5,) * 4)
    options = {"topological_charge": observable("topological_charge", {"definition": "5li"}, 4)}
    what = Measurements(lattice, SU2, options | {"energy": observable("energy", {}, 4)})
    for V in gradient_flow(lattice, FlowConfig(kind=kind, time=1.0, step=0.03)).states(U, times):
        found = what.measure(V, Stream(1, 1))
        action = lattice.volume * found["energy"]["energy_plaquette"] / (8.0 * np.pi**2)
        yield found["topological_charge"]["topological_charge"], action


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extent", "radius", "kind", "charges", "actions"),
    [
        (12, 3.0, "wilson", (1.0007, 0.9984, 0.9963), (1.161, 1.058, 1.020)),
        (8, 2.0, "iwasaki", (0.976, 0.980, 0.982), (1.112, 1.021, 1.018)),
        (8, 2.0, "wilson", (0.976, 0.937, 0.005), (1.112, 0.987, 0.176)),
    ],
)
def test_stays_along_the_flow(extent, radius, kind, charges, actions):
    """At t = 0, 1, 4. The Wilson action of small instantons falls with their radius: they shrink and vanish."""
    found = list(along(extent, radius, kind, [0.0, 1.0, 4.0]))
    np.testing.assert_allclose([charge for charge, _ in found], charges, rtol=0, atol=1e-3)
    np.testing.assert_allclose([action for _, action in found], actions, rtol=0, atol=1e-3)
