"""Baryons against all Wick contractions of their fields with dense propagators, free quarks, a reflection of time."""

from pathlib import Path

import numpy as np
import pytest
from builders import Place, transformation
from reference import baryons as reference
from reference import domainwall, samples, smearing, wilson
from reference.smearing import ape

import lqcdnn
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.lattice.geometry import lattice
from lqcdnn.measure.quarks import threequarks

DATA = Path(__file__).parents[1] / "data"
SHAPE = (2, 2, 2, 4)
KINDS = {"nucleon": reference.nucleon, "delta": reference.delta}
ANTIPERIODIC = (1, 1, 1, -1)
WALLS = {"kind": "domain_wall", "mass": 0.4, "M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}
STRANGE = (*reference.OCTET, *reference.DECUPLET)


def measured(links, mass=0.4, boundary=ANTIPERIODIC, **options):
    quark = {"kind": "wilson", "mass": mass, "boundary": boundary}
    given = {"baryons": {"tolerance": 1e-12} | options}
    quarks = {"light": quark, "strange": {**quark, "mass": 0.9}, "walls": WALLS | {"boundary": boundary}}
    given["baryons"].setdefault("fermion", "light")
    return lqcdnn.measure_configuration(links, ["baryons"], given, tables={"valence": quarks})


@pytest.fixture(scope="module")
def place():
    return Place("SU(3)", SHAPE)


def links_of(place, U=None):
    return place.lattice.to_user(place.U if U is None else U)


def from_origin(links, boundary, mass=0.4):
    """S(x; 0), [x, colour, spin, colour, spin]."""
    S = np.linalg.inv(domainwall.wilson(links, boundary, mass))
    return S.reshape(-1, 3, 4, links[0, ..., 0, 0].size, 3, 4)[:, :, :, 0]


def mirrored(C, boundary):
    """-s C(T - t), and -C(0)."""
    return np.array([-C[0], *(-boundary * C[len(C) - t] for t in range(1, len(C)))])


@pytest.mark.parametrize("time", [1, -1])
def test_against_all_wick_contractions(place, time):
    boundary = (1, 1, 1, time)
    links = links_of(place)
    found, S = measured(links, boundary=boundary), from_origin(links, boundary)
    for name, contract in list(KINDS.items())[: 2 if time < 0 else 1]:
        G = contract(S)
        up, down = reference.projected(G, SHAPE, 1), -reference.projected(G, SHAPE, -1)
        scale = np.abs(up).max()
        for key, expected in (("", (up + mirrored(down, time)) / 2), ("_negative", (down + mirrored(up, time)) / 2)):
            np.testing.assert_allclose(found[f"baryon_{name}{key}"], expected, rtol=0, atol=1e-10 * scale)
        assert np.abs(up - mirrored(down, time)).max() > 1e-4 * scale  # the same on average alone
    assert list(found)[-3:] == ["baryons_iterations", "baryon_options", "baryons_quark"]


@pytest.mark.parametrize("sink", ["point", "gaussian"])
def test_smeared_sources(place, sink):
    """K S K in place of S, or S K, on links smeared twice; gauge transformations change nothing."""
    links = links_of(place)
    U = ape(ape(links, 0.4), 0.4)
    K = np.kron(smearing.quarks(U, ANTIPERIODIC, 1.5, 4), np.eye(4))
    S = np.linalg.inv(domainwall.wilson(links, ANTIPERIODIC, 0.4)) @ K
    S = (K @ S if sink == "gaussian" else S).reshape(-1, 3, 4, 32, 3, 4)[:, :, :, 0]
    smeared = {"source": "gaussian", "smearing_width": 1.5, "smearing_steps": 4, "ape_steps": 2, "ape_alpha": 0.4}
    found = measured(links, sink=sink, **smeared)
    G = reference.nucleon(S)
    up, down = reference.projected(G, SHAPE, 1), -reference.projected(G, SHAPE, -1)
    expected = (up + mirrored(down, -1)) / 2
    np.testing.assert_allclose(found["baryon_nucleon"], expected, rtol=0, atol=1e-10 * np.abs(up).max())
    _, transform = transformation(place)
    other = measured(links_of(place, transform(place.U)), sink=sink, **smeared)
    np.testing.assert_allclose(found["baryon_nucleon"], other["baryon_nucleon"], atol=1e-9 * np.abs(up).max())
    assert found["baryon_options"].items() >= {**smeared, "sink": sink}.items()


def test_reflection_of_time(place):
    """U_i(x, t) -> U_i(x, -t), U_t(x, t) -> U_t(x, -t - 1)^dag: both directions of time are the two parities."""
    links = links_of(place)
    mirror = np.roll(np.flip(links, -3), 1, -3)
    mirror[3] = np.flip(links[3], -3).conj().swapaxes(-1, -2)
    one, other = measured(links), measured(mirror)
    for key in ("baryon_nucleon", "baryon_nucleon_negative", "baryon_delta", "baryon_delta_negative"):
        np.testing.assert_allclose(other[key], one[key], rtol=1e-9, atol=1e-12 * np.abs(one[key]).max())
    before, after = (reference.nucleon(from_origin(U, ANTIPERIODIC)) for U in (links, mirror))
    down = -reference.projected(before, SHAPE, -1)
    np.testing.assert_allclose(reference.projected(after, SHAPE, 1), mirrored(down, -1), rtol=1e-9)


def test_gauge_invariance(place):
    _, transform = transformation(place)
    one, other = measured(links_of(place)), measured(links_of(place, transform(place.U)))
    for key in ("baryon_nucleon", "baryon_delta_negative"):
        np.testing.assert_allclose(other[key], one[key], rtol=0, atol=1e-10 * np.abs(one[key]).max())


def test_strange_baryons_from_their_fields():
    """Of propagators that are random numbers; with one flavour all are nucleon or Delta."""
    rng, shape = np.random.default_rng(8), (2, 1, 1, 2)
    grid = lattice(shape)
    S, Z = (samples.complex_normal(rng, grid.volume, 3, 4, 3, 4) for _ in range(2))
    columns = [np.moveaxis(one.reshape(*shape, 3, 4, 12), -1, 0) for one in (S, Z)]
    ours, strange = (threequarks.Propagator(grid, [grid.from_user(one) for one in several]) for several in columns)
    two, equal = (threequarks.ThreeQuarks({"u": ours, "s": other}) for other in (strange, ours))
    found = threequarks.octet(two) | threequarks.decuplet(two)
    alone = threequarks.octet(equal) | threequarks.decuplet(equal)
    assert tuple(found) == STRANGE
    of_one = {True: reference.nucleon(S), False: reference.delta(S)}
    for name, G in found.items():
        expected = reference.strange(S, Z, name).reshape(2, 2, 4, 4).sum(axis=0)
        np.testing.assert_allclose(G, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
        one = of_one[name in reference.OCTET].reshape(2, 2, 4, 4)
        np.testing.assert_allclose(alone[name], one.sum(axis=0), rtol=0, atol=1e-12 * np.abs(one).max())
    assert np.abs(found["lambda"] - found["sigma"]).max() > 1e-2 * np.abs(found["sigma"]).max()


def test_strange_baryons_on_a_lattice(place):
    """Against dense propagators of both quarks, for both parities; gauge transformations change nothing."""
    links = links_of(place)
    found = measured(links, strange="strange")
    S, Z = (from_origin(links, ANTIPERIODIC, mass) for mass in (0.4, 0.9))
    for name in ("lambda", "xi"):
        G = reference.strange(S, Z, name)
        up, down = reference.projected(G, SHAPE, 1), -reference.projected(G, SHAPE, -1)
        for key, expected in (("", (up + mirrored(down, -1)) / 2), ("_negative", (down + mirrored(up, -1)) / 2)):
            np.testing.assert_allclose(found[f"baryon_{name}{key}"], expected, rtol=0, atol=1e-10 * np.abs(up).max())
    _, transform = transformation(place)
    other = measured(links_of(place, transform(place.U)), strange="strange")
    for name in STRANGE:
        C = found[f"baryon_{name}"]
        np.testing.assert_allclose(other[f"baryon_{name}"], C, rtol=0, atol=1e-10 * np.abs(C).max())
    options = found["baryon_options"]
    assert (options["mass"], options["strange_mass"]) == (0.4, 0.9)
    assert options["strange"] == {"fermion": "strange", "kind": "wilson", "csw": 0.0}
    plain = measured(links)
    assert {key: found[key] for key in plain if key.startswith("baryon_") and key != "baryon_options"}.items() <= (
        plain.items()
    )
    assert not any(name in key for name in STRANGE for key in plain)


def test_one_mass_is_one_solve(place):
    """u, d and s alike: every baryon is the nucleon or the Delta of this configuration, from the solves of these."""
    links = links_of(place)
    plain = measured(links)
    for options in ({"strange": "light"}, {"strange_mass": 0.4}):
        found = measured(links, **options)
        assert found["baryons_iterations"] == plain["baryons_iterations"]
        for name in STRANGE:
            C = plain["baryon_nucleon" if name in reference.OCTET else "baryon_delta"]
            np.testing.assert_allclose(found[f"baryon_{name}"], C, rtol=0, atol=1e-13 * np.abs(C).max())
    assert measured(links, strange="light", strange_mass=0.9)["baryon_xi"] == (
        measured(links, strange="strange")["baryon_xi"]
    )


@pytest.mark.slow
def test_strange_quarks_on_domain_walls(place):
    """Beside light ones of Wilson's operator, smeared, and the other way round."""
    links, K = links_of(place), np.kron(smearing.quarks(links_of(place), ANTIPERIODIC, 1.5, 4), np.eye(4))
    quarks = [
        (D @ K).reshape(-1, 3, 4, 32, 3, 4)[:, :, :, 0]
        for D in (
            np.linalg.inv(domainwall.wilson(links, ANTIPERIODIC, 0.4)),
            domainwall.propagator(links, ANTIPERIODIC, 0.4),
        )
    ]
    smeared = {"source": "gaussian", "smearing_width": 1.5, "smearing_steps": 4}
    for (S, Z), names in ((quarks, ("light", "walls")), (quarks[::-1], ("walls", "light"))):
        found = measured(links, fermion=names[0], strange=names[1], **smeared)
        for name in STRANGE:
            G = reference.strange(S, Z, name)
            up, down = reference.projected(G, SHAPE, 1), -reference.projected(G, SHAPE, -1)
            expected = (up + mirrored(down, -1)) / 2
            np.testing.assert_allclose(found[f"baryon_{name}"], expected, rtol=0, atol=1e-9 * np.abs(up).max())


def test_free_quarks():
    """From the propagator in momentum space; far from the source quarks at rest are left, ln(1 + mass) of each."""
    shape, mass = (2, 2, 2, 32), 0.4
    p = [2 * np.pi * (np.arange(L) + (L == 32) / 2) / L for L in shape]
    p = np.stack(np.meshgrid(*p, indexing="ij"), axis=-1)
    D = 1j * np.einsum("...m,mab->...ab", np.sin(p), wilson.gammas(4)) + (
        (mass + (1 - np.cos(p)).sum(axis=-1))[..., None, None] * np.eye(4)
    )
    S = np.fft.ifftn(np.linalg.inv(D), axes=(0, 1, 2, 3))
    S = S * np.exp(1j * np.pi * np.arange(32) / 32)[:, None, None]
    times = [1, 8, 9]
    S = np.einsum("xtab,cd->txcadb", S.reshape(8, 32, 4, 4)[:, times], np.eye(3))
    place = Place("SU(3)", shape)
    found = measured(links_of(place, cold(place.lattice, place.group)), mass, strange="strange")
    for name, contract in KINDS.items():
        C = np.array(found[f"baryon_{name}"])
        expected = [reference.projected(contract(one), (*shape[:3], 1), 1)[0] for one in S]
        np.testing.assert_allclose(C[times], expected, rtol=1e-8)
        assert np.log(C[8] / C[9]) == pytest.approx(3 * np.log(1 + mass), rel=1e-3)
        assert (C > 0.0).all()
    for name, strange in zip(STRANGE, (1, 1, 2, 1, 2, 3), strict=True):
        C = np.array(found[f"baryon_{name}"])
        expected = (3 - strange) * np.log(1 + mass) + strange * np.log(1.9)
        assert np.log(C[8] / C[9]) == pytest.approx(expected, rel=1e-3)


def test_on_a_configuration():
    """Positive, also at the light end, and the other parity is heavier."""
    quark = {"kind": "wilson", "kappa": 0.14}
    found = lqcdnn.measure_configuration(
        str(DATA / "pg_b5.7_4444.milc"), ["baryons"], tables={"valence": {"light": quark}}
    )
    nucleon, delta = (np.array(found[f"baryon_{name}"]) for name in ("nucleon", "delta"))
    for C in (nucleon, delta):
        assert C[0] > C[1] > C[3] > C[2] > 0.0


@pytest.mark.parametrize(
    ("shape", "group", "quark", "words"),
    [
        ((2, 2, 2, 4), 2, {"kind": "wilson", "mass": 0.4}, r"observables.baryons: found with SU\(2\); allowed: group"),
        ((4, 4), 3, {"kind": "wilson", "mass": 0.4}, "observables.baryons: found in d = 2; allowed: d = 4"),
        ((2, 2, 2, 4), 3, {"kind": "staggered", "mass": 0.4}, "observables.baryons: found with staggered fermions"),
    ],
)
def test_refused(shape, group, quark, words):
    links = np.broadcast_to(np.eye(group, dtype=complex), (len(shape), *shape, group, group))
    with pytest.raises(InputError, match=words):
        lqcdnn.measure_configuration(links.copy(), ["baryons"], tables={"valence": {"light": quark}})
