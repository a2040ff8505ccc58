"""Which solver goes with which fermion."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action, why_rational
from lqcdnn.config.rules.representations import colors_of_quark
from lqcdnn.config.tables.aggregates import what_multigrid_allows
from lqcdnn.config.tables.drafts import Draft, good, part


def solver_problems(draft: Draft) -> Iterator[Problem]:
    """Shifted systems start from zero and are solved by conjugate gradients, with links of 32 bits at least;
    biconjugate gradients are for Wilson's operator, links of 16 bits for staggered ones on links of the group, and a
    multigrid for Wilson valence quarks.
    """
    for path, fermion in every_fermion(draft):
        solver, vectors = good(fermion.get("solver")), good(fermion.get("start_vectors"))
        rational = good(fermion.get("rational")) is True
        refused = ("half", "bicgstab")
        if good(fermion.get("kind")) == "overlap" and solver not in (None, "cg"):
            yield Problem(f"{path}.solver", f'found "{solver}" with overlap fermions', _solvers_of("overlap"))
            continue
        if solver == "multigrid" and not reported_of_action(draft, path, "solver", solver):
            yield from _multigrid(draft, path, fermion)
        if solver in refused and not reported_of_action(draft, path, "solver", solver):
            if rational:
                yield Problem(f"{path}.solver", f'found "{solver}" with {why_rational(fermion)}', '"cg" or "mixed"')
            else:
                yield from _solver_of_another(path, solver, fermion)
        if rational and vectors and not reported_of_action(draft, path, "start_vectors", vectors):
            allowed = "0: the shifted systems of a rational approximation start from zero"
            yield Problem(f"{path}.start_vectors", f"found {vectors} with {why_rational(fermion)}", allowed)


def _solver_of_another(path: str, solver: str, fermion: Draft) -> Iterator[Problem]:
    """A solver that is not one of this kind of fermion, or of its improvement."""
    kind, improvement = (good(fermion.get(name)) for name in ("kind", "improvement"))
    if kind is None:
        return
    if kind != {"half": "staggered", "bicgstab": "wilson"}[solver]:
        yield Problem(f"{path}.solver", f'found "{solver}" with {kind} fermions', _solvers_of(kind))
    elif solver == "half" and improvement not in (None, "none"):
        allowed = '"cg" or "mixed": links of 16 bits are those of the group'
        yield Problem(f"{path}.solver", f'found "half" with improvement = "{improvement}"', allowed)


def _solvers_of(kind: str | None) -> str:
    """Those of the action for a kind of fermion."""
    more = {"staggered": '"cg", "mixed" or "half"', "wilson": '"cg", "mixed" or "bicgstab"', "overlap": '"cg"'}
    return more.get(kind or "", '"cg" or "mixed"')


def _multigrid(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """A multigrid is for Wilson quarks that are only measured, with many solves on the links that it learns from."""
    kind, lattice = good(fermion.get("kind")), part(draft, "lattice")
    shape, group = good(lattice.get("shape")), good(lattice.get("group"))
    if not path.startswith("valence"):
        allowed = f'{_solvers_of(kind)}; "multigrid" is for valence quarks'
        yield Problem(f"{path}.solver", 'found "multigrid" of a fermion of the action', allowed)
    elif kind not in (None, "wilson"):
        yield Problem(f"{path}.solver", f'found "multigrid" with {kind} fermions', _solvers_of(kind))
    elif shape and group and len(shape) in (2, 4) and not any(extent % 2 for extent in shape):
        possible = what_multigrid_allows(tuple(shape), colors_of_quark(fermion, group))
        if possible is not None:
            yield Problem(f"{path}.solver", f'found "multigrid" on {shown(list(shape))}', possible)
