"""Wilson's parameter r other than 1: the operator, its action and what is measured with it, against dense matrices.

The reference writes r - gamma_mu and r + gamma_mu out; the program takes two hops of half spinors.
"""

import numpy as np
import pytest
from builders import Place, energy_violation, hamiltonian
from derivative import assert_gradient
from input_head import head
from reference import samples
from reference import wilson as reference
from wilson_builders import DenseWilson, assert_free_dispersion

from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings
from lqcdnn.actions.ratio import RatioAction
from lqcdnn.config import load_text
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import gauge_transform
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.eigenvalues import norm_bound
from lqcdnn.measure.runner import measurements

PLACES = [("U(1)", (4, 8), 0.21, 0.0), ("SU(2)", (4, 8), 0.2, 1.3), ("SU(2)", (2, 2, 2, 4), 0.1, 0.0),
          ("SU(3)", (2, 2, 2, 2), 0.1, 1.3)]  # fmt: skip
OTHER_R = (0.6, 1.7)
FAST = PLACES[:1]
every_place = pytest.mark.parametrize(
    "place",
    [pytest.param(p, marks=() if p in FAST else pytest.mark.slow, id=f"{p[0]}-{len(p[1])}d") for p in PLACES],
)
every_r = pytest.mark.parametrize("r", OTHER_R)


@pytest.mark.parametrize("place", [PLACES[0], PLACES[2], pytest.param(PLACES[3], marks=pytest.mark.slow)], ids=str)
@every_r
def test_against_the_dense_matrix(place, r):
    name, shape, kappa, csw = place
    DenseWilson((name, shape, kappa), csw, r).assert_same()


@every_place
def test_gamma5_hermiticity_and_covariance(place):
    """gamma_5 M gamma_5 = M^dag, M[U^G] G psi = G M[U] psi, by the program's own operator."""
    s = DenseWilson(place[:3], place[3], 0.6)
    shape, n = s.lattice.shape, s.place.n
    g5 = np.diag(reference.gamma5(len(shape))).real
    (psi, x), before, after = s.spinor(), s.op.vector(), s.op.vector()
    x = x.reshape(*shape, n, -1)
    s.op.apply(before, s.lattice.from_user(g5 * x))
    s.op.apply(after, psi, dagger=True)
    np.testing.assert_allclose(g5 * s.lattice.to_user(before), s.lattice.to_user(after), rtol=0, atol=1e-13)
    G = samples.group_elements(np.random.default_rng(5), n, *shape)
    turned = s.lattice.links(n)
    gauge_transform(turned, s.place.U, s.lattice.from_links(G), s.lattice.neighbours)
    s.op.apply(before, psi)
    s.op.set_links(turned)
    s.op.apply(after, s.lattice.from_user(G @ x))
    np.testing.assert_allclose(s.lattice.to_user(after), G @ s.lattice.to_user(before), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 8), pytest.param((4, 2, 2, 2), marks=pytest.mark.slow)], ids=str)
def test_free_dispersion(shape):
    """And no |D| exceeds the bound of the spectrum."""
    op, largest = assert_free_dispersion(shape, 0.19, r=0.6)
    assert op.mass == pytest.approx(1 / (2 * 0.19) - len(shape) * 0.6, rel=1e-14)
    assert largest < norm_bound(op) ** 2


def setting(place, r):
    """(place, action) with phi drawn."""
    name, shape, kappa, csw = place
    p = Place(name, shape)
    action = p.wilson(kappa, csw, r=r)
    return p, action, action.draw(p.U, Stream(3, 4))


@every_place
@every_r
def test_action_and_force(place, r):
    """phi^dag (Mhat^dag Mhat)^{-1} phi with Mhat by dense elimination; the force is its derivative."""
    p, action, known = setting(place, r)
    _name, _shape, kappa, csw = place
    phi = p.lattice.to_user(action.field.phi)
    expected = reference.action(p.lattice.to_user(p.U), phi, kappa, p.antiperiodic(), csw, r)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-11)
    assert known == pytest.approx(expected, rel=1e-11)  # from the heat bath
    assert_gradient(action, p.U)


@pytest.mark.slow
@every_place
def test_force_of_a_ratio(place):
    """Mass preconditioning, with its bilinear derivative."""
    name, shape, kappa, csw = place
    p = Place(name, shape)
    light, heavy = (WilsonOperator(p.lattice, p.n, k, p.antiperiodic(), csw, 1.7) for k in (kappa, 0.7 * kappa))
    ratio = RatioAction(light, heavy, PseudofermionField(light.vector(), 0), SolverSettings(1e-13, 1e-13))
    ratio.draw(p.U, Stream(3, 4))
    assert_gradient(ratio, p.U)


@pytest.mark.slow
@every_place
def test_mixed_precision(place):
    p, action, known = setting(place, 1.7)
    use_mixed_precision(action.operator)
    assert action.value(p.U) == pytest.approx(known, rel=1e-11)


@every_place
def test_energy_violation_falls_with_the_square_of_the_step(place):
    name, shape, kappa, csw = place
    p = Place(name, shape, spread=0.4)
    H = hamiltonian(p, p.gauge(1.5 * p.n), p.wilson(kappa, csw, r=1.7))
    assert np.log2(energy_violation(p, H, 16) / energy_violation(p, H, 32)) == pytest.approx(2.0, abs=0.15)


RUN = head([4, 8], "U(1)", 1.0, seed=3) + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = 0.3
r = 0.6
[valence.other]
kind = "wilson"
mass = 0.3
r = 1.7
[observables.mesons]
[observables.other_pion]
fermion = "other"
[observables.condensate]
method = "exact"
[observables.eigenvalues]
number = 2
[observables.reweighting]
masses = [0.4]
method = "exact"
"""


def test_what_is_measured():
    """Propagators, trace, lowest eigenvalues with their sign and the determinant of D + m = M / (2 kappa)."""
    what, boundary, V, d = measurements(load_text(RUN)), (1, -1), 32, 2
    U = samples.links(np.random.default_rng(5), (4, 8), 1)
    found = what.measure(Lattice((4, 8)).from_links(U), Stream(7, 2))

    def dense(mass, r=0.6):
        kappa = 0.5 / (mass + d * r)
        return reference.matrix(U, kappa, boundary, 0.0, r) / (2 * kappa)

    def pion(S):
        return (np.abs(S[:, :d]) ** 2).sum(axis=1).reshape(4, 8, d).sum(axis=(0, 2))

    D, g5 = dense(0.3), np.tile(np.diag(reference.gamma5(d)).real, V)
    S = np.linalg.inv(D)
    np.testing.assert_allclose(found["mesons"]["meson_pseudoscalar"], pion(S), rtol=1e-8)
    np.testing.assert_allclose(found["other_pion"]["other_pion"], pion(np.linalg.inv(dense(0.3, 1.7))), rtol=1e-8)
    assert found["other_pion"]["other_pion_quark"] == {"fermion": "other", "kind": "wilson", "csw": 0.0, "r": 1.7}
    assert found["condensate"]["condensate"] == pytest.approx(2 * np.trace(S).real / V, rel=1e-9)
    signed = sorted(np.linalg.eigvalsh(g5[:, None] * D), key=abs)[:2]
    np.testing.assert_allclose(found["eigenvalues"]["eigenvalues_signed"], signed, rtol=1e-7)
    ratio = 2 * (np.linalg.slogdet(dense(0.4))[1] - np.linalg.slogdet(D)[1])
    assert found["reweighting"]["reweighting"] == pytest.approx([ratio], rel=1e-9)
