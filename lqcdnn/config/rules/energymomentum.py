"""Rules of the energy-momentum tensor: where it is measured, and fits for pure gauge theories at T > 0."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.fits import OF_TENSOR, is_fit_of
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables
from lqcdnn.config.tables.loops import is_polyakov

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


PLASMA = "pure SU(N) gauge theory, isotropic, d = 4, periodic in time"
"""Whose thermodynamics the tensor gives."""


def no_plasma(
    group: str,
    dims: int,
    *,
    quarks: bool = False,
    winding: bool = False,
    ends: bool = False,
    twisted: bool = False,
    anisotropic: bool = False,
    scalar: bool = False,
) -> str | None:
    """Say why a run is none of :data:`PLASMA`, if it is not.

    ``quarks`` are those of the action, ``winding`` its Polyakov loops, ``ends`` those of time, ``twisted`` a plane with
    time.
    """
    reasons = {
        "the coupling of U(1) does not run": group == "U(1)",
        f"the small flow-time expansion is that of d = 4, not {dims}": dims != 4,
        "the run has dynamical quarks, whose part of the energy-momentum tensor is not measured": quarks,
        "the action has Polyakov loops, which have an energy of their own": winding,
        "time has ends, so that there is no temperature": ends,
        "a plane with time is twisted: time closes with an element of the centre": twisted,
        "the lattice is anisotropic": anisotropic,
        "the action has a scalar field, whose part of the energy-momentum tensor is not measured": scalar,
    }
    return next((reason for reason, found in reasons.items() if found), None)


def tensor_fits(draft: Draft) -> Iterator[Problem]:
    """Fits that need the tensor of the whole theory, and a temperature."""
    lattice, gauge = part(draft, "lattice"), part(draft, "action", "gauge")
    group, dims = good(lattice.get("group")), dims_of(draft)
    loops = [good(term.get("loops")) or "" for term in tables(gauge, "term")]
    reason = None
    if group and dims:
        reason = no_plasma(
            group,
            dims,
            quarks=bool(tables(draft, "action", "fermion")),
            winding=any(map(is_polyakov, loops)),
            ends=good(lattice.get("time")) in ("open", "schroedinger"),
            twisted=any(good(value) for plane, value in part(lattice, "twist").items() if "t" in plane),
            anisotropic=is_anisotropic(gauge),
            scalar=part(draft, "action").get("scalar") is not None,
        )
    for text in good(part(draft, "analyze").get("fit")) or () if reason else ():
        if is_fit_of(text, OF_TENSOR):
            yield Problem("analyze.fit", f"{text!r}: {reason}", PLASMA)


def along_anisotropic(table: str, options: Draft) -> Iterator[Problem]:
    """The tensor along a flow of another spacing in time."""
    xi = good(options.get("anisotropy"))
    if xi not in (None, 1.0) and TENSOR in (good(options.get("along")) or ()):
        yield Problem(f"{table}.along", f'found "{TENSOR}" with anisotropy = {shown(xi)}', "anisotropy = 1")
