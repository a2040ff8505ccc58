"""From a dictionary to a RunConfig: types and ranges, defaults, rules between keys; all problems at once but for
consequences of others.

The draft between the steps is a dictionary of accepted values; a value that was refused stays in it as ``REFUSED``,
so that later steps neither use it nor complain about it again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import Entry, Key, Table, TableList, TableMap, TableMenu, entries, is_value
from lqcdnn.config.language.problems import MAX_SHOWN, InvalidInputError, Problem, Source, shown
from lqcdnn.config.language.synonyms import KEYS, meant_value
from lqcdnn.config.language.synonyms import OBSERVABLES as OTHER_NAMES
from lqcdnn.config.language.values import INT64, REFUSED, nearest, quoted
from lqcdnn.config.rules import between_keys, defaults
from lqcdnn.config.rules.averaging import COUNTED, averaging_problems
from lqcdnn.config.rules.background import quarks_in_field
from lqcdnn.config.rules.causes import causes
from lqcdnn.config.rules.currents import KINDS as CURRENTS
from lqcdnn.config.rules.currents import current_problems
from lqcdnn.config.rules.density import quarks_at_density
from lqcdnn.config.rules.distillation import distillation_problems
from lqcdnn.config.rules.fermions import QUARK_RULES, direction_problems, quark_mass_problems
from lqcdnn.config.rules.hadrons import SMEARED, phase_problems, source_problems
from lqcdnn.config.rules.mixing import mixing_problems
from lqcdnn.config.rules.momentumspace import kind_problems
from lqcdnn.config.rules.networks import NETWORK_RULES
from lqcdnn.config.rules.observables import at_table, flow_names, flow_problems, flow_steps, overlap_problems
from lqcdnn.config.rules.quarkdefaults import derive_valence
from lqcdnn.config.rules.quarkflow import flowed_problems
from lqcdnn.config.rules.quarkfluctuations import fluctuation_problems
from lqcdnn.config.rules.quarkloops import loop_problems
from lqcdnn.config.rules.representations import represented_problems
from lqcdnn.config.rules.schroedinger import LATTICE_RULES
from lqcdnn.config.rules.twist import planes_of_twist
from lqcdnn.config.rules.twistedmass import quarks_with_twisted_mass
from lqcdnn.config.rules.valence import SECOND, both_quarks, name_quark, name_second, quark_of, second_of
from lqcdnn.config.rules.vectorcorrelator import vector_problems
from lqcdnn.config.tables.background import FLUX_KEYS
from lqcdnn.config.tables.fermions import QuarkConfig, ValenceConfig
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.config.tables.momentumspace import IN_MOMENTUM_SPACE
from lqcdnn.config.tables.networks import NetworkConfig
from lqcdnn.config.tables.observables import FERMIONIC, OBSERVABLES, observable_kind
from lqcdnn.config.tables.photons import PhotonsConfig
from lqcdnn.config.tables.projections import PROJECTION_RULES, ProjectionConfig
from lqcdnn.config.tables.schema import MEASUREMENT, LatticeConfig, RunConfig
from lqcdnn.config.tables.smearings import SMEARING_RULES, SmearingConfig
from lqcdnn.config.tree import as_tree

Draft = dict[str, Any]


def from_tree(tree: Mapping[str, Any], source: Source | None = None) -> RunConfig:
    """Check a nested dictionary with the keys of the input file and complete it.

    Parameters
    ----------
    tree
        What a TOML parser returns; not changed.
    source
        Where the keys come from, for the messages.

    Raises
    ------
    InvalidInputError
        With every problem found (exit code 2).
    """
    read: list[Problem] = []
    draft = _read_table(RunConfig, tree, "", read)
    filled: list[Problem] = []
    defaults.complete(draft, filled)
    if problems := causes(read, filled, between_keys.found(draft, read)):
        source = source or Source()
        hint = f"without [run] and [action] it measures only: lqcdnn measure --configs FILE... {source.name}"
        raise InvalidInputError(problems, source, hint if set(tree) <= set(MEASUREMENT) and tree else "")
    config: RunConfig = build(RunConfig, draft)
    return config


def read_tables(tree: Mapping[str, Any], problems: list[Problem]) -> Draft:
    """Accept or refuse every key of some tables of an input file."""
    known = entries(RunConfig)
    return {name: _read_entry(known[name][1], value, name, problems) for name, value in tree.items()}


def _read_table(cls: type[Any], raw: object, path: str, problems: list[Problem]) -> Draft | Any:
    """Accept or refuse every key of a table."""
    if not isinstance(raw, Mapping):
        problems.append(Problem(path, f"found {shown(raw)}", f"a table [{path}]", whole=True))
        return REFUSED
    known = entries(cls)
    draft: Draft = {}
    for name, value in raw.items():
        here = f"{path}.{name}" if path else name
        if name in known:
            draft[name] = _read_entry(known[name][1], value, here, problems)
        else:
            problem = _unknown(name, here, tuple(known)) if len(problems) < MAX_SHOWN else Problem(here, "unknown key")
            meant = problem.suggestion.strip('"')
            if meant in known and meant not in raw:
                draft[meant] = REFUSED  # misspelt, not missing
                problem = dataclasses.replace(problem, whole=not is_value(known[meant][1]))
            problems.append(problem)
    return draft


def _read_entry(entry: Entry, value: object, path: str, problems: list[Problem]) -> Any:
    match entry:
        case Key():
            return _read_value(entry, value, path, problems)
        case Table():
            return _read_table(entry.cls, value, path, problems)
        case TableList():
            return _read_list(entry, value, path, problems)
        case TableMap() | TableMenu():
            return _read_named(entry, value, path, problems)


def _read_value(entry: Key, value: object, path: str, problems: list[Problem]) -> Any:
    accepted = entry.value.accept(value)
    if accepted is REFUSED:
        allowed = entry.value.allowed()
        if isinstance(value, int) and value > INT64:  # which is no TOML, and a limit that allowed() leaves unsaid
            allowed += f", at most {INT64}"
        problems.append(Problem(path, f"found {shown(value)}", allowed, _meant(entry, value)))
    return accepted


def _meant(entry: Key, value: object) -> str:
    """Return the quoted word that the first wrong string in a value was probably meant to be."""
    words = entry.value.words()
    candidates = value if isinstance(value, list) else [value]
    for candidate in candidates:
        if isinstance(candidate, str) and candidate not in words:
            return meant_value(candidate, words)
    return ""


def _read_list(entry: TableList, value: object, path: str, problems: list[Problem]) -> Any:
    if not isinstance(value, list | tuple):
        allowed = f"an array of tables [[{_unnumbered(path)}]]"
        problems.append(Problem(path, f"found {shown(value)}", allowed, whole=True))
        return REFUSED
    if len(value) < entry.at_least:
        problems.append(Problem(path, "found no entry", f"one or more tables [[{_unnumbered(path)}]]"))
    return [_read_table(entry.cls, item, f"{path}.{i + 1}", problems) for i, item in enumerate(value)]


def _read_named(entry: TableMap | TableMenu, value: object, path: str, problems: list[Problem]) -> Any:
    if not isinstance(value, Mapping):
        problems.append(Problem(path, f"found {shown(value)}", f"tables [{path}.NAME]", whole=True))
        return REFUSED
    draft: Draft = {}
    for name, item in value.items():
        here = f"{path}.{name}"
        if isinstance(entry, TableMap):
            draft[name] = _read_table(entry.cls, item, here, problems)
        elif (kind := entry.kind_of(name)) is None:
            problems.append(_once(unknown_observable(name, here, item), problems))
        elif isinstance(item, list):
            allowed = f"a table [{here}], a second one [{path}.PREFIX_{kind}]"
            problems.append(Problem(here, f"found {shown(item)}", allowed, whole=True))
        else:
            draft[name] = _read_table(entry.table(name), item, here, problems)
    return draft


def _unnumbered(path: str) -> str:
    return ".".join(part for part in path.split(".") if not part.isdigit())


def _unknown(name: str, path: str, known: tuple[str, ...], *, listed: bool = False) -> Problem:
    """Describe an unknown key; suggest a near name, a synonym, or the table where the key belongs."""
    word = KEYS.get(path.lower()) or KEYS.get(name.lower()) or nearest(name, known) or name
    allowed = quoted(known) if listed else ""
    if word in known:
        return Problem(path, "unknown key", allowed, f'"{word}"')
    homes = [home for home in defaults.homes().get(word, ()) if home != path]
    return Problem(path, "unknown key", allowed or quoted(known), " or ".join(homes[:3]))


def _once(problem: Problem, before: list[Problem]) -> Problem:
    """The problem, what is allowed shortened where an earlier one has said the same."""
    same = next((one for one in before if one.allowed and one.allowed == problem.allowed), None)
    return problem if same is None else dataclasses.replace(problem, allowed=f"as for {same.path}")


def unknown_observable(name: str, path: str, raw: object = None) -> Problem:
    """Describe a table of observables, with what it holds, that has a name that means none."""
    problem = _unknown(OTHER_NAMES.get(name.lower(), name), path, tuple(OBSERVABLES), listed=True)
    allowed, kind = f"{problem.allowed}, or PREFIX_ before one of these for a second table of it", None
    if isinstance(raw, Mapping):
        said = (raw.get("kind"), raw.get("observable"))
        kind = next((word for word in said if isinstance(word, str) and word in OBSERVABLES), None)
    if kind is not None and observable_kind(f"{name}_{kind}") == kind:
        return dataclasses.replace(problem, allowed=allowed, suggestion=f'"{name}_{kind}"')
    if kind is None and not name.endswith(tuple(f"_{one}" for one in OBSERVABLES)):
        return dataclasses.replace(problem, allowed=allowed)
    prefix = "a letter, then letters, digits, _, and no observable in it"
    allowed = f"{problem.allowed}, or one of these after PREFIX_: {prefix}"
    return dataclasses.replace(problem, allowed=allowed, suggestion="")


@dataclass(frozen=True)
class MeasuredTables:
    """Tables by name that observables may name: those of the links that they see, and valence quarks; photon fields.

    Valence quarks are as they were written, in ``source``; :func:`valence_quarks` completes them for a lattice.
    """

    network: Mapping[str, NetworkConfig] = dataclasses.field(default_factory=dict)
    flow: Mapping[str, FlowConfig] = dataclasses.field(default_factory=dict)
    smearing: Mapping[str, SmearingConfig] = dataclasses.field(default_factory=dict)
    projection: Mapping[str, ProjectionConfig] = dataclasses.field(default_factory=dict)
    valence: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    photons: PhotonsConfig | None = None
    source: Source = dataclasses.field(default_factory=Source)


def measured_tables(tree: Mapping[str, Any], source: Source | None = None) -> MeasuredTables:
    """Check the tables of links (``network``, ``flow``, ...) and of photons of a dictionary that is no complete input.

    Raises
    ------
    InvalidInputError
        With every problem found.
    """
    problems: list[Problem] = []
    draft = read_tables({name: tree.get(name, {}) for name in ("network", "flow", "smearing", "projection")}, problems)
    draft |= read_tables({"photons": tree["photons"]} if "photons" in tree else {}, problems)
    defaults.complete_tables(draft, draft, problems)
    for rule in (*NETWORK_RULES, flow_names, flow_steps, *SMEARING_RULES, *PROJECTION_RULES):
        problems.extend(rule(draft))
    if problems:
        raise InvalidInputError(problems, source or Source())
    networks = {name: build(NetworkConfig, item) for name, item in draft["network"].items()}
    flows = {name: build(FlowConfig, item) for name, item in draft["flow"].items()}
    smeared = {name: build(SmearingConfig, item) for name, item in draft["smearing"].items()}
    projected = {name: build(ProjectionConfig, item) for name, item in draft["projection"].items()}
    photons = build(PhotonsConfig, draft["photons"]) if "photons" in draft else None
    return MeasuredTables(networks, flows, smeared, projected, tree.get("valence", {}), photons, source or Source())


def lattice_of(given: object, source: Source) -> LatticeConfig:
    """Check the table ``lattice`` of a dictionary that is no complete input file.

    Raises
    ------
    InvalidInputError
        With every problem found.
    """
    problems: list[Problem] = []
    draft = read_tables({"lattice": given}, problems)
    defaults.complete_tables(draft, draft, problems)
    for rule in (planes_of_twist, *LATTICE_RULES):
        problems.extend(rule(draft))
    if problems:
        raise InvalidInputError(problems, source)
    found: LatticeConfig = build(LatticeConfig, draft["lattice"])
    return found


def valence_quarks(
    tables: MeasuredTables, shape: Sequence[int], group: str, time: str = "periodic"
) -> dict[str, ValenceConfig]:
    """Check valence quarks and complete them for a lattice; ``time`` is its key of that name.

    Raises
    ------
    InvalidInputError
        With every problem found, such as an operator that does not exist on this lattice.
    """
    problems: list[Problem] = []
    draft: Draft = {"lattice": {"shape": tuple(shape), "group": group, "time": time}}
    draft |= read_tables({"valence": tables.valence}, problems)
    draft["photons"] = None if tables.photons is None else as_tree(tables.photons)
    derive_valence(draft)
    defaults.complete_tables(draft, ("valence",), problems)
    for rule in QUARK_RULES:
        problems.extend(rule(draft))
    if problems:
        raise InvalidInputError(problems, tables.source)
    return {name: build(ValenceConfig, item) for name, item in draft["valence"].items()}


def build(cls: type[Any], draft: Draft) -> Any:
    """Make the dataclass of a complete draft (TOML names to field names, lists to tuples)."""
    fields: dict[str, Any] = {}
    for name, (field, entry) in entries(cls).items():
        value = draft.get(name)
        match entry:
            case Key():
                fields[field] = value
            case Table():
                fields[field] = None if value is None else build(entry.cls, value)
            case TableList():
                fields[field] = tuple(build(entry.cls, item) for item in value or ())
            case TableMap():
                fields[field] = {key: build(entry.cls, item) for key, item in (value or {}).items()}
            case TableMenu():
                fields[field] = {key: build(entry.table(key), item) for key, item in (value or {}).items()}
    return cls(**fields)


def observable(
    name: str, given: Mapping[str, Any], dims: int, quarks: Mapping[str, QuarkConfig] | None = None
) -> Any:
    """Make the options of one observable outside an input file.

    Parameters
    ----------
    name
        Name of the table: "plaquette", "polyakov", ..., or one of these after a prefix.
    given
        Options by their names in the input file.
    dims
        Number of dimensions of the configurations.
    quarks
        Fermions of the action ("1", "2", ...) and valence quarks by name (`lqcdnn.config.rules.valence.quarks_of`),
        which the option ``fermion`` may name; mass, boundary, phases and flavours are those of the one named, where not
        given. None: staggered.

    Raises
    ------
    InvalidInputError
        For an unknown name or a wrong or missing option.
    """
    problems: list[Problem] = []
    path = f"observables.{name}"
    kind = observable_kind(name)
    if kind is None:
        raise InvalidInputError([unknown_observable(name, path)], Source("observables"))
    draft = _read_table(OBSERVABLES[kind], given, path, problems)
    of_all = ("kind", "mass", "boundary", "theta", "flavors", "chemical_potential", "diquark_source", "rho")
    known = (*of_all, "r", "anisotropy", "nu", "twisted_mass", "mass_splitting", "representation", "charge", *FLUX_KEYS)
    every = {word: {key: getattr(quark, key, None) for key in known} for word, quark in (quarks or {}).items()}
    if kind in FERMIONIC:
        problems.extend(name_quark(path, kind, draft, tuple(every)))
        problems.extend(name_second(path, draft, every))
    fermion = quark_of(every, draft)
    defaults.complete_observable(name, draft, dims, fermion, problems)
    if kind in FERMIONIC:
        problems.extend(direction_problems(path, draft, dims))
        problems.extend(overlap_problems(path, kind, *both_quarks(every, draft).values()))
        problems.extend(quark_mass_problems(path, draft, fermion, dims))
        for key in SECOND:
            problems.extend(quark_mass_problems(path, draft, second_of(every, draft), dims, f"{key}_mass"))
        problems.extend(quarks_at_density(path, kind, draft, every))
        problems.extend(quarks_with_twisted_mass(path, kind, draft, every))
        problems.extend(represented_problems(path, kind, draft, every))
        problems.extend(quarks_in_field(path, kind, draft, every))
    problems.extend(_of_kind(path, kind, draft, fermion, dims))
    if kind == "meson_mixing":
        problems.extend(mixing_problems(path, draft, tuple(both_quarks(every, draft).values()), dims))
    if problems:
        raise InvalidInputError(problems, Source("observables"))
    return build(OBSERVABLES[kind], draft)


def _of_kind(path: str, kind: str, draft: Draft, fermion: Draft | None, dims: int) -> Iterator[Problem]:
    """What an observable is of and how it is measured do not go together."""
    if kind == "flow":
        yield from at_table(path, kind, flow_problems(draft, dims))
    if kind in COUNTED:
        yield from averaging_problems(path, kind, draft, None)
    if kind in SMEARED:
        yield from source_problems(path, kind, draft, fermion, dims)
        yield from phase_problems(path, kind, draft)
    if kind in CURRENTS:
        yield from current_problems(path, kind, draft, fermion, None, None, dims)
    if kind == "vector_correlator":
        yield from vector_problems(path, draft, fermion, dims)
    if kind == "distillation":
        yield from distillation_problems(path, draft, fermion["kind"] if fermion else "staggered", dims)
    if kind in IN_MOMENTUM_SPACE:
        yield from kind_problems(path, fermion)
    if kind == "quark_fluctuations":
        yield from fluctuation_problems(path, draft, fermion["kind"] if fermion else "staggered")
    if kind == "flowed_quarks":
        yield from flowed_problems(path, draft, fermion, dims)
    if kind == "quark_loops":
        yield from loop_problems(path, draft, fermion["kind"] if fermion else "staggered", dims, None, fermion)
