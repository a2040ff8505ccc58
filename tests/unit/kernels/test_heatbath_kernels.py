"""Single links in fixed staples against exact integrals: all other links are held, one colour is drawn again and again.

On a cold lattice every link of one direction and colour sees the staple 2 (d - 1), so one call draws half the sites
independently.
"""

import numpy as np
import pytest
from kernel_cases import NATIVE, WIDTHS, numbers
from reference.exact import bessel_i, mean_trace

from lqcdnn.fields.gauge import cold, hot, unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.kernels import heatbath as kernels
from lqcdnn.lattice.coloring import colored_sites
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.programs import staple_program

SHAPE = (32, 64)
ALGORITHMS = [kernels.KENNEDY_PENDLETON, kernels.CREUTZ]
ALPHAS = [0.0, 1e-9, 0.3, 0.74, 0.76, 2.0, 11.0, 300.0]
"""Both sides of the change of proposal at FLAT included."""


class Draws:
    """Links of direction 0 and even sites, drawn with S = -strength / (2 (d - 1)) Re tr(U C^dag)."""

    def __init__(self, name, strength, algorithm=None, U=None, width=None, shape=SHAPE):
        self.lattice, self.group, self.algorithm = Lattice(shape, width=width), group(name), algorithm
        self.U = cold(self.lattice, self.group) if U is None else U
        self.sites = colored_sites(self.lattice, ["plaquette"], 0)
        program = staple_program([], shape)
        weight, others = 0.5 * strength / (self.lattice.d - 1), np.zeros((1, self.lattice.d))
        self.staples = (weight, None, program.program, others, program.start, self.sites.kind)

    def draw(self, trajectory, seed=11):
        where = (0, self.sites.start[0][1], 0)
        failed, random = np.zeros(self.sites.start[0][-1], np.uint8), (trajectory, 5, np.uint64(seed))
        fixed = (failed, self.U, self.lattice.neighbours, self.sites.vectors, *where, *self.staples, *random)
        if self.group.special:
            kernels.heatbath_su(*fixed, self.algorithm)
        else:
            kernels.heatbath_u1(*fixed)
        return failed

    def links(self):
        even = self.lattice.coordinates[: self.lattice.volume // 2]
        return self.lattice.to_user(self.U)[0][tuple(even.T)]


def sample(name, strength, algorithm=None, sweeps=20):
    draws, found = Draws(name, strength, algorithm), []
    for k in range(sweeps):
        assert not draws.draw(k + 1).any()
        found.append(draws.links())
    assert unitarity_violation(draws.lattice, draws.U, draws.group) < 1e-13
    return np.concatenate(found)


def kolmogorov(values, density, low, high):
    """sqrt(n) times the largest distance between empirical and exact distribution; above 2 with probability 7e-4."""
    x = np.linspace(low, high, 200001)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density(x)[1:] + density(x)[:-1]))])
    exact = np.interp(np.sort(values), x, cumulative / cumulative[-1])
    n = len(values)
    steps = np.arange(n + 1) / n
    return np.sqrt(n) * max(np.abs(exact - steps[1:]).max(), np.abs(exact - steps[:-1]).max())


def deviation(values, exact):
    """Mean minus exact value in errors of independent values."""
    return abs(values.mean() - exact) / (values.std() / np.sqrt(len(values)))


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["kennedy-pendleton", "creutz"])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_su2_link_in_a_fixed_staple(alpha, algorithm):
    # S = -(alpha/4) Re tr(2 U) = -alpha U_0
    U = sample("SU(2)", 0.5 * alpha, algorithm)
    a = np.array([U[:, 0, 0].real, U[:, 0, 1].imag, U[:, 0, 1].real, U[:, 0, 0].imag])
    i1, i2 = bessel_i((1, 2), alpha) * np.exp(-alpha)
    mean = i2 / i1 if alpha > 1e-6 else alpha / 4.0
    assert deviation(a[0], mean) < 3.5
    square = mean / alpha * 3.0 if alpha > 1e-6 else 0.75  # <1 - a_0^2> = 3 I2 / (alpha I1)
    assert deviation(1.0 - a[0] ** 2, square) < 3.5
    for i in (1, 2, 3):
        assert deviation(a[i], 0.0) < 3.5
        assert deviation(a[i] ** 2, square / 3.0) < 3.5
        assert deviation(a[i] * a[i % 3 + 1], 0.0) < 3.5

    # theta = arccos a_0 has weight sin^2(theta) exp(alpha cos theta)
    theta = np.arccos(np.clip(a[0], -1.0, 1.0))
    top = min(np.pi, 20.0 / np.sqrt(alpha)) if alpha > 0.0 else np.pi
    assert kolmogorov(theta, lambda x: np.sin(x) ** 2 * np.exp(alpha * (np.cos(x) - 1.0)), 0.0, top) < 2.0


