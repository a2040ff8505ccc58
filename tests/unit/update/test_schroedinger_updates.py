"""Updates between fixed links: these stay bit for bit, all others move, trajectories turn back."""

import numpy as np
import pytest
from builders import GaugeUpdates, assert_energy_is_conserved, hamiltonian, one_level
from reference import schroedinger as reference

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.gauge import hot, unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.fields.opentime import to_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice import coloring
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.update.hmc import HMC

PLACES = [
    ("U(1)", (4, 8), 1.0),
    ("SU(2)", (4, 4, 4), 0.8),
    ("SU(3)", (4, 4, 4), 0.9),
    pytest.param("SU(3)", (4, 4, 4, 5), 0.9, marks=pytest.mark.slow),
]


class Fixed(GaugeUpdates):
    """A lattice with fixed links, a group, a gauge action."""

    def __init__(self, name, shape, ct=1.0, beta=2.5) -> None:
        self.group = group(name)
        none = (0.0,) * self.group.n
        self.lattice = Lattice(shape, fixed=BoundaryFields(*reference.ANGLES[self.group.n], none, none))
        self.action = GaugeAction(self.lattice, self.group.n, beta, ct=ct)

    def free(self, changes):
        """Of numbers [mu, x, ..., t] those of links that may change, and those of others."""
        kept = np.zeros(changes.shape, dtype=bool)
        kept[:-1][..., [0, -1]] = True
        kept[-1][..., -1] = True
        return changes[~kept], changes[kept]


def change(p, U, V):
    return np.abs(p.lattice.to_user(U) - p.lattice.to_user(V)).max(axis=(-1, -2))


@pytest.mark.parametrize(("name", "shape", "ct"), PLACES)
def test_overrelaxation_keeps_the_action_and_moves_the_links_that_are_free(name, shape, ct):
    p = Fixed(name, shape, ct)
    update, state = p.heat_bath(), p.start()
    for _ in range(2):
        state, _info = update.step(state)
    before, U = p.action.value(state.U), state.U.copy()
    update.overrelax(U)
    assert p.action.value(U) == pytest.approx(before, rel=1e-12)
    free, kept = p.free(change(p, U, state.U))
    assert np.all(kept == 0.0)
    assert free.min() > 1e-6
    assert unitarity_violation(p.lattice, U, p.group) < 1e-13


@pytest.mark.parametrize(("name", "shape", "ct"), PLACES)
@pytest.mark.parametrize("kind", ["hmc", "heat_bath"])
def test_fixed_links_stay_bit_for_bit(name, shape, ct, kind):
    p = Fixed(name, shape, ct)
    update, start = getattr(p, kind)(), p.start()
    state = start
    for _ in range(3):
        state, info = update.step(state)
        assert info.accepted is not False
    free, kept = p.free(change(p, state.U, start.U))
    assert np.all(kept == 0.0)
    assert free.min() > 1e-6
    expected = reference.fixed(to_user(p.lattice, state.U), *reference.ANGLES[p.group.n][:2])
    assert np.abs(to_user(p.lattice, state.U) - expected).max() < 1e-15


@pytest.mark.parametrize(("name", "shape", "ct"), PLACES[:3])
def test_trajectories_turn_back(name, shape, ct):
    p = Fixed(name, shape, ct)
    hmc, state = p.hmc(), p.start()
    P = gaussian_momenta(p.lattice, p.group, Stream(3, 1))
    start, first = state.U.copy(), P.copy()
    assert np.all(p.free(np.abs(p.lattice.to_user(P)).max(axis=(-1, -2)))[1] == 0.0)
    U = hmc.integrate(state.U, P)
    free, kept = p.free(change(p, U, start))
    assert np.all(kept == 0.0)
    assert free.max() > 0.1
    assert np.all(p.free(np.abs(p.lattice.to_user(P)).max(axis=(-1, -2)))[1] == 0.0)
    P["c"] *= -1.0
    back = hmc.integrate(U, P)
    assert change(p, back, start).max() < 1e-11
    assert np.abs(P["c"] + first["c"]).max() < 1e-11


@pytest.mark.parametrize(("name", "shape", "ct"), PLACES[:3])
@pytest.mark.parametrize("scheme", ["leapfrog", pytest.param("force_gradient", marks=pytest.mark.slow)])
def test_energy_is_kept_to_the_order_of_the_scheme(name, shape, ct, scheme):
    p = Fixed(name, shape, ct)
    state, found = p.heat_bath().step(p.start())[0], []
    order, steps = (2.0, 40) if scheme == "leapfrog" else (4.0, 8)
    for count in (steps, 2 * steps):
        found.append(p.hmc(count, scheme).propose(state)[1].dH)
    assert np.log2(found[0] / found[1]) == pytest.approx(order, abs=0.05 * order)


def test_every_tile_has_links_of_time_and_of_space(monkeypatch):
    """Tiles of one slice: the first and the last have no link of space, and belong to their neighbours."""
    for name, value in (("LARGE", 0), ("SLICE_BYTES", 1), ("SLICE_PLANES", 1), ("WIDEST", 8)):
        monkeypatch.setattr(coloring, name, value)
    p = Fixed("SU(2)", (4, 4, 4), 0.8)
    assert len(set(coloring.tiles(p.lattice, 2).tolist())) > 1
    update = p.heat_bath()
    U = update.step(p.start())[0].U
    before, V = p.action.value(U), U.copy()
    update.overrelax(V)
    assert p.action.value(V) == pytest.approx(before, rel=1e-12)
    free, kept = p.free(change(p, V, U))
    assert free.min() > 1e-6
    assert np.all(kept == 0.0)


@pytest.mark.parametrize(
    ("name", "shape", "kappa"),
    [("U(1)", (4, 8), 0.2), pytest.param("SU(3)", (4, 2, 2, 5), 0.12, marks=pytest.mark.slow)],
)
def test_quarks_conserve_energy_and_trajectories_turn_back(name, shape, kappa):
    """With clover quarks; the fixed links stay bit for bit."""
    p = Fixed(name, shape, 0.9)
    p.U = hot(p.lattice, p.group, 7)
    operator = WilsonOperator(p.lattice, p.group.n, kappa, (1,) * len(shape), 1.2, ct_tilde=0.95)
    quarks = PseudofermionAction(operator, PseudofermionField(operator.vector(), 0), SolverSettings(1e-13, 1e-13))
    H = hamiltonian(p, p.action, quarks)
    assert_energy_is_conserved(H, p, 0.5)
    hmc = HMC(H, one_level("omelyan", 8, 0.5, "gauge", "fermion.1"))
    state, _ = hmc.step(p.start())
    moved, kept = p.free(change(p, state.U, p.U))
    assert moved.min() > 1e-6
    assert kept.max() == 0.0
