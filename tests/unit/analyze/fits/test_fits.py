"""Fits of vectors of series: correlators, Wilson loops, flow, with data whose answer is known."""

import numpy as np
import pytest
from reference.exact import bessel_i
from synthetic_run import ar1

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.flowscale import t0, w0
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.masses import by_mass
from lqcdnn.analyze.fits.oscillating import separated_mass
from lqcdnn.analyze.fits.potential import sommer_scale
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError


def chains(parts, name="c", **method):
    """Series name.1, name.2, ... of each replica from arrays of shape (n, k)."""


    def series(i, part):
        return Series(f"{name}.{i + 1}", "f", np.arange(1, len(part) + 1), part[:, i])

    named = [{f"{name}.{i + 1}": series(i, part) for i in range(part.shape[1])} for part in parts]
    return Chains(named, Method(**method))


def cosh(masses, amplitudes, extent=24):
    t = np.arange(extent)
    return sum(a * (np.exp(-m * t) + np.exp(-m * (extent - t))) for m, a in zip(masses, amplitudes, strict=True))


def noisy(shape, n, seed, noise=0.03):
    """Measurements with an amplitude that fluctuates in common and autocorrelated, and noise of each point."""
    rng = np.random.default_rng(seed)
    return shape * (1.0 + 0.1 * ar1(n, 2.0, rng) + noise * ar1(n, 1.0, rng, len(shape)))


def test_cosh_fit_over_repetitions():
    """Pulls of the mass have width 1, p-values are spread evenly, errors agree with the jackknife."""
    found = [fit(parse_fit("m = cosh(c, 2, 10)"), chains([noisy(cosh([0.3], [1.0]), 600, seed)])) for seed in range(12)]
    mass = [item.parameters[0] for item in found]
    pulls = np.array([(one.mean - 0.3) / one.error for one in mass])
    assert abs(pulls.mean()) < 0.5
    assert 0.7 < pulls.std() < 1.35
    probabilities = np.array([item.probability for item in found])
    assert 0.3 < probabilities.mean() < 0.7
    assert np.mean([one.jackknife_error / one.error for one in mass]) == pytest.approx(1.0, abs=0.15)
    assert [one.name for one in found[0].parameters] == ["m.mass", "m.amplitude"]
    assert (found[0].dof, found[0].correlated) == (7, True)


def test_two_states():
    shape = cosh([0.3, 0.9], [1.0, 0.7])
    found = fit(parse_fit("m = cosh(c, 1, 12, 2)"), chains([noisy(shape, 400, 1, 1e-4)]))
    values = {item.name: item for item in found.parameters}
    for name, truth in (("m.mass", 0.3), ("m.mass2", 0.9)):
        assert abs(values[name].mean - truth) < 4.0 * values[name].error < 0.1
    assert values["m.mass"].mean < values["m.mass2"].mean
    assert found.picture.y == pytest.approx(found.picture.curve[np.r_[0:100:9]], rel=1e-2)  # 11 steps, 99 of the grid


def oscillating(steady, partners, extent=24):
    """Masses and amplitudes of each part."""
    return cosh(*steady, extent) + (-1.0) ** np.arange(extent) * cosh(*partners, extent)


ONE = oscillating(([0.4], [1.0]), ([0.7], [-0.5]))
TWO = oscillating(([0.4, 1.1], [1.0, 0.8]), ([0.7], [-0.5]))


@pytest.mark.parametrize(
    ("shape", "text", "truth"),
    [
        (ONE, "m = oscillating(c, 2, 12)", {"mass": 0.4, "partner_mass": 0.7, "partner_amplitude": -0.5}),
        (TWO, "m = oscillating(c, 1, 12, 2)", {"mass": 0.4, "mass2": 1.1, "partner_mass": 0.7}),
    ],
)
def test_steady_and_alternating_states(shape, text, truth):
    """The masses are found, also where amplitudes fluctuate in common by much more than the points do."""
    for noise in (0.03, 0.001):
        found = fit(parse_fit(text), chains([noisy(shape, 600, 1, noise)]))
        values = {item.name.removeprefix("m."): item for item in found.parameters}
        for name, value in truth.items():
            assert abs(values[name].mean - value) < 4.0 * values[name].error < 0.4
            assert values[name].error == pytest.approx(values[name].jackknife_error, rel=0.3)
    assert found.dof == {4: 11 - 4, 6: 12 - 6}[len(values)]
    assert found.picture.grid.tolist() == found.picture.x.tolist()
    assert found.picture.curve == pytest.approx(found.picture.y, rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "text", "truth"),
    [
        (ONE, "m = oscillating(c, 2, 12)", {"mass": 0.4, "amplitude": 1.0, "partner_mass": 0.7}),
        (TWO, "m = oscillating(c, 1, 12, 2)", {"mass": 0.4, "mass2": 1.1, "partner_mass": 0.7}),
    ],
)
def test_pulls_of_steady_and_alternating_states(shape, text, truth):
    """Width 1 over 100 runs, and probabilities that are spread."""
    found = [fit(parse_fit(text), chains([noisy(shape, 2400, seed, 0.02)])) for seed in range(100)]
    for name, value in truth.items():
        pulls = [(p.mean - value) / p.error for item in found for p in item.parameters if p.name == f"m.{name}"]
        assert abs(np.mean(pulls)) < 0.3
        assert 0.8 < np.std(pulls) < 1.25
    probabilities = np.array([item.probability for item in found])
    assert 0.3 < probabilities.mean() < 0.7
    assert probabilities.std() > 0.2


