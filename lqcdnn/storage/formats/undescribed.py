"""Files that do not say which lattice they hold: lattice and group from the caller, or from the amount of data.

Without a word from the caller every group and every hypercubic lattice L^4 is tried; candidates whose links are not in
the group drop out, and exactly one must remain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from lqcdnn.errors import DataError
from lqcdnn.storage.formats.base import MOST_COLORS, MOST_SITES, Decoded, Links, Source, group_colors, group_name
from lqcdnn.storage.formats.verify import is_group_element


class Fit(NamedTuple):
    """One reading of a file."""

    shape: tuple[int, ...]
    group: str
    real: str


def fits(source: Source, numbers: int, real: str) -> list[Fit]:
    """Every lattice and group whose links are `numbers` real numbers; a shape not given must be L^4."""
    found = []
    for group in [source.group] if source.group else [group_name(colors) for colors in range(1, MOST_COLORS + 1)]:
        per_link = 2 * group_colors(group) ** 2
        extent = math.isqrt(math.isqrt(numbers // (4 * per_link)))
        shape = source.shape or (extent,) * 4
        lattice = 2 <= len(shape) <= 4 and min(shape) > 0 and math.prod(shape) <= MOST_SITES
        if lattice and math.prod(shape) * len(shape) * per_link == numbers:
            found.append(Fit(shape, group, real))
    return found


def decode(source: Source, record: str, amount: str, found: list[Fit], links: Callable[[Fit], Links]) -> Decoded:
    """Decode with the only reading that fits.

    Parameters
    ----------
    record, amount
        What the data are and how much there is, for messages.
    found
        Candidates.
    links
        Decodes with one of them.

    Raises
    ------
    DataError
        When no candidate or more than one is left.
    """
    several = len(found)
    if several > 1:
        found = [fit for fit in found if is_group_element(links(fit), fit.real)]
        if not found:
            raise source.fail(record, f"{amount} fit {several} lattices, but the links are in the group on none")
    if not found and source.shape and source.group:
        lattice = "x".join(map(str, source.shape))
        raise source.fail(record, f"{amount} are not the links of {source.group} on {lattice}, which was asked for")
    if len(found) != 1:
        raise DataError(
            f"{source.path}: {record}: {amount} fit {len(found) or 'no'} lattices",
            hint='the file does not say what it holds, and without shape only L^4 is tried: --shape 4,4,4,8 --group'
            ' "SU(3)", in Python shape=(4, 4, 4, 8), group="SU(3)"',
        )
    (fit,) = found
    reading = f"{fit.group} on {fit.shape}, {8 * int(fit.real[1])} bit"
    warning = f"{source.path}: no description and no checksum; read as {reading}"
    return Decoded(links(fit), fit.group, fit.real, warnings=[warning])
