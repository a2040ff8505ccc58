"""Staggered pseudofermion action against dense linear algebra."""

from dataclasses import replace

import numpy as np
import pytest
from builders import Place, every_place
from kernel_cases import as_links
from reference import staggered as reference

from lqcdnn.actions.base import gradient
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import Stream


@every_place
@pytest.mark.parametrize("flavors", [4, 8])
def test_value_and_gradient(place, flavors):
    p = Place(*place)
    action = p.staggered(flavors)
    action.draw(p.U, Stream(2, 2))
    z, phi = p.lattice.to_user(p.U), p.lattice.to_user(action.field.phi)
    boundary = p.antiperiodic()
    x = reference.solve(z, phi, 0.4, boundary)
    assert action.value(p.U) == pytest.approx(np.vdot(phi, x).real, rel=1e-12)
    sides = (0,) if flavors == 4 else (0, 1)
    expected = as_links(sum(reference.action_gradient(z, phi, 0.4, boundary, side) for side in sides))
    found = p.lattice.to_user(gradient(action, p.U))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


def test_one_solve_per_parity_and_force():
    p = Place("SU(2)", (4, 4, 4))
    for flavors, solves in ((4, 1), (8, 2)):
        action = p.staggered(flavors)
        composed = p.composed(action, p.network(2))
        action.operator.log.reset()
        gradient(composed, p.U)
        assert action.operator.log.solves == solves


def test_tolerances_of_value_and_gradient_are_separate():
    p = Place("SU(2)", (4, 4, 4, 4))
    action = p.staggered(mass=0.1)
    action.draw(p.U, Stream(2, 2))
    action.settings = replace(action.settings, md_tolerance=1e-4)
    log = action.operator.log
    log.reset()
    action.value(p.U)
    exact = log.iterations
    assert log.residual <= 1e-12
    log.reset()
    gradient(action, p.U)
    assert log.iterations < exact
    assert log.residual > 1e-6
    assert action.name == "fermion.1"


def test_unconverged_solve_stops():
    p = Place("SU(2)", (4, 4, 4))
    action = p.staggered()
    action.draw(p.U, Stream(2, 2))
    action.settings = replace(action.settings, max_iterations=2)
    with pytest.raises(NumericalError, match="no convergence"):
        action.value(p.U)
    with pytest.raises(NumericalError, match="no convergence"):
        gradient(action, p.U)
