"""Actions and networks on small lattices, as the physics tests want them.

A kernel is compiled for each width W of blocks and kind of neighbour table. So that tests share kernels they take
lattices with W = 8 where nothing speaks for others: 4 x 8 in two dimensions, 4 x 4 x 4 in three, extents 2 and 4 in
four. With vectors of 512 bits, 4 x 4 or 2 x 4 x 4 have W = 4, and kernels of their own.
"""

import numpy as np
import pytest
from reference import samples

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.determinant import DeterminantAction
from lqcdnn.actions.domainwall import DomainWallAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.actions.rational import RationalAction, approximations
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.dirac.fatlinks import FatLinks
from lqcdnn.dirac.shifted import ShiftedStaggered
from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import SCHEMES, Integrator, Level
from lqcdnn.kernels.links import gauge_transform
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.loops import loop_exists
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC, State

CLASSES = ("plaquette", "rectangle", "chair", "polyakov_time", "polyakov_space")
PARITIES = {4: (EVEN,), 8: (EVEN, ODD)}
PLACES = [
    ("U(1)", (4, 8)),
    ("SU(2)", (4, 4, 4)),
    ("SU(2)", (2, 4, 2, 4)),
    ("SU(3)", (4, 2, 2, 4)),
    ("SU(4)", (4, 4, 2, 2)),
]


class Place:
    """A lattice, a group, random links (hot or ``spread`` away from one)."""

    def __init__(self, name, shape, seed=1, spread=None, width=None) -> None:
        self.group, self.lattice = group(name), Lattice(shape, width)
        rng = np.random.default_rng(seed)
        if spread is None:
            z = samples.links(rng, shape, self.n)
        else:
            from reference.matrices import exponential

            z = exponential(spread * samples.algebra(rng, shape, self.n))
        self.U = self.lattice.from_links(z)
        self.rng = rng

    @property
    def n(self):
        return self.group.n

    @property
    def d(self):
        return self.lattice.d

    def antiperiodic(self):
        return (1,) * (self.d - 1) + (-1,)

    def gauge(self, beta=2.3, c1=0.0):
        return GaugeAction(self.lattice, self.n, beta, c1)

    def operator(self, mass=0.4, boundary=None):
        return StaggeredOperator(self.lattice, self.n, mass, boundary or self.antiperiodic())

    def staggered(self, flavors=4, mass=0.4, boundary=None, field=None, tolerance=1e-13):
        op = self.operator(mass, boundary)
        field = field or PseudofermionField(op.vector(), 0)
        return StaggeredAction(op, field, PARITIES[flavors], SolverSettings(tolerance, tolerance))

    def wilson(self, kappa=0.13, csw=0.0, boundary=None, field=None, tolerance=1e-13, r=1.0, **numbers):
        """Two Wilson or clover flavours."""
        signs = boundary or self.antiperiodic()
        op = WilsonOperator(self.lattice, self.n, kappa, signs, csw, r, **numbers)
        field = field or PseudofermionField(op.vector(), 0)
        return PseudofermionAction(op, field, SolverSettings(tolerance, tolerance))

    def classes(self):
        """Those that exist; of SU(3) without chairs, which take long to compile, and show what those of SU(2) show."""
        return tuple(name for name in CLASSES if loop_exists(name, self.d) and (name != "chair" or self.n != 3))

    def layer(self, loops=None, sharing="shared", size=0.05):
        """A layer with random weights; loop classes with many loops get smaller ones."""
        layer = CovariantLayer(self.lattice, loops or self.classes(), sharing)
        layer.weights = size * self.rng.normal(size=layer.weights_shape)
        return layer

    def network(self, layers=2, loops=None, sharing="shared", size=0.05):
        return CovariantNetwork([self.layer(loops, sharing, size) for _ in range(layers)])

    def composed(self, action, network):
        """S[f(U)] with its pseudofermion drawn."""
        composed = Composed(action, network)
        composed.draw(self.U, Stream(3, 4))
        return composed


def case_at(place, *more):
    """A case at a place; four colours are slow: they take long to compile, and show what three colours show.

    So are chairs of three colours.
    """
    name = "-".join([place[0], "x".join(map(str, place[1])), *more])
    slow = place[0] == "SU(4)" or (place[0] == "SU(3)" and "chair" in more)
    return pytest.param(place, *more, id=name, marks=[pytest.mark.slow] * slow)


every_place = pytest.mark.parametrize("place", [case_at(place) for place in PLACES])


def every_place_with(loops):
    """Parametrizes with ``place`` and those of the loop classes that exist there, or "all"."""
    cases = [(p, name) for p in PLACES for name in loops if name == "all" or loop_exists(name, len(p[1]))]
    return pytest.mark.parametrize(("place", "loops"), [case_at(*case) for case in cases])