def test_separated_effective_masses():
    """Exact for one state of each part; a mass of a part that is not there is left out."""
    found = fit(parse_fit("e = effective_oscillating(c)"), chains([noisy(ONE, 500, 2, 1e-3)]))
    names = [item.name for item in found.parameters]
    assert names == [*(f"e.{t}" for t in range(2, 12)), *(f"e.partner.{t}" for t in range(2, 12))]
    for item in found.parameters:
        assert abs(item.mean - (0.7 if "partner" in item.name else 0.4)) < 4.0 * item.error
        assert item.error == pytest.approx(item.jackknife_error, rel=0.3)
    assert found.parameters[0].error < 1e-3
    values = [Dual(float(c), np.eye(6)[i]) for i, c in enumerate(ONE[3:9])]
    for partner, mass in ((False, 0.4), (True, 0.7)):
        exact = separated_mass(values, partner)
        assert exact.value == pytest.approx(mass, rel=1e-10)
        for i in range(6):
            shifted = [Dual(one.value + 1e-7 * (i == k), one.gradient) for k, one in enumerate(values)]
            slope = (separated_mass(shifted, partner).value - exact.value) / 1e-7
            assert exact.gradient[i] == pytest.approx(slope, rel=1e-3, abs=1e-5)


def test_effective_mass():
    found = fit(parse_fit("e = effective(c)"), chains([noisy(cosh([0.4], [1.0]), 500, 2, 0.01)]))
    assert [item.name for item in found.parameters] == [f"e.{t}" for t in range(1, 12)]
    for item in found.parameters:
        assert abs(item.mean - 0.4) < 4.0 * item.error
    assert found.chi2 is None


def baryon(forward, backward, extent=24):
    """Masses and amplitudes of baryons on the way forward, and of others on the way backward."""
    t = np.arange(extent)
    ways = ((forward, t), (backward, extent - t))
    return sum(a * np.exp(-m * times) for way, times in ways for m, a in zip(*way, strict=True))


def test_exponential_fits():
    """Of a correlator that is not symmetric: nothing is folded. Pulls have width 1."""
    shape = baryon(([0.8], [1.0]), ([1.2], [-0.6]))
    found = [fit(parse_fit("m = exponential(c, 2, 9)"), chains([noisy(shape, 600, seed)])) for seed in range(8)]
    pulls = np.array([(item.parameters[0].mean - 0.8) / item.parameters[0].error for item in found])
    assert abs(pulls.mean()) < 0.6
    assert 0.6 < pulls.std() < 1.45
    assert [one.name for one in found[0].parameters] == ["m.mass", "m.amplitude"]
    assert found[0].parameters[1].mean == pytest.approx(1.0, rel=0.1)
    assert found[0].dof == 6
    shape = baryon(([0.5, 1.1], [1.0, 2.0]), ([2.0], [1.0]))
    two = fit(parse_fit("m = exponential(c, 1, 12, 2)"), chains([noisy(shape, 400, 1, 1e-5)]))
    values = {item.name: item for item in two.parameters}
    for name, truth in (("m.mass", 0.5), ("m.mass2", 1.1), ("m.amplitude2", 2.0)):
        assert abs(values[name].mean - truth) < 4.0 * values[name].error < 0.2


def test_effective_mass_of_an_exponential():
    shape = baryon(([0.8], [1.0]), ([1.2], [-0.6]))
    found = fit(parse_fit("e = effective_exponential(c)"), chains([noisy(shape, 500, 3, 0.01)]))
    values = {item.name: item for item in found.parameters}
    assert {f"e.{t}" for t in range(12)} <= set(values)  # as far as C is positive, and where it is negative
    for t in range(1, 9):
        one = values[f"e.{t}"]
        assert abs(one.mean - np.log(shape[t] / shape[t + 1])) < 4.0 * one.error < 0.02
    assert "e.23" not in values


