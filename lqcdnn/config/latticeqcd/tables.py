"""One table of a parameter file of LatticeQCD.jl, whose keys are taken by name and type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """One table of the file, whose keys are taken by name and type.

    ``beside``: tables where versions 1 look for its keys, too, wherever they belong.
    """

    file: str
    name: str
    values: Mapping[str, Any]
    taken: set[str] = field(default_factory=set)
    beside: Sequence[GivenTable] = field(default=(), repr=False)

    def has(self, key: str) -> bool:
        """Whether a key has a value; "nothing" is Julia's word for none."""
        return bool(self._home(key).values.get(key, "nothing") != "nothing")

    def error(self, key: str, allowed: str, hint: str | None = None) -> InputError:
        """What is wrong with the value of a key."""
        home = self._home(key)
        found = shown(home.values.get(key, "nothing"))
        return InputError(f'{self.file}: ["{home.name}"] {key}: found {found}; {allowed}', hint)

    def _home(self, key: str) -> GivenTable:
        """The table where a key stands: this, or one beside it."""
        homes = [one for one in (self, *self.beside) if key in one.values]
        for other in homes[1:]:
            if other.values[key] != homes[0].values[key]:
                found = f'found {shown(homes[0].values[key])}, and {shown(other.values[key])} in ["{other.name}"]'
                raise InputError(f'{self.file}: ["{homes[0].name}"] {key}: {found}; allowed: one value')
        return homes[0] if homes else self

    def _typed(self, key: str, default: Any, kinds: tuple[type, ...], allowed: str) -> Any:
        value = self._taken(key)
        if not self.has(key):
            return default
        if not isinstance(value, kinds) or isinstance(value, bool) != (kinds == (bool,)):
            raise self.error(key, f"allowed: {allowed}")
        return value

    def _taken(self, key: str) -> Any:
        """The value of a key, which then is none of those left."""
        for one in (self, *self.beside):
            one.taken.add(key)
        return self._home(key).values.get(key)

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
        given = self._taken(key)
        if not self.has(key):
            return default
        value = given if isinstance(given, list) else [given]
        if not value or not all(isinstance(one, kinds) and not isinstance(one, bool) for one in value):
            raise self.error(key, f"allowed: {allowed}")
        return value

    def left(self) -> list[str]:
        """Keys that nobody has asked for."""
        return [key for key in self.values if key not in self.taken and key not in _ELSEWHERE]
