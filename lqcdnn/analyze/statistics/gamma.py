r"""Errors of correlated data by the Gamma method with an automatic window.

U. Wolff, Comput. Phys. Commun. 156 (2004) 143, hep-lat/0306017 (with erratum); equation numbers are his.

.. math::
    \Gamma(t) = \langle (a_i - \bar a)(a_{i+t} - \bar a)\rangle,\quad
    C(W) = \Gamma(0) + 2\sum_{t=1}^{W}\Gamma(t),\quad
    \sigma^2 = C(W)/N,\quad
    \tau_{int} = \frac{C(W)}{2\,\Gamma(0)} = \frac12 + \sum_{t=1}^{W}\rho(t)

The convention tau_int = 1/2 + sum rho makes uncorrelated data have tau_int = 1/2 and error = sqrt(2 tau_int var/N).
Where the estimate falls below 1/2 (anticorrelation, mostly noise) 1/2 is used: no error is smaller than the naive one.

With a known exponential autocorrelation time tau_exp the part beyond the window is estimated instead of neglected
(S. Schaefer, R. Sommer, F. Virotta, Nucl. Phys. B 845 (2011) 93, arXiv:1009.5228, eq. 16): W is the last lag before
rho(W) falls below its error, and tau_int = 1/2 + sum_{t<=W} rho(t) + tau_exp |rho(W + 1)|.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lqcdnn.errors import DataError, InputError

FloatArray = npt.NDArray[np.float64]

#: Ratio of the assumed exponential to the integrated autocorrelation time in Wolff's window (section 3.3).
DEFAULT_S = 1.5
#: Fewer measurements than this give no error at all.
MINIMUM_N = 4
#: Windows that are looked at before all others: nearly always one of them is it.
FIRST_WINDOWS = 64
#: Fluctuations below this part of the numbers they are made of are rounding.
ROUNDING = 64.0 * float(np.finfo(np.float64).eps)
VANISHING = 1e-150
"""Fluctuations whose squares are zero in double precision, as of acceptances that are all exp(-1000)."""

LARGEST = 1e140
"""Numbers up to which variances, and what is made of them, do not overflow in double precision."""


@dataclass(frozen=True)
class GammaResult:
    """A mean value, its error and the autocorrelation behind it.

    Attributes
    ----------
    mean, error, error_of_error
        Estimate, its statistical error and the error's own error (eq. 42).
    tau_int, tau_int_error
        Integrated autocorrelation time 1/2 + sum rho in units of the spacing of the series, and its error (eq. 42).
    window
        Summation window W.
    tail
        Part of tau_int that comes from beyond the window; 0 without tau_exp.
    n, replicas
        Number of measurements in all replicas together, and of replicas.
    variance, naive_error
        Gamma(0), and sqrt(Gamma(0)/N): the error if the measurements were independent.
    converged
        False if no window satisfied Wolff's criterion, or the sum of Gamma was not positive: the error is a guess.
    replica_chi2
        chi^2 of the replica means about the common mean (replicas - 1 degrees of freedom); None for one replica.
    rho
        Normalised autocorrelation rho(t), t = 0, 1, ..., for plots.
    """

    mean: float
    error: float
    error_of_error: float
    tau_int: float
    tau_int_error: float
    window: int
    n: int
    replicas: int
    variance: float
    naive_error: float
    converged: bool
    replica_chi2: float | None
    tail: float
    rho: FloatArray = field(repr=False, compare=False)

    @property
    def effective(self) -> float:
        """Number of independent measurements N/(2 tau_int)."""
        return self.n / (2.0 * self.tau_int)

    @property
    def constant(self) -> bool:
        """True if the series does not vary at all."""
        return self.variance == 0.0


def gamma_method(
    data: npt.ArrayLike | Sequence[npt.ArrayLike],
    s: float = DEFAULT_S,
    tau_exp: float = 0.0,
    window: int | None = None,
) -> GammaResult:
    """Mean and error of one series, or of several replicas of it.

    Parameters
    ----------
    data
        One series, shape (n,), or a list of series: independent replicas, possibly of different lengths.
    s
        Wolff's S; 0 switches autocorrelation off (window 0).
    tau_exp
        Exponential autocorrelation time in units of the spacing of the series; above 0 the tail is added.
    window
        Summation window; None: found from the data.

    Raises
    ------
    InputError
        Fewer than 4 measurements in a replica, negative `s` or `tau_exp`, a window beyond half the shortest replica.
    DataError
        A value that is not finite.
    """
    replicas = [series[:, None] for series in _as_replicas(data, ndim=1)]
    return _derived(lambda mean: float(mean[0]), replicas, s, np.ones_like, tau_exp, window)


def gamma_derived(
    function: Callable[[FloatArray], float],
    data: npt.ArrayLike | Sequence[npt.ArrayLike],
    s: float = DEFAULT_S,
    gradient: Callable[[FloatArray], FloatArray] | None = None,
    tau_exp: float = 0.0,
    window: int | None = None,
) -> GammaResult:
    """Error of a function of several mean values, correlations between them included.

    Parameters
    ----------
    function
        f(means), real, of the vector of the k mean values.
    data
        Shape (n, k): k series measured together; or a list of such arrays, one for each replica.
    s, tau_exp, window
        As for `gamma_method`.
    gradient
        df/dmeans as a function of the means, shape (k,); None: central differences.

    Raises
    ------
    InputError, DataError
        As `gamma_method`.
    """
    return _derived(function, _as_replicas(data, ndim=2), s, gradient, tau_exp, window)


def _derived(
    function: Callable[[FloatArray], float],
    replicas: list[FloatArray],
    s: float,
    gradient: Callable[[FloatArray], FloatArray] | None,
    tau_exp: float,
    window: int | None,
) -> GammaResult:
    """`gamma_derived` of replicas that are checked."""
    if not s >= 0.0:
        raise InputError(f"S = {s} of the Gamma method is negative")
    if not tau_exp >= 0.0:
        raise InputError(f"an exponential autocorrelation time of {tau_exp} is negative")
    pooled = np.concatenate(replicas)
    means = pooled.mean(axis=0)
    if gradient is None:
        spread = np.where(_is_constant(pooled), 0.0, pooled.std(axis=0))
        slope = _numerical_gradient(function, means, spread / math.sqrt(len(pooled)))
    else:
        slope = np.asarray(gradient(means), dtype=np.float64)
    value = float(function(means))
    # the fluctuations projected on the gradient (section 3.2): from here on there is one series again
    fluctuations = [(replica - means) @ slope for replica in replicas]
    # columns that vary may cancel; what rounding leaves of them is no noise and may even look like a slow mode
    scale = float(np.abs(pooled).max(axis=0) @ np.abs(slope))
    if max(float(np.abs(series).max()) for series in fluctuations) <= max(ROUNDING * scale, VANISHING):
        return _constant_result(value, len(pooled), len(replicas))
    alone = len(replicas) == 1  # its value is known, and the function may be a fit
    values = [value] if alone else [float(function(replica.mean(axis=0))) for replica in replicas]
    replica_values = np.array(values)
    return _estimate(value, replica_values, fluctuations, s, tau_exp, window)


def _estimate(
    value: float,
    replica_values: FloatArray,
    fluctuations: list[FloatArray],
    s: float,
    tau_exp: float,
    chosen: int | None,
) -> GammaResult:
    """Window, bias correction and errors from the projected fluctuations of all replicas."""
    sizes = np.array([len(series) for series in fluctuations])
    n, replicas = int(sizes.sum()), len(sizes)
    gamma = autocovariance(fluctuations)
    window, converged = _window(gamma, n, s, tau_exp, chosen)
    summed = _window_sum(gamma, window)
    if summed <= 0.0:  # strongly anticorrelated data have no sensible window
        window, converged, summed = 0, False, float(gamma[0])
    beyond = abs(float(gamma[window + 1])) if tau_exp > 0.0 and window + 1 < len(gamma) else 0.0
    tail_sum = 2.0 * tau_exp * beyond * (1.0 + 1.0 / n)
    gamma = gamma + summed / n  # eq. 49: the mean was estimated from the same data
    summed = _window_sum(gamma, window) + tail_sum
    # no credit for anticorrelation: in short series it is nearly always noise, and it would shrink the error
    error = math.sqrt(max(summed, float(gamma[0])) / n)
    tau = max(summed / (2.0 * float(gamma[0])), 0.5)
    chi2 = None
    if replicas > 1:
        # section 2.3: the spread of the replica values gives the leading bias of a non-linear function
        bias = (float(np.average(replica_values, weights=sizes)) - value) / (replicas - 1)
        value -= bias
        corrected = replica_values - bias * n / sizes
        chi2 = float(np.sum((corrected - value) ** 2 * sizes) / summed)
    return GammaResult(
        mean=value,
        error=error,
        error_of_error=error * math.sqrt((window + 0.5) / n),
        tau_int=tau,
        tau_int_error=2.0 * tau * math.sqrt(max(window + 0.5 - tau, 0.0) / n),
        window=window,
        n=n,
        replicas=replicas,
        variance=float(gamma[0]),
        naive_error=math.sqrt(float(gamma[0]) / n),
        converged=converged,
        replica_chi2=chi2,
        tail=tail_sum / (2.0 * float(gamma[0])),
        rho=(gamma / gamma[0])[: max(3 * window, 20) + 1],
    )


def autocovariance(fluctuations: Sequence[FloatArray]) -> FloatArray:
    """Gamma(t) for t = 0 .. half the shortest replica, averaged over all pairs of all replicas.

    Parameters
    ----------
    fluctuations
        One array for each replica, mean already subtracted.
    """
    longest = min(len(series) for series in fluctuations) // 2
    total = np.zeros(longest + 1)
    for series in fluctuations:
        padded = 1 << (2 * len(series) - 1).bit_length()  # no wrap-around
        spectrum = np.fft.rfft(series, padded)
        total += np.fft.irfft(spectrum.real**2 + spectrum.imag**2, padded)[: longest + 1]
    n = sum(len(series) for series in fluctuations)
    pairs: FloatArray = n - len(fluctuations) * np.arange(longest + 1, dtype=np.float64)
    result: FloatArray = total / pairs
    return result


def automatic_window(gamma: FloatArray, n: int, s: float = DEFAULT_S) -> tuple[int, bool]:
    """First W at which truncation and noise balance (eqs. 51, 52), and whether there was one.

    Parameters
    ----------
    gamma
        Autocovariance Gamma(t), t = 0, 1, ...
    n
        Number of measurements.
    s
        Ratio tau_exp/tau_int assumed; 0 gives W = 0.
    """
    if s == 0.0:
        return 0, True
    window, found = _balanced(gamma[: FIRST_WINDOWS + 1], n, s)
    return (window, found) if found or len(gamma) <= FIRST_WINDOWS + 1 else _balanced(gamma, n, s)


def _balanced(gamma: FloatArray, n: int, s: float) -> tuple[int, bool]:
    w = np.arange(1, len(gamma), dtype=np.float64)
    excess = np.cumsum(gamma[1:]) / gamma[0]  # tau_int(W) - 1/2
    tau = np.full_like(excess, np.finfo(np.float64).eps)
    positive = excess > 0.0
    tau[positive] = s / np.log1p(1.0 / excess[positive])
    criterion = np.exp(-w / tau) - tau / np.sqrt(w * n)
    below = np.flatnonzero(criterion < 0.0)
    return (int(below[0]) + 1, True) if len(below) else (len(w), False)


def rho_errors(result: GammaResult) -> FloatArray:
    """Error of rho(t) for the t stored in `result`."""
    return np.array([_rho_error(result.rho, t, result.window, result.n) for t in range(len(result.rho))])


def _rho_error(rho: FloatArray, t: int, window: int, n: int) -> float:
    """Error of rho(t) (M. Luescher, hep-lat/0409106, eq. E.11); rho counts as 0 beyond its end."""
    k = np.arange(1, t + window + 1)
    padded = np.concatenate([rho, np.zeros(max(2 * t + window + 1 - len(rho), 0))])
    return math.sqrt(float(np.sum((padded[k + t] + padded[np.abs(k - t)] - 2.0 * padded[t] * padded[k]) ** 2)) / n)


def _window(gamma: FloatArray, n: int, s: float, tau_exp: float, chosen: int | None) -> tuple[int, bool]:
    """Summation window and whether a criterion found it: the one asked for, Wolff's, or that before the tail."""
    if chosen is not None:
        if not 0 <= chosen < len(gamma):
            raise InputError(f"a window of {chosen} does not fit: 0 to {len(gamma) - 1} is possible")
        return chosen, True
    window, converged = automatic_window(gamma, n, s)
    if tau_exp == 0.0:
        return window, converged
    rho = gamma / gamma[0]
    for t in range(1, len(rho) - 1):
        if rho[t] < _rho_error(rho, t, window, n):
            return t, True
    return window, False


