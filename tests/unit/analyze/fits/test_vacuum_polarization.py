"""Vacuum polarisation from correlators of known states, the kernel of the muon, windows, tails, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_run import ar1
from test_gluonic_correlators import chains

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.fits import muonkernel
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

EXTENT, MASS, AMPLITUDE, SPACING = 48, 0.45, 0.03, 0.12
MUON = SPACING / muonkernel.spacing_of(1.0)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def data(noise=1e-3, n=200, seed=5):
    """One state, v around the lattice and w once, both with fluctuations in common."""
    t, rng = np.arange(EXTENT), np.random.default_rng(seed)
    common, found = 1.0 + 0.05 * ar1(n, 1.5, rng), {}
    forward = AMPLITUDE * np.exp(-MASS * t)
    for name, values in (("v", forward + AMPLITUDE * np.exp(-MASS * (EXTENT - t))), ("w", forward)):
        folded = values if name == "v" else np.maximum(values, values[-t % EXTENT])
        table = folded * common * (1.0 + noise * ar1(n, 0.7, rng, EXTENT))
        found |= {f"{name}.{i + 1}": table[:, i] for i in t}
    return chains(found)


@pytest.fixture(scope="module")
def series():
    return data()


def values(text, where):
    found = fit(parse_fit(f"r = {text}"), where)
    return {one.name.removeprefix("r."): one for one in found.parameters}


def definition(t, m):
    """4 alpha^2 times the integral over Q^2, by Simpson's rule in ln Q."""
    u = np.linspace(np.log(1e-5 * m), np.log(500.0 * m), 200_001)
    q2 = np.exp(2.0 * u)
    Z = -(q2 - np.sqrt(q2**2 + 4 * m**2 * q2)) / (2 * m**2 * q2)
    f = m**2 * q2 * Z**3 * (1 - q2 * Z) / (1 + m**2 * q2 * Z**2)
    y = 2 * q2 * f * (t**2 - 4 / q2 * np.sin(np.exp(u) * t / 2) ** 2)
    return (u[1] - u[0]) / 3 * (y[0] + y[-1] + 4 * y[1:-1:2].sum() + 2 * y[2:-1:2].sum())


@pytest.mark.parametrize("t", [1.0, 7.0, 60.0])
def test_kernel_is_its_definition(t):
    K, slope = muonkernel.muon_kernel(np.array([t]), MUON)
    assert K[0] == pytest.approx(definition(t, MUON), rel=1e-6)
    ends = [muonkernel.muon_kernel(np.array([t]), MUON + s * 1e-6)[0][0] for s in (1, -1)]
    assert slope[0] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


def dispersive(ratio):
    """K(s) = int dx x^2 (1 - x)/[x^2 + (1 - x) s/m^2] at s/m^2."""
    x = (NODES + 1) / 2
    return np.sum(WEIGHTS / 2 * x**2 * (1 - x) / (x**2 + (1 - x) * ratio))


def test_one_resonance_both_ways():
    """A exp(-M t) is R(s) = 24 pi^2 (A/M) delta(s - M^2): a_mu = 8 alpha^2 A K(M^2)/M^3, the same as from the kernel.

    With A of the width Gamma of J/psi to e+ e-, 5.53 keV, it is (3/pi) (Gamma/M) K(M^2); published integrals are about
    6.2e-10 (M. Davier et al., arXiv:1010.4180), of a Gamma without vacuum polarisation, which are 4 to 7 per cent.
    """
    for M in (0.3, 1.5):
        t = (NODES + 1) * 30 / M
        K = muonkernel.muon_kernel(t, MUON)[0]
        assert np.sum(WEIGHTS * 30 / M * K * np.exp(-M * t)) == pytest.approx(2 * dispersive((M / MUON) ** 2) / M**3)
    M = 3096.9 / muonkernel.MUON_MASS  # in units of m
    t = (NODES + 1) * 30 / M
    width = 5.53e-3 / 3096.9 * M
    A = 3 * width * M**2 / (8 * np.pi * muonkernel.ALPHA**2)
    G = A * np.exp(-M * t)
    found = muonkernel.anomaly_factor(1.0) * np.sum(WEIGHTS * 30 / M * muonkernel.muon_kernel(t, 1.0)[0] * G)
    assert found == pytest.approx(3e10 / np.pi * width / M * dispersive(M**2), rel=1e-9)
    assert 0.93 * found == pytest.approx(6.2, abs=0.3)


def geometric(weights, times):
    return np.sum(weights * AMPLITUDE * np.exp(-MASS * times))


def test_sums_with_the_tail_of_a_fit(series):
    """Within errors what one state gives on a lattice that is infinite in time, of which all three know."""
    fit(parse_fit("rho = cosh(v, 6, 20)"), series)
    t, Q2 = np.arange(1.0, 200.0), 0.08
    cases = {
        f"vacuum_polarization(tail(v, rho, 8), {Q2})": {
            "polarization": geometric(t**2 - 4 / Q2 * np.sin(np.sqrt(Q2) * t / 2) ** 2, t)
        },
        "time_moments(tail(v, rho, 8))": {"Pi1": geometric(t**4 / 12, t), "Pi2": -geometric(t**6 / 360, t)},
        f"muon_anomaly(tail(v, rho, 8), {SPACING}fm, 0.5)": {
            "total": 2e10 * muonkernel.ALPHA**2 * geometric(muonkernel.muon_kernel(t, MUON)[0], t)
        },
    }
    for text, expected in cases.items():
        found = values(text, series)
        for name, value in expected.items():
            one = found[name]
            assert abs(one.mean - value) < 4 * one.error < 0.04 * abs(value), (text, name)
            assert one.jackknife_error == pytest.approx(one.error, rel=0.25)


