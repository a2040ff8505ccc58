"""An action on mapped links: the map is computed once for the same links and weights."""

import numpy as np
import pytest
from builders import Place

from lqcdnn.actions.base import sum_of_gradients
from lqcdnn.actions.composed import Composed


def test_the_map_is_computed_again_only_for_other_links_or_weights(monkeypatch):
    p = Place("SU(2)", (2, 2, 2, 4), spread=0.4)
    network = p.network(2, ("plaquette",), size=0.05)
    action = Composed(p.gauge(2.3), network)
    calls, forward = [], network.forward
    monkeypatch.setattr(network, "forward", lambda U: calls.append(1) or forward(U))

    def found(count):
        value = action.value(p.U)
        assert len(calls) == count
        assert value == action.action.value(forward(p.U)[0])
        return value

    first = found(1)
    assert found(1) == first
    p.U["c"][0, 0] = p.U["c"][1, 0]  # in place, as molecular dynamics does
    assert found(2) != first
    network.theta = 2.0 * np.asarray(network.theta)
    found(3)


@pytest.mark.parametrize("group", ["SU(2)", "SU(3)"])
def test_a_gradient_made_is_one_added_to_zero(group):
    p = Place(group, (2, 2, 2, 4), spread=0.4)
    action, gauge = Composed(p.gauge(2.3), p.network(2, ("plaquette",), size=0.05)), p.gauge(1.1)
    added = np.zeros_like(p.U)
    action.add_gradient(p.U, added)
    np.testing.assert_array_equal(sum_of_gradients([action], p.U)["c"], added["c"])
    gauge.add_gradient(p.U, added)
    np.testing.assert_array_equal(sum_of_gradients([action, gauge], p.U)["c"], added["c"])
    assert not sum_of_gradients([], p.U)["c"].any()
