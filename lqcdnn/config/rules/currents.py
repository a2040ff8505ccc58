"""Rules about three-point functions: quarks, currents and separations that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.hadrons import baryon_problems, momentum_problems, source_problems
from lqcdnn.config.rules.valence import kind_of, quark_of, quarks
from lqcdnn.config.tables.anisotropy import has_weights
from lqcdnn.config.tables.currents import AXES, AXIAL_LINE, CONSERVED, FRACTIONS, LINES, OF_CHARGE, three_point
from lqcdnn.config.tables.drafts import Draft, good, observed, part
from lqcdnn.errors import InputError

KINDS = ("meson_currents", "baryon_currents")
"""Observables that are three-point functions."""


def currents(draft: Draft) -> Iterator[Problem]:
    """See :func:`current_problems`, as far as lattice, group and quarks are known."""
    every, lattice = quarks(draft), part(draft, "lattice")
    for path, kind, options in observed(draft, *KINDS):
        of = quark_of(every, options), good(lattice.get("shape")), good(lattice.get("group"))
        yield from current_problems(path, kind, options, *of)


def current_problems(
    path: str,
    kind: str,
    options: Draft,
    fermion: Draft | None,
    shape: Sequence[int] | None,
    group: str | None,
    dims: int | None = None,
) -> Iterator[Problem]:
    """Hadrons of quarks with spin whose antiquark is gamma_5 S^dag gamma_5, at rest behind the current.

    Parameters
    ----------
    path, kind, options
        Dotted key of the table, the observable, the table itself, complete.
    fermion
        Its quark, or None: staggered.
    shape, group
        Of the lattice; None: not known.
    dims
        Number of dimensions, where the shape is not known.
    """
    of_quark = kind_of(fermion)
    if kind == "baryon_currents" and (found := list(baryon_problems(path, shape, group, of_quark))):
        yield from found
        return
    if of_quark == "staggered":
        allowed = "a wilson, domain_wall or overlap fermion or valence quark"
        yield Problem(path, "found with staggered fermions", allowed)
        return
    wanted, momenta = good(options.get("currents")) or (), good(options.get("momenta"))
    if CONSERVED in wanted and of_quark not in ("wilson", "domain_wall", None):
        allowed = quoted(name for name in OF_CHARGE if name != CONSERVED) + ": it is one of wilson and domain_wall"
        yield Problem(f"{path}.currents", f'found "{CONSERVED}" with {of_quark} fermions', allowed)
    yield from separation_problems(path, options, shape)
    yield from momentum_problems(path, options, shape)
    yield from momentum_problems(path, options, shape, "sink_momenta")
    transferring = [name for name in OF_CHARGE if name not in LINES]
    if momenta and not any(name in transferring for name in wanted):
        allowed = f"no such key, or one of the currents {quoted(transferring)}"
        yield Problem(f"{path}.momenta", f"found with {quoted(wanted)}", allowed)
    yield from _structure(path, options, fermion, shape)
    if momenta and options.get("source") == "gaussian" and options.get("sink") == "point":
        allowed = '"gaussian" with momenta: else overlaps with the hadron do not cancel in ratios'
        yield Problem(f"{path}.sink", 'found "point"', allowed)
    yield from periodic_problems(path, kind, options)
    dims = dims if shape is None else len(shape)
    if dims:
        yield from source_problems(path, kind, options, fermion, dims)


def separation_problems(path: str, options: Draft, shape: Sequence[int] | None) -> Iterator[Problem]:
    """Times below the extent."""
    found = good(options.get("separations"))
    if found and shape is not None and max(found) >= shape[-1]:
        yield Problem(f"{path}.separations", f"found {max(found)}", f"1 to {shape[-1] - 1}, below the extent of time")


def _structure(
    path: str, options: Draft, fermion: Draft | None, shape: Sequence[int] | None
) -> Iterator[Problem]:
    """Derivatives whose directions count the same, and lines on the lattice."""
    wanted = good(options.get("currents")) or ()
    derived = [name for name in wanted if name in FRACTIONS]
    if derived and fermion is not None and has_weights(fermion):
        allowed = "quarks whose hops count the same in all directions: derivatives would have a factor of their own"
        yield Problem(f"{path}.currents", f'found "{derived[0]}" with weights of the hops', allowed)
    lines = [name for name in wanted if name in LINES]
    for name in ("line_length", "line_axis"):
        if good(options.get(name)) is not None and not lines:
            yield Problem(f"{path}.{name}", f"found without one of the currents {quoted(LINES)}", "no such key")
            return
    if not lines:
        return
    length, axis = options.get("line_length"), good(options.get("line_axis"))
    if length is None:
        yield Problem(f"{path}.line_length", f'missing beside "{lines[0]}"', "an integer from 1 on")
    space = shape[:-1] if shape is not None else None
    if axis is not None and space is not None and AXES.index(axis) >= len(space):
        yield Problem(f"{path}.line_axis", f'found "{axis}"', quoted(AXES[: len(space)]))
        return
    if space and good(length):
        extent = space[AXES.index(axis) if axis else -1]
        if length is not None and 2 * length > extent:
            yield Problem(f"{path}.line_length", f"found {length}", f"at most half the extent, {extent // 2}")
    polarization = good(options.get("polarization"))
    if AXIAL_LINE in lines and polarization and tuple(polarization) != (wanted_axis := axis or AXES[-1],):
        found = f'found {shown(list(polarization))} with "{AXIAL_LINE}" along {wanted_axis}'
        yield Problem(f"{path}.polarization", found, shown([wanted_axis]))


def periodic_problems(path: str, kind: str, options: Draft) -> Iterator[Problem]:
    """Hadrons that are periodic in space."""
    for name in ("theta", "antiquark_theta"):
        if any(theta := good(options.get(name)) or ()):
            given = good(options.get("antiquark")) if name == "antiquark_theta" else None
            key = "theta" if given is None else "antiquark"
            yield Problem(f"{path}.{key}", f"found {shown(list(theta))}", "quarks without phases at the boundary")
            return
    signs = good(options.get("boundary")) or ()
    if kind == "baryon_currents" and any(sign < 0 for sign in signs[:-1]):
        allowed = "1 in space: three antiperiodic quarks have no momentum 0"
        yield Problem(f"{path}.boundary", f"found {shown(list(signs))}", allowed)


def check_written(series: str, options: Draft) -> None:
    """Refuse a three-point function of a current or a momentum that an observable does not have.

    Raises
    ------
    InputError
        Naming those that it has.
    """
    what, _ = three_point(series)
    quarks_of = [f"{name}_" for name in good(options.get("combinations")) or ()] or [""]
    known = [first + name for first in quarks_of for name in good(options.get("currents")) or ()]
    if re.sub(r"_z\d+(_imaginary)?$", "", what.current) not in known:
        raise InputError(f"{what.current} is not measured", hint=f"allowed: {quoted(known)}")
    momenta = (("_p", "momenta"), ("_sink", "sink_momenta"))
    ends = [end + "_".join(map(str, k)) for end, name in momenta for k in good(options.get(name)) or ()]
    if what.end and what.end not in ends:
        allowed = f"{quoted(ends)} or none" if ends else "none"
        raise InputError(f"the momentum {what.end} is not measured", hint=f"allowed: {allowed}")


CURRENT_RULES = (currents,)
