"""One thermalisation cut for a whole run: thermalisation is a property of the chain, not of an observable.

Every series is a witness.  The components of a list (correlator, flow, loops) are many witnesses of one thing:
together they must not raise an alarm more often than a single number does, so the more components, the larger a
deviation of one of them must be to count.  Deviations are told in errors of a single number: those of components are
scaled accordingly.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lqcdnn.analyze.data.series import Series, is_effort
from lqcdnn.analyze.result import Thermalization
from lqcdnn.analyze.statistics.thermalization import SIGNIFICANT, detect_cut, early_deviation, significance


def common_cut(series: Sequence[Series], declared: int) -> Thermalization:
    """Automatic cut: the latest one that any series asks for, never before `declared`.

    Parameters
    ----------
    series
        Observables; those about the solver's effort are passed over.
    declared
        ``run.thermalization``: trajectories up to this one are never used.
    """
    trajectory, decided_by = declared, None
    for item, significant in _witnesses(series):
        part = item.after(declared)
        cut = detect_cut(part.values, significant)
        if cut.index > 0 and int(part.trajectories[cut.index - 1]) > trajectory:
            trajectory, decided_by = int(part.trajectories[cut.index - 1]), item.name
    return _judged(series, trajectory, "automatic", declared, decided_by)


def fixed_cut(series: Sequence[Series], trajectory: int, method: str, declared: int) -> Thermalization:
    """A cut set by the user, tested like an automatic one.

    Parameters
    ----------
    series, declared
        As for `common_cut`.
    trajectory
        Trajectories up to this one are left out.
    method
        Where the number comes from: "option" or "input".
    """
    return _judged(series, trajectory, method, declared, None)


def _judged(
    series: Sequence[Series], trajectory: int, method: str, declared: int, decided_by: str | None
) -> Thermalization:
    worst, deviation = None, None
    for item, significant in _witnesses(series):
        found = early_deviation(item.after(trajectory).values)
        scaled = None if found is None else found * SIGNIFICANT / significant
        if scaled is not None and (deviation is None or abs(scaled) > abs(deviation)):
            worst, deviation = item.name, scaled
    settled = None if deviation is None else abs(deviation) < SIGNIFICANT
    return Thermalization(trajectory, method, declared, decided_by, settled, worst, deviation)


def _witnesses(series: Sequence[Series]) -> list[tuple[Series, float]]:
    """Series that have a say, and the deviation, in errors, that counts."""
    found = [item for item in series if not is_effort(item.name)]
    components = Counter(_list_of(item) for item in found)
    return [(item, significance(components[_list_of(item)])) for item in found]


def _list_of(series: Series) -> str:
    """The list a component belongs to; a number is its own."""
    return series.name.partition(".")[0]
