r"""The gradient flow of quark fields beside that of links, and its adjoint (M. Luescher, arXiv:1302.5246).

.. math:: \partial_t\chi = \Delta\chi, \qquad
    \Delta\chi(x) = \sum_\mu [V_\mu(x)\chi(x+\hat\mu) + V_\mu(x-\hat\mu)^\dagger\chi(x-\hat\mu) - 2\chi(x)],

with the boundary signs of the quark in V.  A step of the third-order scheme of the links goes through links W_0, W_1,
W_2; with :math:`\Delta_i = \epsilon\Delta[W_i]` the quark takes (appendix D there)

.. math:: \phi_1 = \phi_0 + \tfrac14\Delta_0\phi_0, \quad
    \phi_2 = \phi_0 + \tfrac89\Delta_1\phi_1 - \tfrac29\Delta_0\phi_0, \quad \phi_3 = \phi_1 + \tfrac34\Delta_2\phi_2,

and its adjoint, exactly that of this map (appendix E), from the end to the beginning

.. math:: \lambda_2 = \tfrac34\Delta_2\lambda_3, \quad \lambda_1 = \lambda_3 + \tfrac89\Delta_1\lambda_2, \quad
    \lambda_0 = \lambda_1 + \lambda_2 + \tfrac14\Delta_0(\lambda_1 - \tfrac89\lambda_2)

(physics.md 33.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lqcdnn.dirac.phases import pack
from lqcdnn.kernels.flow import diffuse
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.network.flow import FLOW_SCHEMES, Velocity

FIRST, SECOND, THIRD = 1 / 4, 8 / 9, 3 / 4
"""Shares of the three stages: those of "rk3" in ``FLOW_SCHEMES``."""


class Laplacian:
    """Delta on some links, packed with the boundary signs of a quark.

    Parameters
    ----------
    lattice, n, boundary
        Lattice, number of colours, boundary signs.
    U
        The links [d, block].
    """

    def __init__(self, lattice: Lattice, n: int, boundary: tuple[int, ...], U: Blocks) -> None:
        self._lattice, self._links = lattice, lattice.packed_links(n)
        pack(self._links, U, lattice.site_field(lattice.boundary_signs(boundary)), lattice.neighbours, (1.0, 1.0), None)

    def __call__(self, psi: Blocks, factor: float) -> Blocks:
        """Factor Delta psi, as a new field."""
        return self.added(psi, factor, 0.0, psi, 0.0)

    def added(self, psi: Blocks, factor: float, own: float, x: Blocks, other: float) -> Blocks:
        """Factor Delta psi + own psi + other x, as a new field."""
        out, lattice = zeros_of_kind(psi), self._lattice
        diffuse(out, self._links, psi, x, lattice.neighbours, factor, own - 2.0 * lattice.d * factor, other)
        return out


class FlowStep:
    """One step of links and quarks.

    Parameters
    ----------
    layer
        Gives the velocity of the links.
    U, epsilon
        Links at the beginning of the step, and its length.
    n, boundary
        Colours and boundary signs of the quarks.

    Attributes
    ----------
    end
        Links at its end.
    """

    def __init__(self, layer: Velocity, U: Blocks, epsilon: float, n: int, boundary: tuple[int, ...]) -> None:
        W, X, stages = U, U, list[Laplacian]()
        for keep, share in FLOW_SCHEMES["rk3"]:
            stages.append(Laplacian(layer.lattice, n, boundary, W))
            W, X = layer.stage(W, X, keep, share * epsilon)
        self.end, self._stages, self._epsilon = W, stages, epsilon

    def forward(self, phi: Blocks) -> Blocks:
        """The quark at the end of the step, as a new field."""
        (zeroth, first, second), epsilon = self._stages, self._epsilon
        one = zeroth.added(phi, FIRST * epsilon, 1.0, phi, 0.0)
        # epsilon Delta_0 phi_0 is 4 (phi_1 - phi_0), so that phi_2 needs no field of its own for it
        two = first.added(one, SECOND * epsilon, -SECOND, phi, 1.0 + SECOND)
        return second.added(two, THIRD * epsilon, 0.0, one, 1.0)

    def back(self, xi: Blocks) -> Blocks:
        """What the adjoint map makes of a field at the end of the step: <back(xi), phi> = <xi, forward(phi)>."""
        (zeroth, first, second), epsilon = self._stages, self._epsilon
        two = second(xi, THIRD * epsilon)
        both = first.added(two, SECOND * epsilon, -SECOND, xi, 1.0)  # lambda_1 - 8/9 lambda_2
        return zeroth.added(both, FIRST * epsilon, 1.0, two, 1.0 + SECOND)


class QuarkFlow:
    """Steps of links and quarks through equal intervals of the flow time.

    Parameters
    ----------
    layer
        Gives the velocity of the links.
    interval, step
        Length of an interval, and the largest step.
    n, boundary
        Colours and boundary signs of the quarks.
    """

    def __init__(self, layer: Velocity, interval: float, step: float, n: int, boundary: tuple[int, ...]) -> None:
        self._layer, self._n, self._boundary = layer, n, boundary
        self._count = math.ceil(interval / step * (1.0 - 1e-12))
        self._epsilon = interval / self._count

    def links(self, U: Blocks, intervals: int) -> list[Blocks]:
        """Links at the beginning, and after each interval."""
        found = [U]
        for _ in range(intervals):
            for step in self._steps(found[-1]):
                end = step.end
            found.append(end)
        return found

    def forward(self, U: Blocks, fields: Sequence[Blocks]) -> list[Blocks]:
        """Quarks after an interval that begins with links U."""
        moved = list(fields)
        for step in self._steps(U):
            moved = [step.forward(phi) for phi in moved]
        return moved

    def back(self, U: Blocks, fields: Sequence[Blocks]) -> list[Blocks]:
        """Fields at the end of an interval that begins with links U, taken to its beginning by the adjoint flow.

        All links of the interval are kept meanwhile.
        """
        moved = list(fields)
        for step in reversed(list(self._steps(U))):
            moved = [step.back(xi) for xi in moved]
        return moved

    def _steps(self, U: Blocks) -> Iterator[FlowStep]:
        for _ in range(self._count):
            step = FlowStep(self._layer, U, self._epsilon, self._n, self._boundary)
            U = step.end
            yield step
