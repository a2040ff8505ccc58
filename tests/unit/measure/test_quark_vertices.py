"""Quark propagators and vertices in momentum space against dense matrices, free quarks, a Ward identity, refusals."""

import math

import numpy as np
import pytest
from builders import Place
from reference import domainwall, overlap, samples, wilson
from reference.matrices import dagger

from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import QuarkConfig, kappa_of_mass
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.random import Stream
from lqcdnn.measure.quarks.quark_vertices import spin_products
from lqcdnn.measure.runner import Measurements

FLAT = ("U(1)", (4, 8))
BOX = ("SU(3)", (4, 2, 2, 4))
MASS = 0.4
EXCEPTIONAL = {"U(1)": [[1, 0], [-1, 2]], "SU(3)": [[1, 0, 0, 0]]}
SYMMETRIC = {"U(1)": [[[0, 0], [-1, 0]]], "SU(3)": [[[0, 0, 0, 0], [-1, 0, 0, 0]]]}
ANGLES = {"exceptional": {2: (0.3, -0.2), 4: (0.3, 0.0, -0.2, 0.5)}}
ANGLES["symmetric"] = {2: (math.pi, 12**0.5 * math.pi), 4: (math.pi, 0.0, 0.0, 3**0.5 * math.pi)}  # 60 degrees


def quark(boundary, theta=None, kind="wilson", **keys):
    given = {"flavors": 1, "mass": MASS, "max_iterations": 5000} | keys
    return QuarkConfig(kind=kind, boundary=boundary, theta=theta, **given)


def measured(p, table, options, fermion, U=None):
    known = {"light": fermion}
    chosen = {table: observable(table, {"tolerance": 1e-13} | options, p.d, known)}
    what = Measurements(p.lattice, p.group, chosen, None, valence=known)
    return what.measure(p.U if U is None else U, Stream(1, 1))[table]


def in_landau_gauge(p):
    G = fix_gauge(p.lattice, p.U, p.group, Gauge(), Stream(1, 1)).transformation
    return p.lattice.to_user(transformed(p.lattice, p.U, G))


def turned(z, theta):
    """Links times exp(i theta_mu / L_mu)."""
    angles = np.array([t / n for t, n in zip(theta, z.shape[1:-2], strict=True)])
    return z * np.exp(1j * angles).reshape(-1, *[1] * (z.ndim - 1))


def momentum(mode, shape, theta, boundary):
    signs = [math.pi if sign < 0 else 0.0 for sign in boundary]
    return np.array([(2 * math.pi * k + a + s) / n for k, a, s, n in zip(mode, theta, signs, shape, strict=True)])


def stripped(S, mode, z, boundary):
    """exp(-i p x) sum_y S(x, y) exp(i p y), phases aside: [site, row colour, column colour, spin, spin]."""
    d, n, shape = len(z), z.shape[-1], z.shape[1:-2]
    wave = np.exp(1j * np.array(wilson.sites(shape)) @ momentum(mode, shape, (0.0,) * d, boundary))
    S = S.reshape(len(wave), n, d, len(wave), n, d)
    return np.einsum("x,xiayjb,y->xijab", wave.conj(), S, wave, optimize=True)


def mean(S):
    return np.einsum("xiiab->ab", S) / (S.shape[0] * S.shape[1])


def simplified(S, gamma):
    """The parts b - i gamma a of a mean propagator."""
    parts = [np.trace(S) * np.eye(len(S)), *(np.trace(g @ S) * g for g in gamma)]
    return sum(parts) / len(S)


def projections(gamma, g5, q):
    """(projector, Gamma) and the norm, by name."""
    d = len(gamma)
    bare = {"scalar": [np.eye(len(g5))], "pseudoscalar": [g5], "vector": list(gamma)}
    if d == 4:
        bare["axial"] = [g @ g5 for g in gamma]
        bare["tensor"] = [0.5j * (gamma[m] @ gamma[n] - gamma[n] @ gamma[m]) for m in range(4) for n in range(m)]
    found = {name: [(dagger(g) / len(list_), g) for g in list_] for name, list_ in bare.items()}
    if q is not None:
        slash = np.einsum("m,mab->ab", q, gamma) / (q @ q)
        for name, onto in (("vector", slash), ("axial", g5 @ slash)):
            if name in found:
                found[f"{name}_gamma"] = found[name]
                found[name] = [(k * onto, g) for k, g in zip(q, bare[name], strict=True)]
    return found


def from_record(T, one, other):
    """The projection of Lambda as the record has it."""
    size = len(one) - 1
    c1, c2 = np.array(one[:size]), np.array(other[:size])
    pairs = [(i, j) for i in range(size) for j in range(size) if len(T) == size * size or i <= j]
    return sum(t * c1[i] * c2[j] for t, (i, j) in zip(T, pairs, strict=True)) / (c1 @ c1) / (c2 @ c2)


