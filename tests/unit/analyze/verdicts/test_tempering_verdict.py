"""Round trips of replicas and the verdict on parallel tempering."""

import numpy as np
import pytest

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.verdicts.tempering import judge_tempering, round_trips


def diagnostics(swapped, walkers):
    columns = [("swapped", np.asarray(swapped, dtype=float)), ("walkers", np.asarray(walkers, dtype=float))]
    numbers = np.arange(1, len(swapped) + 1)
    return {
        f"{name}.{k + 1}": Series(f"{name}.{k + 1}", "journal", numbers, values[:, k])
        for name, values in columns
        for k in range(values.shape[1])
    }


def wandering(count, period):
    """Two replicas that take each other's place every ``period`` trajectories, and the swaps that do it."""
    turn = np.arange(1, count + 1) // period % 2
    walkers = np.stack([turn, 1 - turn], axis=1)
    swapped = np.diff(turn, prepend=0) != 0
    return swapped[:, None], walkers


def test_round_trips():
    assert round_trips(np.array([[0, 1, 2], [1, 0, 2], [1, 2, 0], [2, 1, 0], [2, 0, 1], [0, 2, 1]])) == 1
    assert round_trips(np.array([[0, 1]] * 5)) == 0
    assert round_trips(wandering(101, 10)[1]) == 10  # both walkers, five times there and back


@pytest.mark.parametrize(("period", "status"), [(2, "ok"), (16, "warn"), (40, "warn")])
def test_verdict(period, status):
    verdict = judge_tempering(diagnostics(*wandering(100, period)), 0)
    assert verdict.status == status
    assert "round trips" in verdict.sentence


def test_a_pair_that_never_swaps_wants_a_coupling_between():
    swapped, walkers = wandering(400, 2)
    swapped = np.column_stack([swapped[:, 0], np.zeros(400)])
    verdict = judge_tempering(diagnostics(swapped, np.column_stack([walkers, np.full(400, 2)])), 0)
    assert verdict.status == "warn"
    assert "between the 2. and the 3." in verdict.advice


def test_two_chains_have_no_couplings_to_choose():
    """One of them has a bias potential in place of a defect."""
    rare = judge_tempering(diagnostics(*wandering(100, 16)), 0)
    assert (rare.status, rare.advice) == ("warn", "run longer")


def test_where_there_are_no_replicas_nothing_is_said():
    assert judge_tempering({}, 0) is None
    assert judge_tempering(diagnostics(*wandering(30, 2)), 25).status == "unknown"
