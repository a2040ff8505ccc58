"""Meson correlators against dense propagators, MILC, HiRep and free quarks."""

from pathlib import Path

import numpy as np
import pytest
from reference import domainwall, samples, smearing
from reference import wilson as reference

import lqcdnn
from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import FermionConfig, mass_of_kappa
from lqcdnn.config.tables.schema import ActionConfig, GaugeConfig
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks import mesons
from lqcdnn.measure.quarks.mesons import channels
from lqcdnn.measure.runner import Measurements
from lqcdnn.storage.formats import read_configuration

DATA = Path(__file__).parents[1] / "data"
WALLS = {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}
# kappa = 0.12, antiperiodic in time, seven digits; propagators in the kappa form
MILC = {
    0.0: {
        "pseudoscalar": (14.52166, 0.6683731, 0.1214074, 0.6513806),
        "scalar": (11.19305, -0.1352411, 0.004293305, -0.1200144),
        "axial_pseudoscalar": (-0.003506446, 0.4881718, -0.005019426, -0.4827989),
        "x": (13.2513, 0.5507749, 0.09321543, 0.5334594),
    },
    1.0: {
        "pseudoscalar": (15.33816, 0.778007, 0.1603806, 0.7567744),
        "scalar": (11.64727, -0.1536813, 0.000701322, -0.1284161),
        "axial_pseudoscalar": (0.01165664, 0.5330721, -0.005563105, -0.531698),
        "x": (13.71333, 0.603745, 0.1105957, 0.5779718),
    },
}
# mass 0.2, periodic, mass form, divided by the space volume
HIREP = {
    "pseudoscalar": (0.008471299336293012, 0.00041320178332538224, 8.962736907385366e-05, 0.0004063216404453255),
    "scalar": (-0.006317630189516421, 0.0001141666993496569, 2.1039896547479885e-05, 0.00014473299699284495),
    "vector": (
        (0.007645490042060598, 0.0003264253088595331, 7.23859176508228e-05, 0.0003284539863604058),
        (0.007759979107088166, 0.0003470449730500527, 7.65079980829284e-05, 0.0003358756816002559),
        (0.0077242895952396515, 0.00034033388602416453, 7.378138875562406e-05, 0.00033794407384225497),
    ),
    "axial": (
        (-0.007055999601597896, 7.086535662343115e-05, 1.2197690964395445e-05, 9.761746127194495e-05),
        (-0.006944196861210282, 8.194201957504933e-05, 1.6777381999679036e-05, 9.30913751549287e-05),
        (-0.006977613678226256, 8.197326341077218e-05, 1.2975420704482043e-05, 0.00010633347931160455),
    ),
    "axial_time": (0.006317599716760342, 0.00022022633747203511, 5.2642897412691374e-05, 0.00021547165879191694),
    "tensor": (
        (0.007057436513896233, 0.00028232468554585227, 6.315551554453889e-05, 0.0002742011847889101),
        (0.006945972408030057, 0.0002694178994123992, 6.161154487107654e-05, 0.00027433496195917377),
        (0.006980011986614803, 0.00027141061340856036, 6.171881349287214e-05, 0.00026537585775391194),
    ),
    "axial_pseudoscalar": (
        -1.855428693070565e-05, -0.00030694193333072106, -2.454167657060555e-06, 0.00027543835317735496,
    ),
}  # fmt: skip


def measured(lattice, U, name, mass, boundary, kind="wilson", names=("mesons",), **options):
    """Records of observables of a quark."""
    walls = WALLS if kind == "domain_wall" else {"csw": options.pop("csw", 0.0)}
    fermion = FermionConfig(kind=kind, flavors=2, mass=mass, boundary=boundary, rational=False, **walls)
    action = ActionConfig(gauge=GaugeConfig(beta=1.0), fermion=(fermion,))
    given = {"mesons": options, "pion": {}}
    which = {one: observable(one, {"tolerance": 1e-11} | given[one], lattice.d, {"1": fermion}) for one in names}
    return Measurements(lattice, group(name), which, action).measure(U, Stream(1, 2))


def dense(kind, links, mass, boundary):
    """S over (site in lattice order, colour, spin)."""
    if kind == "wilson":
        return np.linalg.inv(domainwall.wilson(links, boundary, mass))
    M5, L5, _, c5 = WALLS.values()
    Q, Qbar = domainwall.walls(links, L5)
    W = domainwall.wilson(links, boundary, -M5)
    D = domainwall.dense(links, boundary, mass, *WALLS.values())
    return Q @ np.linalg.solve(D, np.kron(np.eye(L5), np.eye(len(W)) - c5 * W) @ Qbar)


