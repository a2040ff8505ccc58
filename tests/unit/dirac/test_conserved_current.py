"""The conserved current: its divergence is the equation of motion on both sides, site by site, for any two fields."""

import numpy as np
import pytest
from builders import Place
from reference import samples
from reference import wilson as reference

from lqcdnn.dirac.conserved import ConservedHops, StaggeredHops
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator


def divergence(op, place, chi, psi):
    """sum_mu [V_mu(n) - V_mu(n - mu)] of chi^dag V psi, [x, ...]."""
    total = 0.0
    for mu in range(op.lattice.d):
        hops = ConservedHops(op, mu)
        hops.set_links(place.U)
        behind, ahead = (op.lattice.to_user(hop(psi)) for hop in (hops.behind, hops.ahead))
        current = np.roll(density(chi, behind), -1, mu) - density(chi, ahead)
        total = total + current - np.roll(current, 1, mu)
    return total


def density(chi, psi):
    return np.einsum("...ia,...ia->...", chi.conj(), psi)


@pytest.mark.parametrize(("name", "shape", "numbers"), [
    ("U(1)", (4, 8), {"weights": (0.7, 1.3), "r": 0.6}),
    ("SU(3)", (4, 2, 2, 4), {"csw": 1.3}),
])  # fmt: skip
def test_ward_identity_of_any_two_fields(name, shape, numbers):
    """chi^dag (D psi) - (D^dag chi)^dag psi: what is left of a change of the phase of q(n), contact terms all of it."""
    place = Place(name, shape)
    op = WilsonOperator(place.lattice, place.n, 0.11, place.antiperiodic(), **numbers)
    op.set_links(place.U)
    chi, psi = (place.lattice.from_user(reference.spinor(place.rng, shape, place.n)) for _ in range(2))
    images = [op.vector() for _ in range(2)]
    op.apply(images[0], psi)
    op.apply(images[1], chi, dagger=True)
    right, left, M_psi, M_chi = (place.lattice.to_user(field) for field in (psi, chi, *images))
    expected = (density(left, M_psi) - density(M_chi, right)) / (2.0 * op.kappa)
    found = divergence(op, place, left, psi)
    assert np.abs(expected).min() > 1e-5
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize("mu", [0, 3])
def test_ward_identity_of_staggered_fields(mu):
    """The same of all sites of a slice: what flows out of it ahead and in from behind, V taken between two slices."""
    place = Place("SU(3)", (4, 2, 2, 4))
    op = StaggeredOperator(place.lattice, 3, 0.11, place.antiperiodic())
    op.set_links(place.U)
    hops = StaggeredHops(op, mu)
    hops.set_links(place.U)
    chi, psi = (samples.vector(place.rng, (4, 2, 2, 4), 3) for _ in range(2))
    slices = np.indices((4, 2, 2, 4))[mu]

    def image(field, dagger):
        out = op.vector()
        op.apply(out, place.lattice.from_user(field), dagger)
        return place.lattice.to_user(out)

    def on(field, n):
        return np.where((slices == n)[..., None, None], field, 0.0)

    def between(n, m):
        return np.vdot(on(chi, n), place.lattice.to_user(hops.current(place.lattice.from_user(on(psi, m)))))

    found = between(0, 1) + between(1, 0) - between(3, 0) - between(0, 3)
    expected = np.vdot(on(chi, 0), image(psi, False)) - np.vdot(image(chi, True), on(psi, 0))
    assert abs(expected) > 1e-2
    assert found == pytest.approx(expected, rel=1e-12)
