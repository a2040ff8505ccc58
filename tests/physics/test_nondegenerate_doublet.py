"""Two Wilson or clover flavours of different masses: operator, action and chains against dense matrices."""

from functools import cache

import numpy as np
import pytest
from averages import mean_and_error, weighted_mean_and_error
from builders import Place, assert_energy_is_conserved, hamiltonian, one_level, transformation
from derivative import assert_gradient
from doublet_builders import DELTA, MU, DenseDoublet, doublet, doublet_action, flavors_of
from reference import wilson as reference
from reference.loops import plaquette
from reference.matrices import dagger

from lqcdnn.dirac.doublet import DoubletOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.update.hmc import HMC, State

PLACES = [("U(1)", (4, 8), 0.21), ("SU(2)", (2, 2, 2, 4), 0.13), ("SU(3)", (2, 2, 2, 2), 0.13)]
every_place = pytest.mark.parametrize(
    "place", [PLACES[0], *(pytest.param(place, marks=pytest.mark.slow) for place in PLACES[1:])], ids=lambda p: p[0]
)
every_csw = pytest.mark.parametrize("csw", [0.0, 1.3])
solved_csw = pytest.mark.parametrize("csw", [pytest.param(0.0, marks=pytest.mark.slow), 1.3])
"""For what compiles the solver."""


@every_place
@every_csw
def test_against_the_dense_matrix(place, csw):
    """Mhat and its adjoint, det T_o, the range that no configuration leaves."""
    s = DenseDoublet(place, csw)
    (psi, x), out = s.vector(), s.op.vector()
    for dense, adjoint in ((s.Mhat, False), (dagger(s.Mhat), True)):
        s.op.apply_even(out, psi, adjoint)
        np.testing.assert_allclose(s.user(out), dense @ x, rtol=0, atol=1e-13)
    sign, log = np.linalg.slogdet(s.odd)
    assert s.op.local_action() == pytest.approx(-2.0 * log, rel=1e-11)
    assert sign == pytest.approx(1.0)
    singular = np.linalg.svd(s.Mhat, compute_uv=False)
    assert singular.min() > 2.0 * place[2] * (abs(MU) - abs(DELTA))
    if not csw:
        lower, upper = s.op.bounds
        assert lower < singular.min() ** 2
        assert singular.max() ** 2 < upper


@pytest.mark.slow
@every_csw
@pytest.mark.parametrize(("shape", "width"), [((4, 4), 1), ((4, 4), 2), ((4, 8), 4), ((6, 4), 4), ((2, 2, 2, 2), 8)])
def test_blocks_of_any_width(shape, width, csw):
    """Also where neighbours are gathered site by site."""
    s = DenseDoublet(("U(1)", shape, 0.13), csw, width=width)
    (psi, x), out = s.vector(), s.op.vector()
    s.op.apply_even(out, psi)
    np.testing.assert_allclose(s.user(out), s.Mhat @ x, rtol=0, atol=1e-13)


@every_csw
def test_determinant(csw):
    """gamma_5 tau_1 D_h is hermitian, det D_h > 0, and without splitting it is that of equal masses."""
    for delta in (DELTA, 0.0, 0.2999):
        s = DenseDoublet(PLACES[0], csw, delta=delta)
        Q = np.kron(s.tau1, s.g5) @ s.M
        np.testing.assert_allclose(Q, dagger(Q), rtol=0, atol=1e-14)
        sign, log = np.linalg.slogdet(s.M)
        assert sign == pytest.approx(1.0, abs=1e-10)
        assert np.linalg.slogdet(s.Mhat)[1] - 0.5 * s.op.local_action() == pytest.approx(log, rel=1e-11)
        if not delta:
            equal = dagger(s.D) @ s.D + MU**2 * np.eye(len(s.D))
            assert log - len(s.M) * np.log(2.0 * PLACES[0][2]) == pytest.approx(np.linalg.slogdet(equal)[1], rel=1e-11)


