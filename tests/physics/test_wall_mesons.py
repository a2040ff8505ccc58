"""Mesons from walls in Coulomb gauge: dense propagators, the gauge before, what is refused."""

import numpy as np
import pytest
from builders import Place, transformation
from reference import samples
from test_mesons import PAIRS, dense, traces, two_quarks

import lqcdnn
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice

WALL = {"source": "wall", "gauge_tolerance": 1e-22}


@pytest.mark.parametrize("place", PAIRS, ids=lambda place: place[0])
def test_against_dense_propagators(place):
    """The sum over all pairs of sites of the wall for quark and antiquark, divided by their number."""
    name, shape = place
    lattice, n = Lattice(shape), group(name).n
    links = samples.links(np.random.default_rng(6), shape, n)
    U = lattice.from_links(links)
    G = fix_gauge(lattice, U, group(name), Gauge("coulomb", 1e-22), Stream(0, 0)).transformation
    fixed, boundary = lattice.to_user(transformed(lattice, U, G)), (*(1,) * (len(shape) - 1), -1)
    S, other = (dense(quark["kind"], fixed, quark["mass"], boundary) for quark in PAIRS[place])
    sites = int(np.prod(shape))
    wall = np.zeros((sites, sites))
    wall[np.indices(shape)[-1].ravel() == 0, 0] = 1.0  # to the origin, from where ``traces`` starts
    K = np.kron(wall, np.eye(n * len(shape)))
    expected = traces(S @ K, shape, n, other=K.T @ other)
    found = two_quarks(place, links, antiquark="b", **WALL)
    space = sites // shape[-1]
    for channel, C in expected.items():
        np.testing.assert_allclose(found[f"meson_{channel}"], C / space, rtol=0, atol=1e-8 * np.abs(C).max() / space)
    assert found["meson_options"].items() >= WALL.items()
    assert (found["meson_options"]["gauge_omega"], found["meson_options"]["gauge_steps"]) == (1.8, 10000)
    assert "gauge_omega" not in two_quarks(place, links)["meson_options"]


def test_the_gauge_before_does_not_matter():
    p = Place("SU(3)", (2, 2, 2, 4), spread=0.15)
    one, other = (two_quarks((p.group.name, p.lattice.shape), p.lattice.to_user(U), **WALL)
                  for U in (p.U, transformation(p)[1](p.U)))  # fmt: skip
    for key in one:
        if key.startswith("meson_") and key != "meson_options":
            np.testing.assert_allclose(other[key], one[key], rtol=0, atol=1e-8 * np.abs(one[key]).max())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"momenta": [[1]]}, 'momenta: found with source = "wall"'),
        ({"antiquark_theta": [0.3, 0.0]}, 'source: found "wall" with quarks with phases'),
        ({"fermion": "plain"}, 'source: found "wall" with staggered fermions'),
        ({"source": "point", "gauge_omega": 1.5}, 'gauge_omega: belongs to source = "wall"'),
    ],
)
def test_refusals(options, message):
    links = samples.links(np.random.default_rng(6), (8, 4), 1)
    quarks = {"a": {"kind": "wilson", "mass": 0.4}, "plain": {"kind": "staggered", "mass": 0.4}}
    given = {"mesons": {"fermion": "a", "source": "wall"} | options}
    with pytest.raises(InputError) as caught:
        lqcdnn.measure_configuration(links, ["mesons"], given, tables={"valence": quarks})
    assert message in caught.value.message


def test_a_gauge_that_is_not_reached_stops():
    place = ("U(1)", (8, 4))
    links = samples.links(np.random.default_rng(6), place[1], 1)
    with pytest.raises(NumericalError, match="coulomb gauge: theta"):
        two_quarks(place, links, source="wall", gauge_steps=10, gauge_tolerance=1e-24)
