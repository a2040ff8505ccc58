"""The energy-momentum tensor: numpy, self-dual and constant fields, rotations, every boundary, what is refused."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from builders import Place, transformation
from reference import samples, topology
from reference.energy import field_strength
from reference.matrices import trace

from lqcdnn.config import observable
from lqcdnn.config.tables.schroedinger import standard_fields
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.twist import Twist
from lqcdnn.measure.runner import Measurements

SHAPE = (4, 2, 2, 4)


def measure(lattice, U, n, **options):
    """The numbers of the tensor and of the energy."""
    chosen = {name: observable(name, options, lattice.d) for name in ("energy_momentum", "energy")}
    found = Measurements(lattice, Group(n), chosen).measure(U, Stream(1, 1))
    return {key: value for record in found.values() for key, value in record.items()}


def components(links, **options):
    """U [mu, nu] of links in user layout."""
    lattice = Lattice(links.shape[1:-2])
    found = measure(lattice, lattice.from_links(links), links.shape[-1], **options)
    return matrix(found)


def matrix(found, ending=""):
    U = np.zeros((4, 4, *np.shape(found[f"energy_momentum_tt{ending}"])))
    for mu, nu in combinations_with_replacement(range(4), 2):
        U[mu, nu] = U[nu, mu] = found[f"energy_momentum_{'xyzt'[mu]}{'xyzt'[nu]}{ending}"]
    return U


def reference(links):
    """From G^a_{mu rho} G^a_{nu rho} = -2 tr G_{mu rho} G_{nu rho} (half of it for U(1)), site by site."""
    factor = 2.0 if links.shape[-1] > 1 else 1.0
    G = [[field_strength(links, mu, nu) if mu != nu else 0 * links[0] for nu in range(4)] for mu in range(4)]
    products = [[[trace(A @ B).real for A, B in zip(m, n, strict=True)] for n in G] for m in G]
    GG = -factor * np.array(products).sum(axis=2)
    return GG - np.eye(4)[..., None, None, None, None] * np.trace(GG) / 4.0


@pytest.mark.parametrize("n", [1, 2, 3])
def test_against_numpy(n):
    links = samples.links(np.random.default_rng(n), SHAPE, n)
    expected, lattice = reference(links), Lattice(SHAPE)
    found = measure(lattice, lattice.from_links(links), n, slices=True)
    np.testing.assert_allclose(matrix(found), expected.mean(axis=(2, 3, 4, 5)), rtol=0, atol=1e-13)
    np.testing.assert_allclose(matrix(found, "_slices"), expected.mean(axis=(2, 3, 4)), rtol=0, atol=1e-13)
    np.testing.assert_allclose(components(links), matrix(found), rtol=0, atol=1e-13)
    assert np.trace(matrix(found)) == pytest.approx(0.0, abs=1e-13)
    assert matrix(found)[3, 3] == pytest.approx(found["energy_clover_time"] - found["energy_clover_space"], abs=1e-13)


def test_constant_fields_of_the_torus():
    """Self-dual: no tensor at all; others sums and products of the fields sin phi, phi the angle of a plaquette."""
    links = topology.diagonal(topology.torus_angles((4, 4, 4, 4), {(0, 1): 1, (2, 3): 1}), [1, -1])
    assert np.abs(components(links)).max() < 1e-14
    shape = (4, 2, 8, 4)
    links = topology.diagonal(topology.torus_angles(shape, {(0, 1): 1, (0, 2): -1, (2, 3): 1}), [1, -1])
    b, c, e = (2.0 * np.sin(2.0 * np.pi * k / area) for k, area in ((1, 8), (-1, 32), (1, 32)))
    expected = np.diag([b * b + c * c, b * b, c * c + e * e, e * e]) - np.eye(4) * (b * b + c * c + e * e) / 2.0
    expected[1, 2] = expected[2, 1] = b * c  # G_10 G_20
    expected[0, 3] = expected[3, 0] = c * -e  # G_02 G_32
    np.testing.assert_allclose(components(links), expected, rtol=0, atol=1e-13)


def test_covariance_and_rotations():
    p = Place("SU(2)", (2, 4, 2, 4))
    _, transform = transformation(p)
    links, moved = p.lattice.to_user(p.U), p.lattice.to_user(transform(p.U))
    U = components(links)
    np.testing.assert_allclose(components(moved), U, rtol=0, atol=1e-13)
    turn = [1, 2, 3, 0]  # direction mu of the turned field is direction turn[mu] of the first
    turned = links[turn].transpose(0, *(1 + mu for mu in turn), 5, 6)
    np.testing.assert_allclose(components(turned), U[np.ix_(turn, turn)], rtol=0, atol=1e-13)


@pytest.mark.parametrize("boundary", ["twisted", "open", "schroedinger"])
def test_every_boundary(boundary):
    """U_tt = E_time - E_space, slice by slice and between margins, whatever the field strength is made of."""
    fields = BoundaryFields(*standard_fields("SU(2)", 0.7, 0.0)[:4], (0.0, 0.0), (0.0, 0.0))
    lattice = {
        "twisted": lambda: Lattice(SHAPE, twist=Twist(2, ((0, 1, 1), (2, 3, 1)))),
        "open": lambda: Lattice(SHAPE, open_time=True),
        "schroedinger": lambda: Lattice(SHAPE, fixed=fields),
    }[boundary]()
    U = hot(lattice, Group(2), 3)
    ends = {} if boundary == "twisted" else {"margin": 1}
    for options in ({}, {"slices": True}, ends):
        found = measure(lattice, U, 2, **options)
        expected = found["energy_clover_time"] - found["energy_clover_space"]
        assert found["energy_momentum_tt"] == pytest.approx(expected, abs=1e-13)
        if options.get("slices"):
            parts = matrix(found, "_slices")
            assert parts.shape[-1] == len(found["energy_clover_slices"])
            np.testing.assert_allclose(np.trace(parts), 0.0, atol=1e-13)
            np.testing.assert_allclose(parts.mean(axis=-1), matrix(found), rtol=0, atol=1e-13)
    assert found.get("energy_momentum_margin") == ends.get("margin")


def test_along_the_flow():
    lattice = Lattice(SHAPE)
    U, options = hot(lattice, Group(2), 4), {"time": 0.2, "interval": 0.1, "slices": True, "along": ["energy_momentum"]}
    chosen = {"flow": observable("flow", options, 4)}
    found = Measurements(lattice, Group(2), chosen).measure(U, Stream(1, 1))["flow"]
    assert found["flow_energy_momentum_xz"][0] == measure(lattice, U, 2, slices=True)["energy_momentum_xz"]
    assert np.shape(found["flow_energy_momentum_xy_slices"]) == (3, 4)
    np.testing.assert_allclose(
        np.mean(found["flow_energy_momentum_tt_slices"], axis=1), found["flow_energy_momentum_tt"], atol=1e-13
    )


@pytest.mark.parametrize(
    ("shape", "name", "options", "message"),
    [
        ((4, 4, 4), "energy_momentum", {}, "observables.energy_momentum: given in d = 3"),
        (SHAPE, "energy_momentum", {"margin": 1}, "observables.energy_momentum.margin"),
        ((4, 4, 4), "flow", {"along": ["energy_momentum"]}, 'flow.along: found "energy_momentum": given in d = 3'),
        (SHAPE, "flow", {"along": ["energy_momentum"], "anisotropy": 2.0}, "with anisotropy = 2"),
    ],
)
def test_refused(shape, name, options, message):
    with pytest.raises(InputError, match=message):
        Measurements(Lattice(shape), Group(2), {name: observable(name, options, len(shape))})
