"""The overlap operator against dense matrices: sign function, chiral symmetry, inverse, covariance."""

import numpy as np
import pytest
from builders import Place, transformation
from reference import overlap as reference
from reference import wilson
from reference.matrices import dagger

from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.rational import rational_power
from lqcdnn.dirac.sign import projected
from lqcdnn.errors import NumericalError
from lqcdnn.lattice.blocks import zeros_of_kind

PLACES = [("U(1)", (4, 8)), ("SU(2)", (2, 2, 2, 2)), ("SU(3)", (2, 2, 2, 4)), ("SU(2)", (4, 8)), ("U(1)", (2, 4, 2, 4))]
every_place = pytest.mark.parametrize(
    "place", [pytest.param(p, marks=[pytest.mark.slow] * (p in PLACES[2:])) for p in PLACES], ids=str
)
RHO, MASS = {2: 1.1, 4: 1.4}, 0.3


class Overlap:
    """An operator on random links and the same as a dense matrix."""

    def __init__(self, place, mass=MASS, tolerance=1e-12, modes=4) -> None:
        self.p = Place(*place)
        self.rho, self.shape = RHO[self.p.d], self.p.lattice.shape
        boundary = self.p.antiperiodic()
        self.op = OverlapOperator(self.p.lattice, self.p.n, mass, self.rho, boundary, tolerance, modes, 1000)
        self.op.set_links(self.p.U)
        self.U = self.p.lattice.to_user(self.p.U)
        self.D = reference.dense(self.U, self.rho, boundary, mass)
        self.gamma5 = reference.gamma5(len(self.D), self.p.d)

    def spinor(self):
        x = wilson.spinor(self.p.rng, self.shape, self.p.n)
        return self.p.lattice.from_user(x), x.reshape(-1)

    def user(self, psi):
        return self.p.lattice.to_user(psi).reshape(-1)

    def applied(self, psi, dagger=False):
        out = self.op.vector()
        self.op.apply(out, psi, dagger)
        return out

    def turned(self, psi):
        """gamma_5 psi."""
        return self.p.lattice.from_user((self.gamma5 @ self.user(psi)).reshape(*self.shape, self.p.n, self.p.d))


def assert_close(found, expected, tolerance=1e-11):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@every_place
def test_operator_against_dense(place):
    o = Overlap(place)
    psi, x = o.spinor()
    assert_close(o.user(o.applied(psi)), o.D @ x)
    assert_close(o.user(o.applied(psi, dagger=True)), dagger(o.D) @ x)
    massless = reference.dense(o.U, o.rho, o.p.antiperiodic())
    normal, out = dagger(massless) @ massless, o.op.vector()
    for chirality in (1, -1):
        half = o.op.chiral(psi, chirality)
        y = o.user(half)
        assert_close(y, 0.5 * (x + chirality * o.gamma5 @ x), 1e-15)
        o.op.apply_squared(out, half, chirality)
        assert_close(o.user(out), normal @ y)


@every_place
def test_inverse_against_dense(place):
    o = Overlap(place)
    b, y = o.spinor()
    x = o.op.vector()
    o.op.invert(x, b, 1e-10, 1000)
    assert np.linalg.norm(o.D @ o.user(x) - y) <= 1.1e-10 * np.linalg.norm(y)
    assert_close(o.user(x), np.linalg.solve(o.D, y), 1e-8)
    assert (o.op.log.solves, o.op.log.residual <= 1e-10) == (1, True)
    o.op.invert(x, o.op.vector(), 1e-10, 1000)
    assert not x["c"].any()
    with pytest.raises(NumericalError, match="overlap CG: no convergence after 3 iterations"):
        o.op.invert(x, b, 1e-10, 3)


@pytest.mark.parametrize("place", PLACES[:2], ids=str)
def test_ginsparg_wilson_relation(place):
    """gamma_5 D + D gamma_5 = D gamma_5 D / rho, and D^dag = gamma_5 D gamma_5."""
    o = Overlap(place, mass=0.0)
    psi, _ = o.spinor()
    once, of_turned = o.applied(psi), o.applied(o.turned(psi))
    assert_close(
        o.user(o.turned(once)) + o.user(of_turned), o.user(o.applied(o.turned(once))) / o.rho
    )
    assert_close(o.user(o.applied(psi, dagger=True)), o.user(o.turned(of_turned)))
    phi, y = o.spinor()
    product = np.vdot(o.user(o.applied(phi, dagger=True)), o.user(psi))
    assert np.vdot(y, o.user(once)) == pytest.approx(product, rel=1e-11)


@pytest.mark.parametrize("place", PLACES[:2], ids=str)
def test_covariance(place):
    """D[U^G] G psi = G D[U] psi."""
    o = Overlap(place)
    G, transform = transformation(o.p)
    psi, _ = o.spinor()
    expected = G @ o.p.lattice.to_user(o.applied(psi))
    o.op.set_links(transform(o.p.U))
    assert_close(o.p.lattice.to_user(o.applied(o.p.lattice.from_user(G @ o.p.lattice.to_user(psi)))), expected)