def traces(S, shape, n, source=0, other=None, momenta=((),)):
    """C(t) of every channel from both S(x; y) and S(y; x), y a site: no use is made of gamma_5.

    The antiquark has the ``other`` propagator, if there is one. Mean over momenta in units of 2 pi / L.
    """
    d, V = len(shape), int(np.prod(shape))
    S, other = (one.reshape(V, n, d, V, n, d) for one in (S, S if other is None else other))
    there, back = S[:, :, :, source], other[source].transpose(2, 0, 1, 3, 4)  # [x, i, a, j, b], [x, j, b, i, a]
    times = np.array(reference.sites(shape))[:, -1]
    gamma, g5 = reference.gammas(d), reference.gamma5(d)
    time, space = gamma[-1], gamma[:-1]
    pairs = {
        "pseudoscalar": [(g5, g5)], "scalar": [(np.eye(d), np.eye(d))], "vector": [(g, g) for g in space],
        "axial": [(g @ g5, g @ g5) for g in space], "axial_time": [(time @ g5, time @ g5)],
        "tensor": [(g @ time, g @ time) for g in space], "axial_pseudoscalar": [(time @ g5, g5)],
    }  # fmt: skip
    found = {}
    for name, matrices in pairs.items():
        c = np.zeros(V, dtype=complex)
        for sink, at in matrices:
            bar = time @ at.conj().T @ time
            c -= np.einsum("ca,xiajb,bd,xjdic->x", sink, there, bar, back) / len(matrices)
        p = np.array([[2 * np.pi * k / L for k, L in zip(one, shape, strict=False)] for one in momenta])
        phases = np.exp(-1j * np.array(reference.sites(shape))[:, : p.shape[1]] @ p.T).mean(axis=1)
        found[name] = np.bincount(times, (c * phases).real, shape[-1])
    return found


@pytest.mark.parametrize(("kind", "name", "n", "shape"), [
    ("wilson", "SU(3)", 3, (2, 2, 2, 4)), ("wilson", "U(1)", 1, (8, 4)), ("domain_wall", "U(1)", 1, (8, 4)),
])  # fmt: skip
def test_against_dense_propagators(kind, name, n, shape):
    lattice = Lattice(shape)
    links = samples.links(np.random.default_rng(5), shape, n)
    boundary = (*(1,) * (len(shape) - 1), -1)
    expected = traces(dense(kind, links, 0.3, boundary), shape, n)
    record = measured(lattice, lattice.from_links(links), name, 0.3, boundary, kind, ("mesons", "pion"))
    found = record["mesons"]
    assert list(channels(lattice.d)) == [key.removeprefix("meson_") for key in list(found)[:-2]]
    for channel in channels(lattice.d):
        C = expected[channel]
        np.testing.assert_allclose(found[f"meson_{channel}"], C, rtol=0, atol=1e-9 * np.abs(C).max())
    np.testing.assert_allclose(found["meson_pseudoscalar"], record["pion"]["pion"], rtol=1e-12)


PAIRS = {
    ("SU(3)", (2, 2, 2, 4)): ({"kind": "wilson", "mass": 0.3}, {"kind": "wilson", "mass": 1.0}),
    ("U(1)", (8, 4)): ({"kind": "domain_wall", "mass": 0.2} | WALLS, {"kind": "wilson", "mass": 0.4}),
}


def two_quarks(place, links, **options):
    """Mesons of the quark "a" of a pair, with the options."""
    quarks = dict(zip("ab", PAIRS[place], strict=True))
    given = {"mesons": {"tolerance": 1e-11, "fermion": "a"} | options}
    return lqcdnn.measure_configuration(links, ["mesons"], given, tables={"valence": quarks})


@pytest.mark.parametrize("antiquark", [None, -0.1])
def test_quarks_with_twisted_masses_against_dense_propagators(antiquark):
    """u with the antiquark of d: that of a table is the other flavour of its doublet, D - i mu gamma_5."""
    shape, boundary = (4, 8), (1, -1)
    links = samples.links(np.random.default_rng(6), shape, 1)
    tables = {name: {"kind": "wilson", "mass": 0.3, "twisted_mass": mu} for name, mu in (("a", 0.2), ("b", -0.1))}
    turned = 1j * np.kron(np.eye(32), reference.gamma5(2))
    D, down = domainwall.wilson(links, boundary, 0.3), -0.2 if antiquark is None else -antiquark
    S, other = (np.linalg.inv(D + mu * turned) for mu in (0.2, down))
    again = np.linalg.inv(D - 0.2 * turned), np.linalg.inv(D - down * turned)
    given = {"mesons": {"tolerance": 1e-11, "fermion": "a"} | ({"antiquark": "b"} if antiquark else {})}
    found = lqcdnn.measure_configuration(links, ["mesons"], given, tables={"valence": tables})
    ways = traces(S, shape, 1, other=other), traces(again[0], shape, 1, other=again[1])
    for name in channels(2):
        np.testing.assert_allclose(found[f"meson_{name}"], ways[0][name], rtol=0, atol=1e-9)
    assert np.abs(ways[0]["axial_pseudoscalar"] - ways[1]["axial_pseudoscalar"]).max() > 1e-4


