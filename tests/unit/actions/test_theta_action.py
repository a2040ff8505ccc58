"""The topological term at imaginary theta: its value, its derivative, and that of the input."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from input_head import head

from lqcdnn.actions.theta import ThetaTerm
from lqcdnn.config import load_text
from lqcdnn.config.tables.observables import TopologicalChargeConfig
from lqcdnn.config.tables.theta import ThetaConfig
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build, build_theta
from lqcdnn.measure.gauge.topological_charge import TopologicalCharge
from lqcdnn.network.build import stout_smearing

CASES = [
    ("U(1)", (4, 8), 0),
    ("SU(2)", (2, 4, 2, 4), 1),
    pytest.param("U(1)", (3, 5), 2, marks=pytest.mark.slow),
    pytest.param("SU(3)", (4, 2, 2, 4), 2, marks=pytest.mark.slow),
    pytest.param("SU(4)", (4, 2, 2, 4), 0, marks=pytest.mark.slow),
]
INPUT = head([4, 4], "U(1)", 2.0) + """\
[action.theta]
imaginary = 3.0
"""


@pytest.mark.parametrize(("name", "shape", "steps"), CASES)
def test_gradient(name, shape, steps):
    place = Place(name, shape, spread=0.4)
    assert_gradient(build_theta(ThetaConfig(imaginary=7.0, smearing=steps), place.lattice, place.group), place.U)


def test_value_is_that_of_the_charge_that_is_measured():
    place = Place("SU(2)", (4, 2, 2, 4), spread=0.4)
    term = build_theta(ThetaConfig(imaginary=-2.5, smearing=3, rho=0.12), place.lattice, place.group)
    smeared, _ = stout_smearing(place.lattice, 3, 0.12).forward(place.U)
    observable = TopologicalCharge(TopologicalChargeConfig(definition="clover"))
    charge = observable.measure(place.lattice, smeared, place.group, Stream(1, 1))["topological_charge"]
    assert abs(charge) > 1e-4
    assert term.value(place.U) == pytest.approx(2.5 * charge, abs=1e-13)
    plain = ThetaTerm(FieldTheoreticCharge(place.lattice, place.n), 1.0)
    assert term.draw(place.U, None) is None
    assert plain.value(place.U) == -FieldTheoreticCharge(place.lattice, place.n).value(place.U)


@pytest.mark.parametrize(
    ("more", "theta_of_guide"),
    [("", 3.0), ("[guide.theta]\nimaginary = 2.0\n", 2.0), ("[guide.theta]\nrho = 0.2", 3.0)],
)
def test_a_guide_has_the_term_of_the_action_or_its_own(more, theta_of_guide):
    simulation = build(load_text(INPUT + "[guide.gauge]\nbeta = 1.5\n" + more))
    found = [[term.imaginary for term in H.terms if term.name == "theta"] for H in (simulation.exact, simulation.guide)]
    assert found == [[3.0], [theta_of_guide]]


def test_other_inputs_have_none():
    simulation = build(load_text(INPUT.partition("[action.theta]")[0]))
    assert [term.name for term in simulation.exact.terms] == ["gauge"]
    assert np.isfinite(simulation.exact.terms[0].value(Place("U(1)", (4, 4)).U))
