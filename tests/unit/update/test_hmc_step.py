"""One step of HMC: what it returns, what it leaves alone, when it stops."""

import math

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level
from kernel_cases import numbers

from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.update.hmc import HMC, State


def staggered_hmc(steps=5, length=0.5):
    p = Place("SU(2)", (2, 4, 2, 4), spread=0.3)
    fermion = p.staggered(tolerance=1e-10)
    exact = hamiltonian(p, p.gauge(2.5), fermion)
    return p, HMC(exact, one_level("leapfrog", steps, length, "gauge", "fermion.1"), logs=(fermion.operator.log,))


def test_what_a_step_returns():
    p, hmc = staggered_hmc()
    state = State(p.U, 6, 21)
    before = p.U["c"].copy()
    after, info = hmc.step(state)
    np.testing.assert_array_equal(p.U["c"], before)
    assert (after.trajectory, after.seed, info.trajectory) == (7, 21, 7)
    assert set(info.terms) == {"kinetic", "gauge", "fermion.1"}
    assert sum(info.terms.values()) == pytest.approx(info.dH, abs=1e-10)
    assert info.acceptance_probability == math.exp(min(0.0, -info.dH))
    assert info.accepted == (Stream(21, 7).single(METROPOLIS) < info.acceptance_probability)
    assert info.solves == 5 + 2  # forces, and the action before and after
    assert info.cg_iterations > info.solves
    assert 0.0 < info.residual < 1e-9


def test_same_state_same_step():
    p, hmc = staggered_hmc()
    results = [hmc.step(State(p.U, 3, 5)) for _ in range(2)]
    assert results[0][1] == results[1][1]
    np.testing.assert_array_equal(results[0][0].U["c"], results[1][0].U["c"])
    others = [hmc.step(State(p.U, 4, 5))[1], hmc.step(State(p.U, 3, 6))[1]]
    assert len({results[0][1].dH, *(o.dH for o in others)}) == 3


def test_rejection_keeps_the_links():
    p, hmc = staggered_hmc(steps=1, length=1.5)
    rejected = 0
    for t in range(6):
        after, info = hmc.step(State(p.U, t, 5))
        assert (after.U is p.U) == (not info.accepted)
        rejected += not info.accepted
    assert rejected > 0


def test_first_trajectories_are_accepted_whatever_dh_is():
    p, hmc = staggered_hmc(steps=1, length=1.5)
    first = HMC(hmc.exact, hmc.integrator, logs=hmc.logs, accept_first=6)
    tested = [hmc.step(State(p.U, t, 5))[1] for t in range(7)]
    assert not all(info.accepted for info in tested[:6])
    for t, plain in enumerate(tested):
        after, info = first.step(State(p.U, t, 5))
        assert (info.dH, info.acceptance_probability) == (plain.dH, plain.acceptance_probability)
        assert info.accepted is (None if t < 6 else plain.accepted)
        assert after.U is not p.U or t == 6
        record = info.record(0.5)
        assert (record.get("forced"), "accepted" in record) == ((True, False) if t < 6 else (None, True))
        assert "acceptance_probability" not in record or t == 6


def test_links_stay_in_the_group():
    from lqcdnn.fields.gauge import unitarity_violation

    p, hmc = staggered_hmc()
    state = State(p.U, 0, 5)
    for _ in range(5):
        state, _info = hmc.step(state)
    assert unitarity_violation(p.lattice, state.U, p.group) < 1e-14


def test_nan_stops_the_run():
    p, hmc = staggered_hmc()
    numbers(p.U)[0, 0, 0, 0] = np.nan
    with pytest.raises(NumericalError):
        hmc.step(State(p.U, 0, 5))
    q = Place("SU(2)", (2, 4, 2, 4))
    numbers(q.U)[0, 0, 0, 0] = np.nan
    gauge = HMC(hamiltonian(q, q.gauge()), one_level("leapfrog", 2, 0.5, "gauge"))
    for accept_first in (0, 1):  # no acceptance makes a configuration of what is not finite
        gauge.accept_first = accept_first
        with pytest.raises(NumericalError, match="trajectory 1: the change of H is nan") as error:
            gauge.step(State(q.U, 0, 5))
        assert error.value.exit_code == 5


def test_the_guide_sees_the_fields_the_exact_action_drew():
    """One phi, drawn once from the exact action; the guide's own heat bath is never used."""
    p = Place("SU(2)", (2, 4, 2, 4), spread=0.3)
    field = PseudofermionField(p.lattice.zeros(2, 1), 0)
    exact = hamiltonian(p, p.gauge(2.5), p.staggered(field=field))
    guide = hamiltonian(p, p.gauge(2.5), p.staggered(field=field, mass=0.5))
    guide.draw = None
    HMC(exact, one_level("leapfrog", 2, 0.2, "gauge", "fermion.1"), guide).step(State(p.U, 0, 5))
    exact.draw(p.U, Stream(5, 1))
    expected = field.phi["c"].copy()
    HMC(exact, one_level("leapfrog", 2, 0.2, "gauge", "fermion.1"), guide).step(State(p.U, 0, 5))
    np.testing.assert_array_equal(field.phi["c"], expected)