def test_replicas_are_fitted_together():
    parts = [noisy(cosh([0.3], [1.0]), n, seed) for n, seed in ((300, 3), (500, 4))]
    one, both = (fit(parse_fit("m = cosh(c, 3, 10)"), chains(p)).parameters[0] for p in (parts[:1], parts))
    assert (both.n, both.replicas) == (800, 2)
    assert 0.0 < both.replica_probability <= 1.0
    assert both.error < one.error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m = cosh(d, 2, 8)", "no vector of series 'd'"),
        ("m = cosh(c, 2, 13)", "from 0 to 12"),
        ("m = cosh(c, 8, 2)", "from 0 to 12"),
        ("m = cosh(c, 2.5, 8)", "whole numbers"),
        ("m = cosh(c, 2, 4, 2)", "3 points do not determine 4"),
        ("m = exponential(c, 2, 24)", "from 0 to 23"),
        ("m = oscillating(c, 2, 13)", "from 0 to 12"),
        ("m = oscillating(c, 2, 8, 1, 5)", "PARTNERS = 5; allowed: 1 to 4"),
        ("m = oscillating(c, 2, 8, 1, 0.5)", "whole numbers"),
        ("m = oscillating(c, 2, 4)", "3 points do not determine 4"),
        ("m = creutz(c)", "no Wilson loops"),
        ("m = t0(c, 0.1, -0.1)", "flow times"),
    ],
)  # fmt: skip
def test_refusals(text, message):
    with pytest.raises(InputError, match=message) as caught:
        fit(parse_fit(text), chains([noisy(cosh([0.3], [1.0]), 100, 5)]))
    assert text in caught.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cosh(c, 1, 2)", "NAME = KIND"),
        ("m = cosh c", "NAME = KIND"),
        ("m = sinh(c)", "no kind 'sinh'; there are connected, effective, cosh"),
        ("m = cosh(c)", r"cosh\(SERIES, FIRST, LAST, \[STATES\]\)"),
        ("m = cosh(c, 1, two)", "not a number"),
        ("m = cosh(c, 1, inf)", "not a finite number"),
        ("m = cosh(2c, 1, 2)", "not the name of a series"),
        ("m = effective(c, 1)", r"effective\(SERIES\)"),
        ("m = oscillating(c, 1)", r"oscillating\(SERIES, FIRST, LAST, \[STATES\], \[PARTNERS\]\)"),
    ],
)  # fmt: skip
def test_syntax(text, message):
    with pytest.raises(ValueError, match=message):
        parse_fit(text)


def test_short_and_falling_correlators():
    with pytest.raises(InputError, match="too few"):
        fit(parse_fit("m = cosh(c, 2, 8)"), chains([noisy(cosh([0.3], [1.0]), 3, 5)]))
    with pytest.raises(InputError, match="does not fall"):
        fit(parse_fit("m = cosh(c, 2, 8)"), chains([noisy(13.0 - np.abs(12.0 - np.arange(24)), 100, 5)]))
    with pytest.raises(InputError, match="no point"):
        fit(parse_fit("m = effective(c)"), chains([noisy(200.0 - (np.arange(24) - 12.0) ** 2, 100, 5, 1e-4)]))
    for kind in ("effective_oscillating(c)", "oscillating(c, 1, 6)"):
        with pytest.raises(InputError, match="23 times"):
            fit(parse_fit(f"m = {kind}"), chains([noisy(cosh([0.3], [1.0], 23), 100, 5)]))


def wilson_loops(n, beta, size, seed):
    """2-d U(1) in infinite volume: plaquette angles are independent, W(R, T) = cos of the sum of R x T of them."""
    angles = np.random.default_rng(seed).vonmises(0.0, beta, size=(n, size, size))
    sums = angles.cumsum(axis=1).cumsum(axis=2)
    return {
        f"w.{r + 1}.{t + 1}": Series(f"w.{r + 1}.{t + 1}", "f", np.arange(1, n + 1), np.cos(sums[:, r, t]))
        for r in range(size)
        for t in range(size)
    }


def test_creutz_ratios_of_two_dimensional_u1():
    """W = (I1/I0)^(R T) exactly: every Creutz ratio is the string tension."""
    tension = -np.log(np.divide(*bessel_i([1, 0], 3.0)))
    found = fit(parse_fit("k = creutz(w)"), Chains([wilson_loops(40000, 3.0, 3, 1)], Method()))
    assert [item.name for item in found.parameters] == [f"k.{r}.{t}" for r in (1, 2, 3) for t in (1, 2, 3)]
    for item in found.parameters:
        assert abs(item.mean - tension) < 4.0 * item.error
    assert found.parameters[0].error < 0.003


