"""Judgement of the topological charge: does it move?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.analyze.result import Estimate, Verdict

#: Fewer measurements than this say nothing.
MINIMUM = 20


def judge_topology(estimates: Sequence[Estimate]) -> Verdict | None:
    """Did an integer topological charge change? None if there is no such series.

    Parameters
    ----------
    estimates
        Of all series of the run.
    """
    name = "topology"
    found = next((item for item in estimates if item.name == "topological_charge"), None)
    if found is None or found.first is None:
        return None
    values = found.series.after(found.first - 1).values
    if len(values) < MINIMUM or not np.array_equal(values, np.rint(values)):
        return None
    changes = int(np.count_nonzero(np.diff(values)))
    sentence = f"charge from {values.min():.0f} to {values.max():.0f}, {changes} changes in {len(values)} measurements"
    if changes == 0:
        advice = "averages are those of one topological sector: run longer, at smaller beta, or on a larger lattice"
        return Verdict(name, "warn", sentence, advice)
    return Verdict(name, "ok", sentence)
