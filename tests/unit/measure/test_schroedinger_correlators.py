"""Quarks from the fixed links: dense matrices, what is exact of currents, tree level, and dS/deta of clover quarks."""

from dataclasses import replace

import numpy as np
import pytest
from derivative import fourth_order
from reference import samples
from reference import schroedinger as fields
from reference import schroedinger_quarks as reference

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import ValenceConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import from_user, to_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.schroedinger import tree_level
from lqcdnn.measure.gauge.schroedinger import contracted
from lqcdnn.measure.quarks.boundary_trace import beside, boundary_sums
from lqcdnn.measure.quarks.propagators import QuarkOf, unit_spinor
from lqcdnn.measure.runner import Measurements

CASES = [
    (1, (4, 8), 1.3, 0.9, None),
    (3, (4, 2, 2, 4), 1.5, 0.95, None),
    pytest.param(3, (4, 2, 2, 5), 1.5, 0.95, None, marks=pytest.mark.slow),
    pytest.param(2, (2, 4, 2, 4), 0.0, 0.95, (0.5, 0.4, 0.3, 0.0), marks=pytest.mark.slow),
]
MASS = 0.2


def quark(d, mass=MASS, csw=0.0, ct_tilde=1.0, theta=None, flavors=2):
    signs = (*(1,) * (d - 1), -1)
    return ValenceConfig(
        kind="wilson", mass=mass, csw=csw, ct_tilde=ct_tilde, theta=theta, boundary=signs, flavors=flavors, r=1.0
    )


def between(n, shape, angles=None, eta=0.0):
    """A lattice with fixed links, at some distance from the usual eta."""
    none, (lower, upper, a, b) = (0.0,) * n, angles or fields.ANGLES[n]
    moved = [tuple(x + eta * s for x, s in zip(p, q, strict=True)) for p, q in ((lower, a), (upper, b))]
    return Lattice(shape, fixed=BoundaryFields(*moved, a, b, none, none))


def correlators(lattice, U, n, of):
    name, d = "schroedinger_correlators", lattice.d
    chosen = {name: observable(name, {"fermion": "q"}, d, {"q": of})}
    return Measurements(lattice, Group(n), chosen, valence={"q": of}).measure(U, Stream(1, 1))[name]


@pytest.mark.parametrize(("n", "shape", "csw", "ct_tilde", "theta"), CASES)
def test_correlators_of_dense_matrices(n, shape, csw, ct_tilde, theta):
    """Also: the conserved current is f_1 on every configuration, the local one is not; gauge invariance."""
    lattice, d = between(n, shape), len(shape)
    U = from_user(lattice, samples.links(np.random.default_rng(3), shape, n))
    z, of = to_user(lattice, U), quark(d, MASS, csw, ct_tilde, theta)
    dense = reference.Boundary(z, reference.matrix(z, MASS, csw, theta, of.boundary, ct_tilde), ct_tilde)
    found, g, g5, space = correlators(lattice, U, n, of), dense.g, dense.g5, range(d - 1)
    expected = {
        "fA": dense.bilinear(g[-1] @ g5, g5),
        "fP": dense.bilinear(g5, g5),
        "kV": np.mean([dense.bilinear(g[k], g[k]) for k in space], axis=0),
        "kT": np.mean([dense.bilinear(-g[k] @ g[-1], g[k]) for k in space], axis=0),
        "fV": dense.local_current(),
        "f1": dense.f1(),
        "fA_upper": -dense.bilinear(g[-1] @ g5, g5, upper=True)[::-1],
        "fP_upper": dense.bilinear(g5, g5, upper=True)[::-1],
        "kT_upper": np.mean([dense.bilinear(g[k] @ g[-1], g[k], upper=True)[::-1] for k in space], axis=0),
    }
    for name, values in expected.items():
        assert found[f"schroedinger_{name}"] == pytest.approx(values, rel=1e-8, abs=1e-12), name
    assert dense.conserved_current() == pytest.approx([dense.f1()] * (shape[-1] - 3), rel=1e-10)
    assert np.abs(np.array(found["schroedinger_fV"]) / dense.f1() - 1.0).max() > 1e-3
    G = samples.group_elements(np.random.default_rng(5), n, *shape)
    G[..., [0, -1], :, :] = np.eye(n)
    turned = correlators(lattice, from_user(lattice, samples.gauge_transform(z, G)), n, of)
    for name in ("fA", "kV", "fV", "f1", "fP_upper"):
        assert turned[f"schroedinger_{name}"] == pytest.approx(found[f"schroedinger_{name}"], rel=1e-8, abs=1e-12)


