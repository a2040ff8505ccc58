"""Rules about many loose solves that a few exact ones correct (all-mode averaging, arXiv:1208.4349)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.tables.drafts import Draft, good, observed, part

COUNTED = {"mesons": "sources", "baryons": "sources", "pion": "sources", "condensate": "vectors",
           "quark_number": "vectors", "quark_loops": "vectors", "meson_currents": "sources",
           "baryon_currents": "sources", "vector_correlator": "sources",
           "static_light": "sources", "meson_mixing": "sources"}  # fmt: skip
"""Observables with loose solves, and what they count."""

EXACT_VECTORS = 2
"""Vectors solved for exactly by default: from two the square of the mean is known without bias."""


def averaging(draft: Draft) -> Iterator[Problem]:
    """See :func:`averaging_problems`, as far as the lattice is known."""
    shape = good(part(draft, "lattice").get("shape"))
    for path, kind, options in observed(draft, *COUNTED):
        yield from averaging_problems(path, kind, options, shape)


def averaging_problems(path: str, kind: str, options: Draft, shape: Sequence[int] | None) -> Iterator[Problem]:
    """Positions that the lattice has; exact solves of some of what is solved loosely, which is no stricter.

    Parameters
    ----------
    path, kind, options
        Dotted key of the table, the observable, the table itself, complete.
    shape
        Extents; None: not known.
    """
    counted = COUNTED[kind]
    count, exact = good(options.get(counted)), good(options.get(f"exact_{counted}"))
    loose, tolerance = good(options.get("loose_tolerance")), good(options.get("tolerance"))
    if counted == "sources" and count is not None and shape is not None and count > prod(shape):
        yield Problem(f"{path}.sources", f"found {count}", f"at most {prod(shape)}, the sites of the lattice")
    if loose is None:
        if exact is not None:
            allowed = "no such key without loose_tolerance: all are exact"
            yield Problem(f"{path}.exact_{counted}", f"found {exact}", allowed)
        return
    if count is None:
        if options.get(counted) is not None:
            return  # refused already
        allowed = "together with sources, the number of positions"
        yield Problem(f"{path}.loose_tolerance", f"found {shown(loose)}", allowed)
        return
    if tolerance is not None and loose < tolerance:
        allowed = f"at least tolerance = {shown(tolerance)}, at most 0.1"
        yield Problem(f"{path}.loose_tolerance", f"found {shown(loose)}", allowed)
    if exact is not None and exact > count:
        yield Problem(f"{path}.exact_{counted}", f"found {exact}", f"at most {counted} = {count}")


def derive_exact(kind: str, options: Draft) -> None:
    """Set how many are solved for exactly where all are loosely."""
    if good(options.get("loose_tolerance")) is None or kind not in COUNTED:
        return
    if COUNTED[kind] == "sources":
        options.setdefault("exact_sources", 1)
    elif options.get("method", "noise" if kind == "quark_loops" else "exact") == "noise":
        vectors = good(options.get("vectors", 10))
        options.setdefault("exact_vectors", min(vectors, EXACT_VECTORS) if isinstance(vectors, int) else EXACT_VECTORS)


AVERAGING_RULES = (averaging,)
