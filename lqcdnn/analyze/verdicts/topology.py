"""Judgement of the topological charge: does it move?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.result import Verdict
from lqcdnn.config.language.counts import counted

#: Fewer measurements than this say nothing.
MINIMUM = 20


#: With fewer changes than this the error of what depends on the charge is not known either.
FEW = 10
#: What moves the charge.
ADVICE = 'use [update.tempering], [update.bias] or lattice.time = "open", run longer, or at smaller beta'
#: What moves it where there is a bias potential.
OF_BIAS = "build the potential for longer or with a larger update.bias.factor, run longer, or at smaller beta"


def judge_topology(series: Sequence[Series], start: int, advice: str = ADVICE) -> Verdict | None:
    """Did an integer topological charge change after trajectory ``start``? None if there is no such series.

    Parameters
    ----------
    series, start
        All series of a run, and what is left out of them.
    advice
        What to do about a charge that does not move.
    """
    name = "topology"
    found = next((item.after(start).values for item in series if item.name == "topological_charge"), None)
    if found is None or len(found) < MINIMUM or not np.array_equal(found, np.rint(found)):
        return None
    changes = int(np.count_nonzero(np.diff(found)))
    sentence = f"charge from {found.min():.0f} to {found.max():.0f}, {counted(changes, 'change')} "
    sentence += f"in {len(found)} measurements"
    if changes == 0:
        return Verdict(name, "warn", sentence, f"averages are those of one topological sector: {advice}")
    if changes < FEW:
        return Verdict(name, "warn", f"{sentence}: errors of what depends on it are not to be trusted", advice)
    return Verdict(name, "ok", sentence)
