"""Gauge actions with a defect: against loops summed one by one, their gradient, and what is left at c = 1 and c = 0."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from reference import defect as reference

from lqcdnn.actions.base import gradient
from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.fields.algebra import momenta
from lqcdnn.fields.defect import loop_sums
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.defect import Defect, DefectLoops

CASES = [
    ("U(1)", (4, 8), 0.0, 0, 3),
    ("U(1)", (4, 8), -0.2, 1, 2),
    ("SU(2)", (2, 4, 2, 4), 0.0, 2, 3),
    ("SU(2)", (4, 4, 4), -0.1, 1, 2),
    pytest.param("SU(3)", (4, 2, 2, 4), -0.331, 0, 2, marks=pytest.mark.slow),
    pytest.param("SU(2)", (3, 4, 5), 0.0, 0, 2, marks=pytest.mark.slow),
]


def weakened(place, c1, normal, side, coupling, beta=2.3):
    action = place.gauge(beta, c1)
    return WeakenedGaugeAction(action, DefectLoops(Defect(place.lattice, normal, side), action.classes), coupling)


@pytest.mark.parametrize("coupling", [1.0, 0.4, 0.0])
@pytest.mark.parametrize(("name", "shape", "c1", "normal", "side"), CASES)
def test_value_loop_by_loop(name, shape, c1, normal, side, coupling):
    place = Place(name, shape)
    found = weakened(place, c1, normal, side, coupling).value(place.U)
    expected = reference.action(place.lattice.to_user(place.U), 2.3, c1, coupling, normal, side)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("name", "shape", "c1", "normal", "side"), CASES)
def test_gradient(name, shape, c1, normal, side):
    place = Place(name, shape)
    assert_gradient(weakened(place, c1, normal, side, 0.3), place.U)


@pytest.mark.parametrize(("name", "shape", "c1", "normal", "side"), CASES[:3])
def test_with_full_coupling_it_is_the_action(name, shape, c1, normal, side):
    place = Place(name, shape)
    action = weakened(place, c1, normal, side, 1.0)
    assert action.value(place.U) == action.action.value(place.U)
    assert np.array_equal(gradient(action, place.U)["c"], gradient(action.action, place.U)["c"])


def test_links_of_an_open_defect_are_free():
    place = Place("U(1)", (4, 8))
    action, U = weakened(place, 0.0, 0, 3, 0.0), place.lattice.to_user(place.U)
    before = action.value(place.U)
    U[0][reference.links_through((4, 8), 0, 3)] = 1j
    assert action.value(place.lattice.from_links(U)) == pytest.approx(before, rel=1e-13)
    assert action.action.value(place.lattice.from_links(U)) != pytest.approx(before, rel=1e-3)


def test_the_kick_is_that_of_the_gradient():
    place = Place("SU(2)", (2, 4, 2, 4))
    action = weakened(place, 0.0, 0, 3, 0.2)
    P = momenta(place.lattice, 2)
    clear(P)
    Hamiltonian(place.lattice, place.group, [action]).kick(P, place.U, ["gauge"], 0.5)
    U, Sigma = (place.lattice.to_user(field) for field in (place.U, gradient(action, place.U)))
    z = 0.5 * place.group.force_factor * (U @ Sigma)
    expected = (z - np.conj(z).swapaxes(-1, -2)) / 2.0
    expected -= np.trace(expected, axis1=-2, axis2=-1)[..., None, None] / 2.0 * np.eye(2)
    assert np.abs(place.lattice.to_user(P) - expected).max() < 1e-13


def test_beta_may_change():
    place = Place("U(1)", (4, 8))
    action = weakened(place, 0.0, 0, 3, 0.5)
    action.action.beta = 4.6
    assert action.value(place.U) == pytest.approx(weakened(place, 0.0, 0, 3, 0.5, beta=4.6).value(place.U), rel=1e-13)


def test_each_loop_through_the_defect_counts_once():
    place = Place("U(1)", (4, 8))
    loops = DefectLoops(Defect(place.lattice, 0, 3), ("plaquette",))
    z = place.lattice.from_links(np.full((2, 4, 8, 1, 1), 1.0) * np.array([1.0, -1.0])[:, None, None, None, None])
    assert loop_sums(loops, z).tolist() == [0.0] * len(loops.terms)
    U = place.lattice.to_user(z)
    U[1] *= (-1.0) ** np.arange(4)[:, None, None, None]  # every plaquette is -1
    found = dict(zip(loops.terms, loop_sums(loops, place.lattice.from_links(U)).tolist(), strict=True))
    assert {pair: value for pair, value in found.items() if value} == {(0, 1): 4.0, (0, 2): 4.0}