@pytest.mark.parametrize("kinematics", ["exceptional", "symmetric"])
@pytest.mark.parametrize("place", [FLAT, pytest.param(BOX, marks=pytest.mark.slow)], ids=str)
def test_propagators_and_vertices_against_dense_matrices(place, kinematics):
    p = Place(*place)
    name, shape, d = place[0], place[1], len(place[1])
    exceptional = kinematics == "exceptional"
    theta, boundary = ANGLES[kinematics][d], (1,) * (d - 1) + (-1 if exceptional else 1,)
    csw = 1.2 if d == 4 else 0.0
    wanted = {"momenta": EXCEPTIONAL[name]} if exceptional else {"kinematics": kinematics, "pairs": SYMMETRIC[name]}
    record = measured(p, "quark_vertices", wanted, quark(boundary, theta, csw=csw))
    z, gamma, g5 = in_landau_gauge(p), wilson.gammas(d), wilson.gamma5(d)
    kappa = kappa_of_mass(MASS, d)
    S = 2.0 * kappa * np.linalg.inv(wilson.matrix(turned(z, theta), kappa, boundary, csw))
    for number, pair in enumerate([(one, one) for one in EXCEPTIONAL[name]] if exceptional else SYMMETRIC[name]):
        one, other = (stripped(S, mode, z, boundary) for mode in pair)
        momenta = [momentum(mode, shape, theta, boundary) for mode in pair]
        q = None if exceptional else np.sin(momenta[0] - momenta[1])
        numbers = np.array(record["quark_vertex_propagator"][number]).reshape(-1, d + 2)
        for found, field, k in zip(numbers, (one, other), momenta, strict=False):
            b, *a = (np.trace(x @ mean(field)) / len(g5) for x in (np.eye(len(g5)), *(1j * gamma)))
            np.testing.assert_allclose(found, np.array([b, *a, a @ np.sin(k) / (np.sin(k) @ np.sin(k))]), atol=1e-10)
        length = np.sin(momenta[0]) if exceptional else q
        assert record["quark_vertex_momenta"][number] == pytest.approx(float(np.sqrt(length @ length)), rel=1e-12)
        for k in momenta if exceptional else (*momenta, momenta[0] - momenta[1]):
            assert record["quark_vertices_scale"][number] == pytest.approx(float(np.sqrt(k @ k)), rel=1e-12)
        inverses = [np.linalg.inv(simplified(mean(field), gamma)) for field in (one, other)]
        for channel, matrices in projections(gamma, g5, q).items():
            total = 0.0
            for onto, Gamma in matrices:
                G = np.einsum("ab,xijcb,cd,xijde->ae", g5, one.conj(), g5 @ Gamma, other, optimize=True)
                total += np.trace(onto @ inverses[0] @ G @ inverses[1]).real / one.shape[0] / p.n / len(g5)
            found = from_record(record[f"quark_vertex_{channel}"][number], numbers[0], numbers[-1])
            assert found == pytest.approx(total, rel=1e-9), channel


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["domain_wall", "overlap"])
def test_chiral_quarks_against_dense_matrices(kind):
    p, boundary, d = Place(*FLAT), (1, -1), 2
    walls = {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}
    keys = walls if kind == "domain_wall" else {"rho": 1.0, "sign_tolerance": 1e-13, "low_modes": 4}
    record = measured(p, "quark_propagator", {"momenta": [[1, 0]]}, quark(boundary, kind=kind, **keys))
    z = in_landau_gauge(p)
    if kind == "overlap":
        S = overlap.propagator(overlap.dense(z, 1.0, boundary), 1.0, MASS)
    else:
        S = domainwall.propagator(z, boundary, MASS)
    S = mean(stripped(S, [1, 0], z, boundary))
    b, *a = (np.trace(x @ S).real / 2 for x in (np.eye(2), *(1j * wilson.gammas(d))))
    np.testing.assert_allclose(record["quark_propagator"][0][:3], [b, *a], atol=1e-9)


@pytest.mark.slow
def test_chiral_symmetry_of_overlap_quarks():
    """Without mass and zero modes S anticommutes with gamma_5: S and P, V and A have the same constants."""
    p, boundary = Place("SU(3)", (4, 2, 2, 2), spread=0.3), (1, 1, 1, 1)
    theta = (math.pi, 0.0, 0.0, 3**0.5 * math.pi / 2)  # 60 degrees
    keys = {"rho": 1.4, "sign_tolerance": 1e-13, "low_modes": 4, "mass": 1e-7}
    options = {"kinematics": "symmetric", "pairs": SYMMETRIC["SU(3)"]}
    record = measured(p, "quark_vertices", options, quark(boundary, theta, kind="overlap", **keys))
    S = np.array(record["quark_vertex_propagator"][0]).reshape(2, -1)
    assert np.abs(S[:, 0]).max() < 1e-5 * np.abs(S[:, -1]).min()
    found = {
        name: from_record(record[f"quark_vertex_{name}"][0], S[0], S[1])
        for name in ("scalar", "pseudoscalar", "vector", "axial", "vector_gamma", "axial_gamma", "tensor")
    }
    for one, other in (("scalar", "pseudoscalar"), ("vector", "axial"), ("vector_gamma", "axial_gamma")):
        assert found[one] == pytest.approx(found[other], rel=1e-5)
    assert found["vector"] != pytest.approx(found["vector_gamma"], rel=1e-2)


