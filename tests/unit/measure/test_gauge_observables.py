"""Rectangles, Wilson loops, energy densities, histograms: numpy, exact values, invariance, links of observables."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from builders import Place, every_place, transformation
from reference import energy as energies
from reference import loops as reference
from reference import smearing
from reference.matrices import trace

from lqcdnn.config import from_tree, observable
from lqcdnn.config.check import measured_tables
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.wilson_loop import ape_smeared
from lqcdnn.measure.links import link_sources
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.build import build_network
from lqcdnn.network.flow import gradient_flow

NAMES = ("plaquette", "rectangle", "polyakov", "wilson_loop", "energy", "histogram", "flow")


def measure(place, U=None, links=None, **options):
    """The records of observables with their options, on the links of a place."""
    chosen = {name: observable(name, given, place.d) for name, given in options.items()}
    what = Measurements(place.lattice, place.group, chosen, links=links)
    return what.measure(place.U if U is None else U, Stream(1, 1))


@every_place
def test_rectangles(place):
    p = Place(*place)
    z, d, found = p.lattice.to_user(p.U), p.d, measure(p, rectangle={})["rectangle"]
    count = p.lattice.volume * p.n * d * (d - 1)
    assert found["rectangle"] == pytest.approx(reference.rectangle_sum(z) / count, abs=1e-13)
    time = [(a, d) for a in range(1, d)]
    sums = [
        trace(reference.transport(z, path)).real.mean()
        for a, b in time
        for path in ((a, a, b, -a, -a, -b), (a, b, b, -a, -b, -b))
    ]
    assert found["rectangle_time"] == pytest.approx(np.mean(sums) / p.n, abs=1e-13)
    if d == 2:
        assert found["rectangle_space"] is None
    else:
        planes = d * (d - 1) / 2
        mean = (found["rectangle_space"] * (planes - d + 1) + found["rectangle_time"] * (d - 1)) / planes
        assert mean == pytest.approx(found["rectangle"], abs=1e-14)


@every_place
def test_wilson_loops(place):
    """Up to the whole lattice, where they are products of winding lines."""
    p = Place(*place)
    space, time = min(p.lattice.shape[:-1]), p.lattice.shape[-1]
    found = measure(p, wilson_loop={"space": space, "time": time}, plaquette={})
    z, table = p.lattice.to_user(p.U), found["wilson_loop"]["wilson_loop"]
    expected = [[reference.wilson_loop(z, r, t) for t in range(1, time + 1)] for r in range(1, space + 1)]
    np.testing.assert_allclose(table, expected, rtol=0, atol=1e-13)
    assert table[0][0] == pytest.approx(found["plaquette"]["plaquette_time"], abs=1e-14)
    assert found["wilson_loop"]["wilson_loop_smearing"] == "none"


def test_wilson_loops_of_space():
    p = Place("SU(2)", (2, 4, 2, 4))
    found = measure(p, wilson_loop={"space": 2, "spatial": True}, plaquette={})
    z, table = p.lattice.to_user(p.U), found["wilson_loop"]["wilson_loop_space"]
    expected = [[reference.space_loop(z, r, s) for s in (1, 2)] for r in (1, 2)]
    np.testing.assert_allclose(table, expected, rtol=0, atol=1e-13)
    assert table[0][0] == pytest.approx(found["plaquette"]["plaquette_space"], abs=1e-14)


def test_wilson_loops_of_a_constant_field():
    """2-d U(1) with flux q through the torus: W(R, T) = cos(2 pi q R T / V), an area law without fluctuations."""
    shape, q = (8, 8), 2
    flux = 2 * np.pi * q / 64
    x, t = np.indices(shape)
    angles = np.zeros((2, *shape))
    angles[1] = flux * x
    angles[0, -1] = -flux * shape[0] * t[-1]
    p = Place("U(1)", shape)
    U = p.lattice.from_links(np.exp(1j * angles)[..., None, None])
    table = measure(p, U, wilson_loop={"space": 3, "time": 4})["wilson_loop"]["wilson_loop"]
    area = np.outer(np.arange(1, 4), np.arange(1, 5))
    np.testing.assert_allclose(table, np.cos(flux * area), rtol=0, atol=1e-14)


@pytest.mark.parametrize("place", [("U(1)", (2, 4, 8)), ("SU(2)", (4, 8, 4)), ("SU(3)", (2, 4, 2, 2))], ids=str)
def test_ape_smearing(place):
    p = Place(*place)
    U, z = p.U, p.lattice.to_user(p.U)
    for _ in range(2):
        U, z = ape_smeared(p.lattice, U, p.group, 0.6), smearing.ape(z, 0.6)
    np.testing.assert_allclose(p.lattice.to_user(U), z, rtol=0, atol=1e-11)
    covariant = ape_smeared(p.lattice, transformation(p)[1](p.U), p.group, 0.6)["c"]
    np.testing.assert_allclose(
        covariant, transformation(p)[1](ape_smeared(p.lattice, p.U, p.group, 0.6))["c"], rtol=0, atol=1e-12
    )
    found = measure(p, wilson_loop={"smearing": "ape", "steps": 2, "alpha": 0.6})["wilson_loop"]
    assert found["wilson_loop"][0][0] == pytest.approx(reference.wilson_loop(z, 1, 1), abs=1e-11)
    assert found["wilson_loop_smearing"] == {"kind": "ape", "steps": 2, "alpha": 0.6}


def test_ape_smearing_of_a_singular_sum_stops():
    """U(1) with links x of -1 where y = 0 and 1 where y = 1: a link is minus its staples."""
    p = Place("U(1)", (2, 2, 8))
    z = np.ones((3, 2, 2, 8, 1, 1), dtype=complex)
    z[0, :, 0] = -1.0
    with pytest.raises(NumericalError, match="singular"):
        ape_smeared(p.lattice, p.lattice.from_links(z), p.group, 0.5)


@every_place
def test_energies(place):
    p = Place(*place)
    z, found = p.lattice.to_user(p.U), measure(p, energy={})["energy"]
    time = [plane for plane in reference.planes(p.d) if p.d - 1 in plane]
    assert found["energy_clover"] == pytest.approx(energies.clover_energy(z), rel=1e-12)
    assert found["energy_clover_time"] == pytest.approx(energies.clover_energy(z, time), rel=1e-12)
    assert found["energy_plaquette"] == pytest.approx(energies.plaquette_energy(z), rel=1e-12)
    if p.d == 2:
        assert found["energy_clover_space"] is None
    else:
        total = found["energy_clover_space"] + found["energy_clover_time"]
        assert total == pytest.approx(found["energy_clover"], rel=1e-14)


@pytest.mark.parametrize("name", ["U(1)", "SU(2)"])
def test_energies_of_a_weak_constant_field(name):
    """E = F^2/2 for the field F of one generator, tr T^2 = 1/2 (U(1): T = 1), up to F^4."""
    shape, q = (4, 12, 12), 1
    F = 2 * np.pi * q / 144
    _y, x, t = np.indices(shape)
    angles = np.zeros((3, *shape))
    angles[2] = F * x
    angles[1, :, -1] = -F * 12 * t[:, -1]
    p = Place(name, shape)
    z = np.exp(1j * angles)[..., None, None]
    if name == "SU(2)":
        F, diagonal = 2 * F, np.zeros((*z.shape[:-2], 2, 2), dtype=complex)  # exp(i angle sigma_3) = exp(2i angle T)
        diagonal[..., 0, 0], diagonal[..., 1, 1] = z[..., 0, 0], z[..., 0, 0].conj()
        z = diagonal
    found = measure(p, p.lattice.from_links(z), energy={})["energy"]
    for key in ("energy_clover", "energy_plaquette"):
        assert found[key] == pytest.approx(F**2 / 2, rel=1e-3)


@every_place
def test_histogram(place):
    p = Place(*place)
    found = measure(p, histogram={"bins": 7}, plaquette={})
    z = p.lattice.to_user(p.U)
    values = [trace(reference.plaquette(z, mu, nu)).real.ravel() / p.n for mu, nu in reference.planes(p.d)]
    expected, _edges = np.histogram(np.concatenate(values), 7, (-1.0, 1.0))
    np.testing.assert_allclose(found["histogram"]["histogram"], expected / expected.sum(), rtol=0, atol=1e-15)


def test_cold_lattice():
    p = Place("SU(3)", (2, 2, 2, 4))
    options = {"rectangle": {}, "wilson_loop": {}, "energy": {}, "histogram": {"bins": 3}, "flow": {}}
    found = measure(p, cold(p.lattice, p.group), **options)
    assert found["rectangle"]["rectangle"] == 1.0
    assert found["wilson_loop"]["wilson_loop"] == [[1.0, 1.0]]
    assert found["energy"]["energy_plaquette"] == found["energy"]["energy_clover"] == 0.0
    assert found["histogram"]["histogram"] == [0.0, 0.0, 1.0]
    assert found["flow"]["flow_t2E_clover"] == [0.0] * 11


@every_place
def test_gauge_invariance(place):
    p = Place(*place)
    smeared = {} if p.d == 2 else {"smearing": "ape", "steps": 1}
    options = {name: {} for name in NAMES} | {"wilson_loop": smeared, "flow": {"time": 0.1, "interval": 0.05}}
    before, after = measure(p, **options), measure(p, transformation(p)[1](p.U), **options)
    for name in set(NAMES) - {"histogram"}:
        for key, value in before[name].items():
            if key not in ("wilson_loop_smearing", "flow_options") and value is not None:
                np.testing.assert_allclose(after[name][key], value, rtol=1e-12, atol=1e-12, err_msg=key)


def test_polyakov_modulus():
    p = Place("SU(3)", (2, 2, 2, 4))
    found = measure(p, polyakov={})["polyakov"]
    assert found["polyakov_modulus"] == pytest.approx(abs(complex(*found["polyakov"])), rel=1e-14)
    assert found["polyakov_square"] == pytest.approx(found["polyakov_modulus"] ** 2, rel=1e-14)


TABLES = measured_tables(
    {
        "network": {"stout": {"layer": [{"loops": ["plaquette"], "initial": 0.1}] * 2}},
        "flow": {"smooth": {"time": 0.15, "step": 0.05}},
    }
)


def sources(place):
    networks = {name: build_network(place.lattice, options) for name, options in TABLES.network.items()}
    return link_sources(place.lattice, networks, TABLES.flow, TABLES.smearing)


def test_links_of_observables():
    """Smeared and flowed links for any observable, each made once for a configuration."""
    p = Place("SU(2)", (4, 2, 2, 4))
    maps = sources(p)
    calls = []
    for name, one in maps.items():
        apply = one.apply
        object.__setattr__(one, "apply", lambda *given, name=name, apply=apply: (calls.append(name), apply(*given))[1])
    options = {"plaquette": {"links": "stout"}, "polyakov": {"links": "smooth"}, "energy": {"links": "smooth"}}
    before = p.U.copy()
    found = measure(p, links=maps, rectangle={}, **options)
    assert calls == ["stout", "smooth"]
    np.testing.assert_array_equal(p.U["c"], before["c"])
    stout = build_network(p.lattice, TABLES.network["stout"]).forward(p.U)[0]
    flowed = next(gradient_flow(p.lattice, TABLES.flow["smooth"]).states(p.U, [0.15]))
    thin = measure(p, rectangle={})
    assert found["rectangle"] == thin["rectangle"]
    for name, U in (("plaquette", stout), ("polyakov", flowed), ("energy", flowed)):
        expected = measure(p, U, **{name: {}})[name]
        assert {key: found[name][key] for key in expected} == expected
        assert set(found[name]) == {*expected, f"{name}_links"}
    layer = {"loops": ["plaquette"], "sharing": "shared", "weights": [0.1]}
    assert found["plaquette"]["plaquette_links"] == {"network": "stout", "layers": [layer, layer]}
    expected = {"flow": "smooth", "kind": "wilson", "integrator": "rk3", "step": 0.05, "time": 0.15}
    assert found["energy"]["energy_links"] == expected


def test_links_that_are_not_there():
    p = Place("SU(2)", (2, 2))
    words = r'observables.plaquette.links: no network, flow, smearing or projection "stuot".*mean "stout"'
    with pytest.raises(InputError, match=words):
        measure(p, links=sources(p), plaquette={"links": "stuot"})


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((4, 4), {"smearing": "ape"}, '"none" in d = 2'),
        ((4, 2, 4), {"space": 3}, "wilson_loop.space: found 3; allowed: at most 2"),
        ((4, 2, 4), {"time": 5}, "at most 4"),
    ],
)
def test_loops_that_do_not_exist(shape, options, words):
    lattice = Lattice(shape)
    with pytest.raises(InputError, match=words):
        Measurements(lattice, group("SU(2)"), {"wilson_loop": observable("wilson_loop", options, len(shape))})


PURE = {
    "lattice": {"shape": [4, 4], "group": "SU(2)"},
    "run": {"name": "r", "trajectories": 1},
    "action": {"gauge": {"beta": 2.0}},
}


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"observables": {"plaquette": {"links": "x"}}}, r'or projection "x"; allowed: "thin"; .* \[flow.x\]'),
        ({"flow": {"thin": {"time": 1.0}}}, "not a name for a flow"),
        ({"flow": {"a": {"time": 0.0}}}, "flow.a.time: found 0"),
        ({"flow": {"a": {}}}, "flow.a.time: missing"),
        (
            {"flow": {"a": {"time": 1.0}}, "network": {"a": {"layer": [{"loops": ["plaquette"]}]}}},
            "there is also a network.a",
        ),
        ({"observables": {"wilson_loop": {"smearing": "ape"}}}, '"none" in d = 2'),
        ({"observables": {"wilson_loop": {"time": 5}}}, "at most 4"),
        ({"observables": {"flow": {"interval": 0.3}}}, "a fraction of observables.flow.time"),
        ({"observables": {"flow": {"tolerance": 1e-5}}}, 'belongs to integrator = "adaptive"'),
        ({"observables": {"histogram": {"bins": 0}}}, "bins: found 0"),
    ],
)
def test_rules(tables, words):
    with pytest.raises(InputError, match=words):
        from_tree(PURE | tables)


def test_rules_that_hold():
    tables = {"flow": {"a": {"time": 1.0}}, "observables": {"plaquette": {"links": "a"}, "wilson_loop": {"time": 4}}}
    config = from_tree(PURE | tables)
    assert config.flow["a"].kind == "wilson"
    assert config.observables["plaquette"].links == "a"


SCRIPT = """
import json
from lqcdnn import measure_configuration
options = {"wilson_loop": {"smearing": "ape", "steps": 3}, "energy": {}, "rectangle": {}, "histogram": {},
           "flow": {"time": 0.2, "integrator": "adaptive", "kind": "zeuthen", "along": ["energy_momentum"]},
           "polyakov": {"links": "s"}, "plaquette": {"links": "n"}, "polyakov_correlator": {"directions": "all"},
           "charge_correlator": {}, "plaquette_correlator": {}, "energy_momentum": {"slices": True},
           "glueballs": {"channels": ["A1++", "T1+-"]}}
tables = {"flow": {"s": {"time": 0.1}}, "network": {"n": {"layer": [{"loops": ["plaquette"], "initial": 0.1}]}}}
print(json.dumps(measure_configuration(FILE, list(options), options, tables=tables)))
"""


@pytest.mark.slow
def test_same_bits_for_any_number_of_threads():
    script = SCRIPT.replace("FILE", repr(str(Path(__file__).parents[2] / "data" / "oqcd_ym_b6.0_8x444n1")))
    found = []
    for threads in (1, 2, 3):
        env = {**os.environ, "LQCDNN_THREADS": str(threads)}
        done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    assert found[0] == found[1] == found[2]
