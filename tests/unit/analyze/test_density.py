"""The density of states from slopes of windows: exact ones of U(1) in two dimensions, derivatives, two phases."""

from dataclasses import replace

import numpy as np
import pytest
from reference.exact import bessel_i, u1_plaquette, u1_plaquette_density

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.density import differentiated, mesh_of, solve, transition
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.llr import density_of_states
from lqcdnn.errors import InputError

BETA, VOLUME = 1.0, 32
POINTS = np.linspace(-0.6, 0.97, 800)


def exact_slopes(log, points, centres, width):
    """Slopes with which the mean of each window is its centre, by bisection."""
    found = []
    for centre in centres:
        low, high, x = -400.0, 400.0, points - centre
        for _ in range(40):
            middle = 0.5 * (low + high)
            exponent = log - middle * x - 0.5 * (x / width) ** 2
            low, high = (middle, high) if (np.exp(exponent - exponent.max()) * x).sum() > 0.0 else (low, middle)
        found.append(middle)
    return np.array(found)


@pytest.fixture(scope="module")
def u1():
    log = np.log(np.maximum(u1_plaquette_density(BETA, VOLUME, POINTS), 1e-13))
    centres = np.linspace(0.05, 0.85, 25)
    mesh = mesh_of(centres, 0.04)
    return log, mesh, solve(mesh, exact_slopes(log, POINTS, centres, 0.04))


def test_slopes_of_the_exact_density(u1):
    """What windows of finite width change is taken out, but near P = 1, where ln rho is too steep for these knots."""
    log, mesh, found = u1
    exact = np.interp(mesh.centres, POINTS, np.gradient(log, POINTS))
    inner = slice(3, 18)
    assert np.ptp(exact[inner]) > 25.0
    found_here, of_windows = (np.abs(one - exact)[inner] for one in (mesh.slope_at @ found.values, found.slopes))
    assert found_here.max() < 0.3
    assert found_here.mean() < 0.7 * of_windows.mean()
    heights = mesh.log_at @ found.values
    true = np.interp(mesh.centres, POINTS, log)
    assert np.abs((heights - heights[8] - true + true[8])[inner]).max() < 0.01


@pytest.mark.parametrize("beta", [1.1, 1.3, 1.5])
def test_canonical_averages_are_exact(u1, beta):
    """Plaquette, and Z(beta)/Z(1) by Bessel functions."""
    _log, _mesh, found = u1
    tilt = (beta - BETA) * VOLUME
    assert found.missing(tilt) < 2e-3
    assert found.moments(tilt)[0][0] == pytest.approx(u1_plaquette(beta, VOLUME), abs=6e-4)
    q = np.arange(-12, 13)
    exact = np.log(np.sum(bessel_i(q, beta) ** VOLUME) / np.sum(bessel_i(q, BETA) ** VOLUME))
    assert found.log_integral(tilt).value == pytest.approx(exact, abs=3e-3)


def test_ensembles_beyond_the_windows_are_known(u1):
    """What is missing, against the exact density; inf where most of it is."""
    log, mesh, found = u1
    for beta in (1.0, 1.6):
        w = np.exp(log + (beta - BETA) * VOLUME * POINTS)
        outside = w[(mesh.centres[0] > POINTS) | (mesh.centres[-1] < POINTS)].sum() / w.sum()
        assert found.missing((beta - BETA) * VOLUME) == pytest.approx(outside, rel=0.5)
    assert found.missing(-60.0) == np.inf


def test_knots_too_far_apart_are_told():
    """Ten windows and seven knots: what is left of three equations is not taken for that of ten."""
    log = np.log(np.maximum(u1_plaquette_density(2.0, 36, POINTS), 1e-13))
    generator, series = np.random.default_rng(5), {}
    for top, knots, said in ((0.95, 7, "warn"), (0.6, 7, "ok")):
        centres, numbers = np.linspace(0.3, top, 10), np.arange(1, 251)
        width = float(centres[1] - centres[0])
        for k, slope in enumerate(exact_slopes(log, POINTS, centres, width)):
            x = POINTS - centres[k]
            weights = np.exp(log - slope * x - 0.5 * (x / width) ** 2 - log.max() + slope * x[np.argmax(log)])
            chosen = generator.choice(POINTS, numbers.size, p=weights / weights.sum())
            for name, values in (("variables", chosen), ("slopes", np.full(numbers.size, slope))):
                series[f"window_{name}.{k + 1}"] = Series("", "", numbers, values)
        physics = Physics("U(1)", (6, 6), beta=2.0, plaquettes_alone=True, windows=(tuple(centres), width, 0))
        verdict = density_of_states([series], physics, [], Method(second=False)).verdict
        assert f"{knots} knots leave" in verdict.sentence
        assert verdict.status == said, verdict.sentence


