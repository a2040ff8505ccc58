"""A scalar field beside the links: its action and force, heat bath and reflections, HMC of links (physics.md 30)."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, hamiltonian, one_level, transformation
from derivative import assert_gradient
from reference import scalar as reference

from lqcdnn.actions.scalar import ScalarAction, ScalarField, uniform
from lqcdnn.config.tables.observables import HiggsConfig, HiggsCorrelatorConfig
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.random import Stream
from lqcdnn.measure.gauge.higgs import Higgs
from lqcdnn.measure.gauge.higgs_correlator import HiggsCorrelator
from lqcdnn.update.scalar import ScalarHMC, ScalarSweeps
from lqcdnn.update.state import State

KAPPA, QUARTIC = 0.17, 0.6
SHAPE = (4, 2, 2, 4)
PLACES = [
    ("SU(2)", SHAPE),
    *(
        pytest.param(*place, marks=pytest.mark.slow)
        for place in (("U(1)", (4, 8)), ("SU(3)", (4, 2, 4)), ("SU(2)", (4, 2, 2, 2)))  # the last collects neighbours
    ),
]
every_place = pytest.mark.parametrize(("name", "shape"), PLACES)


class Scalar(Place):
    """Hot links and a random field."""

    def __init__(self, name="SU(2)", shape=SHAPE, kappa=KAPPA, quartic=QUARTIC, **more) -> None:
        super().__init__(name, shape, **more)
        self.field = ScalarField(self.lattice, self.n)
        parts = self.rng.normal(size=(2, *shape, self.n, 1))
        self.z, self.phi = self.lattice.to_user(self.U), parts[0] + 1j * parts[1]
        self.field.phi = self.lattice.from_user(self.phi)
        self.action = ScalarAction(self.field, kappa, quartic)

    def measured(self, U=None, phi=None, steps=(0, 2)):
        """All numbers of both observables, one after the other."""
        U, phi = self.U if U is None else U, self.field.phi if phi is None else phi
        lists = HiggsCorrelator(HiggsCorrelatorConfig(steps=steps)).measure_field(self.lattice, U, self.group, phi)
        numbers = Higgs(HiggsConfig()).measure_field(self.lattice, U, self.group, phi)
        return numbers, lists


@every_place
def test_action_and_force(name, shape):
    p = Scalar(name, shape)
    assert p.action.value(p.U) == pytest.approx(reference.action(p.z, p.phi, KAPPA, QUARTIC), rel=1e-13)
    assert_gradient(p.action, p.U)


@every_place
def test_action_and_observables_are_gauge_invariant(name, shape):
    p = Scalar(name, shape)
    before, (numbers, lists) = p.action.value(p.U), p.measured()
    G, transform = transformation(p)
    p.field.phi = p.lattice.from_user(G @ p.phi)
    U = transform(p.U)
    assert np.abs(p.lattice.to_user(p.field.phi) - p.phi).max() > 0.5
    assert p.action.value(U) == pytest.approx(before, rel=1e-13)
    again, lists_again = p.measured(U)
    assert again == pytest.approx(numbers, rel=1e-12)
    for key, values in lists.items():
        np.testing.assert_allclose(lists_again[key], values, rtol=0, atol=1e-11)


@every_place
def test_observables_are_those_of_the_formulas(name, shape):
    p = Scalar(name, shape)
    numbers, lists = p.measured(steps=(0,))
    length, hops = (np.abs(p.phi) ** 2).sum(axis=(-1, -2)), reference.hops(p.z, p.phi)
    ahead = np.array([np.roll(length, -1, axis=mu) for mu in range(p.d)])
    of_sites = [length.mean(), ((length - 1.0) ** 2).mean()]
    of_links = [hops.real.mean(), (hops.real / np.sqrt(length * ahead)).mean()]
    assert list(numbers.values()) == pytest.approx([*of_sites, *of_links], rel=1e-12)
    space = tuple(range(p.d - 1))
    operators = [length.mean(axis=space), hops[:-1].real.mean(axis=(0, *(mu + 1 for mu in space)))]
    assert lists["higgs_scalar_vacuum"] == pytest.approx([operator.mean() for operator in operators], rel=1e-12)
    T = p.lattice.shape[-1]
    cross = [(operators[0] * np.roll(operators[1], -t)).mean() for t in range(T)]
    assert lists["higgs_scalar"][0][1] == pytest.approx(cross, rel=1e-12)
    vectors = [hops[:-1].imag]
    if p.n == 2:  # i sigma_2 phi^* in the place of phi
        other = np.stack([p.phi[..., 1, :].conj(), -p.phi[..., 0, :].conj()], axis=-2)
        moved = [p.z[mu] @ np.roll(p.phi, -1, axis=mu) for mu in space]
        mixed = np.array([(other.conj() * there).sum(axis=(-1, -2)) for there in moved])
        vectors += [mixed.real, mixed.imag]
    slices = np.array(vectors).mean(axis=tuple(mu + 2 for mu in space))
    found = [(slices * np.roll(slices, -t, axis=-1)).mean() for t in range(T)]
    assert lists["higgs_vector"][0][0] == pytest.approx(found, rel=1e-12)


@every_place
def test_a_reflection_keeps_the_action(name, shape):
    p = Scalar(name, shape)
    before = p.action.value(p.U)
    ScalarSweeps(p.action).reflect(p.field.phi, p.U)
    after = p.lattice.to_user(p.field.phi)
    np.testing.assert_allclose(np.abs(after**2).sum(axis=-2), np.abs(p.phi**2).sum(axis=-2), rtol=1e-12)
    assert np.abs(after - p.phi).max() > 0.5
    assert p.action.value(p.U) == pytest.approx(before, rel=1e-13)


def assert_moments(rows, expected):
    """Means of samples [sweep, quantity] within four and a half errors, from the means of 20 bins."""
    bins = rows[: len(rows) // 20 * 20].reshape(20, -1, rows.shape[1]).mean(axis=1)
    errors = bins.std(axis=0, ddof=1) / np.sqrt(20.0)
    assert (errors < 0.02 * np.abs(expected)).all()
    assert (np.abs(bins.mean(axis=0) - expected) < 4.5 * errors).all(), (bins.mean(axis=0), errors, expected)


def chain_of_moments(p, sweeps, count):
    """|phi|^2 and Re phi^dag phi' along x after each of ``count`` updates at fixed links."""
    rows = []
    for k in range(count):
        sweeps.run(p.field.phi, p.U, Stream(11, k + 1))
        phi = p.lattice.to_user(p.field.phi)
        hop = (phi.conj() * np.roll(phi, -1, axis=0)).real.sum(axis=(-1, -2))
        rows.append([(np.abs(phi) ** 2).sum(axis=(-1, -2)).mean(), hop.mean()])
    return np.array(rows[count // 20 :])


@every_place
@pytest.mark.parametrize(("kappa", "quartic"), [(0.4, 0.5), pytest.param(0.5, 100.0, marks=pytest.mark.slow)])
def test_rings_have_their_exact_moments(name, shape, kappa, quartic):
    """Links 0 but those of the first direction, which are 1: rings of four sites."""
    p = Scalar(name, shape, kappa, quartic)
    p.U = p.lattice.from_links(np.stack([(mu == 0) * np.eye(p.n) + 0.0 * p.z[mu] for mu in range(p.d)]))
    longest = 3.5 if quartic < 1.0 else 1.5
    expected = reference.Ring(p.n, 4, quartic, longest=longest).moments(kappa)
    assert_moments(chain_of_moments(p, ScalarSweeps(p.action, 1, 1), 2000), np.array(expected))


def test_a_free_field_has_its_propagator():
    p = Scalar("SU(2)", SHAPE, kappa=0.08, quartic=0.0)
    p.U = p.lattice.from_links(np.zeros_like(p.z) + np.eye(p.n))
    rows = chain_of_moments(p, ScalarSweeps(p.action, 1, 1), 1200)
    assert_moments(rows[:, :1], np.array([p.n * reference.free_length(SHAPE, 0.08)]))


def test_a_field_that_is_no_number_is_told():
    p = Scalar()
    p.field.phi["c"][-1] = np.nan
    with pytest.raises(NumericalError, match="no heat bath value of the scalar"):
        ScalarSweeps(p.action).run(p.field.phi, p.U, Stream(1, 1))


@every_place
def test_energy_is_conserved_at_a_fixed_field(name, shape):
    p = Scalar(name, shape)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(), p.action), p, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["staggered", "wilson"])
