"""Currents with a derivative or with a line of links between their ends, for parton distributions (physics.md 34).

Between a propagator psi and a sequential propagator phi, as those of ``insertions``, qbar becomes phi^dag gamma_5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.lattice.geometry import Blocks
from lqcdnn.measure.quarks.spinsums import FloatArray, Matrix, Waves, contracted, spin_sums, traced
from lqcdnn.measure.quarks.transport import Transport

Pairs = Sequence[tuple[Blocks, Blocks]]


def derivative_sums(transport: Transport, pairs: Pairs, waves: Waves, weights: Matrix) -> dict[str, FloatArray]:
    """Re sum w phi^dag W_mu (1/2)(D-> - D<-)_mu psi by momentum, [t]; summed over mu and pairs (psi, phi).

    Parameters
    ----------
    transport
        Steps along the links of the quark.
    pairs, waves
        As of ``spin_sums``.
    weights
        W_mu, [mu, a, b]; directions where it is 0 are left out.
    """
    lattice = transport.lattice
    total = {end: np.zeros(lattice.shape[-1]) for end in waves}
    for mu, weight in enumerate(weights):
        if not np.any(weight):
            continue
        right = spin_sums(lattice, [(transport.derivative(psi, mu), phi) for psi, phi in pairs], waves)
        left = spin_sums(lattice, [(psi, transport.derivative(phi, mu)) for psi, phi in pairs], waves)
        for end in waves:
            total[end] += 0.5 * (traced(right[end], weight) - traced(left[end], weight))
    return total


class Lines:
    """qbar(y + z e) Gamma W(y + z e, y) q(y), W the product of the links in between, z = -Z ... Z, summed over y.

    Parameters
    ----------
    transport
        Steps along the links of the quark.
    along
        Direction of e.
    length
        Z.
    """

    def __init__(self, transport: Transport, along: int, length: int) -> None:
        self._transport, self._along, self._length = transport, along, length

    def correlators(self, pairs: Pairs, weights: Matrix) -> dict[str, FloatArray]:
        """(C(z) + C(-z)^*)/2 of C = sum phi^dag W psi(z), z = 0 ... Z, [t] each: ``_z2`` and ``_z2_imaginary``.

        C(z) and C(-z)^* have the same mean value (physics.md 34.2); at z = 0 the imaginary part is 0 and left out.
        """
        lattice, along, phis = self._transport.lattice, self._along, [phi for _, phi in pairs]
        steps = self._transport.behind, self._transport.ahead
        ends = [[psi for psi, _ in pairs] for _ in steps]

        def current(one: list[Blocks]) -> Matrix:
            return contracted(spin_sums(lattice, list(zip(one, phis, strict=True)), {"": None})[""], weights)

        found = {"_z0": np.asarray(current(ends[0]).real)}
        for z in range(1, self._length + 1):
            ends = [[step(psi, along) for psi in one] for step, one in zip(steps, ends, strict=True)]
            there, back = (current(one) for one in ends)
            found |= {f"_z{z}": 0.5 * (there.real + back.real), f"_z{z}_imaginary": 0.5 * (there.imag - back.imag)}
        return found
