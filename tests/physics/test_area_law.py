"""Wilson loops in two dimensions against the exact area law on the torus, on heat bath ensembles."""

import numpy as np
import pytest
from builders import Place
from reference import exact

from lqcdnn.config import observable
from lqcdnn.fields.random import Stream
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.state import State

EXACT = {
    "U(1)": (exact.u1_wilson_loop, exact.u1_plaquette),
    "SU(2)": (exact.su2_wilson_loop, exact.su2_plaquette),
}


@pytest.mark.parametrize("name", EXACT)
def test_the_exact_loops(name):
    """One plaquette is the plaquette; in a large volume W = w^A."""
    loop, plaquette = EXACT[name]
    assert loop(2.0, 16, 1) == pytest.approx(plaquette(2.0, 16), rel=1e-9)
    w = plaquette(2.0, 10**4)
    assert loop(2.0, 400, 6) == pytest.approx(w**6, rel=1e-9)


def ensemble(name, shape, beta, sweeps, space, time):
    """W(R, T) after each sweep: [sweep, R - 1, T - 1]."""
    p = Place(name, shape)
    heat_bath = HeatBath(p.gauge(beta), p.group, "best_fisher" if p.n == 1 else "kennedy_pendleton", 2)
    loops = observable("wilson_loop", {"space": space, "time": time}, 2)
    what = Measurements(p.lattice, p.group, {"wilson_loop": loops})
    state, found = State(p.U, 0, 77), []
    for sweep in range(sweeps + 50):
        state, _info = heat_bath.step(state)
        if sweep >= 50:
            found.append(what.measure(state.U, Stream(77, sweep))["wilson_loop"]["wilson_loop"])
    return np.array(found)


def check(name, shape, beta, sweeps, space=3, time=3, bins=25):
    found, volume = ensemble(name, shape, beta, sweeps, space, time), shape[0] * shape[1]
    means = found.reshape(bins, -1, space, time).mean(axis=1)
    mean, error = means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(bins)
    area = np.outer(np.arange(1, space + 1), np.arange(1, time + 1))
    expected = np.array([[EXACT[name][0](beta, volume, a) for a in row] for row in area])
    assert (error < 0.02).all()
    assert (np.abs(mean - expected) < 4.5 * error).all(), (mean - expected) / error


@pytest.mark.parametrize(("name", "beta"), [("U(1)", 1.5), pytest.param("SU(2)", 2.5, marks=pytest.mark.slow)])
def test_area_law(name, beta):
    check(name, (8, 8), beta, 750)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shape", "beta"), [("U(1)", (6, 6), 3.0), ("SU(2)", (4, 4), 4.0), ("SU(2)", (12, 8), 6.0)]
)
def test_area_law_with_more_sweeps(name, shape, beta):
    check(name, shape, beta, 10000)


def test_strong_coupling():
    """SU(2) in d = 4 at small beta: W(1, 1) = beta/4, W(R, T) = (beta/4)^(R T) to leading order."""
    p, beta = Place("SU(2)", (4, 4, 4, 4)), 0.4
    heat_bath = HeatBath(p.gauge(beta), p.group)
    what = Measurements(p.lattice, p.group, {"wilson_loop": observable("wilson_loop", {}, 4)})
    state, found = State(p.U, 0, 5), []
    for sweep in range(400):
        state, _info = heat_bath.step(state)
        found.append(what.measure(state.U, Stream(5, sweep))["wilson_loop"]["wilson_loop"])
    mean, error = np.mean(found[20:], axis=0), np.std(found[20:], axis=0) / np.sqrt(380)
    leading = np.array([[0.1, 0.01], [0.01, 0.0001]])
    assert (np.abs(mean - leading) < 4.0 * error + 0.03 * leading).all()
    assert mean[0, 0] > 50 * error[0, 0]
