"""Rules about definitions and fits in ``[analyze]``: what `lqcdnn.analyze` would refuse is refused at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from lqcdnn.config.language.expressions import CONSTANTS, Definition, parse_definition
from lqcdnn.config.language.fitnumbers import (
    check_distances,
    check_fit,
    check_loops,
    check_points,
    check_times,
    fits_before,
)
from lqcdnn.config.language.fits import (
    FORMULA,
    OF_PHYSICAL_SCALE,
    OF_SCALE,
    OF_TWO,
    SCATTERING_KINDS,
    FitRequest,
    parse_fit,
)
from lqcdnn.config.language.flownumbers import check_flow_times
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.scales import check_factors
from lqcdnn.config.language.values import nearest, quoted
from lqcdnn.config.rules.currents import check_written
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.currents import OF_CURRENTS, check_separations
from lqcdnn.config.tables.drafts import Draft, good, part
from lqcdnn.config.tables.mixing import OF_MIXING, check_bag
from lqcdnn.config.tables.observables import observable_kind, prefix_of
from lqcdnn.config.tables.series import JOURNAL, TIMES, is_of_journal, starts, writer, writers
from lqcdnn.errors import InputError

ABSENT = "to add [observables."


def written(draft: dict[str, Any]) -> Iterator[Problem]:
    """Report definitions and fits that cannot be read or done on this lattice, and names given twice."""
    fits: dict[str, FitRequest | None] = {}
    before: set[str] = set()

    def said(key: str, text: str, problem: Problem | None) -> Iterator[Problem]:
        """Once for all that need the same table, or have the same to be said of them."""
        if problem is not None:
            missing = problem.suggestion.startswith(ABSENT) and part(draft, "observables")
            fault = problem.suggestion if missing else problem.message.partition(" writes ")[0]
            if fault not in before:
                yield Problem(f"analyze.{key}", f"{text!r}: {problem.message}", problem.allowed, problem.suggestion)
            before.add(fault)

    for text, request in _parsed(draft, "fit", parse_fit):
        if isinstance(request, Problem):
            yield request
            fits[text.partition("=")[0].strip()] = None  # others may go on from it
            continue
        yield from said("fit", text, _of_fit(draft, request, fits))
        fits[request.name] = request
    for text, definition in _parsed(draft, "derive", parse_definition):
        if isinstance(definition, Problem):
            yield definition
            continue
        yield from said("derive", text, _of_definition(draft, definition, fits))


def _parsed(draft: Draft, key: str, parse: Any) -> Iterator[tuple[str, Any]]:
    """Texts, and what they say or what is wrong with them."""
    names: set[str] = set()
    for text in good(part(draft, "analyze").get(key)) or ():
        try:
            found = parse(text)
        except ValueError as error:
            yield text, Problem(f"analyze.{key}", f"{text!r}: {error}")
            continue
        if found.name in names:
            yield text, Problem(f"analyze.{key}", f"{found.name!r} is defined twice", "a name once")
        else:
            yield text, found
        names.add(found.name)


def _of_fit(draft: Draft, request: FitRequest, before: Collection[str]) -> Problem | None:
    """What is wrong with a fit, if anything; the first fault alone."""
    for name in fits_before(request):
        if name.partition(".")[0] not in before:
            known = f"fits before it: {quoted(tuple(before))}" if before else "a fit before it; there is none"
            return Problem("", f"{name} is of no fit before this one", known)
    every = () if request.kind in SCATTERING_KINDS else (request, *request.others)
    series = [one.series for one in every]
    series += [one.second for one in every if one.second and one.kind != OF_SCALE]
    for name in series:
        if name.partition(".")[0] in before and (request.kind not in OF_TWO or name == request.series):
            continue
        if (problem := _unwritten(draft, name)) is not None:
            return problem
    problems = []
    for one in request.models:  # of an average those that can be done are averaged
        try:
            _check(draft, one, before)
        except InputError as error:
            problems.append(_problem(error))
        else:
            return None
    return problems[0]


def _problem(error: InputError) -> Problem:
    """What analyze would say, in the words of an input."""
    hint = error.hint or ""
    for word in ("allowed: ", "write "):
        if hint.startswith(word):
            return Problem("", error.message, hint.removeprefix(word))
    return Problem("", f"{error.message}; {hint}" if hint else error.message)


def _unwritten(draft: Draft, series: str) -> Problem | None:
    """A series that neither an observable of the input nor the run writes."""
    tables = part(draft, "observables")
    if is_of_journal(series) or writer(series, tables):
        return None
    if part(draft, "surrogate") and any(observable_kind(table) == "surrogate" for table in writers(series)):
        return None  # measured after the training, which makes its weights
    table = min(writers(series), default="")
    meant = nearest(series, (*tables, *JOURNAL)) or ""
    suggestion = f"{ABSENT}{table}]" if table else f"a series of {meant}" if meant in tables else meant
    return Problem("", f"no observable of this input writes {series}", _measured(tables), suggestion)


def _measured(tables: Collection[str]) -> str:
    return f"series of {', '.join(tables)}" if tables else "none without [observables]"


def _check(draft: Draft, request: FitRequest, before: Collection[str]) -> None:
    """Raise InputError for numbers that the lattice and the observable do not have."""
    lattice, tables = part(draft, "lattice"), part(draft, "observables")
    shape = tuple(good(lattice.get("shape")) or ())
    check_fit(request, shape, is_anisotropic(part(draft, "action", "gauge")))
    if request.kind in OF_PHYSICAL_SCALE:
        check_factors(good(lattice.get("group")), len(shape) or None)
    extents = [shape[-1] if shape and _in_time(draft, one, before) else None for one in (request, *request.others)]
    if request.kind == FORMULA:
        check_points(request, extents)
        return
    check_times(request, extents[0])
    name = None if request.series in before else writer(request.series, tables)
    options, kind = part(draft, "observables", name or ""), observable_kind(name or "")
    own = request.series.removeprefix(prefix_of(name or ""))
    if not shape or kind is None:
        return
    if kind in ("meson_currents", "baryon_currents"):
        check_separations(request.kind, own, request.numbers, good(options.get("separations")) or ())
        if request.kind in OF_CURRENTS:
            check_written(own, options)
    if request.kind in OF_MIXING:
        _check_mixing(request, good(options.get("separations")), good(lattice.get("group")))
    if kind == "flow" and (interval := good(options.get("interval"))) and (time := good(options.get("time"))):
        places = [round(k * interval, 12) for k in range(min(round(time / interval), 100_000) + 1)]
        check_flow_times(request, "flow_time", places, shape[-1])
    if own == "wilson_loop" and not good(options.get("deformation")):  # of shifts, the file says which loops
        half = min(shape[:-1]) // 2
        space, time = good(options.get("space")) or half, good(options.get("time")) or shape[-1] // 2
        check_loops(request, {(R, T) for R in range(1, space + 1) for T in range(1, time + 1)})
    if kind in ("polyakov_correlator", "polyakov_multilevel") and not good(options.get("deformation")):
        check_distances(request, range(int(good(options.get("distance")) or min(shape[:-1]) // 2) + 1))


def _check_mixing(request: FitRequest, separations: Collection[int] | None, group: str | None) -> None:
    """Refuse bag parameters of separations that are not measured, and of which there is none of the group."""
    what = check_bag(request.series, request.numbers)
    if separations and what.separation not in separations:
        known = ", ".join(f"{what.stem}_{what.operator}_s{T}" for T in separations)
        raise InputError(f"there is no {request.series}", hint=f"there are {known}")
    if group is not None:
        what.saturation(group)


def _in_time(draft: Draft, request: FitRequest, before: Collection[str]) -> bool:
    """Whether a series has a number for each time of the lattice."""
    name = None if request.series in before else writer(request.series, part(draft, "observables"))
    if name is None:
        return False
    own, lists = request.series.removeprefix(prefix_of(name)), TIMES.get(observable_kind(name) or "", ())
    return "_vacuum" not in own and any(starts(own, beginning) for beginning in lists)


def _of_definition(draft: Draft, definition: Definition, fits: Collection[str]) -> Problem | None:
    """A name in a definition that is no constant, of no fit, and written neither by the run nor by an observable."""
    for name in sorted(definition.names):
        stem = name.partition(".")[0]
        if name in CONSTANTS or stem in fits:
            continue
        if (problem := _unwritten(draft, stem)) is not None:
            return problem
    return None
