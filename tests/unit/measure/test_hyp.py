"""Hypercubic smearing against the formulas of the paper in numpy, and what every smearing has to do."""

from itertools import product

import numpy as np
import pytest
from builders import Place
from kernel_cases import every_case_of_measurements, settings
from reference import hyp as reference
from reference import loops, samples

from lqcdnn.config.check import measured_tables, observable
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import cold, unitarity_violation
from lqcdnn.fields.random import Stream
from lqcdnn.measure.hyp import hyp_smeared
from lqcdnn.measure.links import link_sources
from lqcdnn.measure.runner import Measurements

ALPHAS = (0.75, 0.6, 0.3)
PLANE = ("U(1)", (4, 8))
HERE = [PLANE, ("SU(2)", (4, 4, 4)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4))]
"""A plane, a cube, and hypercubes in which the two ways around an extent of 2 differ by the links of the side."""


def smeared(p, U, directions="all"):
    return hyp_smeared(p.lattice, U, p.group, ALPHAS[-(p.d - 1 - (directions == "space")) :], directions)


@pytest.mark.parametrize(("place", "directions"), [case for case in product(HERE, ("all", "time", "space"))
                                                    if case != (PLANE, "space")], ids=str)  # fmt: skip
def test_against_the_formulas(place, directions):
    """Random links, whose sums are far from the group; links that are not smeared keep their bits."""
    p = Place(*place)
    before = p.U["c"].copy()
    found = smeared(p, p.U, directions)
    np.testing.assert_array_equal(p.U["c"], before)
    assert unitarity_violation(p.lattice, found, p.group) < 1e-13
    U, V = p.lattice.to_user(p.U), p.lattice.to_user(found)
    expected = reference.hyp(U, ALPHAS[-(p.d - 1 - (directions == "space")) :], directions)
    np.testing.assert_allclose(V, expected, rtol=0, atol=1e-10)
    thin = {"all": slice(0), "time": slice(p.d - 1), "space": slice(p.d - 1, None)}[directions]
    np.testing.assert_array_equal(V[thin], U[thin])


@pytest.mark.parametrize("place", HERE, ids=str)
def test_covariance_and_smoothness(place):
    """V[g U g^dag] = g V[U] g^dag; smearing leaves unit links alone and brings rough ones closer to them."""
    p = Place(*place, spread=0.4)
    G, U = samples.group_elements(p.rng, p.n, *p.lattice.shape), p.lattice.to_user(p.U)
    V = p.lattice.to_user(smeared(p, p.U))
    found = p.lattice.to_user(smeared(p, p.lattice.from_links(samples.gauge_transform(U, G))))
    np.testing.assert_allclose(found, samples.gauge_transform(V, G), rtol=0, atol=1e-12)
    thin, once = (loops.plaquette_sum(x, loops.planes(p.d)) for x in (U, V))
    most = p.n * p.lattice.volume * p.d * (p.d - 1) / 2
    assert 0.0 < most - once < 0.6 * (most - thin)
    one = cold(p.lattice, p.group)
    np.testing.assert_allclose(smeared(p, one)["c"], one["c"], rtol=0, atol=1e-15)


def test_singular_sums_are_refused():
    """In a plane with alpha = 1/2, links that change sign from row to row: both staples are minus the link."""
    p = Place("U(1)", (4, 8))
    U = np.ones((2, 4, 8, 1, 1), dtype=complex)
    U[0, :, 1::2] = -1.0
    with pytest.raises(NumericalError, match="HYP smearing: a sum of links is singular"):
        hyp_smeared(p.lattice, p.lattice.from_links(U), p.group, (0.5,))


@every_case_of_measurements
def test_every_width_and_kind_of_table(case):
    for s in settings(case):
        alphas = ALPHAS[1 - s.lattice.d :]
        found = s.user(hyp_smeared(s.lattice, s.blocks, case.group, alphas))
        case.assert_close(found, reference.hyp(s.U, alphas), 1000)


def links_of(p, **options):
    tables = measured_tables({"smearing": {"hyp": options}})
    return link_sources(p.lattice, {}, {}, tables.smearing)


def test_links_of_observables():
    """Several steps, with the weights of the dimension; time links alone grow smooth with the same thin ones."""
    p = Place("SU(2)", (4, 4, 4))
    maps = links_of(p, steps=2, directions="time")
    what = Measurements(p.lattice, p.group, {"polyakov": observable("polyakov", {"links": "hyp"}, 3)}, links=maps)
    found = what.measure(p.U, Stream(1, 1))["polyakov"]
    U = p.lattice.to_user(p.U)
    V = reference.hyp(reference.hyp(U, (0.6, 0.3), "time"), (0.6, 0.3), "time")
    traces = [loops.polyakov(x, mu).real / 16 for mu, x in ((0, U), (1, U), (2, V))]
    np.testing.assert_allclose([z[0] for z in found["polyakov_directions"]], traces, rtol=0, atol=1e-10)
    assert found["polyakov_links"] == {
        "smearing": "hyp", "kind": "hyp", "steps": 2, "alphas": [0.6, 0.3], "directions": "time"
    }  # fmt: skip


def test_weights_of_another_dimension():
    with pytest.raises(InputError, match=r"smearing.hyp.alphas.*2 numbers, one for each level"):
        links_of(Place("SU(2)", (4, 4, 4)), alphas=[0.75, 0.6, 0.3])
