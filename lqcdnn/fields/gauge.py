"""Gauge links U_mu(n): record arrays [d, block]; starts, conversion, unitarity."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import cut, from_user, join, joined
from lqcdnn.fields.random import HOT_START, Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.lattice.schroedinger import classical_links


def cold(lattice: Lattice, group: Group) -> Blocks:
    """All links 1; between fixed links the classical field, which is as cold there."""
    if lattice.fixed is not None:
        return from_user(lattice, classical_links(lattice))
    one = np.eye(group.n, dtype=np.complex128)
    return from_user(lattice, np.broadcast_to(one, (lattice.d, *lattice.shape, *one.shape)))


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
    return lattice.from_links(U)


def hot(lattice: Lattice, group: Group, seed: int) -> Blocks:
    """Independent links distributed with the Haar measure."""
    return cut(lattice, haar(lattice, group, lattice.d, Stream(seed, 0), HOT_START))


def haar(lattice: Lattice, group: Group, count: int, stream: Stream, purpose: int) -> Blocks:
    """Independent matrices of the group distributed with the Haar measure, [count, block].

    Gram-Schmidt with positive diagonal turns complex Gaussian matrices into Haar U(N) (Mezzadri,
    math-ph/0609050); the determinant is taken off the first row.
    """
    n = group.n
    raw = stream.normal(lattice, 2 * n * n * count, purpose)
    z = raw.reshape(lattice.volume, count, n, n, 2)
    rows = orthonormal_rows(z)
    if group.special:
        rows[..., 0, :, :] = product(rows[..., 0, :, :], conjugate(determinant(rows))[..., None, :])
    U, links = lattice.links(n, (count,)), np.moveaxis(rows[..., 0] + 1j * rows[..., 1], 0, 1)
    put_sites(lattice, U, links[..., 0, :] if n == 2 else links)
    return U


def translated(lattice: Lattice, U: Blocks, shift: Sequence[int]) -> Blocks:
    """U'_mu(n) = U_mu(n + shift), the same numbers."""
    out = lattice.links(colors(U))
    kernels.gather(out, U, lattice.site_table([lattice.displaced(shift)]))
    return out


def reflected(lattice: Lattice, U: Blocks, mu: int) -> Blocks:
    """Links seen in a mirror at n_mu = 0, the same numbers.

    U'_nu(n) = U_nu(Rn) and U'_mu(n) = U_mu(Rn - mu)^dag with R n_mu = -n_mu.
    """
    out = lattice.links(colors(U))
    kernels.mirror(out, U, _mirror_images(lattice, mu), mu)
    return out


@lru_cache(maxsize=32)
def _mirror_images(lattice: Lattice, mu: int) -> Blocks:
    """The sites R n and R n - mu of each n."""
    columns = []
    for steps in (0, -1):
        shift = np.zeros_like(lattice.coordinates)
        shift[:, mu] = steps - 2 * lattice.coordinates[:, mu]
        columns.append(lattice.displaced(shift))
    return lattice.site_table(columns)


def put_sites(lattice: Lattice, field: Blocks, values: NDArray[np.complex128]) -> None:
    """Fill a field of c[*entry, (re, im), lane] from complex values [*lead, V, *entry], sites in block order."""
    v = values.reshape(*field.shape, lattice.width, *values.shape[field.ndim :])
    v = np.moveaxis(v, field.ndim, -1)
    field["c"][..., 0, :], field["c"][..., 1, :] = v.real, v.imag


# Real and imaginary part as a last axis of two: numpy's own complex products round differently by processor and by
# the place of a number in its array, and a configuration must not depend on the width of a block.


def product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Complex products of arrays [..., 2], each operation rounded on its own."""
    re = a[..., 0] * b[..., 0] - a[..., 1] * b[..., 1]
    im = a[..., 0] * b[..., 1] + a[..., 1] * b[..., 0]
    return np.stack([re, im], -1)


def conjugate(a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Complex conjugates of an array [..., 2]."""
    return np.stack([a[..., 0], -a[..., 1]], -1)


