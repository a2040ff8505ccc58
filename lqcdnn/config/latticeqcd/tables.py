"""One table of a parameter file of LatticeQCD.jl, whose keys are taken by name and type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lqcdnn.config.language.problems import shown
from lqcdnn.errors import InputError

_ELSEWHERE = {
    *("Nwing", "log_dir", "logfile", "loadU_dir", "loadU_fromfile", "loadU_filename", "saveU_dir"),
    *("measurement_basedir", "measurement_dir", "verboselevel", "verbose_level", "printvalues", "methodname"),
    *("julian_random_number", "isevenodd", "fermiontype", "Nflow", "hasgradientflow", "MaxCGstep", "eps"),
}
"""Keys that say nothing about the physics, or are read where they belong."""


@dataclass
class GivenTable:
    """One table of the file, whose keys are taken by name and type."""

    file: str
    name: str
    values: Mapping[str, Any]
    taken: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        """Whether a key has a value; "nothing" is Julia's word for none."""
        return bool(self.values.get(key, "nothing") != "nothing")

    def error(self, key: str, allowed: str, hint: str | None = None) -> InputError:
        """What is wrong with the value of a key."""
        found = shown(self.values.get(key, "nothing"))
        return InputError(f'{self.file}: ["{self.name}"] {key}: found {found}; {allowed}', hint)

    def _typed(self, key: str, default: Any, kinds: tuple[type, ...], allowed: str) -> Any:
        self.taken.add(key)
        if not self.has(key):
            return default
        value = self.values[key]
        if not isinstance(value, kinds) or isinstance(value, bool) != (kinds == (bool,)):
            raise self.error(key, f"allowed: {allowed}")
        return value

    def number(self, key: str, default: float | None = None) -> Any:
        """A real number."""
        return self._typed(key, default, (int, float), "a number")

    def integer(self, key: str, default: int | None = None) -> Any:
        """A whole number."""
        return self._typed(key, default, (int,), "an integer")

    def word(self, key: str, default: str | None = None) -> Any:
        """Text."""
        return self._typed(key, default, (str,), "text")

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return self._typed(key, default, (bool,), "true or false") is True

    def several(self, key: str, kinds: tuple[type, ...], allowed: str, default: Any = None) -> Any:
        """A list of values of one kind; one value alone stands for a list of it."""
        self.taken.add(key)
        if not self.has(key):
            return default
        value = self.values[key] if isinstance(self.values[key], list) else [self.values[key]]
        if not value or not all(isinstance(one, kinds) and not isinstance(one, bool) for one in value):
            raise self.error(key, f"allowed: {allowed}")
        return value

    def left(self) -> list[str]:
        """Keys that nobody has asked for."""
        return [key for key in self.values if key not in self.taken and key not in _ELSEWHERE]
