"""Gauges in which a functional of the links is as large as it can be, and the transformations to them (physics.md 1).

Landau and Coulomb gauge: links as near to 1 as they can be, a local maximum of

F[G] = 1/(d' N V) sum_n sum_mu Re tr U'_mu(n),   U'_mu(n) = G(n) U_mu(n) G(n + mu)^dag,

over all d' = d directions (Landau) or those of space (Coulomb, d' = d - 1).  There the divergence vanishes,

Delta(n) = sum_mu [ U'_mu(n) - U'_mu(n - mu) - hermitian conjugate ], for SU(N) without its trace,

and theta = 1/(N V) sum_n tr Delta Delta^dag says how nearly (L. Giusti et al., hep-lat/0104012).

Maximally abelian gauge (A. S. Kronfeld et al., Phys. Lett. B 198 (1987) 516): links as near to diagonal ones, direct
maximal centre gauge (L. Del Debbio et al., hep-lat/9801027): as near to elements of the centre as they can be,

F = 1/(d N V) sum_n sum_mu sum_i |(U'_mu)_ii|^2,   F = 1/(d N^2 V) sum_n sum_mu |tr U'_mu|^2,

with Delta = 2 TA(M), M of ``kernels.projection``, in theta.

There are several such maxima (V. N. Gribov, Nucl. Phys. B 139 (1978) 1): of ``copies`` starts the one with the
largest F is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import haar, reunitarize
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import GAUGE, Stream, noise_purpose
from lqcdnn.kernels import gaugefixing as kernels
from lqcdnn.kernels import projection
from lqcdnn.kernels.links import gauge_transform, ordered_sum
from lqcdnn.lattice.coloring import site_colors
from lqcdnn.lattice.geometry import Blocks, Lattice

PROJECTING = ("abelian", "center")
"""Gauges for links that are projected afterwards."""
INTERVAL = 10
"""Sweeps between two looks at theta; each look takes as long as a sweep."""
SAME = 1e-10
"""Values of the functional that are no farther apart are those of one maximum."""


@dataclass(frozen=True)
class Gauge:
    """What links are fixed to, and how.

    Attributes
    ----------
    kind
        "landau", "coulomb", "abelian" or "center".
    tolerance
        theta at which to stop.
    steps
        Most sweeps.
    omega
        Overrelaxation, 1 (none) to 2.
    copies
        Starts: from the links as they are, then from random gauge transformations.
    """

    kind: str = "landau"
    tolerance: float = 1e-12
    steps: int = 10_000
    omega: float = 1.8
    copies: int = 1

    def directions(self, d: int) -> int:
        """How many directions count, the first ones."""
        return d - 1 if self.kind == "coulomb" else d


@dataclass(frozen=True)
class Start:
    """Where one start ended.

    Attributes
    ----------
    functional, theta
        F and theta there, see above.
    sweeps
        How many it took, a multiple of ``INTERVAL``.
    """

    functional: float
    theta: float
    sweeps: int


@dataclass(frozen=True)
class GaugeFixed:
    """The gauge transformation of the best start.

    Attributes
    ----------
    transformation
        G, [block].
    starts
        Of every start what it came to.
    best
        Which of them has G: the first one that came to the largest functional.
    """

    transformation: Blocks
    starts: tuple[Start, ...]
    best: int

    @property
    def start(self) -> Start:
        """The best one."""
        return self.starts[self.best]


def fix_gauge(lattice: Lattice, U: Blocks, group: Group, gauge: Gauge, stream: Stream) -> GaugeFixed:
    """The gauge transformation that fixes links; U is left as it is.

    Parameters
    ----------
    lattice, U, group
        Links [d, block] in double precision, periodic in every direction.
    gauge
        Which gauge, and how it is fixed.
    stream
        Of the random starts.

    Raises
    ------
    InputError
        If a direction that counts has an extent of 1, where G(n) would be its own neighbour, or for a gauge that
        U(1) does not have.
    NumericalError
        If theta does not come to the tolerance in so many sweeps, or a link is not a number.
    """
    if min(lattice.shape[: gauge.directions(lattice.d)]) < 2:
        extents = "x".join(map(str, lattice.shape))
        raise InputError(f"{gauge.kind} gauge on the lattice {extents}; allowed: extents of at least 2")
    if gauge.kind in PROJECTING and group.n == 1:
        raise InputError(f"{gauge.kind} gauge of U(1), which is abelian; allowed: SU(N)")
    found, starts, best = lattice.links(group.n, (1,)), list[Start](), 0
    for copy in range(gauge.copies):
        G = haar(lattice, group, 1, stream, noise_purpose(copy, GAUGE)) if copy else _identity(lattice, group)
        starts.append(_relax(lattice, G, U, group, gauge))
        if not copy or starts[copy].functional > starts[best].functional + SAME:
            found, best = G, copy
    return GaugeFixed(found[0], tuple(starts), best)


def transformed(lattice: Lattice, U: Blocks, G: Blocks) -> Blocks:
    """Links U'_mu(n) = G(n) U_mu(n) G(n + mu)^dag, of G [block]."""
    out = lattice.links(G["c"].shape[-3])
    gauge_transform(out, U, G, lattice.neighbours)
    return out


