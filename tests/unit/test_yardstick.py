"""The plain loops of ``tests/bench`` compute the same numbers as the kernels they are a yardstick for."""

import numpy as np
import pytest
from bench.pairs import pairs

CASES = [("SU(2)", (4, 2, 2, 4)), ("SU(3)", (4, 4))]


@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_plain_loops_agree_with_the_kernels(name, shape):
    for pair in pairs(name, shape):
        pair.fast()
        pair.slow()
        found, expected = pair.results()
        assert np.abs(expected).max() > 0.1
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * np.abs(expected).max())