def test_free_massless_quarks():
    """Without a field, theta = 0, H = P_+ and H' = P_- everywhere: f_A = k_T = -N, all others N."""
    n, zero = 3, ((0.0,) * 3,) * 4
    lattice = between(n, (4, 4, 4, 5), zero)
    found = correlators(lattice, cold(lattice, Group(n)), n, quark(4, 0.0))
    for name in ("fP", "kV", "fV", "fP_upper"):
        assert found[f"schroedinger_{name}"] == pytest.approx([n] * 3, rel=1e-9)
    for name in ("fA", "kT", "fA_upper", "kT_upper"):
        assert found[f"schroedinger_{name}"] == pytest.approx([-n] * 3, rel=1e-9)
    assert found["schroedinger_f1"] == pytest.approx(n, rel=1e-9)


@pytest.mark.parametrize(
    ("n", "shape", "term"), [(1, (4, 8), None), (3, (4, 2, 2, 4), None), (1, (4, 8), "exponential")]
)
def test_quark_part_of_the_derivative_by_eta(n, shape, term):
    """-Nf d ln |det D| / deta with all unit vectors beside the fixed slices, and by noise."""
    rng, d, csw, eta = np.random.default_rng(3), len(shape), 1.5, 0.2
    z, of, group = samples.links(rng, shape, n), replace(quark(d, 0.2, csw, 0.95, flavors=3), clover=term), Group(n)

    def action(by):
        where = between(n, shape, eta=by)
        D = reference.matrix(to_user(where, from_user(where, z)), 0.2, csw, None, of.boundary, 0.95, bool(term))
        return -of.flavors * np.linalg.slogdet(D)[1]

    expected = fourth_order(lambda t: action(eta + t), 1e-3)
    lattice = between(n, shape, eta=eta)
    U = from_user(lattice, z)
    made = QuarkOf(of, 0.2, of.boundary).on(lattice, group)
    made.set_links(U)
    every = (unit_spinor(lattice, n, d, *index) for index in np.ndindex(lattice.volume, n, d))
    sources = (eta for eta in every if beside(lattice, eta)["c"].any())
    sums = of.flavors * boundary_sums(made, sources, 1e-11, 1000)
    fixed = lattice.fixed
    exact = contracted(lattice, sums, fixed.lower_slope, fixed.upper_slope)
    assert exact == pytest.approx(expected, rel=1e-7)
    assert abs(expected) > 5e-3

    options = {"beta": 2.3, "ct": 0.8, "quarks": ["q"], "vectors": 20}
    chosen = {"schroedinger": observable("schroedinger", options, d)}
    measured = Measurements(lattice, group, chosen, valence={"q": of})
    found = [measured.measure(U, Stream(1, k))["schroedinger"] for k in range(8)]
    parts = np.array([one["schroedinger_quark_derivative"] for one in found])
    assert abs(parts.mean() - exact) < 4.0 * parts.std(ddof=1) / np.sqrt(len(parts))
    assert parts.std() < 0.5

    def of_gauge(by):
        where = between(n, shape, eta=by)
        return GaugeAction(where, n, 2.3, ct=0.8).value(from_user(where, z))

    of_links = fourth_order(lambda t: of_gauge(eta + t))
    total = found[0]["schroedinger_derivative"]
    assert total == pytest.approx(of_links + parts[0], rel=1e-8)
    assert found[0]["schroedinger_inverse_coupling"] == total / tree_level(lattice)


def test_refused():
    lattice, of = between(3, (4, 4, 4, 5)), quark(4)
    chosen = {"schroedinger_correlators": observable("schroedinger_correlators", {"mass": 0.1}, 4)}
    with pytest.raises(InputError, match="without a Wilson quark"):
        Measurements(lattice, Group(3), chosen)
    with pytest.raises(InputError, match="without"):
        Measurements(Lattice((4, 4, 4, 4)), Group(3), chosen, valence={"q": of})
    named = {"schroedinger": observable("schroedinger", {"beta": 2.0, "quarks": ["p"]}, 4)}
    with pytest.raises(InputError, match='no fermion "p"'):
        Measurements(lattice, Group(3), named, valence={"q": of})
