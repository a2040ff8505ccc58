"""Weights of momenta against the mean of plane waves over all of them."""

from itertools import permutations, product

import numpy as np
import pytest

from lqcdnn.measure.quarks.momenta import momentum_key, momentum_weights


@pytest.mark.parametrize(
    ("extents", "boundary", "momentum", "groups"),
    [
        ((4, 4, 4), (1, 1, 1), (1, 2, 0), [(0, 1, 2)]),
        ((4, 6, 4), (1, 1, 1), (1, 2, 0), [(0, 2), (1,)]),
        ((4, 4, 4), (1, -1, 1), (1, 1, 0), [(0, 2), (1,)]),
        ((6,), (1,), (2,), [(0,)]),
    ],
)
def test_mean_of_plane_waves(extents, boundary, momentum, groups):
    """Groups of directions that are alike: exchanges inside of each, and all signs."""
    waves, x = [], np.indices(extents)
    for order in permutations(range(len(extents))):
        if all(any(i in group and k in group for group in groups) for i, k in enumerate(order)):
            for signs in product((1, -1), repeat=len(extents)):
                p = [2 * np.pi * signs[i] * momentum[order[i]] / extents[i] for i in range(len(extents))]
                waves.append(np.exp(-1j * np.tensordot(p, x, 1)))
    np.testing.assert_allclose(momentum_weights(extents, boundary, momentum), np.mean(waves, axis=0), atol=1e-14)
    assert momentum_key(momentum) == "_p" + "_".join(map(str, momentum))