def orthonormal_rows(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Modified Gram-Schmidt, applied twice, on the rows of complex matrices [..., n, n, 2]."""
    out = z.copy()
    n = z.shape[-2]
    for _ in range(2):
        for i in range(n):
            for j in range(i):
                terms = product(conjugate(out[..., j, :, :]), out[..., i, :, :])
                overlap = sum(terms[..., k, :] for k in range(n))
                out[..., i, :, :] -= product(np.asarray(overlap)[..., None, :], out[..., j, :, :])
            squares = out[..., i, :, 0] ** 2 + out[..., i, :, 1] ** 2
            norm = np.sqrt(sum(squares[..., k] for k in range(n)))
            out[..., i, :, :] /= norm[..., None, None]
    return out


def determinant(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Determinants [..., 2] of complex matrices [..., n, n, 2] by elimination without pivots (for generic matrices)."""
    a = z.copy()
    n = z.shape[-2]
    det = a[..., 0, 0, :].copy()
    for k in range(n - 1):
        pivot = a[..., k, k, :]
        inverse = conjugate(pivot) / (pivot[..., 0] ** 2 + pivot[..., 1] ** 2)[..., None]
        for i in range(k + 1, n):
            factor = product(a[..., i, k, :], inverse)
            a[..., i, :, :] -= product(factor[..., None, :], a[..., k, :, :])
        det = product(det, a[..., k + 1, k + 1, :])
    return det


def unitarity_violation(lattice: Lattice, U: Blocks, group: Group) -> float:
    """Largest |U U^dag - 1| (Frobenius norm) and, for SU(N), |det U - 1| of any link that there is."""
    U = joined(lattice, U)
    part = np.empty(lattice.blocks)
    kernels.unitarity(part, U)
    worst = float(part.max())
    if group.special:
        kernels.determinant_deviation(part, U)
        worst = max(worst, float(part.max()))
    return float(worst**0.5)


def from_array(lattice: Lattice, group: Group, links: NDArray[np.complex128]) -> tuple[Blocks, float]:
    """Links [d, x, y, ..., n, n] as a field, and how far they are from the group, as :func:`unitarity_violation`."""
    U = lattice.from_links(links)
    lost = float(np.linalg.norm(lattice.to_user(U) - links, axis=(-2, -1)).max())  # of SU(2): what no quaternion holds
    violation = max(lost, unitarity_violation(lattice, U, group))
    return cut(lattice, U), violation


def reunitarize(lattice: Lattice, U: Blocks, group: Group) -> None:
    """Project links that are in the group within rounding back onto it, in place."""
    join(lattice, U)  # all sites of a block take as many steps as the worst of them needs
    kernels.reunitarize(U, group.special)
    cut(lattice, U)


ROUNDING, SINGLE = 1e-13, 1e-4
"""Deviations from the group: up to the first links are left as they are; from the second on they are not in it, and an
array is likely in another layout.
"""


def project(lattice: Lattice, U: Blocks, group: Group) -> float:
    """Project links of single precision onto the group, in place; returns how far they were from it.

    What acts on links takes them for matrices of the group: of SU(3) a Dirac operator may read two rows alone.
    """
    violation = unitarity_violation(lattice, U, group)
    if ROUNDING < violation < SINGLE:
        reunitarize(lattice, U, group)
    return violation


def extents_of(links: NDArray[np.complex128], colors: int) -> tuple[int, ...]:
    """Extents of links in user layout.

    Raises
    ------
    InputError
        If the array is not (d, L1, ..., Ld, N, N).
    """
    d = links.ndim - 3
    if not 2 <= d <= 4 or links.shape[0] != d or links.shape[-2:] != (colors, colors) or min(links.shape[1:-2]) < 2:
        raise InputError(
            f"an array of shape {links.shape} is no configuration",
            hint="shape (d, L1, ..., Ld, N, N) with d = 2, 3 or 4 and time last",
        )
    return links.shape[1:-2]


def from_user_array(lattice: Lattice, group: Group, links: NDArray[np.complex128]) -> Blocks:
    """Links [d, x, y, ..., n, n] that a user gave, projected as :func:`project`.

    Raises
    ------
    InputError
        They are not in the group.
    """
    U, violation = from_array(lattice, group, links)
    if not violation < SINGLE:
        raise InputError(f"the links are not in {group.name}: deviation {violation:.1e}")
    project(lattice, U, group)
    return U
