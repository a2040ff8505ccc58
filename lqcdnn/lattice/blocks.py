"""Fields in block layout and tables of sites: how their memory is made and read."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Literal, cast, overload

import numpy as np
from numba import types
from numpy.typing import NDArray

from lqcdnn.kernels.simd import field_dtype, momentum_dtype, short_dtype, table_dtype
from lqcdnn.kernels.simd.types import Antihermitian, lane_after, momentum_colors, site_named

if TYPE_CHECKING:

    class Blocks(np.ndarray[Any, np.dtype[np.void]]):
        """What a type check knows of a field: the numbers in it are real, its parts are fields.

        numpy leaves both open, and half of the time of a check went into what might be done with them.
        """

        @overload  # type: ignore[override]
        def __getitem__(self, key: Literal["c"], /) -> NDArray[np.float64]: ...
        @overload
        def __getitem__(self, key: Any, /) -> Blocks: ...
        def __getitem__(self, key: Any, /) -> Any: ...
        def __setitem__(self, key: Any, value: Any, /) -> None: ...
        def reshape(self, *shape: int | tuple[int, ...]) -> Blocks: ...  # type: ignore[override] # noqa: D102
        def transpose(self, *axes: int) -> Blocks: ...  # type: ignore[override] # noqa: D102
        @overload  # type: ignore[override]
        def view(self, dtype: np.dtype[np.void]) -> Blocks: ...
        @overload
        def view(self, dtype: type[np.int32]) -> NDArray[np.int32]: ...
        def view(self, dtype: Any) -> Any: ...  # noqa: D102

else:
    Blocks = NDArray[np.void]
"""Field in block layout: record array [..., block] of dtype ``c[n, m, (re, im), lane]``; links of SU(2) and sums of
them are quaternions [[a, c], [-c*, a*]], ``c[(a, c), (re, im), lane]``."""


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Blocks:
    """Zeros that start on a 64-byte boundary, so that a block never straddles cache lines."""
    size = prod(shape) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return cast("Blocks", raw[start : start + size].view(dtype).reshape(shape))


def zeros_of_kind(field: Blocks) -> Blocks:
    """Zeros of the shape, the dtype and the order in memory of a field."""
    if field.flags.c_contiguous:
        return aligned_zeros(field.shape, field.dtype)
    return aligned_zeros(field.shape[::-1], field.dtype).T


def colors(links: Blocks) -> int:
    """N of a field of SU(N) or U(1) matrices."""
    return int(links["c"].shape[-3])


def short_zeros(links: Blocks) -> Blocks:
    """Zero links in whole numbers of 16 bits (``kernels.simd.types.Short``) in place of others."""
    return aligned_zeros(links.shape, short_dtype(links.dtype))


def aligned_copy(field: Blocks) -> Blocks:
    """A copy that starts on a 64-byte boundary (numpy's own start anywhere: kernels took up to 9 % longer)."""
    out = aligned_zeros(field.shape, field.dtype)
    out["c"] = field["c"]
    return out


def site_table(
    columns: Sequence[NDArray[np.int32]] | NDArray[np.int32], whole: bool = False, halved: int = 0, quartered: int = 0
) -> Blocks:
    """Table [vector, column] for kernels of the sites of vectors: columns [vector, W] of their numbers.

    ``whole``: all vectors are blocks with lanes exchanged, so that one number for each will do.  ``halved`` and
    ``quartered``: in how many directions the lattice is split in two, and in four.

    Raises
    ------
    ValueError
        If ``whole`` is not true.
    """
    W = columns[0].shape[-1]
    table = aligned_zeros((len(columns[0]), len(columns)), table_dtype(W, whole, halved, quartered))
    numbers = table.view(np.int32).reshape(*table.shape, table.dtype.itemsize // 4)
    for k, sites in enumerate(columns):
        numbers[:, k] = sites[:, : numbers.shape[-1]]
    found = sites_in(table)
    if any((found[:, k] != sites).any() for k, sites in enumerate(columns)):
        raise ValueError("vectors of sites are not whole blocks")
    return table


def sites_in(table: Blocks) -> NDArray[np.int32]:
    """The W site numbers of all vectors in a :func:`site_table`: [vector, column, W]."""
    (name,) = table.dtype.names or ()
    numbers, kind = table.view(np.int32).reshape(*table.shape, table.dtype.itemsize // 4), site_named(name)
    if not kind.whole:
        return numbers
    found: NDArray[np.int32] = lane_after(numbers, np.arange(kind.W, dtype=np.int32), kind)
    return found


def single_numbers(field: Blocks) -> Blocks:
    """A field of matrices as one of its stored complex numbers, [..., block, number]: a view."""
    numbers: Blocks = field.view(field_dtype(1, 1, field["c"].shape[-1], field["c"].dtype.str[1:]))
    return numbers.reshape(*field.shape, -1)


def momentum_numbers(P: Blocks) -> Blocks:
    """Momenta as one of the real numbers stored of them, those of U(1), [..., block, number]: a view."""
    numbers: Blocks = P.view(momentum_dtype(1, P["c"].shape[-1], P["c"].dtype.str[1:]))
    return numbers.reshape(*P.shape, -1)


def stored_of_momenta(z: NDArray[np.complex128]) -> NDArray[np.float64]:
    """The numbers [..., number] that are stored of antihermitian matrices [..., n, n], see ``momentum_dtype``."""
    parts = np.stack([z.real, z.imag], axis=-1).reshape(*z.shape[:-2], -1)
    return parts[..., Antihermitian(z.shape[-1], types.float64, 1).kept]


def momentum_matrices(x: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Antihermitian matrices [..., n, n] of the numbers [..., number] that are stored of them."""
    n = momentum_colors(x.shape[-1])
    parts = np.zeros((*x.shape[:-1], 2 * n * n))
    parts[..., Antihermitian(n, types.float64, 1).kept] = x
    z = parts.view(np.complex128).reshape(*x.shape[:-1], n, n)
    if n == 2:
        return first_rows_completed(z[..., 0, :])
    return z - np.triu(z, 1).conj().swapaxes(-1, -2)


def quaternions(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """(a, c) of the part [[a, c], [-c*, a*]] of matrices [..., 2, 2]; the rest is i times such a matrix."""
    return np.stack([z[..., 0, 0] + z[..., 1, 1].conj(), z[..., 0, 1] - z[..., 1, 0].conj()], axis=-1) / 2.0


def first_rows_completed(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Matrices [[a, c], [-c*, a*]] [..., 2, 2] of (a, c) [..., 2]."""
    return np.stack([z, np.stack([-z[..., 1].conj(), z[..., 0].conj()], axis=-1)], axis=-2)


def link_matrices(W: Blocks) -> NDArray[np.complex128]:
    """Links of a Dirac operator [block, 2 d] as complex matrices [site, 2 d, n, n]."""
    c = np.moveaxis(W["c"].astype(np.float64), -1, 1)  # [block, lane, hop, *entry, (re, im)]
    if has_two_rows(W):
        rows = c[..., :-1].reshape(-1, c.shape[2], 2, 3, 2)
        return two_rows_completed(rows[..., 0] + 1j * rows[..., 1], c[..., -1].reshape(-1, c.shape[2]))
    z = (c[..., 0] + 1j * c[..., 1]).reshape(-1, *c.shape[2:-1])
    return z if z.ndim == 4 else first_rows_completed(z)


def has_two_rows(W: Blocks) -> bool:
    """Whether two rows of each packed link are stored."""
    return W["c"].ndim == 4


def two_rows_completed(rows: NDArray[np.complex128], inverse: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Real multiples f U of SU(3) matrices from two rows [..., 2, 3] and 1 / f [...]."""
    third = np.cross(rows[..., 0, :], rows[..., 1, :]).conj() * inverse[..., None]
    return np.concatenate([rows, third[..., None, :]], axis=-2)
