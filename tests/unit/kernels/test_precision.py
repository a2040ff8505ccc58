"""From double to single precision and back, and links to 16 bits, against numpy: the same bits for every width."""

import numpy as np
import pytest

from lqcdnn.kernels.precision import add_widened, narrow, shorten


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


@pytest.mark.parametrize(("width", "wide"), [(1, 1), (4, 8), (8, 16), (12, 12)])
def test_whole_numbers(width, wide):
    """Every third number is a factor; halves go to even numbers."""
    rng, blocks = np.random.default_rng(5), 4
    source = rng.permutation(blocks * wide // width).reshape(blocks, -1)
    x = rng.uniform(-0.5, 0.5, size=(source.size, 6, width))
    x[0, 0, 0], x[0, 1, 0], x[:, 2::3] = 0.5, -0.5, rng.choice([-2.0, 2.0], size=(source.size, 2, width))
    x[1, 0] = 2.5 / 65534
    out = np.zeros((blocks, 6, wide), np.int16)
    shorten(out, x, source, 65534.0, 0.5, 3)
    side_by_side = np.concatenate([x[source[:, g]] for g in range(source.shape[1])], axis=2)
    np.testing.assert_array_equal(out[:, 2::3], np.sign(side_by_side[:, 2::3]))
    del x
    for k in (0, 1, 3, 4):
        np.testing.assert_array_equal(out[:, k], np.rint(65534.0 * side_by_side[:, k]))
    assert {out.min(), out.max()} == {-32767, 32767}
