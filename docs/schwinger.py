"""Pion mass and subtracted condensate of ``inputs/schwinger_pion_hmc.toml`` from its run directory (docs/schwinger.md).

``python docs/schwinger.py RUN BETA PCAC_MASS [FIRST]`` prints both times sqrt(beta); the mass is a mean from t = FIRST.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from lqcdnn import load, read_series
from lqcdnn.analyze.jackknife import jackknife
from lqcdnn.analyze.notation import compact


def effective_mass(C: NDArray[np.float64], first: int) -> float:
    """Mean over t >= first, away from the middle, of m with C(t-1) + C(t+1) = 2 C(t) cosh m; C folded about Lt/2."""
    folded = 0.5 * (C[1:] + C[:0:-1])[: len(C) // 2]  # folded[t - 1] = (C(t) + C(Lt - t)) / 2
    t = np.arange(first, len(folded) - 4)
    return float(np.mean(np.arccosh((folded[t - 2] + folded[t]) / (2.0 * folded[t - 1]))))


def main(run: str, beta: float, pcac_mass: float, first: int = 5) -> None:
    """Print the pion mass and m sum_t C(t)."""
    series, cut = read_series(run), load(f"{run}/resolved.toml").run.thermalization
    names = [f"pion.{t + 1}" for t in range(sum(name.startswith("pion.") for name in series))]
    C = np.stack([series[name].after(cut).values for name in names], axis=1)
    mass = jackknife(C, function=lambda c: np.sqrt(beta) * effective_mass(c, first))
    total = jackknife(C, function=lambda c: np.sqrt(beta) * pcac_mass * float(c.sum()))
    print(f"pion mass {compact(mass.mean, mass.error)}, condensate {compact(total.mean, total.error)}")


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:4]), *map(int, sys.argv[4:]))