def functional(
    lattice: Lattice, G: Blocks, U: Blocks, group: Group, directions: int, kind: str = "landau"
) -> tuple[float, float]:
    """F and theta of a gauge transformation G [1, block]."""
    part = np.empty((2, lattice.blocks))
    if kind in PROJECTING:
        projection.gauge_sums(part, G, U, lattice.neighbours, kind == "abelian")
    else:
        kernels.gauge_sums(part, G, U, lattice.neighbours, directions)
    value, divergence = (float(ordered_sum(one)) / (group.n * lattice.volume) for one in part)
    return value / directions, divergence


def sweep(lattice: Lattice, G: Blocks, U: Blocks, directions: int, omega: float, kind: str = "landau") -> None:
    """A turn for every site; G [1, block] is changed in place."""
    where = (G, U, lattice.neighbours)
    on, what = (projection, kind == "abelian") if kind in PROJECTING else (kernels, directions)
    if lattice.has_parity:
        for first, last in ((0, lattice.half), (lattice.half, lattice.blocks)):
            on.relax_blocks(*where, first, last, what, omega)
    else:
        vectors, ends = site_colors(lattice)
        for first, last in pairwise(ends):
            on.relax_sites(*where, vectors, first, last, what, omega)


def _identity(lattice: Lattice, group: Group) -> Blocks:
    """G = 1, [1, block]."""
    one = np.eye(group.n, dtype=np.complex128)
    return lattice.from_links(np.broadcast_to(one, (1, *lattice.shape, *one.shape)))


def _relax(lattice: Lattice, G: Blocks, U: Blocks, group: Group, gauge: Gauge) -> Start:
    """Sweeps from G on until theta is small enough; G is changed in place."""
    directions = gauge.directions(lattice.d)
    value, theta = functional(lattice, G, U, group, directions, gauge.kind)
    done = 0
    while not theta <= gauge.tolerance:
        if done >= gauge.steps or not np.isfinite(theta):
            raise NumericalError(
                f"{gauge.kind} gauge: theta = {theta:.1e} after {done} sweeps, more than tolerance = "
                f"{gauge.tolerance:.1e}",
                hint="more steps, another omega between 1 and 2, or a larger tolerance",
            )
        for _ in range(min(INTERVAL, gauge.steps - done)):
            sweep(lattice, G, U, directions, gauge.omega, gauge.kind)
            done += 1
        reunitarize(lattice, G, group)
        value, theta = functional(lattice, G, U, group, directions, gauge.kind)
    return Start(value, theta, done)
