"""Fits of the user's formulas: the fits there are, linear least squares, known priors, pulls, what is refused."""

import math

import numpy as np
import pytest

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.userformula import UserModel
from lqcdnn.analyze.quantities import Request, quantities
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.config.language.expressions import FUNCTIONS
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.config.language.formulas import parse_formula
from lqcdnn.config.rules.analysis import written
from lqcdnn.errors import InputError

T = 16
PHYSICS = Physics(shape=(8, 8, 8, T), group="SU(2)")


def ensemble(mean, noise, count, seed, common=0.0, stem="c"):
    """Series of a list with these mean values, and its noise without autocorrelation."""
    rng = np.random.default_rng(seed)
    mean = np.asarray(mean, dtype=float)
    table = mean * (1.0 + noise * rng.normal(size=(count, len(mean))) + common * rng.normal(size=(count, 1)))
    every = np.arange(1, count + 1)
    return {f"{stem}.{i}": Series(f"{stem}.{i}", "f", every, column) for i, column in enumerate(table.T, 1)}


def correlator(m=0.4, count=300, seed=1):
    t = np.arange(T)
    return ensemble(np.exp(-m * t) + np.exp(-m * (T - t)), 0.02, count, seed, common=0.03)


def chains(series, **options):
    return Chains([series], Method(), physics=PHYSICS, **options)


def test_the_cosh_of_a_formula_is_the_fit_of_that_name():
    """Same points, same covariance: parameters, errors, chi^2, p and jackknife agree, found without start values."""
    data = chains(correlator(count=60))
    fit(parse_fit("C = connected(c)"), data)
    for tail in ("", ", uncorrelated"):
        known = fit(parse_fit(f"k = cosh(c, 2, 8{tail})"), data)
        found = fit(parse_fit(f"m = formula(C, A * (exp(-m * x) + exp(-m * (T - x))), 2, 8{tail})"), data)
        assert [item.name for item in found.parameters] == ["m.A", "m.m"]
        for mine, other in zip(found.parameters, known.parameters[::-1], strict=True):
            for key in ("mean", "error", "tau_int", "jackknife_error"):
                assert getattr(mine, key) == pytest.approx(getattr(other, key), rel=1e-6)
        for key in ("chi2", "dof", "expected_chi2", "probability", "correlated"):
            assert getattr(found, key) == pytest.approx(getattr(known, key), rel=1e-6)
        np.testing.assert_allclose(found.picture.curve, known.picture.curve, rtol=1e-6)


def linear(data, powers, places, priors=()):
    """Normal equations by numpy, uncorrelated: parameters, their errors by the data and by the priors, chi^2."""
    table = np.array([item.values for item in data.values()]).T[:, places]
    mean, fluctuations = table.mean(axis=0), table - table.mean(axis=0)
    model = np.array([[float(x) ** power for power in powers] for x in places])
    weight = 1.0 / errors_of(data, places) ** 2
    rows = np.array([[float(i == j) for j in range(len(powers))] for i, *_ in priors]).reshape(-1, len(powers))
    centres, widths = (np.array([prior[k] for prior in priors]) for k in (1, 2))
    normal = (model.T * weight) @ model + (rows.T * widths**-2.0) @ rows
    of_data, of_priors = np.linalg.solve(normal, model.T * weight), np.linalg.solve(normal, rows.T * widths**-2.0)
    found = of_data @ mean + of_priors @ centres
    chi2 = np.sum(weight * (model @ found - mean) ** 2) + np.sum(((rows @ found - centres) / widths) ** 2)
    naive = (fluctuations @ of_data.T).std(axis=0) / math.sqrt(len(table))
    return found, naive, np.sqrt(np.sum((of_priors * widths) ** 2, axis=1)), chi2


def errors_of(data, places):
    """Errors that the program gives the points."""
    found = quantities([data], [data[f"c.{i + 1}"] for i in places], PHYSICS, Request())
    return np.array([item.error for item in found.observables])


