"""The combinations of group, block width and precision every kernel is held against its reference with.

A kernel is compiled anew for each group, width, precision and kind of neighbour table (``table_dtype``), which follows
from shape and width. The fast cases meet each kind in double precision: SU(2) all but that with a direction split in
four, which U(1) has on one lattice, as on the planes of other tests; SU(3) and single precision are on one lattice in
four dimensions (``one_shape``), all of them at widths whose kernels other tests need anyway; blocks of one site are
slow. Kernels that solvers in mixed precision do not use are fast in double precision and the width of this machine
alone, and those that know four colours from three with ``FOUR_COLORS``, too. The slow cases are half of the product:
every pair of group and width, group and precision, width and precision (``COVERING``). One function is compiled for all
of them, so what is wrong with three of these together is wrong with two.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from reference import samples

from lqcdnn.fields.group import Group, group
from lqcdnn.kernels.compile import VECTOR_BYTES
from lqcdnn.kernels.simd import momentum_dtype
from lqcdnn.lattice.blocks import aligned_zeros, first_rows_completed, quaternions, stored_of_momenta
from lqcdnn.lattice.geometry import Lattice

GROUPS, WIDTHS, REALS = ("U(1)", "SU(2)", "SU(3)", "SU(4)"), (1, 2, 4, 8), ("f8", "f4")
NATIVE = VECTOR_BYTES // 8
"""Width of a block on a lattice that is not tiny."""
EVEN_SHAPES = ((4, 12), (4, 4, 4), (4, 4, 2, 2))
ONE_SHAPE = EVEN_SHAPES[2]
ODD_SHAPE = (3, 2, 2, 4)
"""Extents 2 everywhere, time longer and shorter than space, and one lattice without parity; all take W = 8, with
neighbours that are whole blocks up to W = 4."""
SPLIT_SHAPE = (4, 2, 2, 2)
"""With W = 4 some neighbours are sites of two blocks: kernels of their own, compiled for SU(2) alone."""
QUARTERED_SHAPE = (2, 4, 8)
"""With W = 8 one direction is split in four: kernels of their own, compiled for U(1) alone."""
SINGLE_SHAPE = (4, 4, 4, 4)
"""Also with W = 16 neighbours are whole blocks, as where solvers in mixed precision are tested."""


@dataclass(frozen=True)
class Case:
    name: str
    width: int
    real: str
    one_shape: bool = False
    """Whether ``settings`` gives the lattice ``shape`` alone."""
    whole: bool = False
    """Whether it gives lattices alone whose blocks have whole blocks as neighbours, as those of users have."""

    def __str__(self) -> str:
        lattices = f"-{len(self.shape)}d" * self.one_shape + "-whole" * self.whole
        return f"{self.name}-W{self.width}-{self.real}{lattices}"

    @property
    def group(self) -> Group:
        return group(self.name)

    @property
    def n(self) -> int:
        return self.group.n

    @property
    def shape(self) -> tuple[int, ...]:
        """The lattice of ``one_shape``."""
        return QUARTERED_SHAPE if self.n == 1 else SINGLE_SHAPE if self.real == "f4" else ONE_SHAPE

    @property
    def tolerance(self) -> float:
        """Allowed deviation relative to the largest entry."""
        return 1e-13 if self.real == "f8" else 1e-5

    def lattice(self, shape) -> Lattice:
        return Lattice(shape, width=self.width, real=self.real)

    def assert_close(self, found, expected, factor=1.0):
        expected = np.asarray(expected)
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(found, expected, rtol=0, atol=factor * self.tolerance * scale)


FAST = (
    Case("SU(2)", NATIVE, "f8"),
    Case("SU(2)", VECTOR_BYTES // 4, "f4", one_shape=True),
    Case("U(1)", NATIVE, "f8", one_shape=True),
    Case("SU(3)", NATIVE, "f8", one_shape=True),
)
FOUR_COLORS = Case("SU(4)", NATIVE, "f8", one_shape=True)


def covering(shapes, real=None):
    """(case, one of two shapes) with every pair of group, width, precision and shape, or in one precision.

    Four values are two bits each: the precision is the sum of the low ones, the shape that of the high ones.
    """
    for (i, name), (j, width) in product(enumerate(GROUPS), enumerate(WIDTHS)):
        yield Case(name, width, real or REALS[(i ^ j ^ 1) & 1]), shapes[(i ^ j) >> 1]


COVERING = tuple(case for case, _shape in covering((None, None)))
DOUBLE = tuple(case for case in FAST if case.real == "f8" and case.width == NATIVE)


def fast_ones(fast, groups=GROUPS):
    """Parametrizes with the cases ``fast``, and with all others of ``COVERING`` of these groups as slow ones."""
    others = [case for case in COVERING if case.name in groups and case not in fast]
    slow = [pytest.param(case, id=str(case), marks=pytest.mark.slow) for case in others]
    return pytest.mark.parametrize("case", [*(pytest.param(case, id=str(case)) for case in fast), *slow])


every_case = fast_ones(FAST)
every_case_of_three_colors = fast_ones([case for case in FAST if case.n == 3], ("SU(3)",))
every_case_in_double = fast_ones(DOUBLE)
"""For kernels that single precision is of no use to: fast in the width of this machine alone."""

every_case_with_four_colors = fast_ones([*DOUBLE, FOUR_COLORS])
"""The same for kernels with code of their own for four colours."""

FAST_LAYERS = [Case(case.name, case.width, case.real, case.one_shape, not case.one_shape) for case in DOUBLE]
every_case_of_layers = fast_ones(FAST_LAYERS)
"""The same for kernels that are long to compile and read their neighbours as those do that have the cases above."""

every_case_of_measurements = pytest.mark.parametrize(
    "case",
    [
        *(pytest.param(case, id=str(case)) for case in FAST_LAYERS),
        *(
            pytest.param(case, id=str(case), marks=pytest.mark.slow)
            for case in (DOUBLE[0], Case("SU(2)", 1, "f8"), FOUR_COLORS)
        ),
    ],
)
"""The same for kernels that run in double precision alone; neighbours lane by lane in slow cases."""


def as_links(z):
    """What a field of links holds of matrices [..., n, n], see ``Lattice.from_links``."""
    return first_rows_completed(quaternions(z)) if z.shape[-1] == 2 else z


def momenta(lattice, z):
    """Momenta [mu, block] of antihermitian matrices [mu, x, y, ..., n, n]."""
    x, shape = stored_of_momenta(z), (len(z), lattice.blocks)
    P = aligned_zeros(shape, momentum_dtype(z.shape[-1], lattice.width, lattice.real))
    rows = np.take(x.reshape(len(z), lattice.volume, -1), lattice._user, axis=1)
    P["c"] = np.moveaxis(rows.reshape(*shape, lattice.width, -1), 2, -1)
    return P


def numbers(field):
    """The real numbers of a field as [*lead, block, number, lane], a view."""
    return field["c"].reshape(*field.shape, -1, field["c"].shape[-1])


class Setting:
    """A lattice with random links; ``U`` in lattice order is exactly what the blocks ``blocks`` hold."""

    def __init__(self, case: Case, shape, seed: int = 1) -> None:
        self.case, self.lattice, self.rng = case, case.lattice(shape), np.random.default_rng(seed)
        self.nbr = self.lattice.neighbours
        self.blocks, self.U = self.store_links(samples.links(self.rng, shape, case.n))

    def store(self, z):
        """(blocks, the same rounded to the precision of the lattice)."""
        blocks = self.lattice.from_user(z)
        return blocks, self.lattice.to_user(blocks)

    def store_links(self, z):
        """As :meth:`store` for links, algebra fields and derivatives: what blocks of links hold of z."""
        blocks = self.lattice.from_links(z)
        return blocks, self.lattice.to_user(blocks)

    def algebra(self):
        """Momenta, and the same in lattice order."""
        P = momenta(self.lattice, samples.algebra(self.rng, self.lattice.shape, self.case.n))
        return P, self.lattice.to_user(P)

    def matrices(self):
        n = self.case.n
        return self.store_links(samples.complex_normal(self.rng, self.lattice.d, *self.lattice.shape, n, n))

    def vector(self):
        return self.store(samples.vector(self.rng, self.lattice.shape, self.case.n))

    def user(self, field):
        return self.lattice.to_user(field)

    def zeros_like_links(self):
        return self.lattice.links(self.case.n)


def settings(case, shapes=(*EVEN_SHAPES, ODD_SHAPE)):
    """The settings of a case, one per shape."""
    if case.one_shape:
        assert ONE_SHAPE in shapes
        return [Setting(case, case.shape)]
    found = [*shapes, *([SPLIT_SHAPE] if case.n == 2 and ONE_SHAPE in shapes else [])]
    return [Setting(case, shape) for shape in found if not case.whole or case.lattice(shape).whole]
