"""Laws over the points of a scan: the fits there are, correlated errors of X, several variables, priors, refusals."""

import math

import numpy as np
import pytest

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, estimate
from lqcdnn.analyze.scan.derived import scan_derived
from lqcdnn.analyze.scan.fits import scan_fits
from lqcdnn.analyze.scan.laws import law_fits
from lqcdnn.analyze.scan.result import PointResult
from lqcdnn.config.language.expressions import parse_definition
from lqcdnn.config.language.scanfits import parse_scan_fit
from lqcdnn.errors import InputError
from lqcdnn.report.scan.table import fit_line

BETA, SHAPE, MASS = "action.gauge.beta", "lattice.shape", "action.fermion.1.mass"
KEYS = {BETA: "beta"}


class Found:
    """As much of an analysis as these fits look at."""

    def __init__(self, columns, shape):
        every = np.arange(1, len(next(iter(columns.values()))) + 1)
        self.estimates = [estimate(Series(name, "f", every, column), 0) for name, column in columns.items()]
        self.group, self.shape = "SU(2)", tuple(shape)


def point(values, columns, shape=(8, 8)):
    name = ",".join(f"{key.rpartition('.')[2]}={value}" for key, value in values.items())
    return PointResult(name, values, "done", 400, 400, None, Found(columns, shape))


def noisy(mean, noise, seed, count=200):
    return mean + noise * np.random.default_rng(seed).normal(size=count)


def done(text, points, keys=KEYS, notes=None):
    physics = {one.name: Physics(group="SU(2)", shape=one.analysis.shape, beta=one.values.get(BETA)) for one in points}
    return law_fits(parse_scan_fit(text), points, keys, physics, Method(), [] if notes is None else notes)


def line(noise=0.05):
    return [point({BETA: b}, {"q": noisy(3.0 - b, noise, seed)}) for seed, b in enumerate((1.0, 2.0, 3.5, 4.0, 5.0))]


def test_a_straight_line_is_that_of_zero():
    """Its zero, the error of that, chi^2 and p."""
    (found,) = done("s = law(q, beta, b*(x - x0))", line())
    (known,) = scan_fits(parse_scan_fit("k = zero(q, beta)"), line(), KEYS, [], [])
    by_name = {item.name: item for item in found.parameters}
    for item in known.parameters:
        assert by_name[item.name].value == pytest.approx(item.value, rel=1e-8)
        assert by_name[item.name].error == pytest.approx(item.number.error(Method()), rel=1e-5)
    for key in ("chi2", "dof", "probability"):
        assert getattr(found, key) == pytest.approx(getattr(known, key), rel=1e-6)
    assert found.drawn[0][0] == 0.0  # down to where one extrapolates to
    assert fit_line(found).startswith("s = law(q, beta, b*(x - x0)): b = -0.999")
    one = done("s = law(q, beta, b*(x - x0), 2, 4)", line())[0]
    assert one.points == ("beta=2.0", "beta=3.5", "beta=4.0")
    (value,) = scan_derived(parse_definition("r = s.b * s.x0"), [found], line(), Method())
    (level,) = done("s = law(q, beta, a + b*x)", line())
    assert (value.value, value.error) == (
        pytest.approx(-level.parameters[0].value), pytest.approx(level.parameters[0].error, rel=1e-3)
    )  # fmt: skip


def ensemble(seed, slope=2.0, rho=0.8, count=100):
    """Points of y = 1 + 2 u + u^2, u measured in the same run, with correlated noise."""
    rng, points = np.random.default_rng(seed), []
    for b, u in zip(range(6), np.linspace(0.2, 2.0, 6), strict=True):
        one, two = rng.normal(size=(2, count))
        y = 1.0 + slope * u + u * u + 0.3 * one
        points.append(point({BETA: float(b)}, {"y": y, "u": u + 0.2 * (rho * one + math.sqrt(1 - rho * rho) * two)}))
    return points


