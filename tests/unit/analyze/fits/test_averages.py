"""Averages over fits: weights, derivatives, errors, against single fits and against known answers."""

import numpy as np
import pytest
from test_fits import chains, cosh, noisy

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.expression import expressions
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.quantities import Request, quantities
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

SHAPE = cosh([0.3, 0.9], [1.0, 0.5])


@pytest.fixture(scope="module")
def data():
    return noisy(SHAPE, 200, 1, 0.3)


@pytest.mark.parametrize("text", ["m = cosh(c, 3:4, 8:9)", "m = cosh(c, 5:7, 12, uncorrelated)"])
def test_weights_are_those_of_the_criterion(data, text):
    """Of fits done one by one, with parameters and points left out counted for each."""
    of = chains([data], second=False)
    found = fit(parse_fit(text), of)
    singles = [fit(one, chains([data], second=False)) for one in parse_fit(text).models]
    points = [one.dof + 2 for one in singles]
    first, last = (pick(one.numbers[i] for one in parse_fit(text).models) for i, pick in ((0, min), (1, max)))
    most = int(last - first) + 1  # all that any of them takes
    criterion = np.array([one.chi2 + 2 * 2 + 2 * (most - n) for one, n in zip(singles, points, strict=True)])
    if not singles[0].correlated:
        criterion = np.array([one.chi2 - 2 * one.expected_chi2 for one in singles])
    weights = np.exp(-0.5 * (criterion - criterion.min()))
    order = np.argsort(-weights / weights.sum())
    total = weights / weights.sum()
    kept = np.array([total[total <= w].sum() >= 1e-3 for w in total])
    weights = np.where(kept, total, 0.0) / total[kept].sum()
    assert [one.weight for one in found.models] == pytest.approx(weights[order])
    assert sum(one.weight for one in found.models) == pytest.approx(1.0)
    for i, item in enumerate(found.parameters):
        values = np.array([one.parameters[i].mean for one in singles])
        mean = weights @ values
        assert item.name == singles[0].parameters[i].name
        assert item.center == pytest.approx(mean)
        assert item.systematic == pytest.approx(np.sqrt(weights @ (values - mean) ** 2))
        assert item.total_error == pytest.approx(np.hypot(item.error, item.systematic))
    best = found.models[0]
    assert (best.text, best.means[0]) == (singles[order[0]].text, singles[order[0]].parameters[0].mean)
    assert found.chi2 is None


def test_derivatives_of_the_average(data):
    """Weights move with the data: the gradient is that of the whole function."""
    of = chains([data], second=False)
    fit(parse_fit("m = cosh(c, 2:4, 12)"), of)
    names, function = of.parameters["m.mass"]
    means = data.mean(axis=0)
    found = function(means)
    errors = data.std(axis=0) / np.sqrt(len(data))
    assert len(names) == len(means)
    for i in (2, 5, 12):
        step = 1e-2 * errors[i] * np.eye(len(means))[i]
        slope = (function(means + step).value - function(means - step).value) / (2.0 * step[i])
        assert found.gradient[i] == pytest.approx(slope, rel=1e-3)


def test_jackknife_agrees(data):
    """It fits every part anew and weighs anew."""
    found = fit(parse_fit("m = cosh(c, 4:5, 8)"), chains([data]))
    for item in found.parameters:
        assert item.jackknife_error == pytest.approx(item.error, rel=0.25)


def test_spread_of_what_depends_on_averages(data):
    """Functions of the parameters of one average spread as it does, of two averages in quadrature; others do not."""
    named = {
        f"{key}.{i + 1}": Series(f"{key}.{i + 1}", "f", np.arange(1, 61), column)
        for key, columns in (("c", data[:60]), ("b", data[60:120]))
        for i, column in enumerate(columns.T)
    }
    request = Request(
        fit=("m = cosh(c, 4:5, 8)", "n = cosh(b, 3:4, 7)", "o = cosh(c, 4, 7)"),
        derive=("square = m.mass**2", "ratio = m.mass / m.mass", "sum = m.mass + n.mass", "plain = o.mass * c[3]"),
    )
    found = quantities([named], [], Chains([named], request.method).physics, request)
    derived = {item.name: item for item in found.derived}
    mass, other = (found.fits[i].parameters[0] for i in (0, 1))
    models = found.fits[0].models
    assert mass.systematic
    assert other.systematic
    assert derived["sum"].systematic == pytest.approx(np.hypot(mass.systematic, other.systematic))
    spread = sum(one.weight * (one.means[0] ** 2 - mass.center**2) ** 2 for one in models)
    assert derived["square"].systematic == pytest.approx(np.sqrt(spread))
    assert derived["square"].error == pytest.approx(2.0 * mass.center * mass.error, rel=1e-6)
    assert (derived["ratio"].systematic, derived["plain"].systematic) == (None, None)
    assert found.fits[2].parameters[0].systematic is None
    assert expressions(request.derive, {})[0].name == "square"


