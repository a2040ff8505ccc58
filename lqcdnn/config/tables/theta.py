"""The topological term at imaginary theta: ``[action.theta]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import Integer, Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ThetaConfig:
    """``[action.theta]``: S - theta_L Q in place of S, Q the field-theoretic charge of the links or of smeared ones."""

    imaginary: float = key(Number(-1e6, 1e6), "theta_L: configurations have the weight exp(-S + theta_L Q)")
    smearing: int = key(Integer(0, 100), "steps of stout smearing of the links whose charge is Q", 0)
    rho: float = key(Number(above=0.0, maximum=0.25), "weight of the staples in each of them", 0.1)
