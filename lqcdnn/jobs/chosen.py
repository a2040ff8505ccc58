"""Which observables are measured, with which options: those of an input, replaced by those of a command.

A series has numbers that were measured with the same options.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lqcdnn.config import RunConfig, observable
from lqcdnn.config.language.keys import REQUIRED, entries, is_value
from lqcdnn.config.neutral import without_neutral
from lqcdnn.config.rules.valence import quarks_of
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.measured import Measured
from lqcdnn.config.tables.observables import ObservableConfig, observable_kind, prefix_of, table_of
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError
from lqcdnn.measure.gauge.custom import Custom
from lqcdnn.measure.runner import Measurements, links_key, quark_key

Options = Mapping[str, Mapping[str, Any]]
"""Options of observables by name, with the keys of the input file."""

Quarks = Mapping[str, QuarkConfig]
"""Fermions of an action and valence quarks by the names that observables have for them."""


def every_valence(config: RunConfig | None, valence: Quarks) -> dict[str, QuarkConfig]:
    """Valence quarks of the input and others, which win."""
    return {**(config.valence if config is not None else {}), **valence}


def choose(
    names: Sequence[str] | None,
    options: Options,
    dims: int,
    config: RunConfig | None = None,
    valence: Quarks | None = None,
) -> dict[str, ObservableConfig]:
    """Complete options of each observable to measure: those of the input, replaced by the given ones.

    They may name valence quarks of the input or, by name, those given.

    Raises
    ------
    InputError
        For an unknown name, a wrong or missing option, options of an observable that is not measured, or no observable.
    """
    written = {} if config is None else config.observables
    default = list(written) if config is not None else ["plaquette", "polyakov"]
    names = [names] if isinstance(names, str) else names  # not its letters
    chosen = list(dict.fromkeys(names if names is not None else [*default, *options]))
    if not chosen:
        raise InputError("nothing to measure", hint="add [observables.plaquette] to the input, or use --observables")
    if unused := [name for name in options if name not in chosen]:
        name, given = unused[0], options[unused[0]]
        keys = ", ".join(given) if isinstance(given, Mapping) else repr(given)
        hint = f"add {name} to --observables; options of others are given by --set observables.NAME.KEY=VALUE"
        raise InputError(f"options for {name}, which is not measured: {keys}", hint=hint)
    quarks = quarks_of(None if config is None else config.action, every_valence(config, valence or {}))
    of_action: dict[str, float] = {} if config is None else {"beta": config.action.gauge.beta}
    if config is not None and config.action.gauge.anisotropy not in (None, 1.0):
        of_action["anisotropy"] = config.action.gauge.anisotropy
    return {name: _complete(name, written.get(name), options.get(name, {}), dims, quarks, of_action) for name in chosen}


def _complete(
    name: str,
    written: ObservableConfig | None,
    given: Mapping[str, Any],
    dims: int,
    quarks: Quarks,
    of_action: Mapping[str, float],
) -> ObservableConfig:
    if not isinstance(given, Mapping):
        raise InputError(f"observables.{name}: found {given!r}; allowed: a table of options")
    base = {} if written is None else as_tree(written)
    base = {key: value for key, value in base.items() if not _left_behind(name, key, given)}
    keys = entries(table_of(name) if observable_kind(name) else Measured)
    merged = {**{key: value for key, value in of_action.items() if key in keys}, **base, **given}
    known = keys.get("mass")
    if known and is_value(known[1]) and known[1].default is REQUIRED and not quarks and "mass" not in merged:
        raise InputError(f"{name} needs a mass", hint="--mass 0.3, or an input file with a fermion")
    complete: ObservableConfig = observable(name, merged, dims, quarks)
    return complete


def _left_behind(name: str, key: str, given: Mapping[str, Any]) -> bool:
    """Whether an option of the input is of a variant (noise, say) or of a quark that the given options leave."""
    entry = entries(table_of(name))[key][1]
    of_quark = {
        "fermion": ("mass", "boundary", "theta", "flavors"),
        "antiquark": ("antiquark_mass", "antiquark_theta", "boundary"),
        "strange": ("strange_mass", "boundary"),
    }
    left = any(name in given and key in keys for name, keys in of_quark.items())
    return left or bool(is_value(entry) and entry.when and entry.when.key in given and not entry.when.holds(given))


def refuse_other_options(path: Path, records: Sequence[Mapping[str, Any]], name: str, what: Measurements) -> None:
    """Numbers of one series must mean the same; those of a function of the user are told what is there.

    Raises
    ------
    InputError
        If the series of an observable was measured with other options or on other links.
    """
    wanted = {links_key(name): None, quark_key(name): None} | what.description(name)
    for record in records:
        for key, value in wanted.items():
            before = record.get(key)
            if before != value and _plain(before) != _plain(value):
                option, old, new = _first_difference(key, _plain(before), _plain(value))
                raise InputError(
                    f"{path} was measured with {option} = {json.dumps(old)}, now asked for {json.dumps(new)}",
                    hint="restore the option, or move the file away to measure all configurations anew",
                )
    if records and isinstance(made := what.observables[name], Custom):
        made.remember({key.removeprefix(prefix_of(name)): value for key, value in records[-1].items()})


def _plain(value: Any) -> Any:
    """Options without those of operators and flows that say what is so anyhow."""
    if not isinstance(value, Mapping):
        return value
    inside = {name: _plain(item) for name, item in value.items()}
    if "kind" not in value:
        return inside
    said = without_neutral({f"fermion.{name}": item for name, item in inside.items()})
    return {name: item for name, item in inside.items() if f"fermion.{name}" in said}


def _first_difference(key: str, old: Any, new: Any) -> tuple[str, Any, Any]:
    """Dotted key and both values where two options differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*new, *old)):
            if old.get(name) != new.get(name):
                return _first_difference(f"{key}.{name}", old.get(name), new.get(name))
    return key, old, new
