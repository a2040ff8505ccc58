"""Table of four-quark operators, ``[observables.meson_mixing]``, and the names of its three-point functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Integer, ListOf, Number, Text
from lqcdnn.config.tables.gaugefixing import OMEGA
from lqcdnn.config.tables.gaugefixing import TOLERANCE as TOLERANCE_OF_GAUGE
from lqcdnn.config.tables.measured import MASS, FromSources, common_noise_key, fermion_key
from lqcdnn.errors import InputError

OPERATORS = ("o1", "o2", "o3", "o4", "o5")
"""Parity-even parts of the operators of the usual basis (docs/physics/mixing.md)."""

PSEUDOSCALAR, AXIAL = "pseudoscalar", "axial_pseudoscalar"
"""Ends of the names of <P(t) W> and <A_0(t) W>."""

OF_MIXING = ("bag", "effective_bag")
"""Kinds of fits of these three-point functions."""

_NOISE, _WALL = ("source", "noise_wall"), ("source", "wall")


@dataclass(frozen=True, slots=True, kw_only=True)
class MesonMixingConfig(FromSources):
    """``[observables.meson_mixing]``: four-quark operators between two pseudoscalar mesons at rest, in d = 4."""

    separations: tuple[int, ...] = key(
        ListOf(Integer(2, 4096), 1, distinct=True), "times between the two walls, below the extent: each has its solves"
    )
    antiquark: str | None = fermion_key("that of fermion", "the other quark of the mesons")
    antiquark_mass: float | None = key(Number(), MASS, None, derived="that of the antiquark, else mass")
    source: str = key(
        Text(("noise_wall", "wall")), "walls of random numbers, or of 1 in Coulomb gauge", "noise_wall"
    )
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z2", when=_NOISE)
    vectors: int | None = key(COUNT, "noise vectors for a wall and configuration", 1, when=_NOISE)
    common_noise: bool | None = common_noise_key(_NOISE)
    gauge_tolerance: float | None = key(TOLERANCE_OF_GAUGE, "theta at which the gauge is fixed", 1e-12, when=_WALL)
    gauge_omega: float | None = key(OMEGA, "overrelaxation of the sweeps to it", 1.8, when=_WALL)
    gauge_steps: int | None = key(COUNT, "most sweeps", 10_000, when=_WALL)
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True)
class Mixing:
    """A four-quark operator between walls that lie ``separation`` apart; ``stem`` is meson_mixing after any prefix."""

    stem: str
    operator: str
    separation: int

    @property
    def series(self) -> tuple[str, str, str]:
        """C_3, and the two-point functions of the walls at 0 and at the separation that its ratio is made of."""
        end, two_point = f"_s{self.separation}", AXIAL if self.operator == "o1" else PSEUDOSCALAR
        return f"{self.stem}_{self.operator}{end}", f"{self.stem}_{two_point}", f"{self.stem}_{two_point}{end}"

    @property
    def times(self) -> range:
        """Times between the walls."""
        return range(1, self.separation)

    def saturation(self, group: str | None) -> float:
        """C_3 over the product of the two-point functions by vacuum saturation, of N colours (physics.md 36.3).

        Raises
        ------
        InputError
            If the group is not known, or that is 0.
        """
        if group is None:
            raise InputError("the group of the links is not known, and bag parameters depend on its colours")
        n = 1 if group == "U(1)" else int(group[3:-1])
        found = {"o1": 2 + 2 / n, "o2": 2 - 1 / n, "o3": 2 / n - 1, "o4": -2.0, "o5": -2 / n}[self.operator]
        if found == 0.0:
            raise InputError(f"{self.operator} has no bag parameter with {group}: vacuum saturation gives 0")
        return found


def check_bag(series: str, numbers: Sequence[float] = ()) -> Mixing:
    """What the name of a three-point function says, and whether FIRST and LAST are times between its walls.

    Raises
    ------
    InputError
        It is none of ``meson_mixing``, or they are not.
    """
    match = re.fullmatch(rf"((?:\w+_)?meson_mixing)_({'|'.join(OPERATORS)})_s([1-9]\d*)", series)
    if not match:
        hint = "its name is such as meson_mixing_o1_s8"
        raise InputError(f"{series} is no four-quark operator between two walls", hint=hint)
    what = Mixing(match[1], match[2], int(match[3]))
    if numbers and not 1 <= numbers[0] <= numbers[1] < what.separation:
        raise InputError(f"FIRST and LAST must lie within 1 to {what.separation - 1}, FIRST not the larger one")
    return what