@pytest.mark.parametrize("kappa", [0.0, 1e-9, 0.2, 1.0, 4.0, 50.0, 2000.0])
def test_u1_link_in_a_fixed_staple(kappa):
    angle = np.angle(sample("U(1)", kappa)[:, 0, 0])
    x = np.linspace(-np.pi, np.pi, 400001)
    weight = np.exp(kappa * (np.cos(x) - 1.0))
    assert deviation(np.cos(angle), np.sum(weight * np.cos(x)) / weight.sum()) < 3.5
    if kappa < 100.0:
        i0, i1 = bessel_i((0, 1), kappa)
        assert deviation(np.cos(angle), i1 / i0) < 3.5
    assert deviation(np.sin(angle), 0.0) < 3.5
    assert deviation(np.sin(2.0 * angle), 0.0) < 3.5
    assert kolmogorov(angle, lambda y: np.exp(kappa * (np.cos(y) - 1.0)), -np.pi, np.pi) < 2.0


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["kennedy-pendleton", "creutz"])
@pytest.mark.parametrize(("n", "strength"), [(3, 0.8), (3, 4.0), pytest.param(4, 3.0, marks=pytest.mark.slow)])
def test_sun_link_in_a_fixed_staple(n, strength, algorithm):
    """Subgroup sweeps lead to exp(x Re tr U): <Re tr U> = d ln Z / dx."""
    draws, found = Draws(f"SU({n})", strength, algorithm, shape=(16, 8, 8)), []
    for k in range(140):
        assert not draws.draw(k + 1).any()
        if k >= 20:
            found.append(np.einsum("sii->s", draws.links()))
    chains = np.array(found).mean(axis=0)  # the sites are independent, the sweeps are not
    assert deviation(chains.real, mean_trace(n, strength)) < 3.5
    assert deviation(chains.imag, 0.0) < 3.5


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("SU(2)", (1, NATIVE)),
        pytest.param("U(1)", WIDTHS, marks=pytest.mark.slow),
        pytest.param("SU(2)", WIDTHS, marks=pytest.mark.slow),
        pytest.param("SU(3)", WIDTHS, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_block_width_does_not_matter(name, widths):
    """A site gets the same numbers in whatever vector it stands and whoever its neighbours there are."""
    found, shape = [], (4, 8)
    start = Lattice(shape).to_user(hot(Lattice(shape), group(name), 3))
    for width in widths:
        lattice = Lattice(shape, width=width)
        draws = Draws(name, 1.7, kernels.KENNEDY_PENDLETON, lattice.from_links(start), width, shape)
        draws.draw(1)
        found.append(lattice.to_user(draws.U))
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=0, atol=1e-14)


def test_numbers_differ_between_sites_trajectories_and_seeds():
    draws, seen = Draws("SU(2)", 1.0, kernels.KENNEDY_PENDLETON, shape=(8, 8)), set()
    for trajectory, seed in ((1, 1), (2, 1), (1, 2), (1, 2**63)):
        draws.U = cold(draws.lattice, draws.group)
        draws.draw(trajectory, seed)
        seen.update(draws.links()[:, 0, 0].real.tolist())
    assert len(seen) == 4 * 32


@pytest.mark.parametrize("name", ["U(1)", "SU(2)", "SU(3)"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_link_that_is_not_a_number_fails_at_once(name, bad):
    draws = Draws(name, 1.0, kernels.KENNEDY_PENDLETON, shape=(4, 4, 4) if name == "SU(3)" else (8, 8))
    numbers(draws.U)[1, 0, 0, 0] = bad
    failed = draws.draw(1)
    assert failed.any()
    assert failed.sum() <= 4


def test_attempts_are_bounded():
    """Creutz's proposal at huge alpha is hardly ever accepted: that is an error, never a wrong distribution."""
    assert Draws("SU(2)", 1e12, kernels.CREUTZ, shape=(8, 8)).draw(1).any()
