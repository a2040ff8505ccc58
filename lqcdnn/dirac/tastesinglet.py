r"""gamma_5 x 1, the pseudoscalar without taste, on staggered fields in d = 2 and 4.

.. math:: \Gamma_\mu = \eta_\mu(n)\,\tfrac12 [U_\mu(n) \delta_{n+\mu} + U_\mu(n-\mu)^\dagger \delta_{n-\mu}],\qquad
    \Gamma_5 = \frac{c}{d!} \sum_p \mathrm{sgn}(p)\, \Gamma_{p_1} \cdots \Gamma_{p_d}

over the permutations p of the directions, c = 1 in d = 4 and -i in d = 2: Gamma_mu is gamma_mu x 1 (M. Golterman,
Nucl. Phys. B 273 (1986) 663). Gamma_5 steps to opposite corners of hypercubes; it is hermitian and keeps the parity of
sites.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from lqcdnn.dirac.fatlinks import SmearingStaggeredOperator
from lqcdnn.dirac.phases import pack, room_for_links
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import InputError
from lqcdnn.kernels import staggered
from lqcdnn.lattice.geometry import Blocks


class TasteSingletGamma5:
    """Gamma_5 on the fields of a staggered operator, with its boundary signs and phases, without weights of its
    hops; fat links of improved ones.

    Parameters
    ----------
    operator
        Its lattice, signs and neighbours are used.

    Raises
    ------
    InputError
        In d = 3, where there is no gamma_5.
    """

    def __init__(self, operator: StaggeredOperator) -> None:
        lattice, lengths = operator.lattice, operator.improvement.lengths if operator.improvement else (1,)
        if lattice.d == 3:
            raise InputError("staggered fields have a pseudoscalar without taste in d = 2 and 4")
        self.operator = operator
        self._signs, self._links = [], []
        for mu in range(lattice.d):
            hops = np.zeros(len(lengths) * lattice.d)  # those of one link come first
            hops[mu] = 1.0
            signs = operator.signs.copy()
            signs["c"] = np.sign(signs["c"]) * hops.reshape(-1, *[1] * (signs["c"].ndim - 1))  # no weights of hops
            self._signs.append(signs)
            self._links.append(room_for_links(lattice, operator.n, operator.phases, lengths=len(lengths)))

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block], those that the operator is given."""
        op = self.operator
        fat = op.fat(U) if isinstance(op, SmearingStaggeredOperator) else U
        for signs, links in zip(self._signs, self._links, strict=True):
            pack(links, fat, signs, op.neighbours, (0.5, 0.5), op.phases)

    def apply(self, psi: Blocks) -> Blocks:
        """Gamma_5 psi on all sites, a new field."""
        op, d = self.operator, self.operator.lattice.d
        made: dict[tuple[int, ...], Blocks] = {(): psi}
        image = op.vector()
        for count in range(1, d + 1):  # antisymmetric products of fewer directions first
            found: dict[tuple[int, ...], Blocks] = {}
            for chosen in combinations(range(d), count):
                total = op.vector()
                for place, mu in enumerate(chosen):
                    rest = (*chosen[:place], *chosen[place + 1 :])
                    staggered.hopping(image, self._links[mu], made[rest], op.neighbours, 0, op.lattice.blocks)
                    total["c"] += (-1.0) ** place / count * image["c"]
                found[chosen] = total
            made = found
        (product,) = made.values()
        return times_minus_i(product) if d == 2 else product


def times_minus_i(psi: Blocks) -> Blocks:
    """-i psi, in place."""
    real = psi["c"][:, :, :, 0].copy()
    psi["c"][:, :, :, 0], psi["c"][:, :, :, 1] = psi["c"][:, :, :, 1], -real
    return psi
