"""Derived quantities that contain parameters of fits: functions of the mean values behind these."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lqcdnn.analyze.data.series import Series, aligned
from lqcdnn.analyze.estimate import Function, Sample
from lqcdnn.analyze.expression import Expression
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.expressions import dotted_name
from lqcdnn.errors import InputError


def derived_samples(expression: Expression, chains: Chains) -> tuple[list[Sample], Function]:
    """What an expression is a function of, in every replica, and the function: not weighted.

    A parameter moves with the mean values of the series of its fit, with the weight matrix of that fit. A series of the
    name of a parameter comes first.

    Parameters
    ----------
    expression
        Of series and of parameters of the fits that `chains` has done.
    chains
        Series and parameters.

    Raises
    ------
    InputError
        A name that is neither, or no trajectory on which everything was measured.
    DataError
        A value that is not finite.
    """
    names = [dotted_name(node) or "" for node in expression.primaries]
    used = [name for name in names if name in chains.parameters and name not in chains.series[0]]
    if not used:
        return [Sample(*expression.table(one)) for one in chains.series], expression
    series = list(dict.fromkeys(name for parameter in used for name in chains.parameters[parameter][0]))
    plain = len(names) - len(used)
    made = chains.made or [{} for _ in chains.series]
    known = [{**one, **more} for one, more in zip(chains.series, made, strict=True)]
    samples = [_sample(expression, one, used, series, plain) for one in known]
    columns = {name: plain + i for i, name in enumerate(series)}

    def function(means: FloatArray) -> Dual:
        values, jacobian = np.empty(len(names)), np.zeros((len(names), len(means)))
        measured = 0
        for i, name in enumerate(names):
            if name not in used:
                values[i], jacobian[i, measured] = means[measured], 1.0
                measured += 1
                continue
            of, parameter = chains.parameters[name]
            where = [columns[other] for other in of]
            found = parameter(means[where])
            values[i], jacobian[i, where] = found.value, found.gradient
        result = expression(values)
        return Dual(result.value, result.gradient @ jacobian)

    return samples, function


def _sample(
    expression: Expression, one: Mapping[str, Series], used: list[str], series: list[str], plain: int
) -> Sample:
    """The averages of the expression, then the series of its fits, where all were measured."""
    trajectories, fitted = aligned([one[name] for name in series])
    if not plain:
        return Sample(trajectories, fitted)
    measured, table = expression.table(one, used)
    common = np.intersect1d(measured, trajectories)
    if not len(common):
        raise InputError(
            f"{expression.definition.text!r}: its series and those of its fits have no trajectories in common"
        )
    return Sample(common, np.hstack([table[np.isin(measured, common)], fitted[np.isin(trajectories, common)]]))
