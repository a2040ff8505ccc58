"""Self-learning HMC whose guide sees links through a layer of HEX smearing is exact.

That such a guide is reversible and its energy violation of second order: ``test_molecular_dynamics.py``.
"""

import numpy as np
import pytest
from builders import Place
from test_attention_guides import assert_plaquette_of_the_exact_action

from lqcdnn.actions.composed import Composed
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.model import CovariantNetwork


@pytest.mark.slow
def test_plaquette_is_that_of_the_exact_action():
    p = Place("U(1)", (4, 8))
    network = CovariantNetwork([HexLayer(p.lattice, weights=np.array([0.1]))])
    assert_plaquette_of_the_exact_action(p, Composed(p.gauge(1.6), network), 0.9)
