"""Rules about quark loops: channels that a quark, a group and a lattice have."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.background import loops_in_field
from lqcdnn.config.rules.representations import representation_of
from lqcdnn.config.rules.valence import kind_of, quark_of, quarks
from lqcdnn.config.tables.background import has_flux
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables
from lqcdnn.config.tables.quarkobservables import LOOP_CHANNELS
from lqcdnn.config.tables.representations import colour_name, equals_conjugate


def default_loop_channels(dims: int) -> tuple[str, ...]:
    """Return the channels without spin; of staggered fields, which have no others, the scalar alone in d = 3."""
    return ("scalar",) if dims == 3 else ("scalar", "pseudoscalar")


def real_channels(dims: int) -> tuple[str, ...]:
    """Return the channels whose loops are not odd under U -> U^*, and so not 0 where U is U^* in another basis."""
    return ("scalar",) if dims == 2 else tuple(name for name in LOOP_CHANNELS if name not in ("vector", "tensor"))


def quark_loops(draft: Draft) -> Iterator[Problem]:
    """See :func:`loop_problems`, as far as lattice, group and quark are known; loops in a sea of quarks with phases."""
    every, group = quarks(draft), good(part(draft, "lattice").get("group"))
    sea = any(any(good(fermion.get("theta")) or ()) for fermion in tables(draft, "action", "fermion"))
    for path, _, options in observed(draft, "quark_loops"):
        fermion = quark_of(every, options)
        kind = kind_of(fermion)
        name = None if group is None else colour_name(group, None if fermion is None else representation_of(fermion))
        problems = list(loop_problems(path, options, kind, dims_of(draft), name, fermion))
        problems = problems or (list(of_phases(path, options)) if sea else [])
        in_field = (loops_in_field(path, options, other) for other in tables(draft, "action", "fermion"))
        yield from problems or next(filter(None, map(list, in_field)), [])
        charged = [name for name in good(options.get("channels")) or () if name != "scalar"]
        if charged and not problems and good(part(draft, "action").get("theta")) is not None:
            found = f'found "{charged[0]}" with [action.theta], where charges and their loops have a mean value'
            yield Problem(f"{path}.channels", found, '"scalar"')


def loop_problems(
    path: str, options: Draft, kind: str | None, dims: int | None, group: str | None, quark: Draft | None = None
) -> Iterator[Problem]:
    """Loops that exist, are not 0 on every configuration, and have a mean value of 0 but for the scalar.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    kind, dims, group
        Of the quark, the lattice and the links that the quark sees (``colour_name``); None: not known.
    quark
        Its table, of which the field counts; None: there is none.
    """
    wanted = good(options.get("channels")) or ()
    if dims is None:
        return
    known = default_loop_channels(dims) if kind == "staggered" else LOOP_CHANNELS
    turned = any(good(options.get("theta")) or ())
    vanish = group is not None and equals_conjugate(group) and not (turned or has_flux(quark))  # phases are not real
    nonzero = [name for name in known if not vanish or name in real_channels(dims)]
    missing, zero = ([name for name in wanted if name not in allowed] for allowed in (known, nonzero))
    if missing:
        yield Problem(f"{path}.channels", f'found "{missing[0]}" with staggered fermions in d = {dims}', quoted(known))
    elif zero:
        found = f'found "{zero[0]}", which is 0 on {group} links in d = {dims}'
        yield Problem(f"{path}.channels", found, quoted(nonzero))
    else:
        yield from list(of_phases(path, options) if turned else ()) or loops_in_field(path, options, quark)


def of_phases(path: str, options: Draft) -> Iterator[Problem]:
    """Currents, of which quarks with phases at the boundary have a mean value."""
    if others := [name for name in good(options.get("channels")) or () if name not in ("scalar", "pseudoscalar")]:
        found = f'found "{others[0]}" with phases of quarks at the boundary (theta)'
        yield Problem(f"{path}.channels", found, '"scalar" and "pseudoscalar": others may have a mean value there')


LOOP_RULES = (quark_loops,)
