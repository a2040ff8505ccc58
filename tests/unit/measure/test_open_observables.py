"""Observables where time is open: loop by loop, slice by slice, along the flow, and what is refused."""

import numpy as np
import pytest
from reference import opentime as reference
from reference import samples
from reference.matrices import exponential

from lqcdnn.config import observable
from lqcdnn.config.tables.smearings import SmearingConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import from_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.links import SmearedLinks
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.flow import velocity

CASES = [(1, (4, 8)), (2, (4, 4, 4)), (3, (4, 2, 2, 4))]
OPTIONS = {
    "plaquette": {},
    "rectangle": {},
    "polyakov": {},
    "wilson_loop": {"space": 2, "time": 3},
    "energy": {"slices": True},
}


def smooth(n, shape, seed=4):
    """Links near 1, so that parts of the field strength differ."""
    return exponential(0.4 * samples.algebra(np.random.default_rng(seed), shape, n))


def measure(z, options):
    """The numbers of observables on links in user layout."""
    lattice = Lattice(z.shape[1:-2], open_time=True)
    chosen = {name: observable(name, given, lattice.d) for name, given in options.items()}
    found = Measurements(lattice, Group(z.shape[-1]), chosen).measure(from_user(lattice, z), Stream(1, 1))
    return {key: value for record in found.values() for key, value in record.items()}


@pytest.mark.parametrize(("n", "shape"), CASES)
def test_loop_by_loop(n, shape):
    z = smooth(n, shape)
    found, d = measure(z, OPTIONS), len(shape)
    planes = [(mu, nu) for nu in range(d) for mu in range(nu)]
    for name, with_time in (("space", False), ("time", True)):
        some = [plane for plane in planes if (d - 1 in plane) == with_time]
        for kind, sizes in (("plaquette", [(1, 1)]), ("rectangle", [(1, 2), (2, 1)])):
            paths = [reference.oblong(*plane, *size) for plane in some for size in sizes]
            expected = pytest.approx(reference.mean(z, paths), rel=1e-12) if paths else None
            assert found[f"{kind}_{name}"] == expected
    for kind, sizes in (("plaquette", [(1, 1)]), ("rectangle", [(1, 2), (2, 1)])):
        paths = [reference.oblong(*plane, *size) for plane in planes for size in sizes]
        assert found[kind] == pytest.approx(reference.mean(z, paths), rel=1e-12)
    loops = np.array(found["wilson_loop"])
    for r, t in np.ndindex(loops.shape):
        paths = [reference.oblong(mu, d - 1, r + 1, t + 1) for mu in range(d - 1)]
        assert loops[r, t] == pytest.approx(reference.mean(z, paths), rel=1e-11)
    for mu, loop in enumerate(found["polyakov_directions"]):
        value = reference.trace(reference.transport(z, (mu + 1,) * shape[mu])).mean() if mu < d - 1 else 0.0
        assert complex(*loop) == pytest.approx(value, rel=1e-11, abs=1e-14)
    assert "polyakov" not in found


@pytest.mark.parametrize(("n", "shape"), CASES)
def test_energy_slice_by_slice(n, shape):
    z = smooth(n, shape)
    found = measure(z, {"energy": {"slices": True}})
    plaquettes, clover = reference.plaquette_slices(z), reference.clover_slices(z)
    assert found["energy_plaquette_slices"] == pytest.approx(plaquettes.tolist(), rel=1e-11)
    assert found["energy_clover_slices"] == pytest.approx(clover.tolist(), rel=1e-11, abs=1e-14)
    assert found["energy_clover"] == pytest.approx(clover.mean(), rel=1e-11)
    assert found["energy_plaquette"] == pytest.approx(plaquettes.mean(), rel=1e-11)
    bulk = measure(z, {"energy": {"margin": 1}})
    assert bulk["energy_plaquette"] == pytest.approx(plaquettes[1:-1].mean(), rel=1e-11)
    assert bulk["energy_clover"] == pytest.approx(clover[1:-1].mean(), rel=1e-11)
    assert bulk["energy_margin"] == 1
    assert "energy_clover_slices" not in bulk


def test_charge_slice_by_slice():
    z = smooth(3, (4, 2, 2, 4))
    found = measure(z, {"topological_charge": {"slices": True, "margin": 1}})
    expected = reference.charge_slices(z)
    assert np.abs(expected[1:-1]).min() > 1e-4
    assert found["topological_charge_slices"] == pytest.approx(expected.tolist(), rel=1e-10, abs=1e-14)
    assert found["topological_charge"] == pytest.approx(expected[1:-1].sum(), rel=1e-10)
    assert found["topological_susceptibility"] == pytest.approx(expected[1:-1].sum() ** 2 / 32, rel=1e-10)


