"""Correlators of Polyakov loops, of the topological charge density and of plaquettes: numpy, sums, symmetries."""

import numpy as np
import pytest
from builders import PLACES, Place, transformation
from reference import correlators, loops, smearing, topology
from reference.matrices import trace

from lqcdnn.config import observable
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold, twisted
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.topological_charge import LOOPS
from lqcdnn.measure.runner import Measurements

PLANE, BOX = ("U(1)", (4, 8)), ("SU(2)", (2, 4, 2, 4))


def measure(p, U=None, **tables):
    """The numbers of tables of observables by name, without what they depend on."""
    made = Measurements(p.lattice, p.group, {name: observable(name, given, p.d) for name, given in tables.items()})
    found = made.measure(p.U if U is None else U, Stream(1, 1))
    return {key: value for record in found.values() for key, value in record.items() if not key.endswith("_options")}


def check_polyakov(p):
    z, space = p.lattice.to_user(p.U), p.lattice.shape[:-1]
    P, far = correlators.polyakov_loops(z), sum((n // 2) ** 2 for n in space) ** 0.5
    for directions, longest in (("axes", min(space) / 2), ("all", far)):
        found = measure(p, polyakov_correlator={"directions": directions, "distance": longest}, polyakov={})
        expected = correlators.by_distance(P, longest, directions == "axes")
        np.testing.assert_allclose(np.square(found["polyakov_correlator_distances"]), list(expected), rtol=1e-15)
        np.testing.assert_allclose(found["polyakov_correlator"], list(expected.values()), rtol=0, atol=1e-14)
    assert found["polyakov_correlator"][0] == pytest.approx(np.mean(abs(P) ** 2), abs=1e-14)
    every = correlators.by_distance(np.ones(space), far, False)
    assert len(every) == len(found["polyakov_correlator"])


@pytest.mark.parametrize("place", [PLANE, BOX], ids=str)
def test_polyakov_correlator(place):
    check_polyakov(Place(*place))


@pytest.mark.slow
@pytest.mark.parametrize("place", [*PLACES, ("SU(3)", (3, 2, 5, 3)), ("SU(3)", (6, 4, 4, 2))], ids=str)
def test_polyakov_correlator_elsewhere(place):
    check_polyakov(Place(*place))


def test_default_distance_is_half_the_smallest_extent_of_space():
    p = Place("U(1)", (6, 5, 2))
    found = measure(p, polyakov_correlator={}, far_polyakov_correlator={"directions": "all"})
    assert found["polyakov_correlator_distances"] == [0.0, 1.0, 2.0]
    squares = np.square(found["far_polyakov_correlator_distances"])
    np.testing.assert_allclose(squares, [0, 1, 2, 4, 5], rtol=1e-15)


def test_all_displacements_add_up_to_the_mean_loop():
    """Two-dimensional: of a ring of 4 sites the displacements are 0, +-1, 2."""
    found = measure(Place(*PLANE), polyakov_correlator={}, polyakov={})
    total = np.dot([1, 2, 1], found["polyakov_correlator"])
    assert total == pytest.approx(4 * found["polyakov_square"], abs=1e-14)


def test_centre_and_cold_lattice():
    """Every loop is 1, or -1: correlators do not see the centre, plaquettes do not either."""
    lattice, su2 = Lattice((4, 2, 2, 4)), group("SU(2)")
    options = {"polyakov_correlator": {}, "plaquette_correlator": {}, "charge_correlator": {}}
    p = Place("SU(2)", (4, 2, 2, 4))
    for start in (cold, twisted):
        found = measure(p, start(lattice, su2), **options)
        np.testing.assert_allclose(found["polyakov_correlator"], 1.0, rtol=1e-15)
        assert found["plaquette_correlator"] == [1.0] * 4
        assert found["charge_correlator"] == [0.0] * 4
    U = p.lattice.to_user(p.U)
    U[-1, :, :, :, 1] *= -1.0  # all loops around time
    before, after = measure(p, **options), measure(p, p.lattice.from_links(U), **options)
    np.testing.assert_allclose(after["polyakov_correlator"], before["polyakov_correlator"], rtol=0, atol=1e-16)


def densities(p, definition):
    """q(n) by numpy."""
    z = p.lattice.to_user(p.U)
    if definition == "geometric":
        return np.angle(trace(loops.plaquette(z, 0, 1))) / (2 * np.pi)
    corners = 1 if definition == "plaquette" else 4
    return sum(c * topology.loop_density(z, sides, corners) for sides, c in LOOPS[definition].items())


def check_charge(p, definition):
    q, volume = densities(p, definition), p.lattice.volume
    option = {"definition": definition}
    far = {**option, "separation": "distance", "distance": 2.0}
    found = measure(p, topological_charge=option, charge_correlator=option, far_charge_correlator=far)
    slices, T = q.reshape(-1, q.shape[-1]).sum(axis=0), q.shape[-1]
    expected = np.array(correlators.in_time(slices)) * T / volume
    np.testing.assert_allclose(found["charge_correlator"], expected, rtol=0, atol=1e-15)
    assert sum(found["charge_correlator"]) == pytest.approx(found["topological_susceptibility"], abs=1e-15)
    expected = correlators.by_distance(q, 2.0, False)
    np.testing.assert_allclose(np.square(found["far_charge_correlator_distances"]), list(expected), rtol=1e-15)
    np.testing.assert_allclose(found["far_charge_correlator"], list(expected.values()), rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("place", "definition"), [(PLANE, "geometric"), (BOX, "improved"), (BOX, "plaquette")], ids=str
)
def test_charge_correlator(place, definition):
    check_charge(Place(*place), definition)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["U(1)", "SU(2)", "SU(3)", "SU(4)"])
@pytest.mark.parametrize("definition", LOOPS)
def test_charge_correlator_of_every_group(name, definition):
    check_charge(Place(name, (4, 2, 3, 4)), definition)


def check_plaquettes(p, z, **options):
    planes = [plane for plane in loops.planes(p.d) if p.d - 1 not in plane]
    values = sum(trace(loops.plaquette(z, *plane)).real for plane in planes) / (len(planes) * p.n)
    slices = values.reshape(-1, p.lattice.shape[-1]).mean(axis=0)
    found = measure(p, plaquette_correlator=options)
    np.testing.assert_allclose(found["plaquette_correlator"], correlators.in_time(slices), rtol=0, atol=1e-13)
    assert found["plaquette_correlator_vacuum"] == pytest.approx(slices.mean(), abs=1e-14)


def test_plaquette_correlator():
    p = Place(*BOX)
    check_plaquettes(p, p.lattice.to_user(p.U))
    vacuum = measure(p, plaquette={}, plaquette_correlator={})
    assert vacuum["plaquette_correlator_vacuum"] == pytest.approx(vacuum["plaquette_space"], abs=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("place", [("U(1)", (4, 4, 2)), ("SU(2)", (4, 2, 4)), ("SU(3)", (2, 4, 2, 2))], ids=str)
def test_plaquette_correlator_on_smeared_links(place):
    p = Place(*place)
    z = smearing.ape(smearing.ape(p.lattice.to_user(p.U), 0.6), 0.6)
    check_plaquettes(p, z, smearing="ape", steps=2, alpha=0.6)


EVERY = {
    "polyakov_correlator": {"directions": "all"},
    "charge_correlator": {},
    "far_charge_correlator": {"separation": "distance"},
    "plaquette_correlator": {},
}


def check_symmetries(p):
    """The same numbers after a gauge transformation and in any other place."""
    absent = {2: "plaquette" if p.n == 1 else "plaquette charge", 3: "charge", 4: ""}[p.d].split()
    tables = {name: given for name, given in EVERY.items() if not any(word in name for word in absent)}
    before = measure(p, **tables)
    z = np.roll(p.lattice.to_user(p.U), range(1, p.d + 1), axis=range(1, p.d + 1))
    for U in (transformation(p)[1](p.U), p.lattice.from_links(z)):
        after = measure(p, U, **tables)
        for key, value in before.items():
            np.testing.assert_allclose(after[key], value, rtol=0, atol=1e-14, err_msg=key)


def test_symmetries():
    check_symmetries(Place(*BOX))
    check_symmetries(Place(*PLANE))


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_symmetries_of_every_group(place):
    check_symmetries(Place(*place))


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_every_block_width(width):
    p, narrow = Place("SU(2)", (4, 4, 2, 4)), Lattice((4, 4, 2, 4), width=width)
    U, expected = narrow.from_links(p.lattice.to_user(p.U)), measure(p, **EVERY)
    p.lattice = narrow
    for key, value in measure(p, U, **EVERY).items():
        np.testing.assert_allclose(value, expected[key], rtol=0, atol=1e-15, err_msg=key)


@pytest.mark.parametrize(
    ("shape", "of", "name", "options", "words"),
    [
        ((6, 4, 8), "SU(2)", "polyakov_correlator", {"distance": 2.5}, "distance: found 2.5; allowed: at most 2, half"),
        ((6, 4, 8), "SU(2)", "polyakov_correlator", {"directions": "all", "distance": 3.7}, "at most 3.60555"),
        ((4, 4, 4), "SU(2)", "charge_correlator", {}, "\n  observables.charge_correlator: no topological charge"),
        ((4, 4), "SU(2)", "charge_correlator", {}, r"for SU\(2\) in d = 2"),
        ((4, 4), "U(1)", "charge_correlator", {"definition": "clover"}, 'charge_correlator.definition: found "clover"'),
        ((4, 4), "U(1)", "charge_correlator", {"separation": "distance", "distance": 3.0}, "at most 2.82843"),
        ((4, 4), "U(1)", "charge_correlator", {"distance": 1.0}, 'belongs to separation = "distance"'),
        ((4, 4), "U(1)", "plaquette_correlator", {}, "no plaquettes of space in d = 2"),
        ((4, 4, 4), "SU(2)", "flow", {"along": ["charge_correlator"]}, 'flow.along: found "charge_correlator": no t'),
    ],
)
def test_refused_where_it_has_no_meaning(shape, of, name, options, words):
    with pytest.raises(InputError, match=words):
        Measurements(Lattice(shape), group(of), {name: observable(name, options, len(shape))})
