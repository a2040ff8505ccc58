"""Networks that learned a number, as actions: forces against numerical derivatives, gauge covariance, energy."""

import numpy as np
import pytest
from builders import Place, transformation
from derivative import assert_gradient

from lqcdnn.actions.surrogate import SurrogateAction
from lqcdnn.network.lcnn import LCNN, Definition

SLOW = pytest.mark.slow
SPACE = ((0, 1, 2), (3,))
CASES = [
    pytest.param("U(1)", (4, 8), {"channels": (2, 1), "reach": 2, "polyakov": (1,)}, id="U(1)"),
    pytest.param("U(1)", (4, 8), {"channels": (1, 2), "classes": ((0, 1),), "odd": True, "total": True}, id="U(1)-odd"),
    pytest.param("U(1)", (4, 8), {"channels": (), "classes": ((0, 1),)}, id="U(1)-linear"),
    pytest.param("SU(2)", (2, 4, 2, 4), {"channels": (1,), "polyakov": (3,), "classes": SPACE}, id="SU(2)"),
    pytest.param("SU(2)", (4, 4, 4), {"channels": (), "polyakov": (0,), "classes": ((0,), (1, 2))}, marks=SLOW),
    pytest.param("SU(3)", (4, 2, 2, 4), {"channels": (1, 2), "polyakov": (0, 3)}, id="SU(3)", marks=SLOW),
]
every_case = pytest.mark.parametrize(("name", "shape", "made"), CASES)


def action(p, made):
    definition = Definition(p.d, p.n, **made)
    theta = 0.3 * np.random.default_rng(6).normal(size=definition.size)
    return SurrogateAction(LCNN(p.lattice, definition), theta, -1.7)


@every_case
def test_the_force_is_the_derivative_of_the_action(name, shape, made):
    p = Place(name, shape)
    assert_gradient(action(p, made), p.U)


@every_case
def test_the_force_is_gauge_covariant(name, shape, made):
    """Sigma_mu(n) -> G(n + mu) Sigma_mu(n) G(n)^dag."""
    p = Place(name, shape)
    one = action(p, made)
    G, transform = transformation(p)
    there = p.lattice.to_user(one.network.link_gradient(transform(p.U), one.theta))
    Sigma = p.lattice.to_user(one.network.link_gradient(p.U, one.theta))
    turned = G.conj().swapaxes(-1, -2)
    for mu in range(p.d):
        expected = np.roll(G, -1, mu) @ Sigma[mu] @ turned
        np.testing.assert_allclose(there[mu], expected, atol=1e-12 * np.abs(Sigma).max())