def test_free_quarks():
    """At zero momentum M^dag M of (m + i mu gamma_5 tau_3 + delta tau_1) has ((m^2 + mu^2)^(1/2) +- delta)^2."""
    kappa, lattice = 0.21, Lattice((4, 8))
    quark = WilsonOperator(lattice, 1, kappa, (1, 1), twisted_mass=(MU**2 - DELTA**2) ** 0.5)
    op = DoubletOperator(quark, MU, DELTA)
    op.set_links(cold(lattice, Place("U(1)", (4, 8)).group))
    mass, whole = 0.5 / kappa - 2.0, op.vector()
    values = []
    for k in range(4):
        x = op.vector()
        op.pair(x)[k // 2]["c"][:, 0, k % 2, 0] = 1.0
        op.apply_even(whole, x)
        op.apply_even(x, whole, dagger=True)
        values.append([flavors_of(op, x)[f, 0, 0, 0, a] for f in range(2) for a in range(2)])
    found = np.linalg.eigvalsh(np.array(values))
    m, e, K = 2 * kappa * MU, 2 * kappa * DELTA, 4 * kappa
    T = np.array([[1.0 + 1j * m, e], [e, 1.0 - 1j * m]])
    exact = np.linalg.svd(T - K**2 * np.linalg.inv(T), compute_uv=False) ** 2
    np.testing.assert_allclose(found, np.sort(np.repeat(exact, 2)), rtol=1e-12)
    full = np.linalg.svd((T - K * np.eye(2)) / (2 * kappa), compute_uv=False)
    np.testing.assert_allclose(full, np.hypot(mass, MU) + np.array([1, -1]) * abs(DELTA), rtol=1e-12)


@every_place
@solved_csw
@pytest.mark.parametrize("fields", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_value_and_gradient(place, csw, fields):
    """phi^dag (Mhat^dag Mhat)^(-1/2) phi - log det T_o, and its parts; what a heat bath knows of it."""
    s = DenseDoublet(place, csw)
    action = doublet_action(s.p, place[2], csw, fields=fields)
    known = action.draw(s.p.U, Stream(3, 4))
    root, expected = s.power(-0.5 / fields), -np.linalg.slogdet(s.odd)[1]
    for field in action.fields:
        phi = s.user(field.phi)
        expected += np.vdot(phi, root @ phi).real
    assert action.value(s.p.U) == pytest.approx(expected, rel=1e-11)
    assert known == pytest.approx(expected, rel=1e-11)
    assert_gradient(action, s.p.U)
    if csw:
        for field in action.fields:
            field.phi["c"] = 0.0
        assert_gradient(action, s.p.U, tolerance=1e-6)  # the value is small against its rounding


@pytest.mark.slow
@pytest.mark.parametrize(
    "numbers",
    [{"r": 0.7}, {"theta": (0.3, 0.0)}, {"weights": (0.5, 1.0)}, {"flux": (1,)},
     {"csw": (1.1, 0.7), "weights": (0.5, 1.0)}, {"csw": 1.2, "exponential_clover": True}],
    ids=["r", "theta", "weights", "flux", "two coefficients", "exponential"],
)  # fmt: skip
def test_other_operators(numbers):
    """What a quark may have besides."""
    p = Place("U(1)", (4, 8))
    action = doublet_action(p, 0.21, **numbers)
    known = action.draw(p.U, Stream(3, 4))
    assert action.value(p.U) == pytest.approx(known, rel=1e-11)
    assert_gradient(action, p.U)
    if "r" in numbers or "exponential_clover" in numbers:
        more = {"term": reference.exponential_clover} if "csw" in numbers else {}
        s = DenseDoublet(PLACES[0], **numbers, **more)
        (psi, x), out = s.vector(), s.op.vector()
        s.op.apply_even(out, psi)
        np.testing.assert_allclose(s.user(out), s.Mhat @ x, rtol=0, atol=1e-13)


@every_place
@solved_csw
def test_invariance_and_molecular_dynamics(place, csw):
    p = Place(*place[:2])
    action = doublet_action(p, place[2], csw)
    action.draw(p.U, Stream(3, 4))
    G, transform = transformation(p)
    before, op = action.value(p.U), action.operator.operator
    for part, y in zip(op.pair(action.fields[0].phi), flavors_of(op, action.fields[0].phi), strict=True):
        part["c"] = p.lattice.from_user(G @ y)["c"][: p.lattice.half]
    assert action.value(transform(p.U)) == pytest.approx(before, rel=1e-12)
    q = Place(*place[:2], spread=0.4)
    assert_energy_is_conserved(hamiltonian(q, q.gauge(1.5 * q.n), doublet_action(q, place[2], csw)), q, 0.5)


@pytest.mark.slow
@every_csw
@pytest.mark.parametrize(("shape", "kappa"), [((8, 8), 0.24), ((6, 6, 2, 2), 0.14)])
def test_mixed_precision(shape, kappa, csw):
    """Blocks of another width hold both flavours; heat bath and value are those in double precision.

    On the second lattice odd sites make up wider blocks in another order than even ones.
    """
    p = Place("U(1)", shape, spread=0.4)
    double, mixed = (doublet_action(p, kappa, csw, mixed=mixed, tolerance=1e-12) for mixed in (False, True))
    for action in (double, mixed):
        action.draw(p.U, Stream(3, 4))
    for one, other in zip(double.fields, mixed.fields, strict=True):
        np.testing.assert_allclose(other.phi["c"], one.phi["c"], rtol=0, atol=1e-10)
    assert mixed.operator.solver.single.lattice.width != p.lattice.width
    assert mixed.value(p.U) == pytest.approx(double.value(p.U), rel=1e-11)
    spent, usual = (action.operator.log.iterations for action in (mixed, double))
    assert spent < 1.2 * usual  # none were in vain, which would be repaired in double precision


def test_what_is_refused():
    p = Place("SU(2)", (4, 8))
    with pytest.raises(InputError, match="a smaller size than"):
        doublet(p, 0.2, mu=0.2, delta=0.2)
    with pytest.raises(InputError, match="one of the two"):
        DoubletOperator(WilsonOperator(p.lattice, 2, 0.2, (1, -1), mu=0.1), 0.3, 0.2)


# ------------------------------------------------------------------ chains

BETA, SHAPE, KAPPA = 1.2, (4, 4), 0.28


def links_of(p, hmc, count, changes=None):
    """Links [mu, x, ..., configuration, i, j] after each trajectory."""
    state, out = State(p.U, 0, 99), np.empty((p.d, *p.lattice.shape, count, p.n, p.n), dtype=complex)
    for t in range(-50, count):
        state, info = hmc.step(state)
        if t >= 0:
            out[..., t, :, :] = p.lattice.to_user(state.U)
            if changes is not None:
                changes.append(info.dH)
    return out


def observables(U):
    """[configuration, 2]: plaquette, real part of the Polyakov loop in time."""
    loop = 1.0
    for t in range(U.shape[2]):
        loop = loop * U[1, :, t, :, 0, 0]
    return np.array([plaquette(U, 0, 1)[..., 0, 0].real.mean(axis=(0, 1)), loop.real.mean(axis=0)]).T


@cache
def quenched(count):
    p = Place("U(1)", SHAPE)
    return links_of(p, HMC(hamiltonian(p, p.gauge(BETA)), one_level("omelyan", 2, 1.2, "gauge")), count)


def log_determinants(U, csw, mu, delta):
    """log det D_h of each configuration: over one flavour it is that of Q^2 + mu^2 - delta^2 + delta [Q, gamma_5]."""
    p, found = Place("U(1)", SHAPE), []
    g5 = np.kron(np.eye(np.prod(SHAPE)), reference.gamma5(2))
    for k in range(U.shape[-3]):
        Q = g5 @ reference.matrix(U[..., k, :, :], KAPPA, p.antiperiodic(), csw) / (2.0 * KAPPA)
        mass = (mu * mu - delta * delta) * np.eye(len(Q))
        found.append(np.linalg.slogdet(Q @ Q + mass + delta * (Q @ g5 - g5 @ Q))[1])
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize(("csw", "mu", "delta"), [(0.0, 0.2, 0.15), (1.2, 0.3, 0.25), (0.0, 0.2, 1e-9)])
def test_exactness(csw, mu, delta):
    """Averages with weights det D_h, <exp(-dH)> = 1; the last are equal masses, the weights of which need no delta."""
    p, changes = Place("U(1)", SHAPE), []
    action = doublet_action(p, KAPPA, csw, mu, delta, tolerance=1e-10)
    hmc = HMC(hamiltonian(p, p.gauge(BETA), action), one_level("omelyan", 2, 1.0, "gauge", "fermion.1"))
    found, error = mean_and_error(observables(links_of(p, hmc, 4000, changes)))
    U = quenched(6000)
    values = observables(U)
    expected, other = weighted_mean_and_error(values, log_determinants(U, csw, mu, delta), 300)
    total = np.hypot(error, other)
    assert (np.abs(found - expected) < 4.0 * total).all(), (found, expected, total)
    assert np.abs((values.mean(axis=0) - found) / total).max() > 4.0  # the determinant is seen
    one, spread = mean_and_error(np.exp(-np.array(changes))[:, None])
    assert abs(one[0] - 1.0) < 4.0 * spread[0]
    assert spread[0] < 0.02