def _window_sum(gamma: FloatArray, window: int) -> float:
    """C(W) of the formula at the top."""
    return float(gamma[0] + 2.0 * np.sum(gamma[1 : window + 1]))


def _numerical_gradient(function: Callable[[FloatArray], float], at: FloatArray, step: FloatArray) -> FloatArray:
    """Central differences with steps of one naive error; directions without spread get 0."""
    gradient = np.zeros_like(at)
    for i in np.flatnonzero(step > 0.0):
        shift = np.zeros_like(at)
        shift[i] = step[i]
        gradient[i] = (function(at + shift) - function(at - shift)) / (2.0 * step[i])
    return gradient


def _is_constant(data: FloatArray) -> npt.NDArray[np.bool_]:
    """Columns that vary by no more than rounding."""
    constant: npt.NDArray[np.bool_] = np.ptp(data, axis=0) <= ROUNDING * np.abs(data).max(axis=0)
    return constant


def _constant_result(value: float, n: int, replicas: int) -> GammaResult:
    """Result for data without fluctuations: error 0, tau_int 1/2 by convention."""
    return GammaResult(
        mean=value,
        error=0.0,
        error_of_error=0.0,
        tau_int=0.5,
        tau_int_error=0.0,
        window=0,
        n=n,
        replicas=replicas,
        variance=0.0,
        naive_error=0.0,
        converged=True,
        replica_chi2=0.0 if replicas > 1 else None,
        tail=0.0,
        rho=np.ones(1),
    )


