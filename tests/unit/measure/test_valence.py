"""Observables of valence quarks and of any fermion of the action, several tables of an observable."""

from pathlib import Path

import numpy as np
import pytest
from input_head import head
from reference import domainwall, samples, staggered
from reference import wilson as reference

import lqcdnn
from lqcdnn.config import load_text
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import measurements

DATA = Path(__file__).parents[2] / "data"
RUN = head([4, 8], "U(1)", 1.0)
KEYS = {
    "staggered": 'kind = "staggered"\nflavors = 2\nmass = 0.2\n',
    "wilson": 'kind = "wilson"\nflavors = 2\nmass = 0.2\ncsw = 1.0\n',
    "domain_wall": 'kind = "domain_wall"\nflavors = 2\nmass = 0.2\nM5 = 0.9\nL5 = 4\nb5 = 1.5\nc5 = 0.5\n',
}
EVERY = {
    "condensate": 'method = "noise"\nvectors = 2\n',
    "pion": "",
    "mesons": "",
    "eigenvalues": "number = 3\n",
    "spectral_density": "bins = 2\ndegree = 10\nvectors = 1\n",
    "quark_number": 'method = "noise"\nvectors = 2\n',
    "quark_loops": "vectors = 2\n",
}
NOT_OF_WALLS = ("spectral_density", "quark_number")
OPERATORS = {"staggered": {}, "wilson": {"csw": 1.0}, "domain_wall": {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}}


@pytest.fixture
def links():
    return samples.links(np.random.default_rng(5), (4, 8), 1)


def measured(text, links):
    lattice = Lattice(links.shape[1:-2])
    return measurements(load_text(text)).measure(lattice.from_links(links), Stream(7, 2))


@pytest.mark.parametrize("kind", KEYS)
def test_a_valence_quark_gives_the_numbers_of_the_same_fermion_of_the_action(kind, links):
    names = [name for name in EVERY if kind != "domain_wall" or name not in NOT_OF_WALLS]
    action = RUN + "[[action.fermion]]\n" + KEYS[kind]
    other = RUN + '[[action.fermion]]\nkind = "staggered"\nflavors = 2\nmass = 0.9\n'
    valence = other + "[valence.light]\n" + KEYS[kind]
    second = other + "[[action.fermion]]\n" + KEYS[kind]
    quenched = RUN + "[valence.light]\n" + KEYS[kind]
    plain = "".join(f"[observables.{name}]\n{EVERY[name]}" for name in names)
    by_name, by_number = (plain.replace("]\n", f"]\nfermion = '{word}'\n") for word in ("light", "2"))
    expected = measured(action + plain, links)
    assert not any(key.endswith("_quark") for record in expected.values() for key in record)
    for text, word in ((valence + by_name, "light"), (second + by_number, "2"), (quenched + plain, "light")):
        found = measured(text, links)
        for name in names:
            assert found[name].pop(f"{name}_quark") == {"fermion": word, "kind": kind} | OPERATORS[kind]
        assert found == expected


def test_the_strange_condensate_of_two_light_quarks_and_one_strange(links):
    fermion = '[[action.fermion]]\nkind = "staggered"\n'
    text = RUN + f"{fermion}flavors = 2\nmass = 0.1\n{fermion}flavors = 1\nmass = 0.5\n"
    found = measured(text + '[observables.condensate]\n[observables.strange_condensate]\nfermion = "2"\n', links)
    D = staggered.dense_hop(links, (1, -1))
    for name, mass, flavors in (("condensate", 0.1, 2), ("strange_condensate", 0.5, 1)):
        trace = np.trace(np.linalg.inv(D + mass * np.eye(len(D)))).real
        assert found[name][name] == pytest.approx(flavors / 2 * trace / 32, rel=1e-10)
    strange = found["strange_condensate"]
    assert strange["strange_condensate_square"] == strange["strange_condensate"] ** 2
    assert strange["strange_condensate_quark"] == {"fermion": "2", "kind": "staggered"}
    assert (found["condensate"]["mass"], found["condensate"]["flavors"]) == (0.1, 2)
    options = strange["strange_condensate_options"]
    assert (options["mass"], options["flavors"], options["method"]) == (0.5, 1, "exact")


