"""Control variates against the formula written out, and their errors against the spread over many chains."""

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

MEAN, EVERY = 2.5, 5


def chain(seed, n=1000, tau=2.0, noise=0.3, every=EVERY, bias=0.7):
    """O = MEAN + common part on every fifth trajectory, P = bias + 2 (common part) + noise of its own on all."""
    rng = np.random.default_rng(seed)
    common = ar1(n, tau, rng)[:, 0]
    trajectories = np.arange(1, n + 1)
    part = trajectories % every == 0
    expensive = Series("O", "o", trajectories[part], (MEAN + common)[part])
    return {"O": expensive, "P": Series("P", "p", trajectories, bias + 2.0 * common + noise * rng.normal(size=n))}


def control(*chains, text="X = control(O, P)"):
    found = fit(parse_fit(text), Chains(chains, Method()))
    return {one.name.removeprefix("X."): one for one in found.parameters}


def test_mean_values_are_those_of_the_formula():
    one = chain(1)
    expensive, P = one["O"], one["P"]
    on = np.isin(P.trajectories, expensive.trajectories)
    found = control(one)
    direct, there, everywhere = expensive.values.mean(), P.values[on].mean(), P.values.mean()
    assert found["direct"].mean == pytest.approx(direct, rel=1e-13)
    assert found["shift"].mean == pytest.approx(everywhere + (expensive.values - P.values[on]).mean(), rel=1e-13)
    c = found["coefficient"].mean
    assert found["control"].mean == pytest.approx(direct - c * (there - everywhere), rel=1e-13)
    # x of a configuration: P there, less P over those since the one before (here all blocks are as long)
    x = P.values[on] - P.values.reshape(-1, EVERY).mean(axis=1)
    assert c == pytest.approx(np.cov(expensive.values, x)[0, 1] / np.var(x, ddof=1), rel=1e-10)
    ratio = (found["direct"].error / found["control"].error) ** 2
    assert found["gain"].mean == pytest.approx(ratio)


def test_configurations_beyond_those_with_both_count_in_the_mean():
    one = chain(2, n=1003)
    P = one["P"]
    found = control({"O": one["O"], "P": Series("P", "p", P.trajectories[7:], P.values[7:])})
    on = np.isin(P.trajectories[7:], one["O"].trajectories)
    expensive = one["O"].values[1:]
    expected = P.values[7:].mean() + (expensive - P.values[7:][on]).mean()
    assert found["shift"].mean == pytest.approx(expected, rel=1e-13)
    assert found["direct"].n == 199


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.5, 4.0], ids=["independent", "correlated"])
def test_errors_are_the_spread_over_chains(tau):
    """150 chains: spread of each mean value, bias, and errors that say so."""
    found = [control(chain(seed, tau=tau)) for seed in range(150)]
    for name in ("control", "shift", "direct"):
        means = np.array([one[name].mean for one in found])
        errors = np.array([one[name].error for one in found])
        assert abs(means.mean() - MEAN) < 3.5 * means.std() / np.sqrt(len(means))
        assert errors.mean() == pytest.approx(means.std(), rel=0.2)
        jackknife = np.array([one[name].jackknife_error for one in found])
        assert jackknife.mean() == pytest.approx(means.std(), rel=0.25)
    gains = np.array([one["gain"].mean for one in found])
    direct, corrected = (np.array([one[name].mean for one in found]).var() for name in ("direct", "control"))
    assert np.median(gains) == pytest.approx(direct / corrected, rel=0.4)
    assert direct / corrected > (3.0 if tau == 0.5 else 1.1)


def test_a_surrogate_that_knows_nothing_gains_nothing_and_spoils_nothing():
    one, other = chain(3), chain(4)
    found = control({"O": one["O"], "P": other["P"]})
    assert found["control"].mean == pytest.approx(MEAN, abs=5.0 * found["control"].error)
    assert found["gain"].mean == pytest.approx(1.0, abs=0.1)
    assert abs(found["coefficient"].mean) < 4.0 * found["coefficient"].error


def test_replicas_are_analysed_together():
    found = control(chain(5), chain(6))
    assert found["control"].replicas == 2
    assert found["control"].mean == pytest.approx(MEAN, abs=4.0 * found["control"].error)
    assert found["control"].error < 0.9 * control(chain(5))["control"].error


def test_what_cannot_be_corrected_is_refused():
    one = chain(7)
    everywhere = Series("P", "p", one["O"].trajectories, one["O"].values)
    with pytest.raises(InputError, match="nothing is to be gained"):
        control({"O": one["O"], "P": everywhere})
    with pytest.raises(InputError, match="there is no series 'P'"):
        control({"O": one["O"]})
    with pytest.raises(InputError, match="3 configurations have O and P; 4 are the minimum"):
        control({"O": Series("O", "o", one["O"].trajectories[:3], one["O"].values[:3]), "P": one["P"]})
    with pytest.raises(InputError, match="not reweighted"):
        fit(parse_fit("X = control(O, P)"), Chains([one], Method(), (list, lambda function: function)))
    for wrong in ("X = control(O)", "X = control(O, P, 3)", "X = control(O, 3)"):
        with pytest.raises(ValueError, match=r"control is written as control\(SERIES, SURROGATE\)|not the name"):
            parse_fit(wrong)
