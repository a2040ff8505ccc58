"""``lqcdnn convert``: a configuration from one file format to another, written, read back and compared."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.storage.formats import Configuration, format_for, read_configuration, refuse_scalar, write_configuration

if TYPE_CHECKING:
    from lqcdnn.fields.gaugefixing import Gauge
    from lqcdnn.jobs.refinement import Rescaling


@dataclass(frozen=True)
class Conversion:
    """What became of a configuration.

    Attributes
    ----------
    source, target
        The files.
    source_format, format
        Their formats.
    source_precision, precision
        "f4" or "f8".
    group
        Of both.
    shape, target_shape
        Of the source and of the target.
    plaquette
        Mean of Re tr P / N, recomputed from the source.
    target_plaquette
        The same, recomputed from the file written.
    change
        Largest absolute change of a matrix element from the numbers in the source, on another lattice and fixed to a
        gauge where that was asked for, to those in the target.
    unitarity
        Largest violation of unitarity in the target.
    attributes_lost
        Names of attributes of the source that the target does not hold.
    gauge
        How a gauge was fixed: ``kind``, ``functional``, ``theta``, ``sweeps``; None: it was not.
    warnings
        What the user should know.
    """

    source: str
    target: str
    source_format: str
    format: str
    source_precision: str
    precision: str
    group: str
    shape: list[int]
    target_shape: list[int]
    plaquette: float
    target_plaquette: float
    change: float
    unitarity: float
    attributes_lost: list[str]
    gauge: dict[str, Any] | None
    warnings: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return asdict(self)


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    format: str | None = None,
    precision: str | None = None,
    shape: Sequence[int] | None = None,
    group: str | None = None,
    reunitarize: bool = False,
    force: bool = False,
    gauge: Gauge | None = None,
    rescaling: Rescaling | None = None,
) -> Conversion:
    """Read a configuration of any format, write it in another, read that file back and compare.

    Parameters
    ----------
    source, target
        The files.
    format
        Of the target; default by the ending of its name.
    precision
        "f4" or "f8"; default that of the source where the format has both.
    shape, group
        Of the source, for files that do not say themselves.
    reunitarize
        Project the links onto the group; without it the numbers of the source are written as they are.
    force
        Replace a file that exists.
    gauge
        Gauge to fix the links to; their attribute ``gauge`` says so.
    rescaling
        What is done to the links before a gauge is fixed: the Wilson flow, another lattice.

    Raises
    ------
    InputError
        When the target exists, is the source, or its format cannot hold the configuration; nothing was written.
    DataError, DiskError
        When the source is damaged, or something cannot be read or written.
    NumericalError
        When the gauge is not reached.
    """
    chosen = format_for(target, format)
    check_target(Path(source), Path(target), force)
    found = read_configuration(source, shape, group)
    real = precision or (found.real if found.real in chosen.reals else chosen.reals[0])
    first = found
    if rescaling is not None:
        found, reunitarize = rescaling.of(found, source), False
    chosen.refuse(found.shape, found.group, real)
    if found.scalar is not None:
        refuse_scalar(chosen, found.links, found.scalar)
        if gauge is not None:
            raise InputError(f"{source} holds a scalar field, which would have to be transformed, too", "no --gauge")
    links = _projected(found) if reunitarize else found.links
    compared, attributes, record = found.links, found.attributes, None
    if gauge is not None:
        from lqcdnn.jobs.gaugefixing import gauge_fixed

        links, record = gauge_fixed(replace(found, links=links), gauge, source)
        compared, attributes, reunitarize = links, found.attributes | {"gauge": gauge.kind}, False
    write_configuration(target, links, found.group, attributes, chosen.name, real, scalar=found.scalar)
    back = read_configuration(target, found.shape, found.group)
    change = _largest_change(compared, back.links)
    return Conversion(
        source=os.fspath(source),
        target=os.fspath(target),
        source_format=found.format,
        format=chosen.name,
        source_precision=found.real,
        precision=real,
        group=found.group,
        shape=list(first.shape),
        target_shape=list(found.shape),
        plaquette=first.plaquette,
        target_plaquette=back.plaquette,
        change=change,
        unitarity=back.unitarity,
        attributes_lost=sorted(set(attributes) - set(back.attributes)),
        gauge=record,
        warnings=[*found.warnings, *_losses(found, real, chosen.name, change, reunitarize)],
    )


def check_target(source: Path, target: Path, force: bool) -> None:
    """Refuse to lose a file.

    Raises
    ------
    InputError
        The target is the source, a directory, in no directory, or exists and is not to be replaced.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError(f"{target} is the file to convert", hint="give another name for the result")
    if target.is_dir():
        raise InputError(f"{target} is a directory", hint="give the name of a file")
    if os.path.lexists(target) and not force:
        raise InputError(f"{target} exists", hint="give another name, or --force to replace it")
    if not target.parent.is_dir():
        raise InputError(f"{target}: there is no directory {target.parent}")


def _projected(found: Configuration) -> NDArray[np.complex128]:
    """The links projected onto the group."""
    from lqcdnn.fields import gauge
    from lqcdnn.fields.group import group
    from lqcdnn.lattice.geometry import lattice

    grid = lattice(found.shape)
    U = grid.from_links(found.links)
    gauge.reunitarize(grid, U, group(found.group))
    return grid.to_user(U)


def _largest_change(before: NDArray[np.complex128], after: NDArray[np.complex128]) -> float:
    """Slice by slice, to need little memory."""
    flat = zip(before.reshape(-1, before[0, 0].size), after.reshape(-1, before[0, 0].size), strict=True)
    return max(float(np.abs(a - b).max()) for a, b in flat)


def _losses(found: Configuration, real: str, name: str, change: float, reunitarize: bool) -> list[str]:
    """Warnings about numbers that are not those of the source."""
    if real == "f4" and found.real == "f8":
        return [f"precision was lost: {name} in single precision; the links changed by up to {change:.1e}"]
    if reunitarize:
        return [f"the links were projected onto {found.group} and changed by up to {change:.1e}"]
    if change > 0:
        return [f"{name} in {real} does not keep every digit: the links changed by up to {change:.1e}"]
    return []
