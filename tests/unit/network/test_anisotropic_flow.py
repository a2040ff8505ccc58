"""The gradient flow of anisotropic lattices: its velocity from the action, and waves that decay as they should."""

import numpy as np
import pytest
from builders import Place

from lqcdnn.actions.base import gradient
from lqcdnn.config.tables.flows import FlowConfig, largest_step
from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT, loop_weights
from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.twist import Twist
from lqcdnn.network.flow import gradient_flow, velocity
from lqcdnn.network.layer import CovariantLayer

XI = 2.0


@pytest.mark.parametrize(
    ("name", "shape", "kind"),
    [
        ("SU(2)", (4, 4, 4), "symanzik"),
        ("U(1)", (2, 4, 8), "wilson"),
        pytest.param("SU(3)", (4, 2, 2, 4), "iwasaki", marks=pytest.mark.slow),
    ],
)
def test_velocity_is_the_gradient_of_the_action(name, shape, kind):
    """Z_mu = N TA(U Sigma) of beta = 1 times xi for links of space, 1/xi for those of time."""
    place = Place(name, shape)
    Z = place.lattice.to_user(velocity(place.lattice, kind, XI).exponents(place.U))
    action = place.gauge(1.0, loop_weights(RECTANGLE_COEFFICIENT[kind], XI))
    z = place.n * (place.lattice.to_user(place.U) @ place.lattice.to_user(gradient(action, place.U)))
    anti = (z - z.conj().swapaxes(-1, -2)) / 2
    if place.n > 1:
        anti -= np.trace(anti, axis1=-2, axis2=-1)[..., None, None] * np.eye(place.n) / place.n
    speed = np.array([XI] * (place.d - 1) + [1.0 / XI]).reshape(place.d, *[1] * (place.d + 2))
    np.testing.assert_allclose(Z, speed * anti, rtol=0, atol=1e-12)


def test_waves_decay_with_their_momentum_in_units_of_space():
    """A_x = cos(p n), p in y and t: exp(-t (p_y^2 + xi^2 p_t^2)) with lattice momenta 2 sin(p / 2)."""
    shape = (2, 4, 8)
    y, t = np.indices(shape)[1:]
    wave = 1e-4 * np.cos(np.pi * y / 2 + np.pi * t / 2)
    z = np.ones((3, *shape, 1, 1), dtype=complex)
    z[0] = np.exp(1j * wave)[..., None, None]
    place = Place("U(1)", shape)
    flow = gradient_flow(place.lattice, FlowConfig(time=0.3, step=0.0025, anisotropy=XI))
    *_, V = flow.states(place.lattice.from_links(z), [0.3])
    found = np.angle(place.lattice.to_user(V)[0, ..., 0, 0])
    np.testing.assert_allclose(found, wave * np.exp(-0.3 * 2.0 * (1.0 + XI**2)), rtol=1e-5, atol=1e-12)


def test_largest_step():
    assert largest_step("wilson", 4, 1.0) == largest_step("wilson", 4)
    assert largest_step("wilson", 4, 3.0) == pytest.approx(largest_step("wilson", 4) * 4 / 12)


def test_refusals():
    lattice = Lattice((4, 4, 4))
    assert isinstance(velocity(lattice, "wilson"), CovariantLayer)
    with pytest.raises(InputError, match="Zeuthen"):
        velocity(lattice, "zeuthen", XI)
    with pytest.raises(InputError, match="ends of time"):
        velocity(Lattice((4, 4, 4), open_time=True), "wilson", XI)
    with pytest.raises(InputError, match="twist"):
        velocity(Lattice((4, 4, 4), twist=Twist(2, ((0, 1, 1),))), "wilson", XI)
    layer, U = velocity(lattice, "wilson", XI), lattice.links(2)
    tape = layer.forward(U)[1]
    with pytest.raises(InputError, match="pullback"):
        layer.pullback(tape, U)
