"""Static-light mesons against lines of links and dense propagators in numpy, free quarks, and a reflection of time."""

from pathlib import Path

import numpy as np
import pytest
from builders import Place, transformation
from reference import domainwall, smearing, wilson
from reference.hyp import hyp

import lqcdnn
from lqcdnn.config import load_text
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.report.references.citations import used_by

DATA = Path(__file__).parents[1] / "data"
SHAPE = (2, 2, 2, 4)
WALLS = {"kind": "domain_wall", "M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}
WEIGHTS = {"hyp1": (0.75, 0.6, 0.3), "hyp2": (1.0, 1.0, 0.5)}
KEYS = ("static_light_pseudoscalar", "static_light_scalar")


def measured(links, quark=None, boundary=(1, 1, 1, -1), mass=0.4, **options):
    tables = {"valence": {"light": {"kind": "wilson"} | (quark or {}) | {"mass": mass, "boundary": boundary}}}
    given = {"static_light": {"tolerance": 1e-12} | options}
    return lqcdnn.measure_configuration(links, ["static_light"], given, tables=tables)


@pytest.fixture(scope="module")
def place():
    return Place("SU(3)", SHAPE, spread=0.6)


def links_of(place, U=None):
    return place.lattice.to_user(place.U if U is None else U)


def propagator(links, boundary, mass=0.4):
    return np.linalg.inv(domainwall.wilson(links, boundary, mass))


def expected(S, links, boundary):
    """From -tr [Gamma H Gammabar S_back] with the heavy quark H = line x (1 + gamma_t)/2 and S from sink to source.

    Of the line forward in time, and of that of the links reflected in time, whose quark is reflected too; ``links`` are
    those of the line. Mean over all Gamma of one parity, which are the same.
    """
    d, n = len(links), links.shape[-1]
    gamma, g5 = wilson.gammas(d), wilson.gamma5(d)
    time, extent, sites = gamma[-1], links.shape[-3], links[0, ..., 0, 0].size
    spins = {KEYS[0]: [g5, *gamma[:-1]], KEYS[1]: [np.eye(d), *(g @ g5 for g in gamma[:-1])]}
    S, steps_of = S.reshape(sites, n, d, sites, n, d), links[(-1, *(0,) * (d - 1))]
    found = {key: np.zeros(extent) for key in KEYS}
    for t in range(extent):
        ways = [(t, 1.0, list(steps_of[:t]), np.eye(d))]
        back = [steps_of[-k].conj().T for k in range(1, t + 1)]
        ways.append((-t % extent, boundary[-1] if t else 1.0, back, time @ g5))
        for at, sign, steps, turn in ways:
            W = np.eye(n)
            for step in steps:
                W = W @ step
            line = np.einsum("ab,st->asbt", W.conj().T, (np.eye(d) + time) / 2)
            from_sink = np.einsum("rs,asbt,tu->arbu", turn, sign * S[0, :, :, at], turn.conj().T)  # S(0; t)
            for key, matrices in spins.items():
                for G in matrices:
                    bar = time @ G.conj().T @ time
                    C = -np.einsum("rs,asbt,tu,buar->", G, line, bar, from_sink)
                    found[key][t] += C.real / (2 * len(matrices))
    return found


def compare(found, wanted, tolerance=1e-10):
    for key in KEYS:
        np.testing.assert_allclose(found[key], wanted[key], rtol=0, atol=tolerance * np.abs(wanted[KEYS[0]]).max())


@pytest.mark.parametrize("time", [1, -1])
def test_against_lines_and_dense_propagators(place, time):
    links, boundary = links_of(place), (1, 1, 1, time)
    found = measured(links, boundary=boundary)
    compare(found, expected(propagator(links, boundary), links, boundary))
    assert np.abs(found[KEYS[1]]).min() > 1e-6
    assert list(found)[-3:] == ["static_light_iterations", "static_light_options", "static_light_quark"]


@pytest.mark.slow
def test_two_dimensions():
    """U(1), with lines of staples."""
    place, boundary = Place("U(1)", (4, 8)), (1, -1)
    links = links_of(place)
    found = measured(links, boundary=boundary, static_links="ape")
    compare(found, expected(propagator(links, boundary), staples_alone(links), boundary))


@pytest.mark.parametrize("static", ["ape", "hyp1", "hyp2"])
def test_smeared_lines(place, static):
    """The light quark sees thin links; the sources are smeared."""
    links, boundary = links_of(place), (1, 1, 1, -1)
    line = hyp(links, WEIGHTS[static], "time") if static in WEIGHTS else staples_alone(links)
    K = np.kron(smearing.quarks(links, boundary, 1.5, 4), np.eye(4))
    smeared = {"source": "gaussian", "smearing_width": 1.5, "smearing_steps": 4, "sink": "gaussian"}
    found = measured(links, static_links=static, **smeared)
    compare(found, expected(K @ propagator(links, boundary) @ K, line, boundary))
    assert found["static_light_options"]["static_links"] == static
    _, transform = transformation(place)
    compare(measured(links_of(place, transform(place.U)), static_links=static, **smeared), found)


def staples_alone(links):
    """The projected sum of the staples of each link in time."""
    V, T, time = links.copy(), links[-1], len(links) - 1
    V[-1] = 0.0
    for nu, U in enumerate(links[:-1]):
        ahead = U @ np.roll(T, -1, nu) @ np.roll(U, -1, time).conj().swapaxes(-1, -2)
        V[-1] += ahead + np.roll(U.conj().swapaxes(-1, -2) @ T @ np.roll(U, -1, time), 1, nu)
    u, _, v = np.linalg.svd(V[-1])
    V[-1] = u @ v
    if links.shape[-1] > 1:
        V[-1] *= np.exp(-1j * np.angle(np.linalg.det(V[-1])) / 3)[..., None, None]
    return V


def test_reflection_of_time(place):
    links = links_of(place)
    mirror = np.roll(np.flip(links, -3), 1, -3)
    mirror[3] = np.flip(links[3], -3).conj().swapaxes(-1, -2)
    compare(measured(mirror), measured(links), 1e-9)


@pytest.mark.slow
def test_light_quark_on_domain_walls(place):
    links, boundary = links_of(place), (1, 1, 1, -1)
    S = domainwall.propagator(links, boundary, 0.4)
    compare(measured(links, WALLS), expected(S, links, boundary), 1e-9)


def test_free_quark():
    """The light quark at one place: waves of all momenta, of which the lightest is left, ln(1 + mass) at rest."""
    shape, mass = (4, 2, 2, 32), 0.4
    place = Place("SU(3)", shape)
    found = measured(links_of(place, cold(place.lattice, place.group)), {"solver": "cg"}, mass=mass)
    p = np.stack(np.meshgrid(*[2 * np.pi * (np.arange(L) + (L == 32) / 2) / L for L in shape], indexing="ij"), axis=-1)
    M = mass + (1 - np.cos(p)).sum(axis=-1)
    D = 1j * np.einsum("...m,mab->...ab", np.sin(p), wilson.gammas(4)) + M[..., None, None] * np.eye(4)
    S = np.linalg.inv(D).mean(axis=(0, 1, 2))  # at x = 0
    S = np.einsum("wt,wab->tab", np.exp(1j * np.outer(p[0, 0, 0, :, 3], np.arange(32))) / 32, S)
    for key, sign in zip(KEYS, (1, -1), strict=True):
        P = sign * 3 * (np.eye(4) + sign * wilson.gammas(4)[3]) / 2  # both directions are the same
        np.testing.assert_allclose(found[key], np.einsum("ab,tba->t", P, S).real, rtol=0, atol=1e-9 * found[KEYS[0]][0])
    assert np.log(found[KEYS[0]][11] / found[KEYS[0]][12]) == pytest.approx(np.log(1 + mass), rel=1e-3)
    assert found[KEYS[1]][1] > found[KEYS[1]][3] > 1e-4  # of waves that move: no Gamma of this parity is one at rest


TEXT = """
[lattice]
shape = [{}]
group = "SU(3)"
[run]
name = "s"
trajectories = 1
[action.gauge]
beta = 5.7
[valence.light]
kind = "wilson"
mass = 0.1
[observables.static_light]
"""


def test_papers_and_defaults():
    config = load_text(TEXT.format("4, 4, 4, 4"))
    assert config.observables["static_light"].static_links == "thin"
    assert {"EichtenHill1990"} == {"EichtenHill1990", "DellaMorteShindlerSommer2005"} & set(used_by(config))
    smeared = load_text(TEXT.format("4, 4, 4, 4") + 'static_links = "hyp2"\nsources = 4\nloose_tolerance = 1e-3\n')
    assert {"EichtenHill1990", "DellaMorteShindlerSommer2005", "HasenfratzKnechtli2001"} <= set(used_by(smeared))
    assert smeared.observables["static_light"].exact_sources == 1


@pytest.mark.parametrize(
    ("shape", "quark", "more", "words"),
    [
        ((4, 4), {"kind": "wilson"}, {"static_links": "hyp1"}, 'static_links: found "hyp1" in d = 2; allowed: "thin"'),
        (SHAPE, {"kind": "staggered"}, {}, "observables.static_light: found with staggered fermions; allowed: a wil"),
        (SHAPE, {"kind": "overlap"}, {}, "observables.static_light: found with overlap fermions"),
        (SHAPE, {"kind": "wilson", "theta": (0.1, 0, 0, 0)}, {}, "static_light.theta: found .0.1, 0.0, 0.0, 0.0."),
        (SHAPE, {"kind": "wilson", "twisted_mass": 0.1}, {}, "observables.static_light: found a fermion with twisted"),
        (SHAPE, {"kind": "wilson", "representation": "symmetric"}, {}, "found with symmetric quarks; allowed: fundam"),
    ],
)
def test_refused(shape, quark, more, words):
    links = np.broadcast_to(np.eye(3, dtype=complex), (len(shape), *shape, 3, 3)).copy()
    with pytest.raises(InputError, match=words):
        measured(links, quark, (*(1,) * (len(shape) - 1), -1), **more)
