"""Propagators of gluons against sums over sites, free fields, what the gauge leaves open, momenta, refusals."""

import math

import numpy as np
import pytest
from builders import Place, transformation
from reference import gaugefixing as reference
from reference.matrices import exponential, generators

from lqcdnn.config import observable
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import haar
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.momenta import momenta
from lqcdnn.measure.gauge import gaugefixing
from lqcdnn.measure.runner import Measurements

PLACES = [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (4, 2, 2, 4))]


def measure(p, U=None, stream=None, **tables):
    made = Measurements(p.lattice, p.group, {name: observable(name, given, p.d) for name, given in tables.items()})
    return made.measure(p.U if U is None else U, stream or Stream(1, 1))


def lengths(shape, ks):
    return [math.sqrt(sum(4 * math.sin(math.pi * k / n) ** 2 for k, n in zip(one, shape, strict=True))) for one in ks]


def test_momenta():
    one = momenta((4, 4, 8), "axes")
    ks = [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 0, 3), (0, 0, 4)]  # (1, 0, 0) is as long as (0, 0, 2)
    np.testing.assert_allclose(one.lengths, lengths((4, 4, 8), ks), atol=1e-14)
    assert np.bincount(one.which).tolist() == [1, 2, 6, 2, 3]
    every = momenta((4, 4, 8))
    assert sorted(every.places) == list(range(128))
    assert all(x < y for x, y in zip(every.lengths, every.lengths[1:], strict=False))
    power = np.arange(128.0).reshape(4, 4, 8)
    np.testing.assert_allclose(one.means(power)[2], np.mean([2, 6, 32, 96, 8, 24]), rtol=1e-14)
    diagonal = momenta((8, 8, 8), "cylinder", 0.0)
    np.testing.assert_allclose(diagonal.lengths, lengths((8,) * 3, [(k,) * 3 for k in range(5)]), atol=1e-14)
    assert np.bincount(diagonal.which).tolist() == [1, 8, 8, 8, 1]
    near = momenta((8, 8, 8), "cylinder", 1.0)  # (1, 0, 0) is sqrt(2/3) away, (2, 0, 0) is 1.6
    ks = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 1, 2), (1, 2, 2), (2, 2, 2), (2, 2, 3), (2, 3, 3), (3, 3, 3)]
    ks += [(3, 3, 4), (3, 4, 4), (4, 4, 4)]
    np.testing.assert_allclose(near.lengths, sorted(lengths((8,) * 3, ks)), atol=1e-14)
    assert momenta((8, 8, 8), "axes", 1.0, 1.5).lengths == momenta((8, 8, 8), "axes").lengths[:3]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_propagator_of_landau_gauge(place):
    p = Place(*place)
    found = measure(p, gluon_propagator={"momenta": "axes", "tolerance": 1e-20})["gluon_propagator"]
    G = fix_gauge(p.lattice, p.U, p.group, Gauge(tolerance=1e-20), Stream(1, 1)).transformation
    z, shape = p.lattice.to_user(transformed(p.lattice, p.U, G)), p.lattice.shape
    known = {}
    for mu in range(p.d):
        for k in range(shape[mu]):
            momentum = [k if nu == mu else 0 for nu in range(p.d)]
            known.setdefault(round(lengths(shape, [momentum])[0], 9), {})[tuple(momentum)] = reference.propagator(
                z, momentum, p.d
            )
    assert [round(x, 9) for x in found["gluon_propagator_momenta"]] == sorted(known)
    expected = [np.mean(list(known[length].values())) for length in sorted(known)]
    np.testing.assert_allclose(found["gluon_propagator"], expected, rtol=1e-12)


