"""Maximally abelian and maximal centre gauge against numpy and derivatives, and links projected in them."""

from itertools import combinations

import numpy as np
import pytest
from builders import Place, transformation
from kernel_cases import DOUBLE, Setting
from reference import confinement as reference
from reference import gaugefixing as gauges
from reference import loops, samples
from reference.matrices import dagger, exponential, generators, trace

from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import haar, unitarity_violation
from lqcdnn.fields.gaugefixing import PROJECTING, Gauge, fix_gauge, functional, sweep, transformed
from lqcdnn.fields.projection import projected, roots_of_unity
from lqcdnn.fields.random import Stream

PLACES = [("SU(2)", (4, 4, 4)), ("SU(3)", (4, 2, 2, 4))]
ODD = pytest.param(("SU(2)", (3, 2, 4)), marks=pytest.mark.slow)
"""No two colours of sites: turns by another kernel."""
CASES = [case for case in DOUBLE if case.n > 1]


@pytest.mark.parametrize("kind", PROJECTING)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_functional_and_divergence_against_numpy(case, kind):
    s = Setting(case, (4, 4, 2, 2))
    z = samples.group_elements(s.rng, case.n, *s.lattice.shape)
    found = functional(s.lattice, s.lattice.from_links(z[None]), s.blocks, case.group, 4, kind)
    moved = gauges.transformed(s.U, z)
    case.assert_close(found, [reference.functional(moved, kind), reference.theta(moved, kind)], 10.0)


@pytest.mark.parametrize("kind", PROJECTING)
@pytest.mark.parametrize("n", [2, 3])
def test_the_divergence_is_the_derivative(n, kind):
    """d/de of the sum over links with G(x) = exp(i e T) is 2 Re tr(i T M) = -2 Im tr(T M), at every generator."""
    rng, x, eps = np.random.default_rng(3), (1, 0, 2), 1e-5
    z = samples.links(rng, (2, 2, 4), n)
    M, links = reference.around(z, kind)[x], len(z) * 16
    for T in generators(n):
        values = []
        for e in (eps, -eps):
            G = np.zeros((2, 2, 4, n, n), dtype=complex) + np.eye(n)
            G[x] = exponential(1j * e * T)
            values.append(reference.functional(gauges.transformed(z, G), kind) * links * n)
        slope = (values[0] - values[1]) / (2.0 * eps)
        assert slope == pytest.approx(-2.0 * np.trace(T @ M).imag, abs=1e-7)


@pytest.mark.parametrize("kind", PROJECTING)
@pytest.mark.parametrize("place", [*PLACES, ODD], ids=str)
def test_the_functional_never_falls(place, kind):
    p = Place(*place)
    for omega in (1.0, 1.7, 1.999):
        G = haar(p.lattice, p.group, 1, Stream(4, 1), 1)
        values = []
        for _ in range(30):
            values.append(functional(p.lattice, G, p.U, p.group, p.d, kind)[0])
            sweep(p.lattice, G, p.U, p.d, omega, kind)
        assert np.diff(values).min() > -1e-14
        assert values[-1] > values[0] + 0.2


def first_turn(p):
    """The turn of a site x whose neighbours stay 1, and the functional with any other matrix there."""
    G = p.lattice.from_links(np.zeros((1, *p.lattice.shape, p.n, p.n), dtype=complex) + np.eye(p.n))
    sweep(p.lattice, G, p.U, p.d, 1.0, "abelian")
    z, x = p.lattice.to_user(p.U), (0, *(1,) * (p.d - 2), p.d % 2)  # even: the first half, 1 around it

    def value(a):
        H = np.zeros((*p.lattice.shape, p.n, p.n), dtype=complex) + np.eye(p.n)
        H[x] = a
        return reference.functional(gauges.transformed(z, H), "abelian")

    return p.lattice.to_user(G)[0][x], value


def test_a_turn_of_the_diagonal_is_the_best_one():
    """Of SU(2), without overrelaxation: where all neighbours stay 1, no other matrix at a site does better."""
    best, value = first_turn(Place("SU(2)", (4, 4, 4)))
    others = [value(a) for a in samples.group_elements(np.random.default_rng(1), 2, 200)]
    assert value(best) > max(others)
    for T in generators(2):
        for e in (0.01, -0.01):
            assert value(exponential(1j * e * T) @ best) < value(best) + 1e-15


def rotation(n, i, j, a, b):
    """[[a, b], [-b*, a*]] in rows i and j."""
    r = np.eye(n, dtype=complex)
    r[np.ix_((i, j), (i, j))] = [[a, b], [-np.conj(b), np.conj(a)]]
    return r


