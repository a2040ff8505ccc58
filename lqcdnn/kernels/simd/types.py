"""The value types of site programs and the array dtypes they are read from.

A *block* is W consecutive sites.  ``Mat`` is an n x m complex matrix for each site of a block, ``Lane`` one real
number for each, ``Site`` one site number for each; all live in vector registers.  n, m, W and the precision come
from the dtype of the array, so one function serves every group, dimension, width and precision.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import models, register_model

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)

WHOLE, SITES = "block", "sites"
"""Names, without the width, of the field of a table of sites that are whole blocks, and of any other."""

TWO_ROWS = 2 * 2 * 3 + 1
"""Numbers of two rows of an SU(3) matrix and the factor."""

LARGEST = 2**15 - 1
"""What 1 is in whole numbers of 16 bits."""

SYMMETRIC = 4 * (4 + 1) // 2
"""Numbers of a real symmetric 4 x 4 matrix; not the square of a number, as those of hermitian matrices are."""


def llvm_real(real):
    return ir.DoubleType() if real == types.float64 else ir.FloatType()


class Mat(types.Type):
    """n x m complex numbers, W sites side by side: vectors of W lanes, (re, im) of each entry that is stored.

    ``quaternion``: 2 x 2 matrices [[a, c], [-c*, a*]], real multiples of SU(2) matrices and their sums, of which the
    first row alone is stored: half the numbers and half the work.

    ``two_rows``: real multiples f U of SU(3) matrices, of which two rows and 1 / f are stored: the third row is the
    cross product of the others.  The hops of Dirac operators read them so; ``at`` gives the whole matrix.
    """

    def __init__(self, n, m, real, W, quaternion=False, two_rows=False):
        self.n, self.m, self.real, self.W, self.quaternion, self.two_rows = n, m, real, W, quaternion, two_rows
        super().__init__(f"{'Quaternion' if quaternion else 'TwoRows' if two_rows else 'Mat'}({n},{m},{real},{W})")

    @property
    def rows(self):
        """How many rows are stored."""
        return self.n - 1 if self.quaternion or self.two_rows else self.n

    @property
    def stored(self):
        """How many complex numbers are stored."""
        return self.rows * self.m

    @property
    def vectors(self):
        """How many vectors of W real numbers are stored."""
        return 2 * self.stored + self.two_rows

    @property
    def vec(self):
        return ir.VectorType(llvm_real(self.real), self.W)

    @property
    def llvm(self):
        return ir.ArrayType(self.vec, self.vectors)

    @property
    def itemsize(self):
        """Bytes of one lane."""
        return 8 if self.real == types.float64 else 4

    @property
    def block_bytes(self):
        """Bytes of what is stored for W sites."""
        return self.vectors * self.W * self.itemsize

    @property
    def whole(self):
        """Type of the values that are read from memory of this type and put there."""
        return self

    def like(self, n, m):
        return Mat(n, m, self.real, self.W)

    @property
    def lane(self):
        return Lane(self.real, self.W)


class Antihermitian(Mat):
    """Antihermitian n x n matrices in memory, of which no real number is stored that follows from others.

    For n = 1 and 2, of a number and a quaternion, the real part is nothing; of others the imaginary parts of the
    diagonal are stored, then (re, im) of the entries above it, row by row.  A value that is read is a whole Mat.
    """

    def __init__(self, n, real, W):
        super().__init__(n, n, real, W, quaternion=n == 2)
        self.name = f"Antihermitian({n},{real},{W})"

    @property
    def kept(self):
        """Which vectors of the whole Mat are stored."""
        if self.n <= 2:
            return list(range(1, 2 * self.n))
        n, above = self.n, [2 * (self.n * i + j) for i in range(self.n) for j in range(i + 1, self.n)]
        return [2 * (n + 1) * i + 1 for i in range(n)] + [k + part for k in above for part in (0, 1)]

    @property
    def vectors(self):
        return len(self.kept)

    @property
    def whole(self):
        return Mat(self.n, self.n, self.real, self.W, self.quaternion)


class Short(Mat):
    """Links in memory as whole numbers of 16 bits, ``LARGEST`` times what they are: real multiples f U of unitary
    matrices over the largest |f|, of which no entry is above 1.

    Of two rows the factor is stored as its sign.  They are only read, by the hops of Dirac operators, as numbers in
    single precision: ``LARGEST`` times the matrix, of which 1 / f, too, is that of such a multiple.
    """

    def __init__(self, n, W, quaternion=False, two_rows=False):
        super().__init__(n, n, types.float32, W, quaternion, two_rows)
        self.name = f"Short{self.name}"

    @property
    def vec(self):
        return ir.VectorType(ir.IntType(16), self.W)

    @property
    def itemsize(self):
        return 2

    @property
    def whole(self):
        return Mat(self.n, self.n, self.real, self.W, self.quaternion, self.two_rows)


class Lane(types.Type):
    """One real number for each of W sites."""

    def __init__(self, real, W):
        self.real, self.W = real, W
        super().__init__(f"Lane({real},{W})")

    @property
    def vec(self):
        return ir.VectorType(llvm_real(self.real), self.W)


class Site(types.Type):
    """W site numbers; ``whole``: surely those of one block, with lanes exchanged (see :func:`lane_after`).

    ``halved``, ``quartered``: in how many directions the lattice is split in two, and how many of these, the first,
    once more; without the latter the former does not matter.
    """

    def __init__(self, W, whole=False, halved=0, quartered=0):
        self.W, self.whole, self.halved, self.quartered = W, whole, halved, quartered
        super().__init__(f"{'Block' if whole else 'Site'}({W},{halved},{quartered})")

    @property
    def vec(self):
        return ir.VectorType(I32, self.W)


class Place(types.Type):
    """Where a Mat is in memory; ``daggered``: what is there counts as its hermitian conjugate."""

    def __init__(self, mat, daggered=False):
        self.mat, self.daggered = mat, daggered
        super().__init__(f"Place({mat.name},{daggered})")


@register_model(Place)
class PlaceModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, t.mat.vec.as_pointer())


@register_model(Mat)
class MatModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, t.llvm)


@register_model(Lane)
class LaneModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, t.vec)


@register_model(Site)
class SiteModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, t.vec)


def field_dtype(n, m, W, real="f8"):
    """dtype of one block of n x m complex matrices: ``c[n, m, (re, im), lane]``."""
    return np.dtype([("c", real, (n, m, 2, W))])


def link_dtype(n, W, real="f8"):
    """dtype of one block of SU(n) matrices and sums of them: ``c[n, n, (re, im), lane]``, for n = 2 the first row
    alone: ``c[2, (re, im), lane]``.
    """
    return np.dtype([("c", real, (2, 2, W))]) if n == 2 else field_dtype(n, n, W, real)


def two_row_dtype(n, W, real="f8"):
    """dtype of one block of SU(n) matrices U times real numbers f: ``c[number, lane]``, for n = 3, two rows
    [2, 3, (re, im)] of f U and then 1 / f.

    Raises
    ------
    ValueError
        For another n.
    """
    if n != 3:
        raise ValueError(f"two rows do not determine an SU({n}) matrix")
    return np.dtype([("c", real, (TWO_ROWS, W))])


def short_dtype(of):
    """dtype of one block of links as :class:`Short`, of a dtype :func:`two_row_dtype` or :func:`link_dtype`."""
    return np.dtype([("c", "i2", of["c"].shape)])


def momentum_dtype(n, W, real="f8"):
    """dtype of one block of elements of the Lie algebra of SU(n) or U(1): ``c[number, lane]``, see
    :class:`Antihermitian`: n^2 numbers, for n = 2 three.
    """
    return np.dtype([("c", real, (3 if n == 2 else n * n, W))])


def hermitian_dtype(n, W, real="f8", symmetric=False):
    """dtype of one block of hermitian n x n matrices: ``c[number, lane]``, n^2 numbers, see ``hermitian``; or of
    4 x 4 matrices that are real and symmetric in the basis of ``symmetric``, ten numbers.
    """
    return np.dtype([("c", real, (SYMMETRIC if symmetric else n * n, W))])


def momentum_colors(numbers):
    """n of a dtype :func:`momentum_dtype` of so many numbers."""
    return 2 if numbers == 3 else isqrt(numbers)


def hermitian_of(array):
    """Mat type of the whole matrices of a numba array type of dtype :func:`hermitian_dtype`."""
    field = array.dtype.fields["c"].type
    n = 4 if is_symmetric(array) else isqrt(field.shape[0])
    return Mat(n, n, field.dtype, field.shape[1])


def is_symmetric(array):
    """Whether a dtype :func:`hermitian_dtype` is that of real symmetric matrices."""
    return array.dtype.fields["c"].type.shape[0] == SYMMETRIC


def lane_after(lane, step, kind):
    """The lane that lies ``step`` after another, lanes and steps as numbers or arrays, of blocks of a kind of sites.

    Bit k < ``halved`` of a lane says in which half of a direction, bit halved + k in which half of this half.  So these
    two add like a number of two bits, what they carry being dropped; all other bits add as XOR.
    """
    return lane ^ step ^ ((lane & step) >> kind.halved & (1 << kind.quartered) - 1)


def table_dtype(W, whole=False, halved=0, quartered=0):
    """dtype of W sites in a table: all their numbers, or, where every W are one block with its lanes exchanged
    (``whole``), the number in lane 0 alone.  ``halved`` and ``quartered`` as in :class:`Site`.
    """
    lanes = f"{W}_{halved}_{quartered}" if quartered else f"{W}"
    return np.dtype([(f"{WHOLE}{lanes}", "i4")] if whole else [(f"{SITES}{lanes}", "i4", (W,))])


def mat_of(array):
    """Mat type held by a numba array type of dtype :func:`field_dtype`, :func:`link_dtype`, :func:`two_row_dtype`,
    :func:`momentum_dtype` or :func:`short_dtype`.
    """
    field = array.dtype.fields["c"].type
    if field.dtype == types.int16:
        two_rows, quaternion = len(field.shape) == 2, len(field.shape) == 3
        n = 3 if two_rows else 2 if quaternion else field.shape[0]
        return Short(n, field.shape[-1], quaternion, two_rows)
    if len(field.shape) == 2:
        if field.shape[0] == TWO_ROWS:
            return Mat(3, 3, field.dtype, field.shape[1], two_rows=True)
        return Antihermitian(momentum_colors(field.shape[0]), field.dtype, field.shape[1])
    if len(field.shape) == 3:
        return Mat(2, 2, field.dtype, field.shape[2], quaternion=True)
    return Mat(field.shape[0], field.shape[1], field.dtype, field.shape[3])


def width_of(table):
    """Block width of a numba array type of dtype :func:`table_dtype`."""
    return site_of(table).W


def site_of(table):
    """Site type held by a numba array type of dtype :func:`table_dtype`."""
    (name,) = table.dtype.fields
    return site_named(name)


def site_named(name):
    """Site type by the name of the field of a dtype :func:`table_dtype`."""
    W, *parts = name.removeprefix(WHOLE).removeprefix(SITES).split("_")
    return Site(int(W), name.startswith(WHOLE), *map(int, parts))
