"""Which kernels make the staples of which loop classes of a layer, and with which weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import is_polyakov
from lqcdnn.fields import rectangles
from lqcdnn.kernels.chair_layer import near_chair_derivatives, near_chairs, outer_derivatives, outer_staples
from lqcdnn.kernels.loops import whole_staples
from lqcdnn.kernels.paths import add_path_derivatives, add_path_sums
from lqcdnn.kernels.plaquette_layer import add_far_derivatives, near_derivatives, near_staples, whole_derivatives
from lqcdnn.kernels.polyakov_layer import LONGEST, add_line_derivatives, add_line_staples
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.lattice.lines import lines
from lqcdnn.lattice.loops import Loops, winding_directions
from lqcdnn.lattice.pool import scratch_rows
from lqcdnn.lattice.programs import staple_program

PLAQUETTE, RECTANGLE, CHAIR = "plaquette", "rectangle", "chair"
NONE = np.empty(0)
NEAR, CACHED, FAR = 2**20, 2**22, 2**23
"""Bytes of links up to which what plaquettes leave to other sites is read back from a near cache; from any.  Above
the last all fields of a layer come from memory.
"""


class Terms:
    """Plaquettes, rectangles, chairs by shared products, Polyakov loops line by line, other classes as path programs.

    Parameters
    ----------
    lattice
        The lattice.
    loops
        Loop classes.

    Attributes
    ----------
    others
        Path programs of the classes that no other kernel makes.
    directions
        The directions around which Polyakov loops wind.
    lines
        The lines along which Polyakov loops wind: table and ranges, as their kernels take them.
    far
        Weights [d] of what kernels with shared products leave to other sites (empty: nothing).
    scale
        Multiples [d] of V that :meth:`add_derivatives` takes.
    plaquettes, oblong, winding, rest
        Weights of the plaquettes [d], of rectangles by their own kernels [d] (empty: there are none), of the lines [d],
        of ``others`` [class, d].
    flat, bent
        Weights of rectangles and chairs in the kernels of chairs, which multiply both by ``far``.
    one_direction
        Whether :meth:`add_derivatives` takes ``scaled`` for V too: they are the same, or it needs no V.
    whole
        Whether there are plaquettes, and lines at most besides: ``kernels.whole_layer`` makes them.
    whole_weights
        [2, d] ``far`` and ``winding``, if ``whole``.
    """

    def __init__(self, lattice: Lattice, loops: tuple[Loops, ...]) -> None:
        self.lattice = lattice
        self._plaquettes, self._rectangles, self._chairs = (
            np.array([name == which for name in loops], dtype=bool) for which in (PLAQUETTE, RECTANGLE, CHAIR)
        )
        self._windings = np.zeros((len(loops), lattice.d))
        if max(lattice.shape) <= LONGEST:
            for k, name in enumerate(loops):
                if is_polyakov(name):
                    self._windings[k, list(winding_directions(name, lattice.d))] = 1.0
        winding = self._windings.any(axis=1)
        self._others = ~(self._plaquettes | self._rectangles | self._chairs | winding)
        self._simple = bool(self._plaquettes.any() and not self._chairs.any())
        self.whole = bool(self._plaquettes.any() and (self._plaquettes | winding).all())
        names = [name for name, other in zip(loops, self._others, strict=True) if other]
        self.others = staple_program(names, lattice.shape)
        self.directions = np.flatnonzero(self._windings.any(axis=0))
        found = lines(lattice, self.directions)
        self.lines = found.sites, found.ranges

    def use(self, table: NDArray[np.float64]) -> None:
        """Take over the weights [class, d]."""
        self.winding = (self._windings * table).sum(axis=0)
        self.rest = np.ascontiguousarray(table[self._others])
        self.plaquettes, flat, bent = (
            table[which].sum(axis=0) for which in (self._plaquettes, self._rectangles, self._chairs)
        )
        self.oblong = flat if self._rectangles.any() else NONE
        self.flat, self.bent = 0.0, 1.0
        if not self._chairs.any():
            self.far = self.plaquettes if self._plaquettes.any() else NONE
        elif self.oblong.size and (flat == flat[0]).all() and (bent == bent[0]).all():
            self.flat, self.bent, self.far, self.oblong = flat[0], bent[0], np.ones(self.lattice.d), NONE
        else:
            self.far = bent
        self.scale = self.far if self.far.size else np.ones(self.lattice.d)
        self.one_direction = bool(self._plaquettes.all() or (self.scale == 1.0).all())
        if self.whole:
            self.whole_weights = np.array([self.far, self.winding])

    def by_class(self, plaquettes: NDArray[np.float64], winding: NDArray[np.float64]) -> NDArray[np.float64]:
        """[class, d] from what belongs to plaquettes and to lines in each direction."""
        return self._plaquettes[:, None] * plaquettes + self._windings * winding

    def make_whole(self, U: Blocks) -> bool:
        """Whether plaquette staples are made whole at each site, as what is left to others would go too far."""
        return self._simple and U.nbytes > (NEAR if colors(U) > 2 else CACHED)

    def rotate_whole(self, U: Blocks) -> bool:
        """Whether they are all, and turn the links of a site as they are made, as they would go through memory."""
        return bool(self._plaquettes.all()) and colors(U) > 1 and U.nbytes > FAR

    def derive_whole(self, U: Blocks) -> bool:
        """The same for their derivatives."""
        return self._simple and U.nbytes > CACHED

    def add_staples(self, C: Blocks, U: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """C of all terms but for what is left to other sites: returns that and its weights [d] (empty: nothing is).

        See ``kernels.plaquette_layer``.
        """
        nbr, weight = self.lattice.neighbours, NONE if self.make_whole(U) else self.far
        far = self.by_plane(U) if weight.size else U[:, :-1]  # of the same type, with which kernels are compiled
        if self._chairs.any():
            T = self._outer(U)
            outer_staples(T, C, U, nbr, self.flat, self.bent, self.plaquettes)
            near_chairs(C, far, T, U, nbr, self.far)
        elif weight.size:
            near_staples(C, far, U, nbr, weight)
        elif self.far.size:
            whole_staples(C, U, nbr, self.lattice.rows(U), self.far, None)
        else:
            C["c"] = 0.0
        if self.oblong.size:
            rectangles.add_staples(C, self.lattice, U, self.oblong)
        add_line_staples(C, U, *self.lines, self.winding)
        if self.others.start[-1]:
            add_path_sums(C, U, nbr, self.others.program, self.others.start, self.rest)
        return far, weight

    def add_derivatives(self, Sigma: Blocks, V: Blocks, scaled: Blocks, U: Blocks) -> None:
        """Sigma += (D C)^dag, D the derivative in the direction dU = V; ``scaled`` is V times ``scale`` [d]."""
        nbr = self.lattice.neighbours
        if self.derive_whole(U):
            whole_derivatives(Sigma, scaled, U, nbr, self.lattice.rows(U))
        elif self.far.size:
            far = self.by_plane(U)
            if self._chairs.any():
                T, DT = self._outer(U), self._outer(U)
                outer_derivatives(T, DT, scaled, V, U, nbr, self.flat, self.bent, self.plaquettes)
                near_chair_derivatives(Sigma, far, scaled, T, DT, U, nbr)
            else:
                near_derivatives(Sigma, far, scaled, U, nbr)
            add_far_derivatives(Sigma, far, nbr)
        if self.oblong.size:
            rectangles.add_derivatives(Sigma, self.lattice, V, U, self.oblong)
        add_line_derivatives(Sigma, V, U, *self.lines, self.winding)
        if self.others.start[-1]:
            add_path_derivatives(Sigma, V, U, nbr, self.others.program, self.others.start, self.rest)

    def by_plane(self, U: Blocks) -> Blocks:
        """Room for a matrix for each link and plane."""
        return scratch_rows(U, self.lattice.d * (self.lattice.d - 1))

    def _outer(self, U: Blocks) -> Blocks:
        """Room for the outer staples of each side."""
        return scratch_rows(U, (2 if self.flat else 1) * self.lattice.d * (self.lattice.d - 1))
