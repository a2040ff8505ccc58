"""Pseudofermion heat bath: phi has the distribution exp(-S), so <S> is the number of complex components."""

import numpy as np
import pytest
from builders import Place, every_place
from reference import staggered as reference

from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector

DRAWS = 150


@every_place
@pytest.mark.parametrize("flavors", [4, 8])
def test_mean_and_spread_of_the_action(place, flavors):
    """S is a sum of |r|^2 with <|r|^2> = 1 and unit variance for each complex component."""
    p = Place(*place)
    action = p.staggered(flavors, tolerance=1e-10)
    dof = p.n * p.lattice.volume // (2 if flavors == 4 else 1)
    values = []
    for t in range(DRAWS):
        action.draw(p.U, Stream(9, t))
        values.append(action.value(p.U))
    assert abs(np.mean(values) - dof) < 5.0 * np.sqrt(dof / DRAWS)
    assert np.std(values) == pytest.approx(np.sqrt(dof), rel=5.0 / np.sqrt(2 * DRAWS))


@every_place
def test_eight_flavours_start_at_the_norm_of_the_noise(place):
    """On all sites S = phi^dag (M^dag M)^{-1} phi = |r|^2 exactly."""
    p = Place(*place)
    action = p.staggered(8)
    known = action.draw(p.U, Stream(9, 1))
    r = p.lattice.to_user(gaussian_vector(p.lattice, p.n, Stream(9, 1), PSEUDOFERMION))
    assert action.value(p.U) == pytest.approx(np.sum(np.abs(r) ** 2), rel=1e-12)
    assert known == pytest.approx(action.value(p.U), rel=1e-12)
    assert p.staggered(4).draw(p.U, Stream(9, 1)) is None


def test_covariance_of_phi():
    """<phi phi^dag> = m^2 - D_eo D_oe on the even sites, nothing on the odd ones."""
    p = Place("SU(2)", (4, 4, 4))
    action, draws = p.staggered(4), 4000
    D = reference.dense_hop(p.lattice.to_user(p.U), p.antiperiodic())
    even = np.repeat(reference.parity(p.lattice.shape) == 0, p.n)
    expected = (0.4**2 * np.eye(len(D)) - D @ D)[even][:, even]
    phi = np.empty((draws, p.lattice.volume * p.n), dtype=complex)
    for t in range(draws):
        action.draw(p.U, Stream(9, t))
        phi[t] = p.lattice.to_user(action.field.phi).ravel()
    assert np.abs(phi[:, ~even]).max() == 0.0
    found = phi[:, even].T @ phi[:, even].conj() / draws
    assert np.abs(found - expected).max() < 6.0 * np.diag(expected).real.max() / np.sqrt(draws)


def test_fields_of_several_actions_are_independent():
    """The index of a pseudofermion names its random numbers."""
    from lqcdnn.actions.pseudofermion import PseudofermionField

    p = Place("SU(2)", (4, 4, 4))
    fields = [PseudofermionField(p.lattice.zeros(p.n, 1), k) for k in range(2)]
    for field in fields:
        p.staggered(4, field=field).draw(p.U, Stream(9, 1))
    a, b = (p.lattice.to_user(f.phi) for f in fields)
    assert abs(np.vdot(a, b)) < 0.5 * np.linalg.norm(a) * np.linalg.norm(b)


@every_place
def test_value_and_gradient_do_not_change_phi(place):
    p = Place(*place)
    action = p.staggered(8)
    action.draw(p.U, Stream(9, 1))
    before, links = action.field.phi["c"].copy(), p.U["c"].copy()
    Sigma = p.lattice.links(p.n)
    action.add_gradient(p.U, Sigma)
    action.value(p.U)
    np.testing.assert_array_equal(action.field.phi["c"], before)
    np.testing.assert_array_equal(p.U["c"], links)
