"""Gauge links U_mu(n): record arrays [d, block]; starts, conversion, unitarity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import HOT_START, Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice


def cold(lattice: Lattice, group: Group) -> Blocks:
    """All links 1."""
    U = lattice.zeros(group.n, group.n, (lattice.d,))
    for i in range(group.n):
        U["c"][:, :, i, i, 0, :] = 1.0
    return U


def twisted(lattice: Lattice, group: Group) -> Blocks:
    """Cold, with the last links of every space direction times -1 (even N): the centre sector that staggered
    fermions with boundary (+, ..., +, -) prefer (physics.md 8.1).

    Raises
    ------
    InputError
        If -1 is not in the group (SU(N) with odd N).
    """
    if group.special and group.n % 2:
        raise InputError(f'initial = "twisted" needs -1 in the group; {group.name} has none', 'use "cold" or "hot"')
    U = lattice.to_user(cold(lattice, group))
    for mu in range(lattice.d - 1):
        np.moveaxis(U[mu], mu, 0)[-1] *= -1.0
    return lattice.from_user(U)


def hot(lattice: Lattice, group: Group, seed: int) -> Blocks:
    """Independent links distributed with the Haar measure.

    Gram-Schmidt with positive diagonal turns complex Gaussian matrices into Haar U(N) (Mezzadri,
    math-ph/0609050); the determinant is taken off the first row.
    """
    n = group.n
    raw = Stream(seed, 0).normal(lattice, 2 * n * n * lattice.d, HOT_START)
    z = raw.reshape(lattice.volume, lattice.d, n, n, 2)
    rows = orthonormal_rows(z[..., 0] + 1j * z[..., 1])
    if group.special:
        rows[..., 0, :] *= determinant(rows).conj()[..., None]
    U = lattice.zeros(n, n, (lattice.d,))
    put_sites(lattice, U, np.moveaxis(rows, 0, 1))
    return U


def put_sites(lattice: Lattice, field: Blocks, values: NDArray[np.complex128]) -> None:
    """Fill a field from complex values [*lead, V, n, m] with sites in block order."""
    v = values.reshape(*values.shape[:-3], lattice.blocks, lattice.width, *values.shape[-2:])
    v = np.moveaxis(v, -3, -1)
    field["c"][..., 0, :], field["c"][..., 1, :] = v.real, v.imag


def orthonormal_rows(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Modified Gram-Schmidt, applied twice, on the rows of matrices [..., n, n]; elementwise sums only."""
    out = z.copy()
    n = z.shape[-1]
    for _ in range(2):
        for i in range(n):
            for j in range(i):
                overlap = np.zeros(z.shape[:-2], dtype=np.complex128)
                for k in range(n):
                    overlap += out[..., j, k].conj() * out[..., i, k]
                out[..., i, :] -= overlap[..., None] * out[..., j, :]
            norm = np.zeros(z.shape[:-2])
            for k in range(n):
                norm += np.abs(out[..., i, k]) ** 2
            out[..., i, :] /= np.sqrt(norm)[..., None]
    return out


def determinant(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Determinants of matrices [..., n, n] by elimination without pivots (for generic matrices)."""
    a = z.copy()
    n = z.shape[-1]
    det = a[..., 0, 0].copy()
    for k in range(n - 1):
        for i in range(k + 1, n):
            a[..., i, :] -= (a[..., i, k] / a[..., k, k])[..., None] * a[..., k, :]
        det = det * a[..., k + 1, k + 1]
    return det


def unitarity_violation(lattice: Lattice, U: Blocks, group: Group) -> float:
    """Largest |U U^dag - 1| (Frobenius norm) and, for SU(N), |det U - 1| of any link."""
    part = np.empty(lattice.blocks)
    kernels.unitarity(part, U)
    worst = float(part.max())
    if group.special:
        kernels.determinant_deviation(part, U)
        worst = max(worst, float(part.max()))
    return float(worst**0.5)


def reunitarize(U: Blocks, group: Group) -> None:
    """Project links that are in the group within rounding back onto it, in place."""
    kernels.reunitarize(U, group.special)
