"""Weights of loops by how many links in time they have, as kernels and as path programs want them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.gauge_actions import LoopWeights
from lqcdnn.lattice.loops import loops_of


def coefficients_of(weights: LoopWeights, d: int) -> dict[str, float]:
    """Weight of each class of loops that has one in d dimensions: plaquettes, rectangles, or their parts.

    Where all loops of a shape count the same, they are one class.
    """
    found: dict[str, float] = {}
    for shape in ("plaquette", "rectangle"):
        of_shape = {name: w for name, w in weights._asdict().items() if name.startswith(shape) and loops_of(name, d)}
        values = set(of_shape.values())
        if values == {0.0} and shape == "rectangle":
            continue
        found |= {shape: values.pop()} if len(values) == 1 else {name: w for name, w in of_shape.items() if w}
    return found


def relative_weights(
    weights: LoopWeights, d: int
) -> tuple[float | None, NDArray[np.float64] | None, tuple[float, float, float] | None]:
    """Weights in units of those of plaquettes with time, and of rectangles with one link in time.

    Returns
    -------
    space
        That of plaquettes of space; None for 1.
    planes
        [mu, nu] of rectangles with two links along mu and one along nu; None where all are 1.
    oblong
        Of rectangles of space, with one link in time, with two; None if there are no rectangles.
    """
    ratio = weights.plaquette_space / weights.plaquette_time
    space = None if ratio == 1.0 or d == 2 else ratio
    if not any(weights[2:]):
        return space, None, None
    inside, long = (w / weights.rectangle_short for w in (weights.rectangle_space, weights.rectangle_long))
    planes = np.full((d, d), inside)
    planes[:-1, -1], planes[-1, :-1] = 1.0, long
    return space, (None if inside == long == 1.0 else planes), (inside, 1.0, long)
