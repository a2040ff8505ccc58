"""Fits of several quantities with parameters in common: normal equations, covariance of all points, pulls, refusals."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.fitting import point_covariance
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.quantities import Request, quantities
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError
from lqcdnn.report.charts.vectors import fit_charts

PHYSICS = Physics(shape=(8, 16), group="U(1)")
X = np.arange(6.0)


def ensemble(first, second, count, seed, common=0.02):
    """Two lists of the same configurations, whose noise is partly that of both."""
    rng = np.random.default_rng(seed)
    shared, every = rng.normal(size=(count, len(first))), np.arange(1, count + 1)
    data = {}
    for stem, mean in (("c", first), ("s", second)):
        table = np.asarray(mean) * (1.0 + common * shared + 0.02 * rng.normal(size=shared.shape))
        data |= {f"{stem}.{i}": Series(f"{stem}.{i}", "f", every, column) for i, column in enumerate(table.T, 1)}
    return data


def chains(data):
    return Chains([data], Method(), physics=PHYSICS)


LINES = 3.0 - 0.4 * X, 2.0 - 0.4 * X + 0.3
MODEL = np.vstack([np.column_stack([np.ones(6), X, np.zeros(6)]), np.column_stack([np.zeros(6), X, np.ones(6)])])
"""Of a + b x, then of d + b x, by (a, b, d)."""


@pytest.mark.parametrize("tail", ["", ", uncorrelated"])
def test_lines_of_one_slope_are_what_normal_equations_give(tail):
    data = ensemble(*LINES, 100, 1)
    found = fit(parse_fit(f"p = formula(c, a + b*x; s, d + b*x, 0, 5{tail})"), chains(data))
    assert [item.name for item in found.parameters] == ["p.a", "p.b", "p.d"]
    names = list(data)
    samples, means = chains(data).samples(names), np.array([data[name].values.mean() for name in names])
    covariance = point_covariance(samples, means, lambda here: (here, np.eye(12)), chains(data))
    weight = covariance.weight(not tail)
    solved = np.linalg.solve(MODEL.T @ weight @ MODEL, MODEL.T @ weight)
    np.testing.assert_allclose([item.mean for item in found.parameters], solved @ means, rtol=1e-8)
    table = np.array([data[name].values for name in names]).T
    naive = (table @ solved.T).std(axis=0) / math.sqrt(100)
    np.testing.assert_allclose([item.naive_error for item in found.parameters], naive, rtol=2e-2)
    residual = MODEL @ solved @ means - means
    assert (found.chi2, found.dof) == (pytest.approx(residual @ weight @ residual, rel=1e-8), 9)
    if not tail:  # that noise is common to both lists is in the weights
        assert np.abs(weight[:6, 6:]).max() > 0.2 * np.abs(weight[:6, :6]).max()


def test_priors_and_ranges_are_those_of_all_quantities():
    data = ensemble(*LINES, 100, 2)
    text = "p = formula(c, a + b*x, 1, 2; s, d + b*x, 2, 2.5, b = -0.3(1), uncorrelated)"
    found = fit(parse_fit(text), chains(data))
    assert (found.dof, found.priors) == (1, (("p.b", -0.3, 0.1),))
    assert found.picture.x.tolist() == [1.0, 2.0]
    (other,) = found.picture.others
    assert (other.x.tolist(), found.picture.y_label, other.y_label) == ([2.0], "c", "s")
    assert found.parameters[1].prior_errors["p.b"] < 0.1
    charts = dict(fit_charts(SimpleNamespace(fits=(found,))))
    assert list(charts) == ["p", "p.s"]
    assert charts["p.s"].y_label == "s"
    # what is derived of it, and start values behind any of the formulas
    request = Request(fit=(text.replace("1, 2;", "1, 2, a = 3;"),), derive=("q = p.a - p.d",))
    (derived,) = quantities([data], [], PHYSICS, request).derived
    assert derived.mean == pytest.approx(found.parameters[0].mean - found.parameters[2].mean, rel=1e-8)


def test_one_quantity_twice_is_one_fit_of_its_points():
    """Parts of one list fitted together are the fit of the list."""
    data = ensemble(2.0 * np.exp(-0.3 * X), X, 40, 3)
    whole = fit(parse_fit("w = formula(c, A * exp(-m * x), 0, 5)"), chains(data))
    parts = fit(parse_fit("w = formula(c, A * exp(-m * x), 0, 2; c, A * exp(-m * x), 3, 5)"), chains(data))
    for one, other in zip(whole.parameters, parts.parameters, strict=True):
        for key in ("mean", "error", "jackknife_error"):
            assert getattr(one, key) == pytest.approx(getattr(other, key), rel=1e-7)
    assert parts.chi2 == pytest.approx(whole.chi2, rel=1e-6)


def smeared(seed, count=60):
    t = X
    return ensemble(4.0 * np.exp(-0.5 * t), 6.0 * np.exp(-0.5 * t), count, seed)


def test_mass_and_amplitudes_in_common():
    """A^2 and A B before one exponential."""
    found = fit(parse_fit("m = formula(c, A**2 * exp(-m*x), 0, 5; s, A*B * exp(-m*x), 0, 5)"), chains(smeared(4)))
    for item, true in zip(found.parameters, (2.0, 0.5, 3.0), strict=True):
        assert abs(item.mean - true) < 4.0 * item.error < 0.1


@pytest.mark.slow
def test_pulls():
    pulls, chances = [], []
    for seed in range(100):
        text = "m = formula(c, A**2 * exp(-m*x), 0, 5; s, A*B * exp(-m*x), 1, 5)"
        found = fit(parse_fit(text), chains(smeared(100 + seed, 150)))
        pulls.append([(item.mean - true) / item.error for item, true in
                      zip(found.parameters, (2.0, 0.5, 3.0), strict=True)])  # fmt: skip
        chances.append(found.probability)
    assert np.all(np.abs(np.std(pulls, axis=0) - 1.0) < 0.25)
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 3.5 / math.sqrt(100))
    assert 0.3 < np.mean(chances) < 0.65


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("c, a*x; s", "of several quantities formula"),
        ("c, a*x; s, a*x, 2", "two, FROM and TO"),
        ("c, a*x; s, b*x, 3, 2", "the range from 3 to 2 is empty"),
        ("c, a*x; 3s, b*x", "not the name of a series"),
        ("c, a*x; s, b*x, q = 1", "q is no parameter of the formula, whose are a, b"),
        ("c, a*x, a = 1; s, a*x, a = 2", "a is given twice"),
        ("c, a*x; s, 2*x", "has no parameters"),
        ("c, a*x; ", "not the name of a series"),
    ],
)
def test_what_cannot_be_read_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        parse_fit(f"p = formula({words})")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("c, a + b*x; s, d + b*x, 7, 9", "no point lies between 7 and 9: x of s is 0 ... 5"),
        ("c, a + b*x; s, b*x + d + e", "the points do not determine d, e"),
        ("c, a + b*x; k, d*x", "there is no vector of series 'k'"),
    ],
)
def test_what_cannot_be_done_is_refused(words, message):
    with pytest.raises(InputError, match=message):
        fit(parse_fit(f"p = formula({words})"), chains(ensemble(*LINES, 50, 5)))