def test_reweighting_of_the_second_fermion(links):
    fermion = '[[action.fermion]]\nkind = "staggered"\n'
    text = RUN + f"{fermion}flavors = 2\nmass = 0.1\n{fermion}flavors = 1\nmass = 0.5\n"
    found = measured(text + '[observables.reweighting]\nfermion = "2"\nmasses = [0.4]\nmethod = "exact"\n', links)
    D = staggered.dense_hop(links, (1, -1))
    old, new = (np.linalg.slogdet(D + mass * np.eye(len(D)))[1] for mass in (0.5, 0.4))
    assert found["reweighting"]["reweighting"] == pytest.approx([0.5 * (new - old)], rel=1e-9)


def test_quenched_wilson_mesons_against_a_dense_propagator(links):
    text = RUN + '[valence.light]\nkind = "wilson"\nmass = 0.3\n'
    found = measured(text + "[observables.mesons]\n[observables.heavy_pion]\nmass = 1.0\n", links)
    for name, key, mass in (("mesons", "meson_pseudoscalar", 0.3), ("heavy_pion", "heavy_pion", 1.0)):
        S = np.linalg.inv(domainwall.wilson(links, (1, -1), mass))
        expected = (np.abs(S[:, :2]) ** 2).sum(axis=1).reshape(4, 8, 2).sum(axis=(0, 2))
        np.testing.assert_allclose(found[name][key], expected, rtol=1e-8)


def test_mesons_of_two_quarks_that_differ_in_the_weights_of_their_hops(links):
    """Weights of hops belong to what a quark is: another nu is another quark, and a series records it."""
    quark = '[valence.{}]\nkind = "wilson"\nmass = 0.3\nanisotropy = 2.0\nnu = {}\n'
    text = RUN + quark.format("one", 1.0) + quark.format("other", 1.6)
    found = measured(text + '[observables.mesons]\nfermion = "one"\nantiquark = "other"\n', links)["mesons"]
    S = []
    for weight in (0.5, 0.8):
        H = reference.hopping_matrix(links * np.reshape((weight, 1.0), (2, 1, 1, 1, 1)), (1, -1))
        S.append(np.linalg.inv((0.3 + weight + 1.0) * np.eye(len(H)) - 0.5 * H)[:, :2])
    expected = (S[0] * S[1].conj()).sum(axis=1).real.reshape(4, 8, 2).sum(axis=(0, 2))
    np.testing.assert_allclose(found["meson_pseudoscalar"], expected, rtol=1e-8)
    assert found["mesons_quark"] == {"fermion": "one", "kind": "wilson", "anisotropy": 2.0, "nu": 1.0, "csw": 0.0}
    assert found["meson_options"]["antiquark"]["nu"] == 1.6


def test_quenched_wilson_and_clover_pions_against_milc():
    """The numbers of tests/physics/test_mesons.py, of propagators in the kappa form, from a table of a quark alone."""
    for csw, expected in ((0.0, (14.52166, 0.6683731, 0.1214074)), (1.0, (15.33816, 0.778007, 0.1603806))):
        quark = {"kind": "wilson", "kappa": 0.12, "csw": csw}
        tables = {"valence": {"light": quark}}
        found = lqcdnn.measure_configuration(str(DATA / "pg_b5.7_4444.milc"), ["mesons"], tables=tables)
        np.testing.assert_allclose(np.array(found["meson_pseudoscalar"])[:3] / 0.24**2, expected, rtol=5e-7)
        assert found["mesons_quark"] == {"fermion": "light", "kind": "wilson", "csw": csw}


def test_tables_with_a_prefix_have_noise_of_their_own_and_others_that_of_the_trajectory(links):
    fermion = RUN + "[[action.fermion]]\n" + KEYS["staggered"]
    noise = EVERY["condensate"].replace("vectors = 2", "vectors = 8")
    tables = [f"[observables.{name}]\n{noise}" for name in ("condensate", "a_condensate", "b_condensate")]
    alone = [measured(fermion + table, links) for table in tables]
    found = measured(fermion + "".join(tables), links)
    assert found == alone[0] | alone[1] | alone[2]  # no table changes the numbers of another
    values = [found[f"{prefix}condensate"][f"{prefix}condensate"] for prefix in ("", "a_", "b_")]
    assert len(set(values)) == 3
    errors = [found[f"{prefix}condensate"][f"{prefix}condensate_error"] for prefix in ("", "a_", "b_")]
    assert max(values) - min(values) < 5.0 * max(errors)


