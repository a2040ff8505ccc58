r"""Is the chain in the right centre sector?

For even N (and U(1)) the substitution U_mu -> -U_mu on one slice flips the sign b_mu of the fermion boundary and of the
Polyakov loop P_mu in that direction. Hence, with dynamical fermions and sectors sampled as they should be,

.. math:: b_\mu \langle P_\mu\rangle \text{ is the same for all directions of equal extent,}

for example <P_t> = -<P_x> on L^4 with boundary (+,+,+,-) (physics.md 8.1). The fermions prefer b_mu P_mu < 0: the
shortest winding loop enters log det with the sign -b_mu. A chain with b_mu P_mu > 0 sits in a metastable sector.
For odd N the centre does not contain -1; terms of Polyakov loops in the gauge action break the symmetry, as layers of
them do in a network whose links fermions of the action see, and phases at the boundary (other than signs) or a real
chemical potential that of the directions: nothing is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Verdict
from lqcdnn.analyze.statistics.gamma import FloatArray, GammaResult, gamma_method
from lqcdnn.config.tables.loops import direction_names

NAME = "centre sector"
#: Measurements needed for the means, and for each of the blocks in which a sector is looked for.
MINIMUM_N = 20
BLOCKS = 20


@dataclass(frozen=True)
class Winding:
    """Polyakov loop of one direction after the cut: name, boundary sign, extent, Re tr P, and its estimate."""

    name: str
    boundary: int
    extent: int
    values: FloatArray
    estimate: GammaResult

    @property
    def signed(self) -> FloatArray:
        """b P, negative in the right sector."""
        signed: FloatArray = self.boundary * self.values
        return signed


def judge_centre(series: Sequence[Series], physics: Physics, cut: int) -> Verdict | None:
    """Verdict on the centre sector; None where the symmetry says nothing.

    That is for odd N, without fermions, with mixed boundaries, phases there or a chemical potential, and with Polyakov
    loops in the exact action.

    Parameters
    ----------
    series
        Observables; ``polyakov_directions.<direction>.re`` are used.
    physics
        Group, shape, boundary signs and whether there are phases.
    cut
        Thermalisation cut.
    """
    colors = physics.colors
    boundaries = set(physics.boundaries)
    if colors is None or (colors % 2 and colors != 1) or len(boundaries) != 1 or physics.winding or physics.phases:
        return None
    windings = _windings({item.name: item for item in series}, physics, cut)
    if windings is None:
        return Verdict(
            NAME,
            "unknown",
            f"fewer than {MINIMUM_N} measurements of the Polyakov loops of all directions",
            "measure [observables.polyakov] more often or run longer",
        )
    means = ", ".join(f"P_{w.name} = {compact(w.estimate.mean, w.estimate.error)}" for w in windings)
    wrong = [w.name for w in windings if w.boundary * w.estimate.mean > 3.0 * w.estimate.error > 0.0]
    if wrong:
        where = " and ".join(wrong)
        return Verdict(
            NAME,
            "fail",
            f"{means}: metastable sector in {where} (fermions with these boundaries prefer the other sign)",
            'thermalise longer (300 to 500 trajectories from a cold start) or start with initial = "twisted"',
        )
    flips = {w.name: sector_changes(w.signed) for w in windings}
    changing = [f"{name} ({count})" for name, count in flips.items() if count]
    if changing:
        return Verdict(
            NAME,
            "warn",
            f"{means}; the sector changes in {', '.join(changing)}",
            "run until there are many changes, or cut off the part in the metastable sector (--thermalization)",
        )
    return _symmetry(windings, means)


def _symmetry(windings: Sequence[Winding], means: str) -> Verdict:
    """Compare b P of each direction with the mean over the others of the same extent."""
    worst, sigma = "", 0.0
    for w in windings:
        others = [other.signed for other in windings if other.extent == w.extent and other is not w]
        if not others:
            continue
        difference = gamma_method(w.signed - np.mean(others, axis=0))
        if difference.error > 0.0 and abs(difference.mean) / difference.error > sigma:
            worst, sigma = w.name, abs(difference.mean) / difference.error
    if not worst:
        return Verdict(NAME, "ok", f"{means}: signs as the boundaries demand")
    sentence = f"{means}; b <P> of equal extents agrees within {sigma:.1f} sigma"
    if sigma <= 3.0:
        return Verdict(NAME, "ok", sentence)
    sentence = f"{means}; b <P_{worst}> differs from the other directions by {sigma:.1f} sigma"
    return Verdict(
        NAME, "warn" if sigma <= 5.0 else "fail", sentence, "thermalise or run longer: a sector may be stuck"
    )


def sector_changes(values: FloatArray) -> int:
    """Sign changes between consecutive blocks whose means differ from zero by more than 3 of their errors."""
    size = len(values) // BLOCKS
    if size < MINIMUM_N // 2:
        return 0
    signs = []
    for block in values[: size * BLOCKS].reshape(BLOCKS, size):
        result = gamma_method(block)
        if abs(result.mean) > 3.0 * result.error:
            signs.append(result.mean > 0.0)
    return sum(before != after for before, after in itertools.pairwise(signs))


def _windings(series: Mapping[str, Series], physics: Physics, cut: int) -> list[Winding] | None:
    """Polyakov loops of all directions, or None if one is missing or too short."""
    (boundary,) = set(physics.boundaries)
    windings = []
    for mu, name in enumerate(direction_names(len(physics.shape))):
        item = series.get(f"polyakov_directions.{name}.re")
        if item is None or len(item.after(cut)) < MINIMUM_N:
            return None
        values = item.after(cut).values
        if not values.any():  # time is open: nothing winds around it
            continue
        windings.append(Winding(name, boundary[mu], physics.shape[mu], values, gamma_method(values)))
    return windings
