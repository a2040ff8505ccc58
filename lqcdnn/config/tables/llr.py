"""Density of states of the mean plaquette by the LLR method: ``[update.llr]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import INT64, REFUSED, Integer, ListOf, Number
from lqcdnn.config.tables.drafts import Draft, good, part
from lqcdnn.config.tables.tempering import MOST_REPLICAS

FEWEST_WINDOWS = 4
"""Fewer points make no cubic spline of the slopes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LLRConfig:
    """``[update.llr]``: replicas in Gaussian windows of the mean plaquette, each with a slope of ln rho of its own."""

    range: tuple[float, float] = key(ListOf(Number(), 2, 2), "mean plaquette at the centres of the outermost windows")
    windows: int = key(Integer(FEWEST_WINDOWS, MOST_REPLICAS), "how many, at equal distances: replicas of the run")
    width: float = key(
        Number(above=0.0),
        "s of the factor exp(-(P - centre)^2 / (2 s^2)) of each",
        derived="the distance of the centres",
    )
    every: int = key(Integer(1, INT64), "trajectories between two changes of the slopes", 50)
    newton: int = key(Integer(0, INT64), "first changes, by the whole step of Newton and Raphson", 10)
    robbins_monro: int = key(Integer(0, INT64), "further ones, the n-th by 1/n of it", 30)

    @property
    def built(self) -> int:
        """Trajectories, of the thermalization, after which the slopes stay as they are."""
        return self.every * (self.newton + self.robbins_monro)

    @property
    def spacing(self) -> float:
        """Distance of the centres."""
        return (self.range[1] - self.range[0]) / (self.windows - 1)

    @property
    def centres(self) -> tuple[float, ...]:
        """Those of the windows, increasing."""
        return tuple(self.range[0] + k * self.spacing for k in range(self.windows))


def derive_llr(draft: Draft) -> None:
    """Fill the width of the windows, in place."""
    if good(part(draft, "update").get("llr")) is None:
        return
    options = part(draft, "update", "llr")
    limits, count = good(options.get("range")), good(options.get("windows"))
    known = limits and count and limits[1] > limits[0]
    options.setdefault("width", (limits[1] - limits[0]) / (count - 1) if known else REFUSED)