def test_reweighted(data):
    """Weights of configurations enter in every fit."""
    trajectories, logs = np.arange(1, 101), 0.3 * np.random.default_rng(2).standard_normal(100)
    named = {f"c.{i + 1}": Series(f"c.{i + 1}", "f", trajectories, data[:100, i]) for i in range(24)}
    named["w"] = Series("w", "f", trajectories, logs)
    texts = ["m = cosh(c, 3:4, 7)", "a = cosh(c, 3, 7)", "b = cosh(c, 4, 7)"]
    physics = Chains([named], Request().method).physics
    m, a, b = quantities([named], [], physics, Request(fit=tuple(texts), reweight=("w",))).fits
    weights = np.exp([one.dof - one.chi2 / 2.0 for one in (a, b)])
    values = [one.parameters[0].center for one in (a, b)]
    plain = quantities([named], [], physics, Request(fit=(texts[0],))).fits[0]
    assert m.parameters[0].center == pytest.approx(weights @ values / weights.sum())
    assert abs(m.parameters[0].center - plain.parameters[0].center) > 1e-3 * plain.parameters[0].error


def test_energies_of_matrices():
    """Averages of fits to principal correlators, and derived quantities of both numbers."""
    rng, t = np.random.default_rng(5), np.arange(12.0)
    states = [np.exp(-m * t) + np.exp(-m * (12.0 - t)) for m in (0.4, 1.0)]
    mix = np.array([[1.0, 0.6], [0.5, -1.0]])
    exact = np.einsum("in,jn,nt->ijt", mix, mix, np.array(states))
    series = {}
    for (i, j, k), value in np.ndenumerate(exact):
        values = value * (1.0 + 0.02 * rng.standard_normal(100))
        series[f"K.{i + 1}.{j + 1}.{k + 1}"] = Series("K", "f", np.arange(1, 101), values)
    of = Chains([series], chains([np.zeros((4, 2))], second=False).method)
    found = fit(parse_fit("E = gevp_cosh(K, 0, 1:2, 4:5, 1, 1)"), of)
    assert len(found.models) == 4
    assert [item.name for item in found.parameters] == ["E.mass", "E.amplitude", "E.overlap"]
    assert abs(found.parameters[0].mean - 0.4) < 4.0 * found.parameters[0].total_error < 0.1


def test_numbers_of_states(data):
    """Of the masses that all fits have; a state that the points do not determine is left out, with the reason."""
    found = fit(parse_fit("m = cosh(c, 0:2, 8, 1:2)"), chains([noisy(SHAPE, 200, 2, 0.3)], second=False))
    assert [item.name for item in found.parameters][:2] == ["m.mass", "m.amplitude"]
    used = [one for one in found.models if one.weight > 0.0]
    assert {one.numbers[2] for one in used} == {1.0, 2.0} or used[0].numbers[2] == 2.0
    assert abs(found.parameters[0].mean - 0.3) < 3.0 * found.parameters[0].total_error
    assert all("not determine" in line or "no minimum" in line or "one mass" in line for line in found.left_out)


def test_refused(data):
    of = chains([data], second=False)
    with pytest.raises(InputError, match=r"none of its 2 fits can be done.*whole numbers from 0 to 12"):
        fit(parse_fit("m = cosh(c, 2, 13:14)"), of)
    fit(parse_fit("m = cosh(c, 3:4, 12)"), of)
    with pytest.raises(InputError, match="m is an average over fits, which has no lowest state"):
        fit(parse_fit("e = effective(singlet(m, c, 2))"), of)


@pytest.mark.parametrize("text", ["V = potential(w, 1, 1:2, 5:6)", "V = potential(w, 1, 1:3, 6)"])
def test_potential(text):
    """Fits of other kinds: the string tension, of a potential that is exactly that of the fit."""
    rng, r = np.random.default_rng(3), np.arange(1.0, 7.0)
    potential = 0.5 + 0.1 * r - 0.25 / r
    loops = {
        f"w.{i + 1}.{t}": np.exp(-potential[i] * t) * (1.0 + 0.02 * t * rng.standard_normal(200))
        for i in range(6)
        for t in (1, 2)
    }
    series = {name: Series(name, "f", np.arange(1, 201), values) for name, values in loops.items()}
    found = fit(parse_fit(text), Chains([series], chains([np.zeros((4, 2))], second=False).method))
    names = [item.name for item in found.parameters]
    assert names[:3] == ["V.V0", "V.sigma", "V.alpha"]
    assert abs(found.parameters[1].mean - 0.1) < 3.0 * found.parameters[1].total_error < 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "shape", "noise", "coverage", "width"),
    [
        ("m = cosh(c, 1:9, 12)", cosh([0.3], [1.0]), 0.3, (0.6, 0.95), (0.5, 1.2)),
        ("m = cosh(c, 0:8, 12, 1:2)", SHAPE, 0.3, (0.6, 0.97), (0.5, 1.3)),
        ("m = cosh(c, 1:9, 12)", SHAPE, 0.3, (0.4, 0.8), (1.0, 1.8)),
    ],
)
def test_widths_over_repetitions(text, shape, noise, coverage, width):
    """How often the total error holds the known mass, and the width of the deviations in its units.

    One state alone, where all early fits are wrong by about an error, holds it less often than an interval should.
    """
    pulls = []
    for seed in range(40):
        mass = fit(parse_fit(text), chains([noisy(shape, 400, seed, noise)], second=False)).parameters[0]
        pulls.append((mass.center - 0.3) / mass.total_error)
    held, spread = np.mean(np.abs(pulls) < 1.0), np.sqrt(np.mean(np.square(pulls)))
    print(f"{text}: {held:.2f} of the intervals hold the mass, width {spread:.2f}")
    assert coverage[0] <= held <= coverage[1]
    assert width[0] <= spread <= width[1]
