"""Judgement of the topological charge: does it move?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.result import Verdict
from lqcdnn.config.language.counts import counted

#: Fewer measurements than this say nothing.
MINIMUM = 20


def judge_topology(series: Sequence[Series], start: int) -> Verdict | None:
    """Did an integer topological charge change after trajectory ``start``? None if there is no such series."""
    name = "topology"
    found = next((item.after(start).values for item in series if item.name == "topological_charge"), None)
    if found is None or len(found) < MINIMUM or not np.array_equal(found, np.rint(found)):
        return None
    changes = int(np.count_nonzero(np.diff(found)))
    sentence = f"charge from {found.min():.0f} to {found.max():.0f}, {counted(changes, 'change')} "
    sentence += f"in {len(found)} measurements"
    if changes == 0:
        advice = "averages are those of one topological sector: use [update.tempering], [update.bias] or "
        return Verdict(name, "warn", sentence, advice + "lattice.time = \"open\", run longer, or at smaller beta")
    return Verdict(name, "ok", sentence)
