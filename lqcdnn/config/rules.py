"""Rules between keys: each one a function from the completed draft to the problems it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from lqcdnn.config.defaults import exact_flavors, good, least_fields, mass_of_kappa, part, tables
from lqcdnn.config.observable_rules import OBSERVABLE_RULES
from lqcdnn.config.observables import FERMIONIC
from lqcdnn.config.problems import Problem, shown
from lqcdnn.config.reweighting_rules import reweighting
from lqcdnn.config.rules_analysis import written
from lqcdnn.config.schema import GROUPS, direction_names, expand_terms
from lqcdnn.config.topology import charge_problem
from lqcdnn.config.values import nearest, quoted

Draft = dict[str, Any]
Rule = Callable[[Draft], Iterator[Problem]]

_SPACE = ("polyakov_x", "polyakov_y", "polyakov_z")


def apply(draft: Draft, problems: list[Problem]) -> None:
    """Append what every rule finds."""
    for rule in RULES:
        problems.extend(rule(draft))


def boundary_problem(table: str, boundary: tuple[int, ...], dims: int) -> Problem:
    """Describe a boundary with the wrong number of entries."""
    return Problem(f"{table}.boundary", f"found {len(boundary)} entries", f"{dims} entries, one for each direction")


def _dims(draft: Draft) -> int | None:
    shape = good(part(draft, "lattice").get("shape"))
    return len(shape) if shape else None


def _fermions(draft: Draft) -> Iterator[tuple[str, Draft]]:
    """Yield (path, table) of every fermion of the action and of the guide."""
    for side in ("action", "guide"):
        for i, fermion in enumerate(tables(draft, side, "fermion")):
            yield f"{side}.fermion.{i + 1}", fermion


def _boundaries(draft: Draft) -> Iterator[Problem]:
    dims = _dims(draft)
    reported: list[Any] = []
    observables = ((f"observables.{name}", part(draft, "observables", name)) for name in FERMIONIC)
    for path, table in (*_fermions(draft), *observables):
        boundary = good(table.get("boundary"))
        inherited = any(boundary is wrong for wrong in reported)
        if dims and boundary and len(boundary) != dims and not inherited:
            reported.append(boundary)
            yield boundary_problem(path, boundary, dims)


def _even_extents(draft: Draft) -> Iterator[Problem]:
    shape = good(part(draft, "lattice").get("shape")) or ()
    kinds = {good(fermion.get("kind")) for _, fermion in _fermions(draft)} - {None}
    if not kinds and not part(draft, "observables").keys().isdisjoint(FERMIONIC):
        kinds = {"staggered"}
    if kinds and any(extent % 2 for extent in shape):
        allowed = f"even extents only with {' and '.join(sorted(kinds))} fermions"
        yield Problem("lattice.shape", f"found {shown(list(shape))}", allowed)


def _spin(draft: Draft) -> Iterator[Problem]:
    """Gamma matrices with a gamma_5 exist in even dimensions only."""
    shape = good(part(draft, "lattice").get("shape")) or ()
    kinds = {good(fermion.get("kind")) for _, fermion in _fermions(draft)} & {"wilson", "domain_wall"}
    if len(shape) == 3 and kinds:
        allowed = f"d = 2 or d = 4 with {' and '.join(sorted(kinds))} fermions"
        yield Problem("lattice.shape", f"found {shown(list(shape))}", allowed)


def _mesons(draft: Draft) -> Iterator[Problem]:
    """Meson correlators are those of the first fermion of the action, which must have spin."""
    first = next(iter(tables(draft, "action", "fermion")), {})
    if "mesons" in part(draft, "observables") and first.get("kind") in (None, "staggered"):
        allowed = "a first fermion of kind wilson or domain_wall; observables.pion knows staggered fermions"
        yield Problem("observables.mesons", "no fermion with spin", allowed)


def _topological_charge(draft: Draft) -> Iterator[Problem]:
    """A charge that exists for the group in so many dimensions, by a definition for them."""
    options, group = part(draft, "observables", "topological_charge"), good(part(draft, "lattice").get("group"))
    dims, definition = _dims(draft), good(options.get("definition"))
    found = charge_problem(dims, group, definition) if dims and group and definition else None
    if found is not None:
        yield found


def _masses(draft: Draft) -> Iterator[Problem]:
    """A mass the operator has a meaning for; mass and kappa of a Wilson fermion are the same thing."""
    dims = _dims(draft)
    for path, fermion in _fermions(draft):
        mass, kappa, kind = good(fermion.get("mass")), good(fermion.get("kappa")), fermion.get("kind")
        if mass is None or _reported(draft, path, "mass", mass):
            continue
        if kind in ("staggered", "domain_wall") and mass < 0.0:
            yield Problem(f"{path}.mass", f"found {shown(mass)}", "a number >= 0")
        elif kind == "wilson" and dims and mass <= -dims:
            yield Problem(f"{path}.mass", f"found {shown(mass)}", f"a number > {-dims}")
        elif kind == "wilson" and dims and kappa is not None and mass != mass_of_kappa(kappa, dims):
            same = shown(mass_of_kappa(kappa, dims))
            found = f"found {shown(kappa)}, which is mass {same}"
            yield Problem(f"{path}.kappa", found, "mass or kappa, one of the two")


def _inherited(draft: Draft, path: str, name: str, value: Any) -> bool:
    """Say whether a guide fermion has a value because the action's fermion has it."""
    exact, i = tables(draft, "action", "fermion"), int(path.rpartition(".")[2]) - 1
    return i < len(exact) and exact[i].get(name) is value


