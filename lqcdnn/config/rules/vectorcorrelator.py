"""Rules about correlators of vector currents: quarks, and which of their currents there are."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.valence import quark_of, quarks
from lqcdnn.config.tables.anisotropy import has_weights
from lqcdnn.config.tables.currents import CONSERVED_CONSERVED, LOCAL_LOCAL, VECTORS_OF
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed


def vector_correlators(draft: Draft) -> Iterator[Problem]:
    """See :func:`vector_problems`, as far as lattice and quarks are known."""
    every = quarks(draft)
    for path, _, options in observed(draft, "vector_correlator"):
        fermion = quark_of(every, options)
        if dims_of(draft) == 3 and fermion is not None and good(fermion.get("kind")) != "staggered":
            continue  # the quark itself is refused
        yield from vector_problems(path, options, fermion, dims_of(draft))


def vector_problems(path: str, options: Draft, fermion: Draft | None, dims: int | None) -> Iterator[Problem]:
    """Quarks without phases and weights of their hops, in dimensions where S(0; x) is known from S(x; 0).

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    fermion
        Its quark, or None: staggered.
    dims
        Number of dimensions; None: not known.
    """
    if dims == 3:
        yield Problem(path, "found in d = 3", "d = 2 or 4")
        return
    quark = {"kind": "staggered"} if fermion is None else fermion
    kind = good(quark.get("kind"))
    known = VECTORS_OF.get(kind or "", VECTORS_OF["wilson"])
    for name in good(options.get("currents")) or ():
        if name not in known:
            yield Problem(f"{path}.currents", f'found "{name}" with {kind} fermions', quoted(known))
            return
        improved = kind == "staggered" and good(quark.get("improvement")) not in (None, "none")
        if improved and name == CONSERVED_CONSERVED:
            allowed = f'"{LOCAL_LOCAL}", or quarks without improvement: the current has hops of one step'
            yield Problem(f"{path}.currents", f'found "{name}" with {quark["improvement"]} fermions', allowed)
            return
    if any(theta := good(options.get("theta")) or ()):
        yield Problem(f"{path}.theta", f"found {shown(list(theta))}", "quarks without phases at the boundary")
    if has_weights(quark):
        yield Problem(path, "found with quarks whose hops have weights", "anisotropy = 1 and nu = 1")


VECTOR_RULES = (vector_correlators,)
