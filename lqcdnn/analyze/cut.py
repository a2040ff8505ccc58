"""One thermalisation cut for a whole run: thermalisation is a property of the chain, not of an observable."""

from __future__ import annotations

from collections.abc import Sequence

from lqcdnn.analyze.result import Thermalization
from lqcdnn.analyze.series import Series, is_effort
from lqcdnn.analyze.thermalization import SIGNIFICANT, detect_cut, early_deviation


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
    for item in _witnesses(series):
        part = item.after(declared)
        cut = detect_cut(part.values)
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
    for item in _witnesses(series):
        found = early_deviation(item.after(trajectory).values)
        if found is not None and (deviation is None or abs(found) > abs(deviation)):
            worst, deviation = item.name, found
    settled = None if deviation is None else abs(deviation) < SIGNIFICANT
    return Thermalization(trajectory, method, declared, decided_by, settled, worst, deviation)


def _witnesses(series: Sequence[Series]) -> list[Series]:
    return [item for item in series if not is_effort(item.name)]
