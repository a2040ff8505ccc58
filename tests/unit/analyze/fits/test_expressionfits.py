"""Derived quantities of parameters of fits: the errors of functions of all mean values behind them."""

import numpy as np
import pytest
from test_fits import chains, cosh, noisy

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.quantities import Request, quantities
from lqcdnn.errors import InputError

FITS = ("m = cosh(c, 2, 10)", "e = effective(c)")


def found(series, derive, fits=FITS, **options):
    request = Request(fit=fits, derive=derive, **options)
    return quantities(series, [], Physics(shape=(12, 24)), request)


@pytest.fixture(scope="module")
def series():
    """A correlator and, on every second trajectory, its value at t = 0 with noise of its own."""
    (one,) = chains([noisy(cosh([0.3], [1.0]), 600, 1)]).series
    t, values = one["c.1"].trajectories, one["c.1"].values
    noise = np.random.default_rng(2).normal(size=len(t))
    return dict(one) | {"f": Series("f", "g", t[1::2], (2.0 * values + 0.05 * noise)[1::2])}


def test_linear_functions_of_one_parameter(series):
    result = found([series], ("double = 2*m.mass", "ratio = m.mass/m.mass", "extent = m.mass*L"))
    mass = result.fits[0].parameters[0]
    double, ratio, extent = result.derived
    assert double.mean == pytest.approx(2.0 * mass.mean, rel=1e-14)
    for field in ("error", "jackknife_error", "tau_int"):
        scale = 1.0 if field == "tau_int" else 2.0
        assert getattr(double, field) == pytest.approx(scale * getattr(mass, field), rel=1e-9)
    assert (ratio.mean, extent.mean) == pytest.approx((1.0, 12.0 * mass.mean))
    assert ratio.error < 1e-10


def test_correlations_count(series):
    """Amplitude and correlator rise together, and their ratio is better known; errors agree with the jackknife."""
    texts = ("r = m.amplitude/c[1]", "s = m.amplitude/f", "x = mean(f**2)/m.amplitude**2", "d = e[3] - m.mass")
    result = found([series], texts)
    amplitude = result.fits[0].parameters[1]
    for item in result.derived:
        assert item.error == pytest.approx(item.jackknife_error, rel=0.3)
    r, s, _, d = result.derived
    assert r.error / r.mean < 0.7 * amplitude.error / amplitude.mean
    assert s.n == 300
    assert abs(d.mean) < 4.0 * d.error


def test_bootstrap_replicas_and_weights(series):
    logs = Series("w", "f", series["c.1"].trajectories, 0.3 * np.random.default_rng(3).normal(size=600))
    weighted = found([series | {"w": logs}], ("double = 2*m.mass",), bootstrap=20, reweight=("w",))
    mass = weighted.fits[0].parameters[0]
    assert weighted.derived[0].mean == pytest.approx(2.0 * mass.mean, rel=1e-12)
    assert weighted.derived[0].error == pytest.approx(2.0 * mass.error, rel=1e-6)
    assert weighted.derived[0].bootstrap_error == pytest.approx(2.0 * mass.bootstrap_error, rel=1e-6)
    parts = chains([noisy(cosh([0.3], [1.0]), n, seed) for n, seed in ((300, 3), (500, 4))]).series
    both = found(parts, ("double = 2*m.mass",))
    assert both.derived[0].error == pytest.approx(2.0 * both.fits[0].parameters[0].error, rel=1e-9)
    assert both.derived[0].replicas == 2


def test_what_is_no_parameter(series):
    with pytest.raises(InputError, match=r"no series 'm\.mas'"):
        found([series], ("a = m.mas",))
    with pytest.raises(InputError, match=r"no series 'm\.mass'"):
        found([series], ("a = mean(m.mass)",))
