"""The registry of observables: a dictionary filled where each observable is defined.

A new observable is a dataclass of options in the input-file schema, one file here, and its line in ``runner``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from lqcdnn.config.language.keys import entries
from lqcdnn.config.language.problems import InvalidInputError, Problem, Source
from lqcdnn.config.tables.measured import Measured
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice

Values = dict[str, Any]
"""What one measurement found: real numbers, lists of them, or None for what the lattice does not have."""


class Observable(Protocol):
    """Something that can be measured on links, with its options fixed."""

    def description(self) -> Values:
        """What the numbers depend on besides the links (mass, method, ...), as written beside each of them."""

    def check(self, lattice: Lattice, group: Group) -> None:
        """Raise InputError where it cannot be measured."""

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """Measure on links U [d, block]; ``stream`` gives the random numbers of this configuration."""


Maker = Callable[..., Observable]
_Kind = TypeVar("_Kind", bound=Maker)

OBSERVABLES: dict[str, Maker] = {}
"""Observable -> maker (options of the schema; the fermion it is an observable of, None without one; the second quark,
where the options name one)."""


def own_options(options: Measured) -> Values:
    """The options of an observable by key but for those that the runner sees to: common ones, quark, whose noise."""
    common = {*entries(Measured), "fermion", "common_noise"}
    return {name: value for name, value in as_tree(options).items() if name not in common}


def refuse(problems: Iterable[Problem]) -> None:
    """Raise InputError that says why an observable cannot be measured, if there is a reason."""
    if found := list(problems):
        raise InvalidInputError(found, Source("observables"))


def observable(name: str) -> Callable[[_Kind], _Kind]:
    """Register a class (or function) that makes the observable ``name`` from its options."""

    def register(maker: _Kind) -> _Kind:
        OBSERVABLES[name] = maker
        return maker

    return register
