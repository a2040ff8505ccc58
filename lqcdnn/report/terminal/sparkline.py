"""A history in a few characters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: npt.ArrayLike, width: int = 16) -> str:
    """Means of `width` consecutive parts of a series as unicode bars; lowest part lowest bar.

    Parameters
    ----------
    values
        Shape (n,), finite.
    width
        Number of characters; fewer if the series is shorter.
    """
    data = np.asarray(values, dtype=np.float64)
    if len(data) == 0:
        return ""
    means = np.array([part.mean() for part in np.array_split(data, min(width, len(data)))])
    span = float(np.ptp(means))
    if span == 0.0:
        return _LEVELS[3] * len(means)
    steps = np.minimum((means - means.min()) / span * len(_LEVELS), len(_LEVELS) - 1).astype(int)
    return "".join(_LEVELS[step] for step in steps)