def _flavors(draft: Draft) -> Iterator[Problem]:
    dims = _dims(draft)
    for path, fermion in _fermions(draft):
        flavors, known = good(fermion.get("flavors")), exact_flavors(fermion, dims)
        exact = fermion.get("rational") is False
        if known and flavors and exact and path.startswith("action") and flavors not in known:
            allowed = " or ".join(str(number) for number in known)
            yield Problem(
                f"{path}.flavors",
                f"found {flavors}",
                f"{allowed} {fermion['kind']} flavours in d = {dims}, or rational = true",
            )


def _rational(draft: Draft) -> Iterator[Problem]:
    """A power of at most 1 for each field, and a spectrum above zero."""
    dims = _dims(draft)
    reported: list[Any] = []
    for path, fermion in _fermions(draft):
        if fermion.get("rational") is not True:
            continue
        if fermion.get("kind") == "domain_wall":
            if path.startswith("action"):
                yield Problem(f"{path}.flavors", f"found {fermion.get('flavors')}", "2 domain_wall flavours")
            continue
        fields, flavors = good(fermion.get("pseudofermions")), good(fermion.get("flavors"))
        exact = exact_flavors(fermion, dims)
        if exact and fields and flavors and path.startswith("action") and fields * exact[0] < flavors:
            yield Problem(f"{path}.pseudofermions", f"found {fields}", f"at least {least_fields(flavors, exact)}")
        spectrum = good(fermion.get("spectrum"))
        if spectrum is None and fermion.get("kind") == "wilson" and fermion.get("spectrum") is None:
            if path.startswith("action"):
                yield Problem(f"{path}.spectrum", "missing", "[lower, upper]: no bound is known for wilson fermions")
        elif spectrum is None and fermion.get("mass") == 0.0:
            yield Problem(f"{path}.mass", "found 0", "a mass above 0 with rational = true, or spectrum given")
        inherited = any(spectrum is wrong for wrong in reported)
        if spectrum is not None and spectrum[0] >= spectrum[1] and not inherited:
            reported.append(spectrum)
            yield Problem(f"{path}.spectrum", f"found {_value(spectrum)}", "the lower bound first")