@pytest.mark.parametrize("modes", [0, 1, 12])
def test_projected_modes_do_not_matter(modes):
    o = Overlap(PLACES[0], modes=modes)
    psi, x = o.spinor()
    assert len(o.op.sign.values) <= modes
    assert (modes == 0) or o.op.sign.values
    exact = np.sort(np.abs(np.linalg.eigvalsh(reference.kernel(o.U, o.rho, o.p.antiperiodic()))))
    np.testing.assert_allclose(sorted(np.abs(o.op.sign.values)), exact[: len(o.op.sign.values)], rtol=1e-9)
    assert_close(o.user(o.applied(psi)), o.D @ x)


@pytest.mark.parametrize("tolerance", [1e-12, 1e-8, 1e-3])
def test_accuracy_of_the_sign(tolerance):
    """|sign^2 - 1| is below what is demanded on any vector, and not much smaller without need."""
    o = Overlap(PLACES[0], tolerance=tolerance)
    (psi, x), once, twice = o.spinor(), o.op.vector(), o.op.vector()
    o.op.sign.apply(once, psi)
    o.op.sign.apply(twice, once)
    found = np.linalg.norm(o.user(twice) - x) / np.linalg.norm(x)
    assert 1e-4 * tolerance < found <= tolerance
    assert 1e-4 * tolerance < o.op.sign.deviation <= tolerance


def test_a_sign_that_is_too_rough_is_refused(monkeypatch):
    monkeypatch.setattr("lqcdnn.dirac.sign.APPROXIMATION", 100.0)
    with pytest.raises(NumericalError, match="sign\\^2 - 1") as failed:
        Overlap(PLACES[0], tolerance=1e-5)
    assert "sign_tolerance" in failed.value.hint


def test_looser_signs_leave_the_residual_alone(monkeypatch):
    """They save Wilson products, and the true residual is as demanded with them and without."""
    o, products = Overlap(PLACES[1], mass=0.02), []
    b, y = o.spinor()
    for relaxed in (0.1, 0.0):
        monkeypatch.setattr("lqcdnn.dirac.overlap.RELAXED", relaxed)
        o.op.wilson.log.reset()
        x = o.op.vector()
        o.op.invert(x, b, 1e-10, 1000)
        products.append(o.op.wilson.log.iterations)
        assert np.linalg.norm(o.D @ o.user(x) - y) <= 1.1e-10 * np.linalg.norm(y)
    assert products[0] < 0.8 * products[1]


def test_the_past_does_not_matter():
    """The same bits on the same links, whatever was solved before on others."""
    o = Overlap(PLACES[0])
    (b, _), before, x = o.spinor(), o.op.vector(), o.op.vector()
    o.op.invert(before, b, 1e-10, 1000)
    o.op.set_links(transformation(o.p)[1](o.p.U))
    o.op.invert(x, b, 1e-6, 1000)
    assert np.abs(x["c"] - before["c"]).max() > 1e-3
    o.op.set_links(o.p.U)
    o.op.invert(x, b, 1e-10, 1000)
    np.testing.assert_array_equal(x["c"], before["c"])


@pytest.mark.parametrize("error", [1e-2, 1e-7, 1e-13])
def test_poles_are_those_of_zolotarev(error):
    power = rational_power(-0.5, 0.25, 64.0, error)
    expected = 0.25 * np.array(reference.zolotarev_poles(power.degree, 256.0))
    np.testing.assert_allclose(power.shifts, expected, rtol=1e-12)
    x = np.geomspace(0.25, 64.0, 2001)
    signs = x**0.5 * power(x)
    assert np.abs(signs - 1.0).max() <= power.error * (1.0 + 1e-6) + 1e-15
    assert np.abs(signs - 1.0).max() >= 0.9 * power.error


@pytest.mark.parametrize(("squares", "count"), [
    ([0.1], 0), ([0.1, 0.5], 1), ([0.1, 0.1], 0), ([0.1, 0.1, 0.5, 0.5], 2), ([0.1, 0.3, 0.31, 0.4, 0.41], 3),
    ([0.1, 0.2, 0.2, 0.2, 0.2], 1), ([0.1, 0.2, 0.3, 0.4, 0.5 + 1e-3], 4),
])  # fmt: skip
def test_multiplets_are_not_cut(squares, count):
    assert projected(np.array(squares), 1e-6) == count


def test_a_field_is_not_changed():
    o = Overlap(PLACES[0])
    psi, _ = o.spinor()
    copy = zeros_of_kind(psi)
    copy["c"] = psi["c"]
    o.applied(psi)
    o.applied(psi, dagger=True)
    np.testing.assert_array_equal(psi["c"], copy["c"])
