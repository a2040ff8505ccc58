"""Twisted boundary conditions of SU(N): which power of exp(2 pi i / N) a closed loop is multiplied by.

't Hooft, Nucl. Phys. B 153 (1979) 141; on the lattice Groeneveld, Jurkiewicz, Korthals Altes, Phys. Scripta 23 (1981)
1022: links that are periodic up to gauge transformations are made periodic by a change of variables, after which in
each twisted plane the plaquettes of one corner carry an element of the centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import Path, direction_names
from lqcdnn.config.tables.schema import LatticeConfig
from lqcdnn.config.tables.twist import twist_text


@dataclass(frozen=True)
class Twist:
    """z_{mu nu} = exp(2 pi i n_{mu nu} / N) for the plaquettes P_{mu nu} at x_mu = L_mu - 1 and x_nu = L_nu - 1.

    A loop is multiplied by z_{mu nu} as often as it goes around such a corner, from mu to nu.

    Attributes
    ----------
    n
        N of SU(N).
    planes
        (mu, nu, n_{mu nu}) of the twisted planes, mu < nu, 0 < n_{mu nu} < N.
    """

    n: int
    planes: tuple[tuple[int, int, int], ...]

    def exponents(self, path: Path, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """k of the factor exp(2 pi i k / N), 0 <= k < N, of a closed path that begins at each site: [x, y, ...].

        A corner is encircled as often as links of direction mu cross the wall behind x_mu = L_mu - 1 beyond it, each
        counted with its sign and the number of walls that lie below it in direction nu.
        """
        found = np.zeros(shape, dtype=np.int64)
        for mu, nu, n in self.planes:
            x = np.indices(shape)[[mu, nu]]
            for step in path:
                direction, sign = abs(step) - 1, 1 if step > 0 else -1
                if direction == mu:
                    wall = x[0] if sign > 0 else x[0] - 1
                    found -= n * sign * (wall % shape[mu] == shape[mu] - 1) * (x[1] // shape[nu])
                    x[0] += sign
                elif direction == nu:
                    x[1] += sign
        return found % self.n

    @property
    def phases(self) -> NDArray[np.float64]:
        """exp(2 pi i k / N) of k = 0, ..., N - 1: [k, (re, im)], rounded correctly on every machine."""
        return np.array([root_of_unity(self.n, k) for k in range(self.n)])


def twist_of(config: LatticeConfig) -> Twist | None:
    """The twist that a table ``[lattice]`` asks for."""
    planes = config.twisted_planes
    return Twist(config.colors, planes) if planes else None


def text_of(twist: Twist | None, d: int) -> str:
    """The twist as in the input, "xy = 1, zt = 2"; empty without one."""
    return "" if twist is None else twist_text(twist.planes, direction_names(d))


@lru_cache
def root_of_unity(n: int, k: int) -> tuple[float, float]:
    """(re, im) of exp(2 pi i k / n) by Newton's iteration of z^n = 1 in decimal numbers."""
    with localcontext() as context:
        context.prec = 60
        z = Decimal(cos(2.0 * pi * k / n)), Decimal(sin(2.0 * pi * k / n))
        for _ in range(3):  # z <- z ((n - 1) + z^-n) / n, each time with twice as many digits
            x, y = Decimal(1), Decimal(0)
            for _ in range(n):
                x, y = x * z[0] - y * z[1], x * z[1] + y * z[0]
            size = x * x + y * y
            x, y = (n - 1 + x / size) / n, -y / size / n
            z = z[0] * x - z[1] * y, z[0] * y + z[1] * x
        re, im = (float(part) if abs(part) > Decimal("1e-50") else 0.0 for part in z)
    return re, im