def _as_replicas(data: npt.ArrayLike | Sequence[npt.ArrayLike], ndim: int) -> list[FloatArray]:
    """List of float arrays of dimension `ndim`, checked for length and size."""
    several = isinstance(data, list | tuple) and len(data) > 0 and np.ndim(data[0]) > 0
    parts = [np.asarray(part) for part in (data if several else [data])]  # type: ignore[union-attr]
    if any(np.iscomplexobj(part) for part in parts):
        raise InputError("complex numbers have no error of this kind", hint="take real and imaginary parts, or moduli")
    replicas = [part.astype(np.float64, copy=False) for part in parts]
    for replica in replicas:
        if replica.ndim != ndim:
            raise InputError(f"expected arrays of dimension {ndim}, got {replica.ndim}")
        if len(replica) < MINIMUM_N:
            raise InputError(f"{len(replica)} measurements are too few for an error, {MINIMUM_N} are the minimum")
        within = np.abs(replica) <= LARGEST
        if not np.all(within):
            first = int(np.argmin(within.reshape(len(replica), -1).all(axis=1)))
            how = f"beyond {LARGEST:g}" if np.all(np.isfinite(replica[first])) else "not a finite number"
            raise DataError(f"measurement {first + 1} of {len(replica)} is {how}")
    return replicas
