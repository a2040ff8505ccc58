"""The multilevel algorithm on heat bath ensembles: exact correlators in d = 2, the plain correlator in d = 3."""

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
SLABS = {
    "of_1": {"slab": 1, "updates": 20},
    "of_2": {"slab": 2, "updates": 20},
    "of_all": {"slab": 8, "updates": 20},
    "within": {"slab": [4, 2], "updates": [4, 5]},
}


def ensemble(name, shape, beta, tables, measurements, between=2, bins=20):
    """Mean values and errors of C(r) by table, of measurements in bins."""
    p = Place(name, shape)
    bath = HeatBath(p.gauge(beta), p.group, "best_fisher" if p.n == 1 else "kennedy_pendleton", 1)
    chosen = {
        key: observable(key, {"beta": beta, **given} if given else {}, len(shape)) for key, given in tables.items()
    }
    what, state = Measurements(p.lattice, p.group, chosen), State(p.U, 0, 77)
    for _ in range(50):
        state, _info = bath.step(state)
    found = {key: [] for key in tables}
    for k in range(measurements):
        for _ in range(between):
            state, _info = bath.step(state)
        for key, record in what.measure(state.U, Stream(77, k)).items():
            found[key].append(next(v for name, v in record.items() if name == key))
    means = {k: np.array(v).reshape(bins, measurements // bins, -1).mean(axis=1) for k, v in found.items()}
    return {key: (x.mean(axis=0), x.std(axis=0, ddof=1) / np.sqrt(bins)) for key, x in means.items()}


def check_exact(name, shape, beta, measurements, slabs):
    tables = {f"{key}_polyakov_multilevel": SLABS[key] for key in slabs}
    found = ensemble(name, shape, beta, tables, measurements)
    expected = np.array([EXACT[name](beta, shape, r) for r in range(shape[0] // 2 + 1)])
    for key, (mean, error) in found.items():
        pulls = (mean - expected) / (error + 1e-13)
        assert (abs(pulls) < 4.5).all(), (key, pulls)
        assert error[1] < 0.5 * expected[1]
    return found


def test_exact_in_two_dimensions():
    check_exact("U(1)", (4, 8), 2.0, 200, ["of_2", "within"])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "beta"), [("U(1)", 2.0), ("SU(2)", 4.0)])
def test_every_slab(name, beta):
    check_exact(name, (4, 8), beta, 800, list(SLABS))


@pytest.mark.slow
def test_plain_correlator_in_three_dimensions():
    """Within errors the same, and much less noise at the same number of configurations."""
    tables = {"polyakov_correlator": {}, "polyakov_multilevel": {"slab": 2, "updates": 20}}
    found = ensemble("SU(2)", (4, 4, 4), 3.0, tables, 2000)
    (plain, coarse), (mean, fine) = found["polyakov_correlator"], found["polyakov_multilevel"]
    assert (abs(plain - mean) < 4.0 * np.hypot(coarse, fine)).all(), ((plain - mean) / coarse)
    assert (fine[1:] < 0.5 * coarse[1:]).all()
    assert (mean[1:] > 4 * fine[1:]).all()