@pytest.mark.parametrize("place", PLACES[1:], ids=str)
def test_propagators_of_coulomb_gauge(place):
    """Also those of the time links, which no transformation of whole time slices changes."""
    p, options = Place(*place), {"gauge": "coulomb", "tolerance": 1e-20, "momenta": "all"}
    found = measure(p, gluon_propagator=options)["gluon_propagator"]
    G = fix_gauge(p.lattice, p.U, p.group, Gauge("coulomb", 1e-20), Stream(1, 1)).transformation
    z, space = p.lattice.to_user(transformed(p.lattice, p.U, G)), p.lattice.shape[:-1]
    slices = np.empty((*p.lattice.shape, p.n, p.n), dtype=complex)
    slices[...] = p.lattice.to_user(haar(p.lattice, p.group, 1, Stream(2, 1), 9))[0][(0,) * (p.d - 1)]
    turned = reference.transformed(z, slices)
    sums = {name: {} for name in ("space", "time")}
    for k in np.ndindex(*space):
        length = round(lengths(space, [k])[0], 9)
        for name, links, temporal in (("space", z, False), ("time", turned, True)):
            sums[name].setdefault(length, []).append(reference.propagator(links, k, p.d - 1, temporal))
    expected = {name: [np.mean(one[length]) for length in sorted(one)] for name, one in sums.items()}
    np.testing.assert_allclose(found["gluon_propagator"], expected["space"], rtol=1e-11)
    np.testing.assert_allclose(found["gluon_temporal"], expected["time"][1:], rtol=1e-11)
    assert found["gluon_temporal_momenta"] == found["gluon_propagator_momenta"][1:]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_weak_fields_are_projected_to_transverse_ones(place):
    """A field of 1e-5, in any gauge: its transverse part is left, each mode with its own projection."""
    name, shape = place
    p, eps = Place(name, shape), 1e-5
    T, d = generators(p.n), len(shape)
    a = eps * p.rng.normal(size=(d, len(T), *shape))
    z = exponential(1j * np.einsum("ma...,aij->m...ij", a, T))
    U = transformation(p)[1](p.lattice.from_links(z))
    options = {"tolerance": 1e-26, "omega": 1.3, "momenta": "all"}
    modes = np.fft.fftn(a, axes=range(2, 2 + d))
    k = [2 * np.pi * x / n for x, n in zip(np.meshgrid(*map(np.arange, shape), indexing="ij"), shape, strict=True)]
    hat = np.array([1 - np.exp(-1j * one) for one in k])  # of a_mu(n) - a_mu(n - mu)
    squares = (np.abs(hat) ** 2).sum(axis=0)
    along = np.einsum("m...,ma...->a...", hat, modes)
    power = (np.abs(modes) ** 2).sum(axis=(0, 1)) - (np.abs(along) ** 2).sum(axis=0) / np.maximum(squares, 1e-9)
    count = np.where(squares < 1e-9, d, d - 1) * len(T) * p.lattice.volume
    found = measure(p, U, gluon_propagator=options)["gluon_propagator"]
    expected = momenta(shape).means(power / count)
    np.testing.assert_allclose(found["gluon_propagator"], expected, rtol=2e-3 if p.n > 1 else 1e-5)


def test_gauges_do_not_depend_on_the_gauge_before():
    p = Place("SU(3)", (4, 2, 2, 4), spread=0.15)
    tables = {"gluon_propagator": {"tolerance": 1e-22}, "gauge_fixing": {"tolerance": 1e-22}}
    one, other = (measure(p, U, **tables) for U in (p.U, transformation(p)[1](p.U)))
    np.testing.assert_allclose(
        one["gluon_propagator"]["gluon_propagator"], other["gluon_propagator"]["gluon_propagator"], rtol=1e-9
    )
    functionals = [r["gauge_fixing"]["gauge_fixing_functional"] for r in (one, other)]
    assert functionals[0] == pytest.approx(functionals[1], abs=1e-13)


def test_the_functional_is_recorded_with_how_it_was_reached(monkeypatch):
    """And found once for both observables, but not for other links in the same place."""
    p, calls = Place("U(1)", (4, 8)), []
    monkeypatch.setattr(gaugefixing, "fix_gauge", lambda *given: calls.append(given) or fix_gauge(*given))
    tables = {name: {"copies": 4, "tolerance": 1e-14} for name in ("gauge_fixing", "gluon_propagator")}
    found = measure(p, stream=Stream(5, 3), **tables)["gauge_fixing"]
    assert len(calls) == 1
    direct = fix_gauge(p.lattice, p.U, p.group, Gauge(tolerance=1e-14, copies=4), Stream(5, 3))
    assert found["gauge_fixing_starts"] == [one.functional for one in direct.starts]
    assert found["gauge_fixing_functional"] == max(found["gauge_fixing_starts"]) == direct.start.functional
    assert (found["gauge_fixing_theta"], found["gauge_fixing_sweeps"]) == (direct.start.theta, direct.start.sweeps)
    assert found["gauge_fixing_options"] == {
        "gauge": "landau", "tolerance": 1e-14, "steps": 10000, "omega": 1.8, "copies": 4,
    }  # fmt: skip
    p.U["c"][:] = p.lattice.links(1)["c"]
    p.U["c"][:, :, 0, 0, 0] = 1.0
    assert measure(p, stream=Stream(5, 3), **tables)["gauge_fixing"]["gauge_fixing_functional"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("shape", "name", "options", "message"),
    [
        ((4, 8), "gluon_propagator", {"gauge": "coulomb"}, "no transverse direction"),
        ((1, 4, 4), "gauge_fixing", {}, "extents of at least 2"),
    ],
)
def test_refusals(shape, name, options, message):
    with pytest.raises(InputError, match=message):
        Measurements(Lattice(shape), Place("U(1)", (4, 8)).group, {name: observable(name, options, len(shape))})


@pytest.mark.parametrize("boundary", [{"open_time": True}, {"twist": "xy"}])
def test_boundaries_are_refused(boundary):
    from lqcdnn.lattice.twist import Twist

    if "twist" in boundary:
        boundary = {"twist": Twist(2, ((0, 1, 1),))}
    lattice = Lattice((4, 4, 4), **boundary)
    with pytest.raises(InputError, match=r"observables\.gauge_fixing"):
        Measurements(lattice, Place("SU(2)", (4, 4, 4)).group, {"gauge_fixing": observable("gauge_fixing", {}, 3)})
