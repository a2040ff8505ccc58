"""Two flavours of different masses on small lattices, and the same as a dense matrix over both."""

import numpy as np
from builders import Place
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings
from lqcdnn.actions.rational import RationalAction, approximations
from lqcdnn.dirac.doublet import DoubletOperator, ShiftedDoublet
from lqcdnn.dirac.mixedshift import use_mixed_precision
from lqcdnn.dirac.wilson import WilsonOperator

MU, DELTA = 0.3, -0.2


def doublet(p, kappa, csw=0.0, mu=MU, delta=DELTA, **numbers):
    """The operator at a place, without links."""
    root = ((mu - delta) * (mu + delta)) ** 0.5
    quark = WilsonOperator(p.lattice, p.n, kappa, p.antiperiodic(), csw, twisted_mass=root, **numbers)
    return DoubletOperator(quark, mu, delta)


def doublet_action(p, kappa, csw=0.0, mu=MU, delta=DELTA, fields=1, mixed=False, tolerance=1e-13, **numbers):
    """det D_h by ``fields`` pseudofermions; with a clover term on a range that holds on these small lattices."""
    op = doublet(p, kappa, csw, mu, delta, **numbers)
    bounds = op.bounds or ((2 * kappa * (abs(mu) - abs(delta))) ** 2, 60.0)
    system = ShiftedDoublet(op)
    if mixed:
        use_mixed_precision(system)
    phi = [PseudofermionField(op.vector(), k << 8) for k in range(fields)]
    powers = approximations(0.5 / fields, bounds, 1e-14, 1e-13)
    return RationalAction(system, phi, powers, SolverSettings(tolerance, tolerance))


class DenseDoublet:
    """M = A - kappa H + 2 kappa (i mu gamma_5 tau_3 + delta tau_1) on random links, flavours outermost."""

    def __init__(self, place, csw=0.0, mu=MU, delta=DELTA, term=reference.clover_matrix, width=None, **numbers) -> None:
        name, self.shape, kappa = place
        self.p = Place(name, self.shape, width=width)
        self.op = doublet(self.p, kappa, csw, mu, delta, **numbers)
        self.op.set_links(self.p.U)
        links = self.p.lattice.to_user(self.p.U)
        one = reference.matrix(links, kappa, self.p.antiperiodic(), csw, self.op.quark.r, term=term)
        self.g5 = np.kron(np.eye(len(one) // self.p.d), reference.gamma5(self.p.d))
        self.tau1, _, self.tau3 = reference.SIGMA
        turned = 1j * mu * np.kron(self.tau3, self.g5) + delta * np.kron(self.tau1, np.eye(len(one)))
        self.M = np.kron(np.eye(2), one) + 2.0 * kappa * turned
        self.D = one / (2.0 * kappa)
        self.even = np.tile(reference.even_mask(self.shape, self.p.n), 2)
        self.Mhat, self.odd = reference.schur(self.M, self.even)

    def vector(self):
        """A random one of the program, and the same as numbers on the even sites."""
        half, x = self.p.lattice.half, self.op.vector()
        flavors = [reference.spinor(self.p.rng, self.shape, self.p.n) for _ in range(2)]
        for part, y in zip(self.op.pair(x), flavors, strict=True):
            part["c"] = self.p.lattice.from_user(y)["c"][:half]
        return x, np.reshape(flavors, -1)[self.even]

    def user(self, x):
        """A vector of the program as numbers on the even sites."""
        return flavors_of(self.op, x).reshape(-1)[self.even]

    def power(self, exponent):
        """(Mhat^dag Mhat)^exponent."""
        values, vectors = np.linalg.eigh(dagger(self.Mhat) @ self.Mhat)
        return (vectors * values**exponent) @ dagger(vectors)


def flavors_of(op, x):
    """[flavour, x, ..., colour, spin], zero on odd sites."""
    half, found = op.lattice.half, []
    for part in op.pair(x):
        whole = op.quark.vector()
        whole["c"][:half] = part["c"]
        found.append(op.lattice.to_user(whole))
    return np.array(found)
