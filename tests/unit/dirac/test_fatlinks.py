"""Fat links against sums over all paths and the projection against singular values, and what an improvement is for."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from kernel_cases import every_case_in_double, settings
from reference import fatlinks as reference
from reference import samples
from reference.matrices import dagger

from lqcdnn.config.tables.improvements import IMPROVEMENTS, fat7, improvement_of
from lqcdnn.dirac.fatlinks import FatLinks
from lqcdnn.kernels import unitarization
from lqcdnn.lattice.geometry import Lattice

KINDS = {
    "hisq": {"naik_epsilon": -0.3},
    "asqtad": {"u0": 0.85},
    "naik": {},
}
REFERENCE = {
    "hisq": lambda U: reference.hisq(U, -0.3),
    "asqtad": lambda U: reference.asqtad(U, 0.85),
    "naik": reference.naik,
}
PLACES = [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (4, 4, 4, 4))]
SU2 = pytest.param(PLACES[1], marks=pytest.mark.slow)
every_place = pytest.mark.parametrize("place", [PLACES[0], SU2, PLACES[2]], ids=lambda p: p[0])
every_kind = pytest.mark.parametrize("kind", KINDS)


def fat_links(lattice, kind, **options):
    return FatLinks(lattice, improvement_of(kind, lattice.d, **(options or KINDS[kind])))


def made(lattice, kind, U):
    """(fat links, long links) in lattice order."""
    found = lattice.to_user(fat_links(lattice, kind).forward(U)[0])
    return found[: lattice.d], found[lattice.d :]


def test_coefficients_of_the_papers():
    hisq, asqtad = improvement_of("hisq", 4, 0.1), improvement_of("asqtad", 4, u0=1.0)
    assert hisq.first == fat7(4)
    assert (hisq.first.one, *hisq.first.staples) == (1 / 8, 1 / 16, 1 / 64, 1 / 384)
    assert (hisq.fat.one, hisq.fat.straight, hisq.long) == pytest.approx((1 + 0.1 / 8, -1 / 8, -1.1 / 24))
    assert (asqtad.fat.one, asqtad.fat.straight, asqtad.long) == pytest.approx((5 / 8, -1 / 16, -1 / 24))
    assert asqtad.first is None
    assert improvement_of("none", 4) is improvement_of(None, 4) is None
    assert set(IMPROVEMENTS) == {"none", *KINDS}


@pytest.mark.parametrize("d", [2, 3, 4])
@every_kind
def test_smooth_links_have_one_derivative(kind, d):
    """D = sum of fat hops + three times the long ones = the derivative of the continuum; Fat7 of 1 is 1."""
    one = improvement_of(kind, d, 0.2, 1.0)
    assert one.fat.total + 3 * one.long == pytest.approx(1.0)
    assert fat7(d).total == pytest.approx(1.0)
    assert fat7(d, 0.9).size > 1.0
    assert one.norm >= d * (abs(one.fat.total) + abs(one.long)) * (1 - 1e-15)


@every_place
@every_kind
def test_against_all_paths(place, kind):
    p = Place(*place)
    for found, expected in zip(made(p.lattice, kind, p.U), REFERENCE[kind](p.lattice.to_user(p.U)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.slow
@every_case_in_double
def test_every_width_and_kind_of_table(case):
    """Extents of 2, and odd ones, too: links of the smearing wind around."""
    for s in settings(case):
        for kind in ("hisq", "asqtad"):
            fat, long = made(s.lattice, kind, s.blocks)
            for found, expected in zip((fat, long), REFERENCE[kind](s.U), strict=True):
                case.assert_close(found, expected, 100)


@every_place
@every_kind
def test_covariance(place, kind):
    p = Place(*place)
    G, U = samples.group_elements(p.rng, p.n, *p.lattice.shape), p.lattice.to_user(p.U)
    fat, long = made(p.lattice, kind, p.U)
    turned = made(p.lattice, kind, p.lattice.from_links(samples.gauge_transform(U, G)))
    np.testing.assert_allclose(turned[0], samples.gauge_transform(fat, G), rtol=0, atol=1e-12)
    ahead = np.array([G @ z @ dagger(np.roll(G, -3, mu)) for mu, z in enumerate(long)])
    np.testing.assert_allclose(turned[1], ahead, rtol=0, atol=1e-12)


class Overlap:
    """S = Re sum tr K^dag f(U) with random K: every number of the fat and long links matters."""

    name = "overlap"

    def __init__(self, p, kind):
        self.lattice, self.map = p.lattice, fat_links(p.lattice, kind)
        self.K = samples.complex_normal(p.rng, 2 * p.d, *p.lattice.shape, p.n, p.n)

    def value(self, U):
        return float((self.K.conj() * self.lattice.to_user(self.map.forward(U)[0])).real.sum())

    def add_gradient(self, U, Sigma):
        self.map.add_pullback(Sigma, self.map.forward(U)[1], self.lattice.from_links(dagger(self.K)))


@every_place
@every_kind
def test_pullback(place, kind):
    p = Place(*place, spread=0.4)
    overlap = Overlap(p, kind)
    assert_gradient(overlap, p.U, 1e-8)
    _, tape = overlap.map.forward(p.U)
    Sigma = p.lattice.from_links(dagger(overlap.K))
    once, weights = overlap.map.pullback_weights(tape, Sigma)
    assert weights.size == 0
    twice = once.copy()
    overlap.map.add_pullback(twice, tape, Sigma)
    np.testing.assert_allclose(twice["c"], 2 * once["c"], rtol=0, atol=1e-12)


def test_links_of_the_last_time_are_not_made_again():
    p = Place("U(1)", (4, 8))
    one = fat_links(p.lattice, "hisq")
    first, again = one.forward(p.U)[0], one.forward(p.U.copy())[0]
    assert first is again
    before = first["c"].copy()
    p.U["c"][0, 0] *= -1.0  # what is kept does not follow the links
    other = one.forward(p.U)[0]
    assert np.abs(other["c"] - before).max() > 0.1
    np.testing.assert_array_equal(other["c"], fat_links(p.lattice, "hisq").forward(p.U)[0]["c"])


def matrices(n, *smallest, count=64, seed=3):
    """V = W H [count, n, n], H and W, with singular values of V from 0.3 to 1 but for one in the first few."""
    rng = np.random.default_rng(seed)
    h = rng.uniform(0.3, 1.0, (count, n))
    h[: len(smallest), 0] = smallest
    w, v = (samples.group_elements(rng, n, count) for _ in range(2))
    if n == 2:  # sums of SU(2) matrices are multiples of them
        h[:, 1] = h[:, 0]
    H = np.einsum("...ij,...j,...kj->...ik", v, h, v.conj())
    return (w @ H), H, w


def derivative(G, H, W, added=0.0):
    """W Z with H Z + Z H = W^dag G - G^dag W in the basis of eigenvectors, H^2 -> H^2 + added."""
    h, v = np.linalg.eigh(H)
    h = np.sqrt(h**2 + np.broadcast_to(added, h.shape[:-1])[..., None])
    R = dagger(v) @ (dagger(W) @ G - dagger(G) @ W) @ v
    return W @ v @ (R / (h[..., :, None] + h[..., None, :])) @ dagger(v)


@pytest.mark.parametrize("n", [1, 2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_projection_next_to_singular_matrices(n):
    """Singular values down to 1e-4; where one is below that of the filter, all are raised in the derivative."""
    smallest = (0.1, 0.02, 0.0072, 0.006, 1e-3, 1e-4)
    V, H, W = matrices(n, *smallest)
    lattice = Lattice((8, 8))
    shape = (1, 8, 8, n, n)
    v, w = (lattice.from_links(x.reshape(shape)) for x in (V, W))
    found = v.copy()
    unitarization.unitarize(found, v)
    np.testing.assert_allclose(lattice.to_user(found).reshape(W.shape), W, rtol=0, atol=1e-11)
    G = samples.complex_normal(np.random.default_rng(4), *shape)
    g = lattice.from_links(G)
    G = lattice.to_user(g).reshape(W.shape)  # of SU(2) the part that links know
    unitarization.unitarize_back(g, v, w)
    below = (np.linalg.eigvalsh(H)[:, 0] ** 2 < unitarization.FORCE_FILTER) * unitarization.FORCE_FILTER
    assert np.count_nonzero(below) == 3
    expected = derivative(G, H, W, below)
    np.testing.assert_allclose(lattice.to_user(g).reshape(W.shape), expected, rtol=1e-9, atol=1e-9)


def test_projection_of_three_colors_that_has_no_closed_form():
    """Next to singular matrices beside ones with three equal singular values, multiples of unitary ones."""
    V, _, _ = matrices(3, 1e-5, 1e-6, 1e-7, 1e-8)
    V[4:6] = 0.7 * samples.group_elements(np.random.default_rng(5), 3, 2)
    lattice = Lattice((8, 8))
    v = lattice.from_links(V.reshape(1, 8, 8, 3, 3))
    unitarization.unitarize(v, v)
    W = lattice.to_user(v).reshape(V.shape)
    np.testing.assert_allclose(dagger(W) @ W, np.broadcast_to(np.eye(3), W.shape), rtol=0, atol=1e-14)
    H = dagger(W) @ V
    np.testing.assert_allclose(H, dagger(H), rtol=0, atol=1e-14)
    assert np.linalg.eigvalsh(H).min() > 0


@pytest.mark.parametrize("kind", ["hisq", "asqtad"])
def test_no_error_of_first_order_in_a_squared(kind):
    """A plane wave along t of links along x: the field in F + 3 L is 1 + O(k^4) of it, that in Fat7 1 + O(k^2)."""
    deviations, seven = [], []
    for length in (8, 16):
        lattice, k, amplitude = Lattice((4, length)), 2 * np.pi / length, 1e-6
        wave = np.cos(k * np.arange(length)) * np.ones((4, 1))
        U = np.ones((2, 4, length, 1, 1), dtype=complex)
        U[0] = np.exp(1j * amplitude * wave)[..., None, None]
        links = lattice.from_links(U)
        options = {"u0": 1.0} if kind == "asqtad" else {"naik_epsilon": -0.3}
        fat, long = np.split(lattice.to_user(fat_links(lattice, kind, **options).forward(links)[0]), 2)
        response = (fat + long)[0, 0, 0, 0, 0].imag / amplitude  # a long link holds three times the field
        deviations.append(response - 1.0)
        seven.append(reference.fattened(U, reference.fat7(2))[0, 0, 0, 0, 0].imag / amplitude - 1.0)
    assert seven[0] / seven[1] == pytest.approx(4.0, rel=0.1)
    assert deviations[0] / deviations[1] == pytest.approx(16.0, rel=0.25)
    assert abs(deviations[1]) < 0.2 * abs(seven[1])


@every_kind
def test_free_dispersion(kind):
    """p + O(p^5) for each component of the momentum: the thin operator has -p^3/6."""
    one = improvement_of(kind, 4, 0.0, 1.0)

    def deviation(p):
        return one.fat.total * np.sin(p) + one.long * np.sin(3 * p) - p

    assert deviation(0.2) / deviation(0.1) == pytest.approx(32.0, rel=0.05)
    assert abs(deviation(0.2)) < 0.03 * abs(np.sin(0.2) - 0.2)