def test_moments_are_the_expansion(series):
    """Pi(Q^2) - Pi(0) = Pi_1 Q^2 + Pi_2 Q^4 + ..., of the same data."""
    moments = values("time_moments(v)", series)
    for Q2 in (0.002, 0.004):
        found = values(f"vacuum_polarization(v, {Q2})", series)["polarization"]
        assert found.mean == pytest.approx(sum(moments[f"Pi{j}"].mean * Q2**j for j in (1, 2, 3, 4)), rel=1e-5)


def test_windows_add_up_and_have_their_ends(series):
    found = values(f"muon_anomaly(w, {MUON:.15g}, 0.7, 0.3, 0.9, 0.1)", series)
    assert list(found) == ["total", "short", "intermediate", "long"]
    assert sum(found[name].mean for name in ("short", "intermediate", "long")) == pytest.approx(found["total"].mean)
    assert found["total"].mean == pytest.approx(values(f"muon_anomaly(w, {SPACING}fm, 0.7)", series)["total"].mean)
    t = np.arange(1.0, EXTENT / 2 + 1)
    G = np.array([series.series[0][f"w.{int(i) % EXTENT + 1}"].values.mean() for i in range(EXTENT)])
    weights = 2.8e10 * muonkernel.ALPHA**2 * muonkernel.muon_kernel(t, MUON)[0] * np.where(t < EXTENT / 2, 1.0, 0.5)
    theta = [0.5 * (1 + np.tanh((SPACING * t - end) / 0.1)) for end in (0.3, 0.9)]
    folded = (G[1 : EXTENT // 2 + 1] + G[-1 : EXTENT // 2 - 1 : -1]) / 2
    expected = np.sum(weights * (theta[0] - theta[1]) * folded)
    assert found["intermediate"].mean == pytest.approx(expected, rel=1e-10)


def test_tails_bound_the_sum(series):
    """Nothing beyond the last time, and the least energy that there can be."""
    fit(parse_fit("rho = cosh(v, 6, 20)"), series)
    none, best, most = (
        values(f"time_moments(tail(v, {tail}, 10))", series)["Pi1"].mean for tail in ("cut", "rho", 0.8 * MASS)
    )
    assert none < best < most
    assert values(f"time_moments(tail(v, {MASS}, 10))", series)["Pi1"].mean == pytest.approx(best, rel=0.02)


def test_a_scale_of_an_earlier_fit_has_an_error(series):
    """a = 0.054 fm / M: as the derivative by finite differences of the spacing says."""
    fit(parse_fit("rho = cosh(v, 6, 20)"), series)
    found = values(f"muon_anomaly(w, {SPACING * MASS}fm/rho.mass, 1)", series)
    mass = series.parameters["rho.mass"]
    names = list(dict.fromkeys([*(f"w.{i}" for i in range(1, EXTENT + 1)), *mass[0]]))
    means = np.array([series.series[0][name].values.mean() for name in names])
    function = series.parameters["r.total"][1]
    assert list(series.parameters["r.total"][0]) == names
    step = np.random.default_rng(1).normal(size=len(means)) * means * 1e-6
    change = (function(means + step).value - function(means - step).value) / 2
    assert function(means).gradient @ step == pytest.approx(change, rel=1e-5)
    assert found["total"].error > 0.0


@pytest.mark.parametrize(("text", "words"), [
    ("vacuum_polarization(v, 0)", "Q.2 = 0; allowed: above 0"),
    ("vacuum_polarization(x, 0.1)", "no vector of series 'x'"),
    ("time_moments(tail(v, phi, 8))", "phi is no fit of a correlator before this one"),
    ("time_moments(tail(v, cut, 25))", "after t = 25; allowed: 1 to 24"),
    ("time_moments(tail(v, cut, 2.5))", "after t = 2.5; allowed"),
    ("time_moments(tail(v, 0.001, 8))", "energy 0.001 falls too slowly"),
    ("muon_anomaly(v, 0.1fm, -1)", "squared charges -1; allowed: above 0"),
    ("muon_anomaly(v, 105.66, 1)", "spacing of 197.33 fm; allowed: 0.001 to 10"),
    ("muon_anomaly(v, 1e-320fm, 1)", "fm; allowed: 0.001 to 10"),
    ("muon_anomaly(v, 0.17fm/phi.mass, 1)", "phi.mass is no number that a fit before"),
    ("muon_anomaly(v, 0.1fm, 1, 0.5, 0.4)", "T0 and T1 in fm rise"),
])  # fmt: skip
def test_refused_with_one_message(series, text, words):
    with pytest.raises(InputError, match=words):
        values(text, series)


@pytest.mark.parametrize(("physics", "words"), [
    ({"shape": (16, EXTENT)}, "one of d = 4, found d = 2"),
    ({"anisotropic": True}, "different units"),
])  # fmt: skip
def test_refused_of_a_run(series, physics, words):
    with pytest.raises(InputError, match=words):
        values("muon_anomaly(v, 0.1fm, 1)", replace(series, physics=Physics(**physics)))
