"""The heat bath update: overrelaxation keeps the action, steps are reproducible, what is refused."""

import numpy as np
import pytest
from kernel_cases import numbers

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import cold, hot, unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.state import State


def heat_bath(name, shape, beta, c1=0.0, overrelaxation=0, algorithm=None):
    gauge_group = group(name)
    action = GaugeAction(Lattice(shape), gauge_group.n, beta, c1)
    algorithm = algorithm or ("kennedy_pendleton" if gauge_group.special else "best_fisher")
    return HeatBath(action, gauge_group, algorithm, overrelaxation)


def plain_heat_bath(name, beta, overrelaxation=0):
    """On a lattice that others have this group on."""
    return heat_bath(name, (4, 8) if name == "U(1)" else (4, 4, 4), beta, overrelaxation=overrelaxation)


def start(update, seed=7):
    return State(hot(update.lattice, update.group, seed), 0, seed)


@pytest.mark.parametrize("c1", [0.0, -0.331])
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("U(1)", (4, 8)),
        pytest.param("SU(2)", (3, 5), marks=pytest.mark.slow),
        ("SU(2)", (3, 4, 4, 4)),
        ("SU(2)", (4, 4, 4)),
        pytest.param("SU(3)", (3, 4, 5), marks=pytest.mark.slow),
        ("SU(3)", (4, 4, 4)),
        pytest.param("SU(4)", (4, 4, 4), marks=pytest.mark.slow),
    ],
)
def test_overrelaxation_keeps_the_action_and_moves_every_link(name, shape, c1):
    update = heat_bath(name, shape, 2.0, c1)
    state = start(update)
    for _ in range(3):
        state, _info = update.step(state)
    before, U = update.action.value(state.U), state.U.copy()
    update.overrelax(U)
    assert update.action.value(U) == pytest.approx(before, rel=1e-12)
    moved = np.abs(update.lattice.to_user(U) - update.lattice.to_user(state.U)).max(axis=(-1, -2))
    assert moved.min() > 1e-6
    assert moved.mean() > 0.1
    assert unitarity_violation(update.lattice, U, update.group) < 1e-13


@pytest.mark.parametrize("name", ["U(1)", "SU(2)"])
def test_overrelaxation_of_one_subgroup_undoes_itself(name):
    """Reflecting the links of a single colour leaves their staples: the second time it is the way back."""
    update = plain_heat_bath(name, 2.0)
    state = start(update)
    U, update.turns = state.U.copy(), update.turns[:1]
    update.overrelax(U)
    assert np.abs(U["c"] - state.U["c"]).max() > 0.1
    update.overrelax(U)
    np.testing.assert_allclose(U["c"], state.U["c"], rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["U(1)", "SU(3)"])
def test_a_step_depends_on_the_state_alone(name):
    update = plain_heat_bath(name, 1.5, 2)
    first = start(update)
    kept = first.U.copy()
    second, info = update.step(first)
    assert (second.trajectory, second.seed, info.trajectory) == (1, 7, 1)
    assert np.array_equal(first.U, kept)
    update.step(second)  # other steps in between change nothing
    again, other = update.step(first)
    assert np.array_equal(again.U, second.U)
    assert other == info
    assert info.action == pytest.approx(update.action.value(second.U), abs=0.0)
    assert info.record(0.5) == {"trajectory": 1, "plaquette": 0.5, "action": info.action}
    assert info.accepted is None


@pytest.mark.parametrize("name", ["U(1)", "SU(2)", "SU(3)"])
def test_links_stay_in_the_group(name):
    update = plain_heat_bath(name, 3.0, 3)
    state = start(update)
    for _ in range(50):
        state, _info = update.step(state)
    assert unitarity_violation(update.lattice, state.U, update.group) < 1e-13


@pytest.mark.parametrize("name", ["U(1)", "SU(2)", pytest.param("SU(3)", marks=pytest.mark.slow)])
def test_without_coupling_links_have_the_haar_measure(name):
    update = heat_bath(name, (16, 32) if name == "U(1)" else (8, 8, 8), 0.0, overrelaxation=1)
    state = State(cold(update.lattice, update.group), 0, 3)
    for _ in range(4):
        state, _info = update.step(state)
    traces = np.einsum("...ii->...", update.lattice.to_user(state.U)).ravel()
    error = 1.0 / np.sqrt(len(traces))
    assert abs(traces.mean()) < 4.0 * error
    assert abs((np.abs(traces) ** 2).mean() - 1.0) < 4.0 * error * (np.abs(traces) ** 2).std()


def test_refusals():
    with pytest.raises(InputError, match=r"'creutz' for U\(1\)"):
        heat_bath("U(1)", (4, 4), 1.0, algorithm="creutz")
    with pytest.raises(InputError, match=r"'best_fisher' for SU\(2\)"):
        heat_bath("SU(2)", (4, 4), 1.0, algorithm="best_fisher")
    with pytest.raises(InputError, match="one link twice"):
        heat_bath("SU(2)", (2, 4), 1.0, c1=-0.1)


def test_a_link_that_is_not_a_number_is_an_error():
    update = heat_bath("SU(2)", (4, 8), 1.0)
    state = start(update)
    numbers(state.U)[0, 0, 0, 0] = np.nan
    kept = state.U.copy()
    with pytest.raises(NumericalError, match="no heat bath value"):
        update.step(state)
    np.testing.assert_array_equal(state.U["c"], kept["c"])
