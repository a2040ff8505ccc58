"""Defaults: literal ones from the schema, and those that follow from other keys."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from lqcdnn.config.language.keys import REQUIRED, Key, Table, TableList, TableMap, TableMenu, entries, is_value
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.values import REFUSED, quoted
from lqcdnn.config.rules.averaging import derive_exact
from lqcdnn.config.rules.everyfermion import of_another_kind
from lqcdnn.config.rules.glueballs import default_channels, default_loops
from lqcdnn.config.rules.quarkdefaults import default_boundary, derive_quark, derive_rational, derive_valence
from lqcdnn.config.rules.quarkloops import default_loop_channels
from lqcdnn.config.rules.smd import derive_smd
from lqcdnn.config.rules.topology import default_definition
from lqcdnn.config.rules.valence import is_of_action, name_quark, name_second, quark_of, quarks
from lqcdnn.config.tables.anisotropy import derive_flows
from lqcdnn.config.tables.bias import derive_bias
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables
from lqcdnn.config.tables.gauge_actions import SYMANZIK_SPACE
from lqcdnn.config.tables.llr import derive_llr
from lqcdnn.config.tables.networks import ADAM_RATE, COUPLING_VARIANCE, WEIGHT_VARIANCE
from lqcdnn.config.tables.observables import FERMIONIC, MULTILEVEL, observable_kind, table_of
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.config.tables.smearings import derive_smearings
from lqcdnn.config.tables.starts import derive_instanton, derive_refinement
from lqcdnn.config.tables.surrogates import derive_surrogates


def complete(draft: Draft, problems: list[Problem]) -> None:
    """Fill every default of a draft in place; report missing keys and keys of another variant."""
    _inherit_guide(draft)
    _refuse_levels(draft, problems)
    _drop_single_level(draft, problems)
    derive(draft, problems)
    _fill(RunConfig, draft, "", problems)
    _derive_from_run(draft)
    missing = {problem.path for problem in problems if problem.message == "missing"}
    misplaced = {problem.path for problem in problems if problem.of_another}
    problems[:] = [
        problem
        for problem in problems
        if not _missing_in_action(problem, missing)
        and not _misplaced_in_action(problem, misplaced)
        and not _of_no_such_quark(problem, draft)
    ]


def _missing_in_action(problem: Problem, missing: set[str]) -> bool:
    """Say whether a key is missing in [guide] only because [action] lacks it: that is reported once."""
    if problem.message != "missing" or not problem.path.startswith("guide."):
        return False
    parts = ["action", *problem.path.split(".")[1:]]
    return any(".".join(parts[:length]) in missing for length in range(1, len(parts) + 1))


def _misplaced_in_action(problem: Problem, misplaced: set[str]) -> bool:
    """Say whether a key of another variant stands in [guide] too, most likely inherited: that is reported once."""
    guide, _, rest = problem.path.partition(".")
    return problem.path in misplaced and guide == "guide" and f"action.{rest}" in misplaced


def _of_no_such_quark(problem: Problem, draft: Draft) -> bool:
    """Say whether a key is wrong because its guide fermion stands for none in [action], or for one of another kind.

    That is reported: their numbers differ, or the kind.
    """
    parts = problem.path.split(".")
    if parts[:2] != ["guide", "fermion"] or len(parts) < 4:
        return False
    extra = problem.message == "missing" and int(parts[2]) > len(tables(draft, "action", "fermion"))
    return extra or of_another_kind(draft, problem.path)


def _inherit_guide(draft: Draft) -> None:
    """Give each key left out in [guide] its value in [action]."""
    guide, action = good(draft.get("guide")), part(draft, "action")
    if guide is None:
        return
    gauge = guide.setdefault("gauge", {})
    if isinstance(gauge, dict):
        merged = {**part(action, "gauge"), **gauge}
        for name, kind in (("c1", "rectangle"), ("us", SYMANZIK_SPACE), ("ut", SYMANZIK_SPACE)):
            if merged.get("kind") != kind and name not in gauge:
                merged.pop(name, None)
        guide["gauge"] = merged
    if "theta" in action and isinstance(guide.setdefault("theta", {}), dict):
        guide["theta"] = {**part(action, "theta"), **guide["theta"]}
    if "custom" in action and isinstance(guide.setdefault("custom", {}), dict):
        own = guide["custom"]  # another file has parameters of its own
        guide["custom"] = own if "file" in own else {**part(action, "custom"), **own}
    exact_fermions = tables(action, "fermion")
    given = good(guide.setdefault("fermion", [{} for _ in exact_fermions]))
    if given is None:
        return
    for i, fermion in enumerate(given):
        if isinstance(fermion, dict) and i < len(exact_fermions):
            given[i] = {**_without_replaced(exact_fermions[i], fermion), **fermion}


def _without_replaced(exact: Draft, fermion: Draft) -> Draft:
    """Drop from ``exact`` what ``fermion`` replaces under another name: mass or kappa, heavier masses or larger twisted
    ones of mass preconditioning, coefficients of improvements.
    """
    replaced: dict[str, tuple[str, ...]] = {
        "mass": ("kappa",),
        "kappa": ("mass",),
        "hasenbusch": ("hasenbusch_twisted_mass",),
        "hasenbusch_twisted_mass": ("hasenbusch",),
    }
    if fermion.get("improvement", exact.get("improvement")) != exact.get("improvement"):
        replaced["improvement"] = ("naik_epsilon", "u0")
    gone = {other for name, others in replaced.items() if name in fermion for other in others if other not in fermion}
    return {name: value for name, value in exact.items() if name not in gone}


def _refuse_levels(draft: Draft, problems: list[Problem]) -> None:
    """Only HMC has an integrator; ``lambda`` and the levels depend on ``kind`` through it."""
    update = part(draft, "update")
    for name in ("lambda", "level"):
        if update.get("kind") in ("heatbath", "slmc") and name in update:
            del update[name]
            found = 'belongs to kind = "hmc", which is not chosen here'
            problems.append(Problem(f"update.{name}", found, of_another=True))


def _drop_single_level(draft: Draft, problems: list[Problem]) -> None:
    """Where levels are written, the keys of the single level must not be, and stay None."""
    update = part(draft, "update")
    if not tables(update, "level"):
        return
    for name in ("steps", "integrator", "lambda"):
        if name in update:
            problems.append(Problem(f"update.{name}", "given together with [[update.level]]", "one of the two"))
        update[name] = None


def derive(draft: Draft, problems: list[Problem]) -> None:
    """Fill defaults that follow from keys the user must give."""
    for side in ("action", "guide"):
        for fermion in tables(draft, side, "fermion"):
            derive_rational(fermion, dims_of(draft))
            derive_quark(fermion, draft)
    derive_valence(draft)
    derive_instanton(draft)
    derive_refinement(draft)
    derive_smearings(draft)
    derive_surrogates(draft)
    derive_bias(draft)
    derive_llr(draft)
    derive_flows(draft)
    every = quarks(draft)
    for path, kind, options in observed(draft):
        if kind in FERMIONIC:
            problems.extend(name_quark(path, kind, options, tuple(every)))
            problems.extend(name_second(path, options, every))
        _derive_observable(kind, options, dims_of(draft), quark_of(every, options))
        if kind in (MULTILEVEL, "schroedinger") and "action" in draft:
            options.setdefault("beta", part(draft, "action", "gauge").get("beta", REFUSED))
        if kind == "schroedinger" and (ct := part(draft, "action", "gauge").get("ct")) is not None:
            options.setdefault("ct", ct)
    if part(draft, "update").get("kind") in ("heatbath", "slmc"):
        group = good(part(draft, "lattice").get("group"))
        algorithm = "best_fisher" if group == "U(1)" else "kennedy_pendleton"
        part(draft, "update").setdefault("algorithm", algorithm if group else REFUSED)
    derive_smd(draft)
    if good(draft.get("train")) is not None:
        _derive_train(draft)


def _derive_train(draft: Draft) -> None:
    """What is trained, and how fast: the rate of sgd depends on the action, that of the others does not."""
    networks, train = part(draft, "network"), part(draft, "train")
    if good(train.get("base_beta")) is not None and len(networks) == 1:
        train.setdefault("network", next(iter(networks)))
        if good(train.get("loss")) != "force":
            train.setdefault("couplings", ("constant",))
    couplings = good(train.get("couplings")) or ()
    for name in couplings:
        _derive_coefficient(name, tables(draft, "guide", "fermion"))
    if "couplings" in train:
        train.setdefault("network", None)
    elif len(networks) == 1:
        train.setdefault("network", next(iter(networks)))
    least_squares = COUPLING_VARIANCE if set(couplings) - {"constant"} else WEIGHT_VARIANCE
    rates = {"adam": ADAM_RATE, "least_squares": least_squares}
    if (rate := rates.get(good(train.get("optimizer")) or "")) is not None:
        train.setdefault("rate", rate)


def _derive_coefficient(name: str, fermions: list[Draft]) -> None:
    """A coefficient that is trained starts at 1; see the rules for a name without its fermion."""
    what, _, number = name.partition(".")
    if what == "fermion" and int(number) <= len(fermions):
        fermions[int(number) - 1].setdefault("coefficient", 1.0)


def _derive_observable(kind: str, options: Draft, dims: int | None, fermion: Draft | None) -> None:
    """Take mass, boundary, phases, flavours from a fermion, the rest from the dimensions; few observables have all."""
    if fermion is not None:
        taken = {name: fermion.get(name, REFUSED) for name in ("mass", "boundary", "flavors")}
        taken["theta"] = fermion.get("theta")  # None without
        name = options["fermion"]
        if kind == "reweighting" and (name is REFUSED or not is_of_action(name)):
            mass = taken.pop("mass")  # not that of the configurations: where the weights lead
            taken["masses"] = REFUSED if mass is REFUSED else (mass,)
        for name, value in taken.items():
            options.setdefault(name, value)
    options.setdefault("boundary", default_boundary(dims) if dims else REFUSED)
    options.setdefault("definition", default_definition(dims) if dims else REFUSED)
    derive_exact(kind, options)
    if kind == "glueballs":
        options.setdefault("channels", default_channels(dims) if dims else REFUSED)
        options.setdefault("loops", default_loops(dims) if dims else REFUSED)
    if kind == "quark_loops":
        options.setdefault("channels", default_loop_channels(dims) if dims else REFUSED)


def complete_observable(name: str, options: Draft, dims: int, fermion: Draft | None, problems: list[Problem]) -> None:
    """Fill the defaults of the options of one observable in place."""
    _derive_observable(observable_kind(name) or name, options, dims, fermion)
    _fill(table_of(name), options, f"observables.{name}", problems)


def complete_tables(draft: Draft, names: Iterable[str], problems: list[Problem]) -> None:
    """Fill the literal defaults of some tables of the input (``network``, ``flow``, ...) in place."""
    for name in names:
        for key, cls, item in _inside(entries(RunConfig)[name][1], draft[name]):
            _fill(cls, item, f"{name}.{key}" if key else name, problems)


def _derive_from_run(draft: Draft) -> None:
    """Fill defaults that follow from completed tables."""
    train = part(draft, "train")
    if train.get("mode") == "online" and train.get("thermalization") is None:
        train["thermalization"] = part(draft, "run").get("thermalization", 0)
    analyze = part(draft, "analyze")
    if analyze.get("observables") is None:
        analyze["observables"] = tuple(part(draft, "observables"))


# Derived keys that have a value for every valid input and are filled after the literal defaults.
_FILLED_LATER = ("train.thermalization", "analyze.observables")


def _fill(cls: type[Any], draft: Draft, path: str, problems: list[Problem]) -> None:
    """Fill literal defaults of a table and of all tables in it."""
    for name, (_, entry) in entries(cls).items():
        here = f"{path}.{name}" if path else name
        if is_value(entry):
            _fill_key(entry, draft, here, problems)
            continue
        if name not in draft:
            _fill_table(entry, draft, here, problems)
        for key, inner, item in _inside(entry, draft[name]):
            _fill(inner, item, f"{here}.{key}" if key else here, problems)


def _fill_key(entry: Key, draft: Draft, path: str, problems: list[Problem]) -> None:
    if entry.when is not None and not entry.when.holds(draft):
        decided = draft.get(entry.when.key, REFUSED) is not REFUSED  # None: a key of another variant, or left out
        if decided and draft.get(entry.name) not in (None, REFUSED):
            problems.append(Problem(path, f"belongs to {entry.when}, which is not chosen here", of_another=True))
        draft[entry.name] = None
    elif entry.name not in draft:
        if entry.default is not REQUIRED:
            draft[entry.name] = entry.default
        elif path not in _FILLED_LATER:
            problems.append(Problem(path, "missing", entry.value.allowed()))


def _fill_table(entry: Any, draft: Draft, path: str, problems: list[Problem]) -> None:
    """Put an absent table in place: empty, or None, or report that it is missing."""
    if isinstance(entry, TableList):
        draft[entry.name] = []
        if entry.at_least:
            problems.append(Problem(path, "missing", f"one or more tables [[{path}]]", whole=True))
    elif isinstance(entry, Table) and entry.required:
        needed = [name for name, (_, key) in entries(entry.cls).items() if _is_needed(key)]
        problems.append(Problem(path, "missing", f"a table [{path}] with {quoted(needed)}", whole=True))
        draft[entry.name] = REFUSED
    else:
        draft[entry.name] = None if isinstance(entry, Table) and entry.optional else {}


def _is_needed(entry: Any) -> bool:
    if isinstance(entry, Table):
        return entry.required
    return isinstance(entry, Key) and entry.default is REQUIRED and not entry.derived and entry.when is None


def _inside(entry: Any, value: Any) -> Iterator[tuple[str, type[Any], Draft]]:
    """Yield (name or number, class, draft) of every usable table below an entry."""
    if isinstance(entry, Table) and isinstance(value, dict):
        yield "", entry.cls, value
    elif isinstance(entry, TableList) and isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, dict):
                yield str(i + 1), entry.cls, item
    elif isinstance(entry, TableMap | TableMenu) and isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, dict):
                yield name, entry.cls if isinstance(entry, TableMap) else entry.table(name), item


@functools.cache
def homes() -> dict[str, tuple[str, ...]]:
    """Map each key name to the dotted keys that have it, to say where a misplaced key belongs."""
    found: dict[str, tuple[str, ...]] = {}
    for path in schema_paths():
        name = path.rpartition(".")[2]
        found[name] = (*found.get(name, ()), path)
    return found


def schema_paths(cls: type[Any] = RunConfig, path: str = "") -> Iterator[str]:
    """Yield every dotted key of the input file, with NAME for names of the user's choice."""
    for name, (_, entry) in entries(cls).items():
        here = f"{path}.{name}" if path else name
        yield here
        match entry:
            case Table() | TableList():
                yield from schema_paths(entry.cls, here)
            case TableMap():
                yield from schema_paths(entry.cls, f"{here}.NAME")
            case TableMenu():
                for option, inner in entry.menu.items():
                    yield f"{here}.{option}"
                    yield from schema_paths(inner, f"{here}.{option}")
