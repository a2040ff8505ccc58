r"""Multi-histogram reweighting: several runs at different couplings as one sample of all couplings.

A. M. Ferrenberg, R. H. Swendsen, Phys. Rev. Lett. 63 (1989) 1195, without histograms (M. R. Shirts, J. D. Chodera,
J. Chem. Phys. 129 (2008) 124105, eq. 11). Run i has N_i measurements of the action E = S_g/beta at beta_i, of which one
of every g_i = 2 tau_int is independent. With c_i = N_i/g_i

.. math::
    D(E) = \sum_k c_k\,e^{f_k - \beta_k E},\qquad
    e^{-f_k} = \sum_i \frac1{g_i}\sum_n \frac{e^{-\beta_k E_{in}}}{D(E_{in})},\qquad
    \langle A\rangle_\beta = \frac{\sum_{in} A_{in}\,w_{in}}{\sum_{in} w_{in}},\quad
    w_{in} = \frac{e^{-\beta E_{in}}}{g_i\,D(E_{in})}

f is the minimum of the convex function sum (1/g) ln D - sum_k c_k f_k, found by Newton's steps. How <A> moves with each
measurement, also through f, follows from the implicit function theorem: with p_k = c_k exp(f_k - beta_k E)/D,
normalised w and s_k = -sum w (A - <A>) p_k the fluctuation of one measurement is w (A - <A>) - s H^-1 p/g, H the matrix
of second derivatives. Errors come from these fluctuations by the Gamma method, so that autocorrelation counts in full.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

STEPS = 100
#: Largest relative violation of the equations for f.
TOLERANCE = 1e-11


class Ensemble:
    """Runs at several couplings.

    Parameters
    ----------
    energies
        E on the configurations of each run, shape (N_i,).
    couplings
        beta_i; two runs may have the same.
    inefficiencies
        g_i = 2 tau_int of E, at least 1.
    start, origin
        f to start from, up to a constant, and where E is measured from; None: from the mean values of E.

    Attributes
    ----------
    free_energies
        f, with f_1 = 0 and E measured from the origin: shape (K,).

    Raises
    ------
    InputError
        No solution of the equations was found.
    """

    def __init__(
        self,
        energies: Sequence[FloatArray],
        couplings: Sequence[float],
        inefficiencies: Sequence[float],
        start: FloatArray | None = None,
        origin: float | None = None,
    ) -> None:
        self.sizes = np.array([len(energy) for energy in energies])
        self.couplings = np.array(couplings, dtype=np.float64)
        self.inefficiencies = np.array(inefficiencies, dtype=np.float64)
        self.counts: FloatArray = self.sizes / self.inefficiencies
        pooled = np.concatenate([np.asarray(energy, dtype=np.float64) for energy in energies])
        # about the mean value exponents stay small
        self.energy: FloatArray = pooled - (pooled.mean() if origin is None else origin)
        self.weight: FloatArray = np.repeat(1.0 / self.inefficiencies, self.sizes)
        self.free_energies = self._solved(self._started() if start is None else start)
        self.log_density, self.shares = self._mixture(self.free_energies)
        self._curvature = self._second_derivatives(self.shares)
        self._last: tuple[float, FloatArray] | None = None  # a value and its error are asked for one after the other

    def parts(self, values: FloatArray) -> list[FloatArray]:
        """Numbers of all configurations, run by run."""
        return np.split(values, np.cumsum(self.sizes)[:-1])

    def weights(self, coupling: float) -> FloatArray:
        """w of every configuration at a coupling, with sum 1; not to be written to."""
        if self._last is not None and self._last[0] == coupling:
            return self._last[1]
        exponent = np.log(self.weight) - coupling * self.energy - self.log_density
        found = np.exp(exponent - exponent.max())
        weights = np.asarray(found / found.sum())
        self._last = coupling, weights
        return weights

    def effective_number(self, coupling: float) -> float:
        """Independent configurations that the weights leave: (sum w)^2 / sum g w^2 (L. Kish)."""
        return float(1.0 / np.sum(self.weights(coupling) ** 2 / self.weight))

    def value(self, coupling: float, table: FloatArray, function: Function) -> float:
        """A function of mean values at a coupling.

        Parameters
        ----------
        coupling
            beta.
        table
            What is averaged, shape (all configurations, k).
        function
            Of the k mean values.
        """
        return function(self.weights(coupling) @ table).value

    def fluctuations(self, coupling: float, table: FloatArray, function: Function) -> list[FloatArray]:
        """Linearised fluctuations of the same number, run by run: its error is that of the sum of their mean values."""
        weights = self.weights(coupling)
        means = weights @ table
        direct = weights * ((table - means) @ function(means).gradient)
        response = np.zeros(len(self.couplings))
        if len(response) > 1:
            slopes = -(direct @ self.shares)
            response[1:] = np.linalg.lstsq(self._curvature[1:, 1:], slopes[1:], rcond=None)[0]
        total = direct - self.weight * (self.shares @ response)
        return [len(part) * (part - part.mean()) for part in self.parts(total)]

    def overlap(self, first: int, second: int) -> float:
        """How much the distributions of E in two runs have in common: 1 if equal, 0 if apart.

        The integral of 2 p q/(p + q) over the two densities, as the mean over both runs (the off-diagonal element of
        the overlap matrix of two runs alone, times 2: P. V. Klimovich, M. R. Shirts, D. L. Mobley, J. Comput.-Aided
        Mol. Des. 29 (2015) 397).
        """
        found = []
        for here, there in ((first, second), (second, first)):
            energy = self.parts(self.energy)[here]
            shift = self.free_energies[there] - self.free_energies[here]
            ratio = shift - (self.couplings[there] - self.couplings[here]) * energy
            found.append(float(np.mean(1.0 + np.tanh(0.5 * ratio))))
        return 0.5 * sum(found)

    def without(self, start: int, stop: int) -> Ensemble:
        """The ensemble without configurations `start` to `stop` - 1 of the pooled ones, which belong to one run."""
        keep = np.ones(len(self.energy), dtype=bool)
        keep[start:stop] = False
        energies = [part[kept] for part, kept in zip(self.parts(self.energy), self.parts(keep), strict=True)]
        return Ensemble(energies, list(self.couplings), list(self.inefficiencies), self.free_energies, 0.0)

    def _started(self) -> FloatArray:
        """df/dbeta = <E>, integrated by the trapezoidal rule from run to run."""
        order = np.argsort(self.couplings, kind="stable")
        means = np.array([part.mean() for part in self.parts(self.energy)])[order]
        steps = 0.5 * (means[1:] + means[:-1]) * np.diff(self.couplings[order])
        found = np.empty(len(order))
        found[order] = np.concatenate([[0.0], np.cumsum(steps)])
        return found

    def _mixture(self, f: FloatArray) -> tuple[FloatArray, FloatArray]:
        """ln D, shape (N,), and p, shape (N, K)."""
        exponents = np.log(self.counts) + f - np.multiply.outer(self.energy, self.couplings)
        largest = exponents.max(axis=1)
        shares = np.exp(exponents - largest[:, None])
        total = shares.sum(axis=1)
        return largest + np.log(total), shares / total[:, None]

    def _second_derivatives(self, shares: FloatArray) -> FloatArray:
        weighted = shares * self.weight[:, None]
        return np.asarray(np.diag(weighted.sum(axis=0)) - weighted.T @ shares)

    def _solved(self, start: FloatArray) -> FloatArray:
        f: FloatArray = np.array(start, dtype=np.float64) - start[0]
        log_density, shares = self._mixture(f)
        height = float(self.weight @ log_density - self.counts @ f)
        for _ in range(STEPS):
            gradient = self.weight @ shares - self.counts
            if np.max(np.abs(gradient) / self.counts) <= TOLERANCE:
                return f
            step = np.zeros_like(f)
            curvature = self._second_derivatives(shares)[1:, 1:]
            step[1:] = -np.linalg.lstsq(curvature, gradient[1:], rcond=None)[0]
            for _ in range(40):
                log_density, shares = self._mixture(f + step)
                lower = float(self.weight @ log_density - self.counts @ (f + step))
                # next to the minimum rounding hides the fall
                if lower <= height + 1e-12 * abs(height):
                    break
                step *= 0.5
            f, height = f + step, lower
            if np.max(np.abs(step)) <= 1e-13 * (1.0 + np.max(np.abs(f))):
                return f
        raise InputError("the equations of multi-histogram reweighting have no solution", hint="do the runs overlap?")
