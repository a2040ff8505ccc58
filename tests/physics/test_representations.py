"""Quarks in higher representations: forces, dense determinants, what is equal to what, and an exact distribution."""

import numpy as np
import pytest
from averages import mean_and_error, weighted_mean_and_error
from builders import Place, assert_energy_is_conserved, hamiltonian, transformation
from derivative import assert_gradient
from input_head import head
from reference import representations, staggered
from reference import wilson as reference
from reference.loops import plaquette
from reference.matrices import trace

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.determinant import DeterminantAction
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.config import load_text
from lqcdnn.dirac.representation import RepresentationLinks
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.jobs.starts import initial_links
from lqcdnn.update.hmc import State

SLOW = pytest.mark.slow
SHAPE = (2, 2, 2, 2)
EXACT = SolverSettings(1e-13, 1e-13)


class Represented(Place):
    """A place with quarks in a representation."""

    def __init__(self, name, representation, shape=SHAPE, **options) -> None:
        super().__init__(name, shape, **options)
        self.representation = representation
        self.map = RepresentationLinks(self.lattice, self.group, representation)

    @property
    def seen(self):
        """R(U) in lattice order, by the definition."""
        return representations.represented(self.lattice.to_user(self.U), self.representation)

    def wilson_operator(self, kappa=0.13, csw=0.0, theta=None):
        return WilsonOperator(self.lattice, self.map.colours.n, kappa, self.antiperiodic(), csw, theta=theta)

    def of_wilson(self, kappa=0.13, csw=0.0):
        """Two flavours with phi drawn."""
        operator = self.wilson_operator(kappa, csw)
        return self.drawn(PseudofermionAction(operator, PseudofermionField(operator.vector(), 0), EXACT))

    def of_staggered(self, mass=0.4):
        operator = StaggeredOperator(self.lattice, self.map.colours.n, mass, self.antiperiodic())
        return self.drawn(StaggeredAction(operator, PseudofermionField(operator.vector(), 0), settings=EXACT))

    def drawn(self, action):
        action = Composed(action, self.map)
        action.draw(self.U, Stream(3, 4))
        return action


PLACES = [
    pytest.param("SU(2)", "adjoint", id="SU(2)-adjoint"),
    pytest.param("SU(3)", "antisymmetric", id="SU(3)-antisymmetric", marks=SLOW),
    pytest.param("SU(3)", "symmetric", id="sextet", marks=SLOW),
    pytest.param("SU(4)", "antisymmetric", id="SU(4)-antisymmetric", marks=SLOW),
    pytest.param("SU(3)", "adjoint", id="SU(3)-adjoint", marks=SLOW),
]
every_place = pytest.mark.parametrize(("name", "representation"), PLACES)


@every_place
@pytest.mark.parametrize("csw", [0.0, 1.3])
def test_wilson(name, representation, csw):
    """The value against the dense matrix of R(U), the gradient against differences, invariance."""
    p = Represented(name, representation)
    action = p.of_wilson(csw=csw)
    phi = p.lattice.to_user(action.action.field.phi)
    expected = reference.action(p.seen, phi, 0.13, p.antiperiodic(), csw)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-11)
    assert_gradient(action, p.U)


@every_place
def test_staggered(name, representation):
    p = Represented(name, representation, (4, 2, 2, 4))
    assert_gradient(p.of_staggered(), p.U)


@SLOW
@every_place
def test_determinants(name, representation):
    """The determinant of an action is that of the dense matrix; its gradient is that of the logarithm."""
    p = Represented(name, representation)
    D = staggered.dense_hop(p.seen, p.antiperiodic())
    operator = StaggeredOperator(p.lattice, p.map.colours.n, 0.4, p.antiperiodic())
    action = Composed(DeterminantAction(operator, 0.75, "fermion.1"), p.map)
    sign, log = np.linalg.slogdet(D + 0.4 * np.eye(len(D)))
    assert sign == pytest.approx(1.0)
    assert action.value(p.U) == pytest.approx(-0.75 * log, rel=1e-12)
    assert_gradient(action, p.U)


def test_gauge_invariance():
    """Spinors of a representation turn with R(g); the determinant does not."""
    p = Represented("SU(2)", "adjoint")
    action = Composed(DeterminantAction(p.wilson_operator(csw=1.3), 1.0, "fermion.1"), p.map)
    _G, transform = transformation(p)
    assert action.value(transform(p.U)) == pytest.approx(action.value(p.U), rel=1e-12)


