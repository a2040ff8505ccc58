"""Exponential clover quarks against dense matrices, numerical derivatives and the linear clover term."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, assert_gauge_invariant, hamiltonian
from derivative import assert_gradient
from reference import wilson as reference
from reference.matrices import dagger
from reference.wilson import exponential_clover

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.determinant import DeterminantAction
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings
from lqcdnn.actions.ratio import RatioAction
from lqcdnn.dirac.clover import taylor_series
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.representation import RepresentationLinks
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.random import REWEIGHTING, Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.measure.quarks.determinants import SpinRatio
from lqcdnn.measure.quarks.eigenvalues import norm_bound
from lqcdnn.measure.quarks.propagators import WilsonQuark

EXACT = SolverSettings(1e-13, 1e-13)
PLACES = [("U(1)", (4, 8), 0.21), ("SU(3)", (2, 2, 2, 2), 0.13)]
MORE = [("SU(2)", (2, 2, 2, 4), 0.13), ("SU(2)", (4, 8), 0.2), ("SU(3)", (4, 4), 0.2), ("SU(4)", (2, 2, 2, 2), 0.12)]
CSW = 1.9
every_place = pytest.mark.parametrize(
    "place", [*PLACES, *(pytest.param(place, marks=pytest.mark.slow) for place in MORE)], ids=str
)


every_twist = pytest.mark.parametrize(
    ("place", "twisted_mass"),
    [
        pytest.param(place, mu, marks=[pytest.mark.slow] * (place in MORE or (mu > 0.0 and place[0] != "U(1)")))
        for place in (*PLACES, *MORE)
        for mu in (0.0, 0.2)
    ],
    ids=str,
)
"""Kernels of a twisted mass are compiled for one group; the slow tests have all."""


def action_at(place, csw=CSW, **numbers):
    """(place, action) with phi drawn."""
    p = Place(*place[:2])
    action = p.wilson(place[2], csw, exponential_clover=True, **numbers)
    action.draw(p.U, Stream(3, 4))
    return p, action


def dense(p, op):
    """M and the rows of even sites."""
    U = p.lattice.to_user(p.U)
    M = reference.matrix(U, op.kappa, op.boundary, op.csw, op.r, op.twisted_mass, exponential_clover)
    return M, reference.even_mask(p.lattice.shape, p.n)


def hermitian(field, rows):
    """The matrices [block, chirality, lane, i, j] of a field."""
    numbers = np.moveaxis(field["c"], 2, -1)
    out, above = np.zeros((*numbers.shape[:-1], rows, rows), dtype=complex), np.triu_indices(rows, 1)
    out[..., above[0], above[1]] = numbers[..., rows::2] + 1j * numbers[..., rows + 1 :: 2]
    out += dagger(out)
    out[..., range(rows), range(rows)] = numbers[..., :rows]
    return out


@every_twist
def test_against_dense_matrices(place, twisted_mass):
    """M, gamma_5-hermiticity, the even-odd operator, its determinant and the value of the action."""
    p, action = action_at(place, twisted_mass=twisted_mass)
    op, (M, even), d = action.operator, dense(p, action.operator), len(place[1])
    if not twisted_mass:
        g5 = np.kron(np.eye(len(M) // d), reference.gamma5(d))
        assert np.abs(g5 @ M @ g5 - dagger(M)).max() < 1e-14
    x, out = reference.spinor(p.rng, p.lattice.shape, p.n), op.vector()
    for dagger_ in (False, True):
        op.apply(out, p.lattice.from_user(x), dagger=dagger_)
        found = p.lattice.to_user(out).ravel()
        np.testing.assert_allclose(found, (dagger(M) if dagger_ else M) @ x.ravel(), rtol=0, atol=1e-13)
    Mhat, odd = reference.schur(M, even)
    if not twisted_mass:
        assert op.local_action() == 0.0
        assert np.linalg.slogdet(odd)[1] == pytest.approx(0.0, abs=1e-12)
    phi = p.lattice.to_user(action.field.phi).reshape(-1)[even]
    y = np.linalg.solve(dagger(Mhat), phi)
    value = np.vdot(y, y).real - 2.0 * np.linalg.slogdet(odd)[1]
    assert action.value(p.U) == pytest.approx(value, rel=1e-11)
    assert action.draw(p.U, Stream(3, 4)) == pytest.approx(value, rel=1e-11)
    det = DeterminantAction(op, 1.0, "fermion.1").value(p.U)
    rows = p.lattice.volume * p.n * d
    expected = 2.0 * (np.linalg.slogdet(M)[1] - rows * np.log(2.0 * op.kappa))
    assert -det == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("csw", [0.3, 1.9, 9.0, 40.0])
def test_matrices_and_inverses(csw):
    """exp(E) and exp(-E) to 1e-14 of their norms, whatever c_SW; their product is 1 as far as the norms allow."""
    p = Place("SU(3)", (2, 2, 2, 2))
    op = WilsonOperator(p.lattice, 3, 0.13, p.antiperiodic(), csw, exponential_clover=True)
    op.set_links(p.U)
    E, A = (hermitian(field, 6) for field in (op.clover._exponent, op.clover.A))
    half = p.lattice.half
    inverse = hermitian(op.clover.inverse, 6)[half:]
    values, vectors = np.linalg.eigh(E)
    size = np.exp(np.abs(values).max())
    for found, sign, part in ((A, 1.0, slice(None)), (inverse, -1.0, slice(half, None))):
        v = vectors[part]
        expected = (v * np.exp(sign * values[part])[..., None, :]) @ dagger(v)
        assert np.abs(found - expected).max() < 1e-14 * size
    assert np.abs(inverse @ A[half:] - np.eye(6)).max() < 1e-14 * size**2
    assert np.abs(values.sum(axis=-1)).max() < 1e-13 * max(1.0, csw)


def test_series_are_as_long_as_needed():
    for bound in (0.0, 0.1, 1.2, 2.0, 2.1, 50.0):
        program, sums = taylor_series(bound, -1.0)
        x = np.array([-bound, bound])
        rooms = [x, *(np.zeros(2) for _ in range(5))]
        for i, (z, a, b) in enumerate(program):
            rooms[z] = rooms[a] * rooms[b]
            if i >= 2:
                c = sums[i - 2]
                rooms[4] = rooms[5] + c[0] + c[1] * rooms[0] + c[2] * rooms[1] + c[3] * rooms[2]
        np.testing.assert_allclose(rooms[4], np.exp(-x), rtol=0, atol=2e-15 * (1 + bound) * np.exp(bound))
    assert [len(taylor_series(bound)[1]) for bound in (0.0, 1.2)] == [1, 6]


def test_without_coefficient_it_is_wilsons_operator():
    p = Place("U(1)", (4, 8))
    op = WilsonOperator(p.lattice, 1, 0.2, p.antiperiodic(), 0.0, exponential_clover=True)
    assert op.clover is None
    assert op.terms == (None, None)


def test_exponents_that_are_too_large():
    """Refused before exp of them is no number, which links or a source were blamed for."""
    p = Place("U(1)", (4, 8))
    with pytest.raises(InputError, match=r"exponents up to .* = 400; allowed: up to 80"):
        WilsonOperator(p.lattice, 1, 0.2, p.antiperiodic(), 2000.0, exponential_clover=True)


def test_it_is_the_linear_term_to_second_order():
    """A - A_linear falls with c_SW^2."""
    p, sizes = Place("SU(3)", (2, 2, 2, 2)), []
    for csw in (0.02, 0.01):
        A = []
        for exponentiated in (False, True):
            op = WilsonOperator(p.lattice, 3, 0.13, p.antiperiodic(), csw, exponential_clover=exponentiated)
            op.set_links(p.U)
            A.append(hermitian(op.clover.A, 6))
        sizes.append(np.abs(A[1] - A[0]).max())
    assert sizes[0] / sizes[1] == pytest.approx(4.0, rel=0.01)


@every_twist
def test_gradient(place, twisted_mass):
    p, action = action_at(place, twisted_mass=twisted_mass)
    assert_gradient(action, p.U)


def test_gradient_of_squared_exponentials():
    """A norm of E that has to be halved."""
    p, action = action_at(PLACES[0], csw=-14.0)
    assert len(action.operator.clover._series[1]) > 6
    assert_gradient(action, p.U)


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param({"r": 0.7}, marks=pytest.mark.slow),
        {"theta": (0.3, -0.4)},
        {"flux": (1,)},
        {"csw": (0.5, 1.7), "weights": (0.4, 1.0)},
    ],
    ids=str,
)
def test_gradient_with_other_hops(numbers):
    """Other r, phases, an electromagnetic field that the clover term sees, anisotropic hops with two coefficients."""
    p, action = action_at(PLACES[0], **({"csw": CSW} | numbers))
    assert_gradient(action, p.U)


@every_place
def test_gauge_invariance(place):
    assert_gauge_invariant(*action_at(place))


@pytest.mark.parametrize("heavy", [{"kappa": 0.16}, {"twisted_mass": 0.4}], ids=str)
def test_mass_preconditioning(heavy):
    """Each mass has its exponent: the ratio of the determinants is that of dense matrices; gradient."""
    p, signs = Place("U(1)", (4, 8)), (1, -1)
    light, other = (
        WilsonOperator(p.lattice, 1, **({"kappa": 0.21} | more), boundary=signs, csw=CSW, exponential_clover=True)
        for more in ({}, heavy)
    )
    action = RatioAction(light, other, PseudofermionField(light.vector(), 0), EXACT)
    drawn = action.draw(p.U, Stream(3, 4))
    assert action.value(p.U) == pytest.approx(drawn, rel=1e-11)
    phi, (Q, odd), (Q_h, odd_h) = p.lattice.to_user(action.field.phi).ravel(), *(
        reference.schur(*dense(p, op)) for op in (light, other)
    )
    x = np.linalg.solve(dagger(Q), dagger(Q_h) @ phi[reference.even_mask((4, 8), 1)])
    local = -2.0 * (np.linalg.slogdet(odd)[1] - np.linalg.slogdet(odd_h)[1])
    assert drawn == pytest.approx(np.vdot(x, x).real + local, rel=1e-11)
    assert_gradient(action, p.U)


def test_one_flavour_by_the_determinant():
    p = Place("U(1)", (4, 8))
    op = WilsonOperator(p.lattice, 1, 0.2, (1, -1), CSW, exponential_clover=True, twisted_mass=0.1)
    assert_gradient(DeterminantAction(op, 0.5, "fermion.1"), p.U)


def test_energy_conservation_and_reversibility():
    p = Place("U(1)", (4, 8), spread=0.4)
    action = p.wilson(0.2, CSW, exponential_clover=True)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(2.0), action), p, 0.5)


@pytest.mark.slow
def test_propagators_in_mixed_precision_and_with_a_multigrid():
    p = Place("U(1)", (8, 8), spread=0.3)
    op = WilsonOperator(p.lattice, 1, 0.24, (1, -1), CSW, exponential_clover=True)
    op.set_links(p.U)
    M, _even = dense(p, op)
    x = reference.spinor(p.rng, (8, 8), 1)
    b, expected = p.lattice.from_user(x), np.linalg.solve(M, x.ravel())
    for multigrid in (False, True):
        out = op.vector()
        WilsonPropagator(op, multigrid=multigrid).solve(out, b, 1e-11, 1000)
        np.testing.assert_allclose(p.lattice.to_user(out).ravel(), expected, rtol=0, atol=1e-8)
    y, even = op.vector(), reference.even_mask((8, 8), 1)
    Mhat, _odd = reference.schur(M, even)
    use_mixed_precision(op)
    b["c"][p.lattice.half :] = 0.0
    op.solve_normal(y, b, 1e-11, 1000)
    expected = np.linalg.solve(dagger(Mhat) @ Mhat, x.ravel()[even])
    np.testing.assert_allclose(p.lattice.to_user(y).ravel()[even], expected, rtol=0, atol=1e-8)


def test_weights_for_other_masses():
    """Operators of two masses do not differ by a number: (D + m) S' of dense matrices on a noise vector."""
    p = Place("U(1)", (4, 8))
    quarks = [
        WilsonQuark(WilsonOperator(p.lattice, 1, kappa, (1, -1), CSW, exponential_clover=True), "cg")
        for kappa in (0.2, 0.19)
    ]
    for quark in quarks:
        quark.set_links(p.U)
    found = SpinRatio(*quarks).exponent(Stream(1, 2), 0, 1e-13, 1000)
    old, new = (dense(p, quark.operator)[0] / (2.0 * quark.operator.kappa) for quark in quarks)
    eta = gaussian_vector(p.lattice, 1, Stream(1, 2), noise_purpose(0, REWEIGHTING), 2)
    eta = p.lattice.to_user(eta).ravel()
    image = old @ np.linalg.solve(new, eta)
    assert found == pytest.approx(np.vdot(image, image).real - np.vdot(eta, eta).real, rel=1e-9)
    additive = eta + (0.5 / 0.2 - 0.5 / 0.19) * np.linalg.solve(new, eta)
    assert abs(np.vdot(additive, additive).real - np.vdot(eta, eta).real - found) > 1e-3 * abs(found)


def test_bound_of_the_norm():
    p, action = action_at(PLACES[0], csw=6.0)
    M, _even = dense(p, action.operator)
    assert np.linalg.norm(M, 2) < norm_bound(action.operator)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SU(2)", "SU(3)"])
def test_adjoint_quarks(name):
    p = Place(name, (4, 8))
    link_map = RepresentationLinks(p.lattice, p.group, "adjoint")
    op = WilsonOperator(p.lattice, link_map.colours.n, 0.2, (1, -1), CSW, exponential_clover=True)
    action = Composed(PseudofermionAction(op, PseudofermionField(op.vector(), 0), EXACT), link_map)
    action.draw(p.U, Stream(3, 4))
    assert_gradient(action, p.U)
