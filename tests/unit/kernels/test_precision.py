"""From double to single precision and back, against numpy: the same bits for every width."""

import numpy as np
import pytest

from lqcdnn.kernels.precision import add_widened, narrow


@pytest.mark.parametrize(("width", "wide"), [(1, 1), (2, 2), (4, 8), (8, 8), (8, 16), (12, 12), (16, 32)])
def test_conversion(width, wide):
    rng, entries, blocks = np.random.default_rng(4), 5, 6
    source = rng.permutation(blocks * wide // width).reshape(blocks, -1)
    x, factor = rng.normal(size=(source.size, entries, width)), 0.3
    out = np.zeros((blocks, entries, wide), np.float32)
    narrow(out, x, source, factor)
    side_by_side = np.concatenate([x[source[:, g]] for g in range(source.shape[1])], axis=2)
    np.testing.assert_array_equal(out, (factor * side_by_side).astype(np.float32))

    y, d = rng.normal(size=x.shape), rng.normal(size=out.shape).astype(np.float32)
    expected = y.copy()
    for g in range(source.shape[1]):
        expected[source[:, g]] += factor * d[:, :, g * width : (g + 1) * width].astype(np.float64)
    add_widened(y, d, source, factor)
    np.testing.assert_array_equal(y, expected)