def free(mode, shape, theta, boundary):
    """b, a_mu, and a p/p^2 of a free Wilson quark: S^-1 = i gamma sin p + m + 2 sum sin^2(p/2)."""
    p = momentum(mode, shape, theta, boundary)
    s, mass = np.sin(p), MASS + 2.0 * np.sum(np.sin(p / 2.0) ** 2)
    return np.array([mass, *s, 1.0]) / (s @ s + mass**2)


def test_free_quarks_of_a_pure_gauge():
    """Links that a gauge transformation makes of 1 come back to them, but for a constant one."""
    p, theta, boundary = Place(*FLAT), (0.3, -0.2), (1, -1)
    G = samples.group_elements(p.rng, p.n, *p.lattice.shape) ** 0.2
    z = samples.gauge_transform(p.lattice.to_user(cold(p.lattice, p.group)), G)
    options = {"momenta": EXCEPTIONAL["U(1)"], "gauge_tolerance": 1e-24}
    record = measured(p, "quark_vertices", options, quark(boundary, theta), p.lattice.from_links(z))
    for mode, found in zip(EXCEPTIONAL["U(1)"], record["quark_vertex_propagator"], strict=True):
        np.testing.assert_allclose(found, free(mode, p.lattice.shape, theta, boundary), atol=1e-11)
    for channel in ("scalar", "pseudoscalar", "vector"):
        T, S = record[f"quark_vertex_{channel}"][0], record["quark_vertex_propagator"][0]
        assert from_record(T, S, S) == pytest.approx(1.0, rel=1e-10)


def test_another_gauge_before_is_the_same():
    p = Place(*FLAT, spread=0.4)
    G = samples.group_elements(p.rng, 1, *p.lattice.shape) ** 0.1
    other = p.lattice.from_links(samples.gauge_transform(p.lattice.to_user(p.U), G))
    options = {"momenta": [[1, 1]], "gauge_tolerance": 1e-24}
    one, two = (measured(p, "quark_propagator", options, quark((1, -1)), U) for U in (p.U, other))
    np.testing.assert_allclose(one["quark_propagator"], two["quark_propagator"], rtol=1e-8)


def test_the_ward_identity_of_the_conserved_current():
    """Of the point-split current, made of S(x|p) and links here: its divergence is S(p_1) - S(p_2) on any links."""
    p, boundary, d = Place(*FLAT), (1, -1), 2
    z, gamma, g5 = in_landau_gauge(p), wilson.gammas(d), wilson.gamma5(d)
    kappa, shape = kappa_of_mass(MASS, d), p.lattice.shape
    S = 2.0 * kappa * np.linalg.inv(wilson.matrix(z, kappa, boundary))
    modes = [(1, 0), (-1, 2)]
    one, other = (stripped(S, mode, z, boundary) for mode in modes)
    p1, p2 = (momentum(mode, shape, (0.0, 0.0), boundary) for mode in modes)
    total = np.zeros((2, 2), dtype=complex)
    for mu in range(d):
        ahead, links = (p1 + p2)[mu] / 2.0, z[mu].reshape(-1, 1, 1)
        moved = [np.roll(F.reshape(*shape, *F.shape[1:]), -1, axis=mu).reshape(F.shape) for F in (one, other)]
        here_ahead, ahead_here = (
            spin_products(one, np.einsum("xki,xijab->xkjab", links, moved[1])),
            spin_products(np.einsum("xki,xijab->xkjab", links, moved[0]), other),
        )
        G = 0.5 * np.exp(-1j * ahead) * np.einsum("ab,cbde,cd->ae", g5, ahead_here, g5 @ (np.eye(2) + gamma[mu]))
        G -= 0.5 * np.exp(1j * ahead) * np.einsum("ab,cbde,cd->ae", g5, here_ahead, g5 @ (np.eye(2) - gamma[mu]))
        total += 2.0 * math.sin((p1 - p2)[mu] / 2.0) * G
    np.testing.assert_allclose(1j * total, mean(other) - mean(one), atol=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"momenta": [[0, 4]], "boundary": (1, 1)}, "sin p_mu"),
        ({"momenta": [[1, 0, 0]]}, "2 numbers"),
        ({"kinematics": "symmetric", "pairs": [[[1, 0], [0, 1]]]}, "p1^2, p2^2"),
        ({"kinematics": "symmetric"}, "no usual ones"),
    ],
)
def test_what_the_lattice_does_not_have(options, words):
    with pytest.raises(InputError, match=words.replace("^", r"\^")):
        measured(Place(*FLAT), "quark_vertices", options, quark((1, -1)))


def test_no_staggered_quarks():
    with pytest.raises(InputError, match="staggered"):
        observable("quark_propagator", {"mass": 0.1}, 4)