@pytest.mark.parametrize("place", PAIRS, ids=lambda place: place[0])
def test_two_quarks_against_dense_propagators(place):
    """Quark and antiquark with propagators of their own; exchanged they are the other half of charge conjugation."""
    shape, n = place[1], group(place[0]).n
    links = samples.links(np.random.default_rng(6), shape, n)
    boundary = (*(1,) * (len(shape) - 1), -1)
    S, other = (dense(quark["kind"], links, quark["mass"], boundary) for quark in PAIRS[place])
    expected, alone = traces(S, shape, n, other=other), traces(S, shape, n)
    found = two_quarks(place, links, antiquark="b")
    exchanged = two_quarks(place, links, fermion="b", antiquark="a")
    for channel, C in expected.items():
        scale = np.abs(C).max()
        np.testing.assert_allclose(found[f"meson_{channel}"], C, rtol=0, atol=1e-9 * scale)
        np.testing.assert_allclose(exchanged[f"meson_{channel}"], C, rtol=0, atol=1e-9 * scale)
        assert np.abs(alone[channel] - C).max() > 1e-2 * scale
    kind = PAIRS[place][1]["kind"]
    assert found["meson_options"]["antiquark"].items() >= {"fermion": "b", "kind": kind}.items()
    assert found["meson_options"]["antiquark_mass"] == PAIRS[place][1]["mass"]


@pytest.mark.parametrize("source", ["point", "noise_wall"])
def test_two_quarks_that_are_the_same_give_the_numbers_of_one(source):
    place = ("U(1)", (8, 4))
    links = samples.links(np.random.default_rng(6), place[1], 1)
    alone = two_quarks(place, links, source=source)
    ways = ({"antiquark": "a"}, {"antiquark_mass": 0.2}, {"fermion": "b", "antiquark": "a", "mass": 0.2})
    for options in ways[:2]:
        found = two_quarks(place, links, source=source, **options)
        assert {key: found[key] for key in alone if key != "meson_options"} == {
            key: alone[key] for key in alone if key != "meson_options"
        }
    assert two_quarks(place, links, source=source, **ways[2])["meson_vector"] != alone["meson_vector"]


MOMENTA = {  # of the quarks above: momenta that the symmetries of space connect
    ("SU(3)", (2, 2, 2, 4)): {"1_0_0": [(1, 0, 0), (0, 1, 0), (0, 0, 1)], "1_1_1": [(1, 1, 1)]},
    ("U(1)", (8, 4)): {"1": [(1,), (-1,)], "4": [(4,)]},
}


@pytest.mark.parametrize("place", PAIRS, ids=lambda place: place[0])
def test_momenta_against_sums_over_space(place):
    shape, n = place[1], group(place[0]).n
    links = samples.links(np.random.default_rng(6), shape, n)
    boundary = (*(1,) * (len(shape) - 1), -1)
    S, other = (dense(quark["kind"], links, quark["mass"], boundary) for quark in PAIRS[place])
    momenta = [list(map(int, key.split("_"))) for key in MOMENTA[place]]
    found, rest = two_quarks(place, links, antiquark="b", momenta=momenta), two_quarks(place, links, antiquark="b")
    assert found["meson_options"].pop("momenta") == momenta
    for key, equal in MOMENTA[place].items():
        for channel, C in traces(S, shape, n, other=other, momenta=equal).items():
            np.testing.assert_allclose(found.pop(f"meson_{channel}_p{key}"), C, rtol=0, atol=1e-9 * np.abs(C).max())
            assert found[f"meson_{channel}"] != C.tolist()
    assert found == rest  # zero momentum is what it was


