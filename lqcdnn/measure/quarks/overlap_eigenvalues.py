"""Eigenvalues of the overlap operator on their circle and its index (P. Hasenfratz, V. Laliena, F. Niedermayer).

D^dag D commutes with gamma_5.  Its eigenvalues between 0 and (2 rho)^2 belong to pairs lambda, lambda^* of D and occur
once in each chirality; those that one chirality has more of at 0 are the zero modes of D (hep-lat/9801021).
"""

from __future__ import annotations

import math

import numpy as np

from lqcdnn.dirac.lowmodes import Hermitian, LowModes, block_size, low_modes
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.measure.registry import Values

INSIDE = 0.1
"""Error of the signs inside, in units of the tolerance of the eigenvectors."""

EXCESS = 10.0
"""Eigenvalues of the two chiralities are the same, and those of zero modes 0, up to so many tolerances."""


def on_circle(
    operator: OverlapOperator, stream: Stream, number: int, tolerance: float, max_iterations: int
) -> Values:
    """``eigenvalues`` = |lambda| rising, ``eigenvalues_imaginary``, ``index``, its square per site, largest residual.

    Each zero mode is there once, then each pair lambda, lambda^* once; of pairs the imaginary part above 0 is given,
    and the real one is |lambda|^2 / (2 rho).  The index is n_- - n_+, zero modes of negative and positive chirality:
    the topological charge in the conventions of ``topological_charge``.

    Parameters
    ----------
    operator
        D with its links set; its mass does not matter.
    stream
        Of start vectors.
    number, tolerance, max_iterations
        How many eigenvalues, the residual of each in units of (2 rho)^2, and polynomials at most.

    Raises
    ------
    NumericalError
        If the eigenvalues do not converge, or those of the two chiralities cannot be told to be the same.
    """
    bound = (2.0 * operator.rho) ** 2
    least = EXCESS * tolerance * bound
    found = [_of_chirality(operator, stream, chirality, number, tolerance, max_iterations) for chirality in (1, -1)]
    plus, minus = (int((modes.values < least).sum()) for modes in found)
    index = minus - plus
    fewer, more = (modes.values for modes in (found if index >= 0 else found[::-1]))
    common = min(len(fewer), len(more) - abs(index))
    if not (np.abs(fewer[:common] - more[abs(index) :][:common]) <= least).all():
        raise NumericalError(
            "eigenvalues: those of the two chiralities of the overlap operator differ by more than their errors",
            hint="lower tolerance of [observables.eigenvalues]",
        )
    squares = [0.0] * abs(index) + np.clip(fewer, 0.0, bound).tolist()
    moduli = [math.sqrt(square) for square in squares[:number]]
    return {
        "eigenvalues": moduli,
        "eigenvalues_imaginary": [x * math.sqrt(max(0.0, 1.0 - x * x / bound)) for x in moduli],
        "index": float(index),
        "index_susceptibility": index**2 / operator.lattice.volume,
        "eigenvalues_residual": max(float(modes.residuals.max()) for modes in found) / bound,
    }


def _of_chirality(
    operator: OverlapOperator, stream: Stream, chirality: int, number: int, tolerance: float, max_iterations: int
) -> LowModes:
    """Eigenvalues of D^dag D in one chirality, so many or, as long as all of them are 0, more."""
    lattice, n, spins = operator.lattice, operator.n, operator.spins
    size = lattice.volume * n * spins // 2

    def apply(out: Blocks, x: Blocks) -> None:
        operator.apply_squared(out, x, chirality, INSIDE * tolerance)

    A = Hermitian(apply, (2.0 * operator.rho) ** 2, 0, lattice.blocks)
    while True:
        start = [
            operator.chiral(gaussian_vector(lattice, n, stream, noise_purpose(i), spins), chirality)
            for i in range(block_size(number, size))
        ]
        found = low_modes(A, start, number, tolerance, max_iterations)
        if number == size or found.values[-1] >= EXCESS * tolerance * A.bound:
            return found
        number = min(2 * number, size)
