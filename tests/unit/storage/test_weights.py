"""Weights files: which networks and which physics they fit."""

import numpy as np
import pytest

from lqcdnn.errors import InputError
from lqcdnn.storage.weights import Weights, check_definition, load, other_physics, save

LAYERS = [{"loops": ["plaquette", "rectangle"], "sharing": "direction"}]
PHYSICS = {"action": {"fermion": [{"kind": "staggered", "mass": 0.3}]}}


def of_file(theta=8, physics=PHYSICS):
    return Weights(np.zeros(theta), LAYERS, physics, "of the file", {})


@pytest.mark.parametrize("size", [6, 8])
def test_weights_of_each_direction_belong_to_one_number_of_dimensions(size):
    check_definition("w.h5", of_file(size), LAYERS, size)
    with pytest.raises(InputError, match=rf"w.h5 is of another network: {size} weights in the file, {14 - size} here"):
        check_definition("w.h5", of_file(size), LAYERS, 14 - size)


def test_weights_of_hex_smearing(tmp_path):
    """They are read back, and are no weights of loops."""
    layers = [{"kind": "hex", "sharing": "shared"}]
    save(tmp_path / "w.h5", Weights(np.array([0.9, 0.7, 0.3]), layers, PHYSICS, "of the file", {}))
    found = load(tmp_path / "w.h5")
    check_definition("w.h5", found, layers, 3)
    with pytest.raises(InputError, match='is of another network: kind of layer 1: "hex" in the file, null here'):
        check_definition("w.h5", found, LAYERS, 3)


@pytest.mark.parametrize(("exact", "effect"), [(False, "results stay exact"), (True, "part of this action")])
def test_what_other_physics_mean(exact, effect):
    here = {"action": {"fermion": [{"kind": "staggered", "mass": 0.2}]}}
    said = other_physics(of_file(), here, "here", exact)
    assert said is not None
    assert "TRAINED FOR OTHER PHYSICS (action.fermion.1.mass: trained for 0.3, now 0.2)" in said
    assert effect in said


def test_trained_couplings_belong_to_the_weights_with_the_values_they_have_come_to():
    def guide(beta, coefficient):
        return PHYSICS | {"guide": {"gauge": {"beta": beta}, "fermion": [{"coefficient": coefficient}]}}

    theta, names = np.array([0.0] * 8 + [0.5, 2.25, 1.125]), ("constant", "beta", "fermion.1")
    found = Weights(theta, LAYERS, guide(2.0, 1.0), "of the file", {}, names)
    assert other_physics(found, guide(2.25, 1.125), "here", False) is None
    assert other_physics(found, guide(2.25001, 1.125), "here", False) is None  # six digits of it
    assert "trained for 2.25, now 2.2501" in other_physics(found, guide(2.2501, 1.125), "here", False)
    said = other_physics(found, guide(2.0, 1.0), "of the file", False)
    assert "guide.fermion.1.coefficient: trained for 1.125, now 1.0, guide.gauge.beta: trained for 2.25" in said


def test_what_files_say_of_solvers_is_no_other_physics():
    theirs = {"action": {"fermion": [{"kind": "staggered", "mass": 0.3, "start_vectors": 4}]}}
    assert other_physics(of_file(physics=theirs), PHYSICS, "here", False, ("start_vectors",)) is None
    assert other_physics(of_file(physics=theirs), PHYSICS, "here", False) is not None