def test_linear_potential():
    """The same loops: V(R) = sigma R, no Coulomb term."""
    tension = -np.log(np.divide(*bessel_i([1, 0], 3.0)))
    found = fit(parse_fit("v = potential(w, 1, 1, 4)"), Chains([wilson_loops(40000, 3.0, 4, 2)], Method()))
    values = {item.name: item for item in found.parameters}
    assert abs(values["v.sigma"].mean - tension) < 4.0 * values["v.sigma"].error
    assert abs(values["v.alpha"].mean) < 4.0 * values["v.alpha"].error
    assert (found.dof, set(values)) == (1, {"v.V0", "v.sigma", "v.alpha", "v.r0"})


def test_cornell_potential_and_sommer_scale():
    """V0 = 0.6, sigma = 0.05, alpha = 0.25, hence r0 = sqrt(1.4/0.05)."""
    rng, n = np.random.default_rng(3), 500
    loops = {}
    for r in range(1, 7):
        for t in (3, 4):
            mean = np.exp(-(0.6 + 0.05 * r - 0.25 / r) * t)
            values = mean * (1.0 + 0.02 * rng.normal(size=n))
            loops[f"w.{r}.{t}"] = Series(f"w.{r}.{t}", "f", np.arange(n), values)
    found = fit(parse_fit("v = potential(w, 3, 1, 6)"), Chains([loops], Method()))
    for item, truth in zip(found.parameters, (0.6, 0.05, 0.25, np.sqrt(1.4 / 0.05)), strict=True):
        assert abs(item.mean - truth) < 4.0 * item.error
    picture = found.picture
    truth = 0.6 + 0.05 * picture.x - 0.25 / picture.x
    assert picture.x.tolist() == [1, 2, 3, 4, 5, 6]
    assert np.all(np.abs(picture.y - truth) < 4.0 * picture.errors)
    assert np.all(np.abs(picture.curve - (0.6 + 0.05 * picture.grid - 0.25 / picture.grid)) < 0.01)
    with pytest.raises(InputError, match="R = 7, T = 3 was not measured"):
        fit(parse_fit("v = potential(w, 3, 1, 7)"), Chains([loops], Method()))
    with pytest.raises(InputError, match="no Sommer scale"):
        sommer_scale(np.array([0.0, -0.1, 0.2]))


def test_potential_of_polyakov_loops():
    """The same potential from C(r) = exp(-V(r) T), with and without r = 0 and the distances beside it."""
    rng, n, T = np.random.default_rng(4), 500, 12
    means = [0.1, *(np.exp(-(0.6 + 0.05 * r - 0.25 / r) * T) for r in range(1, 7))]
    series = {
        f"p.{i + 1}": Series(f"p.{i + 1}", "f", np.arange(n), mean * (1.0 + 0.05 * rng.normal(size=n)))
        for i, mean in enumerate(means)
    }
    request = parse_fit("v = polyakov_potential(p, 12, 1, 6)")
    found = fit(request, Chains([series], Method()))
    for item, truth in zip(found.parameters, (0.6, 0.05, 0.25, np.sqrt(1.4 / 0.05)), strict=True):
        assert abs(item.mean - truth) < 4.0 * item.error
    assert found.parameters[1].error < 0.002
    beside = Chains([series], Method(), axes={"p": ("p_distances", tuple(map(float, range(7))))})
    assert fit(request, beside).parameters == found.parameters
    with pytest.raises(InputError, match="distance 7 was not measured"):
        fit(parse_fit("v = polyakov_potential(p, 12, 1, 7)"), Chains([series], Method()))
    with pytest.raises(InputError, match="three distances"):
        fit(parse_fit("v = polyakov_potential(p, 12, 2, 3)"), Chains([series], Method()))
    series["p.3"] = Series("p.3", "f", np.arange(n), -np.ones(n))
    with pytest.raises(InputError, match="not positive"):
        fit(request, Chains([series], Method()))


