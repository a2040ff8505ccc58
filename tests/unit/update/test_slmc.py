"""Self-learning Monte Carlo: proposals in detailed balance, sweeps that are undone, what a step says and keeps."""

import numpy as np
import pytest
from builders import Place, hamiltonian

from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.update import heatbath
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.slmc import SelfLearning
from lqcdnn.update.state import State

PLACES = [("U(1)", (4, 8)), ("SU(2)", (2, 4, 2, 4)), pytest.param("SU(3)", (4, 2, 2, 4), marks=pytest.mark.slow)]


def heat_bath(p, beta=1.3, overrelaxation=0):
    algorithm = "kennedy_pendleton" if p.group.special else "best_fisher"
    return HeatBath(p.gauge(beta), p.group, algorithm, overrelaxation)


@pytest.mark.parametrize(("name", "shape"), PLACES)
def test_overrelaxation_backward_is_the_inverse(name, shape, monkeypatch):
    """Directions, colours and subgroups in reverse order."""
    p = Place(name, shape)
    bath, U = heat_bath(p), p.U.copy()
    bath.overrelax(U)
    assert np.abs(U["c"] - p.U["c"]).max() > 1.0
    there = U.copy()
    bath.overrelax(U, backward=True)
    np.testing.assert_allclose(U["c"], p.U["c"], atol=1e-11)
    monkeypatch.setattr(heatbath, "exchange_ends", lambda U: None)
    bath.overrelax(there, backward=True)
    assert (np.abs(there["c"] - p.U["c"]).max() > 0.1) == (p.n > 2)


def crossed(p, one, other):
    """Re U_x staple^dag summed over even sites, the link of one field, the staple of another."""
    z, w = p.lattice.to_user(one)[0, ..., 0, 0], p.lattice.to_user(other)[..., 0, 0]
    up = w[1] * np.roll(w[0], -1, 1) * np.roll(w[1], -1, 0).conj()
    down = np.roll(w[1].conj() * w[0] * np.roll(w[1], -1, 0), 1, 1)
    x, t = np.indices(p.lattice.shape)
    return float(((z * (up + down).conj()).real * ((x + t) % 2 == 0)).mean())


def asymmetry(p, update):
    """Mean and error of f(U) g(U') - g(U) f(U') in equilibrium of the guide: 0 with detailed balance."""
    state, found = State(p.U, 0, 7), []
    for _ in range(620):
        after, _info = update.step(state)
        found.append(crossed(p, after.U, state.U) - crossed(p, state.U, after.U))
        state = after
    found = np.array(found[20:])
    return found.mean(), found.std(ddof=1) / np.sqrt(len(found))


@pytest.mark.parametrize("sweeps", [1, 2])
def test_proposals_are_in_detailed_balance(sweeps, monkeypatch):
    """A sweep in one order is not: the first links that change have old neighbours, old links have no new ones."""
    p = Place("U(1)", (4, 8))
    bath = heat_bath(p)
    update = SelfLearning(hamiltonian(p, bath.action), bath, sweeps)
    mean, error = asymmetry(p, update)
    assert abs(mean) < 4.0 * error
    if sweeps == 1:
        sweep = bath.sweep
        monkeypatch.setattr(bath, "sweep", lambda U, trajectory, seed, backward: sweep(U, trajectory, seed))
        mean, error = asymmetry(p, update)
        assert abs(mean) > 20.0 * error


def test_a_guide_that_is_the_action_is_always_accepted():
    p = Place("SU(2)", (2, 4, 2, 4))
    bath = heat_bath(p, 2.2, overrelaxation=1)
    state, info = SelfLearning(hamiltonian(p, bath.action), bath, 2).step(State(p.U, 0, 3))
    assert info.accepted
    assert abs(info.dH) < 1e-10
    assert pytest.approx(bath.action.value(p.U)) == info.H
    assert np.abs(state.U["c"] - p.U["c"]).max() > 0.5


def test_what_a_step_says():
    """Delta is the change of S - S_guide; a rejected proposal leaves the links; the guide's coupling may change."""
    p = Place("U(1)", (4, 8))
    exact, bath = p.gauge(3.0), heat_bath(p, 2.0)
    update = SelfLearning(hamiltonian(p, exact), bath)
    seen = set()
    state = State(p.U, 0, 5)
    for _ in range(40):
        after, info = update.step(state)
        assert info.accepted == (Stream(5, info.trajectory).single(METROPOLIS) < np.exp(min(0.0, -info.dH)))
        if info.accepted:
            change = exact.value(after.U) - exact.value(state.U)
            assert info.dH == pytest.approx(change / 3.0, abs=1e-11)  # (3 - 2) sum (1 - cos)
            assert info.terms["gauge"] == pytest.approx(change, abs=1e-11)
        else:
            assert after.U is state.U
        seen.add(info.accepted)
        state = after
    assert seen == {True, False}
    bath.action.beta = 3.0
    _, info = update.step(state)
    assert info.accepted
    assert abs(info.dH) < 1e-11
    bath.action.beta = 0.1
    forced = SelfLearning(hamiltonian(p, exact), bath, accept_first=50)
    after, info = forced.step(state)
    assert info.accepted is None
    assert info.acceptance_probability < 1e-3
    assert not np.array_equal(after.U["c"], state.U["c"])


def test_pseudofermions_are_drawn_before_the_proposal():
    """Delta is that of the field drawn at the start, whose action is known there."""
    p = Place("U(1)", (4, 8))
    action, exact = p.staggered(mass=2.0), p.gauge(2.0)
    update = SelfLearning(hamiltonian(p, exact, action), heat_bath(p, 2.0), logs=action.logs)
    after, info = update.step(State(p.U, 0, 5))
    assert after.U is not p.U
    fermion = action.value(after.U) - action.value(p.U)
    assert info.terms["fermion.1"] == pytest.approx(fermion, rel=1e-9)
    assert info.dH == pytest.approx(fermion, rel=1e-9)
    assert info.solves == 2


def test_what_is_not_finite_stops():
    p = Place("U(1)", (4, 8))
    exact, bath = p.gauge(np.inf), heat_bath(p)
    with pytest.raises(NumericalError, match="change of the actions"):
        SelfLearning(hamiltonian(p, exact), bath).step(State(p.U, 0, 1))
