"""The staggered pion against dense propagators, the Ward identity, and MILC on its file."""

from pathlib import Path

import numpy as np
import pytest
from builders import Place, every_place
from reference import staggered as reference

from lqcdnn.config import observable
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.measure import measure_files
from lqcdnn.measure.quarks.condensate import exact_trace
from lqcdnn.measure.runner import Measurements

FILE = Path(__file__).parents[1] / "data" / "pg_b5.7_4444.milc"
# mass, boundary sign of time: MILC's PION_5, which has propagators of 2D + 2m and prints seven digits
MILC = {
    (0.1, -1): (0.8305907, 0.3158736, 0.2861358, 0.3421167),
    (0.5, -1): (0.4403387, 0.07724793, 0.03519357, 0.07776742),
    (0.1, 1): (0.6991311, 0.3029282, 0.164621, 0.3033724),
}


def measured(p, mass):
    """C(t) on the links of a place."""
    which = Measurements(p.lattice, p.group, {"pion": observable("pion", {"mass": mass}, p.d)})
    return which.measure(p.U, Stream(1, 1))["pion"]


@every_place
def test_against_dense_propagators(place):
    p = Place(*place)
    D = reference.dense_hop(p.lattice.to_user(p.U), p.antiperiodic())
    S = np.linalg.inv(D + 0.2 * np.eye(len(D)))[:, : p.n]
    squares = (np.abs(S) ** 2).sum(axis=1).reshape(*p.lattice.shape, p.n)
    found = measured(p, 0.2)
    np.testing.assert_allclose(found["pion"], squares.sum(axis=(*range(p.d - 1), p.d)), rtol=1e-9)
    assert "residual_mass" not in found
    assert found["mass"] == 0.2
    assert 0.2 * sum(found["pion"]) == pytest.approx(np.trace(S[: p.n]).real, rel=1e-9)


def test_sum_over_time_and_sources_is_the_condensate():
    """m sum_t C(t), averaged over all sources, is (1/V) Tr (D + m)^-1; on a cold lattice one source is enough."""
    p = Place("SU(2)", (4, 4, 2, 4))
    p.U = gauge.cold(p.lattice, p.group)
    op = p.operator(0.3)
    op.set_links(p.U)
    assert 0.3 * sum(measured(p, 0.3)["pion"]) == pytest.approx(exact_trace(op) / p.lattice.volume, rel=1e-9)


@pytest.mark.parametrize(("mass", "time"), MILC)
def test_milc(mass, time):
    """Propagators of D + m are twice MILC's."""
    options = {"pion": {"mass": mass, "boundary": [1, 1, 1, time]}}
    (found,) = measure_files([FILE], options=options)
    np.testing.assert_allclose(np.array(found["pion"]) / 4.0, MILC[mass, time], rtol=2e-7)
