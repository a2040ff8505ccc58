"""Rules of the energy-momentum tensor: four dimensions, and directions that all count the same."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part

TENSOR = "energy_momentum"
"""The observable."""

_ANISOTROPIC = "with an anisotropic action: fields of time have other units, and a coefficient of their own"


def tensor_problem(dims: int) -> Problem | None:
    """Say what is wrong with measuring the tensor in ``dims`` dimensions, if anything."""
    return None if dims == 4 else Problem(f"observables.{TENSOR}", f"given in d = {dims}", "d = 4")


def energy_momentum(draft: Draft) -> Iterator[Problem]:
    """The tensor by itself and along a flow."""
    dims, gauge = dims_of(draft), part(draft, "action", "gauge")
    for path, kind, _ in observed(draft, TENSOR):
        problem = tensor_problem(dims) if dims else None
        if problem is not None:
            yield from at_table(path, kind, [problem])
        elif is_anisotropic(gauge):
            yield Problem(path, f"given {_ANISOTROPIC}", "isotropic lattices")
    for path, _, options in observed(draft, "flow"):
        if is_anisotropic(gauge) and TENSOR in (good(options.get("along")) or ()):
            yield Problem(f"{path}.along", f'found "{TENSOR}" {_ANISOTROPIC}', "isotropic lattices")
        else:
            yield from along_anisotropic(path, options)


def along_anisotropic(table: str, options: Draft) -> Iterator[Problem]:
    """The tensor along a flow of another spacing in time."""
    xi = good(options.get("anisotropy"))
    if xi not in (None, 1.0) and TENSOR in (good(options.get("along")) or ()):
        yield Problem(f"{table}.along", f'found "{TENSOR}" with anisotropy = {shown(xi)}', "anisotropy = 1")