def test_a_polynomial_is_linear_least_squares():
    data = ensemble(3.0 - 0.5 * np.arange(8) + 0.1 * np.arange(8) ** 2, 0.05, 150, 2)
    found = fit(parse_fit("p = formula(c, a + b*x + q*x**2, 1, 6, uncorrelated)"), chains(data))
    values, errors, _, chi2 = linear(data, (0, 1, 2), range(1, 7))
    np.testing.assert_allclose([item.mean for item in found.parameters], values, rtol=1e-8)
    # tau_int of the Gamma method is 1/2 within its noise, that of numpy by definition
    np.testing.assert_allclose([item.error for item in found.parameters], errors, rtol=0.15)
    np.testing.assert_allclose([item.naive_error for item in found.parameters], errors, rtol=2e-2)
    assert (found.chi2, found.dof) == (pytest.approx(chi2, rel=1e-8), 3)


def test_priors_are_data():
    """Values, chi^2 and errors are those of the normal equations; derived quantities know of the priors, too."""
    data = ensemble(3.0 - 0.5 * np.arange(8), 0.05, 150, 3)
    series = chains(data)
    text = "p = formula(c, a + b*x + q*x**2, 1, 3, b = -0.45(5), q = 0.00(2), uncorrelated)"
    found = fit(parse_fit(text), series)
    values, errors, of_priors, chi2 = linear(data, (0, 1, 2), range(1, 4), ((1, -0.45, 0.05), (2, 0.0, 0.02)))
    np.testing.assert_allclose([item.mean for item in found.parameters], values, rtol=1e-7)
    assert (found.chi2, found.dof) == (pytest.approx(chi2, rel=1e-7), 2)
    assert found.priors == (("p.b", -0.45, 0.05), ("p.q", 0.0, 0.02))
    added = [math.sqrt(sum(part**2 for part in item.prior_errors.values())) for item in found.parameters]
    np.testing.assert_allclose(added, of_priors, rtol=1e-6)
    of_data = [item.naive_error * math.sqrt(2.0 * item.tau_int) for item in found.parameters]
    np.testing.assert_allclose([item.error for item in found.parameters], np.hypot(of_data, of_priors), rtol=2e-2)
    np.testing.assert_allclose([item.naive_error for item in found.parameters], errors, rtol=2e-2)
    request = Request(fit=(text,), derive=("twice = 2 * p.q", "plain = 2 * plaquette"))
    extra = {"plaquette": Series("plaquette", "g", np.arange(1, 151), np.random.default_rng(1).normal(size=150))}
    twice, plain = quantities([data | extra], [], PHYSICS, request).derived
    assert twice.error == pytest.approx(2.0 * found.parameters[2].error, rel=1e-6)
    assert not plain.prior_errors


@pytest.mark.slow
def test_pulls_with_priors():
    """Centres of the priors that are spread as their width says: parameters have the spread of their errors, p too."""
    rng, pulls, chances = np.random.default_rng(7), [], []
    for seed in range(100):
        data = ensemble([2.0 * math.exp(-0.3 * x) + 0.5 for x in range(6)], 0.03, 60, 100 + seed)
        text = f"e = formula(c, A*exp(-m*x) + h, 0, 5, h = {0.5 + 0.03 * rng.normal():.4f}(0.03), uncorrelated)"
        found = fit(parse_fit(text), chains(data))
        known = zip(found.parameters, (2.0, 0.3, 0.5), strict=True)
        pulls.append([(item.mean - true) / item.error for item, true in known])
        chances.append(found.probability)
    assert np.all(np.abs(np.std(pulls, axis=0) - 1.0) < 0.25)
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 3.5 / math.sqrt(100))
    assert 0.3 < np.mean(chances) < 0.65
    assert np.mean(np.array(chances) < 0.1) < 0.25


