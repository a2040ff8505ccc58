"""Topological charges against known fields, slow numpy versions and other programs' numbers on their files."""

from pathlib import Path

import numpy as np
import pytest
from reference import samples, topology
from reference.matrices import dagger

from lqcdnn.config import observable
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.topological_charge import LOOPS
from lqcdnn.measure.runner import Measurements
from lqcdnn.storage.formats import read_configuration

DATA = Path(__file__).parents[2] / "data"
IMPROVED = ("clover", "improved", "5li")
SHAPES_2D = ((4, 6), (3, 5), (8, 8), (2, 2))


def measure(links, definition=None, width=None):
    """The record of a field [mu, x, ..., n, n]."""
    lattice, n = Lattice(links.shape[1:-2], width=width), links.shape[-1]
    options = observable("topological_charge", {"definition": definition} if definition else {}, lattice.d)
    made = Measurements(lattice, Group(n), {"topological_charge": options})
    return made.measure(lattice.from_links(links), Stream(1, 1))["topological_charge"]


def charge(links, definition=None, width=None):
    return measure(links, definition, width)["topological_charge"]


def random_links(shape, n, seed=1):
    lattice = Lattice(shape)
    return lattice.to_user(hot(lattice, Group(n), seed))


def transformed(links, seed=2):
    """G(n) U_mu(n) G(n + mu)^dag."""
    G = samples.links(np.random.default_rng(seed), links.shape[1:-2], links.shape[-1])[0]
    return np.array([G @ U @ dagger(np.roll(G, -1, mu)) for mu, U in enumerate(links)])


@pytest.mark.parametrize("shape", SHAPES_2D)
def test_integer_of_random_fields(shape):
    found = []
    for seed in range(20):
        links = random_links(shape, 1, seed)
        expected = topology.angle_charge(links)
        found.append(charge(links))
        assert found[-1] == round(expected)
        assert found[-1] or not np.signbit(found[-1])  # a stored -0.0 is shown as -0
        assert expected == pytest.approx(round(expected), abs=1e-12)
    assert shape == (2, 2) or len(set(found)) > 2


@pytest.mark.parametrize("shape", SHAPES_2D[:3])
@pytest.mark.parametrize("k", [-3, -1, 0, 1, 4])
def test_constant_field_strength_in_two_dimensions(shape, k):
    links = topology.diagonal(topology.torus_angles(shape, {(0, 1): k}), [1])
    assert charge(links) == k
    assert charge(transformed(links)) == k
    assert charge(topology.reflected(links, 0)) == -k
    assert measure(links)["topological_susceptibility"] == pytest.approx(k**2 / np.prod(shape), rel=1e-15)


def test_integer_of_links_that_are_not_unitary():
    """Only the phases count."""
    links = random_links((4, 4), 1)
    scaled = links * np.random.default_rng(3).uniform(0.5, 2.0, links.shape)
    assert charge(scaled) == charge(links)


def test_damaged_links_are_no_charge():
    links = random_links((4, 4), 1)
    links[0, 0, 0] = np.nan
    with pytest.raises(NumericalError, match="topological charge"):
        charge(links)


FLUXES = [
    ({(0, 1): 1, (2, 3): 2}, 2),
    ({(0, 2): 1, (1, 3): 2}, -2),
    ({(0, 3): 1, (1, 2): -1}, -1),
    ({(0, 1): 2, (2, 3): 1, (0, 2): 1, (1, 3): 1}, 1),
    ({(0, 1): 1, (0, 2): 1}, 0),
]
"""Fluxes and k_01 k_23 - k_02 k_13 + k_03 k_12."""


@pytest.mark.parametrize("charges", [[1], [1, -1], [1, 1, -2]])
@pytest.mark.parametrize("fluxes", [fluxes for fluxes, _ in FLUXES])
def test_constant_field_strength_in_four_dimensions(fluxes, charges):
    shape = (4, 6, 3, 8)
    links = topology.diagonal(topology.torus_angles(shape, fluxes), charges)
    for name, loops in LOOPS.items():
        expected = topology.constant_charge(shape, fluxes, charges, loops)
        assert charge(links, name) == pytest.approx(expected, abs=1e-11), name


@pytest.mark.parametrize(("fluxes", "product"), FLUXES)
def test_known_charge_in_the_continuum_limit(fluxes, product):
    """SU(2): 2 (k_01 k_23 - ...); the deviation falls with the square of the field strength, L^-4."""
    found = []
    for extent in (4, 8):
        links = topology.diagonal(topology.torus_angles((extent,) * 4, fluxes), [1, -1])
        found.append([charge(links, name) for name in IMPROVED])
    far, near = abs(np.array(found) - 2 * product)
    assert (near < 1e-10).all() if product == 0 else ((near < far / 8.0) & (near < 0.1 * abs(product))).all()


