"""A Wilson operator of the program beside the same as a dense matrix."""

import numpy as np
from builders import Place
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Lattice


class DenseWilson:
    """An operator on random links, and the same as a dense matrix; ``place``: group, extents, kappa."""

    def __init__(self, place, csw, r=1.0, twisted_mass=0.0) -> None:
        name, shape, kappa = place
        self.place = Place(name, shape)
        self.lattice, self.rng = self.place.lattice, self.place.rng
        self.boundary = self.place.antiperiodic()
        self.op = WilsonOperator(
            self.lattice, self.place.n, kappa, self.boundary, csw, r, twisted_mass=twisted_mass
        )
        self.op.set_links(self.place.U)
        self.U = self.lattice.to_user(self.place.U)
        self.M = reference.matrix(self.U, kappa, self.boundary, csw, r, twisted_mass)
        self.even = reference.even_mask(shape, self.place.n)

    def spinor(self):
        x = reference.spinor(self.rng, self.lattice.shape, self.place.n)
        return self.lattice.from_user(x), x.reshape(-1)

    def user(self, psi):
        return self.lattice.to_user(psi).reshape(-1)

    def assert_same(self):
        """M x and M^dag x of the program are those of the matrix."""
        (psi, x), out = self.spinor(), self.op.vector()
        self.op.apply(out, psi)
        np.testing.assert_allclose(self.user(out), self.M @ x, rtol=0, atol=1e-13)
        self.op.apply(out, psi, dagger=True)
        np.testing.assert_allclose(self.user(out), dagger(self.M) @ x, rtol=0, atol=1e-13)


def assert_free_dispersion(shape, kappa, r=1.0, csw=0.0):
    """On unit links M^dag M = (2 kappa)^2 [(m + r sum (1 - cos p))^2 + sum sin^2 p], antiperiodic momenta in time.

    Returns the operator and the largest of these numbers.
    """
    lattice, d, found = Lattice(shape), len(shape), []
    op = WilsonOperator(lattice, 1, kappa, (1,) * (d - 1) + (-1,), csw, r)
    op.set_links(cold(lattice, Group(1)))
    x = np.indices(shape)
    for number in np.ndindex(*shape):
        p = np.array([2 * np.pi * (k + (0.5 if mu == d - 1 else 0.0)) / shape[mu] for mu, k in enumerate(number)])
        wave = np.exp(1j * sum(k * y for k, y in zip(p, x, strict=True)))
        psi = np.zeros((*shape, 1, d), dtype=complex)
        psi[..., 0, :] = wave[..., None] * np.arange(1, d + 1)
        y, out = lattice.from_user(psi), op.vector()
        op.apply(out, y)
        op.apply(y, out, dagger=True)
        mass = 1 / (2 * kappa) - d * r
        found.append((2 * kappa) ** 2 * ((mass + r * (1 - np.cos(p)).sum()) ** 2 + (np.sin(p) ** 2).sum()))
        np.testing.assert_allclose(lattice.to_user(y), found[-1] * psi, rtol=0, atol=1e-12)
    return op, max(found)
