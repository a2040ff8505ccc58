"""Correlators of vector currents: derivatives of log det D by phases of links, dense propagators, free quarks."""

from functools import cache

import numpy as np
import pytest
from builders import Place, transformation
from reference import domainwall, overlap, samples, staggered, wilson

import lqcdnn
from lqcdnn.config.tables.currents import VECTORS_OF
from lqcdnn.measure.quarks import vector_correlator

MASS, STEP = 0.3, 1e-3
FLAT = (1, -1), samples.links(np.random.default_rng(5), (4, 8), 1)
SPACE = (1, 1, 1, -1), samples.links(np.random.default_rng(6), (2, 2, 2, 4), 2)
OF = {"wilson": FLAT, "staggered": SPACE}
GAMMA = wilson.gammas(2)[0]
CLOVER = {"csw": 1.2}
KINDS = {
    "wilson": CLOVER,
    "domain_wall": {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5},
    "overlap": {"rho": 1.1, "low_modes": 2},
    "staggered": {},
}


def measured(links, boundary, kind, currents=None, **options):
    quark = {"kind": kind, "mass": MASS, "boundary": boundary} | KINDS[kind]
    given = {"currents": currents or VECTORS_OF[kind], "tolerance": 1e-12} | options
    tables = {"valence": {"light": quark}}
    return lqcdnn.measure_configuration(links, ["vector_correlator"], {"vector_correlator": given}, tables=tables)


def turned(links, mu, where, alpha):
    """Links of a direction times exp(i alpha) where [x, ...] says so."""
    V = links.astype(complex)
    V[mu][where] *= np.exp(1j * alpha)
    return V


def at_time(shape, t):
    where = np.zeros(shape, dtype=bool)
    where[..., t] = True
    return where


def at_links(shape, k):
    """The links in direction k on both sides of the origin, one after the other."""
    for x in (0, -1):
        where = np.zeros(shape, dtype=bool)
        where[tuple(x if mu == k else 0 for mu in range(len(shape)))] = True
        yield where


@cache
def without_hops(kind):
    """D + m of the links of a kind without hops: mass and clover term."""
    boundary, links = OF[kind]
    if kind == "staggered":
        return MASS * np.eye(links[0, ..., 0].size)
    kappa = 0.5 / (MASS + len(links))
    M = wilson.matrix(links, kappa, boundary, CLOVER["csw"])
    return M / (2.0 * kappa) + 0.5 * wilson.hopping_matrix(links, boundary)


def operators(links, kind):
    """D + m with hops of other links, of several configurations."""
    boundary, U = OF[kind][0], np.stack(links, axis=-3)
    if kind == "staggered":
        return without_hops(kind) + staggered.dense_hops(U, boundary)
    return without_hops(kind) - 0.5 * wilson.hopping_matrices(U, boundary)


def propagator(links, kind):
    """S over (site in lattice order, colour, spin)."""
    boundary = FLAT[0]
    if kind == "overlap":
        return overlap.propagator(overlap.dense(links, 1.1, boundary), 1.1, MASS)
    if kind == "staggered":
        return np.linalg.inv(staggered.dense_hop(links, boundary) + MASS * np.eye(32))
    if kind == "wilson":
        return np.linalg.inv(operators([links], kind)[0])
    return domainwall.propagator(links, boundary, MASS)


def second_derivatives(kind, k, t):
    """d^2 log det D by the phases of all links of direction k at time t and of one link, for both at the origin."""
    links, shape = OF[kind][1], OF[kind][1].shape[1:-2]
    moved = [
        turned(turned(links, k, at_time(shape, t), a * STEP), k, where, b * STEP)
        for where in at_links(shape, k)
        for a in (1, -1)
        for b in (1, -1)
    ]
    signs = np.array([[1, -1, -1, 1]])
    return np.sum(signs * np.linalg.slogdet(operators(moved, kind))[1].reshape(2, 4), axis=1) / (4.0 * STEP**2)


