"""The thermalisation cut: finds steps and decays, leaves stationary series alone."""

import math

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.cut import common_cut, fixed_cut
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.statistics.thermalization import detect_cut, early_deviation, normal_deviate, significance


def series(name, values, start=1, step=1):
    trajectories = start + step * np.arange(len(values))
    return Series(name, "test", trajectories, np.asarray(values, dtype=float))


@pytest.mark.parametrize("tau", [0.5, 3.0, 10.0])
def test_stationary_series_lose_nothing(tau):
    cuts = [detect_cut(chain) for chain in ar1(1500, tau, np.random.default_rng(31), 60).T]
    assert np.mean([cut.index > 0 for cut in cuts]) < 0.1
    assert np.mean([cut.index for cut in cuts]) < 15
    assert all(cut.settled for cut in cuts)


@pytest.mark.parametrize("tau", [0.5, 5.0])
def test_step_is_cut_where_it_is(tau):
    chains = ar1(2000, tau, np.random.default_rng(32), 20).T
    for chain in chains:
        chain[:400] += 4.0
        cut = detect_cut(chain)
        assert 380 <= cut.index <= 700
        assert cut.settled


def test_decay_leaves_no_bias():
    chains = ar1(2000, 1.0, np.random.default_rng(33), 30).T + 5.0 * np.exp(-np.arange(2000) / 50.0)
    cuts = [detect_cut(chain) for chain in chains]
    rest = [chain[cut.index :].mean() for chain, cut in zip(chains, cuts, strict=True)]
    assert abs(np.mean(rest)) < 0.04
    assert min(cut.index for cut in cuts) > 60


def test_jump_in_the_second_half_is_not_settled():
    chain = ar1(4000, 2.0, np.random.default_rng(34))[:, 0]
    chain[:2500] += 4.0
    cut = detect_cut(chain)
    assert cut.settled is False
    assert cut.index == 2000


def test_ramp_is_not_settled():
    assert detect_cut(np.arange(500.0)).settled is False


def test_short_runs_are_seldom_called_not_thermalised():
    """With an error taken for exact 10 % of these chains of 18 tau_int differ by 3 errors, and 3 % by 5."""
    deviations = np.abs([early_deviation(chain) for chain in ar1(200, 11.0, np.random.default_rng(39), 600).T])
    assert np.mean(deviations > 3.0) < 0.07
    assert np.mean(deviations > 5.0) < 0.008


@pytest.mark.parametrize(("tau", "relaxation"), [(1.0, 20.0), (1.0, 50.0), (11.0, 20.0), (11.0, 50.0)])
def test_relaxation_is_seen_in_short_runs(tau, relaxation):
    """A late part that still drifts has few independent values by its own estimate: that must not excuse it."""
    chains = ar1(200, tau, np.random.default_rng(40), 100).T + 16.0 * np.exp(-np.arange(200) / relaxation)
    assert all(abs(early_deviation(chain)) > 3.0 for chain in chains)
    assert all(detect_cut(chain).index > 0 for chain in chains)


def test_normal_deviate_is_as_improbable():
    """Against quantiles of Student's and the normal distribution (scipy)."""
    exact = {(0.5, 10): 0.4847, (3.0, 10): 2.4745, (7.0, 10): 4.1245, (5.0, 20): 3.9806, (5.0, 50): 4.4809}
    for (t, freedom), z in exact.items():
        assert normal_deviate(t, freedom) == pytest.approx(z, abs=0.015)
        assert normal_deviate(-t, freedom) == -normal_deviate(t, freedom)
    assert normal_deviate(3.0, 1e9) == pytest.approx(3.0, abs=1e-6)


def test_short_and_constant_series():
    assert detect_cut(np.arange(10.0)).settled is None
    assert early_deviation(np.arange(10.0)) is None
    constant = detect_cut(np.full(100, 0.3))
    assert (constant.index, constant.settled) == (0, True)


def test_constant_after_a_transient():
    values = np.full(200, 0.5)
    values[:30] = 1.0
    cut = detect_cut(values)
    assert 30 <= cut.index <= 60
    assert cut.settled


@pytest.mark.parametrize("name", ["cg_iterations", "others_accepted"])
def test_common_cut_is_the_latest_in_trajectories(name):
    """A series measured every tenth trajectory asks for a later cut than the dense one."""
    rng = np.random.default_rng(35)
    dense = rng.normal(size=2000)
    sparse = rng.normal(size=200)
    sparse[:40] += 6.0
    effort = rng.normal(size=2000)
    effort[:900] += 50.0
    cut = common_cut(
        [series("plaquette", dense), series("condensate", sparse, 10, 10), series(name, effort)], 100
    )
    assert cut.decided_by == "condensate"
    assert 400 <= cut.trajectory <= 500
    assert cut.settled
    assert cut.method == "automatic"


def test_common_cut_is_never_before_the_declared_one():
    cut = common_cut([series("plaquette", np.random.default_rng(36).normal(size=500))], 123)
    assert (cut.trajectory, cut.decided_by) == (123, None)


def test_fixed_cut_is_tested_too():
    values = np.random.default_rng(37).normal(size=1000)
    values[:300] += 5.0
    assert fixed_cut([series("plaquette", values)], 10, "option", 0).settled is False
    good = fixed_cut([series("plaquette", values)], 300, "option", 0)
    assert good.settled
    assert good.worst == "plaquette"


def test_no_series_at_all():
    cut = common_cut([], 5)
    assert (cut.trajectory, cut.settled, cut.worst) == (5, None, None)


def test_components_of_a_list_are_not_so_many_alarms():
    """Stationary correlators of 40 components ask for a cut as rarely as one number; a real step is still cut."""
    rng = np.random.default_rng(38)
    cuts = []
    for _ in range(15):
        pion = [series(f"pion.{t}", values) for t, values in enumerate(rng.normal(size=(40, 300)), start=1)]
        cuts.append(common_cut(pion, 0))
    assert sum(cut.decided_by is not None for cut in cuts) <= 1
    assert sum(not cut.settled for cut in cuts) == 0
    moved = rng.normal(size=(40, 300))
    moved[7, :60] += 3.0
    found = common_cut([series(f"pion.{t}", values) for t, values in enumerate(moved, start=1)], 0)
    assert found.decided_by == "pion.8"
    assert 50 <= found.trajectory <= 90


def test_significance():
    assert significance(1) == 3.0
    for tests in (2, 10, 300):
        two_sided = math.erfc(significance(tests) / math.sqrt(2.0))
        assert tests * two_sided == pytest.approx(math.erfc(3.0 / math.sqrt(2.0)), rel=1e-9)