def _solver(draft: Draft) -> Iterator[Problem]:
    """Shifted systems start from zero, in double precision; biconjugate gradients are for Wilson's operator."""
    for path, fermion in _fermions(draft):
        solver, vectors = good(fermion.get("solver")), good(fermion.get("start_vectors"))
        rational = good(fermion.get("rational")) is True
        refused = ("mixed", "bicgstab") if rational else ("bicgstab",)
        if solver in refused and not _reported(draft, path, "solver", solver):
            if rational:
                yield Problem(f"{path}.solver", f'found "{solver}" with rational = true', '"cg"')
            elif good(fermion.get("kind")) not in (None, "wilson"):
                yield Problem(f"{path}.solver", f'found "{solver}" with {fermion["kind"]} fermions', '"cg" or "mixed"')
        if rational and vectors and not _reported(draft, path, "start_vectors", vectors):
            allowed = "0: the shifted systems of a rational approximation start from zero"
            yield Problem(f"{path}.start_vectors", f"found {vectors} with rational = true", allowed)


def _reported(draft: Draft, path: str, name: str, value: Any) -> bool:
    """Say whether a guide fermion has a value that its action fermion has too, where it is reported."""
    return path.startswith("guide") and _inherited(draft, path, name, value)


def _guide_matches(draft: Draft) -> Iterator[Problem]:
    """The i-th guide fermion stands for the i-th action fermion."""
    exact, guide = tables(draft, "action", "fermion"), tables(draft, "guide", "fermion")
    if good(draft.get("guide")) is None:
        return
    if len(exact) != len(guide):
        yield Problem("guide.fermion", f"found {len(guide)} tables", f"{len(exact)}, one for each [[action.fermion]]")
    for i, (ours, theirs) in enumerate(zip(guide, exact, strict=False)):
        for name in ("kind", "flavors", "boundary", "L5", "rational", "pseudofermions"):
            mine, wanted = good(ours.get(name)), good(theirs.get(name))
            if mine is not None and wanted is not None and mine != wanted:
                allowed = f"{_value(wanted)} as in action.fermion.{i + 1}, or left out"
                yield Problem(f"guide.fermion.{i + 1}.{name}", f"found {_value(mine)}", allowed)


def _value(value: Any) -> str:
    return shown(list(value) if isinstance(value, tuple) else value)


def _links(draft: Draft) -> Iterator[Problem]:
    known = ("thin", *part(draft, "network"))
    inherited = {good(fermion.get("links")) for fermion in tables(draft, "action", "fermion")}
    for path, fermion in _fermions(draft):
        links = good(fermion.get("links"))
        if links is None or links in known or (path.startswith("guide") and links in inherited):
            continue
        word = nearest(links, known)
        suggestion = f'"{word}"' if word else f"to add [network.{links}]"
        yield Problem(f"{path}.links", f'no network "{links}"', quoted(known), suggestion)


def _mass_preconditioning(draft: Draft) -> Iterator[Problem]:
    """Masses rise; the guide is split like the action; a rational power is not split."""
    exact = tables(draft, "action", "fermion")
    for path, fermion in _fermions(draft):
        masses = good(fermion.get("hasenbusch"))
        if not masses:
            continue
        lightest = good(fermion.get("mass"))
        chain = masses if lightest is None else (lightest, *masses)
        if any(light >= heavy for light, heavy in pairwise(chain)):
            yield Problem(f"{path}.hasenbusch", f"found {shown(list(masses))}", "masses in rising order, above mass")
        if good(fermion.get("rational")):
            yield Problem(f"{path}.hasenbusch", "found with rational = true", "one of the two")
    for i, (ours, theirs) in enumerate(zip(tables(draft, "guide", "fermion"), exact, strict=False)):
        wanted = len(good(theirs.get("hasenbusch")) or ())
        if good(draft.get("guide")) is not None and len(good(ours.get("hasenbusch")) or ()) != wanted:
            yield Problem(f"guide.fermion.{i + 1}.hasenbusch", "another number of masses", f"{wanted} as in the action")


