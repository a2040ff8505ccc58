"""A uniform electromagnetic field that a quark sees beside the gauge links: its keys, and which planes they mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from lqcdnn.config.language.values import Integer, ListOf
from lqcdnn.config.tables.drafts import Draft, good

FLUX = ListOf(Integer(), 1, 3)
"""Quanta of flux of each component of a field."""

FLUX_KEYS = ("magnetic_flux", "electric_flux")
"""Keys of a quark."""

MAGNETIC: dict[int, tuple[tuple[int, int], ...]] = {2: (), 3: ((0, 1),), 4: ((1, 2), (2, 0), (0, 1))}
"""Planes (mu, nu) of the components of the magnetic field, by dimension: F_{mu nu} of the first, say, is B_x = F_yz."""


def components_of_field(key: str, dims: int) -> tuple[tuple[int, int], ...]:
    """Planes (mu, nu) of the components that a key has an entry for; of the electric field, E_k is F_kt."""
    return MAGNETIC[dims] if key == "magnetic_flux" else tuple((mu, dims - 1) for mu in range(dims - 1))


def flux_of_planes(
    magnetic: Sequence[int] | None, electric: Sequence[int] | None, dims: int
) -> tuple[int, ...] | None:
    """Quanta of flux through the planes mu < nu in their order; None without a field.

    Raises
    ------
    ValueError
        For another number of components than the dimension has.
    """
    found: dict[tuple[int, int], int] = {}
    for key, given in zip(FLUX_KEYS, (magnetic, electric), strict=True):
        if given is not None:
            found |= dict(zip(components_of_field(key, dims), given, strict=True))
    if not any(found.values()):
        return None
    return tuple(found.get((mu, nu), 0) - found.get((nu, mu), 0) for mu, nu in combinations(range(dims), 2))


def given_flux(quark: Draft | None, key: str) -> tuple[int, ...]:
    """The components of a field of the table of a quark, zeros left out at the end: equal for equal fields."""
    found = tuple(good(quark.get(key)) or ()) if quark else ()
    return found[: max((i + 1 for i, k in enumerate(found) if k), default=0)]


def has_flux(quark: Draft | None) -> bool:
    """Whether the quark of a table sees an electromagnetic field; None: a staggered field without."""
    return any(given_flux(quark, key) for key in FLUX_KEYS)


def has_phases(quark: Draft) -> bool:
    """Whether hops of the quark of a table have phases beside signs, by angles at the boundary or by a field."""
    return any(good(quark.get("theta")) or ()) or has_flux(quark)
