"""Functions of parameters of fits over a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.expression import Expression
from lqcdnn.analyze.scan.fluctuations import combined
from lqcdnn.analyze.scan.result import PointResult, ScanDerived, ScanFit
from lqcdnn.config.language.expressions import Definition, dotted_name
from lqcdnn.config.language.values import nearest
from lqcdnn.errors import InputError


def is_over_scan(definition: Definition, fits: Sequence[str]) -> bool:
    """Whether a definition has parameters of one of the named fits over the points."""
    return any(name.partition(".")[0] in fits for name in definition.names if "." in name)


def scan_derived(
    definition: Definition, fits: Sequence[ScanFit], points: Sequence[PointResult], method: Method
) -> list[ScanDerived]:
    """A function of parameters, once for each line of the grid that has them.

    Parameters
    ----------
    definition
        Parameters of fits and constants alone.
    fits
        All fits over the points.
    points
        Of the scan, for the constants they share.
    method
        How errors are found.

    Raises
    ------
    InputError
        It contains something else, parameters of different lines, or has no value.
    """
    wheres: list[Mapping[str, object]] = []
    for fit in fits:
        if fit.where not in wheres and is_over_scan(definition, [fit.request.name]):
            wheres.append(fit.where)
    found = []
    for where in wheres:
        here = [fit for fit in fits if fit.where == where]
        used = {name for fit in here for name in fit.points}
        constants = _shared_constants([point for point in points if point.name in used], where)
        found.append(_one(definition, where, here, constants, method))
    return found


def _one(
    definition: Definition,
    where: Mapping[str, object],
    fits: Sequence[ScanFit],
    constants: Mapping[str, float],
    method: Method,
) -> ScanDerived:
    known = {
        f"{fit.request.name}.{item.name}": item.number
        for fit in fits
        for item in fit.parameters
        if item.number is not None
    }
    expression = Expression(definition, constants)
    names = [dotted_name(node) for node in expression.primaries]
    for name in names:
        if name not in known:
            word = nearest(name or "", known)
            raise InputError(
                f"{definition.text!r}: {name or 'mean(...)'} is no parameter of a fit over the points, nor a constant "
                "that they share",
                hint=f"did you mean {word}?" if word else f"parameters: {', '.join(known)}",
            )
    numbers = [known[name] for name in names if name is not None]
    found = expression(np.array([number.value for number in numbers]))
    number = combined(found.value, list(zip(map(float, found.gradient), numbers, strict=True)))
    return ScanDerived(definition.name, definition.text, where, number.value, number.error(method))


def _shared_constants(points: Sequence[PointResult], where: Mapping[str, object]) -> dict[str, float]:
    """V, L, ... where they are the same at all points; beta where it is fixed."""
    analyses = [point.analysis for point in points if point.analysis is not None]
    every = [Physics(group=item.group, shape=item.shape).constants for item in analyses] or [{}]
    shared = {name: value for name, value in every[0].items() if all(other.get(name) == value for other in every)}
    beta = where.get("beta")
    return shared | ({"beta": float(beta)} if isinstance(beta, int | float) else {})
