"""Which quark an observable measures: a fermion of the action by its number, or a ``[valence.NAME]`` table by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import REFUSED, nearest, quoted
from lqcdnn.config.tables.drafts import Draft, good, part, tables

if TYPE_CHECKING:
    from lqcdnn.config.tables.fermions import QuarkConfig
    from lqcdnn.config.tables.schema import ActionConfig

FIRST = "1"
"""What observables call the first fermion of the action."""

SECOND = {"antiquark": "antiquark", "strange": "strange quark"}
"""Keys that name a second quark, of mesons and of baryons, and what it is called."""


def is_of_action(name: str | None) -> bool:
    """Say whether an observable of a quark of this name, or of none, is not one of a valence quark."""
    return name is None or name.isdecimal()


def quarks(draft: Draft) -> dict[str, Draft]:
    """Tables of a draft by what observables call them: "1", "2", ... of the action, then valence quarks."""
    action = {str(i): fermion for i, fermion in enumerate(tables(draft, "action", "fermion"), 1)}
    return action | {name: part(draft, "valence", name) for name in part(draft, "valence")}


def quarks_of(action: ActionConfig | None, valence: Mapping[str, QuarkConfig]) -> dict[str, QuarkConfig]:
    """The same for an action, or none, and tables that are complete."""
    fermions: Sequence[QuarkConfig] = action.fermion if action is not None else ()
    return {str(i): fermion for i, fermion in enumerate(fermions, 1)} | dict(valence)


def quark_of(every: Mapping[str, Draft], options: Draft) -> Draft | None:
    """The table of the quark of an observable, empty where its name was refused; None: a staggered field."""
    name = options.get("fermion")
    return None if name is None else every.get(str(good(name)), {})


def kind_of(quark: Draft | None) -> Any:
    """The kind of such a table; None: not known."""
    return "staggered" if quark is None else good(quark.get("kind"))


def name_quark(path: str, kind: str, options: Draft, known: Sequence[str]) -> Iterator[Problem]:
    """Fill the key ``fermion`` of an observable of a Dirac operator in place; report a name that means no quark.

    Parameters
    ----------
    path, kind, options
        Dotted key of the table, the observable, the table itself.
    known
        Names of :func:`quarks`. Weights are those of a valence quark only where it is named: they change the ensemble.
    """
    key = f"{path}.fermion"
    given = options.get("fermion")
    if given is None:
        names = [name for name in known if is_of_action(name) or kind != "reweighting"]
        if FIRST in names or len(names) == 1:
            options["fermion"] = FIRST if FIRST in names else names[0]
        elif names:
            options["fermion"] = REFUSED
            yield Problem(key, f"missing, and there are {len(names)} valence quarks", quoted(names))
    elif given is not REFUSED and given not in known:
        options["fermion"] = REFUSED
        yield _no_fermion(key, given, known)


def _no_fermion(key: str, given: str, known: Collection[str]) -> Problem:
    word, allowed = nearest(given, known), quoted(known) or "a fermion of the action, or one of [valence]"
    return Problem(key, f'no fermion "{given}"', allowed, f'"{word}"' if word else "")


def second_key(options: Mapping[str, object]) -> str:
    """The key of :data:`SECOND` that names a quark; the first where none does."""
    return next((key for key in SECOND if options.get(key) is not None), "antiquark")


def second_of(every: Mapping[str, Draft], options: Draft) -> Draft | None:
    """The table of the second quark of hadrons, that of the first where none is named (see :func:`quark_of`)."""
    name = options.get(second_key(options))
    return quark_of(every, options) if name is None else every.get(str(good(name)), {})


def both_quarks(every: Mapping[str, Draft], options: Draft) -> dict[str, Draft | None]:
    """:func:`quark_of` and :func:`second_of` by what messages call them; the first is "fermion"."""
    return {"fermion": quark_of(every, options), SECOND[second_key(options)]: second_of(every, options)}


def name_second(path: str, options: Draft, every: Mapping[str, Draft]) -> Iterator[Problem]:
    """Fill mass and phases of the second quark in place; report a name or a quark that does not go with the first.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table with its key ``fermion`` (see :func:`name_quark`).
    every
        Quarks by name, with kind, mass, boundary and phases.
    """
    name = second_key(options)
    given, key = options.get(name), f"{path}.{name}"
    if given is None:
        return
    if given is not REFUSED and given not in every:
        options[name] = REFUSED
        yield _no_fermion(key, given, every)
    one, other = quark_of(every, options) or {}, second_of(every, options) or {}
    options.setdefault(f"{name}_mass", other.get("mass", REFUSED))
    if name == "antiquark":
        own = good(options.get("theta", one.get("theta")))
        options.setdefault("antiquark_theta", other.get("theta") or (own and (0.0,) * len(own)))
    elif any(angles := good(other.get("theta")) or ()):
        yield Problem(key, f"found a quark with theta = {shown(list(angles))}", "quarks without phases at the boundary")
    kinds = [good(quark.get("kind")) for quark in (one, other)]
    if all(kinds) and kinds.count("staggered") == 1:
        options[name] = REFUSED
        allowed = ("" if name == "strange" else "two staggered quarks, or ") + "two with spin components"
        yield Problem(key, f'found "{given}", {kinds[1]}, beside {kinds[0]} fermions', allowed)
    signs = [good(quark.get("boundary")) for quark in (one, other)]
    if all(signs) and signs[0] != signs[1] and "boundary" not in options:
        options["boundary"] = REFUSED
        found = f"missing, and the two quarks have different ones, {shown(list(signs[0]))} and {shown(list(signs[1]))}"
        yield Problem(f"{path}.boundary", found, "the boundary signs of both in these hadrons")


def valence_names(draft: Draft) -> Iterator[Problem]:
    """A valence quark has a name that is not the number of a fermion."""
    for name in part(draft, "valence"):
        plain = name.replace("-", "").replace("_", "")
        if not plain.isalnum() or not name.isascii() or name.isdecimal():
            yield Problem(f"valence.{name}", "not a name for a quark", 'letters, digits, "-" and "_", and no number')
