"""The gradient flow of a layer: Wilson flow of other programs, order of the scheme, its limit of small layers."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from builders import Place, transformation
from kernel_cases import numbers
from reference import smearing
from reference.energy import clover_energy, plaquette_energy
from reference.matrices import dagger

from lqcdnn.config import observable
from lqcdnn.config.tables.flows import FLOW_KINDS, LARGEST_DECAY, largest_step
from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import hot, unitarity_violation
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.energy import clover_energy as energy_density
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.flow import RECTANGLES, AdaptiveFlow, GradientFlow, gradient_flow, velocity
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.storage.formats import read_configuration

DATA = Path(__file__).parents[1] / "data"


def wilson_flow(lattice, step, scheme="rk3"):
    return GradientFlow(CovariantLayer(lattice, ("plaquette",), weights=np.ones(1)), step, scheme)


def measured(name, **options):
    """The flow observable on a file."""
    found = read_configuration(DATA / name)
    lattice = Lattice(found.shape)
    chosen = {"flow": observable("flow", options, lattice.d)}
    what = Measurements(lattice, group(found.group), chosen)
    return what.measure(lattice.from_links(found.links), Stream(1, 1))["flow"]


# Clover and plaquette energy times V (openQCD), their densities (HiRep), at t = 0.1, 0.2, ..., 1.0
OTHER_PROGRAMS = {
    "hirep_su2_b2.3_4444": ("hirep_wilson_flow_RK3_eps_0.01", "E_clover", "E_plaq", 1),
    "oqcd_ym_b6.0_8x444n1": ("openqcd_wilson_flow_RK3_eps_0.01", "Yact", "Wact", 512),
}


@pytest.mark.parametrize("name", OTHER_PROGRAMS)
def test_wilson_flow_of_other_programs(name):
    key, clover, plaquette, volume = OTHER_PROGRAMS[name]
    expected = json.loads((DATA / "expected.json").read_text())[name][key]
    found = measured(name, step=0.01)
    assert found["flow_time"] == [line["t"] for line in expected]
    for quantity, column in (("flow_t2E_clover", clover), ("flow_t2E_plaquette", plaquette)):
        values = [line["t"] ** 2 * line[column] / volume for line in expected]
        np.testing.assert_allclose(found[quantity], values, rtol=1e-11, atol=0)


def test_wilson_flow_of_milc():
    """A file in single precision; MILC prints the clover energy, also of space and time planes."""
    expected = json.loads((DATA / "expected.json").read_text())["pg_b5.7_4444"]["milc_wilson_flow"]
    found = measured("pg_b5.7_4444.milc", step=0.01, time=0.9)
    np.testing.assert_allclose(found["flow_t2E_clover"], [e["t"] ** 2 * e["E"] for e in expected], rtol=1e-8, atol=0)
    file = read_configuration(DATA / "pg_b5.7_4444.milc")
    lattice = Lattice(file.shape)
    flow, U = gradient_flow(lattice, observable("flow", {"step": 0.01}, 4)), lattice.from_links(file.links)
    for line, V in zip(expected, flow.states(U, [line["t"] for line in expected]), strict=True):
        energy = energy_density(lattice, V, group("SU(3)"))
        assert energy.space == pytest.approx(line["E_spatial"], rel=1e-8)
        assert energy.time == pytest.approx(line["E_temporal"], rel=1e-8)


def test_other_observables_along_the_flow():
    name = "hirep_su2_b2.3_4444"
    found = measured(name, time=0.04, interval=0.02, along=["polyakov", "plaquette"])
    file = read_configuration(DATA / name)
    lattice = Lattice(file.shape)
    for k, V in enumerate(wilson_flow(lattice, 0.02).states(lattice.from_links(file.links), (0.0, 0.02, 0.04))):
        chosen = {name: observable(name, {}, 4) for name in ("polyakov", "plaquette")}
        expected = Measurements(lattice, group("SU(2)"), chosen).measure(V, Stream(1, 1))
        for values in expected.values():
            for key, value in values.items():
                assert found[f"flow_{key}"][k] == value
    assert found["flow_plaquette"][0] == pytest.approx(0.6236577935511581, rel=1e-13)


def test_energies_of_the_flow_are_those_of_numpy():
    name = "hirep_su2_b2.3_4444"
    found, file = measured(name, time=0.04, interval=0.02), read_configuration(DATA / name)
    lattice = Lattice(file.shape)
    flow, U = wilson_flow(lattice, 0.02), lattice.from_links(file.links)
    for k, t in enumerate((0.0, 0.02, 0.04)):
        links = lattice.to_user(U)
        assert found["flow_t2E_clover"][k] == pytest.approx(t * t * clover_energy(links), rel=1e-12)
        assert found["flow_t2E_plaquette"][k] == pytest.approx(t * t * plaquette_energy(links), rel=1e-12)
        U = flow.forward(U)


@pytest.mark.parametrize("kind", FLOW_KINDS)
@pytest.mark.parametrize(
    ("name", "shape"),
    [("U(1)", (8, 4)), ("SU(2)", (4, 4, 4)), pytest.param("SU(3)", (2, 2, 2, 4), marks=pytest.mark.slow)],
)
def test_every_flow(kind, name, shape):
    """Covariance, the group, falling action, and adaptive steps that end where small steps do."""
    p = Place(name, shape, spread=0.5)
    force = velocity(p.lattice, kind)
    G, transform = transformation(p)
    start, moved = p.lattice.to_user(force.exponents(p.U)), p.lattice.to_user(force.exponents(transform(p.U)))
    np.testing.assert_allclose(moved, G @ start @ dagger(G), rtol=0, atol=1e-12)
    times = [0.1 * k for k in range(1, 7)]
    states = list(GradientFlow(force, min(0.005, largest_step(kind, len(shape)) / 30.0)).states(p.U, times))
    values = [p.gauge(c1=RECTANGLES[kind]).value(V) for V in (p.U, *states)]
    assert all(later < earlier for earlier, later in pairwise(values))
    assert all(unitarity_violation(p.lattice, V, p.group) < 1e-12 for V in states)
    for V, W in zip(AdaptiveFlow(force, 0.02, 1e-7).states(p.U, times), states, strict=True):
        np.testing.assert_allclose(V["c"], W["c"], rtol=0, atol=3e-6)


@pytest.mark.parametrize("place", [("U(1)", (8, 4)), ("SU(2)", (4, 4, 4)), ("SU(3)", (2, 4, 2, 2))], ids=str)
def test_velocities_agree_with_the_reference(place):
    p = Place(*place)
    z = p.lattice.to_user(p.U)
    references = {kind: smearing.improved(z, c1) for kind, c1 in RECTANGLE_COEFFICIENT.items()}
    for kind, expected in (*references.items(), ("zeuthen", smearing.zeuthen(z))):
        found = p.lattice.to_user(velocity(p.lattice, kind).exponents(p.U))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def continuum_error(kind, extent):
    """Largest relative deviation of the velocity from that of the continuum, dA/dt = -p^2 A, for a weak plane wave.

    A_mu(x) = a_mu cos(p x) in U(1), p a = 0, integrated along the links.
    """
    lattice, size = Lattice((extent, extent)), 1e-5
    p, a = 2 * np.pi / extent * np.array([1.0, 2.0]), np.array([2.0, -1.0])
    phase = np.tensordot(p, np.indices(lattice.shape), 1)
    wave = np.array([a[mu] * (np.sin(phase + p[mu]) - np.sin(phase)) / p[mu] for mu in range(2)])
    U = lattice.from_links(np.exp(1j * size * wave)[..., None, None])
    found = lattice.to_user(velocity(lattice, kind).exponents(U))[..., 0, 0].imag / size
    return np.abs(found + p @ p * wave).max() / np.abs(p @ p * wave).max()


def test_the_zeuthen_flow_is_improved():
    """At tree level lattice artefacts of the velocity fall as a^4 with the Zeuthen flow, as a^2 with the others."""
    for kind, order in (("wilson", 2), ("symanzik", 2), ("zeuthen", 4)):
        assert np.log2(continuum_error(kind, 16) / continuum_error(kind, 32)) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("kind", FLOW_KINDS)
@pytest.mark.parametrize("shape", [(4, 8), (4, 4, 4), (2, 2, 4, 4)], ids=str)
def test_the_shortest_wave_bounds_the_step(kind, shape):
    """A weak wave of momentum pi in every direction decays with the rate that the largest step is made from.

    Of U(1) in the plane, of the diagonal of SU(2) elsewhere.
    """
    lattice, d = Lattice(shape), len(shape)
    sign = 1.0 - 2.0 * (np.indices(shape).sum(axis=0) % 2)
    wave = np.array([1.0, -1.0, *[0.0] * (d - 2)]).reshape(d, *[1] * d) * sign
    turn = np.exp(1e-5j * wave)[..., None, None]
    U = lattice.from_links(turn if d == 2 else np.concatenate([turn, turn.conj()], axis=-1) * np.eye(2))
    found = lattice.to_user(velocity(lattice, kind).exponents(U))[..., 0, 0].imag / 1e-5
    np.testing.assert_allclose(found, -LARGEST_DECAY / largest_step(kind, d) * wave, rtol=0, atol=1e-6)


def test_beyond_the_largest_step_the_flow_goes_wrong():
    p = Place("SU(2)", (4, 4, 4, 4), spread=0.3)
    force = velocity(p.lattice, "iwasaki")
    action, largest = p.gauge(c1=RECTANGLES["iwasaki"]), largest_step("iwasaki", 4)
    fine, coarse, wrong = (
        action.value(next(GradientFlow(force, step).states(p.U, [2.0]))) for step in (0.02, largest, 1.3 * largest)
    )
    assert coarse == pytest.approx(fine, rel=0.05)
    assert wrong > 2.0 * fine


def test_adaptive_steps():
    """Few steps for a loose tolerance, more for a tight one; NaN stops."""
    p = Place("SU(2)", (4, 4, 4), spread=0.5)
    counts = []
    for tolerance in (1e-4, 1e-5, 1e-6):
        flow = AdaptiveFlow(velocity(p.lattice, "wilson"), 0.01, tolerance)
        stages, count = flow._stages, [0]

        def counted(U, step, stages=stages, count=count):
            count[0] += 1
            return stages(U, step)

        flow._stages = counted
        list(flow.states(p.U, [1.0]))
        counts.append(count[0])
    assert 3 < counts[0] < counts[1] < counts[2] < 300
    numbers(p.U)[0, 0, 0, 0] = np.nan
    with pytest.raises(NumericalError, match="no step is short enough"):
        list(flow.states(p.U, [1.0]))


@pytest.mark.parametrize(("scheme", "order"), [("euler", 1), ("rk3", 3)])
def test_order_of_the_scheme(scheme, order):
    lattice = Lattice((4, 4, 4))
    U = hot(lattice, group("SU(2)"), 5)
    layer = CovariantLayer(lattice, ("plaquette", "rectangle", "chair"), weights=np.array([0.6, -0.1, 0.05]))
    exact = next(GradientFlow(layer, 0.2 / 128).states(U, [0.2]))["c"]
    errors = [np.abs(next(GradientFlow(layer, 0.2 / n, scheme).states(U, [0.2]))["c"] - exact).max() for n in (8, 16)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)


def test_euler_step_is_a_layer():
    lattice = Lattice((4, 8))
    U = hot(lattice, Group(1), 3)
    flow = wilson_flow(lattice, 0.1, "euler")
    layer = CovariantLayer(lattice, ("plaquette",), weights=np.array([0.1]))
    np.testing.assert_allclose(flow.forward(U)["c"], layer.forward(U)[0]["c"], rtol=0, atol=1e-15)


def test_links_stay_in_the_group_and_the_input_stays_unchanged():
    lattice, su3 = Lattice((2, 2, 2, 2)), group("SU(3)")
    U = hot(lattice, su3, 7)
    before = U.copy()
    assert unitarity_violation(lattice, next(wilson_flow(lattice, 0.05).states(U, [0.5])), su3) < 1e-12
    np.testing.assert_array_equal(U["c"], before["c"])


def test_bad_arguments():
    layer = CovariantLayer(Lattice((4, 4)), ("plaquette",))
    with pytest.raises(InputError, match="rk9"):
        GradientFlow(layer, 0.1, "rk9")
    with pytest.raises(InputError, match="step"):
        GradientFlow(layer, 0.0)
