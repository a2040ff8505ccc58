"""Gauge actions against the reference: values, gradients, strong and weak field."""

import numpy as np
import pytest
from builders import Place, every_place
from reference import loops as reference

from lqcdnn.actions.base import gradient
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice

kinds = pytest.mark.parametrize("kind", RECTANGLE_COEFFICIENT)


@every_place
@kinds
def test_value_and_gradient(place, kind):
    p, c1 = Place(*place), RECTANGLE_COEFFICIENT[kind]
    action, z = p.gauge(2.3, c1), p.lattice.to_user(p.U)
    assert action.value(p.U) == pytest.approx(reference.action(z, 2.3, c1), rel=1e-12)
    found = p.lattice.to_user(gradient(action, p.U))
    np.testing.assert_allclose(found, reference.action_gradient(z, 2.3, c1), rtol=0, atol=1e-12)


@every_place
@kinds
def test_cold_links_are_the_minimum(place, kind):
    p = Place(*place)
    action, U = p.gauge(c1=RECTANGLE_COEFFICIENT[kind]), gauge.cold(p.lattice, p.group)
    assert abs(action.value(U)) < 1e-10
    z = p.lattice.to_user(gradient(action, U))
    np.testing.assert_allclose(z, z.conj().swapaxes(-1, -2), rtol=0, atol=1e-13)  # no component in the algebra
    assert action.value(p.U) > 0.0


@pytest.mark.parametrize(
    ("kind", "c1"), [("wilson", 0.0), ("symanzik", -1 / 12), ("iwasaki", -0.331), ("dbw2", -1.4088)]
)
def test_coefficients(kind, c1):
    action = GaugeAction(Lattice((4, 4)), 3, 6.0, RECTANGLE_COEFFICIENT[kind])
    names, numbers = ("plaquette", "rectangle"), [pytest.approx(1 - 8 * c1), c1]
    count = 2 if c1 else 1
    assert (action.classes, action.coefficients) == (names[:count], numbers[:count])


@kinds
def test_weak_field_does_not_depend_on_c1(kind):
    """c0 + 8 c1 = 1: a constant weak field of U(1) in d = 2 has the same action in all of them."""
    p, L, c1 = Place("U(1)", (8, 8)), 8, RECTANGLE_COEFFICIENT[kind]
    z = np.ones((2, L, L, 1, 1), dtype=complex)
    flux = 2 * np.pi / L**2
    z[1] = np.exp(1j * flux * np.arange(L))[:, None, None, None]
    z[0, -1] = np.exp(-1j * flux * L * np.arange(L))[:, None, None]
    expected = 2.3 * L**2 * ((1 - 8 * c1) * (1 - np.cos(flux)) + 2 * c1 * (1 - np.cos(2 * flux)))
    assert p.gauge(2.3, c1).value(p.lattice.from_links(z)) == pytest.approx(expected, rel=1e-10)
    assert expected == pytest.approx(2.3 * L**2 * flux**2 / 2, rel=0.06)


def test_gradients_add_up():
    p = Place("SU(2)", (4, 4, 4))
    Sigma = gradient(p.gauge(1.0), p.U)
    p.gauge(2.0, -0.1).add_gradient(p.U, Sigma)
    expected = gradient(p.gauge(1.0), p.U)["c"] + gradient(p.gauge(2.0, -0.1), p.U)["c"]
    np.testing.assert_allclose(Sigma["c"], expected, rtol=0, atol=1e-13)


def test_nothing_to_draw():
    p = Place("SU(2)", (4, 4, 4))
    before = p.U["c"].copy()
    p.gauge().draw(p.U, Stream(1, 1))
    np.testing.assert_array_equal(p.U["c"], before)


def test_rectangles_need_two_sites():
    with pytest.raises(InputError, match="rectangles"):
        GaugeAction(Lattice((1, 4)), 1, 1.0, -0.1)
