"""A Wilson operator of the program beside the same as a dense matrix."""

import numpy as np
from builders import Place
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.dirac.wilson import WilsonOperator


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
