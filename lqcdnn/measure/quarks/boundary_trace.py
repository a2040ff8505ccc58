"""What clover quarks add to dS/deta of the Schroedinger functional: their clover term holds links that are fixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.observables import SchroedingerObservableConfig
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import of_lanes
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.schroedinger import slices_beside
from lqcdnn.measure.gauge.schroedinger import diagonal_sums
from lqcdnn.measure.quarks.noise import noise_spinor
from lqcdnn.measure.quarks.propagators import QuarkOf, WilsonQuark, described

VECTORS = 10
"""Noise vectors where the options say nothing."""


class BoundaryTrace:
    """-Nf Re Tr (M^-1 dM) of quarks, by the angles of the fixed links.

    The action of Nf quarks is -Nf ln |det M|. Of M only the clover term in the slices next to the fixed ones depends on
    their links, so that noise vectors on these slices do; their number and the residual are those of the options.

    Parameters
    ----------
    options
        Of the observable.
    name, fermion
        What the quark is called, and its table.
    """

    def __init__(self, options: SchroedingerObservableConfig, name: str, fermion: QuarkConfig) -> None:
        self.options, self.fermion = options, fermion
        self._quark = QuarkOf(fermion, fermion.mass, fermion.boundary, fermion.theta)
        self.described = described(name, fermion) | {"mass": fermion.mass, "flavors": fermion.flavors}

    def sums(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream, index: int) -> NDArray[np.float64]:
        """As :func:`lqcdnn.measure.gauge.schroedinger.wall_sums`; noise of the ``index``-th quark is its own.

        Raises
        ------
        NumericalError
            If a solve does not converge.
        """
        made = self._quark.on(lattice, group)
        assert isinstance(made, WilsonQuark)
        made.set_links(U)
        count, kind = self.options.vectors or VECTORS, self.options.noise or "z4"
        first, (components, n) = count * index, (made.spins, group.n)
        noise = (noise_spinor(lattice, n, components, stream, kind, first + i) for i in range(count))
        sources = (beside(lattice, eta) for eta in noise)
        return boundary_sums(made, sources, self.options.tolerance or 1e-10, self.fermion.max_iterations) * (
            self.fermion.flavors / count
        )


def beside(lattice: Lattice, eta: Blocks) -> Blocks:
    """The source itself, zero but in the slices next to the fixed ones."""
    of_lanes(eta)[slices_beside(lattice) == 0.0] = 0.0
    return eta


def boundary_sums(
    quark: WilsonQuark, sources: Iterable[Blocks], tolerance: float, max_iterations: int
) -> NDArray[np.float64]:
    """What -Re sum over sources eta of eta^dag dM M^-1 eta changes by, in the form of ``wall_sums``.

    D + m = M / (2 kappa), and eta^dag dM M^-1 eta is the same in both forms.
    """
    op: WilsonOperator = quark.operator
    assert op.clover is not None
    Z, Sigma = op.clover.insertions(), op.lattice.links(op.n)
    for eta in sources:
        x = quark.propagate(eta, tolerance, max_iterations).quark
        op.clover.insert_bilinear(Z, x, eta, 0.5 / op.kappa)
    op.clover.add_derivative(Sigma, Z)
    return diagonal_sums(op.lattice, Sigma)


def sea_quarks(
    options: SchroedingerObservableConfig, quarks: Mapping[str, QuarkConfig], of_action: Iterable[str]
) -> Iterator[BoundaryTrace]:
    """The quarks of the sea with a clover term: those that are named, else all of the action."""
    for name in of_action if options.quarks is None else options.quarks:
        if quarks[name].csw:
            yield BoundaryTrace(options, name, quarks[name])
