"""Updates where time is open: missing links stay missing, overrelaxation keeps the action, trajectories turn back."""

import numpy as np
import pytest
from builders import GaugeUpdates

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.gauge import hot, reunitarize, unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.fields.opentime import from_user, to_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice import coloring
from lqcdnn.lattice.geometry import Lattice

PLACES = [
    ("U(1)", (4, 8), 0.0),
    ("SU(2)", (4, 4, 4), -0.331),
    ("SU(3)", (4, 4, 4), 0.0),
    pytest.param("SU(3)", (4, 4, 4, 4), -0.331, marks=pytest.mark.slow),
]


class Open(GaugeUpdates):
    """A lattice with open time, a group, a gauge action."""

    def __init__(self, name, shape, c1=0.0, beta=2.5) -> None:
        self.group, self.lattice = group(name), Lattice(shape, open_time=True)
        self.action = GaugeAction(self.lattice, self.group.n, beta, c1)

    def missing(self, U):
        """The links from the last slice to the first."""
        return self.lattice.to_user(U)[-1][..., -1, :, :]


@pytest.mark.parametrize(("name", "shape", "c1"), PLACES)
def test_overrelaxation_keeps_the_action_and_moves_the_links_that_there_are(name, shape, c1):
    p = Open(name, shape, c1)
    update, state = p.heat_bath(), p.start()
    for _ in range(2):
        state, _info = update.step(state)
    before, U = p.action.value(state.U), state.U.copy()
    update.overrelax(U)
    assert p.action.value(U) == pytest.approx(before, rel=1e-12)
    moved = np.abs(p.lattice.to_user(U) - p.lattice.to_user(state.U)).max(axis=(-1, -2))
    assert np.all(moved[-1][..., -1] == 0.0)
    assert np.all(p.missing(U) == 0.0)
    moved[-1][..., -1] = 1.0
    assert moved.min() > 1e-6
    assert unitarity_violation(p.lattice, U, p.group) < 1e-13


@pytest.mark.parametrize(("name", "shape", "c1"), PLACES[:3])
def test_trajectories_turn_back(name, shape, c1):
    p = Open(name, shape, c1)
    hmc, state = p.hmc(), p.start()
    P = gaussian_momenta(p.lattice, p.group, Stream(3, 1))
    start, first = p.lattice.to_user(state.U), P.copy()
    assert np.all(p.missing(P) == 0.0)
    U = hmc.integrate(state.U, P)
    assert np.all(p.missing(U) == 0.0)
    assert np.all(p.missing(P) == 0.0)
    P["c"] *= -1.0
    back = hmc.integrate(U, P)
    assert np.abs(p.lattice.to_user(back) - start).max() < 1e-11
    assert np.abs(P["c"] + first["c"]).max() < 1e-11
    assert np.abs(p.lattice.to_user(U) - start).max() > 0.1


@pytest.mark.parametrize(("name", "shape", "c1"), PLACES[:3])
def test_energy_is_kept_to_the_order_of_the_scheme(name, shape, c1):
    p = Open(name, shape, c1)
    state, found = p.start(), []
    state = p.heat_bath().step(state)[0]
    for steps in (40, 80):
        found.append(p.hmc(steps, "leapfrog").propose(state)[1].dH)
    assert np.log2(found[0] / found[1]) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(("name", "shape", "c1"), PLACES[:3])
def test_links_come_back_into_the_group(name, shape, c1):
    p = Open(name, shape, c1)
    for update in (p.hmc(), p.heat_bath(1)):
        state, _info = update.step(p.start())
        links = to_user(p.lattice, state.U)
        product = links @ links.conj().swapaxes(-1, -2) - np.eye(p.group.n)
        assert np.abs(product).max() < 1e-14
        assert np.all(links[-1][..., -1, :, :] == np.eye(p.group.n))
        assert np.all(p.missing(state.U) == 0.0)


def test_a_missing_link_does_not_change_its_neighbours_on_the_way_back_to_the_group():
    """All links of a block take as many steps as the worst of them: one that is zero must not ask for more."""
    open_time, periodic = (Lattice((4, 4, 4), open_time=ends) for ends in (True, False))
    of, rng = group("SU(3)"), np.random.default_rng(1)
    z = periodic.to_user(hot(periodic, of, 3)) * (1.0 + 1e-13 * rng.normal(size=(3, 4, 4, 4, 1, 1)))
    z[-1][..., -1, :, :] = np.eye(3)
    found = []
    for lattice in (open_time, periodic):
        U = from_user(lattice, z)
        reunitarize(lattice, U, of)
        found.append(to_user(lattice, U))
    assert np.array_equal(*found)


def test_every_tile_has_links_of_time(monkeypatch):
    """Tiles of one slice: the last has no link of time and belongs to the one before."""
    for name, value in (("LARGE", 0), ("SLICE_BYTES", 1), ("SLICE_PLANES", 1), ("WIDEST", 8)):
        monkeypatch.setattr(coloring, name, value)
    p = Open("SU(2)", (4, 4, 4), -0.331)
    assert len(set(coloring.tiles(p.lattice, 2).tolist())) > 2
    update, state = p.heat_bath(), p.start()
    U = update.step(state)[0].U
    before, V = p.action.value(U), U.copy()
    update.overrelax(V)
    assert p.action.value(V) == pytest.approx(before, rel=1e-12)
    moved = np.abs(p.lattice.to_user(V) - p.lattice.to_user(U)).max(axis=(-1, -2))
    assert moved[:-1].min() > 1e-6
    assert moved[-1][..., :-1].min() > 1e-6
