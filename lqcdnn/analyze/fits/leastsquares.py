r"""Least squares with correlated data, and how the parameters move with the data.

.. math:: \chi^2(p) = r^T W r,\quad r = f(p) - y,\quad W = C^{-1}

The minimum is found by K. Levenberg's and D. W. Marquardt's damped Gauss-Newton steps. There g = J^T W r = 0, hence
dp/dy = H^{-1} J^T W with H = dg/dp: exact, curvature of f included. How large chi^2 is expected to be: ``goodness``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

#: f(p), shape (k,), and its Jacobian, shape (k, parameters).
Model = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
STEPS = 200


@dataclass(frozen=True)
class Minimum:
    """Result of a fit.

    Attributes
    ----------
    parameters
        Shape (p,).
    chi2, dof
        At the minimum; data minus parameters.
    sensitivity
        dp/dy, shape (p, k).
    jacobian
        df/dp, shape (k, p).
    """

    parameters: FloatArray
    chi2: float
    dof: int
    sensitivity: FloatArray
    jacobian: FloatArray


def minimize(model: Model, y: FloatArray, weight: FloatArray, start: FloatArray) -> Minimum:
    """Minimum of chi^2.

    Parameters
    ----------
    model
        Values and Jacobian.
    y
        Data, shape (k,).
    weight
        W, symmetric and positive, shape (k, k).
    start
        First parameters, shape (p,), p <= k.

    Raises
    ------
    InputError
        Fewer data than parameters, or no minimum found.
    """
    if len(y) < len(start):
        raise InputError(f"{len(y)} points do not determine {len(start)} parameters")
    parameters, damping = np.array(start, dtype=np.float64), 1e-3
    values, jacobian = model(parameters)
    chi2 = _chi2(values - y, weight)
    for _ in range(STEPS):
        gradient = jacobian.T @ weight @ (values - y)
        normal = jacobian.T @ weight @ jacobian
        step = -_solve(normal + damping * np.diag(np.maximum(np.diag(normal), 1e-300)), gradient)
        trial = parameters + step
        with np.errstate(all="ignore"):
            new_values, new_jacobian = model(trial)
            new = _chi2(new_values - y, weight)
        if np.isfinite(new) and np.all(np.isfinite(new_jacobian)) and new <= chi2:
            small = np.all(np.abs(step) <= 1e-12 * (np.abs(trial) + 1e-12))
            parameters, values, jacobian, chi2 = trial, new_values, new_jacobian, new
            damping *= 0.1
        else:
            # where rounding hides any further fall of chi^2 the last step is as good as zero
            small = np.all(np.abs(step) <= 1e-9 * (np.abs(parameters) + 1e-9))
            damping = max(damping, 1e-12) * 10.0
        if small:
            return _at_minimum(model, parameters, y, weight, chi2)
    raise InputError("the fit found no minimum", hint="choose another range or fewer states")


def residual_weight(weight: FloatArray, jacobian: FloatArray) -> FloatArray:
    """P = W - W J (J^T W J)^{-1} J^T W, with which chi^2 at the minimum is r^T P r of the noise r of the data."""
    weighted = weight @ jacobian
    projected: FloatArray = weight - weighted @ _solve(jacobian.T @ weighted, weighted.T)
    return (projected + projected.T) / 2.0


def _at_minimum(model: Model, parameters: FloatArray, y: FloatArray, weight: FloatArray, chi2: float) -> Minimum:
    """H = J^T W J + dJ/dp W r: differences of J alone, which rounding in a nearly singular W cannot spoil."""
    values, jacobian = model(parameters)
    residual = weight @ (values - y)
    curvature = np.empty((len(parameters), len(parameters)))
    for i, value in enumerate(parameters):
        shift = np.zeros_like(parameters)
        shift[i] = 1e-5 * max(abs(value), 1e-3)
        (_, ahead), (_, behind) = model(parameters + shift), model(parameters - shift)
        curvature[:, i] = (ahead - behind).T @ residual / (2.0 * shift[i])
    hessian = jacobian.T @ weight @ jacobian + (curvature + curvature.T) / 2.0
    sensitivity = _solve(hessian, jacobian.T @ weight)
    return Minimum(parameters, chi2, len(y) - len(parameters), sensitivity, jacobian)


def _chi2(residual: FloatArray, weight: FloatArray) -> float:
    return float(residual @ weight @ residual)


def _solve(matrix: FloatArray, right: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise InputError("the points do not determine the parameters of the fit") from error
