"""Observables of twisted lattices: loop by loop, the same wherever the corners lie, and what is refused."""

import numpy as np
import pytest
from builders import Place
from reference import samples
from reference import twist as reference
from reference.loops import transport
from reference.matrices import dagger, ta, trace

from lqcdnn.actions.base import gradient
from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.config import observable
from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT
from lqcdnn.config.tables.networks import LayerConfig, NetworkConfig
from lqcdnn.config.tables.smearings import SmearingConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.defect import Defect, DefectLoops
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.twist import Twist
from lqcdnn.measure.links import SmearedLinks
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.build import build_network
from lqcdnn.network.flow import velocity
from lqcdnn.network.layer import CovariantLayer

SHAPE, PLANES = (4, 2, 2, 4), ((0, 1, 1), (0, 3, 2), (2, 3, 1))
OPTIONS = {
    "plaquette": {},
    "rectangle": {},
    "wilson_loop": {"space": 2, "time": 3},
    "energy": {},
    "topological_charge": {"definition": "5li"},
    "charge_correlator": {"definition": "plaquette"},
    "plaquette_correlator": {},
    "histogram": {"bins": 8},
    "energy_momentum": {},
}


def measure(z, planes, options, n=3):
    """The numbers of observables on links in user layout."""
    lattice = Lattice(z.shape[1:-2], twist=Twist(n, planes) if planes else None)
    chosen = {name: observable(name, given, lattice.d) for name, given in options.items()}
    found = Measurements(lattice, group(f"SU({n})"), chosen).measure(lattice.from_links(z), Stream(1, 1))
    return {key: value for record in found.values() for key, value in record.items()}


@pytest.fixture(scope="module")
def links():
    return samples.links(np.random.default_rng(4), SHAPE, 3)


@pytest.fixture(scope="module")
def found(links):
    return measure(links, PLANES, OPTIONS)


def mean_of(z, paths):
    return reference.loop_sum(z, paths, PLANES) / (len(paths) * z.shape[-1] * np.prod(SHAPE))


def test_plaquettes_and_rectangles(links, found):
    plaquettes, rectangles = reference.plaquette_paths(4), reference.rectangle_paths(4)
    assert found["plaquette"] == pytest.approx(mean_of(links, plaquettes), abs=1e-14)
    assert found["plaquette_space"] == pytest.approx(mean_of(links, [p for p in plaquettes if 4 not in p]), abs=1e-14)
    assert found["rectangle"] == pytest.approx(mean_of(links, rectangles), abs=1e-14)
    assert found["rectangle_time"] == pytest.approx(mean_of(links, [p for p in rectangles if 4 in p]), abs=1e-14)
    plain = measure(links, (), {"plaquette": {}, "rectangle": {}})
    assert abs(plain["plaquette"] - found["plaquette"]) > 1e-3
    assert abs(plain["rectangle"] - found["rectangle"]) > 1e-3


def test_wilson_loops(links, found):
    for r, t in ((1, 1), (2, 1), (1, 3), (2, 3)):
        paths = [(a,) * r + (4,) * t + (-a,) * r + (-4,) * t for a in (1, 2, 3)]
        assert found["wilson_loop"][r - 1][t - 1] == pytest.approx(mean_of(links, paths), abs=1e-14)


def test_histogram_and_correlator_of_plaquettes(links, found):
    spread, slices = [], []
    for path in reference.plaquette_paths(4):
        values = (reference.phases(path, PLANES, 3, SHAPE) * trace(transport(links, path))).real / 3
        spread += values.ravel().tolist()
        if 4 not in path:
            slices.append(values.reshape(-1, SHAPE[3]).mean(axis=0))
    counts = np.histogram(spread, 8, (-1, 1))[0]
    np.testing.assert_allclose(found["histogram"], counts / len(spread), rtol=0, atol=1e-15)
    means = np.mean(slices, axis=0)
    expected = [np.mean(means * np.roll(means, -t)) for t in range(SHAPE[3])]
    np.testing.assert_allclose(found["plaquette_correlator"], expected, rtol=1e-12)


def test_clover_energy(links, found):
    """The four leaves of each site with their elements of the centre, counted one by one."""
    total = 0.0
    for mu in range(4):
        for nu in range(mu + 1, 4):
            a, b = mu + 1, nu + 1
            Q = 0.0
            for x, y in ((a, b), (b, -a), (-a, -b), (-b, a)):
                path = (x, y, -x, -y)
                z = reference.phases(path, PLANES, 3, SHAPE)[..., None, None]
                Q = Q + z * transport(links, path)
            F = ta(Q) / 4.0
            total -= trace(F @ F).real.mean()
    assert found["energy_clover"] == pytest.approx(total, rel=1e-12)
    n_planes = 6 * 3
    assert found["energy_plaquette"] == pytest.approx(2 * (n_planes - n_planes * found["plaquette"]), rel=1e-12)