def _tuning(draft: Draft) -> Iterator[Problem]:
    """Tuning happens during thermalization and nowhere else."""
    if good(part(draft, "update").get("tune")) and good(part(draft, "run").get("thermalization")) == 0:
        yield Problem("update.tune", "found true without thermalization", "true with run.thermalization of 50 or more")


def _heatbath(draft: Draft) -> Iterator[Problem]:
    """Single links are drawn from a pure gauge action that is linear in each of them."""
    update, group = part(draft, "update"), good(part(draft, "lattice").get("group"))
    if update.get("kind") != "heatbath":
        return
    if tables(draft, "action", "fermion"):
        yield Problem("update.kind", 'found "heatbath" with fermions in the action', '"hmc"')
    for name in ("guide", "train"):
        if good(draft.get(name)) is not None:
            yield Problem(name, 'given with update.kind = "heatbath", which has no molecular dynamics', "no such table")
    known = ("best_fisher",) if group == "U(1)" else ("kennedy_pendleton", "creutz")
    algorithm = good(update.get("algorithm"))
    if group and algorithm and algorithm not in known:
        yield Problem("update.algorithm", f'found "{algorithm}" with {group}', quoted(known))
    shape = good(part(draft, "lattice").get("shape"))
    gauge = part(draft, "action", "gauge")
    rectangles = good(gauge.get("kind")) not in (None, "wilson") and gauge.get("c1") != 0.0
    if shape and rectangles and min(shape) < 3:
        allowed = "extents of at least 3: on 2 a rectangle contains a link twice, which a heat bath cannot treat"
        yield Problem("lattice.shape", f"found {shown(list(shape))}", allowed)


def _network_names(draft: Draft) -> Iterator[Problem]:
    for name in part(draft, "network"):
        if name == "thin" or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
            yield Problem(f"network.{name}", "not a name for a network", 'letters, digits, "-" and "_", and not "thin"')


def _layers(draft: Draft) -> Iterator[tuple[str, Draft]]:
    for name in part(draft, "network"):
        for i, layer in enumerate(tables(draft, "network", name, "layer")):
            yield f"network.{name}.layer.{i + 1}", layer


def _loops(draft: Draft) -> Iterator[Problem]:
    dims = _dims(draft)
    for path, layer in _layers(draft):
        loops = good(layer.get("loops")) or ()
        for loop in loops if dims else ():
            direction = loop.removeprefix("polyakov_")
            if loop == "chair" and dims == 2:
                yield Problem(f"{path}.loops", 'found "chair"', "loops that exist in d = 2; a chair needs 3 directions")
            elif direction in "xyzt" and loop != direction and direction not in direction_names(dims or 4):
                names = quoted(f"polyakov_{name}" for name in direction_names(dims or 4))
                yield Problem(f"{path}.loops", f'no direction of "{loop}" in d = {dims}', names)
        yield from _doubled_loops(path, loops)


def _doubled_loops(path: str, loops: tuple[str, ...]) -> Iterator[Problem]:
    """Two names for one loop would leave the weights undetermined."""
    if "polyakov_time" in loops and "polyakov_t" in loops:
        yield Problem(f"{path}.loops", '"polyakov_time" and "polyakov_t" are the same loop', "one of the two")
    single = [loop for loop in loops if loop in _SPACE]
    if "polyakov_space" in loops and single:
        yield Problem(f"{path}.loops", f'"polyakov_space" contains {quoted(single)}', "one of the two")


def _initial_weights(draft: Draft) -> Iterator[Problem]:
    for path, layer in _layers(draft):
        loops, initial = good(layer.get("loops")), good(layer.get("initial"))
        if loops and isinstance(initial, tuple) and len(initial) != len(loops):
            allowed = f"{len(loops)} numbers, one for each loop"
            yield Problem(f"{path}.initial", f"found {len(initial)} numbers", allowed)


