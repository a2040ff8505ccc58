"""Smeared spectral densities: integrals against quadrature, the limit of precise data, known densities."""

import math
from decimal import Decimal

import numpy as np
import pytest
from reference.exact import integral
from test_fits import chains, cosh, noisy

from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.smearing import Basis, _complementary, gaussian, kernel, pi
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

E = np.linspace(0.0, 60.0, 60_001)
MASSES, AMPLITUDES = np.array([0.3, 0.7, 1.1]), np.array([1.0, 0.5, 0.8])


def test_functions_in_decimal_numbers():
    assert float(pi()) == math.pi
    for x in (-2.0, -0.3, 0.0, 0.5, 3.0, 20.0):
        assert float(_complementary(Decimal(x))) == pytest.approx(math.erfc(x), rel=1e-14)


@pytest.mark.parametrize("threshold", [0.0, 0.25])
def test_integrals(threshold):
    """A, f and A[0] against quadrature in double precision."""
    basis = Basis(16, (1, 2, 5, 8), threshold)
    found = kernel(basis, basis.gram(), np.eye(4), 0.4, 0.15)
    at = E[threshold <= E]
    b, delta = basis.at(at), gaussian(at, 0.4, 0.15)
    assert integral(gaussian(E, 0.4, 0.15), E) == pytest.approx(1.0, rel=1e-6)
    gram = [[integral(one * other, at) for other in b.T] for one in b.T]
    assert np.array(found.gram, dtype=float) == pytest.approx(np.array(gram), rel=1e-4)
    overlaps = [integral(one * delta, at) for one in b.T]
    assert np.array(found.overlaps, dtype=float) == pytest.approx(overlaps, rel=1e-4)
    assert float(found.square) == pytest.approx(integral(delta**2, at), rel=1e-4)
    g = np.array([0.3, -0.1, 0.2, 0.5])
    distance = integral((b @ g - delta) ** 2, at) / integral(delta**2, at)
    assert float(found.distance(list(map(Decimal, g)))) == pytest.approx(distance, rel=1e-4)
    assert float(found.variance(list(map(Decimal, g)))) == pytest.approx(g @ g)


def test_coefficients_minimise():
    """W rises in all directions from the solution, and the balance is one."""
    basis = Basis(12, tuple(range(1, 7)), 0.0)
    noise = np.diag(np.linspace(1.0, 2.0, 6)) * 1e-6
    found = kernel(basis, basis.gram(), noise, 0.5, 0.2)
    g, mu = found.coefficients(Decimal(3)), Decimal(3)

    def total(at):
        return found.distance(at) + mu * found.variance(at)

    for i in range(6):
        for sign in (-1, 1):
            moved = list(g)
            moved[i] += sign * Decimal("1e-8")
            assert total(moved) > total(g)
    for ratio in (1.0, 0.1):
        chosen = found.balanced(ratio)
        assert float(found.distance(chosen) / found.variance(chosen)) == pytest.approx(ratio, rel=0.03)


