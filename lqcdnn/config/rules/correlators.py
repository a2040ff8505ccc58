"""Rules about correlators of gluonic quantities: what of them a lattice and a group have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.energymomentum import TENSOR, tensor_problem
from lqcdnn.config.rules.glueballs import glueballs_problems
from lqcdnn.config.rules.observables import at_table, space_smearing_problems
from lqcdnn.config.rules.topology import charge_problem, default_definition
from lqcdnn.config.tables.drafts import Draft, good, observed, part


def half_extent(shape: Sequence[int]) -> float:
    """Half the smallest extent, the default of the largest distance."""
    return min(shape) / 2


def correlators(draft: Draft) -> Iterator[Problem]:
    """Correlators that the lattice has."""
    lattice = part(draft, "lattice")
    shape, group = good(lattice.get("shape")), good(lattice.get("group"))
    if not shape or not group:
        return
    for path, kind, options in observed(draft, "polyakov_correlator"):
        yield from at_table(path, kind, polyakov_correlator_problems(options, shape))
    for path, kind, options in observed(draft, "charge_correlator"):
        yield from at_table(path, kind, charge_correlator_problems(options, shape, group))
    for path, kind, options in observed(draft, "plaquette_correlator"):
        yield from at_table(path, kind, plaquette_correlator_problems(options, shape))
    for path, kind, options in observed(draft, "glueballs"):
        yield from at_table(path, kind, glueballs_problems(options, shape, group))
    for path, kind, options in observed(draft, "flow"):
        yield from at_table(path, kind, along_problems(good(options.get("along")) or (), shape, group))


def polyakov_correlator_problems(options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Distances in space: along its axes up to half the smallest extent, else up to the farthest point."""
    space = shape[:-1]
    if options.get("directions") == "axes":
        limit, what = half_extent(space), "half the smallest extent of space"
    else:
        limit, what = farthest(space), "the largest distance in space"
    yield from _too_far("polyakov_correlator", options, limit, what)


def charge_correlator_problems(options: Draft, shape: Sequence[int], group: str) -> Iterator[Problem]:
    """A charge that exists, and distances that do."""
    definition = good(options.get("definition"))
    found = charge_problem(len(shape), group, definition) if definition else None
    if found is not None:
        yield from at_table("observables.charge_correlator", "topological_charge", [found])
    yield from _too_far("charge_correlator", options, farthest(shape), "the largest distance")


def plaquette_correlator_problems(options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Planes of space."""
    if len(shape) == 2:
        yield Problem("observables.plaquette_correlator", "no plaquettes of space in d = 2", "d = 3 and 4")
    else:
        yield from space_smearing_problems("plaquette_correlator", options, shape)


def along_problems(names: Sequence[str], shape: Sequence[int], group: str) -> Iterator[Problem]:
    """Observables along a flow, with their default options, that exist on the lattice."""
    for name in names:
        found = None
        if name in ("topological_charge", "charge_correlator"):
            found = charge_problem(len(shape), group, default_definition(len(shape)))
        elif name == "plaquette_correlator":
            found = next(plaquette_correlator_problems({}, shape), None)
        elif name == TENSOR:
            found = tensor_problem(len(shape))
        elif name == "monopoles":
            found = next(_monopoles(len(shape), group), None)
        if found is not None:
            yield Problem("observables.flow.along", f'found "{name}": {found.message}', found.allowed)


def _monopoles(dims: int, group: str) -> Iterator[Problem]:
    """Those of the flowed links themselves, which are in no gauge."""
    if group != "U(1)":
        allowed = 'U(1); of SU(N) observables.monopoles with links = "NAME" of a [projection.NAME], of thin links'
        yield Problem("", f"given with {group}, whose links are not diagonal", allowed)
    elif dims == 2:
        yield Problem("", "given in d = 2, which has no cubes", "d = 3 or 4")


def farthest(shape: Sequence[int]) -> float:
    """The largest distance between two sites of a periodic lattice."""
    return math.sqrt(sum((extent // 2) ** 2 for extent in shape))


def _too_far(kind: str, options: Draft, limit: float, what: str) -> Iterator[Problem]:
    distance = good(options.get("distance"))
    if distance is not None and distance > limit * (1.0 + 1e-5):
        yield Problem(f"observables.{kind}.distance", f"found {shown(distance)}", f"at most {limit:g}, {what}")
