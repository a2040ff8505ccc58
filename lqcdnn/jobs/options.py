"""Options that a series was measured with: its numbers must mean the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lqcdnn.errors import InputError
from lqcdnn.measure.runner import Measurements, links_key, quark_key


def refuse_other_options(path: Path, records: Sequence[Mapping[str, Any]], name: str, what: Measurements) -> None:
    """Numbers of one series must mean the same.

    Raises
    ------
    InputError
        If the series of an observable was measured with other options or on other links.
    """
    wanted = {links_key(name): None, quark_key(name): None} | what.description(name)
    for record in records:
        for key, value in wanted.items():
            if record.get(key) != value:
                option, old, new = _first_difference(key, record.get(key), value)
                raise InputError(
                    f"{path} was measured with {option} = {json.dumps(old)}, now asked for {json.dumps(new)}",
                    hint="restore the option, or move the file away to measure all configurations anew",
                )


def _first_difference(key: str, old: Any, new: Any) -> tuple[str, Any, Any]:
    """Dotted key and both values where two options differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*new, *old)):
            if old.get(name) != new.get(name):
                return _first_difference(f"{key}.{name}", old.get(name), new.get(name))
    return key, old, new