@pytest.mark.parametrize("kind", OF)
def test_conserved_currents_are_derivatives_of_the_determinant(kind):
    """With the contact term at t = 0; of staggered quarks for each of the 2^(d/2) tastes."""
    boundary, links = OF[kind]
    shape, space = links.shape[1:-2], len(links) - 1
    found = measured(links, boundary, kind)["vector_correlator_conserved_conserved"]
    tastes = 2 ** (len(shape) // 2) if kind == "staggered" else 1
    for t in (0, shape[-1] - 1):
        mean = np.mean([second_derivatives(kind, k, t) for k in range(space)])
        assert found[t] == pytest.approx(mean / tastes, abs=1e-5 * np.abs(found).max())


@pytest.mark.parametrize("kind", ["wilson", "domain_wall"])
def test_conserved_current_at_the_sink(kind):
    """The mean value of the local current at the origin changes by it with the phases of links at time t.

    A source between domain walls has hops with c5 itself: there t = 0 is another number.
    """
    boundary, links = FLAT
    found = measured(links, boundary, kind)["vector_correlator_conserved_local"]

    def local(t, alpha):
        return np.trace(GAMMA @ propagator(turned(links, 0, at_time((4, 8), t), alpha), kind)[:2, :2])

    for t in (0, 1, 6)[kind != "wilson" :]:
        change = 1j * (local(t, STEP) - local(t, -STEP)) / (2.0 * STEP)
        assert found[t] == pytest.approx(change.real, abs=1e-5 * np.abs(found).max())


@pytest.mark.parametrize("kind", KINDS)
def test_local_currents_from_dense_propagators(kind):
    boundary, links = FLAT
    S = propagator(links, kind)
    found = measured(links, boundary, kind, ["local_local"])["vector_correlator_local_local"]
    if kind == "staggered":
        signs = (-1.0) ** np.arange(4)[:, None]
        expected = np.sum(signs * np.abs(S[:, 0].reshape(4, 8)) ** 2, axis=0) / 2.0
    else:
        S = S.reshape(32, 2, 32, 2)
        loop = np.einsum("ab,xbc,cd,xda->x", GAMMA, S[:, :, 0], GAMMA, S[0].transpose(1, 0, 2), optimize=True)
        expected = loop.real.reshape(4, 8).sum(axis=0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("kind", ["wilson", "staggered"])
def test_noise_on_the_wall_is_the_mean_of_its_points(kind, monkeypatch):
    """With unit vectors times sqrt(4) in place of random numbers: every point of the time slice once."""
    boundary, links = FLAT

    def unit(lattice, n, stream, noise, i):
        eta = np.zeros((4, 8, n, 1), dtype=complex)
        eta[i, 0, 0, 0] = 2.0
        return lattice.from_user(eta)

    monkeypatch.setattr(vector_correlator, "noise_wall", unit)
    found = measured(links, boundary, kind, source="noise_wall", vectors=4)
    points = [measured(np.roll(links, -x, 1), boundary, kind) for x in range(4)]
    for name in VECTORS_OF[kind]:
        key = f"vector_correlator_{name}"
        expected = np.mean([one[key] for one in points], axis=0)
        np.testing.assert_allclose(found[key], expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("kind", ["wilson", "staggered"])
def test_gauge_invariance_and_places(kind):
    """Gauge transformations change nothing; the mean over all places is that of every translation."""
    place = Place("U(1)", (4, 8))
    _, transform = transformation(place)
    one, other = (place.lattice.to_user(U) for U in (place.U, transform(place.U)))
    every = {"sources": 32} if kind == "staggered" else {}
    found, *others = (measured(U, FLAT[0], kind, **every) for U in (one, other))
    others += [measured(np.roll(one, (1, 3), (1, 2)), FLAT[0], kind, **every)] if every else []
    for name in VECTORS_OF[kind]:
        key = f"vector_correlator_{name}"
        for values in others:
            np.testing.assert_allclose(values[key], found[key], rtol=0, atol=1e-9 * np.abs(found[key]).max())


def free(shape, boundary, mass):
    """Sums over momenta of free Wilson quarks with the vertices gamma_k and -i dD/dp_k: G(t) of each pair."""
    d, gamma = len(shape), wilson.gammas(len(shape))
    p = np.meshgrid(*(2 * np.pi * (np.arange(L) + (b < 0) / 2) / L for L, b in zip(shape, boundary, strict=True)),
                    indexing="ij")  # fmt: skip
    D = sum(1j * np.multiply.outer(np.sin(q), g) for q, g in zip(p, gamma, strict=True))
    D = D + np.multiply.outer(mass + sum(1.0 - np.cos(q) for q in p), np.eye(d))
    waves = np.exp(1j * np.outer(p[-1].reshape(-1, shape[-1])[0], np.arange(shape[-1])))  # [omega, t]
    S, back = (np.einsum("xwab,wt->xtab", np.linalg.inv(D).reshape(-1, shape[-1], d, d), w) / shape[-1]
               for w in (waves, waves.conj()))  # fmt: skip
    found = {name: np.zeros(shape[-1]) for name in VECTORS_OF["wilson"]}
    for q, g in zip(p[:-1], gamma[:-1], strict=True):
        q = q[..., 0].ravel()
        hop = np.multiply.outer(np.cos(q), g) - 1j * np.multiply.outer(np.sin(q), np.eye(d))
        local, double = np.broadcast_to(g, hop.shape), hop.copy()
        double = np.multiply.outer(np.cos(q), np.eye(d)) - 1j * np.multiply.outer(np.sin(q), g)  # d^2 D/dp^2
        for name, (sink, source) in zip(found, ((local, local), (hop, local), (hop, hop)), strict=True):
            loops = np.einsum("xab,xtbc,xcd,xtda->t", sink, S, source, back, optimize=True)
            found[name] += loops.real / len(q) / (d - 1)
        contact = np.einsum("xab,xba->", double, S[:, 0]).real / len(q) / (d - 1)
        found["conserved_conserved"][0] += contact
    return found


@pytest.mark.parametrize(("shape", "boundary", "n"), [((4, 8), (-1, -1), 1), ((4, 2, 2, 4), (1, 1, -1, -1), 3)])
def test_free_quarks(shape, boundary, n):
    links = np.broadcast_to(np.eye(n, dtype=complex), (len(shape), *shape, n, n))
    quark = {"valence": {"q": {"kind": "wilson", "mass": MASS, "boundary": boundary}}}
    options = {"vector_correlator": {"currents": VECTORS_OF["wilson"], "tolerance": 1e-12}}
    found = lqcdnn.measure_configuration(links, ["vector_correlator"], options, tables=quark)
    for name, expected in free(shape, boundary, MASS).items():
        G = found[f"vector_correlator_{name}"]
        np.testing.assert_allclose(G, n * expected, rtol=0, atol=1e-10 * np.abs(expected).max())
