"""Rules of parallel tempering."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part
from lqcdnn.config.tables.loops import direction_names


def tempering(draft: Draft) -> Iterator[Problem]:
    """Couplings fall from 1, the defect lies in the lattice, and every replica has one and the same update."""
    update = part(draft, "update")
    options = part(draft, "update", "tempering")
    if good(update.get("tempering")) is None:
        return
    couplings = good(options.get("couplings"))
    if couplings and (couplings[0] != 1.0 or any(a <= b for a, b in pairwise(couplings))):
        allowed = "numbers that fall from 1, the theory itself, such as [1.0, 0.5, 0.0]"
        yield Problem("update.tempering.couplings", f"found {shown(list(couplings))}", allowed)
    yield from defect_problems(draft, "update.tempering", options)
    if good(update.get("transformation")) is not None:
        yield Problem("update.tempering", "given with a field transformation", "one of the two")
    if good(update.get("tune")):
        found = "found true with [update.tempering], whose replicas have one number of steps"
        yield Problem("update.tune", found, "false, with the steps that a run without tempering finds")


def defect_problems(draft: Draft, path: str, options: Draft) -> Iterator[Problem]:
    """A defect, ``side`` and ``normal`` of the table at ``path``, that the lattice has room for."""
    side, normal = (good(options.get(name)) for name in ("side", "normal"))
    dims, shape = dims_of(draft), good(part(draft, "lattice").get("shape"))
    names = direction_names(dims) if dims else ()
    if names and normal and normal not in names:
        yield Problem(f"{path}.normal", f'found "{normal}" in d = {dims}', quoted(names))
    elif shape and side and normal:
        widest = max(extent for name, extent in zip(names, shape, strict=True) if name != normal)
        if side > widest:
            found = f"found {side} with lattice.shape = {shown(list(shape))}"
            yield Problem(f"{path}.side", found, f"1 to {widest}, the largest extent across {normal}")


TEMPERING_RULES = (tempering,)
