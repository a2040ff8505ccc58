"""The check of dS_theta/dtheta before a training, where its first step is too long or the derivative is wrong."""

import numpy as np
import pytest

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.errors import NumericalError
from lqcdnn.fields import gauge
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.network.optimizers import SGD
from lqcdnn.update import training
from lqcdnn.update.training import Trainer


@pytest.fixture
def trainer():
    lattice = Lattice((4, 4, 4, 4))
    network = CovariantNetwork([CovariantLayer(lattice, ("plaquette",), weights=np.array([0.1])) for _ in range(2)])
    exact = Hamiltonian(lattice, group("SU(2)"), [GaugeAction(lattice, 2, 2.0)])
    guide = Hamiltonian(lattice, group("SU(2)"), [Composed(GaugeAction(lattice, 2, 2.0), network)])
    return Trainer(exact, guide, network, SGD(1e-3))


def check(trainer):
    return trainer.check_gradient(gauge.hot(trainer.exact.lattice, group("SU(2)"), 5), Stream(1, 0))


def test_the_derivative_is_that_of_the_action(trainer):
    assert check(trainer) < 1e-8


def test_the_error_of_a_long_step_is_no_error_of_the_derivative(trainer, monkeypatch):
    monkeypatch.setattr(training, "STEPS", (0.1,))
    with pytest.raises(NumericalError, match="finite difference"):
        check(trainer)
    monkeypatch.setattr(training, "STEPS", (0.1, 1e-3))
    assert check(trainer) < 1e-8


def test_a_wrong_derivative_is_found_and_the_weights_stay(trainer, monkeypatch):
    right, before = trainer.derivative, trainer.theta.copy()
    monkeypatch.setattr(trainer, "derivative", lambda U: right(U) * (1.0 + 3e-6))
    with pytest.raises(NumericalError, match="allowed 1e-06"):
        check(trainer)
    np.testing.assert_array_equal(trainer.theta, before)