def test_charge_of_two_dimensions_is_no_integer():
    z = samples.links(np.random.default_rng(2), (4, 8), 1)
    angles = np.angle(reference.transport(z, (1, 2, -1, -2))[..., 0, 0])[:, :-1].sum(axis=0) / (2.0 * np.pi)
    for margin in (0, 2):
        found = measure(z, {"topological_charge": {"margin": margin, "slices": True}})
        inside = angles[margin : 7 - margin]
        assert found["topological_charge"] == pytest.approx(inside.sum(), rel=1e-12)
        assert found["topological_susceptibility"] == pytest.approx(inside.sum() ** 2 / (4 * len(inside)), rel=1e-12)
        assert found["topological_charge_slices"] == pytest.approx(angles.tolist(), abs=1e-14)
    assert abs(angles.sum() - round(angles.sum())) > 0.01


@pytest.mark.parametrize("kind", ["wilson", "symanzik"])
@pytest.mark.parametrize(("n", "shape"), CASES)
def test_velocity_of_the_flow(n, shape, kind):
    z, lattice = smooth(n, shape), Lattice(shape, open_time=True)
    found = lattice.to_user(velocity(lattice, kind).exponents(from_user(lattice, z)))
    expected = reference.velocity(z, 0.0 if kind == "wilson" else -1 / 12)
    assert np.abs(found - expected).max() < 1e-13
    assert np.all(found[-1][..., -1, :, :] == 0.0)


@pytest.mark.slow
def test_flow_against_small_steps():
    z = smooth(2, (4, 4, 4, 4))
    flow = {"time": 0.1, "interval": 0.1, "step": 0.005, "along": ["topological_charge"], "slices": True, "margin": 1}
    found = measure(z, {"flow": flow})
    coarse, fine = (reference.euler(z, 0.1 / count, count) for count in (200, 400))
    for name, of in (("t2E_plaquette", reference.plaquette_slices), ("t2E_clover", reference.clover_slices)):
        expected = 0.01 * (2.0 * of(fine) - of(coarse))
        assert found[f"flow_{name}_slices"][1] == pytest.approx(expected.tolist(), rel=2e-5)
        assert found[f"flow_{name}"][1] == pytest.approx(expected[1:-1].mean(), rel=2e-5)
    expected = 2.0 * reference.charge_slices(fine) - reference.charge_slices(coarse)
    assert found["flow_topological_charge_slices"][1] == pytest.approx(expected.tolist(), abs=1e-5)
    assert found["flow_topological_charge"][1] == pytest.approx(expected[1:-1].sum(), abs=1e-5)
    assert np.abs(expected).max() > 1e-3


def test_slices_of_periodic_time():
    z = smooth(1, (4, 8))
    lattice = Lattice((4, 8))
    chosen = {"energy": observable("energy", {"slices": True}, 2)}
    found = Measurements(lattice, Group(1), chosen).measure(lattice.from_links(z), Stream(1, 1))["energy"]
    for name in ("energy_clover", "energy_plaquette"):
        assert np.mean(found[f"{name}_slices"]) == pytest.approx(found[name], rel=1e-12)
    with pytest.raises(InputError, match="margin"):
        Measurements(lattice, Group(1), {"energy": observable("energy", {"margin": 1}, 2)})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("charge_correlator", {}, "observables.charge_correlator"),
        ("pion", {"mass": 0.1}, "observables.pion"),
        ("histogram", {}, "observables.histogram"),
        ("topological_charge", {"definition": "5li"}, "observables.topological_charge.definition"),
        ("wilson_loop", {"time": 4}, "observables.wilson_loop.time"),
        ("energy", {"margin": 2}, "at most 1"),
        ("flow", {"kind": "zeuthen"}, "observables.flow.kind"),
        ("flow", {"along": ["histogram"]}, "observables.flow.along"),
    ],
)
def test_refused(name, options, message):
    lattice = Lattice((4, 4, 4, 4), open_time=True)
    with pytest.raises(InputError, match=message):
        Measurements(lattice, Group(3), {name: observable(name, options, 4)})


def test_smearing_is_refused():
    options = SmearingConfig(kind="hyp", steps=1, directions="all")
    with pytest.raises(InputError, match="open time"):
        SmearedLinks("hyp", options, Lattice((4, 4, 4, 4), open_time=True))
