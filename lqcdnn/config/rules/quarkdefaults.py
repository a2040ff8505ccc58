"""Defaults of quarks that follow from other keys."""

from __future__ import annotations

from math import prod

from lqcdnn.config.language.values import REFUSED
from lqcdnn.config.rules.representations import colors_of_quark
from lqcdnn.config.tables.anisotropy import derive_hops, has_weights
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part
from lqcdnn.config.tables.fermions import (
    EXACT_FLAVORS,
    FLAVORS_OF_SPLIT,
    OVERLAP_RHO,
    VALENCE_FLAVORS,
    flavors_at_density,
    mass_of_kappa,
    masses_of,
)

MIXED = 4096
"""Complex numbers of a vector from which on single inside double precision is the faster solver."""

HALF = 2**23
"""Bytes of the links of an operator in single precision from which on links of 16 bits make it faster, where a core
does not have caches of 32 MB for itself; where it has, they take as long up to three times as many.
"""

LINK_NUMBERS = {1: 2, 2: 4, 3: 13}
"""Real numbers that are stored of a link of U(1), SU(2) and, two rows and a factor, SU(3)."""


def default_boundary(dims: int) -> tuple[int, ...]:
    """Return the usual fermion boundary: periodic in space, antiperiodic in time."""
    return (*(1,) * (dims - 1), -1)


def derive_valence(draft: Draft) -> None:
    """Fill the defaults of valence quarks that follow from other keys, and what observables take, in place."""
    for name in part(draft, "valence"):
        quark = part(draft, "valence", name)
        quark.setdefault("flavors", VALENCE_FLAVORS)
        derive_quark(quark, draft)


def derive_quark(fermion: Draft, draft: Draft) -> None:
    """Fill boundary, mass and solver."""
    dims = dims_of(draft)
    if good(fermion.get("kind")) == "overlap":
        fermion.setdefault("rho", OVERLAP_RHO.get(dims or 0, REFUSED))
        fermion.setdefault("solver", "cg")
    fermion.setdefault("boundary", default_boundary(dims) if dims else REFUSED)
    derive_hops(fermion, draft)
    _derive_mass(fermion, dims)
    _derive_solver(fermion, draft)


def _derive_mass(fermion: Draft, dims: int | None) -> None:
    """Compute the mass of a Wilson fermion from its hopping parameter; REFUSED where it is none (see the rules)."""
    kappa, kind, r = fermion.get("kappa"), fermion.get("kind"), fermion.get("r")
    if kappa is not None and kind in ("wilson", REFUSED):
        known = dims and good(kappa) and kind == "wilson" and r is not REFUSED
        mass = mass_of_kappa(kappa, dims, r) if dims and known else REFUSED
        fermion.setdefault("mass", masses_of("wilson", dims, good(r)).accept(mass))


def exact_flavors(fermion: Draft, dims: int | None) -> tuple[int, ...]:
    """Return the numbers of flavours that need no rational approximation; none for an unknown kind."""
    exact = EXACT_FLAVORS.get(good(fermion.get("kind")), {}).get(dims or 0, ())
    if exact and good(fermion.get("mass_splitting")):
        return (2 * FLAVORS_OF_SPLIT,)
    return flavors_at_density(exact) if fermion.get("kind") == "staggered" and at_density(fermion) else exact


def at_density(fermion: Draft) -> bool:
    """Say whether a quark has a chemical potential or a source of diquarks."""
    return bool(good(fermion.get("chemical_potential")) or good(fermion.get("diquark_source")))


def derive_rational(fermion: Draft, dims: int | None) -> None:
    """Choose rational approximations where the flavours need them, and then the number of fields."""
    flavors, exact = good(fermion.get("flavors")), exact_flavors(fermion, dims)
    by_fields = fermion.get("determinant") in (None, "pseudofermions") and fermion.get("kind") != "overlap"
    known = dims is not None and good(fermion.get("kind")) is not None and fermion.get("flavors") is not REFUSED
    needed = bool(exact and flavors and flavors not in exact) if known or not by_fields else REFUSED
    fermion.setdefault("rational", by_fields and needed)
    if fermion["rational"] is True:
        fermion.setdefault("pseudofermions", least_fields(flavors, exact) if exact and flavors else REFUSED)


def _derive_solver(fermion: Draft, draft: Draft) -> None:
    """Mixed precision for an action that is solved by conjugate gradients, where vectors are so large that it pays,
    with links of 16 bits where these are, unless the systems are shifted.
    """
    shape, group = (good(part(draft, "lattice").get(name)) for name in ("shape", "group"))
    if "solver" in fermion or not shape or not group:
        fermion.setdefault("solver", REFUSED)
        return
    spins = 1 if good(fermion.get("kind")) == "staggered" else 2 if len(shape) == 2 else 4
    n = colors_of_quark(fermion, group)
    numbers = prod(shape) * n * spins * (good(fermion.get("L5")) or 1)
    if numbers < MIXED:
        fermion["solver"] = "cg"
        return
    single = fermion.get("rational") is not True and not at_density(fermion)
    thin = single and good(fermion.get("kind")) == "staggered" and good(fermion.get("improvement")) in (None, "none")
    thin = thin and not has_weights(fermion)
    links = prod(shape) * 2 * len(shape) * 4 * LINK_NUMBERS.get(n, 2 * n * n)
    fermion["solver"] = "half" if thin and links >= HALF else "mixed"


def least_fields(flavors: float, exact: tuple[int, ...]) -> int:
    """Return the number of pseudofermions below which a determinant would have a power above 1."""
    return int(-(-flavors // exact[0]))
