"""Numbers of the links that a Python file of the user computes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from lqcdnn.actions.custom import array
from lqcdnn.config.tables.custom import CustomObservableConfig
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import to_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable
from lqcdnn.storage.customcode import CustomCode

_KEY = "observables.custom.file"
_RESERVED = ("options", "links", "quark", "gauge_functional")
"""What records have behind the name of the table beside its numbers."""


@observable("custom")
class Custom(OfLinks[CustomObservableConfig]):
    """A function of the links [d, x, y, ..., N, N] in lattice order.

    Raises
    ------
    InputError
        As :class:`lqcdnn.storage.customcode.CustomCode`; no function of this name.
    """

    def __init__(self, options: CustomObservableConfig, fermion: QuarkConfig | None = None) -> None:
        super().__init__(options, fermion)
        self._code = CustomCode(options.file, _KEY)
        self._function = self._code.function(options.function)
        self._what = f"{_KEY}: {options.function} of {options.file}"
        self._before: dict[str, tuple[int, ...]] = {}

    def description(self) -> Values:
        """``custom_options``: function, parameters, and the beginning of the sha256 of the file."""
        facts = {"function": self.options.function, "file": self._code.digest[:16]}
        return {"custom_options": facts | {"parameters": list(self.options.parameters)}}

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``custom``, or ``custom_NAME`` of each name in a dictionary: real numbers, or lists of them.

        Raises
        ------
        InputError
            If the function fails, returns something else, or other names or lengths than for links before.
        NumericalError
            Of NaN and infinities.
        """
        what = self._what
        found = self._function(to_user(lattice, U), *self.options.parameters)
        if not isinstance(found, Mapping):
            return self._alike({"custom": _numbers(found, what)})
        for name in found:
            if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_]+", name)) or name in _RESERVED:
                allowed = f"letters, digits and _, but for {', '.join(_RESERVED)}"
                raise InputError(f"{what} names a number {name!r}; allowed: {allowed}")
        if not found:
            raise InputError(f"{what} has no numbers; allowed: one or more")
        return self._alike({f"custom_{name}": _numbers(numbers, f"{what}: {name}") for name, numbers in found.items()})

    def remember(self, record: Values) -> None:
        """Take what a record of the series has, its keys without the prefix of the table, for what all are to have."""
        numbers = {key: value for key, value in record.items() if key.startswith("custom")}
        self._before = {}
        self._alike({key: numbers[key] for key in numbers if key.removeprefix("custom_") not in _RESERVED})

    def _alike(self, found: Values) -> Values:
        """The numbers, if they have the names and shapes of those before: they are one entry each of some series."""
        shapes = {name: np.shape(numbers) for name, numbers in found.items()}
        self._before = self._before or shapes
        for name in (*self._before, *shapes):
            before, now = self._before.get(name), shapes.get(name)
            if before != now:
                told = f"returned {_count(before)} as {name} before, now {_count(now)}"
                raise InputError(f"{self._what} {told}; allowed: the same names and lengths for all configurations")
        return found


def _count(shape: tuple[int, ...] | None) -> str:
    return "nothing" if shape is None else f"numbers of shape {shape}" if shape else "a number"


def _numbers(found: Any, what: str) -> float | list[Any]:
    numbers = array(found, what)
    if numbers.dtype.kind not in "iufb" or numbers.size == 0:
        kind = "none" if numbers.size == 0 or found is None else f"those of type {numbers.dtype}"
        raise InputError(f"{what} has {kind}; allowed: real numbers")
    if not np.isfinite(numbers).all():
        raise NumericalError(f"{what}: a number is not finite")
    plain: float | list[Any] = numbers.astype(np.float64).tolist()
    return plain