def test_flow_scales_of_a_known_function():
    """t^2 E = a t + b t^2 is interpolated exactly, derivatives included."""
    times = np.arange(0.1, 4.01, 0.1)
    values = 0.05 * times + 0.06 * times**2
    root = (-0.05 + np.sqrt(0.05**2 + 4 * 0.06 * 0.3)) / 0.12
    assert t0(times, values).value == pytest.approx(root, rel=1e-12)
    rate_root = (-0.05 + np.sqrt(0.05**2 + 8 * 0.06 * 0.3)) / 0.24  # a t + 2 b t^2 = 0.3
    assert w0(times, values).value == pytest.approx(np.sqrt(rate_root), rel=1e-12)
    for scale in (t0, w0):
        gradient = scale(times, values).gradient
        for i in np.flatnonzero(gradient):
            step = np.zeros_like(values)
            step[i] = 1e-6
            numerical = (scale(times, values + step).value - scale(times, values - step).value) / 2e-6
            assert gradient[i] == pytest.approx(numerical, rel=1e-6)
    with pytest.raises(InputError, match="does not reach"):
        t0(times, 0.1 * values)
    few, rising = times[4::10], values[4::10]  # 0.5, 1.5, 2.5, 3.5: as many as are needed
    assert t0(few, rising).value == pytest.approx(root, rel=1e-12)
    assert w0(few, rising).value == pytest.approx(np.sqrt(rate_root), rel=1e-12)
    for scale in (t0, w0):
        with pytest.raises(InputError, match="3 flow times, 4 are the minimum"):
            scale(few[:3], rising[:3])


@pytest.mark.parametrize("root", [0.1, 0.3, 0.45, 3.9])
def test_w0_outside_the_first_and_last_middle_of_two_flow_times(root):
    """W = 2 b t^2 reaches 0.3 anywhere between the first flow time and the last."""
    for times in (np.arange(5.0), 0.05 + np.arange(5.0)):
        values = 0.15 / root**2 * times**2
        found = w0(times, values)
        assert found.value == pytest.approx(np.sqrt(root), rel=1e-12)
        step = 1e-6 * np.eye(5)
        numerical = [(w0(times, values + h).value - w0(times, values - h).value) / 2e-6 for h in step]
        assert found.gradient == pytest.approx(numerical, rel=1e-5, abs=1e-8)


def test_flow_scales_below_the_first_flow_time():
    times = 1.0 + np.arange(4.0)
    for scale in (t0, w0):
        with pytest.raises(InputError, match=r"is above 0.3 at t = 1 already"):
            scale(times, times**2)


def test_flow_scale_with_errors():
    """The value at flow time 0 does not fluctuate."""
    times = 0.2 * np.arange(20)
    data = noisy(0.05 * times + 0.06 * times**2, 1000, 6, 0.001)
    scaled = chains([data], "flow")
    root = (-0.05 + np.sqrt(0.05**2 + 4 * 0.06 * 0.3)) / 0.12
    whole = fit(parse_fit("s = t0(flow, 0, 0.2)"), scaled)
    found = whole.parameters[0]
    assert whole.picture.mark == (found.mean, 0.3)
    assert whole.picture.errors[0] == 0.0
    assert np.all(whole.picture.errors[1:] > 0.0)
    assert whole.picture.y == pytest.approx(data.mean(axis=0), rel=1e-12)
    assert found.name == "s.t0"
    assert abs(found.mean - root) < 4.0 * found.error
    assert found.error == pytest.approx(found.jackknife_error, rel=0.2)
    assert fit(parse_fit("s = w0(flow, 0, 0.2)"), scaled).parameters[0].error > 0.0


def test_noise_at_the_end_of_the_range():
    """The last two points rise: the others have a mass all the same."""
    data = noisy(cosh([0.3], [1.0]), 100, 4, 0.3)
    data[:, 12] += 1.1 * (data[:, 11] + data[:, 13]).mean() / 2.0 - data[:, 12].mean()
    mass = fit(parse_fit("m = cosh(c, 2, 12)"), chains([data])).parameters[0]
    assert abs(mass.mean - 0.3) < 5.0 * mass.error < 0.1


@pytest.mark.parametrize("kind", ["cosh", "exponential"])
def test_two_states_do_not_end_as_one(kind):
    """Points that know the excited state well, first parameters that do not: chi^2 is that of the true masses."""
    t = np.arange(24.0)
    shape = cosh([0.3, 0.9], [1.0, 0.5]) if kind == "cosh" else np.exp(-0.3 * t) + 0.5 * np.exp(-0.9 * t)
    found = fit(parse_fit(f"m = {kind}(c, 0, 12, 2)"), chains([noisy(shape, 400, 1, 0.3)]))
    assert found.probability > 0.01
    assert abs(found.parameters[2].mean - 0.9) < 3.0 * found.parameters[2].error < 0.5
    with pytest.raises(InputError, match="two states have one mass"):
        by_mass(np.array([0.3, 2.0, 0.30001, -1.0]))