@pytest.mark.parametrize(("name", "representation"), PLACES[:1] + PLACES[3:])
def test_real_links_have_equal_pairs_of_eigenvalues(name, representation):
    """D^T = C D C^-1 with an antisymmetric C: det D = Pf(C D)^2, whatever the mass; not of complex links."""
    p = Represented(name, representation)
    D = np.sort_complex(np.linalg.eigvals(reference.hopping_matrix(p.seen, p.antiperiodic())).round(9))
    np.testing.assert_allclose(D[::2], D[1::2], rtol=0, atol=1e-7)
    for kappa in (0.13, 0.3, 0.6):
        M = np.eye(len(D)) - kappa * reference.hopping_matrix(p.seen, p.antiperiodic())
        assert np.linalg.slogdet(M)[0].real == pytest.approx(1.0)
    fundamental = reference.hopping_matrix(p.lattice.to_user(p.U), p.antiperiodic())
    values = np.sort_complex(np.linalg.eigvals(fundamental).round(9))
    assert np.abs(values[::2] - values[1::2]).max() > 1e-3


def test_antisymmetric_quarks_of_su3_are_antiquarks():
    p = Represented("SU(3)", "antisymmetric")
    own = DeterminantAction(p.wilson_operator(csw=1.3), 1.0, "fermion.1")
    assert Composed(own, p.map).value(p.U) == pytest.approx(own.value(p.U), rel=1e-12)


def test_symmetric_quarks_of_su2_are_adjoint():
    values = []
    for name in ("adjoint", "symmetric"):
        p = Represented("SU(2)", name)
        values.append(Composed(DeterminantAction(p.wilson_operator(), 1.0, "fermion.1"), p.map).value(p.U))
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_adjoint_quarks_do_not_see_the_centre():
    p = Represented("SU(2)", "adjoint")
    other = p.U.copy()
    other["c"][0, ::3] *= -1.0
    np.testing.assert_array_equal(p.map.forward(p.U)[0]["c"].copy(), p.map.forward(other)[0]["c"])


def test_molecular_dynamics():
    p = Represented("SU(2)", "adjoint", spread=0.4)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(), p.of_wilson()), p, 0.5)


def test_links_of_a_network():
    """S[R(f(U))]: first the network, then the representation."""
    p = Represented("SU(2)", "adjoint", (4, 2, 2, 4))
    network = p.network(1, ("plaquette",))
    action = Composed(p.of_staggered(), network)
    assert action.value(p.U) == pytest.approx(p.of_staggered().value(p.U), rel=0.2)
    assert action.value(p.U) != p.of_staggered().value(p.U)
    assert_gradient(action, p.U)


# ------------------------------------------------------------------ against brute force on 2 x 4 sites

EXACT_INPUT = head([2, 4], "SU(2)", 1.0, seed=3) + """\
[[action.fermion]]
kind = "wilson"
flavors = {flavors}
kappa = 0.24
csw = 0.7
representation = "adjoint"
{more}
[update]
steps = {steps}
integrator = "omelyan"
"""


def chain(text, count):
    """Links [mu, x, t, configuration, i, j] after each trajectory of an input."""
    config = load_text(text)
    sim = build(config)
    hmc, state, found = sim.update(), State(initial_links(config, sim, 3), 0, 3), []
    for t in range(-50, count):
        state, _info = hmc.step(state)
        if t >= 0:
            found.append(sim.lattice.to_user(state.U))
    return np.moveaxis(np.array(found), 0, -3)


def observables(U):
    """[configuration, 2]: adjoint traces of the plaquette and of the Polyakov loop in time."""
    loops = U[1, :, 0] @ U[1, :, 1] @ U[1, :, 2] @ U[1, :, 3]
    found = [abs(trace(z)) ** 2 - 1.0 for z in (plaquette(U, 0, 1), loops)]
    return np.array([found[0].mean(axis=(0, 1)), found[1].mean(axis=0)]).T


@SLOW
@pytest.mark.parametrize("flavors", [2, 1.5])
def test_exactness(flavors):
    """HMC, and rational HMC of three Majorana quarks, against quenched links weighted by |det|^Nf of R(U)."""
    more = "spectrum = [0.001, 20.0]" if flavors < 2 else ""
    own = observables(chain(EXACT_INPUT.format(flavors=flavors, more=more, steps=4), 4000))
    found, error = mean_and_error(own)
    free = chain(EXACT_INPUT.split("[[action")[0] + "[update]\nsteps = 3\n", 10000)
    links = representations.represented(free, "adjoint")
    logs = flavors * reference.log_determinants(links, 0.24, (1, -1), 0.7)
    values = observables(free)
    expected, other = weighted_mean_and_error(values, logs, 300)
    total = np.hypot(error, other)
    assert (np.abs(found - expected) < 4.0 * total).all(), (found, expected, total)
    quenched = values.mean(axis=0)
    assert np.abs((quenched - found) / total).max() > 4.0, (quenched, found, total)  # the determinant is seen