def test_places():
    """x is the axis that was measured, the number of a loop, the time of a correlator, the number of a result."""
    values = ensemble(2.0 + 3.0 * np.array([0.1, 0.2, 0.4, 0.8]), 1e-3, 100, 5)
    data = chains(values, axes={"c": ("flow_time", (0.1, 0.2, 0.4, 0.8))})
    found = fit(parse_fit("f = formula(c, a + b*x, 0.2, 0.8)"), data)
    assert found.dof == 1
    assert found.picture.x_label == "flow_time"
    for item, true in zip(found.parameters, (2.0, 3.0), strict=True):
        assert abs(item.mean - true) < 4.0 * item.error < 0.05
    loops = {name.replace("c.", "wilson_loop.2."): item for name, item in ensemble([5, 7, 9, 11], 1e-3, 100, 6).items()}
    found = fit(parse_fit("f = formula(wilson_loop.2, a + b*x)"), chains(loops))
    assert abs(found.parameters[0].mean - 3.0) < 4.0 * found.parameters[0].error
    data = chains(correlator())
    fit(parse_fit("e = effective(c)"), data)
    found = fit(parse_fit("f = formula(e, m + k*x, 2, 5)"), data)
    np.testing.assert_array_equal(found.picture.x, [2, 3, 4, 5])
    assert abs(found.parameters[0].mean - 0.4) < 4.0 * found.parameters[0].error


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name):
    """Those of columns are those of single numbers."""
    formula = parse_formula(f"{name}(p + 1.2*x)**2 / (-q*x) + L**p", ["x"])
    places = np.array([0.5, 0.9])
    values, jacobian = UserModel(formula, [places], {"L": 8.0})(np.array([0.7, 1.3]))
    (slopes,) = UserModel(formula, [places], {"L": 8.0}).slopes(np.array([0.7, 1.3])).T
    for i, x in enumerate(places):
        p, q, at = (Dual(value, row) for value, row in zip((0.7, 1.3, x), np.eye(3), strict=True))
        number = lambda value: Dual(value, np.zeros(3))  # noqa: E731
        single = (p + number(1.2) * at).apply(name) ** number(2.0) / (-q * at) + number(8.0) ** p
        assert values[i] == pytest.approx(single.value, rel=1e-13)
        np.testing.assert_allclose([*jacobian[i], slopes[i]], single.gradient, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a*b*exp(-m*x), 1, 8", "do not determine a, b"),
        ("a + b*x + d*x**2 + e*x**3, 1, 3", "3 points do not determine 4 parameters"),
        ("a*log(x - 30), 1, 8", "no finite value"),
        ("a*exp(-m*x) + 0*g, 1, 8", "does not change with g"),
        ("a*exp(-m*x), 30, 40", "no point lies between 30 and 40"),
        ("a*exp(-m*x), 3, 3.5", "1 points do not determine 2 parameters"),
        ("a*exp(-plaquette*x)", "plaquette is a series"),
        ("a*exp(-beta*x)", "beta is not known"),
    ],
)
def test_what_has_no_minimum_is_refused(text, message):
    data = correlator(count=40)
    data["plaquette"] = data["c.1"]
    with pytest.raises(InputError, match=message):
        fit(parse_fit(f"m = formula(c, {text})"), chains(data))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("formula(c)", "is written as"),
        ("formula(c, a*x, 3)", "two, FROM and TO"),
        ("formula(c, a*x, 3, 2)", "is empty"),
        ("formula(c, exp(-T*x))", "has no parameters"),
        ("formula(c, a*x, b = 2)", "b is no parameter"),
        ("formula(c, a*x, a = 2, a = 3(1))", "given twice"),
        ("formula(c, a*x, a = 0.5(0))", "above 0"),
        ("formula(c, a*x, a = big)", "a start value, m = 0.5, or a prior"),
        ("formula(c, a*pion.mass)", "pion.mass is no variable"),
        ("formula(c, mean(x) + a)", "no meaning in a formula"),
        ("formula(c, a*(x + 1)", "parentheses do not match"),
        ("formula(c, a.sub(x))", "is not allowed|no function"),
        ("law(c, beta, a*x, uncorrelated)", "over the points of a scan"),
    ],
)
def test_what_cannot_be_read_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_fit(f"m = {text}")


def test_formulas_in_an_input():
    text = "m = formula(pion, A * (exp(-m * x) + exp(-m * (T - x))), 2, 8, m = 0.5(1))"
    measured = {"observables": {"pion": {}}}
    assert not list(written(measured | {"analyze": {"fit": (text,)}}))
    (problem,) = written(measured | {"analyze": {"fit": (text.replace("8, m", "8, k"),)}})
    assert "k is no parameter of the formula, whose are A, m" in problem.message


def test_words():
    found = parse_fit("m = formula( c , A*exp(-(m + (k))*x) , k = 1.2(3)e-2, 2 , 8, m = .5, A=12.3(1.4), uncorrelated)")
    assert (found.series, found.numbers, found.correlated) == ("c", (2.0, 8.0), False)
    assert found.formula.parameters == ("A", "m", "k")
    assert found.formula.starts == (("m", 0.5),)
    assert found.formula.priors == (("k", pytest.approx(0.012), pytest.approx(0.003)), ("A", 12.3, 1.4))
    assert parse_fit("m = formula(singlet(c, d, 2), A + x)").second == "d"