def test_energy_is_conserved_beside_quarks(kind):
    p = Scalar()
    assert_energy_is_conserved(hamiltonian(p, p.gauge(), getattr(p, kind)(), p.action), p, 0.5)


def test_a_step_keeps_its_state_and_begins_alike():
    """A rejected trajectory keeps the new field; the same state gives the same bytes."""
    p = Scalar()
    H = hamiltonian(p, p.gauge(), p.action)
    hmc = ScalarHMC(ScalarSweeps(p.action, 2, 1), H, one_level("leapfrog", 2, 1.0, "gauge", "scalar"))
    start = State(p.U, 0, 5, scalar=p.lattice.from_user(p.phi))
    first, info = hmc.step(start)
    assert (p.lattice.to_user(start.scalar) == p.phi).all()
    assert (first.U["c"] == p.U["c"]).all() == (not info.accepted)
    assert (first.scalar["c"] != start.scalar["c"]).all()
    again, same = hmc.step(start)
    assert again.scalar.tobytes() == first.scalar.tobytes()
    assert same == info
    fresh, given = hmc.step(State(p.U, 0, 5)), hmc.step(State(p.U, 0, 5, scalar=uniform(p.lattice, 2)))
    assert fresh[0].scalar.tobytes() == given[0].scalar.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2, 4])
def test_the_width_of_blocks_does_not_matter(width):
    found = []
    for p in (Scalar(), Scalar(width=width)):
        ScalarSweeps(p.action, 2, 1).run(p.field.phi, p.U, Stream(3, 4))
        found.append(p.lattice.to_user(p.field.phi))
    np.testing.assert_array_equal(*found)


def test_links_alone_have_no_scalar_field():
    p = Scalar()
    with pytest.raises(InputError, match="on links alone"):
        Higgs(HiggsConfig()).measure(p.lattice, p.U, p.group, Stream(1, 1))
