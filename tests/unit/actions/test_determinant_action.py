"""The determinant as an action: dense determinants on all sites, numerical derivatives, covariance, pseudofermions."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, hamiltonian, transformation
from derivative import assert_gradient
from reference import samples, staggered, wilson

from lqcdnn.actions.base import gradient
from lqcdnn.actions.composed import Composed
from lqcdnn.actions.determinant import DeterminantAction
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac import dense
from lqcdnn.dirac.fatlinks import FatLinks
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import NumericalError
from lqcdnn.fields.opentime import from_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice

MASS, KAPPA, POWER = 0.4, 0.14, 0.75
SLOW = pytest.mark.slow
STAGGERED = [
    pytest.param("U(1)", (4, 8), {"theta": (0.3, 0.5)}, id="U(1)-theta"),
    pytest.param("SU(2)", (2, 4, 2, 4), {}, id="SU(2)"),
    pytest.param("SU(2)", (4, 4, 4), {}, marks=SLOW, id="SU(2)-3d"),
    pytest.param("SU(3)", (4, 2, 2, 4), {"theta": (0.0, 0.2, 0.0, 0.7)}, marks=SLOW, id="SU(3)-theta"),
]
WILSON = [
    pytest.param("U(1)", (4, 8), {}, id="U(1)"),
    pytest.param("U(1)", (4, 8), {"csw": 1.2, "r": 0.8, "theta": (0.0, 0.5)}, marks=SLOW, id="U(1)-clover-theta"),
    pytest.param("SU(2)", (2, 4, 2, 4), {"csw": 1.1}, id="SU(2)-clover"),
    pytest.param("SU(3)", (2, 2, 2, 2), {}, marks=SLOW, id="SU(3)"),
]


def of_staggered(p, mass=MASS, **options):
    return DeterminantAction(StaggeredOperator(p.lattice, p.n, mass, p.antiperiodic(), **options), POWER, "fermion.1")


def of_wilson(p, **options):
    return DeterminantAction(WilsonOperator(p.lattice, p.n, KAPPA, p.antiperiodic(), **options), POWER, "fermion.1")


@pytest.mark.parametrize(("name", "shape", "options"), STAGGERED)
def test_staggered_value_and_force(name, shape, options):
    p = Place(name, shape)
    action = of_staggered(p, **options)
    if not options:
        D = staggered.dense_hop(p.lattice.to_user(p.U), p.antiperiodic())
        sign, log = np.linalg.slogdet(D + MASS * np.eye(len(D)))
        assert sign == pytest.approx(1.0)
        assert action.value(p.U) == pytest.approx(-POWER * log, rel=1e-12)
    assert_gradient(action, p.U)


@pytest.mark.parametrize(("name", "shape", "options"), WILSON)
def test_wilson_value_and_force(name, shape, options):
    p = Place(name, shape, spread=0.7)
    action = of_wilson(p, **options)
    if options.get("theta") is None:
        M = wilson.matrix(p.lattice.to_user(p.U), KAPPA, p.antiperiodic(), options.get("csw", 0.0))
        log = np.linalg.slogdet(M / (2.0 * KAPPA))[1]
        assert action.value(p.U) == pytest.approx(-2.0 * POWER * log, rel=1e-12)
    assert_gradient(action, p.U)


def test_the_force_is_gauge_covariant():
    """Sigma_mu(n) -> G(n + mu) Sigma_mu(n) G(n)^dag."""
    p = Place("SU(2)", (2, 4, 2, 4))
    action = of_staggered(p)
    G, transform = transformation(p)
    V, Sigma = transform(p.U), p.lattice.to_user(gradient(action, p.U))
    there, turned = p.lattice.to_user(gradient(action, V)), G.conj().swapaxes(-1, -2)
    assert action.value(V) == pytest.approx(action.value(p.U), rel=1e-12)
    for mu in range(p.d):
        expected = np.roll(G, -1, mu) @ Sigma[mu] @ turned
        np.testing.assert_allclose(there[mu], expected, atol=1e-12 * np.abs(Sigma).max())


def test_the_force_is_the_mean_force_of_pseudofermions():
    """One staggered field: <phi^dag dA^-1 phi> over the heat bath of phi is -d ln det A."""
    p = Place("U(1)", (4, 8))
    exact = p.lattice.to_user(gradient(of_staggered(p), p.U)) / POWER
    action, found = p.staggered(mass=MASS, tolerance=1e-10), []
    for k in range(1000):
        action.draw(p.U, Stream(5, k))
        found.append(p.lattice.to_user(gradient(action, p.U)))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    chi2 = np.mean(np.abs(mean - exact) ** 2 / error**2)
    assert chi2 == pytest.approx(1.0, abs=0.6)
    assert np.abs(exact).max() > 5.0 * error.max()


def test_fat_links():
    p = Place("U(1)", (4, 8))
    improvement = improvement_of("asqtad", p.d, None, 0.9)
    assert improvement is not None
    action = Composed(of_staggered(p, improvement=improvement), FatLinks(p.lattice, improvement))
    assert_gradient(action, p.U)


@pytest.mark.parametrize("kind", ["staggered", pytest.param("wilson", marks=SLOW)])
def test_open_time(kind):
    """Hops end with time: the determinant is that of links that are 0 there."""
    lattice = Lattice((4, 8), open_time=True)
    z = samples.links(np.random.default_rng(3), (4, 8), 1)
    z[-1, :, -1] = 0.0
    U = from_user(lattice, z)
    if kind == "staggered":
        D = staggered.dense_hop(z, (1, 1)) + MASS * np.eye(32)
        action = DeterminantAction(StaggeredOperator(lattice, 1, MASS, (1, 1)), 1.0, "fermion.1")
        expected = -np.linalg.slogdet(D)[1]
    else:
        M = (np.eye(64) - KAPPA * wilson.hopping_matrix(z, (1, 1))) / (2.0 * KAPPA)
        action = DeterminantAction(WilsonOperator(lattice, 1, KAPPA, (1, 1)), 1.0, "fermion.1")
        expected = -2.0 * np.linalg.slogdet(M)[1]
    assert action.value(U) == pytest.approx(expected, rel=1e-12)
    assert_gradient(action, U)


def test_molecular_dynamics_conserve_energy_and_return():
    p = Place("U(1)", (4, 8))
    assert_energy_is_conserved(hamiltonian(p, p.gauge(beta=1.5), of_staggered(p)), p, 1.0)


def test_what_is_known_is_not_computed_again(monkeypatch):
    """The value of the last two links, the factors of the last ones; the same numbers as with nothing remembered."""
    p, q, other = (Place("U(1)", (4, 8), seed=seed) for seed in (1, 2, 3))
    action, count = of_staggered(p), 0
    eliminate = dense.eliminate

    def counted(*given):
        nonlocal count
        count += 1
        return eliminate(*given)

    expected = [of_staggered(p).value(links.U) for links in (p, q)]
    slopes = [gradient(of_staggered(p), links.U)["c"] for links in (p, q)]
    monkeypatch.setattr(dense, "eliminate", counted)
    values = [action.value(links.U) for links in (p, q, p, q)]
    assert count == 2
    assert values == expected * 2
    forces = [gradient(action, links.U)["c"] for links in (q, p, p)]
    assert count == 4
    action.value(other.U)  # the operator holds its links now
    forces.append(gradient(action, p.U)["c"])
    for force, slope in zip(forces, (slopes[1], slopes[0], slopes[0], slopes[0]), strict=True):
        np.testing.assert_array_equal(force, slope)
    assert action.value(p.U) == expected[0]
    assert count == 6


def test_links_that_are_no_numbers_stop():
    p = Place("U(1)", (4, 8))
    p.U["c"][0, 0] = np.nan
    with pytest.raises(NumericalError, match="NaN"):
        of_staggered(p).value(p.U)
