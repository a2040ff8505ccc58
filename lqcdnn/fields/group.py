"""The gauge groups U(1) and SU(N): size, generators, normalisation of the algebra (physics.md 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError


@dataclass(frozen=True)
class Group:
    """U(1) for n = 1, else SU(n).

    Generators are hermitian with tr(T^a T^b) = delta / 2; for U(1) T = 1.
    """

    n: int

    @property
    def name(self) -> str:
        """U(1) or SU(N)."""
        return "U(1)" if self.n == 1 else f"SU({self.n})"

    @property
    def special(self) -> bool:
        """Whether det U = 1 is demanded."""
        return self.n > 1

    @property
    def force_factor(self) -> float:
        """Pdot = force_factor TA(U Sigma): 1/2 for SU(N), 1 for U(1) with T = 1."""
        return 0.5 if self.special else 1.0

    @property
    def kinetic_factor(self) -> float:
        """K = kinetic_factor sum |P|^2 = (1/2) sum (p^a)^2: 1 for SU(N), 1/2 for U(1)."""
        return 1.0 if self.special else 0.5

    @cached_property
    def generators(self) -> NDArray[np.complex128]:
        """T^a, array [dim, n, n]: for each i < j the real and imaginary pairs, then the diagonal ones."""
        n, found = self.n, []
        if n == 1:
            return np.ones((1, 1, 1), dtype=np.complex128)
        for i in range(n):
            for j in range(i + 1, n):
                for value in (0.5, -0.5j):
                    T = np.zeros((n, n), dtype=np.complex128)
                    T[i, j], T[j, i] = value, np.conj(value)
                    found.append(T)
        for k in range(1, n):
            T = np.zeros((n, n), dtype=np.complex128)
            T[range(k), range(k)], T[k, k] = 1.0, -float(k)
            found.append(T / np.sqrt(2.0 * k * (k + 1)))
        return np.array(found)


def group(name: str) -> Group:
    """The group called ``U(1)`` or ``SU(N)``.

    Raises
    ------
    InputError
        For any other name.
    """
    if name == "U(1)":
        return Group(1)
    match = re.fullmatch(r"SU\((\d+)\)", name)
    if match is None or int(match[1]) < 2:
        raise InputError(f"unknown group {name!r}", hint='use "U(1)" or "SU(N)" with N >= 2')
    return Group(int(match[1]))
