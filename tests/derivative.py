"""The generic gradient test: any action, any links."""

import numpy as np
from reference import samples
from reference.matrices import trace

from lqcdnn.actions.base import gradient
from lqcdnn.kernels.links import update_links
from lqcdnn.lattice.geometry import colors

STEP = 1e-4


def fourth_order(f, step=STEP):
    """df/dt at 0, error of order step^4."""
    near, far = (f(step) - f(-step)) / (2 * step), (f(2 * step) - f(-2 * step)) / (4 * step)
    return (4.0 * near - far) / 3.0


def assert_gradient(action, U, tolerance=1e-7, seed=8):
    """Sigma in a random direction P, dU = P U, against a fourth-order finite difference of the value.

    The scale is the derivative's typical size in random directions, sqrt(sum |TA(U Sigma)|^2) up to a factor of
    order one, so that a direction that happens to be flat does not spoil the test.
    """
    lattice, n = action.lattice, colors(U)
    P = lattice.from_links(samples.algebra(np.random.default_rng(seed), lattice.shape, n))
    z = lattice.to_user(U) @ lattice.to_user(gradient(action, U))
    analytic = trace(z @ lattice.to_user(P)).real.sum()

    def value(t):
        V = U.copy()
        update_links(V, V, P, t)
        return action.value(V)

    numeric = fourth_order(value)
    scale = max(abs(numeric), 0.1 * np.linalg.norm(z - z.conj().swapaxes(-1, -2)))
    assert abs(analytic - numeric) <= tolerance * scale, (analytic, numeric)
    assert abs(numeric) > 1e-3 * scale


def assert_weight_gradient(composed, U, tolerance=1e-7):
    """The derivative by each weight of the network of ``composed`` against finite differences, which are returned."""
    network = composed.link_map
    theta, analytic = network.theta, composed.weight_gradient(U)

    def value(i):
        def at(t):
            network.theta = theta + t * (np.arange(theta.size) == i)
            return composed.value(U)

        return at

    numeric = np.array([fourth_order(value(i)) for i in range(theta.size)])
    network.theta = theta
    np.testing.assert_allclose(analytic, numeric, rtol=0, atol=tolerance * np.abs(numeric).max())
    return numeric
