"""Judgement of parallel tempering: do configurations wander between the first and the last replica?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.analyze.data.rundata import WINDOWS
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.result import Verdict
from lqcdnn.analyze.verdicts.couplings import propose
from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.values import toml_value

#: Fewer trajectories than this say nothing.
MINIMUM = 20
#: A pair that swaps less often is a gap that hardly anything crosses.
RARE = 0.05
#: Round trips that are a sample.
ENOUGH = 10
#: Fewer trajectories give no rates to choose couplings by.
RATES = 200
#: Round trips that are to be gained by other couplings where there are enough, and where there are not.
GAIN, LITTLE_GAIN = 1.25, 1.05


def judge_tempering(
    diagnostics: Mapping[str, Series], start: int, couplings: Sequence[float] = ()
) -> Verdict | None:
    """Swaps of each pair and round trips after trajectory ``start``; None where there are no replicas.

    Where swaps are far from uniform, replicas many more or fewer than is best, or round trips rare, better couplings
    are proposed (see ``verdicts.couplings``).

    Parameters
    ----------
    diagnostics
        Series by name: ``swapped.1``, ... of the pairs and ``walkers.1``, ... of the replicas.
    start
        The last trajectory of thermalisation.
    couplings
        Those of the replicas; none if they are not known.
    """
    lists = [_list_of(diagnostics, name, start) for name in ("swapped", "walkers")]
    if not all(lists):
        return None
    swapped, walkers = map(np.column_stack, lists)
    if len(swapped) < MINIMUM:
        sentence = f"only {counted(len(swapped), 'trajectory')} after the cut"
        return Verdict("tempering", "unknown", sentence, "run longer")
    rates, trips = swapped.mean(axis=0), round_trips(walkers)
    sentence = f"swaps accepted {', '.join(f'{100 * rate:.0f}' for rate in rates)} %; {counted(trips, 'round trip')} "
    sentence += f"between the first and the last replica in {len(swapped)} trajectories"
    worst = int(np.argmin(rates))
    status = "warn" if rates[worst] < RARE or trips < ENOUGH else "ok"
    if len(couplings) == len(rates) + 1 and len(swapped) >= RATES:
        better = propose(couplings, [float(rate) for rate in rates], len(swapped))
        if better.gain > (GAIN if status == "ok" else LITTLE_GAIN) and better.couplings != tuple(couplings):
            advice = f"replicas at equal distances, of which swaps are accepted with {100 * better.acceptance:.0f} %, "
            advice += f"make {better.gain:.1f} times as many round trips for the same work; in [update.tempering]:"
            return Verdict("tempering", status, sentence, advice, f"couplings = {toml_value(better.couplings)}")
    windows = any(name.startswith(WINDOWS) for name in diagnostics)
    biased = len(rates) == 1 and not couplings  # a chain with a bias potential beside the one of the run
    if rates[worst] < RARE:
        advice = f"one more coupling between the {worst + 1}. and the {worst + 2}. of update.tempering.couplings"
        if biased:
            advice = "a smaller update.bias.factor or range, or a potential that is built for longer"
        if windows:
            advice = "wider windows, or more of them (update.llr.width, windows)"
        return Verdict("tempering", "warn", sentence, advice)
    if trips < ENOUGH:
        advice = "run longer" if biased or windows else "run longer, or put the couplings where swaps are rare"
        return Verdict("tempering", "warn", sentence, advice)
    return Verdict("tempering", "ok", sentence)


def _list_of(diagnostics: Mapping[str, Series], name: str, start: int) -> list[NDArray[np.float64]]:
    found: list[NDArray[np.float64]] = []
    while (item := diagnostics.get(f"{name}.{len(found) + 1}")) is not None:
        found.append(item.after(start).values)
    return found


def round_trips(walkers: NDArray[np.float64]) -> int:
    """How often a configuration went from one end to the other and back: walkers [trajectory, replica] by number."""
    count = 0
    for walker in range(walkers.shape[1]):
        place = np.argmax(walkers == walker, axis=1)
        ends = place[(place == 0) | (place == walkers.shape[1] - 1)]
        count += int(np.count_nonzero(np.diff(ends))) // 2
    return count
