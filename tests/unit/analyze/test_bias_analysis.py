"""Trajectories with a bias potential as samples: normal biases, where the effective sample size is known."""

import math

import numpy as np
import pytest

from lqcdnn.analyze.bias import has_bias, has_weights, judge_bias, normalized, passages, sample_size
from lqcdnn.analyze.data.rundata import BIAS_WEIGHT, VARIABLE
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method


def normal(spread, count, seed=4, replicas=1):
    """Biases of independent trajectories: <w>^2/<w^2> = exp(-spread^2)."""
    rng = np.random.default_rng(seed)
    numbers = np.arange(1, count + 1)
    return [{BIAS_WEIGHT: Series(BIAS_WEIGHT, "", numbers, spread * rng.normal(size=count))} for _ in range(replicas)]


@pytest.mark.parametrize("replicas", [1, 3])
def test_effective_sample_size(replicas):
    (ess,) = sample_size(normal(0.5, 4000, replicas=replicas), Method())
    assert abs(ess.mean - math.exp(-0.25)) < 4.0 * ess.error
    assert ess.error < 0.02


def test_it_does_not_depend_on_a_constant():
    parts = normal(0.5, 400)
    series = parts[0][BIAS_WEIGHT]
    moved = [{BIAS_WEIGHT: Series(BIAS_WEIGHT, "", series.trajectories, series.values + 800.0)}]
    assert sample_size(moved, Method())[0].mean == pytest.approx(sample_size(parts, Method())[0].mean, rel=1e-12)


@pytest.mark.parametrize(
    ("spread", "count", "status"), [(0.5, 1000, "ok"), (1.5, 300, "warn"), (5.0, 100, "fail"), (0.5, 19, "unknown")]
)
def test_verdicts(spread, count, status):
    parts = normal(spread, count)
    verdict = judge_bias(parts, sample_size(parts, Method()))
    assert verdict.status == status
    assert bool(verdict.advice) is (status != "ok")


def test_a_constant_of_a_potential_does_not_make_a_replica_count_more():
    parts = normal(0.5, 300, replicas=2)
    second = parts[1][BIAS_WEIGHT]
    raised = Series(BIAS_WEIGHT, "", second.trajectories, second.values + 7.0)
    one, other = (
        [part[BIAS_WEIGHT].values for part in normalized([parts[0], last])]
        for last in (parts[1], {BIAS_WEIGHT: raised})
    )
    assert np.allclose(one, other, rtol=0, atol=1e-12)
    assert [np.exp(values).mean() for values in other] == pytest.approx([1.0, 1.0])


def test_no_trajectory_with_a_weight():
    parts = [{BIAS_WEIGHT: Series(BIAS_WEIGHT, "", np.arange(0), np.empty(0))}]
    assert has_bias(parts)
    assert not has_weights(parts)
    assert judge_bias(parts, ()).status == "fail"
    assert not has_bias([{}])


def test_passages_between_the_outer_quarters():
    """Values between them, and turning back before the other one, do not count."""
    values = np.array([0.5, 0.1, 0.6, 0.2, 0.8, 0.5, 0.9, 0.3, 0.76, 0.24, 1.2])
    assert passages(values, (0.0, 1.0)) == 3
    assert passages(values, (0.0, 4.0)) == 0
    assert passages(np.empty(0), (0.0, 1.0)) == 0


@pytest.mark.parametrize(("turns", "status"), [(4, "warn"), (20, "ok")])
def test_few_passages_are_warned_about(turns, status):
    (part,) = normal(0.3, 1000)
    series = part[BIAS_WEIGHT]
    plaquettes = np.where(np.arange(1000) * (turns + 1) // 1000 % 2, 0.69, 0.61)
    part[VARIABLE] = Series(VARIABLE, "", series.trajectories, plaquettes)
    estimates = sample_size([part], Method())
    verdict = judge_bias([part], estimates, (0.6, 0.7))
    assert verdict.status == status
    assert f"{turns} passages" in verdict.sentence
    plain = judge_bias([part], estimates)
    assert (plain.status, "passage" in plain.sentence) == ("ok", False)
