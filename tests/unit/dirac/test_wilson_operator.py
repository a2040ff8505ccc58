"""The Wilson and clover operators as a whole: dense matrices, gamma5, even-odd, free field, covariance, propagators."""

from itertools import pairwise

import numpy as np
import pytest
from builders import Place
from reference import samples
from reference import wilson as reference
from reference.matrices import dagger
from wilson_builders import DenseWilson, assert_free_dispersion

from lqcdnn.config.tables.fermions import kappa_of_mass, mass_of_kappa
from lqcdnn.dirac.bicgstab import TwoSolves
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.startvectors import History
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import gauge_transform
from lqcdnn.lattice.geometry import Lattice

PLACES = [("U(1)", (4, 8), 0.21), ("SU(2)", (4, 8), 0.2), ("SU(2)", (2, 2, 2, 4), 0.13), ("SU(3)", (2, 2, 2, 2), 0.13)]
every_place = pytest.mark.parametrize(
    "place", [PLACES[0], pytest.param(PLACES[1], marks=pytest.mark.slow), *PLACES[2:]],
    ids=lambda p: f"{p[0]}-{'x'.join(map(str, p[1]))}",
)
every_csw = pytest.mark.parametrize("csw", [0.0, 1.3])


@every_place
@every_csw
def test_against_the_dense_matrix(place, csw):
    DenseWilson(place, csw).assert_same()


@every_place
@every_csw
def test_gamma5_hermiticity(place, csw):
    """gamma5 M gamma5 = M^dag, by scalar products of the program's own vectors."""
    s = DenseWilson(place, csw)
    g5 = np.tile(np.diag(reference.gamma5(s.place.d)).real, s.lattice.volume * s.place.n)
    (phi, _x), (psi, y), out = s.spinor(), s.spinor(), s.op.vector()
    s.op.apply(out, s.lattice.from_user((g5 * y).reshape(*s.lattice.shape, s.place.n, s.place.d)))
    left = g5 * s.user(out)
    s.op.apply(out, psi, dagger=True)
    np.testing.assert_allclose(left, s.user(out), rtol=0, atol=1e-13)
    assert phi["c"].any()


@every_place
@every_csw
def test_even_odd_equals_full(place, csw):
    """det M = det A_o det Mhat, and both give the same solution."""
    s = DenseWilson(place, csw)
    n, Mhat = int(s.even.sum()), None
    columns, out = np.empty((n, n), dtype=complex), s.op.vector()
    for k, i in enumerate(np.flatnonzero(s.even)):
        unit = np.zeros(s.M.shape[0])
        unit[i] = 1.0
        s.op.apply_even(out, s.lattice.from_user(unit.reshape(*s.lattice.shape, s.place.n, s.place.d)))
        columns[:, k] = s.user(out)[s.even]
    Mhat, _odd = reference.schur(s.M, s.even)
    np.testing.assert_allclose(columns, Mhat, rtol=0, atol=1e-13)
    log_odd = -0.5 * s.op.local_action()
    total = np.linalg.slogdet(s.M)[1]
    assert np.linalg.slogdet(columns)[1] + log_odd == pytest.approx(total, rel=1e-12, abs=1e-11)


@pytest.mark.parametrize("mixed", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["double", "mixed"])
@pytest.mark.parametrize(
    "place",
    [PLACES[0], *(pytest.param(place, marks=pytest.mark.slow) for place in PLACES[1:3]), PLACES[3]],
    ids=lambda p: f"{p[0]}-{'x'.join(map(str, p[1]))}",
)
@every_csw
def test_propagator(place, csw, mixed):
    s = DenseWilson(place, csw)
    (b, b0), x = s.spinor(), s.op.vector()
    WilsonPropagator(s.op, mixed).solve(x, b, 1e-12, 1000)
    np.testing.assert_allclose(s.user(x), np.linalg.solve(s.M, b0), rtol=0, atol=1e-10)
    assert s.op.log.solves == 1
    assert 0.0 < s.op.log.residual <= 1e-12


@pytest.mark.parametrize("csw", [0.0, pytest.param(1.3, marks=pytest.mark.slow)])
def test_propagator_in_mixed_precision_works_in_single_precision(csw):
    """Double precision sees one residual for each cycle, and iterates where cycles gain no more."""
    s = DenseWilson(("U(1)", (8, 8), 0.21), csw)
    (b, b0), x, y = s.spinor(), s.op.vector(), s.op.vector()
    solver = WilsonPropagator(s.op, mixed=True)
    seen, inside = [], solver._inner._double
    residual = inside.residual
    inside.residual = lambda *args: seen.append(residual(*args)) or seen[-1]
    inside.improve = None
    solver.solve(x, b, 1e-10, 1000)
    np.testing.assert_allclose(s.user(x), np.linalg.solve(s.M, b0), rtol=0, atol=1e-8)
    assert len(seen) in (3, 4)
    assert all(new < 1e-6 * old for old, new in pairwise(seen))
    del inside.improve
    solver._inner._single.improve = lambda d, b, goal, limit: 1  # d stays 0
    s.op.log.reset()
    solver.solve(y, b, 1e-10, 1000)
    assert s.op.log.iterations > 3
    np.testing.assert_allclose(y["c"], x["c"], rtol=0, atol=1e-8)


