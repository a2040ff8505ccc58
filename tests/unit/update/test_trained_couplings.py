"""Couplings of the guide: their derivatives, a fit that must be exact, what cannot be trained."""

import numpy as np
import pytest
from builders import Place
from builders import hamiltonian as hamiltonian_of

from lqcdnn.actions.base import gradient
from lqcdnn.actions.composed import Composed
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.scaled import ScaledAction
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields import gauge
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.optimizers import SGD, LeastSquares
from lqcdnn.update.fitted import Couplings
from lqcdnn.update.training import Trainer

SU2, LATTICE = group("SU(2)"), Lattice((4, 4, 4))
NAMES = ("constant", "beta", "term.2", "term.1")


def hamiltonian(beta, *coefficients, c1=-0.1):
    terms = list(zip(("chair", "polyakov_time"), coefficients, strict=True))
    return Hamiltonian(LATTICE, SU2, [GaugeAction(LATTICE, 2, beta, c1, terms)])


def trainer(optimizer, names=NAMES):
    guide = hamiltonian(1.5, 0.0, 0.1)
    return Trainer(hamiltonian(2.0, 0.3, -0.2), guide, None, optimizer, couplings=Couplings(guide, names))


def test_derivatives():
    assert trainer(SGD(1e-6)).check_gradient(gauge.hot(LATTICE, SU2, 5), Stream(1, 0)) < 1e-9


def test_a_wrong_derivative_is_found(monkeypatch):
    one = trainer(SGD(1e-6))
    right = one.couplings.derivative
    monkeypatch.setattr(one.couplings, "derivative", lambda U: right(U) * np.array([1.0, 1.0, 1.0, 1.00001]))
    with pytest.raises(NumericalError, match="deviates"):
        one.check_gradient(gauge.hot(LATTICE, SU2, 5), Stream(1, 0))


def test_the_action_is_found_where_the_guide_can_be_it():
    """As many samples as couplings, on links of different roughness, determine them; then the guide is the action."""
    one = trainer(LeastSquares(1e9, 0))
    for seed in range(6):
        one.sample(gauge.hot(LATTICE, SU2, seed), Stream(1, seed))
    assert one.theta == pytest.approx([0.0, 2.0, -0.2, 0.3], abs=1e-6)
    last = one.sample(gauge.hot(LATTICE, SU2, 9), Stream(1, 9))
    assert abs(last.difference) < 1e-6
    action = one.guide.terms[0]
    assert one.couplings.by_name() == {
        "constant": one.couplings.constant, "beta": action.beta,
        "term.2": action.terms.coefficients[1], "term.1": action.terms.coefficients[0],
    }  # fmt: skip
    U = gauge.hot(LATTICE, SU2, 11)
    expected = one.exact.force(U, ["gauge"])["c"]
    np.testing.assert_allclose(one.guide.force(U, ["gauge"])["c"], expected, rtol=0, atol=1e-6)


def test_a_constant_alone_is_the_mean_difference_of_late_samples_most():
    one, bare = trainer(LeastSquares(1.0, 0), ("constant",)), []
    for seed in range(5):
        U = gauge.hot(LATTICE, SU2, seed)
        bare.append(one.exact.terms[0].value(U) - one.guide.terms[0].value(U))
        assert one.sample(U, Stream(1, seed)).equations[0, :-1].tolist() == [1.0]
        weights = [((k + 1.0) * (k + 2.0)) ** 2 for k in range(1, seed + 2)]
        assert one.theta[0] == pytest.approx(np.average(bare, weights=weights), rel=1e-12)


@pytest.mark.parametrize("mapped", [False, True], ids=["thin", "network"])
def test_the_coefficient_of_a_fermion(mapped):
    """Value and gradient are multiples, the derivative is found, and a guide that can be the action becomes it."""
    p = Place("SU(2)", (4, 4, 4))
    fermion, network = p.staggered(), p.network(1, ("plaquette",))
    scaled = ScaledAction(p.staggered(field=fermion.field), 0.9)
    exact, term = (Composed(one, network) if mapped else one for one in (fermion, scaled))
    fermion.draw(p.U, Stream(2, 2))
    assert term.value(p.U) == pytest.approx(0.9 * exact.value(p.U), rel=1e-12)
    expected = 0.9 * gradient(exact, p.U)["c"]
    np.testing.assert_allclose(gradient(term, p.U)["c"], expected, rtol=0, atol=1e-11 * np.abs(expected).max())
    guide = hamiltonian_of(p, p.gauge(), term)
    couplings = Couplings(guide, ("constant", "fermion.1"))
    one = Trainer(hamiltonian_of(p, p.gauge(), exact), guide, None, LeastSquares(1e8, 0), couplings=couplings)
    assert one.check_gradient(p.U, Stream(1, 0)) < 1e-6
    assert scaled.coefficient == 0.9
    for k in range(3):
        one.sample(p.U, Stream(5, k))
    assert couplings.by_name() == pytest.approx({"constant": 0.0, "fermion.1": 1.0}, abs=1e-6)
    assert scaled.coefficient == couplings.by_name()["fermion.1"]
    with pytest.raises(AssertionError, match="drawn from the exact action"):
        guide.draw(p.U, Stream(1, 0))


def test_what_cannot_be_trained():
    guide = hamiltonian(1.5, 0.0, 0.1)
    with pytest.raises(InputError, match=r"term.3 is to be trained, but the guide has 2 terms"):
        Couplings(guide, ("term.3",))
    with pytest.raises(InputError, match=r"fermion.1 is to be trained, but the guide has no such fermion"):
        Couplings(guide, ("fermion.1",))
    with pytest.raises(InputError, match="no gauge action"):
        Couplings(Hamiltonian(LATTICE, SU2, []), ("beta",))
    with pytest.raises(InputError, match="neither a network nor couplings"):
        Trainer(guide, guide, None, SGD(1.0))
