"""Rules of fermions, those of the action and of the guide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import REFUSED, nearest, quoted
from lqcdnn.config.rules.background import field_problems
from lqcdnn.config.rules.density import density_problems, spectrum_at_density
from lqcdnn.config.rules.determinants import all_exact, determinant_problems
from lqcdnn.config.rules.everyfermion import every_fermion, heavier, reported_of_action, why_rational
from lqcdnn.config.rules.oneflavor import one_flavor_problems
from lqcdnn.config.rules.photons import charge_problems
from lqcdnn.config.rules.poles import MOST_POLES, NARROWEST, least_poles
from lqcdnn.config.rules.quarkdefaults import at_density, exact_flavors, least_fields
from lqcdnn.config.rules.representations import majorana_problems, representation_problems
from lqcdnn.config.rules.schroedingerquarks import between_fixed_links
from lqcdnn.config.rules.solvers import solver_problems
from lqcdnn.config.rules.twistedmass import has_bounds, twisted_mass_problems
from lqcdnn.config.rules.valence import SECOND, quark_of, quarks, second_of, valence_names
from lqcdnn.config.rules.walls import growth_problems, wall_problems
from lqcdnn.config.tables.anisotropy import has_weights, wilson_term
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables
from lqcdnn.config.tables.fermions import (
    DETERMINANTS,
    EXPONENTIAL,
    LARGEST_MASS,
    MOST_FIELDS,
    allowed_instead_of,
    kappa_of_mass,
    mass_of_kappa,
    masses_of,
)
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.config.tables.observables import FERMIONIC

BY_DIRECTION = ("boundary", "theta", "antiquark_theta")
"""Keys of quarks with an entry for each direction."""


def direction_problems(table: str, options: Draft, dims: int, reported: list[Any] | None = None) -> Iterator[Problem]:
    """Lists of boundary signs and angles with the wrong number of entries, but for those ``reported`` already."""
    known = [] if reported is None else reported
    for name in BY_DIRECTION:
        found = good(options.get(name))
        if found and len(found) != dims and not any(found is wrong for wrong in known):
            known.append(found)
            allowed = f"{dims} entries, one for each direction"
            yield Problem(f"{table}.{name}", f"found {counted(len(found), 'entry')}", allowed)


def _boundaries(draft: Draft) -> Iterator[Problem]:
    dims = dims_of(draft)
    reported: list[Any] = []
    observables = [(path, options) for path, _, options in observed(draft, *FERMIONIC)]
    for path, table in (*every_fermion(draft), *observables):
        if dims:
            yield from direction_problems(path, table, dims, reported)


def _phases(draft: Draft) -> Iterator[Problem]:
    """A guide has the phases of the action."""
    for i, (ours, theirs) in enumerate(
        zip(tables(draft, "guide", "fermion"), tables(draft, "action", "fermion"), strict=False)
    ):
        mine, wanted = (good(table.get("theta")) or () for table in (ours, theirs))
        if mine != wanted and (any(mine) or any(wanted)):
            allowed = f"{_value(wanted) if wanted else 'none'} as in action.fermion.{i + 1}, or left out"
            yield Problem(f"guide.fermion.{i + 1}.theta", f"found {_value(mine)}", allowed)


def _even_extents(draft: Draft) -> Iterator[Problem]:
    shape = good(part(draft, "lattice").get("shape")) or ()
    kinds = {good(fermion.get("kind")) for _, fermion in every_fermion(draft)} - {None}
    if not kinds and any(observed(draft, *FERMIONIC)):
        kinds = {"staggered"}
    fixed = good(part(draft, "lattice").get("time")) == "schroedinger"  # around which nothing goes in time
    if kinds and any(extent % 2 for extent in shape[: -1 if fixed else None]):
        allowed = f"even extents only {'of space ' * fixed}with {' and '.join(sorted(kinds))} fermions"
        yield Problem("lattice.shape", f"found {shown(list(shape))}", allowed)


def _three_steps(draft: Draft) -> Iterator[Problem]:
    """Hops of three steps that do not meet themselves around the lattice."""
    shape = good(part(draft, "lattice").get("shape")) or ()
    kinds = {good(fermion.get("improvement")) for _, fermion in every_fermion(draft)} - {None, "none"}
    if kinds and any(extent == 2 for extent in shape):
        allowed = f"even extents of at least 4 with improvement = {quoted(sorted(kinds))}"
        yield Problem("lattice.shape", f"found {shown(list(shape))}", allowed)


def _spin(draft: Draft) -> Iterator[Problem]:
    """Gamma matrices with a gamma_5 exist in even dimensions only."""
    shape = good(part(draft, "lattice").get("shape")) or ()
    kinds = {good(fermion.get("kind")) for _, fermion in every_fermion(draft)} & {"wilson", "domain_wall", "overlap"}
    if len(shape) == 3 and kinds:
        allowed = f"d = 2 or d = 4 with {' and '.join(sorted(kinds))} fermions"
        yield Problem("lattice.shape", f"found {shown(list(shape))}", allowed)


def _masses(draft: Draft) -> Iterator[Problem]:
    """A mass the operator has a meaning for; mass and kappa of a Wilson fermion are the same thing."""
    dims = dims_of(draft)
    for path, fermion in every_fermion(draft):
        mass, kappa, kind, r = (good(fermion.get(name)) for name in ("mass", "kappa", "kind", "r"))
        if kind is None or fermion.get("r") is REFUSED:
            continue
        allowed = masses_of(kind, dims, wilson_term(fermion, dims), good(fermion.get("rho")))
        if fermion.get("mass") is REFUSED and kappa and dims and not reported_of_action(draft, path, "kappa", kappa):
            derived = mass_of_kappa(kappa, dims, r)
            if allowed.accept(derived) is REFUSED:
                found = f"found {shown(kappa)}, which is mass {shown(derived)}"
                finite = f"a finite mass 1 / (2 kappa) - {dims * (r or 1.0):g}"
                yield Problem(f"{path}.kappa", found, f"{finite}, {allowed_instead_of(derived, allowed)}")
        if mass is None or reported_of_action(draft, path, "mass", mass):
            continue
        if allowed.accept(mass) is REFUSED:
            yield Problem(f"{path}.mass", f"found {shown(mass)}", allowed_instead_of(mass, allowed))
        elif kind != "wilson" or not dims or kappa is None or has_weights(fermion):
            continue
        elif mass != mass_of_kappa(kappa, dims, r):
            found = f"found {shown(kappa)}, which is mass {mass_of_kappa(kappa, dims, r):.6g}"
            same = f"mass = {shown(mass)} is kappa = {kappa_of_mass(mass, dims, r):.8g}"
            yield Problem(f"{path}.kappa", found, f"mass or kappa, one of the two; {same}")


def _quark_masses(draft: Draft) -> Iterator[Problem]:
    """See :func:`quark_mass_problems`; the masses of reweighting have rules of their own."""
    dims, every = dims_of(draft), quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC):
        if dims and kind != "reweighting":
            yield from quark_mass_problems(path, options, quark_of(every, options), dims)
            for key in SECOND:
                yield from quark_mass_problems(path, options, second_of(every, options), dims, f"{key}_mass")


def quark_mass_problems(
    table: str, options: Draft, fermion: Draft | None, dims: int, key: str = "mass"
) -> Iterator[Problem]:
    """A mass for which the operator of the fermion has a meaning; that fermion's own is checked where it stands.

    Parameters
    ----------
    table, options
        The table of an observable, complete.
    fermion
        The quark it is an observable of (see :func:`lqcdnn.config.rules.valence.quark_of`), or None: staggered.
    dims
        Number of dimensions.
    key
        The key of the mass, which observables without it do not have.
    """
    quark = {"kind": "staggered"} if fermion is None else fermion
    kind, own, rho = (good(quark.get(name)) for name in ("kind", "mass", "rho"))
    mass = good(options.get(key))
    if mass is None or kind is None or mass == own:
        return
    allowed = masses_of(kind, dims, wilson_term(quark, dims), rho)
    if allowed.accept(mass) is REFUSED:
        found = f"found {shown(mass)} with {kind} fermions"
        yield Problem(f"{table}.{key}", found, allowed_instead_of(mass, allowed))


def _flavors(draft: Draft) -> Iterator[Problem]:
    dims = dims_of(draft)
    for path, fermion in every_fermion(draft):
        flavors, known = good(fermion.get("flavors")), exact_flavors(fermion, dims)
        by_fields = fermion.get("determinant") in (None, DETERMINANTS[0]) and fermion.get("kind") != "overlap"
        exact = fermion.get("rational") is False and by_fields
        split = good(fermion.get("mass_splitting"))  # which has rules of its own
        if known and flavors and exact and not split and path.startswith("action") and flavors not in known:
            allowed = " or ".join(str(number) for number in known)
            yield Problem(
                f"{path}.flavors",
                f"found {flavors}",
                f"{allowed} {fermion['kind']} flavours in d = {dims}, or rational = true",
            )


def _rational(draft: Draft) -> Iterator[Problem]:
    """A power of at most 1 for each field, and a spectrum above zero."""
    dims = dims_of(draft)
    reported: list[Any] = []
    for path, fermion in every_fermion(draft):
        if fermion.get("rational") is not True:
            continue
        fields, flavors = good(fermion.get("pseudofermions")), good(fermion.get("flavors"))
        exact = exact_flavors(fermion, dims)
        most = MOST_FIELDS * exact[0] if exact else 0
        if exact and flavors and path.startswith("action") and flavors > most:
            yield Problem(f"{path}.flavors", f"found {shown(flavors)}", f"at most {most}, in {MOST_FIELDS} fields")
        elif exact and fields and flavors and path.startswith("action") and fields * exact[0] < flavors:
            yield Problem(f"{path}.pseudofermions", f"found {fields}", f"at least {least_fields(flavors, exact)}")
        spectrum = good(fermion.get("spectrum"))
        all_sites = fermion.get("kind") == "staggered" and at_density(fermion)
        missing = spectrum is None and fermion.get("spectrum") is None
        if missing and has_bounds(fermion):
            continue
        if missing and (fermion.get("kind") == "wilson" or all_sites):
            split = good(fermion.get("mass_splitting"))  # a guide may have a clover term of its own
            if path.startswith("action") or (split and not reported_of_action(draft, path, "csw", fermion.get("csw"))):
                unknown = "with a clover term" if split else "for wilson fermions in such numbers"
                allowed = f"[lower, upper], such as [0.001, 30]: no bound is known {unknown}"
                allowed = spectrum_at_density(fermion, dims or 4) if all_sites else allowed
                yield Problem(f"{path}.spectrum", "missing", allowed)
        elif spectrum is None and fermion.get("mass") == 0.0:
            yield Problem(f"{path}.mass", "found 0", "a mass above 0 with rational = true, or spectrum given")
        inherited = any(spectrum is wrong for wrong in reported)
        if spectrum is not None and spectrum[0] >= spectrum[1] and not inherited:
            reported.append(spectrum)
            yield Problem(f"{path}.spectrum", f"found {_value(spectrum)}", "the lower bound first")


def _poles(draft: Draft) -> Iterator[Problem]:
    """No more poles than an approximation can be computed with."""
    dims = dims_of(draft)
    if dims is None:
        return
    for path, fermion in every_fermion(draft):
        exact, kind = exact_flavors(fermion, dims), good(fermion.get("kind"))
        bound = kind == "staggered" and not at_density(fermion)
        name = "mass" if bound and fermion.get("spectrum") is None else "spectrum"
        value, fields, flavors, *errors = (
            good(fermion.get(key)) for key in (name, "pseudofermions", "flavors", "action_error", "md_error")
        )
        known = exact and value and fields and flavors and all(errors) and kind != "domain_wall"
        if not known or flavors > exact[0] * fields or reported_of_action(draft, path, name, value):
            continue
        lower, upper = (value * value, value * value + _hop_norm(fermion, dims) ** 2) if name == "mass" else value
        if problem := _narrow(path, name, value, _hop_norm(fermion, dims)):
            yield problem
            continue
        power = flavors / (exact[0] * fields)  # 1 needs no approximation
        needed = [(0.5 * power, errors[0]), *((power, error) for error in errors if power < 1.0)]
        if lower < upper and any(least_poles(p, lower, upper, error) > MOST_POLES for p, error in needed):
            found = f"found {_value(value)}: more than {MOST_POLES} poles on [{lower:g}, {upper:g}]"
            allowed = "a larger mass" if name == "mass" else "a narrower range"
            yield Problem(f"{path}.{name}", found, f"{allowed}, or larger action_error and md_error")


def _hop_norm(fermion: Draft, dims: int) -> float:
    """A number that |D| of a staggered fermion never exceeds."""
    kind, epsilon, u0 = (good(fermion.get(name)) for name in ("improvement", "naik_epsilon", "u0"))
    improvement = improvement_of(kind, dims, epsilon, u0)
    return dims * (wilson_term(fermion, dims) or 1.0) if improvement is None else improvement.norm


def _narrow(path: str, name: str, value: Any, norm: float) -> Problem | None:
    """A range whose ends are the same number, or nearly so; one in the wrong order has a rule of its own."""
    if name == "mass":
        largest = norm / NARROWEST**0.5
        allowed = f"at most {largest:g} with rational = true, or spectrum given"
        return Problem(f"{path}.mass", f"found {shown(value)}", allowed) if value > largest else None
    lower, upper = value
    if not 0.0 < upper - lower < NARROWEST * lower:
        return None
    allowed = f"an upper bound above 1 + {NARROWEST:g} times the lower"
    return Problem(f"{path}.spectrum", f"found {_value(value)}", allowed)


def _guide_matches(draft: Draft) -> Iterator[Problem]:
    """The i-th guide fermion stands for the i-th action fermion."""
    exact, guide = tables(draft, "action", "fermion"), tables(draft, "guide", "fermion")
    if good(draft.get("guide")) is None:
        return
    learned = part(draft, "guide", "surrogate") or part(draft, "guide", "custom")
    nothing_drawn = learned or all_exact(draft) or part(draft, "update").get("kind") == "slmc"
    if len(exact) != len(guide) and (guide or not nothing_drawn):
        allowed = f"{len(exact)}, one for each [[action.fermion]]" + (" or none" if all_exact(draft) else "")
        yield Problem("guide.fermion", f"found {counted(len(guide), 'table')}", allowed)
    for i, (ours, theirs) in enumerate(zip(guide, exact, strict=False)):
        split, wanted_split = (bool(good(fermion.get("mass_splitting"))) for fermion in (ours, theirs))
        for name in ("kind", "flavors", "boundary", "L5", "determinant", "rational", "pseudofermions"):
            mine, wanted = good(ours.get(name)), good(theirs.get(name))
            if name == "L5" and theirs.get("determinant") not in (None, DETERMINANTS[0]):
                continue  # the pseudofermion of one flavour has four dimensions
            if name == "rational" and split != wanted_split:
                continue  # it follows from mass_splitting, which is reported
            if mine is not None and wanted is not None and mine != wanted:
                allowed = f"{_value(wanted)} as in action.fermion.{i + 1}, or left out"
                yield Problem(f"guide.fermion.{i + 1}.{name}", f"found {_value(mine)}", allowed)
                if name in ("kind", "determinant"):
                    break  # what another one brings with it was not written


def _value(value: Any) -> str:
    return shown(list(value) if isinstance(value, tuple) else value)


def _links(draft: Draft) -> Iterator[Problem]:
    known = ("thin", *part(draft, "network"))
    inherited = {good(fermion.get("links")) for fermion in tables(draft, "action", "fermion")}
    for path, fermion in every_fermion(draft):
        links = good(fermion.get("links"))
        if links is None or links in known or (path.startswith("guide") and links in inherited):
            continue
        word = nearest(links, known)
        suggestion = f'"{word}"' if word else f"to add [network.{links}]"
        yield Problem(f"{path}.links", f'no network "{links}"', quoted(known), suggestion)


def _mass_preconditioning(draft: Draft) -> Iterator[Problem]:
    """Masses rise; the guide is split like the action; a rational power is not split."""
    exact = tables(draft, "action", "fermion")
    for path, fermion in every_fermion(draft):
        masses = good(fermion.get("hasenbusch"))
        if not masses or reported_of_action(draft, path, "hasenbusch", masses):
            continue
        lightest = good(fermion.get("mass"))
        chain = masses if lightest is None else (lightest, *masses)
        if any(light >= heavy for light, heavy in pairwise(chain)):
            yield Problem(f"{path}.hasenbusch", f"found {shown(list(masses))}", "masses in rising order, above mass")
        elif max(masses) > LARGEST_MASS:
            yield Problem(f"{path}.hasenbusch", f"found {shown(list(masses))}", f"masses up to {LARGEST_MASS:g}")
        if good(fermion.get("rational")):
            yield Problem(f"{path}.hasenbusch", f"found with {why_rational(fermion)}", "one of the two")
    for i, (ours, theirs) in enumerate(zip(tables(draft, "guide", "fermion"), exact, strict=False)):
        wanted = len(heavier(theirs))
        if good(draft.get("guide")) is not None and len(heavier(ours)) != wanted:
            yield Problem(f"guide.fermion.{i + 1}.hasenbusch", "another number of masses", f"{wanted} as in the action")


def _coefficients(draft: Draft) -> Iterator[Problem]:
    """The exact action is what flavors and mass say; a guide's factor is that of one term."""
    for path, fermion in every_fermion(draft):
        coefficient = good(fermion.get("coefficient"))
        if coefficient is None or reported_of_action(draft, path, "coefficient", coefficient):
            continue
        if path.startswith("action"):
            yield Problem(f"{path}.coefficient", f"found {shown(coefficient)}", "a coefficient of a [[guide.fermion]]")
        elif heavier(fermion):
            yield Problem(f"{path}.coefficient", "found with hasenbusch", "one of the two")


def _clover(draft: Draft) -> Iterator[Problem]:
    """An exponential of something."""
    for path, fermion in every_fermion(draft):
        found, numbers = fermion.get("clover"), [good(fermion.get(name)) for name in ("csw", "csw_time")]
        if good(found) == EXPONENTIAL and not any(numbers) and not reported_of_action(draft, path, "clover", found):
            yield Problem(f"{path}.clover", f"found {shown(EXPONENTIAL)} without csw", "csw beside it, other than 0")


QUARK_RULES = (valence_names, _boundaries, _phases, _even_extents, _three_steps, _spin, _masses, _clover,
               solver_problems, density_problems, twisted_mass_problems, representation_problems, majorana_problems,
               field_problems, charge_problems, between_fixed_links, growth_problems)  # fmt: skip
"""Rules of a Dirac operator and its solver: all there are for valence quarks."""

FERMION_RULES = (
    *QUARK_RULES,
    _quark_masses,
    _flavors,
    _rational,
    _poles,
    _guide_matches,
    _links,
    _mass_preconditioning,
    _coefficients,
    determinant_problems,
    one_flavor_problems,
    wall_problems,
)
