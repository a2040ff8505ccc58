"""Kicks of the momenta: the same, to the last bit, as the gradient made first; which action makes them."""

import numpy as np
import pytest
from builders import Place, every_place, hamiltonian
from reference import loops as reference
from reference.matrices import ta

from lqcdnn.actions.base import Kicking
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.kernels import links as kernels


def kicked(H, p, names):
    """Momenta after a kick, and after the gradient and a kick by it."""
    P = gaussian_momenta(p.lattice, p.group, Stream(2, 1))
    Q = P.copy()
    H.kick(P, p.U, names, 0.1)
    kernels.kick(Q, p.U, H.gradient(p.U, names), 0.1 * p.group.force_factor)
    return P["c"], Q["c"]


@every_place
@pytest.mark.parametrize("c1", [0.0, -0.331])
@pytest.mark.parametrize("fermion", [False, True], ids=["quenched", "staggered"])
def test_a_kick_is_the_gradient_and_a_kick_by_it(place, c1, fermion):
    p = Place(*place)
    H = hamiltonian(p, p.gauge(2.3, c1), *([p.staggered()] if fermion else []))
    H.draw(p.U, Stream(2, 1))
    names = [term.name for term in H.terms]
    for chosen in (names, names[::-1], names[-1:], []):
        P, Q = kicked(H, p, chosen)
        np.testing.assert_array_equal(P, Q)


@every_place
def test_force_of_the_gauge_action(place):
    """factor TA(U Sigma) of the reference, however the momenta are changed."""
    p, c1 = Place(*place), -0.1
    z, found = p.lattice.to_user(p.U), hamiltonian(p, p.gauge(2.3, c1)).force(p.U, ["gauge"])
    expected = p.group.force_factor * ta(z @ reference.action_gradient(z, 2.3, c1))
    np.testing.assert_allclose(p.lattice.to_user(found), expected, rtol=0, atol=1e-12)


def test_only_the_last_of_two_actions_kicks():
    p = Place("SU(2)", (4, 4, 4))
    first, second = p.gauge(2.3), p.gauge(1.1, -0.2)
    second.name = "other"
    P, Q = kicked(hamiltonian(p, first, second), p, ["gauge", "other"])
    np.testing.assert_array_equal(P, Q)
    both = p.gauge(2.3 + 1.1 * second.coefficients[0], 0.0)
    assert np.abs(P - kicked(hamiltonian(p, both), p, ["gauge"])[0]).max() > 0.01
    assert isinstance(first, Kicking)
    assert not isinstance(p.staggered(), Kicking)
