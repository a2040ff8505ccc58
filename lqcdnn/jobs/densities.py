"""``lqcdnn convert --density``: a local density of a configuration, in a file to look at."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.topology import charge_problem, default_definition
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import extents_of, from_user_array
from lqcdnn.fields.group import Group
from lqcdnn.fields.group import group as gauge_group
from lqcdnn.jobs.boundaries import refuse_boundaries
from lqcdnn.jobs.convert import check_target
from lqcdnn.jobs.refinement import Rescaling
from lqcdnn.lattice.geometry import Blocks, Lattice, lattice
from lqcdnn.measure.gauge.energy import energy_density
from lqcdnn.measure.gauge.plaquette import plaquette_density
from lqcdnn.measure.gauge.polyakov import local_loops
from lqcdnn.measure.gauge.topological_charge import charge_density
from lqcdnn.storage import atomic, hdf5
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.formats.base import group_name
from lqcdnn.storage.vtk import image_data

FloatArray = NDArray[np.float64]

ENDINGS = (".npy", ".h5", ".vti", ".png")


class Density(NamedTuple):
    """A real field of sites.

    Attributes
    ----------
    field
        Makes it of links, [x, ..., t]; with ``of_space`` [x, ...] without t.
    normalisation
        What its sum or mean over the sites is.
    vacuum
        Its value where all links are 1, or of fields that are 0.
    signed
        Whether both signs mean something.
    of_space
        Whether its sites are those of space.
    """

    field: Callable[[Lattice, Blocks, Group], FloatArray]
    normalisation: str
    vacuum: float = 0.0
    signed: bool = False
    of_space: bool = False


def _charge(grid: Lattice, U: Blocks, of: Group) -> FloatArray:
    return charge_density(grid, U, of, default_definition(grid.d))


def _loops(grid: Lattice, U: Blocks, of: Group) -> FloatArray:
    return local_loops(grid, U, of).real.copy()


DENSITIES = {
    "topological_charge": Density(_charge, "the sum is topological_charge", signed=True),
    "energy": Density(energy_density, "the mean is energy_clover"),
    "plaquette": Density(plaquette_density, "the mean is plaquette", vacuum=1.0),
    "polyakov": Density(_loops, "the mean is the real part of polyakov", signed=True, of_space=True),
}
"""By name, which is that of the observable that is its sum or mean."""


@dataclass(frozen=True)
class WrittenDensity:
    """What became of a configuration.

    Attributes
    ----------
    source, target
        The files.
    source_format, source_precision
        Format of the source, and "f4" or "f8".
    group, shape, plaquette
        Of the source; mean of Re tr P / N, recomputed.
    density, target_shape
        Name of the density, and extents of its field.
    flow_time
        Of the Wilson flow before it, here and, as far as the source tells, where that was made, each in units of the
        lattice it was on; None: none that is known.
    precision
        Of the numbers in the target; None: a picture.
    sum, mean, smallest, largest
        Of the field, before it is rounded to that.
    warnings
        What the user should know.
    """

    source: str
    target: str
    source_format: str
    source_precision: str
    group: str
    shape: list[int]
    plaquette: float
    density: str
    target_shape: list[int]
    flow_time: float | None
    precision: str | None
    sum: float
    mean: float
    smallest: float
    largest: float
    warnings: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return asdict(self)


def density(links: NDArray[np.complex128], name: str) -> FloatArray:
    """A local density of links with periodic boundaries.

    Parameters
    ----------
    links
        Complex array in user layout, shape (d, L1, ..., Ld, N, N), time last; N = 1 is U(1), else SU(N). Single
        precision is projected onto the group first.
    name
        One of `DENSITIES`: ``topological_charge`` (clover; d = 2, U(1): arg P / 2 pi), whose sum is that observable;
        ``energy`` (clover) and ``plaquette`` (of the planes at each site), whose means are those observables;
        ``polyakov``, Re tr P_t / N at each site of space.

    Returns
    -------
    ndarray
        Real numbers [x, ..., t]; for ``polyakov`` [x, ...] of space.

    Raises
    ------
    InputError
        Another name, an array that is no configuration, or no topological charge in this group and dimension.
    """
    n = links.shape[-1] if links.ndim else 0
    shape = extents_of(links, n)
    of = gauge_group(group_name(n))
    chosen = _chosen(name, len(shape), of.name)
    grid = lattice(shape)
    return chosen.field(grid, from_user_array(grid, of, links), of)


def write_density(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    name: str,
    precision: str | None = None,
    shape: Sequence[int] | None = None,
    group: str | None = None,
    force: bool = False,
    rescaling: Rescaling | None = None,
) -> WrittenDensity:
    """Read a configuration of any format and write one of its densities; the ending of the target says how.

    Parameters
    ----------
    source, target
        The files; endings of the target: `ENDINGS`.
    name
        The density, as :func:`density`.
    precision
        "f4" or "f8", the default; not of pictures.
    shape, group, force, rescaling
        As :func:`lqcdnn.jobs.convert.convert`.

    Raises
    ------
    InputError
        As :func:`density` and that function; another ending, boundaries that are not periodic, a picture without
        matplotlib. Nothing was written.
    DataError, DiskError
        When the source is damaged, or something cannot be read or written.
    """
    ending = Path(target).suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"{target}: the name does not say how to write a density; endings: {' '.join(ENDINGS)}")
    if ending == ".png":
        _check_picture(precision)
    check_target(Path(source), Path(target), force)
    first = read_configuration(source, shape, group)
    refuse_boundaries(first.attributes, os.fspath(source), "densities are those of links")
    chosen = _chosen(name, len(first.shape), first.group)
    found = first if rescaling is None else rescaling.of(first, source)
    values, told = density(found.links, name), found.attributes.get("flow_time")
    done = WrittenDensity(
        source=os.fspath(source),
        target=os.fspath(target),
        source_format=first.format,
        source_precision=first.real,
        group=first.group,
        shape=list(first.shape),
        plaquette=first.plaquette,
        density=name,
        target_shape=list(values.shape),
        flow_time=told if isinstance(told, float) else None,
        precision=None if ending == ".png" else precision or "f8",
        sum=float(values.ravel().cumsum()[-1]),
        mean=float(values.ravel().cumsum()[-1]) / values.size,
        smallest=float(values.min()),
        largest=float(values.max()),
        warnings=first.warnings,
    )
    atomic.write_bytes(target, _content(ending, values, done, chosen, found.attributes))
    return done


def _chosen(name: str, d: int, group: str) -> Density:
    """The density of this name, if there is one in this dimension and group."""
    if name not in DENSITIES:
        raise InputError(f"unknown density {name!r}; allowed: {', '.join(DENSITIES)}")
    problem = charge_problem(d, group, default_definition(d)) if name == "topological_charge" else None
    if problem is not None:
        raise InputError(f"density {name}: {problem.message}; allowed: {problem.allowed}")
    return DENSITIES[name]


def _check_picture(precision: str | None) -> None:
    from lqcdnn.report.plots import need_matplotlib

    if precision is not None:
        raise InputError("a picture has no --precision", hint="that is for .npy, .h5 and .vti")
    need_matplotlib("a picture of a density")


def _content(
    ending: str, values: FloatArray, done: WrittenDensity, chosen: Density, attributes: dict[str, Any]
) -> bytes | memoryview:
    """The bytes of the file."""
    numbers = np.ascontiguousarray(values, dtype=f"<{done.precision or 'f8'}")
    if ending == ".npy":
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, numbers, version=(1, 0), allow_pickle=False)
        return buffer.getvalue()
    if ending == ".h5":
        return hdf5.pack({"density": numbers}, attributes | _described(done, chosen))
    if ending == ".vti":
        if values.ndim < 4:
            return image_data({done.density: numbers})
        return image_data({f"{done.density}_t{t:03d}": numbers[..., t] for t in range(values.shape[-1])})
    from lqcdnn.report.fieldpicture import field_picture

    axes = "xyz"[: len(done.shape) - 1] + ("" if chosen.of_space else "t")
    sites = "x".join(map(str, done.target_shape))
    flow = "" if done.flow_time is None else f", flow time {done.flow_time:g}"
    title = f"{done.density} of {done.group} on {sites}{flow}"
    return field_picture(values, axes, title, chosen.vacuum, chosen.signed)


def _described(done: WrittenDensity, chosen: Density) -> dict[str, Any]:
    """Attributes beside the numbers; those of the configuration go along."""
    return {
        "content": "density",
        "name": done.density,
        "group": done.group,
        "shape": done.target_shape,
        "flow_time": done.flow_time or 0.0,
        "source": done.source,
        "sum": done.sum,
        "mean": done.mean,
        "normalisation": chosen.normalisation,
    }
