"""Each verdict says ok, warn, fail or unknown where it should."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import estimate
from lqcdnn.analyze.result import Thermalization, Training
from lqcdnn.analyze.verdicts.run import (
    detailed_balance,
    judge_acceptance,
    judge_completeness,
    judge_exp_minus_dh,
    judge_statistics,
    judge_thermalization,
    judge_training,
    longest_rejection,
)
from lqcdnn.analyze.verdicts.topology import OF_BIAS, judge_topology
from lqcdnn.errors import DataError


def of(values, name="x"):
    return estimate(Series(name, "test.jsonl", np.arange(1, len(values) + 1), np.asarray(values, dtype=float)), 0)


def cut(trajectory=100, settled=True, deviation=1.0, declared=100, decided_by=None, method="automatic"):
    return Thermalization(trajectory, method, declared, decided_by, settled, "plaquette", deviation)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (cut(), "ok"),
        (cut(trajectory=300, decided_by="polyakov.re"), "ok"),
        (cut(trajectory=500, decided_by="polyakov.re"), "warn"),
        (cut(settled=False, deviation=-7.0), "fail"),
        (cut(settled=False, deviation=3.5), "warn"),
        (cut(settled=None, deviation=None), "unknown"),
    ],
)
def test_thermalised(given, status):
    verdict = judge_thermalization(given, 1000)
    assert verdict.status == status
    assert bool(verdict.advice) == (status != "ok")


def test_statistics():
    rng = np.random.default_rng(41)
    long, short, tiny = (of(ar1(n, 5.0, rng)[:, 0]) for n in (4000, 150, 40))
    assert judge_statistics([long]).status == "ok"
    warning = judge_statistics([long, short])
    assert warning.status == "warn"
    assert "more trajectories" in warning.advice
    assert judge_statistics([tiny]).status in ("warn", "fail")
    assert judge_statistics([of([1.0, 2.0]), of(np.ones(50))]).status == "unknown"


def test_statistics_counts_missing_trajectories_in_trajectories():
    """A series measured every tenth trajectory needs ten times as many more."""
    values = ar1(100, 5.0, np.random.default_rng(42))[:, 0]
    dense = judge_statistics([estimate(Series("x", "f", np.arange(1, 101), values), 0)]).advice
    sparse = judge_statistics([estimate(Series("x", "f", 10 * np.arange(1, 101), values), 0)]).advice
    numbers = [int(text.split()[2]) for text in (dense, sparse)]
    assert numbers[1] == pytest.approx(10 * numbers[0], rel=0.05)


def judged(dh, spread=None):
    dh = np.asarray(dh, dtype=float)
    spread = float(dh.std()) if spread is None else spread
    return judge_exp_minus_dh(of(np.exp(-dh)), spread, of(detailed_balance(dh)))


def test_exp_minus_dh():
    dh = 0.125 + 0.5 * np.random.default_rng(43).normal(size=2000)
    assert judged(dh).status == "ok"
    wrong = judged(dh - 0.3)
    assert wrong.status == "fail"
    assert "sigma from 1" in wrong.sentence
    assert judged(dh[:10]).status == "unknown"
    assert judged(np.zeros(50)).status == "ok"
    assert judged(np.full(50, -0.7)).status == "fail"
    assert judge_exp_minus_dh(None, None, None) is None
    assert judge_exp_minus_dh(of(np.exp(-dh)), None, None).status == "ok"


def test_wide_dh_is_judged_by_bounded_numbers():
    """Normal dH with variance s^2 and mean s^2/2 is what a right update gives; another mean is wrong."""
    rng, spread, n, runs = np.random.default_rng(48), 2.0, 100, 200
    right = [spread**2 / 2.0 + spread * rng.normal(size=n) for _ in range(runs)]
    by_mean = [judge_exp_minus_dh(of(np.exp(-dh)), None, None).status for dh in right]
    by_balance = [judged(dh).status for dh in right]
    assert by_mean.count("fail") > 0.04 * runs  # false alarms of the unbounded mean
    assert by_balance.count("fail") == 0
    assert by_balance.count("ok") >= 0.97 * runs
    assert "sigma from 0" in judged(right[0], spread).sentence
    wrong = [judged(dh - 3.0, spread).status for dh in right]
    assert wrong.count("fail") > 0.9 * runs


def test_nothing_accepted_says_nothing_of_detailed_balance():
    verdict = judged(60.0 + 10.0 * np.random.default_rng(49).normal(size=200))
    assert verdict.status == "unknown"
    assert "too few to tell" in verdict.sentence


def test_detailed_balance():
    assert detailed_balance(np.array([-3.0, 0.0, np.log(2.0)])) == pytest.approx([1.0, 0.0, -0.5])
    assert detailed_balance(np.array([1e4, -1e4])) == pytest.approx([0.0, 1.0])


def acceptance(rate, n=1000, seed=44, guided=False, bias=0.0, expected=None):
    rng = np.random.default_rng(seed)
    probability = np.full(n, rate)
    accepted = (rng.random(n) < rate + bias).astype(float)
    return judge_acceptance(of(accepted, "accepted"), of(probability, "p"), accepted, guided, expected)


def test_acceptance():
    assert acceptance(0.8).status == "ok"
    assert "fewer" in acceptance(0.995).advice
    low = acceptance(0.2)
    assert (low.status, "steps" in low.advice) == ("warn", True)
    assert "guide" in acceptance(0.2, guided=True).advice
    assert "steps" not in acceptance(0.2, guided=True, expected=0.25).advice
    promised = acceptance(0.2, guided=True, expected=0.6).advice  # then the integrator loses what the guide wins
    assert "smaller steps" in promised
    assert "60%" in promised
    assert acceptance(0.02).status == "fail"
    assert acceptance(0.8, n=10).status == "unknown"


def test_acceptance_must_follow_from_dh():
    verdict = acceptance(0.7, bias=0.1)
    assert verdict.status == "fail"
    assert "Metropolis" in verdict.advice


def test_stuck_chain():
    accepted = np.ones(500)
    accepted[200:260] = 0.0
    verdict = judge_acceptance(of(accepted), None, accepted, False)
    assert verdict.status == "warn"
    assert "60 rejections" in verdict.sentence


def test_longest_rejection():
    assert longest_rejection(np.array([1, 0, 0, 1, 0, 0, 0])) == 3
    assert longest_rejection(np.empty(0)) == 0


def test_completeness():
    assert judge_completeness(100, 100) is None
    assert judge_completeness(100, None) is None
    assert judge_completeness(99, 100).status == "warn"


def test_training():
    good = Training(300, 300, 78.0, 60.0, 1.0, 0.1, 1.4, 0.48, [[0.0]])
    assert judge_training(good).status == "ok"
    assert "48%" in judge_training(good).sentence
    assert judge_training(Training(300, 300, 1.0, 1.0, 2.0, 0.1, 2.0, 0.3, None)).status == "warn"
    assert judge_training(Training(300, 300, 4.0, 900.0, 800.0, 0.1, 25.0, 0.0, None)).status == "warn"
    assert judge_training(Training(30, 30, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, None)).status == "ok"  # no room to fall
    assert judge_training(Training(5, 5, 1.0, 1.0, 2.0, 0.1, 2.0, 0.3, None)).status == "unknown"
    few = Training(5, 5, 9.0, 3.0, 1.0, 0.1, 0.5, 0.7, None, by_forces=True)
    assert judge_training(few).status == "ok"
    assert judge_training(replace(few, late_loss=9.5)).status == "warn"
    assert judge_training(replace(few, samples=1)).status == "unknown"
    assert judge_training(None) is None


def test_value_that_is_not_finite_names_the_trajectory():
    with pytest.raises(DataError, match="trajectory 3"):
        of([1.0, 2.0, np.inf, 1.0])


def test_topology():
    def charge(values, name="topological_charge"):
        return Series(name, "test.jsonl", np.arange(1, len(values) + 1), np.asarray(values, dtype=float))

    values = np.repeat([0.0, 1.0, -2.0, 0.0], 10)
    moving = judge_topology([charge(values, "other"), charge(np.tile(values, 4))], 0)
    assert (moving.status, moving.sentence) == ("ok", "charge from -2 to 1, 12 changes in 160 measurements")
    rarely = judge_topology([charge(values)], 0)
    assert rarely.status == "warn"
    assert "3 changes in 40 measurements: errors of what depends on it" in rarely.sentence
    frozen = judge_topology([charge(np.append(values, np.ones(30)))], 40)
    assert frozen.status == "warn"
    assert "charge from 1 to 1, 0 changes in 30" in frozen.sentence
    assert "[update.bias]" in frozen.advice
    assert "build the potential for longer" in judge_topology([charge(np.ones(30))], 0, OF_BIAS).advice
    assert judge_topology([charge(values, "other")], 0) is None
    assert judge_topology([charge(values)], 25) is None
    assert judge_topology([charge(values + 0.01)], 0) is None
