r"""Photon fields of quenched QED: real numbers A_mu(n) of the links of a periodic lattice, drawn from a free action.

.. math:: \langle A_\mu(x) A_\nu(y)\rangle = \frac{1}{V}\sum_k \frac{e^{ik(x-y)}}{\hat k^2}\,\delta_{\mu\nu}
    \ \text{(Feynman gauge)},\qquad \hat k_\mu = 2\sin\frac{k_\mu}{2},

the non-compact action (1/4) sum F^2 with its gauge fixed.  QED_L leaves out all momenta whose part in space is 0
(M. Hayakawa, S. Uno, arXiv:0804.2044), QED_TL the momentum 0 alone (S. Borsanyi et al., arXiv:1406.4088).  In Coulomb
gauge the field of time has 1 / |k|^2 of the directions of space, those of space are transverse, 1 / k^2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.fields.random import PHOTON, Stream, noise_purpose
from lqcdnn.lattice.geometry import Lattice

FloatArray = NDArray[np.float64]


def photon_field(
    lattice: Lattice, stream: Stream, number: int, gauge: str = "feynman", zero_modes: str = "QED_L"
) -> FloatArray:
    """A_mu(n) of a lattice, [d, V] in block order; the same for every width of a block.

    Parameters
    ----------
    lattice, stream, number
        Where; random numbers of the configuration; which of its fields.
    gauge, zero_modes
        As in :func:`from_noise`.
    """
    normal = stream.normal(lattice, lattice.d, noise_purpose(number, PHOTON))
    places = tuple(lattice.coordinates.T)
    noise = np.empty((lattice.d, *lattice.shape))
    noise[(slice(None), *places)] = normal.T
    return from_noise(noise, gauge, zero_modes)[(slice(None), *places)]


def from_noise(noise: FloatArray, gauge: str = "feynman", zero_modes: str = "QED_L") -> FloatArray:
    """The linear map R with R R^T = <A A> from independent normal numbers [mu, x, ...] to a field of the same shape.

    Parameters
    ----------
    noise
        Of mean 0 and variance 1, time as the last direction.
    gauge
        "feynman" or "coulomb".
    zero_modes
        "QED_L" or, in Feynman gauge, "QED_TL": which momenta are left out.
    """
    space, whole = squares(noise.shape[1:])
    wanted = space > 0.0 if zero_modes == "QED_L" else whole > 0.0
    root = inverse(np.sqrt(whole), wanted)
    if gauge == "feynman":
        return np.stack([filtered(one, root) for one in noise])
    transverse = noise[:-1] - longitudinal(noise[:-1], inverse(space, wanted))
    in_time = filtered(noise[-1], inverse(np.sqrt(space), wanted))
    return np.stack([*(filtered(one, root) for one in transverse), in_time])


def squares(shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Sums of (2 sin(k_mu / 2))^2 over the directions of space, and over all, at every momentum [k_1, k_2, ...]."""
    of_direction = [[4.0 * math.sin(math.pi * k / n) ** 2 for k in range(n)] for n in shape]
    each = np.meshgrid(*of_direction, indexing="ij")
    space = sum(each[:-1], start=np.zeros(shape))
    return space, space + each[-1]


def inverse(numbers: FloatArray, wanted: NDArray[np.bool_]) -> FloatArray:
    """1 / numbers where they are wanted, else 0."""
    return np.divide(1.0, numbers, out=np.zeros_like(numbers), where=wanted)


def filtered(field: FloatArray, factors: FloatArray) -> FloatArray:
    """A field [x, ...] whose waves are multiplied by real, even factors [k_1, ...]."""
    waves = np.fft.fftn(field)
    waves.real *= factors
    waves.imag *= factors
    return np.asarray(np.fft.ifftn(waves).real)


def longitudinal(field: FloatArray, inverse_square: FloatArray) -> FloatArray:
    """The gradient d_i phi, forward, of the phi whose Laplacian in space is the divergence of a field [i, x, ...]."""
    divergence = sum(one - np.roll(one, 1, i) for i, one in enumerate(field))
    phi = -filtered(np.asarray(divergence), inverse_square)
    return np.stack([np.roll(phi, -1, i) - phi for i in range(len(field))])
