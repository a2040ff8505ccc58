"""Local densities: numpy at every site, the observables that are their sums and means, translations, an instanton."""

import numpy as np
import pytest
from builders import Place
from reference import loops, topology
from reference.matrices import dagger, trace

from lqcdnn.errors import InputError
from lqcdnn.fields.group import group
from lqcdnn.fields.instanton import instanton
from lqcdnn.jobs.densities import DENSITIES, density
from lqcdnn.jobs.library import measure_configuration
from lqcdnn.lattice.geometry import Lattice

PLANE, SPACE, BOX, SU3 = ("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4))


def links(place):
    p = Place(*place)
    return p.lattice.to_user(p.U)


def charge_by_numpy(U):
    return topology.loop_density(U) if len(U) == 4 else np.angle(trace(loops.plaquette(U, 0, 1))) / (2 * np.pi)


def energy_by_numpy(U):
    """(1/2) F^a F^a = -tr F^2 of SU(N), half of it of U(1), whose generator is 1."""
    total, n = 0.0, U.shape[-1]
    for plane in loops.planes(len(U)):
        Q = topology.leaves(U, *plane, (1, 1), 4)
        F = 0.5 * (Q - dagger(Q))
        if n > 1:
            F = F - (trace(F) / n)[..., None, None] * np.eye(n)
        total = total - trace(F @ F).real
    return total if n > 1 else 0.5 * total


def plaquette_by_numpy(U):
    return np.mean([trace(loops.plaquette(U, *plane)).real for plane in loops.planes(len(U))], axis=0) / U.shape[-1]


def polyakov_by_numpy(U):
    d, extent = len(U), U.shape[len(U)]
    return trace(loops.transport(U, (d,) * extent)).real[..., 0] / U.shape[-1]


BY_NUMPY = {
    "topological_charge": charge_by_numpy,
    "energy": energy_by_numpy,
    "plaquette": plaquette_by_numpy,
    "polyakov": polyakov_by_numpy,
}


@pytest.mark.parametrize("place", [PLANE, SPACE, BOX, SU3], ids=str)
def test_every_site_sums_and_translations(place):
    U = links(place)
    names = [name for name in DENSITIES if name != "topological_charge" or len(U) != 3]
    observed = measure_configuration(U, names)
    expected = {
        "topological_charge": observed.get("topological_charge"),
        "energy": observed["energy_clover"],
        "plaquette": observed["plaquette"],
        "polyakov": observed["polyakov"][0],
    }
    shift = (1, 2, 1, 3)[: len(U)]
    moved = np.roll(U, shift, axis=tuple(range(1, len(U) + 1)))
    for name in names:
        found = density(U, name)
        assert found.shape == (place[1][:-1] if name == "polyakov" else place[1])
        np.testing.assert_allclose(found, BY_NUMPY[name](U), rtol=0, atol=2e-14)
        total = found.sum() if name == "topological_charge" else found.mean()
        assert total == pytest.approx(expected[name], abs=1e-13)
        there = np.roll(found, shift[: found.ndim], axis=tuple(range(found.ndim)))
        np.testing.assert_allclose(density(moved, name), there, rtol=0, atol=2e-14)


def test_an_instanton_is_one_lump():
    """q(x) = 6 rho^4/(pi^2 (x^2 + rho^2)^4) within what the clover misses, 11 % of q(0) at rho = 3."""
    lattice, rho, centre = Lattice((12, 12, 12, 12)), 3.0, np.array([5.5, 2.5, 7.5, 4.5])
    U = lattice.to_user(instanton(lattice, group("SU(2)"), rho, tuple(centre)))
    q = density(U, "topological_charge")
    around = np.argwhere(q > 0.999 * q.max())
    assert len(around) == 16
    np.testing.assert_array_equal(np.abs(around - centre), 0.5)
    x = np.indices(lattice.shape) - centre[:, None, None, None, None]
    square = np.square((x + 6.0) % 12.0 - 6.0).sum(axis=0)
    profile = 6.0 * rho**4 / (np.pi**2 * (square + rho**2) ** 4)
    np.testing.assert_allclose(q, profile, rtol=0, atol=0.11 * 6.0 / (np.pi**2 * rho**4))
    assert q[square == 9.0].mean() == pytest.approx(profile[square == 9.0].mean(), rel=0.02)
    inside = square < 2.0  # selfdual: E = 8 pi^2 q
    np.testing.assert_allclose(density(U, "energy")[inside], 8.0 * np.pi**2 * q[inside], rtol=0.02)


@pytest.mark.parametrize(
    ("place", "name", "message"),
    [
        (PLANE, "charge", "unknown density 'charge'; allowed: topological_charge, energy, plaquette, polyakov"),
        (SPACE, "topological_charge", r"no topological charge in d = 3; allowed: U\(1\) in d = 2, or any"),
        (("SU(2)", (4, 4)), "topological_charge", r"no topological charge for SU\(2\) in d = 2"),
    ],
)
def test_what_has_no_density(place, name, message):
    name_of_group, shape = place
    n = group(name_of_group).n
    U = np.broadcast_to(np.eye(n, dtype=complex), (len(shape), *shape, n, n))
    with pytest.raises(InputError, match=message):
        density(U, name)


def test_arrays_that_are_no_links():
    with pytest.raises(InputError, match="not in SU"):
        density(2.0 * links(BOX), "energy")
    with pytest.raises(InputError, match="is no configuration"):
        density(np.ones((4, 4)), "energy")