def transformation(p, seed=5):
    """A random gauge transformation G(n) as an array, and the function U -> U^G."""
    G = samples.group_elements(np.random.default_rng(seed), p.n, *p.lattice.shape)
    blocks = p.lattice.from_links(G)

    def transform(U):
        out = p.lattice.links(p.n)
        gauge_transform(out, U, blocks, p.lattice.neighbours)
        return out

    return G, transform


def quark_action(p, kind, tolerance=1e-13, **phases):
    """An action of quarks with ``phases`` (``theta`` or ``flux``, of operators), its pseudofermion drawn."""
    settings, signs = SolverSettings(tolerance, tolerance), p.antiperiodic()
    if kind in ("staggered", "rational", "hisq", "determinant"):
        improvement = improvement_of("hisq", p.d, 0.0, None) if kind == "hisq" else None
        op = StaggeredOperator(p.lattice, p.n, 0.4, signs, improvement, **phases)
        field = PseudofermionField(op.vector(), 0)
        if kind == "determinant":
            return DeterminantAction(op, 0.5, "fermion.1")
        if kind == "rational":
            shifted = ShiftedStaggered(op)
            action = RationalAction(shifted, [field], approximations(0.5, shifted.bounds, 1e-13, 1e-13), settings)
        else:
            action = StaggeredAction(op, field, PARITIES[4], settings)
        action = Composed(action, FatLinks(p.lattice, improvement)) if improvement else action
    elif kind == "domain_wall":
        op = DomainWallOperator(p.lattice, p.n, 0.3, FifthDimension(0.9, 4, 1.5, 0.5), signs, **phases)
        action = DomainWallAction(op, PseudofermionField(op.vector(), 0), settings)
    elif kind == "clover_determinant":
        return DeterminantAction(WilsonOperator(p.lattice, p.n, 0.13, signs, 1.2, **phases), 1.0, "fermion.1")
    else:
        r, twisted = 0.7 if kind == "r" else 1.0, 0.1 if kind == "twisted" else 0.0
        op = WilsonOperator(p.lattice, p.n, 0.13, signs, 1.2, r, twisted_mass=twisted, **phases)
        action = PseudofermionAction(op, PseudofermionField(op.vector(), 0), settings)
    action.draw(p.U, Stream(3, 4))
    return action


def assert_gauge_invariant(p, action, rel=1e-12):
    """S[U^G, G phi] = S[U, phi]."""
    G, transform = transformation(p)
    before, phi = action.value(p.U), action.field.phi
    phi["c"] = p.lattice.from_user(G @ p.lattice.to_user(phi))["c"]
    assert action.value(transform(p.U)) == pytest.approx(before, rel=rel)


def hamiltonian(place, *terms):
    """K + the sum of the terms."""
    return Hamiltonian(place.lattice, place.group, terms)


def one_level(scheme, steps, length, *terms):
    """All terms on one time scale."""
    return Integrator((Level(SCHEMES[scheme], steps, terms),), length)


class GaugeUpdates:
    """Updates of ``action`` of the links alone on ``lattice`` with ``group``."""

    def hmc(self, steps=8, scheme="omelyan"):
        return HMC(hamiltonian(self, self.action), one_level(scheme, steps, 1.0, "gauge"))

    def heat_bath(self, overrelaxation=0):
        algorithm = "kennedy_pendleton" if self.group.special else "best_fisher"
        return HeatBath(self.action, self.group, algorithm, overrelaxation)

    def start(self, seed=7):
        return State(hot(self.lattice, self.group, seed), 0, seed)


def energy_violation(p, H, steps):
    """Root mean square of dH over four trajectories of length 1/2 by leapfrog from the same links."""
    hmc, dH = HMC(H, one_level("leapfrog", steps, 0.5, *(term.name for term in H.terms))), []
    for number in range(4):
        H.draw(p.U, Stream(4, number))
        U, P = p.U.copy(), gaussian_momenta(p.lattice, p.group, Stream(4, number))
        before = sum(hmc.energies(U, P).values())
        U = hmc.integrate(U, P)
        dH.append(sum(hmc.energies(U, P).values()) - before)
    return np.sqrt(np.mean(np.square(dH)))


def assert_energy_is_conserved(H, place, length):
    """dH of Omelyan's scheme falls as the square of the step, and with momenta turned round links come back."""
    H.draw(place.U, Stream(4, 1))
    P0 = gaussian_momenta(place.lattice, place.group, Stream(4, 1))

    def change(steps):
        hmc = HMC(H, one_level("omelyan", steps, length, *(term.name for term in H.terms)))
        P = P0.copy()
        before = sum(hmc.energies(place.U, P).values())
        U = hmc.integrate(place.U.copy(), P)
        after = sum(hmc.energies(U, P).values())
        P["c"] *= -1.0
        back = hmc.integrate(U.copy(), P)
        assert np.abs(back["c"] - place.U["c"]).max() < 1e-10
        return after - before

    coarse, fine = change(8), change(16)
    assert coarse / fine == pytest.approx(4.0, rel=0.15)
