"""An input that measures files and has neither run nor action: its tables, and their check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lqcdnn.config.check import build, read_tables
from lqcdnn.config.language.problems import InvalidInputError, Problem, Source
from lqcdnn.config.language.values import REFUSED
from lqcdnn.config.rules import between_keys, defaults
from lqcdnn.config.rules.causes import causes
from lqcdnn.config.tables.fermions import ValenceConfig
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.config.tables.networks import NetworkConfig
from lqcdnn.config.tables.observables import ObservableConfig, table_of
from lqcdnn.config.tables.photons import PhotonsConfig
from lqcdnn.config.tables.projections import ProjectionConfig
from lqcdnn.config.tables.schema import MEASUREMENT, LatticeConfig, Observing
from lqcdnn.config.tables.smearings import SmearingConfig


@dataclass(frozen=True)
class FileMeasurement(Observing):
    """Tables of an input that only measures; what follows from the lattice is None where the files say which.

    Attributes
    ----------
    lattice
        Lattice and group that the files must have, or None.
    photons
        How photon fields are drawn, or None.
    valence, network, flow, smearing, projection, observables
        By name, complete.
    """

    lattice: LatticeConfig | None = None
    photons: PhotonsConfig | None = None
    valence: Mapping[str, ValenceConfig] = field(default_factory=dict)
    network: Mapping[str, NetworkConfig] = field(default_factory=dict)
    flow: Mapping[str, FlowConfig] = field(default_factory=dict)
    smearing: Mapping[str, SmearingConfig] = field(default_factory=dict)
    projection: Mapping[str, ProjectionConfig] = field(default_factory=dict)
    observables: Mapping[str, ObservableConfig] = field(default_factory=dict)


def measures_only(tree: Mapping[str, Any]) -> bool:
    """Say whether a parsed input is one for ``lqcdnn measure --configs`` alone; a lattice by itself is a beginning."""
    return set(tree) <= set(MEASUREMENT) and any(tree[name] for name in tree if name != "lattice")


def check_measurement(tree: Mapping[str, Any], source: Source | None = None) -> FileMeasurement:
    """Check an input that only measures, by the rules of a complete one.

    Without a table ``lattice`` what depends on the lattice cannot be checked.

    Raises
    ------
    InvalidInputError
        With every problem found (exit code 2).
    """
    read: list[Problem] = []
    single = ("lattice", "photons")
    draft = read_tables({name: tree[name] for name in single if name in tree}, read)
    draft |= read_tables({name: tree.get(name, {}) for name in MEASUREMENT if name not in single}, read)
    filled: list[Problem] = []
    defaults.derive(draft, filled)
    defaults.complete_tables(draft, draft, filled)
    if problems := causes(read, filled, between_keys.found(draft, read)):
        raise InvalidInputError(problems, source or Source())
    known = {name: _known(table) for name, table in draft.items()}
    classes = {
        "valence": ValenceConfig,
        "network": NetworkConfig,
        "flow": FlowConfig,
        "smearing": SmearingConfig,
        "projection": ProjectionConfig,
    }
    made = {name: {key: build(cls, item) for key, item in known[name].items()} for name, cls in classes.items()}
    made["observables"] = {key: build(table_of(key), item) for key, item in known["observables"].items()}
    lattice, photons = (
        build(cls, known[name]) if name in known else None
        for name, cls in (("lattice", LatticeConfig), ("photons", PhotonsConfig))
    )
    return FileMeasurement(lattice, photons, **made)


def _known(value: Any) -> Any:
    """A draft without the values that wait for a lattice."""
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items() if item is not REFUSED}
    return [_known(item) for item in value] if isinstance(value, list) else value
