"""Chains at very weak coupling: every mode has the propagator of a free field, in Landau and Coulomb gauge.

At beta = 1000 from a cold start.  What is of higher order is below the errors, and for SU(N) what constant fields
change is, too: their action is of fourth order.  For U(1) they have none and are part of the exact result.
"""

import numpy as np
import pytest
from builders import Place

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config import observable
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.momenta import momenta
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.state import State

pytestmark = pytest.mark.slow
BETA, EVERY, OPTIONS = 1000.0, 4, {"omega": 1.5, "momenta": "all"}


def waves(shape):
    """2 sin(p_mu / 2) of every momentum, [mu, k, ...]."""
    return np.array(np.meshgrid(*(2.0 * np.sin(np.pi * np.arange(n) / n) for n in shape), indexing="ij"))


def configurations(p, count):
    """Of a chain, some sweeps apart."""
    algorithm = "best_fisher" if p.n == 1 else "kennedy_pendleton"
    update = HeatBath(GaugeAction(p.lattice, p.n, BETA), p.group, algorithm, 4)
    state = State(cold(p.lattice, p.group), 0, 21)
    for number in range(40 + EVERY * count):
        state, _ = update.step(state)
        if number >= 40 and number % EVERY == 0:
            yield state


def check(ratios, loosest=0.1):
    """Mean values [measurement, length] of 1; errors from ten bins."""
    for values in (ratios, ratios.mean(axis=1, keepdims=True)):
        bins = values.reshape(10, -1, values.shape[1]).mean(axis=1)
        mean, error = bins.mean(axis=0), bins.std(axis=0, ddof=1) / np.sqrt(10)
        assert (np.abs(mean - 1.0) < 5.0 * error + 0.003).all(), (mean, error)
        assert (error < loosest).all()


@pytest.mark.parametrize(("name", "count"), [("SU(2)", 80), ("SU(3)", 40)])
def test_free_gluons(name, count):
    p, g2 = Place(name, (4, 4, 4, 4)), 2.0 * int(name[3]) / BETA
    tables = {"gluon_propagator": OPTIONS, "coulomb_gluon_propagator": {**OPTIONS, "gauge": "coulomb"}}
    what = Measurements(p.lattice, p.group, {key: observable(key, given, 4) for key, given in tables.items()})
    records = [what.measure(state.U, Stream(1, state.trajectory)) for state in configurations(p, count)]
    found = {
        key: np.array([record[name][key] for record in records])
        for name in tables
        for key in records[0][name]
        if not key.endswith("options")
    }
    p2, space = found["gluon_propagator_momenta"][0, 1:] ** 2, (waves((4, 4, 4)) ** 2).sum(axis=0)
    check(found["gluon_propagator"][:, 1:] * p2 / g2)
    at_equal_times = np.mean([1.0 / np.maximum(space + q**2, 1e-9) for q in waves((4,))[0]], axis=0)
    expected = g2 * momenta((4, 4, 4)).means(at_equal_times)[1:]
    check(found["coulomb_gluon_propagator"][:, 1:] / expected)
    check(found["coulomb_gluon_temporal"] * found["coulomb_gluon_temporal_momenta"] ** 2 / g2)


def around_constants(p2, waves, c):
    """D(p) beta of U(1) around constant angles c_mu.

    Landau gauge is sum w_mu d_mu a_mu = 0 there, w = cos c; sin(c + a) = sin c + w a.
    """
    w, d = np.cos(c), len(c)
    q = np.maximum(p2, 1e-9)
    transverse = np.eye(d)[(...,) + (None,) * p2.ndim] - waves[:, None] * waves[None] / q
    divergence = np.maximum(np.einsum("m,m...,m...->...", w, waves, waves), 1e-9)
    R = np.eye(d)[(...,) + (None,) * p2.ndim] - waves[:, None] * np.einsum("m,m...->m...", w, waves)[None] / divergence
    a = np.einsum("ij...,jk...,mk...->im...", R, transverse, R) / q
    return np.einsum("m,mm...->...", w * w, a) / (d - 1)


@pytest.mark.parametrize(("shape", "count"), [((4, 8), 250), ((4, 4, 4), 150)], ids=str)
def test_free_photons(shape, count):
    """With the constant angles that each configuration has; they matter."""
    p, gauge, k = Place("U(1)", shape), Gauge(omega=1.5, copies=5), waves(shape)
    options = observable("gluon_propagator", {**OPTIONS, "copies": 5}, p.d)
    what = Measurements(p.lattice, p.group, {"gluon_propagator": options})
    found, expected, lengths = [], [], momenta(shape)
    for state in configurations(p, count):
        V = transformed(p.lattice, state.U, fix_gauge(p.lattice, state.U, p.group, gauge, Stream(1, 1)).transformation)
        angles = np.angle(p.lattice.to_user(V)[..., 0, 0]).reshape(p.d, -1).mean(axis=1)
        found.append(what.measure(state.U, Stream(1, state.trajectory))["gluon_propagator"]["gluon_propagator"][1:])
        expected.append(lengths.means(around_constants((k**2).sum(axis=0), k, angles))[1:] / BETA)
    check(np.array(found) / np.mean(expected, axis=0))
    free = 1.0 / (BETA * np.array(lengths.lengths[1:]) ** 2)
    assert (np.mean(expected, axis=0) < 0.95 * free).all()
