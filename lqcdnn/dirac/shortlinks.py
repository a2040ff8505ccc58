"""Mixed precision with links of 16 bits: half precision where memory is read most (Clark et al., arXiv:0911.3191)."""

from __future__ import annotations

from lqcdnn.dirac.mixed import MixedPrecision, entries, single_lattice
from lqcdnn.dirac.phases import room_for_links
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import InputError
from lqcdnn.kernels.precision import shorten
from lqcdnn.kernels.simd.types import LARGEST, TWO_ROWS
from lqcdnn.lattice.blocks import has_two_rows, short_zeros

FACTOR = 0.5
"""What the links of the staggered operator are multiplied by, but for a sign."""

SCALE = LARGEST / FACTOR
"""How many times D the operator of the whole numbers is."""


def use_short_links(operator: StaggeredOperator) -> None:
    """Solve the normal equations of ``operator`` in mixed precision from now on, with links of 16 bits in single.

    The hop with the whole numbers is ``SCALE`` D, so that m^2 - D^2 is the operator of the mass ``SCALE`` m over
    ``SCALE``^2, and no kernel multiplies by the scale.  Of SU(3) links
    without phases two rows are stored.

    Raises
    ------
    InputError
        If the operator is improved: fat links are not in the group, and their entries may be large.
    """
    if operator.improvement is not None:
        raise InputError("improved staggered operators have no links of 16 bits")
    lattice = single_lattice(operator.lattice)
    operator.links = room_for_links(operator.lattice, operator.n, operator.phases, operator.n == 3)
    single, source = operator.on(lattice), lattice.halves(operator.lattice)
    single.links, single.mass = short_zeros(single.links), SCALE * operator.mass
    links = [(single.links, operator.links)]
    for ours, theirs in zip(operator.equations, single.equations, strict=True):
        ours.solver = ShortLinks(theirs, links, source, 1.0 / SCALE**2)


LIGHTEST = 0.02
"""Mass from which on links of 16 bits are taken: rounding them changes m^2 - D^2 by some 2e-5, and where that is as
large as its smallest eigenvalue, a cycle has to begin what the one before had done already.
"""


class ShortLinks(MixedPrecision):
    """Mixed precision that sets its links as whole numbers of 16 bits."""

    def set_links(self) -> None:
        """Round the links in double precision."""
        for theirs, ours in self.links:
            numbers = TWO_ROWS if has_two_rows(ours) else theirs["c"].size + 1  # without a third row: none
            shorten(entries(theirs), entries(ours), self.source, SCALE, FACTOR, numbers)