@every_place
@every_csw
def test_covariance(place, csw):
    """M[U^G] G psi = G M[U] psi."""
    s = DenseWilson(place, csw)
    G = samples.group_elements(np.random.default_rng(5), s.place.n, *s.lattice.shape)
    (psi, x), before, after = s.spinor(), s.op.vector(), s.op.vector()
    s.op.apply(before, psi)
    turned = s.lattice.links(s.place.n)
    gauge_transform(turned, s.place.U, s.lattice.from_links(G), s.lattice.neighbours)
    s.op.set_links(turned)
    s.op.apply(after, s.lattice.from_user(G @ x.reshape(*s.lattice.shape, s.place.n, s.place.d)))
    np.testing.assert_allclose(s.lattice.to_user(after), G @ s.lattice.to_user(before), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 8), pytest.param((4, 2, 4, 8), marks=pytest.mark.slow)])
def test_free_dispersion(shape):
    assert_free_dispersion(shape, 0.11, csw=1.7)


def test_mass_and_kappa():
    assert kappa_of_mass(0.0, 4) == 0.125
    assert mass_of_kappa(0.25, 2) == 0.0
    assert mass_of_kappa(kappa_of_mass(-0.4573, 4), 4) == pytest.approx(-0.4573, rel=1e-14)


def test_heat_bath_is_the_adjoint_on_gaussian_noise():
    """phi lives on even sites, and S = |r|^2 right after the heat bath."""
    p = Place("U(1)", (4, 8))
    action = p.wilson(0.2, 1.1)
    norms = []
    for t in range(60):
        action.draw(p.U, Stream(3, t))
        assert not action.field.phi["c"][p.lattice.half :].any()
        norms.append(action.value(p.U) - action.operator.local_action())
    freedom = p.lattice.volume // 2 * p.n * p.d
    assert abs(np.mean(norms) - freedom) < 4.0 * np.sqrt(freedom / len(norms))


@pytest.mark.parametrize("shape", [(3, 4), (4, 4, 4)])
def test_lattices_it_cannot_live_on(shape):
    with pytest.raises(InputError, match="even extents" if len(shape) == 2 else "d = 2 and d = 4"):
        WilsonOperator(Lattice(shape), 2, 0.1, (1,) * len(shape))


@pytest.mark.parametrize("mixed", [False, True], ids=["double", "mixed"])
def test_solver_failures(mixed):
    s = DenseWilson(PLACES[0], 0.0)
    (b, _b0), x = s.spinor(), s.op.vector()
    with pytest.raises(NumericalError, match="no convergence after 3 iterations"):
        s.op.solve_normal(x, b, 1e-12, 3)
    with pytest.raises(NumericalError, match="propagator: no convergence"):
        WilsonPropagator(s.op, mixed).solve(x, b, 1e-12, 2)
    b["c"][0] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        s.op.solve_normal(x, b, 1e-12, 100)
    with pytest.raises(NumericalError, match="nan"):
        WilsonPropagator(s.op, mixed).solve(x, b, 1e-12, 100)
    zero = s.op.vector()
    s.op.solve_normal(x, zero, 1e-12, 10)
    WilsonPropagator(s.op, mixed).solve(x, zero, 1e-12, 10)
    assert not x["c"].any()


def test_propagator_falls_back_to_the_normal_equations():
    """BiCGStab that does nothing leaves all to conjugate gradients."""
    s = DenseWilson(PLACES[0], 0.0)
    (b, b0), x = s.spinor(), s.op.vector()
    solver = WilsonPropagator(s.op)
    solver._inner.improve = lambda x, b, target, limit: 0
    solver.solve(x, b, 1e-12, 200)
    np.testing.assert_allclose(s.user(x), np.linalg.solve(s.M, b0), rtol=0, atol=1e-10)


@pytest.mark.parametrize("mixed", [False, True], ids=["double", "mixed"])
def test_propagators_where_biconjugate_gradients_stall(mixed):
    """Far beyond the critical mass they would go on to the limit; conjugate gradients take 230 iterations."""
    s = DenseWilson(("U(1)", (8, 16), 0.5), 0.0)
    (b, b0), x = s.spinor(), s.op.vector()
    WilsonPropagator(s.op, mixed).solve(x, b, 1e-12, 5000)
    expected = np.linalg.solve(s.M, b0)
    np.testing.assert_allclose(s.user(x), expected, rtol=0, atol=1e-10 * np.abs(expected).max())
    assert s.op.log.iterations < 1600


@every_place
@every_csw
def test_normal_equations_by_two_solves(place, csw):
    """Mhat^dag y = b, then Mhat x = y; a start vector leaves nothing to do."""
    s = DenseWilson(place, csw)
    (b, b0), x = s.spinor(), s.op.vector()
    s.op.solver = TwoSolves(s.op)
    history = History(2)
    s.op.solve_normal(x, b, 1e-12, 1000, history)
    Mhat, _odd = reference.schur(s.M, s.even)
    expected = np.linalg.solve(dagger(Mhat) @ Mhat, b0[s.even])
    np.testing.assert_allclose(s.user(x)[s.even], expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    assert 0.0 < s.op.log.residual <= 1e-12
    done = s.op.log.iterations
    s.op.solve_normal(x, b, 1e-11, 1000, history)
    assert s.op.log.iterations == done


def test_two_solves_leave_the_rest_to_conjugate_gradients():
    s = DenseWilson(PLACES[0], 0.0)
    (b, _b0), x = s.spinor(), s.op.vector()
    s.op.solver = TwoSolves(s.op)
    s.op.solver._bicgstab.improve = lambda x, b, target, limit, dagger=False: 0
    s.op.solve_normal(x, b, 1e-12, 200)
    assert 0.0 < s.op.log.residual <= 1e-12
    assert 0 < s.op.log.iterations <= 200
    with pytest.raises(NumericalError, match="no convergence"):
        s.op.solve_normal(x, b, 1e-12, 3)
    b["c"][0] = np.nan
    with pytest.raises(NumericalError, match="nan"):
        s.op.solve_normal(x, b, 1e-12, 100)