@pytest.mark.parametrize("mu", [0, 2])
def test_corners_may_lie_anywhere(links, found, mu):
    """Translate the links; a sheet of links times a root of unity for each twisted plane puts the corners back."""
    moved = np.roll(links, 1, axis=1 + mu)
    for a, b, k in PLANES:
        nu, sign = (b, -1) if a == mu else (a, 1)
        if mu in (a, b):
            where = [slice(None)] * 4
            where[mu], where[nu] = 0, SHAPE[nu] - 1
            moved[(nu, *where)] *= np.exp(sign * 2j * np.pi * k / 3)
    again = measure(moved, PLANES, OPTIONS)
    for key, value in found.items():
        if key.startswith(("charge", "plaquette_c", "wilson_loop_s")) or isinstance(value, str | dict):
            continue
        np.testing.assert_allclose(again[key], value, rtol=0, atol=1e-11, err_msg=key)
    assert measure(np.roll(links, 1, axis=1 + mu), PLANES, OPTIONS)["plaquette"] != pytest.approx(found["plaquette"])


def test_charge_correlator_sums_to_the_square_of_the_charge(links, found):
    charge = measure(links, PLANES, {"topological_charge": {"definition": "plaquette"}})["topological_charge"]
    assert sum(found["charge_correlator"]) == pytest.approx(charge**2 / np.prod(SHAPE), rel=1e-12)


def test_twist_eaters_have_no_energy_and_are_left_by_the_flow():
    z = reference.twist_eater(3, [(0, 3)], (4, 2, 2, 4))
    options = {"plaquette": {}, "energy": {}, "topological_charge": {}, "flow": {"time": 0.5}, "wilson_loop": {}}
    found = measure(z, ((0, 3, 1),), options)
    assert found["plaquette"] == pytest.approx(1.0, abs=1e-14)
    assert abs(found["energy_clover"]) < 1e-28
    assert abs(found["topological_charge"]) < 1e-14
    assert np.abs(found["flow_t2E_plaquette"]).max() < 1e-13
    np.testing.assert_allclose(found["wilson_loop"], 1.0, rtol=0, atol=1e-14)
    assert measure(z, (), {"plaquette": {}})["plaquette"] < 0.99


@pytest.mark.parametrize("kind", ["wilson", "symanzik"])
def test_the_flow_follows_the_gradient_of_the_twisted_action(links, kind):
    """One small step of time: dU/dt = TA(U Sigma) U with the Sigma of the action of beta = N."""
    lattice = Lattice(SHAPE, twist=Twist(3, PLANES))
    U = lattice.from_links(links)
    Z = lattice.to_user(velocity(lattice, kind).exponents(U))
    action = GaugeAction(lattice, 3, 3.0, RECTANGLE_COEFFICIENT[kind])
    expected = ta(links @ lattice.to_user(gradient(action, U)))
    assert np.abs(Z - expected).max() < 1e-13
    assert np.abs(Z + dagger(Z)).max() < 1e-14


def test_what_is_refused():
    lattice = Lattice((4, 4, 4, 4), twist=Twist(2, ((0, 1, 1),)))
    su2 = group("SU(2)")
    for name, options in (("glueballs", {}), ("polyakov_correlator", {}), ("pion", {"mass": 0.1})):
        with pytest.raises(InputError, match=rf"observables\.{name}: given with \[lattice\.twist\]"):
            Measurements(lattice, su2, {name: observable(name, options, 4)})
    with pytest.raises(InputError, match=r"observables\.wilson_loop\.smearing"):
        Measurements(lattice, su2, {"wilson_loop": observable("wilson_loop", {"smearing": "ape"}, 4)})
    with pytest.raises(InputError, match=r"observables\.flow\.along"):
        Measurements(lattice, su2, {"flow": observable("flow", {"along": ["polyakov_correlator"]}, 4)})
    with pytest.raises(InputError, match="layers of a network know"):
        CovariantLayer(lattice, ("plaquette",))
    with pytest.raises(InputError, match="only gauge actions and adjoint quarks know"):
        Hamiltonian(lattice, su2, [Place("SU(2)", (4, 4, 4, 4)).staggered()])
    action, loops = GaugeAction(lattice, 2, 2.0), DefectLoops(Defect(lattice, 0, 2), ("plaquette",))
    with pytest.raises(InputError, match="loops through a defect know"):
        WeakenedGaugeAction(action, loops, 0.5)
    with pytest.raises(InputError, match="networks know of no twist"):
        build_network(lattice, NetworkConfig(layer=(LayerConfig(loops=("plaquette",)),)))
    with pytest.raises(InputError, match=r"smearing\.fat"):
        SmearedLinks("fat", SmearingConfig(), lattice)
