"""Rules about definitions and fits in ``[analyze]``: what `lqcdnn.analyze` would refuse is refused at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lqcdnn.config.language.expressions import parse_definition
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.tables.drafts import good, part


def written(draft: dict[str, Any]) -> Iterator[Problem]:
    """Report definitions and fits that cannot be read, and names given twice."""
    analyze = part(draft, "analyze")
    for key, parse in (("derive", parse_definition), ("fit", parse_fit)):
        names: set[str] = set()
        for text in good(analyze.get(key)) or ():
            try:
                name = parse(text).name
            except ValueError as error:
                yield Problem(f"analyze.{key}", f"{text!r}: {error}")
                continue
            if name in names:
                yield Problem(f"analyze.{key}", f"{name!r} is defined twice")
            names.add(name)
