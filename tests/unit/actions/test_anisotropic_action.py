"""Gauge actions of anisotropic lattices: loop by loop, gradients, sweeps, with ends, twist and defect; xi_0 = 1."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from reference import anisotropy as reference
from reference import samples

from lqcdnn.actions.base import gradient
from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config.tables.gauge_actions import GaugeConfig, LoopWeights, improved_in_space, loop_weights
from lqcdnn.errors import InputError
from lqcdnn.fields.algebra import momenta
from lqcdnn.fields.gauge import reunitarize
from lqcdnn.fields.group import group
from lqcdnn.fields.opentime import from_user
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.defect import Defect, DefectLoops
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.loops import loop_count
from lqcdnn.lattice.twist import Twist
from lqcdnn.update.heatbath import HeatBath

XI, US, UT = 2.5, 0.85, 0.95
CASES = [
    ("U(1)", (4, 8), -0.2),
    ("SU(2)", (4, 4, 4), -0.1),
    ("SU(2)", (4, 2, 2, 4), "space"),
    pytest.param("SU(3)", (4, 2, 2, 4), "space", marks=pytest.mark.slow),
    pytest.param("SU(2)", (2, 4, 2, 4), 0.0, marks=pytest.mark.slow),
    pytest.param("SU(3)", (4, 2, 2, 4), -0.331, marks=pytest.mark.slow),
    pytest.param("SU(2)", (3, 4, 5), -0.1, marks=pytest.mark.slow),
    pytest.param("SU(4)", (4, 4, 2, 2), "space", marks=pytest.mark.slow),
]
SWEPT = [
    *CASES[:2],
    pytest.param("SU(2)", (2, 4, 2, 4), 0.0, marks=pytest.mark.slow),
    pytest.param("SU(2)", (4, 3, 3, 4), "space", marks=pytest.mark.slow),
]
every_case = pytest.mark.parametrize(("name", "shape", "c1"), CASES)


def weights(c1):
    return improved_in_space(XI, US, UT) if c1 == "space" else loop_weights(c1, XI)


def by_loops(z, c1, beta=2.3):
    return reference.improved_in_space(z, beta, XI, US, UT) if c1 == "space" else reference.wilson_type(z, beta, c1, XI)


@every_case
def test_value_and_gradient(name, shape, c1):
    place = Place(name, shape)
    action = place.gauge(2.3, weights(c1))
    assert action.value(place.U) == pytest.approx(by_loops(place.lattice.to_user(place.U), c1), rel=1e-12)
    assert_gradient(action, place.U)


@every_case
def test_kick(name, shape, c1):
    """With a gradient of other actions and without."""
    place = Place(name, shape)
    action, other = place.gauge(2.3, weights(c1)), place.lattice.links(place.n)
    other["c"][:] = place.rng.normal(size=other["c"].shape)
    for of_others in (None, other):
        P, total = momenta(place.lattice, place.n), gradient(action, place.U).copy()
        clear(P)
        if of_others is not None:
            total["c"] += of_others["c"]
        action.kick(P, place.U, None if of_others is None else of_others.copy(), 0.1)
        z = place.lattice.to_user(place.U) @ place.lattice.to_user(total)
        anti = (z - z.conj().swapaxes(-1, -2)) / 2
        if place.n > 1:
            anti -= np.trace(anti, axis1=-2, axis2=-1)[..., None, None] * np.eye(place.n) / place.n
        np.testing.assert_allclose(place.lattice.to_user(P), 0.1 * anti, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "shape"), [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (4, 2, 2, 4))])
@pytest.mark.parametrize("c1", [0.0, -0.1])
def test_isotropic_bits(name, shape, c1):
    """xi_0 = 1 is the isotropic action, to the last bit, by the same machine code."""
    place = Place(name, shape)
    plain, even = place.gauge(2.3, c1), place.gauge(2.3, loop_weights(c1, 1.0))
    assert even.space is None
    assert even.classes == plain.classes
    assert even.value(place.U) == plain.value(place.U)
    assert np.array_equal(gradient(even, place.U)["c"], gradient(plain, place.U)["c"])


def test_two_dimensions_know_beta_times_xi():
    place = Place("U(1)", (4, 8))
    stretched = place.gauge(2.0 * XI)
    assert place.gauge(2.0, loop_weights(0.0, XI)).value(place.U) == pytest.approx(stretched.value(place.U), rel=1e-14)


@pytest.mark.parametrize(("xi", "us", "ut"), [(1.0, 1.0, 1.0), (3.0, 1.0, 1.0)])
def test_weak_fields_do_not_depend_on_the_action(xi, us, ut):
    """Constant weak fields of space and of time have the same action, F_ij^2 / xi and xi F_it^2, with any weights."""
    of = [loop_weights(0.0, xi), loop_weights(-1.0 / 12.0, xi), improved_in_space(xi, us, ut)]
    space = [w.plaquette_space + 2 * 4 * w.rectangle_space for w in of]
    time = [w.plaquette_time + 4 * (w.rectangle_short + w.rectangle_long) for w in of]
    np.testing.assert_allclose(space, 1.0 / xi, rtol=1e-14)
    np.testing.assert_allclose(time, xi, rtol=1e-14)


@pytest.mark.parametrize(("name", "shape", "c1"), SWEPT)
def test_overrelaxation_keeps_the_action(name, shape, c1):
    """Single links see all their staples with their weights: the sweep is a reflection of each."""
    place = Place(name, shape)
    action = place.gauge(2.3, weights(c1))
    assert_kept(action, place.U, place.group)


def assert_kept(action, U, of):
    algorithm = "kennedy_pendleton" if of.special else "best_fisher"
    V = U.copy()
    HeatBath(action, of, algorithm).overrelax(V)
    assert np.abs(V["c"] - U["c"]).max() > 0.1
    assert action.value(V) == pytest.approx(action.value(U), rel=1e-12)


@pytest.mark.parametrize("c1", [0.0, -0.1])
def test_open_time(c1):
    """Space loops of the first and the last slice count half of 1/xi_0."""
    lattice = Lattice((4, 4, 4), open_time=True)
    z = samples.links(np.random.default_rng(3), (4, 4, 4), 2)
    action, plain = (GaugeAction(lattice, 2, 2.3, loop_weights(c1, xi)) for xi in (XI, 1.0))
    U = from_user(lattice, z)
    assert_gradient(action, U)
    assert_kept(action, U, group("SU(2)"))
    z[-1, ..., -1, :, :] = 0.0
    slices = [z[:2, :, :, t] for t in range(4)]
    inside = [reference.wilson_type(of_slice, 1.0, c1, 1.0) for of_slice in slices]
    space = sum(inside) - 0.5 * (inside[0] + inside[-1])
    time = plain.value(U) / 2.3 - space
    assert action.value(U) == pytest.approx(2.3 * (space / XI + XI * time), rel=1e-12)


def test_twist():
    """With the twist in planes of space and of time: the weights of the loops at the corners."""
    lattice = Lattice((4, 4, 4), twist=Twist(2, ((0, 1, 1), (1, 2, 1))))
    U = lattice.from_links(samples.links(np.random.default_rng(3), (4, 4, 4), 2))
    assert_gradient(GaugeAction(lattice, 2, 2.3, loop_weights(-0.1, XI)), U)
    assert_kept(GaugeAction(lattice, 2, 2.3, loop_weights(-0.1, XI)), U, group("SU(2)"))
    parts = [GaugeAction(lattice, 2, 2.3, w).value(U) for w in (LoopWeights(1e-9, 1.0), LoopWeights(1.0, 1e-9))]
    whole = GaugeAction(lattice, 2, 2.3).value(U)
    assert sum(parts) == pytest.approx(whole, rel=1e-8)


@pytest.mark.parametrize("normal", [0, 2])
def test_defect(normal):
    """A defect across space and across time: at coupling 0 links through it are in no loop at all."""
    place = Place("SU(2)", (4, 4, 4))
    action = place.gauge(2.3, loop_weights(-0.1, XI))
    defect = Defect(place.lattice, normal, 2)
    loops = DefectLoops(defect, action.classes)
    weak = WeakenedGaugeAction(action, loops, 0.4)
    assert_gradient(weak, place.U)
    assert_kept(weak, place.U, place.group)
    gone = WeakenedGaugeAction(action, loops, 0.0)
    before, z = gone.value(place.U), place.lattice.to_user(place.U)
    z[normal][defect.links] = np.eye(2)
    assert gone.value(place.lattice.from_links(z)) == pytest.approx(before, rel=1e-12)
    assert action.value(place.lattice.from_links(z)) != pytest.approx(before, rel=1e-3)


def test_heat_bath_does_not_mix_up_planes():
    """At strong coupling plaquettes are beta w / (2 N^2), of SU(2) beta w / 4, each with the weight w of its plane."""
    lattice, of, beta = Lattice((8, 8, 8)), group("SU(2)"), 0.4
    place = Place("SU(2)", (8, 8, 8))
    bath, U = HeatBath(GaugeAction(lattice, 2, beta, loop_weights(0.0, 2.0)), of), place.U
    found = []
    for k in range(1, 61):
        bath.sweep(U, k, 11)
        reunitarize(lattice, U, of)
        found.append(reference.plaquettes(lattice.to_user(U)))
    space, time = np.mean(found[5:], axis=0)
    # next order: (beta w / 4)^3 of two plaquettes more and the cubes around; errors by the plaquettes' variance 1/4
    error = 0.5 / np.sqrt(512 * 55)
    assert space == pytest.approx(beta / 8 - (beta / 2) ** 3 / 96, abs=4 * error)
    assert time == pytest.approx(beta / 2 - (2 * beta) ** 3 / 96, abs=4 * error)


def test_parts_of_classes():
    assert [loop_count(name, (4, 4, 4)) for name in ("plaquette_space", "plaquette_time")] == [64, 128]
    counts = [loop_count(name, (4, 4, 4)) for name in ("rectangle_space", "rectangle_short", "rectangle_long")]
    assert counts == [128, 128, 128]


def test_weights_of_the_input():
    assert GaugeConfig(kind="symanzik", beta=1.0).weights == loop_weights(-1.0 / 12.0)
    assert GaugeConfig(kind="rectangle", c1=-0.2, beta=1.0, anisotropy=2.0).weights == loop_weights(-0.2, 2.0)
    found = GaugeConfig(kind="symanzik_space", beta=1.0, anisotropy=3.0, us=0.8, ut=1.0).weights
    assert found == improved_in_space(3.0, 0.8, 1.0)


def test_between_fixed_links_planes_are_alike():
    lattice = Lattice((4, 4, 4), fixed=BoundaryFields(*[(0.0, 0.0)] * 6))
    with pytest.raises(InputError, match="alike"):
        GaugeAction(lattice, 2, 2.3, loop_weights(0.0, XI))