@pytest.mark.parametrize(("extent", "sigma", "distance"), [(16, 0.4, 2e-3), (32, 0.4, 2e-5)])
def test_precise_data_make_the_kernel(extent, sigma, distance):
    """Without noise sum_t g_t b_t(E) is the kernel at each energy, ever nearer with more times."""
    basis = Basis(extent, tuple(range(1, extent // 2 + 1)), 0.0)
    found = kernel(basis, basis.gram(), 1e-60 * np.eye(extent // 2), 0.8, sigma)
    g = found.balanced(1.0)
    assert float(found.distance(g)) < distance
    for energy in (0.3, 0.8, 1.5):
        with_decimals = sum(
            one * ((-t * Decimal(energy)).exp() + (-(extent - t) * Decimal(energy)).exp())
            for one, t in zip(g, basis.times, strict=True)
        )
        exact = gaussian(np.array([energy]), 0.8, sigma)[0]
        assert abs(float(with_decimals) - exact) < 3.0 * math.sqrt(distance) * exact


MOMENTA = 2.0 * np.pi * np.arange(8) / 8.0
PAIRS = 2.0 * np.arcsinh(np.sqrt(0.2**2 + np.sin(MOMENTA / 2.0) ** 2))
"""Energies of two free particles with opposite momenta in a box of one dimension, sinh^2(E/4) = m^2 + sin^2(p/2)."""


def density(energies, sigma, masses=MASSES, amplitudes=AMPLITUDES):
    """Of delta functions, smeared."""
    return np.array([amplitudes @ gaussian(masses, one, sigma) for one in energies])


@pytest.mark.parametrize(("masses", "amplitudes"), [(MASSES, AMPLITUDES), (PAIRS, np.full(8, 0.125))])
def test_known_densities(masses, amplitudes):
    """Within the quoted errors; the density is a function of mean values as others are."""
    of = chains([noisy(cosh(masses, amplitudes, 24), 100, 3)])
    found = fit(parse_fit("s = spectral_density(c, 0.3, 0.2, 0.8, 0.3)"), of)
    assert [one.name for one in found.parameters] == ["s.1", "s.2", "s.3"]
    energies = np.array([0.2, 0.5, 0.8])
    assert found.picture.x == pytest.approx(energies)
    assert found.picture.errors == pytest.approx([one.total_error for one in found.parameters])
    for one, exact in zip(found.parameters, density(energies, 0.3, masses, amplitudes), strict=True):
        assert abs(one.center - exact) < 3.0 * one.total_error
        assert one.total_error < 0.4 * exact
        assert one.jackknife_error == pytest.approx(one.error, rel=0.3)
        assert one.systematic > 0.0
    names, function = of.parameters["s.2"]
    assert len(names) == 24
    means = np.array([series.values.mean() for series in of.series[0].values()])
    assert function(means).value == pytest.approx(function(means).gradient @ means)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("0, 0.2, 0.8, 0.3", "SIGMA and STEP are above 0"),
        ("0.1, 0.8, 0.2, 0.3", "FROM at least 0 and at most TO"),
        ("0.1, 0, 3, 0.01", "301 energies"),
        ("0.1, 0.2, 0.8, 0.3, 0", "FIRST and LAST must be whole numbers from 1 to 12"),
        ("0.1, 0.2, 0.8, 0.3, 1, 13", "FIRST and LAST"),
        ("0.1, 0.2, 0.8, 0.3, 1, 12, -1", "E0 = -1; allowed"),
    ],
)
def test_refused(numbers, message):
    with pytest.raises(InputError, match=message):
        fit(parse_fit(f"s = spectral_density(c, {numbers})"), chains([noisy(cosh([0.3], [1.0]), 20, 1)]))


def test_long_correlators_are_refused():
    with pytest.raises(InputError, match="66 times; allowed: up to 64"):
        fit(parse_fit("s = spectral_density(c, 0.2, 0.2, 0.8, 0.3)"), chains([noisy(cosh([0.3], [1.0], 66), 20, 1)]))


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "sigma"), [(0.03, 0.2), (0.003, 0.2), (0.03, 0.4)])
def test_deviations_over_repetitions(noise, sigma):
    """The total error holds the exact density about as often as it should, at each energy on average."""
    pulls, energies = [], np.arange(0.2, 1.3, 0.2)
    for seed in range(12):
        of = chains([noisy(cosh(MASSES, AMPLITUDES, 32), 200, seed, noise)], second=False)
        found = fit(parse_fit(f"s = spectral_density(c, {sigma}, 0.2, 1.2, 0.2)"), of).parameters
        exact = density(energies, sigma)
        pulls += [(one.center - x) / one.total_error for one, x in zip(found, exact, strict=True)]
    held, width = np.mean(np.abs(pulls) < 1.0), np.sqrt(np.mean(np.square(pulls)))
    print(f"noise {noise}, sigma {sigma}: {held:.2f} of the intervals hold the density, width {width:.2f}")
    assert 0.55 < held < 0.95
    assert 0.5 < width < 1.3
