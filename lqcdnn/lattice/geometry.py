"""A periodic lattice cut into blocks of W sites.

The sites of a block lie half a lattice apart: some directions are split in two halves, and a block takes the same
place in each of the 2^k parts (virtual nodes, Boyle et al., arXiv:1512.03487), so that its neighbours are again one
block, with the lanes exchanged where a step leaves its part.  Order of the blocks: even sites first, then odd, each
with x fastest in the first part; a lattice with an odd extent (other than that of time between fixed links, around
which nothing goes) has no parity and is ordered with x fastest throughout.  Lanes have to keep parity: directions with
an odd half are split together with one of them, the partner, that is itself left whole and shifted by its half.  Where
not enough directions can be split, the first of them are split in four; if that does not do either, W / 2^k consecutive
sites of each part share a block, of which some neighbours have to be collected lane by lane.

W is what one vector of the processor holds (4 doubles with AVX2, 8 with AVX-512, twice as many singles), or the largest
half, quarter ... of it that divides V/2 (V without parity); half of that, but not below 4, where it spares collecting.
User layout is ``[..., x, y, z, t, n, m]`` with the last direction time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import takewhile
from math import gcd, prod

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.schema import MOST_SITES
from lqcdnn.kernels.compile import FAST_CACHES, VECTOR_BYTES, WIDE_ARITHMETIC
from lqcdnn.kernels.simd import field_dtype, hermitian_dtype, link_dtype, two_row_dtype
from lqcdnn.lattice.blocks import Blocks as Blocks
from lqcdnn.lattice.blocks import aligned_zeros, first_rows_completed, momentum_matrices, quaternions, site_table
from lqcdnn.lattice.blocks import colors as colors
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.twist import Twist

SLICE_BYTES, SLICE_PLANES = 2**21 + 2**18, 4
"""Bytes of links of a time slice, and least number of planes in it, that a sweep goes through before the next time."""

LEAST_WHOLE = 4
"""Sites of a block below which more at once are worth collecting some neighbours."""


class Lattice:
    """Extents, site order and neighbour table of a periodic lattice in d = 2, 3 or 4 dimensions.

    Parameters
    ----------
    shape
        Extents, time last.
    width
        Block width W, a power of two that divides the lattice; default as above.
    real
        ``"f8"`` or ``"f4"``: precision of the fields made for this lattice.
    twist, open_time, fixed
        Boundary conditions: a twist; whether time ends (``fields.opentime``); angles of links of space fixed there.

    Raises
    ------
    ValueError
        If the width is no power of two or does not divide the lattice; other d, no sites, or more than 2^31.
    """

    def __init__(
        self, shape: tuple[int, ...], width: int | None = None, real: str = "f8", twist: Twist | None = None,
        open_time: bool = False, fixed: BoundaryFields | None = None,
    ) -> None:  # fmt: skip
        self.shape = tuple(int(n) for n in shape)
        self.real, self.twist, self.open_time, self.fixed = real, twist, open_time or fixed is not None, fixed
        self.d = len(self.shape)
        self.volume = prod(self.shape)
        if not 2 <= self.d <= 4 or min(self.shape) < 1 or self.volume > MOST_SITES:
            found = f"{'x'.join(map(str, self.shape))} sites in d = {self.d}"
            raise ValueError(f"{found}; d = 2, 3, 4 with up to {MOST_SITES} are possible")
        self.has_parity = all(n % 2 == 0 for n in self.shape[: -1 if fixed is not None else None])
        divided = self.volume // 2 if self.has_parity else self.volume
        self.width = width or self._best_width(gcd(divided, VECTOR_BYTES // np.dtype(real).itemsize))
        if self.width & (self.width - 1) or divided % self.width:
            raise ValueError(f"block width {self.width} is no power of two that divides {divided} sites")
        self.blocks = self.volume // self.width
        self.half = self.blocks // 2 if self.has_parity else 0
        self._orders: dict[tuple[int, int], NDArray[np.uint32]] = {}
        self._ahead: dict[tuple[int, int], Blocks] = {}
        self._hops: dict[tuple[int, ...], Blocks] = {}

    def __repr__(self) -> str:
        return f"Lattice({'x'.join(map(str, self.shape))}, W={self.width}, {self.real})"

    def _best_width(self, most: int) -> int:
        """The width of at most ``most`` sites with which kernels are fastest."""
        whole = 1 << len(self._can_be_split) + self._can_be_quartered
        return whole if most > whole >= max(most // 2, LEAST_WHOLE) else most

    @cached_property
    def coordinates(self) -> NDArray[np.int64]:
        """Coordinates [V, d] of the sites in block order."""
        part = self._part
        x = np.stack(np.unravel_index(np.arange(part.prod()), part, order="F"), axis=1)
        if self.has_parity:
            x = x[np.argsort(x.sum(axis=1) % 2, kind="stable")]
        steps = [self._half_way(mu) for mu in self.split]
        steps += [part[mu] * np.eye(self.d, dtype=np.int64)[mu] for mu in self.quartered]
        shifts = np.zeros((2 ** len(steps), self.d), dtype=np.int64)
        for bit, step in enumerate(steps):
            shifts += (np.arange(len(shifts)) >> bit & 1)[:, None] * step
        return np.ascontiguousarray(((x[:, None] + shifts) % self.shape).reshape(-1, self.d))

    def _half_way(self, mu: int) -> NDArray[np.int64]:
        """The step [d] from a lane to that in the other half of a direction."""
        step = np.zeros(self.d, dtype=np.int64)
        step[mu] = self.shape[mu] // 2
        if self.partner is not None and self._flips_parity(mu):
            step[self.partner] = self.shape[self.partner] // 2
        return step

    @cached_property
    def _part(self) -> NDArray[np.int64]:
        """Extents of the first part."""
        part = np.array(self.shape)
        part[list(self.split)] //= 2
        part[list(self.quartered)] //= 2
        return part

    @cached_property
    def split(self) -> tuple[int, ...]:
        """Directions split in two, x first; bit k of a lane is the half of the k-th.

        A split time direction would double the sites between two visits of a neighbour in time, which have to stay in
        the cache.
        """
        return self._can_be_split[: self.width.bit_length() - 1]

    @property
    def shared(self) -> tuple[int, ...]:
        """Directions in which lanes of a block lie half a lattice apart: those of ``split`` and the partner of any."""
        if self.partner is None or not any(self._flips_parity(mu) for mu in self.split):
            return self.split
        return (*self.split, self.partner)

    @cached_property
    def quartered(self) -> tuple[int, ...]:
        """Those of ``split`` that are split once more; bit len(split) + k of a lane is the half of the k-th's half."""
        return self.split[: min(self.width.bit_length() - 1 - len(self.split), self._can_be_quartered)]

    @cached_property
    def _can_be_split(self) -> tuple[int, ...]:
        """Directions that can be split; if they will not do for any vector, those that can be quartered first."""
        even = 2 if self.has_parity else 1
        found = [mu for mu in range(self.d) if self.shape[mu] % 2 == 0 and mu != self.partner]
        found = [mu for mu in found if self.partner is not None or not self._flips_parity(mu)]
        few = 1 << len(found) < VECTOR_BYTES // 4
        return tuple(sorted(found, key=lambda mu: few and self.shape[mu] % (4 * even) != 0))

    @property
    def splittable(self) -> int:
        """How many directions can be split before time is."""
        return sum(mu != self.d - 1 for mu in self._can_be_split)

    def _flips_parity(self, mu: int) -> bool:
        """Whether half of a direction leads to the other parity."""
        return self.has_parity and self.shape[mu] % 4 == 2

    @cached_property
    def partner(self) -> int | None:
        """The direction of which a step of half its extent keeps parity together with another's; None without two.

        That is x, if it can be: neighbours beyond the middle of a direction are then found in a row near by.
        """
        odd = [mu for mu in range(self.d) if self._flips_parity(mu)]
        return odd[0] if len(odd) > 1 else None

    @cached_property
    def _can_be_quartered(self) -> int:
        """How many of the first of these can be split once more."""
        quarter = 8 if self.has_parity else 4
        return len(list(takewhile(lambda mu: self.shape[mu] % quarter == 0, self._can_be_split)))

    @property
    def whole(self) -> bool:
        """Whether what is any number of steps away from a block is one block, with lanes exchanged."""
        return 1 << len(self.split) + len(self.quartered) == self.width

    def site_table(self, columns: Sequence[NDArray[np.int32]] | NDArray[np.int32], whole: bool = False) -> Blocks:
        """:func:`site_table` of sites of this lattice."""
        return site_table(columns, whole, len(self.split), len(self.quartered))

    def rows(self, U: Blocks) -> NDArray[np.uint32]:
        """The blocks in an order in which even and odd rows of x take turns, for staples of the links U.

        Even and odd blocks read each other's links.  Of the direction before time so many planes are swept through all
        times before the next that three time slices of them stay in the cache.
        """
        return self._sweep(1, self._parts(U))

    def planes(self, U: Blocks) -> NDArray[np.uint32]:
        """The same for even and odd planes of x and y: for kernels that read so fast that they need long runs."""
        return self._sweep(self.shape[1], self._parts(U))

    def _parts(self, U: Blocks) -> int:
        """How many parts of the direction before time are swept one after the other."""
        if self.d == 2:
            return 1
        planes, bytes_ = int(self._part[-2]), U.nbytes // int(self._part[-2] * self._part[-1])
        return -(-planes // max(SLICE_PLANES, SLICE_BYTES // bytes_))

    def _sweep(self, rows: int, parts: int) -> NDArray[np.uint32]:
        """Blocks in the order that takes turns after so many rows of x, the direction before time in parts."""
        if (rows, parts) not in self._orders:
            x = self.coordinates[:: self.width]
            turn, odd = x[:, 1] // (rows if self.d > 2 else 1), x.sum(axis=1) % 2 if self.has_parity else 0 * x[:, 1]
            keys = [x[:, 0], x[:, 1], odd, turn, *x.T[2:]]  # the fastest first
            if self.d > 2:
                keys.append(x[:, -2] * parts // self._part[-2])
            self._orders[rows, parts] = np.lexsort(keys).astype(np.uint32)
        return self._orders[rows, parts]

    @cached_property
    def number(self) -> NDArray[np.int64]:
        """x + Lx (y + Ly (z + ...)) of the sites in block order: the site's name for random numbers."""
        return np.asarray(np.ravel_multi_index(tuple(self.coordinates.T), self.shape, order="F"), dtype=np.int64)

    @cached_property
    def names(self) -> Blocks:
        """``number`` as a table [block, 1]."""
        return self.site_table([self.number.astype(np.int32).reshape(self.blocks, self.width)])

    @cached_property
    def _user(self) -> NDArray[np.int64]:
        return np.asarray(np.ravel_multi_index(tuple(self.coordinates.T), self.shape), dtype=np.int64)

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        return np.argsort(self._user)

    @cached_property
    def neighbours(self) -> Blocks:
        """Table [block, 2 d]: column mu is n + mu, column d + mu is n - mu."""
        return self._around(1)

    @cached_property
    def second_neighbours(self) -> Blocks:
        """As ``neighbours``, two steps away: column mu is n + 2 mu, column d + mu is n - 2 mu."""
        return self._around(2)

    def _around(self, *lengths: int) -> Blocks:
        there = [self._displaced(mu, sign * k) for sign in (1, -1) for k in lengths for mu in range(self.d)]
        return self.site_table(there, self.whole)

    def hops(self, lengths: tuple[int, ...]) -> Blocks:
        """Table [block, 2 r], r = len(lengths) d: n + k mu, k in ``lengths`` and mu in each, then n - k mu alike."""
        if lengths not in self._hops:
            self._hops[lengths] = self.neighbours if lengths == (1,) else self._around(*lengths)
        return self._hops[lengths]

    def ahead(self, mu: int, longest: int) -> Blocks:
        """Table [block, longest + 1]: column k is n + k mu."""
        if (mu, longest) not in self._ahead:
            columns = [self._displaced(mu, k) for k in range(longest + 1)]
            self._ahead[mu, longest] = self.site_table(columns, self.whole)
        return self._ahead[mu, longest]

    @cached_property
    def _rank(self) -> NDArray[np.int32]:
        """Place in block order of the site with a given ``number``."""
        rank = np.empty(self.volume, dtype=np.int32)
        rank[self.number] = np.arange(self.volume, dtype=np.int32)
        return rank

    def _displaced(self, mu: int, steps: int) -> NDArray[np.int32]:
        """Site number of n + steps mu: [block, W]."""
        return self.displaced([steps if nu == mu else 0 for nu in range(self.d)])

    def displaced(self, shift: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int32]:
        """Site number of n + shift, one shift for all or one for each site in block order: [block, W]."""
        x = (self.coordinates + shift) % self.shape
        target = np.ravel_multi_index(tuple(x.T), self.shape, order="F")
        found: NDArray[np.int32] = self._rank[target].reshape(self.blocks, self.width)
        return found

    def halves(self, narrow: Lattice) -> NDArray[np.int64]:
        """The blocks of a lattice of the same extents that side by side make up each block of this one: [block, k].

        Raises
        ------
        ValueError
            If none do.
        """
        if self.shape == narrow.shape and self.width % narrow.width == 0:
            places = narrow._rank[self.number].reshape(self.blocks, -1, narrow.width)
            first = places[..., 0]
            if (places == first[..., None] + np.arange(narrow.width)).all() and not (first % narrow.width).any():
                return np.asarray(first // narrow.width, dtype=np.int64)
        raise ValueError(f"blocks of {self!r} are not made of those of {narrow!r}")

    def zeros(self, n: int, m: int, lead: tuple[int, ...] = ()) -> Blocks:
        """Zero field of n x m matrices with leading indices ``lead``: record array [*lead, block]."""
        return aligned_zeros((*lead, self.blocks), field_dtype(n, m, self.width, self.real))

    def stack(self, n: int, m: int, count: int) -> Blocks:
        """As ``zeros`` with one leading index, but all ``count`` matrices of a block lie side by side in memory."""
        return aligned_zeros((self.blocks, count), field_dtype(n, m, self.width, self.real)).T

    def links(self, n: int, lead: tuple[int, ...] | None = None) -> Blocks:
        """Zero field of sums of SU(n) or U(1) matrices, [d, block] or [*lead, block]: links, derivatives by them."""
        lead = (self.d,) if lead is None else lead
        return aligned_zeros((*lead, self.blocks), link_dtype(n, self.width, self.real))

    def packed(self, n: int, *counts: int) -> Blocks:
        """Zero n x n matrices stored per target site: record array [block, *counts]."""
        return aligned_zeros((self.blocks, *counts), field_dtype(n, n, self.width, self.real))

    def hermitian(self, n: int, symmetric: bool = False) -> Blocks:
        """Zero hermitian n x n matrices of the two chiralities: [block, 2]; ``symmetric`` as in ``hermitian_dtype``."""
        return aligned_zeros((self.blocks, 2), hermitian_dtype(n, self.width, self.real, symmetric))

    def clover_matrices(self, n: int) -> Blocks:
        """Those of the clover term of n colours, in two or four dimensions; of SU(2) in four they are symmetric."""
        return self.hermitian(n * self.d // 2, symmetric=n == 2 and self.d == 4)

    def packed_links(self, n: int, two_rows: bool = False, lengths: int = 1) -> Blocks:
        """Zero links of a Dirac operator to all 2 d neighbours: [block, 2 d], whole or ``two_rows`` of each (SU(3)).

        With hops of several ``lengths`` so many times as many.
        """
        dtype = (two_row_dtype if two_rows else link_dtype)(n, self.width, self.real)
        return aligned_zeros((self.blocks, 2 * self.d * lengths), dtype)

    def two_rows_pay(self, n: int, spins: int) -> bool:
        """Whether a hop on vectors of so many spin components is faster with two rows of packed links.

        They spare a third of what is read, for 30 multiply-adds a link: out of memory and slow caches always, for a
        single component also out of fast ones where whole vectors of AVX-512 are multiplied at full rate.
        """
        far = self.volume * 2 * self.d * link_dtype(n, 1).itemsize >= FAST_CACHES
        near = spins == 1 and WIDE_ARITHMETIC and self.width * np.dtype(self.real).itemsize == VECTOR_BYTES
        return n == 3 and (far or near)

    def from_user(self, z: NDArray[np.complex128]) -> Blocks:
        """Complex array [*lead, x, y, ..., n, m] to block layout [*lead, block]; ValueError for other extents."""
        n, m = z.shape[-2:]
        return self._filled(self.zeros(n, m, z.shape[: -self.d - 2]), z)

    def from_links(self, z: NDArray[np.complex128]) -> Blocks:
        """Sums of SU(n) or U(1) matrices [*lead, x, y, ..., n, n] to block layout [*lead, block].

        Of 2 x 2 matrices the part [[a, c], [-c*, a*]] is taken, which is all of an SU(2) matrix.
        """
        out = self.links(z.shape[-1], z.shape[: -self.d - 2])
        return self._filled(out, quaternions(z) if z.shape[-1] == 2 else z)

    def _filled(self, out: Blocks, z: NDArray[np.complex128]) -> Blocks:
        """A field of complex numbers c[*entry, (re, im), lane] filled from [*lead, x, y, ..., *entry]."""
        if z.shape[out.ndim - 1 : out.ndim - 1 + self.d] != self.shape:
            raise ValueError(f"an array of shape {z.shape} is no field on {'x'.join(map(str, self.shape))} sites")
        entry = out["c"].shape[out.ndim : -2]
        for index in np.ndindex(out.shape[:-1]):  # one after the other: copies are as small
            rows = np.ascontiguousarray(z[index], np.complex128).view(np.float64).reshape(self.volume, -1)
            rows = np.take(rows, self._user, axis=0).reshape(self.blocks, self.width, *entry, 2)
            out["c"][index] = np.moveaxis(rows, 1, -1)
        return out

    def to_user(self, field: Blocks) -> NDArray[np.complex128]:
        """Block layout [*lead, block] to a complex array [*lead, x, y, ..., n, m]."""
        lead, c = field.shape[:-1], field["c"]
        found = np.empty((*lead, self.volume, prod(c.shape[field.ndim : -1])))
        for index in np.ndindex(lead):  # one after the other: copies are as small
            rows = np.moveaxis(c[index], -1, 1).astype(np.float64, order="C").reshape(self.volume, -1)
            np.take(rows, self._place, axis=0, out=found[index], mode="clip")
        if c.ndim == field.ndim + 2:
            return momentum_matrices(found.reshape(*lead, *self.shape, -1))
        z = found.view(np.complex128).reshape(*lead, *self.shape, *c.shape[field.ndim : -2])
        return z if c.ndim == field.ndim + 4 else first_rows_completed(z)

    def site_field(self, values: NDArray[np.float64]) -> Blocks:
        """Real numbers [*lead, V] in block order as a field of 1 x 1 matrices (for signs and phases)."""
        out = self.zeros(1, 1, values.shape[:-1])
        out["c"][..., 0, 0, 0, :] = values.reshape(*values.shape[:-1], self.blocks, self.width)
        return out

    def boundary_signs(self, boundary: tuple[int, ...], steps: int = 1) -> NDArray[np.float64]:
        """Sign of the hop n -> n + steps mu, -1 across an antiperiodic boundary: [d, V] in block order."""
        signs = np.ones((self.d, self.volume))
        for mu in range(self.d):
            signs[mu, self.coordinates[:, mu] >= self.shape[mu] - steps] = boundary[mu]
        return signs

    def staggered_signs(self, boundary: tuple[int, ...], steps: int = 1) -> NDArray[np.float64]:
        """eta_mu(n) times the boundary sign of the hop n -> n + steps mu (physics.md 3.1): [d, V] in block order."""
        x = self.coordinates
        eta = np.array([1.0 - 2.0 * (x[:, :mu].sum(axis=1) % 2) for mu in range(self.d)])
        return eta * self.boundary_signs(boundary, steps)


@lru_cache(maxsize=16)
def lattice(
    shape: tuple[int, ...], real: str = "f8", twist: Twist | None = None, open_time: bool = False,
    fixed: BoundaryFields | None = None,
) -> Lattice:  # fmt: skip
    """The lattice of this shape and boundary, made once."""
    return Lattice(shape, None, real, twist, open_time, fixed)
