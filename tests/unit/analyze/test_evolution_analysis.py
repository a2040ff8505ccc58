"""Ends of evolutions as samples: normal works, where everything is known, and runs as directories."""

import json
import math

import numpy as np
import pytest
from synthetic_run import ar1, make_run, with_physics, write_lines

from lqcdnn.analyze.comparison import compared
from lqcdnn.analyze.data.cost import Cost
from lqcdnn.analyze.data.rundata import EVOLUTION_WEIGHT
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.evolution import best_steps, judge_evolutions, work_estimates
from lqcdnn.analyze.statistics.pareto import tail_shape
from lqcdnn.errors import InputError
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.jobs.compare import compare_runs
from lqcdnn.jobs.replicas import analyze_replicas


def of_works(values):
    numbers = np.arange(1, len(values) + 1)
    return {"work": Series("work", "f", numbers, values), EVOLUTION_WEIGHT: Series("-work", "f", numbers, -values)}


@pytest.mark.parametrize("tau", [0.5, 4.0])
def test_normal_works(tau):
    """Mean m, variance s^2: Delta F = m - s^2/2, ESS = exp(-s^2); errors of means over correlated works."""
    rng, m, s, n, count = np.random.default_rng(5), 1e4, 0.8, 2000, 60
    exact = np.array([m - s * s / 2, s * s / 2, math.exp(-s * s)])
    noise = (lambda: rng.normal(size=n)) if tau == 0.5 else (lambda: ar1(n, tau, rng)[:, 0])
    found = [work_estimates([of_works(m + s * noise())], Method()) for _ in range(count)]
    means = np.array([[item.mean for item in one] for one in found])
    errors = np.array([[item.error for item in one] for one in found])
    assert [item.name for item in found[0]] == ["delta_F", "dissipation", "ess"]
    spread = means.std(axis=0, ddof=1)
    np.testing.assert_allclose(errors.mean(axis=0), spread, rtol=0.3)
    assert np.all(np.abs(means.mean(axis=0) - exact) < 4.0 * spread / math.sqrt(count) + 0.05 * spread)


@pytest.mark.parametrize(("spread", "status"), [(0.5, "ok"), (1.8, "warn"), (4.0, "fail")])
def test_weights_that_cannot_be_believed(spread, status):
    one = [of_works(3.0 + spread * np.random.default_rng(2).normal(size=2000))]
    verdict = judge_evolutions(one, work_estimates(one, Method()))
    assert verdict.status == status
    assert ("more steps" in verdict.advice) is (status != "ok")


def test_a_few_say_nothing():
    one = [of_works(np.array([1.0, 2.0, 1.5]))]
    assert judge_evolutions(one, work_estimates(one, Method()), (5, 1, 5)).status == "unknown"


def test_a_sample_that_lacks_its_largest_weights_is_found_out():
    """Normal works of spread 3: exp(9) evolutions are needed, 2000 seem to have an effective number of their own."""
    values = np.random.default_rng(8).normal(size=2000)
    one = [of_works(3.0 * values)]
    _delta_f, _dissipation, ess = estimates = work_estimates(one, Method())
    assert ess.mean > 10 * math.exp(-9.0)
    assert judge_evolutions(one, estimates).status == "fail"


@pytest.mark.parametrize("k", [0.2, 0.5, 0.8, 1.2])
def test_shape_of_the_tail(k):
    """Pareto's own distribution with the power 1/k has the shape k."""
    rng = np.random.default_rng(3)
    found = [tail_shape(7.0 * rng.pareto(1.0 / k, size=4000)) for _ in range(20)]
    assert np.mean(found) == pytest.approx(k, abs=0.08)


def test_shape_of_tails_that_end_or_are_none():
    assert tail_shape(np.random.default_rng(3).random(4000)) < -0.3
    assert tail_shape(np.full(1000, 0.5)) is None
    assert tail_shape(np.arange(1.0, 20.0)) is None


def evolved_run(path, seed, **options):
    """A run of evolutions with independent normal works, and plaquettes that lie lower the more work there was."""
    make_run(path, seed=seed, n=1200, **options)
    rng, records = np.random.default_rng(seed), []
    for i, work in enumerate(0.7 * rng.normal(size=1200), start=1):
        plaquette = 0.7 - 0.01 * work + 0.005 * rng.normal()
        records.append({"trajectory": i, "plaquette": plaquette, "work": 50.0 + work, "start_action": 30.0 + work})
    write_lines(path / "journal.jsonl", records)
    (path / "measure" / "polyakov.jsonl").unlink()
    return path