def test_errors_of_a_measured_x_with_their_correlation():
    """chi^2 and its minimum against numpy: residuals over the error of y - f'(u) u, correlations from blocks."""
    points = ensemble(3)
    (found,) = done("s = law(y, u, a + b*u + c*u**2)", points)
    u, y = (np.array([one.analysis.estimates[i].series.values for one in points]) for i in (1, 0))
    weights = np.ones(6)
    for _ in range(100):
        model = np.vander(u.mean(axis=1), 3, increasing=True)
        p = np.linalg.solve((model.T * weights) @ model, (model.T * weights) @ y.mean(axis=1))
        slopes = p[1] + 2.0 * p[2] * u.mean(axis=1)
        variances = []
        for one, a, b, slope in zip(points, y, u, slopes, strict=True):
            dy, du = (item.error for item in one.analysis.estimates)
            size = math.ceil(2.0 * max(item.tau_int for item in one.analysis.estimates))
            blocks = [column[: len(a) // size * size].reshape(-1, size).mean(axis=1) for column in (a, b)]
            rho = np.corrcoef(*blocks)[0, 1]
            variances.append(dy**2 - 2.0 * slope * rho * dy * du + (slope * du) ** 2)
        weights = 1.0 / np.array(variances)
    np.testing.assert_allclose([item.value for item in found.parameters], p, rtol=1e-6)
    assert found.chi2 == pytest.approx(np.sum(weights * (y.mean(axis=1) - model @ p) ** 2), rel=1e-6)
    errors = np.sqrt(np.diag(np.linalg.inv((model.T * weights) @ model)))
    np.testing.assert_allclose([item.error for item in found.parameters], errors, rtol=0.1)


@pytest.mark.slow
def test_pulls_where_x_is_measured_in_the_same_run():  # errors of errors widen pulls of short series
    pulls, chances = [], []
    for seed in range(100):
        (found,) = done("s = law(y, u, a + b*u + c*u**2)", ensemble(1000 + seed, count=300))
        pulls.append([(item.value - true) / item.error for item, true in zip(found.parameters, (1, 2, 1), strict=True)])
        chances.append(found.probability)
    assert np.all(np.abs(np.std(pulls, axis=0) - 1.0) < 0.22)
    assert 0.4 < np.mean(chances) < 0.6
    assert np.mean(np.array(chances) < 0.1) < 0.18


def finite_volume(m, c, noise=0.002):
    points = []
    for seed, (beta, L) in enumerate((b, L) for b in (2.0, 3.0) for L in (6, 8, 10, 12)):
        mass = m / beta
        value = mass * (1.0 + c * math.exp(-mass * L) / (mass * L) ** 1.5)
        points.append(point({BETA: beta, SHAPE: [L, L]}, {"m": noisy(value, noise, seed)}, (L, L)))
    return points


def test_constants_of_the_runs_and_several_variables():
    """The mass in infinite volume: for each coupling, from L; and over both at once."""
    points, keys = finite_volume(0.6, 3.0), {BETA: "beta", SHAPE: "shape"}
    text = "m*(1 + c*exp(-m*L)/(m*L)**1.5)"
    both = done(f"v = law(m, L, {text.replace('m', 'M')})", points, keys)
    assert [fit.where for fit in both] == [{"beta": 2.0}, {"beta": 3.0}]
    for fit, true in zip(both, (0.3, 0.2), strict=True):
        for item, value in zip(fit.parameters, (true, 3.0), strict=True):
            assert abs(item.value - value) < 4.0 * item.error < 1.0
    (found,) = done("v = law(m, L, beta, k/beta*(1 + c*exp(-k*x/y)/(k*x/y)**1.5))", points, keys)
    assert (found.dof, found.where) == (6, {})
    k, c = found.parameters
    assert abs(k.value - 0.6) < 4.0 * k.error < 0.02
    assert abs(c.value - 3.0) < 4.0 * c.error < 1.0
    assert set(found.to_dict()["variables"]) == {"L", "beta"}
    np.testing.assert_allclose(found.fitted, [y for y, _ in found.y], atol=0.002)
    with pytest.raises(InputError, match="a key of the grid, no parameter"):
        done("v = law(m, L, a + shape)", points, keys)


def test_a_key_that_follows_another_is_not_held_fixed():
    """Masses that were tuned for each coupling: one fit; those of a grid: one for each."""
    keys = {BETA: "beta", MASS: "mass"}
    tuned = [point({BETA: b, MASS: 1.0 / b}, {"q": noisy(3.0 - b, 0.05, int(b))}) for b in (1.0, 2.0, 4.0)]
    (found,) = done("s = law(q, beta, a + b*x)", tuned, keys)
    assert (found.where, found.dof) == ({}, 1)
    grid = [
        point({BETA: b, MASS: m}, {"q": noisy(3.0 - b, 0.05, int(b + 10 * m))}) for b in (1.0, 2.0, 4.0) for m in (1, 2)
    ]
    assert [fit.where for fit in done("s = law(q, beta, a + b*x)", grid, keys)] == [{"mass": 1}, {"mass": 2}]
    assert len(scan_fits(parse_scan_fit("k = zero(q, beta)"), tuned, keys, [], [])) == 1


def test_priors_over_a_scan():
    """Of a linear law: a prior is a further row of the normal equations; two parameters share its error."""
    points = line()
    (found,) = done("s = law(q, beta, a + b*x, b = -0.9(1))", points)
    x, (y, dy) = np.array([value for value, _ in found.x]), np.array(found.y).T
    rows = np.vstack([np.column_stack([np.ones(5), x]), [0.0, 1.0]])
    data, weight = np.append(y, -0.9), np.append(dy, 0.1) ** -2.0
    normal = (rows.T * weight) @ rows
    values = np.linalg.solve(normal, rows.T @ (weight * data))
    np.testing.assert_allclose([item.value for item in found.parameters], values, rtol=1e-8)
    errors = np.sqrt(np.diag(np.linalg.inv(normal)))
    np.testing.assert_allclose([item.error for item in found.parameters], errors, rtol=1e-3)
    assert found.chi2 == pytest.approx(np.sum(weight * (rows @ values - data) ** 2), rel=1e-8)
    assert "4 degrees of freedom, 1 prior (b) among the data" in fit_line(found)
    (derived,) = scan_derived(parse_definition("r = s.a + 3.1*s.b"), [found], points, Method())
    v = np.array([1.0, 3.1])
    assert derived.error == pytest.approx(math.sqrt(v @ np.linalg.inv(normal) @ v), rel=1e-3)


def pair(seed, rho=0.7, count=200):
    """Two lines with a common slope, a = 1 and c = 3, whose noise is correlated within each run."""
    rng, points = np.random.default_rng(seed), []
    for b in (1.0, 2.0, 3.0, 4.0):
        one, two = rng.normal(size=(2, count))
        other = rho * one + math.sqrt(1.0 - rho * rho) * two
        points.append(point({BETA: b}, {"q": 1.0 + 0.5 * b + 0.3 * one, "r": 3.0 + 0.5 * b + 0.2 * other}))
    return points


JOINT = "s = law(q, beta, a + b*x; r, beta, c + b*x, 2, 4)"


def test_several_quantities_share_parameters_and_noise():
    """Generalised least squares in numpy, with the covariance of both quantities of each run from blocks."""
    points = pair(5)
    (found,) = done(JOINT, points)
    (other,) = found.others
    assert (other.request.quantity, len(found.points), len(other.points)) == ("r", 4, 3)
    covariance, rows, data = np.zeros((7, 7)), [], []
    for i, one in enumerate(points):
        items = {item.name: item for item in one.analysis.estimates}
        b, which = i + 1.0, [i] if i == 0 else [i, 3 + i]
        size = math.ceil(2.0 * max(item.tau_int for item in items.values()))
        blocks = [
            item.series.values[: 200 // size * size].reshape(-1, size).mean(axis=1) for item in items.values()
        ]
        errors = np.array([item.error for item in items.values()])
        both = np.corrcoef(blocks) * errors * errors[:, None]
        covariance[np.ix_(which, which)] = both[: len(which), : len(which)]
        rows.append([1.0, b, 0.0])
        data.append(items["q"].mean)
    rows += [[0.0, b, 1.0] for b in (2.0, 3.0, 4.0)]
    data += [one.analysis.estimates[1].mean for one in points[1:]]
    model, weight = np.array(rows), np.linalg.inv(covariance)
    normal = model.T @ weight @ model
    values = np.linalg.solve(normal, model.T @ weight @ data)
    assert [item.name for item in found.parameters] == ["a", "b", "c"]
    np.testing.assert_allclose([item.value for item in found.parameters], values, rtol=1e-8)
    residual = model @ values - data
    assert (found.chi2, found.dof) == (pytest.approx(residual @ weight @ residual), 4)
    errors = np.sqrt(np.diag(np.linalg.inv(normal)))
    np.testing.assert_allclose([item.error for item in found.parameters], errors, rtol=0.1)
    plain = found.to_dict()
    assert [plain["others"][0][key] for key in ("quantity", "formula")] == ["r", "c + b*x"]
    assert plain["others"][0]["points"] == plain["points"][1:]
    assert fit_line(found).startswith(f"{JOINT}: a = ")


@pytest.mark.slow
def test_pulls_of_several_quantities():
    pulls, chances = [], []
    for seed in range(100):
        (found,) = done(JOINT, pair(2000 + seed, count=300))
        true = (1.0, 0.5, 3.0)
        pulls.append([(item.value - value) / item.error for item, value in zip(found.parameters, true, strict=True)])
        chances.append(found.probability)
    assert np.all(np.abs(np.std(pulls, axis=0) - 1.0) < 0.22)
    assert 0.4 < np.mean(chances) < 0.6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("law(q, beta, a + b*x; w, beta, a + c*x)", "no point has a series w"),
        ("law(q, beta, a + b*x; q, beta, c + b*x)", "determine each other"),
        ("law(tau(q), beta, a + b*x; tau(q), beta, c + b*x)", "determine each other"),
        ("law(q, beta, a + b*x; q, beta, beta + c + b*x + q)", "q is a series"),
        ("law(w, beta, a + b*x)", "no point has a series w"),
        ("law(q, kappa, a + b*x)", "kappa is neither a key"),
        ("law(q, beta, a + b*x, 7, 9)", "no point has what is fitted"),
        ("law(q, beta, a + b*x + c*x**2, 1, 2)", "2 points do not determine 3"),
        ("law(q, beta, a + b + c*x)", "do not determine a, b,"),
        ("law(q, beta, a + b*q)", "q is a series"),
        ("law(q, beta, a + b*T, 1, 3)", "do not determine a, b"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        done(f"s = {text}", line())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("law(q, a + b*x)", "is written as"),
        ("law(q, beta, a + b*x, uncorrelated)", "points of a scan are independent"),
        ("law(q, beta, beta, a + b*x)", "all different"),
        ("law(q, beta, a + b*x, 3)", "FROM and TO"),
        ("law(q, beta, a + b*x; r, c + b*x)", "of several quantities"),
        ("law(q, beta, a + b*x, a = 1; r, beta, a + c*x, a = 2)", "a is given twice"),
    ],
)
def test_what_cannot_be_read_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_scan_fit(f"s = {text}")


def correlated(rho, seed, count=1500):
    noise, found = np.random.default_rng(seed).normal(size=count), np.zeros(count)
    for i in range(1, count):
        found[i] = rho * found[i - 1] + noise[i]
    return found


def test_autocorrelation_times():
    """tau(SERIES) against a key, of independent errors: the weighted line of numpy, and what is not known."""
    points = [point({BETA: b}, {"q": correlated(1.0 - 1.0 / b, int(b))}) for b in (2.0, 4.0, 6.0, 8.0)]
    (found,) = done("t = law(tau(q), beta, a + b*x)", points)
    items = [one.analysis.estimates[0] for one in points]
    y, errors = (np.array([getattr(item, f"tau_int{end}") for item in items]) for end in ("", "_error"))
    model = np.column_stack([np.ones(4), [2.0, 4.0, 6.0, 8.0]]) / errors[:, None]
    covariance = np.linalg.inv(model.T @ model)
    np.testing.assert_allclose([item.value for item in found.parameters], covariance @ model.T @ (y / errors))
    np.testing.assert_allclose([item.error for item in found.parameters], np.sqrt(np.diag(covariance)))
    assert (found.dof, found.request.quantity) == (2, "tau(q)")
    assert [value for value, _ in found.y] == pytest.approx(list(y))
    assert abs(found.parameters[1].value - 1.0) < 5.0 * found.parameters[1].error
    with pytest.raises(InputError, match="no point has a series u"):
        done("t = law(tau(u), beta, a + b*x)", points)
    with pytest.raises(ValueError, match="not the name of a series"):
        parse_scan_fit("t = law(tau(), beta, a + b*x)")