def _levels(draft: Draft) -> Iterator[Problem]:
    """Every action term is integrated on exactly one level."""
    levels = tables(draft, "update", "level")
    pieces = [1 + len(good(fermion.get("hasenbusch")) or ()) for fermion in tables(draft, "action", "fermion")]
    every = ("gauge", *expand_terms(("fermion",), pieces))
    seen: Counter[str] = Counter()
    whole = bool(levels)
    for i, level in enumerate(levels):
        terms = good(level.get("terms"))
        whole = whole and terms is not None
        for term in expand_terms(terms or (), pieces):
            seen[term] += 1
            if term not in every:
                yield Problem(f"update.level.{i + 1}.terms", f'no action term "{term}"', quoted(every))
            elif seen[term] == 2:
                yield Problem(f"update.level.{i + 1}.terms", f'"{term}" is already on another level', "each term once")
    absent = [term for term in every if not seen[term]]
    if whole and absent:
        yield Problem("update.level", f"no level has {quoted(absent)}", "each term once")


def _twisted(draft: Draft) -> Iterator[Problem]:
    """-1 belongs to the centre of SU(N) for even N only."""
    group = good(part(draft, "lattice").get("group"))
    if part(draft, "run").get("initial") == "twisted" and group and (GROUPS.index(group) + 1) % 2:
        yield Problem("run.initial", f'found "twisted" with {group}', '"cold" or "hot": twisted needs SU(N), N even')


def _train(draft: Draft) -> Iterator[Problem]:
    """Training fits the guide; the exact action must not depend on what is being fitted."""
    train = part(draft, "train")
    network, known = good(train.get("network")), tuple(part(draft, "network"))
    if network is None:
        return
    if network not in known:
        word = nearest(network, known)
        allowed = quoted(known) if known else "the name of a [network.NAME] table; there is none"
        yield Problem("train.network", f'no network "{network}"', allowed, f'"{word}"' if word else "")
        return
    guide_links = [fermion.get("links") for fermion in tables(draft, "guide", "fermion")]
    if network in [fermion.get("links") for fermion in tables(draft, "action", "fermion")]:
        yield Problem("train.network", f'"{network}" is part of the exact action', "a network of the guide only")
    elif network not in guide_links and all(links in ("thin", *known) for links in guide_links):
        allowed = f'a [[guide.fermion]] with links = "{network}"'
        yield Problem("train.network", f'no guide fermion sees "{network}"', allowed)


def _batch(draft: Draft) -> Iterator[Problem]:
    train = part(draft, "train")
    batch, trajectories = good(train.get("batch")), good(train.get("trajectories"))
    if batch and trajectories and train.get("mode") == "online" and batch > trajectories:
        yield Problem("train.batch", f"found {batch}", f"at most train.trajectories = {trajectories}")


def _analyzed(draft: Draft) -> Iterator[Problem]:
    known = tuple(part(draft, "observables"))
    for name in good(part(draft, "analyze").get("observables")) or ():
        if name not in known:
            allowed = quoted(known) if known else "none without [observables]"
            yield Problem("analyze.observables", f'"{name}" is not measured', allowed, f"to add [observables.{name}]")


NETWORK_RULES: tuple[Rule, ...] = (_network_names, _loops, _initial_weights)
"""Rules that need no other table than [network]."""

RULES: tuple[Rule, ...] = (
    _boundaries,
    _even_extents,
    _spin,
    _mesons,
    _topological_charge,
    _masses,
    _flavors,
    _rational,
    _solver,
    _guide_matches,
    _links,
    *NETWORK_RULES,
    _levels,
    _mass_preconditioning,
    _tuning,
    _heatbath,
    _twisted,
    _train,
    _batch,
    _analyzed,
    *OBSERVABLE_RULES,
    reweighting,
    written,
)
