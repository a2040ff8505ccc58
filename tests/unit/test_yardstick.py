"""The plain loops of ``tests/bench`` compute the same numbers as the kernels they are a yardstick for."""

import numpy as np
import pytest
from bench.floors import force, hop, one_block
from bench.pairs import pairs

CASES = [("SU(2)", (4, 2, 2, 4)), ("SU(3)", (4, 4))]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_plain_loops_agree_with_the_kernels(name, shape):
    for pair in pairs(name, shape):
        pair.fast()
        pair.slow()
        found, expected = pair.results()
        assert np.abs(expected).max() > 0.1
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


FLOORS = [
    pytest.param(hop, "clover", 8, marks=pytest.mark.slow),
    pytest.param(hop, "domain wall", 8 * 8, marks=pytest.mark.slow),
    pytest.param(force, "rectangle", 16, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("make", "kind", "sites"), FLOORS)
def test_kernels_run_on_one_block_in_place_of_all(make, kind, sites):
    calls, found = make("SU(2)", (4, 4), kind)
    for call in calls.values():
        call()
    assert {"as it is", "links", "output", "all"} <= set(calls)
    assert found == sites


def test_one_block_is_the_first_one():
    field = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(one_block(field, 0), np.tile(field[0], (3, 1)))
    np.testing.assert_array_equal(one_block(field, -1), np.tile(field[:, :1], (1, 4)))