def test_a_run_is_reweighted_by_itself(tmp_path):
    """<plaquette exp(-W)>/<exp(-W)> = 0.7 + 0.01 s^2; works and start actions have no weights."""
    found = analyze_run(evolved_run(tmp_path / "run", 3), derive=["twice = 2 * plaquette"])
    assert found.reweighted == ("weights exp(-work)",)
    plaquette, work, start = (found[name] for name in ("plaquette", "work", "start_action"))
    assert abs(plaquette.mean - (0.7 + 0.01 * 0.49)) < 4.0 * plaquette.error
    assert plaquette.error < 0.001
    assert found["twice"].mean == pytest.approx(2.0 * plaquette.mean, rel=1e-14)
    assert abs(work.mean - 50.0) < 4.0 * work.error
    assert abs(start.mean - 30.0) < 4.0 * start.error
    assert abs(found["delta_F"].mean - (50.0 - 0.245)) < 4.0 * found["delta_F"].error
    (verdict,) = [one for one in found.verdicts if one.name == "evolutions"]
    assert verdict.status == "ok"
    assert json.dumps(found.to_dict())


def test_further_weights_multiply(tmp_path):
    """Works of spread 0.7 and then beta: what the weights leave is judged, and refused where it is nothing."""
    run = evolved_run(tmp_path / "run", 3)
    found = analyze_run(run, reweight=["beta=2.7001"])
    assert found.reweighted == ("weights exp(-work)", "beta = 2.7001")
    assert {"evolutions", "reweighting"} <= {one.name for one in found.verdicts}
    with pytest.raises(InputError, match="independent ones"):
        analyze_run(run, reweight=["beta=3.5"])


def test_replicas_and_comparisons(tmp_path):
    """Replicas share one normalisation; distributions of weighted values are not compared, mean values are."""
    runs = [evolved_run(tmp_path / f"run{seed}", seed) for seed in (3, 4)]
    for seed, run in enumerate(runs):
        with_physics(run, run__seed=seed)
    both, single = analyze_replicas(runs), analyze_run(runs[0])
    assert both.reweighted == ("weights exp(-work)",)
    assert both["plaquette"].error == pytest.approx(single["plaquette"].error / math.sqrt(2.0), rel=0.25)
    assert both["ess"].n == 2 * single["ess"].n
    assert "evolutions" in [one.name for one in both.verdicts]
    comparison = compare_runs(runs)
    found = {item.name: item.rows[1] for item in comparison.observables}
    assert found["plaquette"].sigma is not None
    assert found["plaquette"].ks_probability is None
    assert "largest of 2 differences" in comparison.verdict.sentence  # plaquette and condensate
    cost = Cost(cpu_update=0.3, cpu=0.4, wall=0.5, trajectories=1000, threads=1, warm=True)
    prices = {item.name: item.rows[0].cpu_per_sample for item in compared(comparison.analyses, [cost, cost])}
    assert prices["work"] == pytest.approx(2.0 * single["work"].tau_int * 0.3)
    assert prices["plaquette"] == pytest.approx(2.0 * single["plaquette"].tau_int * 0.3 / single["ess"].mean)


def test_the_best_number_of_steps():
    """Of all numbers, with D = a/n: the smallest (b + n u) exp(2 a/n), the time for an independent end."""
    for a, updates, between in ((10.0, 1, 5), (3.0, 2, 40), (0.2, 1, 1)):
        n = np.arange(1, 400)
        time = (between + n * updates) * np.exp(2.0 * a / n)
        best, gain = best_steps(a / 7.0, 7, updates, between)
        unit = 10 ** max(len(str(best)) - 2, 0)
        assert abs(best - n[np.argmin(time)]) <= unit
        assert gain == pytest.approx(time[6] / time[best - 1])
        assert gain >= 1.0
    assert best_steps(3.0, 7, 0, 5) == (7, 1.0)


def test_a_better_number_of_steps_is_a_line_for_the_input():
    one = [of_works(3.0 + 1.5 * np.random.default_rng(2).normal(size=2000))]
    found = work_estimates(one, Method())
    best, _gain = best_steps(found[1].mean, 100, 1, 5)
    assert 200 <= best <= 240  # D = 1.5^2/2: n = 225 + 5 without noise
    assert judge_evolutions(one, found, (100, 1, 5)).setting == f"steps = {best}"
    assert judge_evolutions(one, found, (100, 1, 5)).advice.endswith("in [update.evolution]:")
    assert judge_evolutions(one, found).setting == ""
    assert judge_evolutions([of_works(one[0]["work"].values * 0.3)], found, (100, 0, 5)).setting == ""