@pytest.mark.parametrize(
    ("shape", "n"),
    [
        ((2, 4, 2, 4), 3),
        ((4, 2, 4, 2), 2),
        ((3, 2, 2, 4), 1),
        pytest.param((2, 2, 4, 4), 4, marks=pytest.mark.slow),
    ],
)
def test_four_dimensions_against_numpy(shape, n):
    links = random_links(shape, n)
    for name, loops in LOOPS.items():
        corners = 1 if name == "plaquette" else 4
        expected = sum(c * topology.loop_charge(links, sides, corners) for sides, c in loops.items())
        found = measure(links, name)
        assert found["topological_charge"] == pytest.approx(expected, abs=1e-12), name
        assert found["topological_susceptibility"] == pytest.approx(expected**2 / np.prod(shape), abs=1e-12)
        assert found["definition"] == name
        assert charge(transformed(links), name) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("mu", range(4))
def test_mirror_changes_the_sign(mu):
    links = random_links((2, 4, 3, 4), 2)
    for name in IMPROVED:
        assert charge(topology.reflected(links, mu), name) == pytest.approx(-charge(links, name), abs=1e-12)


@pytest.mark.parametrize("width", [1, *(pytest.param(width, marks=pytest.mark.slow) for width in (2, 4, 8))])
def test_every_block_width(width):
    links = random_links((4, 4, 2, 4), 2)
    assert charge(links, "improved", width) == pytest.approx(charge(links, "improved"), abs=1e-13)
    plane = random_links((4, 8), 1)
    assert charge(plane, width=width) == charge(plane)


def test_coefficients_remove_the_artefacts():
    """The mean over m x n leaves is F + a^2 (m^2 D_mu^2 + n^2 D_nu^2) F / 6 + ..., in both factors of a charge."""
    for name, loops in LOOPS.items():
        assert sum(loops.values()) == pytest.approx(1.0, abs=1e-15)
        order_two = sum(c * (m * m + n * n) for (m, n), c in loops.items())
        assert (order_two == pytest.approx(0.0, abs=1e-14)) == (name in ("improved", "5li"))
    for power in (lambda m, n: m**4 + n**4, lambda m, n: m * m * n * n, lambda m, n: (m * m + n * n) ** 2):
        assert sum(c * power(m, n) for (m, n), c in LOOPS["5li"].items()) == pytest.approx(0.0, abs=1e-13)


def load(name):
    return read_configuration(DATA / name).links


def test_openqcd_and_hirep():
    """openQCD 2.4.2 and HiRep (July 2024) put time first, which makes their eps_{txyz} = 1 minus ours."""
    assert charge(load("oqcd_ym_b6.0_8x444n1"), "clover") == pytest.approx(-0.1195209609409859, abs=1e-14)
    assert charge(load("hirep_su2_b2.3_4444"), "clover") == pytest.approx(-0.041181531870121545, abs=1e-14)


@pytest.mark.parametrize(
    ("name", "charges"),
    [
        ("oqcd_ym_b6.0_8x444n1", (0.1195209609409859, 0.08820624495863792, 0.049035939519396665)),
        ("hirep_su2_b2.3_4444", (0.041181531870121545, 0.03228283233896953, 0.03258944472217793)),
    ],
)
def test_along_the_flow(name, charges):
    """The same two programs at t = 0, 0.1, 0.2 of the Wilson flow in steps of 0.01."""
    links = load(name)
    lattice, n = Lattice(links.shape[1:-2]), links.shape[-1]
    flow = {"time": 0.2, "interval": 0.1, "step": 0.01, "along": ["topological_charge"]}
    made = Measurements(lattice, Group(n), {"flow": observable("flow", flow, 4)})
    found = made.measure(lattice.from_links(links), Stream(1, 1))["flow"]["flow_topological_charge"]
    np.testing.assert_allclose(found, [-q for q in charges], rtol=0, atol=1e-11)


@pytest.mark.parametrize("ending", ["milc", "nersc", "scidac", "ildg"])
def test_milc(ending):
    """MILC (July 2024) has time last as here; the files are in single precision, which it projects to SU(3)."""
    assert charge(load(f"pg_b5.7_4444.{ending}"), "clover") == pytest.approx(0.0404910817611711, abs=2e-8)


@pytest.mark.parametrize(
    ("shape", "of", "definition", "words"),
    [
        ((4, 4, 4), "SU(2)", None, "in d = 3"),
        ((4, 4, 4), "U(1)", None, "in d = 3"),
        ((4, 4), "SU(2)", None, r"for SU\(2\) in d = 2"),
        ((4, 4), "U(1)", "clover", '"clover" in d = 2'),
        ((4, 4, 4, 4), "SU(3)", "geometric", '"geometric" in d = 4'),
    ],
)
def test_refused_where_it_has_no_meaning(shape, of, definition, words):
    options = observable("topological_charge", {"definition": definition} if definition else {}, len(shape))
    with pytest.raises(InputError, match=words):
        Measurements(Lattice(shape), group(of), {"topological_charge": options})