@pytest.mark.parametrize("place", [PLACES[1], pytest.param(("SU(4)", (4, 4, 4)), marks=pytest.mark.slow)], ids=str)
def test_turns_of_subgroups_are_the_best_ones(place):
    """Of SU(N), one subgroup after the other: the largest eigenvector of a form made of values of the functional."""
    p, half = Place(*place), 0.5**0.5
    turn, value = first_turn(p)
    expected = np.eye(p.n, dtype=complex)
    for i, j in combinations(range(p.n), 2):
        few = ((1, 0), (0, 1), (half, half), (half, half * 1j))
        A, B, x, y = (value(rotation(p.n, i, j, a, b) @ expected) for a, b in few)
        mean = (A + B) / 2.0
        form = np.array([[A, x - mean + 1j * (y - mean)], [0, B]])  # A |a|^2 + B |b|^2 + 2 Re(a b* form_01)
        a, b = np.linalg.eigh(form, UPLO="U")[1][:, 1].conj()
        expected = rotation(p.n, i, j, abs(a), b * np.conj(a) / abs(a)) @ expected
    np.testing.assert_allclose(turn, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", PROJECTING)
@pytest.mark.parametrize("place", [*PLACES, ODD], ids=str)
def test_fixed_links(place, kind):
    p = Place(*place)
    gauge = Gauge(kind, tolerance=1e-20, copies=2)
    found = fix_gauge(p.lattice, p.U, p.group, gauge, Stream(1, 1))
    z = p.lattice.to_user(transformed(p.lattice, p.U, found.transformation))
    assert found.start.functional == pytest.approx(reference.functional(z, kind), abs=1e-14)
    assert found.start.functional == max(one.functional for one in found.starts)
    assert reference.theta(z, kind) < 2e-20
    for name in ("abelian",) if kind == "abelian" else ("center", "vortex_removed"):
        check_projection(p, found.transformation, z, name)


def check_projection(p, G, z, name):
    V = projected(p.lattice, p.U, G, name)
    v, n = p.lattice.to_user(V), p.n
    assert unitarity_violation(p.lattice, V, p.group) < 1e-13
    if name == "abelian":
        rest = np.angle(np.diagonal(z, axis1=-2, axis2=-1))
        total = np.angle(np.exp(1j * rest.sum(axis=-1)))
        expected = np.exp(1j * (rest - total[..., None] / n))
        np.testing.assert_allclose(v, expected[..., None] * np.eye(n), rtol=0, atol=1e-12)
        return
    if name == "vortex_removed":
        z, v = gauges.transformed(p.lattice.to_user(p.U), p.lattice.to_user(G)), v @ np.eye(n)
        v = dagger(v) @ p.lattice.to_user(p.U)  # z itself: U z^dag = V
    k = np.rint(np.angle(trace(z)) * n / (2.0 * np.pi))
    np.testing.assert_allclose(v, np.exp(2j * np.pi * k / n)[..., None, None] * np.eye(n), rtol=0, atol=1e-13)


def test_u1_is_refused():
    p = Place("U(1)", (4, 8))
    with pytest.raises(InputError, match=r"abelian gauge of U\(1\)"):
        fix_gauge(p.lattice, p.U, p.group, Gauge("abelian"), Stream(1, 1))


def test_roots_of_unity():
    assert roots_of_unity(2).tolist() == [[1.0, 0.0], [-1.0, 0.0]]
    assert roots_of_unity(4).tolist() == [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    assert np.abs(roots_of_unity(3) @ [1.0, 1j] - np.exp(2j * np.pi * np.arange(3) / 3)).max() < 1e-15


def test_weak_fields_come_to_one_gauge():
    """Loops of the projected links are the same from another gauge, where the maximum is the only one near."""
    p = Place("SU(2)", (4, 4, 4), spread=0.1)
    for kind in PROJECTING:
        values, plaquettes = [], []
        for U in (p.U, transformation(p)[1](p.U)):
            found = fix_gauge(p.lattice, U, p.group, Gauge(kind, tolerance=1e-20, copies=8), Stream(1, 1))
            values.append(found.start.functional)
            z = p.lattice.to_user(projected(p.lattice, U, found.transformation, kind))
            plaquettes.append([trace(loops.transport(z, (mu, nu, -mu, -nu))) for mu, nu in ((1, 2), (1, 3), (2, 3))])
        assert np.ptp(values) < 1e-12
        np.testing.assert_allclose(plaquettes[0], plaquettes[1], rtol=0, atol=1e-8)
        assert np.std(plaquettes[0]) > 1e-4 or kind == "center"  # of the centre all are 1
