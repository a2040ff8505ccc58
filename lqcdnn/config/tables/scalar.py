"""A scalar field in the fundamental representation: ``[action.scalar]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, Integer, Number

LARGEST_LAMBDA = 1e6
"""Beyond it the heat bath of a site finds too few values: one attempt in some thousands succeeds here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarConfig:
    """``[action.scalar]``: a complex scalar field phi of N components, charge 1 of U(1), which is updated, too."""

    kappa: float = key(Number(-1e3, 1e3), "hopping parameter: S has -2 kappa Re phi(n)^dag U_mu(n) phi(n + mu)")
    lambda_: float = key(
        Number(0.0, LARGEST_LAMBDA), "quartic coupling: S has |phi|^2 + lambda (|phi|^2 - 1)^2", name="lambda"
    )
    sweeps: int = key(COUNT, "heat bath sweeps of phi before each trajectory", 1)
    reflections: int = key(Integer(0, 1000), "reflections of phi, which keep the action, after each of them", 3)
