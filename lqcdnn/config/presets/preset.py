"""What a ready-made input is, and how one is made from another."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.toml import write_toml

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preset:
    """A named input: one line on what it is, lines for the top of the file, and its keys."""

    summary: str
    header: tuple[str, ...]
    tree: Tree

    def text(self) -> str:
        """Write the commented input file."""
        return write_toml(self.tree, (self.summary + ".", *self.header), comments=True)


def merge(base: Tree, changes: Tree) -> Tree:
    """Return a copy of ``base`` with tables merged and everything else replaced by ``changes``."""
    merged = copy.deepcopy(base)
    for name, value in changes.items():
        old = merged.get(name)
        merged[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


ALL_OBSERVABLES: Tree = {
    "plaquette": {"every": 1},
    "polyakov": {"every": 1},
    "condensate": {"every": 10, "method": "exact"},
}