def numerical(mesh, slopes, function):
    """Derivatives of a function of the density by the slopes of windows."""
    found = []
    for k in range(len(slopes)):
        ends = []
        for sign in (-1.0, 1.0):
            moved = slopes.copy()
            moved[k] += sign * 1e-3
            ends.append(function(solve(mesh, moved)))
        found.append((ends[1] - ends[0]) / 2e-3)
    return np.array(found)


def test_derivatives(u1):
    """Where there are as many knots as windows, so that no residue is left."""
    log, _mesh, _found = u1
    centres = np.linspace(0.1, 0.8, 8)
    mesh = mesh_of(centres, 0.05)
    slopes = exact_slopes(log, POINTS, centres, 0.05)
    found = solve(mesh, slopes)
    assert found.response.shape == (8, 8)
    checks = {
        "mean": (found.moments(3.0)[0][1], lambda one: one.moments(3.0)[0][0]),
        "fourth": (found.moments(3.0)[2][1], lambda one: one.moments(3.0)[2][0]),
        "integral": (found.log_integral(5.0).gradient, lambda one: one.log_integral(5.0).value),
    }
    for gradient, function in checks.values():
        expected = numerical(mesh, slopes, function)
        assert gradient == pytest.approx(expected, abs=1e-5 * np.abs(expected).max())


def double(x, tilt):
    """ln of two Gaussian peaks at 0.3 and 0.6 of different widths, the first times 3, and tilt x."""
    peaks = 3.0 * np.exp(-0.5 * ((x - 0.3) / 0.05) ** 2) + np.exp(-0.5 * ((x - 0.6) / 0.04) ** 2)
    return np.log(peaks) - tilt * x


def test_two_phases_of_the_same_weight():
    """Against sums over a fine grid of the exact distribution, and derivatives by differences."""
    x = np.linspace(0.05, 0.85, 801)
    centres = np.linspace(0.16, 0.74, 30)
    mesh = mesh_of(centres, 0.0133)
    slopes = exact_slopes(double(x, 7.0), x, centres, 0.0133)
    found = solve(mesh, slopes)
    result = transition(found)
    # of the peaks, which overlap little: the same weight where exp(t x) outweighs 3 * 0.05 / 0.04
    low, high = 0.0, 20.0
    for _ in range(60):
        tilt = 0.5 * (low + high)
        p = np.exp(double(x, 0.0) + tilt * x)
        between = (x > 0.4) & (x < 0.55)
        minimum = x[between][np.argmin(p[between])]
        left = x < minimum
        low, high = (tilt, high) if p[left].sum() > p[~left].sum() else (low, tilt)
    means = [(p[part] * x[part]).sum() / p[part].sum() for part in (left, ~left)]
    barrier = 0.5 * (np.log(p[left].max()) + np.log(p[~left].max())) - np.log(p[between].min())
    assert result.tilt == pytest.approx(tilt + 7.0, abs=0.02)
    assert result.gap == pytest.approx(means[1] - means[0], abs=1e-3)
    assert result.barrier == pytest.approx(barrier, abs=0.03)
    duals = differentiated(found)
    other = slopes + 0.01 * np.sin(np.arange(30))
    moved = transition(solve(mesh, other))
    for name, dual in duals.items():
        assert getattr(moved, name) - dual.value == pytest.approx(dual.gradient @ (other - slopes), rel=0.03, abs=1e-6)


def test_one_phase_has_no_transition(u1):
    _log, _mesh, found = u1
    assert transition(found) is None
    assert differentiated(replace(found, values=np.linspace(40.0, -40.0, len(found.values)))) == {}


def test_slopes_of_no_density_are_refused():
    mesh = mesh_of(np.linspace(0.1, 0.8, 8), 0.3)
    with pytest.raises(InputError, match="no density of states"):
        solve(mesh, 1e4 * np.array([1.0, -1.0] * 4))
