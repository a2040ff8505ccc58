"""The correlator of Polyakov loops in two dimensions against the exact one on the torus, on heat bath ensembles."""

import numpy as np
import pytest
from builders import Place
from reference import exact

from lqcdnn.config import observable
from lqcdnn.fields.random import Stream
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.state import State

EXACT = {"U(1)": exact.u1_polyakov_correlator, "SU(2)": exact.su2_polyakov_correlator}


@pytest.mark.parametrize("name", EXACT)
def test_the_exact_correlator(name):
    """Symmetric around the ring; on a long one an area law, w^(r T)."""
    correlator = EXACT[name]
    assert correlator(2.0, (8, 3), 3) == pytest.approx(correlator(2.0, (8, 3), 5), rel=1e-12)
    w = {"U(1)": exact.u1_plaquette, "SU(2)": exact.su2_plaquette}[name](2.0, 10**4)
    normal = {"U(1)": 1.0, "SU(2)": 0.25}[name]
    assert correlator(2.0, (200, 2), 3) == pytest.approx(normal * w**6, rel=1e-9)


def check(name, shape, beta, sweeps, bins=25):
    p = Place(name, shape)
    heat_bath = HeatBath(p.gauge(beta), p.group, "best_fisher" if p.n == 1 else "kennedy_pendleton", 2)
    what = Measurements(p.lattice, p.group, {"polyakov_correlator": observable("polyakov_correlator", {}, 2)})
    state, found = State(p.U, 0, 77), []
    for sweep in range(sweeps + 50):
        state, _info = heat_bath.step(state)
        if sweep >= 50:
            record = what.measure(state.U, Stream(77, sweep))["polyakov_correlator"]
            found.append(record["polyakov_correlator"])
    means = np.array(found).reshape(bins, sweeps // bins, -1).mean(axis=1)
    mean, error = means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(bins)
    expected = [EXACT[name](beta, shape, r) for r in range(shape[0] // 2 + 1)]
    assert record["polyakov_correlator_distances"] == list(range(shape[0] // 2 + 1))
    assert (error < 0.03).all()
    assert (np.abs(mean - expected) < 4.5 * error + 1e-14).all(), (mean - expected) / error
    assert expected[1] > 10 * error[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shape", "beta"),
    [("U(1)", (8, 4), 3.0), ("U(1)", (6, 6), 4.0), ("SU(2)", (8, 4), 4.0), ("SU(2)", (8, 2), 3.0)],
)
def test_correlator(name, shape, beta):
    check(name, shape, beta, 10000)
