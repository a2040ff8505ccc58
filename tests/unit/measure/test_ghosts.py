"""The Faddeev-Popov operator against dense matrices and second derivatives, the propagator of ghosts, refusals."""

import numpy as np
import pytest
from builders import Place
from reference import gaugefixing as reference
from reference import samples
from reference.matrices import exponential, trace

from lqcdnn.config import observable
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.ghosts import faddeev_popov
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge import ghosts
from lqcdnn.measure.runner import Measurements

PLACES = [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (4, 2, 2, 4))]


def applied(p, z, directions, U=None):
    """M times an algebra field [x, ..., n, n]."""
    P, out = p.lattice.from_links(z[None]), p.lattice.links(p.n, (1,))
    faddeev_popov(out, P, p.U if U is None else U, p.lattice.neighbours, directions)
    return p.lattice.to_user(out)[0]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_second_derivatives(place):
    """Of the functional by any transformation, of links in no gauge."""
    p = Place(*place)
    z, omega = p.lattice.to_user(p.U), samples.algebra(p.rng, p.lattice.shape, p.n)[0]
    for directions in (p.d, p.d - 1):
        links, scale = directions * p.n * p.lattice.volume, 1e-3
        values = [
            reference.functional(reference.transformed(z, exponential(t * scale * omega)), directions) * links
            for t in (-2, -1, 0, 1, 2)
        ]
        second = (-values[0] + 16 * values[1] - 30 * values[2] + 16 * values[3] - values[4]) / (12 * scale**2)
        form = np.sum(trace(omega.conj().swapaxes(-1, -2) @ applied(p, omega, directions)).real)
        assert second == pytest.approx(-form, rel=1e-7)


@pytest.mark.parametrize("gauge", ["landau", "coulomb"])
@pytest.mark.parametrize("place", [*PLACES[:2], pytest.param(PLACES[2], marks=pytest.mark.slow)], ids=str)
def test_the_propagator_against_a_dense_inverse(place, gauge):
    """Without constants, of each time slice in Coulomb gauge."""
    p = Place(*place)
    fixing = Gauge(gauge, 1e-24)
    G = fix_gauge(p.lattice, p.U, p.group, fixing, Stream(1, 1)).transformation
    z, shape = p.lattice.to_user(transformed(p.lattice, p.U, G)), p.lattice.shape
    directions = fixing.directions(p.d)
    M = reference.faddeev_popov(z, directions)
    size = M.shape[0] * M.shape[1]
    dense = M.reshape(size, size)
    assert np.abs(dense - dense.T).max() < 1e-10
    values, vectors = np.linalg.eigh((dense + dense.T) / 2.0)
    assert values.min() > -1e-10  # a maximum
    inverse = (vectors * np.where(values > 1e-8, 1.0 / np.maximum(values, 1e-8), 0.0)) @ vectors.T
    inverse = inverse.reshape(M.shape)
    ks = [(*(0,) * (directions - 1), 1), (*(1,) * (directions - 1), 2)]
    ks = [k for k in ks if any(a % n for a, n in zip(k, shape, strict=False))]
    options = {"gauge": gauge, "tolerance": 1e-24, "residual": 1e-12, "momenta": ks}
    what = Measurements(p.lattice, p.group, {"ghost_propagator": observable("ghost_propagator", options, p.d)})
    found = what.measure(p.U, Stream(1, 1))["ghost_propagator"]
    expected = []
    for k in ks:
        turns = sum(a * x / n for a, x, n in zip(k, np.indices(shape), shape, strict=False))
        phase = np.exp(2j * np.pi * turns).ravel()
        total = np.einsum("n,nama,m->", phase.conj(), inverse, phase).real
        length = np.sqrt(sum(4 * np.sin(np.pi * a / n) ** 2 for a, n in zip(k, shape, strict=False)))
        expected.append((length, total / (M.shape[0] * M.shape[1])))
    np.testing.assert_allclose(found["ghost_propagator_momenta"], [one[0] for one in sorted(expected)], rtol=1e-14)
    np.testing.assert_allclose(found["ghost_propagator"], [one[1] for one in sorted(expected)], rtol=1e-8)
    assert found["ghost_propagator_iterations"] > 0
    looser = {**options, "tolerance": 1e-12}  # constants are off although the divergence does not quite vanish
    what = Measurements(p.lattice, p.group, {"ghost_propagator": observable("ghost_propagator", looser, p.d)})
    again = what.measure(p.U, Stream(1, 1))["ghost_propagator"]
    np.testing.assert_allclose(again["ghost_propagator"], found["ghost_propagator"], rtol=1e-5)


def test_free_ghosts_and_default_momenta():
    p = Place("SU(2)", (4, 4, 4))
    for gauge in ("landau", "coulomb"):
        chosen = {"ghost_propagator": observable("ghost_propagator", {"gauge": gauge}, 3)}
        found = Measurements(p.lattice, p.group, chosen).measure(cold(p.lattice, p.group), Stream(1, 1))
        numbers = found["ghost_propagator"]
        np.testing.assert_allclose(numbers["ghost_propagator_momenta"], [2**0.5, 2.0], rtol=1e-14)
        np.testing.assert_allclose(numbers["ghost_propagator"], [0.5, 0.25], rtol=1e-12)


def test_an_operator_that_is_not_positive_stops(monkeypatch):
    p = Place("U(1)", (4, 8))  # hot links in no gauge: no maximum
    (source, *_) = ghosts.plane_waves(p.lattice, p.group, (0, 1))
    with pytest.raises(NumericalError, match="Faddeev-Popov"):
        ghosts.solve(p.lattice, p.U, source, 2, 1e-8)
    monkeypatch.setattr(ghosts, "MOST_ITERATIONS", 2)
    q = Place("SU(2)", (4, 4, 4), spread=0.15)
    (source, *_) = ghosts.plane_waves(q.lattice, q.group, (0, 0, 1))
    with pytest.raises(NumericalError, match="in 2 iterations"):
        ghosts.solve(q.lattice, q.U, source, 3, 1e-8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"momenta": [[0, 1]]}, "3 numbers, the directions of landau gauge"),
        ({"momenta": [[0, 0, 1]], "gauge": "coulomb"}, "2 numbers, the directions of coulomb gauge"),
        ({"momenta": [[0, 4, -8]]}, "momenta other than 0"),
    ],
)
def test_refusals(options, message):
    what = {"ghost_propagator": observable("ghost_propagator", options, 3)}
    with pytest.raises(InputError, match=message):
        Measurements(Lattice((4, 4, 4)), Place("SU(2)", (4, 4, 4)).group, what)