@pytest.mark.parametrize(
    ("kind", "options", "number"),
    [
        ("condensate", 'method = "noise"\nvectors = 2\n', "condensate"),
        ("mesons", 'source = "noise_wall"\n', "meson_vector"),
        ("spectral_density", "bins = 2\ndegree = 10\nvectors = 1\n", "mode_number"),
    ],
)
def test_common_noise_is_that_of_the_table_without_a_prefix(links, kind, options, number):
    tables = "".join(
        f"[observables.{prefix}{kind}]\n{options}{more}"
        for prefix, more in (("", ""), ("a_", "common_noise = true\n"), ("b_", "common_noise = false\n"))
    )
    found = measured(RUN + "[[action.fermion]]\n" + KEYS["wilson"] + tables, links)
    plain, common, own = (found[f"{prefix}{kind}"] for prefix in ("", "a_", "b_"))
    assert plain[number] == common[f"a_{number}"]
    assert plain[number] != own[f"b_{number}"]
    assert common[f"a_{kind}_options"].pop("common_noise") is True
    assert common[f"a_{kind}_options"] == own[f"b_{kind}_options"]  # absent and false are the same
    assert not any("common_noise" in str(key) for key in plain)


def test_noise_of_a_name_is_independent_of_the_seed_itself_and_of_other_names():
    streams = [Stream(seed, 3) for seed in (1, 2)]
    seeds = {one.named(name).seed for one in streams for name in ("a_condensate", "b_condensate")}
    assert len(seeds | {1, 2}) == 6
    assert Stream(1, 3).named("a_condensate") == Stream(16376954836968634753, 3)  # of runs that exist


def test_numbers_of_a_prefixed_table_and_its_lists():
    links = samples.links(np.random.default_rng(1), (4, 8), 1)
    text = RUN + "[flow.smooth]\ntime = 0.1\n[observables.a_flow]\ntime = 0.2\nalong = ['plaquette']\n"
    found = measured(text + "[observables.b_polyakov]\nlinks = 'smooth'\n", links)
    assert found["a_flow"]["a_flow_time"] == [0.0, 0.1, 0.2]
    assert len(found["a_flow"]["a_flow_plaquette"]) == 3
    assert found["a_flow"]["a_flow_options"]["flow_options"]["interval"] == 0.1
    assert found["b_polyakov"]["b_polyakov_links"]["flow"] == "smooth"
    assert "b_polyakov_trace" in found["b_polyakov"]


@pytest.mark.parametrize(
    ("valence", "options", "words"),
    [
        ({"light": {"kind": "wilson"}}, {}, "valence.light.mass: missing"),
        ({"light": {"kind": "wilson", "kappa": -1}}, {}, "valence.light.kappa: found -1"),
        ({"light": {"kind": "domain_wall", "mass": 0.1, "L5": 4}}, {}, "valence.light.M5: missing"),
        ({"light": 3}, {}, r"valence.light: found 3; allowed: a table \[valence.light\]"),
        ({"a": {"kind": "wilson", "mass": 1.0}, "b": {"kind": "wilson", "mass": 1.0}}, {}, 'missing.*"a", "b"'),
        ({"a": {"kind": "wilson", "mass": 1.0}}, {"fermion": "b"}, 'no fermion "b"; allowed: "a"'),
        ({"a": {"kind": "staggered", "mass": 1.0}}, {"mass": -1.0}, "mesons.mass: found -1.0 with staggered"),
    ],
)
def test_refused_outside_an_input(valence, options, words):
    links = samples.links(np.random.default_rng(5), (4, 8), 1)
    with pytest.raises(InputError, match=words):
        lqcdnn.measure_configuration(links, ["mesons"], {"mesons": options}, tables={"valence": valence})


@pytest.mark.parametrize(
    ("options", "tables", "said"),
    [
        ({}, {"flw": {}}, "unknown table 'flw'; allowed: lattice, valence, photons, network, flow, smearing"),
        ({}, {"observables": {}}, "unknown table 'observables'"),
        ({"plaquette": 3}, {}, "observables.plaquette: found 3; allowed: a table of options"),
    ],
)
def test_tables_from_python_are_read_strictly(options, tables, said):
    links = np.ones((2, 4, 4, 1, 1), dtype=complex)
    with pytest.raises(InputError, match=said):
        lqcdnn.measure_configuration(links, ["plaquette"], options, tables=tables)