@pytest.mark.parametrize("sink", ["point", "gaussian"])
def test_smeared_sources_against_dense_propagators(sink):
    """K S K in place of S, or S K; both quarks are smeared."""
    place = shape, n = (8, 4), 1
    links, boundary = samples.links(np.random.default_rng(6), *place), (1, -1)
    K = np.kron(smearing.quarks(links, boundary, 1.3, 4), np.eye(2))
    S, Z = (dense(quark["kind"], links, quark["mass"], boundary) for quark in PAIRS["U(1)", shape])
    smeared = {"source": "gaussian", "smearing_width": 1.3, "smearing_steps": 4, "sink": sink}
    found = two_quarks(("U(1)", shape), links, antiquark="b", **smeared)
    end = K if sink == "gaussian" else np.eye(len(K))
    # the antiquark runs from the sink to the source
    expected = traces(end @ S @ K, shape, n, other=K @ Z @ end)
    for channel, C in expected.items():
        np.testing.assert_allclose(found[f"meson_{channel}"], C, rtol=0, atol=1e-9 * np.abs(C).max())
    none = two_quarks(("U(1)", shape), links, antiquark="b", **smeared | {"smearing_steps": 0})
    point = two_quarks(("U(1)", shape), links, antiquark="b")
    assert all(none[f"meson_{channel}"] == point[f"meson_{channel}"] for channel in expected)
    assert found["meson_options"].items() >= smeared.items()


@pytest.mark.parametrize("csw", MILC)
def test_milc(csw, monkeypatch):
    """MILC's scalar and its A4 P have the other sign; its rho has direction x alone."""
    x = reference.gammas(4)[0]
    monkeypatch.setattr(mesons, "channels", lambda d: channels(d) | {"x": [(x, x)]})
    data = read_configuration(DATA / "pg_b5.7_4444.milc")
    lattice, kappa = Lattice(data.shape), 0.12
    U, mass = lattice.from_links(data.links), mass_of_kappa(kappa, 4)
    found = measured(lattice, U, "SU(3)", mass, (1, 1, 1, -1), csw=csw)["mesons"]
    for channel, expected in MILC[csw].items():
        sign = 1.0 if channel in ("pseudoscalar", "x") else -1.0
        C = sign * np.array(found[f"meson_{channel}"]) / (2.0 * kappa) ** 2
        np.testing.assert_allclose(C, expected, rtol=5e-7, atol=2e-9)


def test_hirep():
    data = read_configuration(DATA / "hirep_su2_b2.3_4444")
    lattice = Lattice(data.shape)
    found = measured(lattice, lattice.from_links(data.links), "SU(2)", 0.2, (1, 1, 1, 1))["mesons"]
    for channel, values in HIREP.items():
        expected = 64 * np.atleast_2d(values).mean(axis=0)
        np.testing.assert_allclose(found[f"meson_{channel}"], expected, rtol=1e-8, atol=1e-10)


def test_free_quarks():
    """The pion on a cold lattice, from the propagator in momentum space."""
    shape, mass = (4, 4, 4, 8), 0.3
    lattice = Lattice(shape)
    found = measured(lattice, cold(lattice, group("SU(2)")), "SU(2)", mass, (1, 1, 1, -1))["mesons"]
    gamma = reference.gammas(4)
    p = np.stack(np.meshgrid(*(2 * np.pi * (np.arange(L) + (L == 8) / 2) / L for L in shape), indexing="ij"), axis=-1)
    D = 1j * np.einsum("...m,mab->...ab", np.sin(p), gamma) + (
        (mass + (1 - np.cos(p)).sum(axis=-1))[..., None, None] * np.eye(4)
    )
    S = np.linalg.inv(D)  # with sum_p exp(ipx) / V; time alone is transformed, space by Parseval
    t = np.arange(8)
    mixed = np.einsum("tw,xyzwab->xyztab", np.exp(1j * np.outer(t, p[0, 0, 0, :, 3])) / 8, S)
    pion = 2 * (np.abs(mixed) ** 2).sum(axis=(0, 1, 2, 4, 5)) / 64
    np.testing.assert_allclose(found["meson_pseudoscalar"], pion, rtol=1e-9)


@pytest.mark.parametrize("noise", ["z2", pytest.param("z4", marks=pytest.mark.slow), "gaussian"])
def test_noise_wall_has_the_mean_over_its_sites(noise):
    """Many vectors on a small lattice, against exact propagators from each site of the wall."""
    shape, n, boundary = (8, 4), 1, (1, -1)
    lattice = Lattice(shape)
    links = samples.links(np.random.default_rng(5), shape, n)
    S = dense("wilson", links, 0.5, boundary)
    walls = [traces(S, shape, n, source) for source, x in enumerate(reference.sites(shape)) if x[-1] == 0]
    U = lattice.from_links(links)
    facts = {"source": "noise_wall", "noise": noise}
    few, many = (
        measured(lattice, U, "U(1)", 0.5, boundary, vectors=vectors, **facts)["mesons"] for vectors in (40, 1000)
    )
    assert many["meson_options"]["vectors"] == 1000
    for channel in channels(2):
        expected = np.mean([one[channel] for one in walls], axis=0)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(many[f"meson_{channel}"], expected, rtol=0, atol=0.08 * scale)
        np.testing.assert_allclose(few[f"meson_{channel}"], expected, rtol=0, atol=0.4 * scale)
