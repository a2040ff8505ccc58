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

    def description(self) -> Values:
        """``custom_options``: function, parameters, and the beginning of the sha256 of the file."""
        facts = {"function": self.options.function, "file": self._code.digest[:16]}
        return {"custom_options": facts | {"parameters": list(self.options.parameters)}}

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``custom``, or ``custom_NAME`` of each name in a dictionary: real numbers, or lists of them.

        Raises
        ------
        InputError
            If the function fails, or returns something else.
        NumericalError
            Of NaN and infinities.
        """
        what = f"{_KEY}: {self.options.function} of {self.options.file}"
        found = self._function(to_user(lattice, U), *self.options.parameters)
        if not isinstance(found, Mapping):
            return {"custom": _numbers(found, what)}
        for name in found:
            if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_]+", name)) or name == "options":
                raise InputError(f'{what} names a number {name!r}; allowed: letters, digits and _, but for "options"')
        if not found:
            raise InputError(f"{what} has no numbers; allowed: one or more")
        return {f"custom_{name}": _numbers(numbers, f"{what}: {name}") for name, numbers in found.items()}


def _numbers(found: Any, what: str) -> float | list[Any]:
    numbers = array(found, what)
    if numbers.dtype.kind not in "iufb" or numbers.size == 0:
        kind = "none" if numbers.size == 0 else f"those of type {numbers.dtype}"
        raise InputError(f"{what} has {kind}; allowed: real numbers")
    if not np.isfinite(numbers).all():
        raise NumericalError(f"{what}: a number is not finite")
    plain: float | list[Any] = numbers.astype(np.float64).tolist()
    return plain
