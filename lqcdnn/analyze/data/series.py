"""Series of numbers with the trajectories they belong to, made from records.

A record is flattened to named scalars: ``polyakov_trace = [re, im]`` gives ``polyakov_trace.re`` and ``.im``, and
``polyakov_directions`` gives ``polyakov_directions.x.re`` ... (directions x, y, z, t, time last). A list of
these along the flow has the number of the flow time last, ``flow_polyakov.re.1``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lqcdnn.analyze.statistics.gamma import LARGEST, FloatArray
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.errors import DataError

IntArray = npt.NDArray[np.int64]

#: Keys that number the measurements.
INDEX_NAMES = ("trajectory", "traj", "itrj", "trj", "step", "config", "cfg", "index", "n")
#: Keys that describe a measurement instead of being one.
DESCRIPTIONS = (
    "mass", "method", "noise", "vectors", "dilution", "tolerance", "loose_tolerance", "exact_vectors",
    "sources", "exact_sources", "boundary", "theta", "seed", "config", "flavors",
    "chemical_potential", "diquark_source", "twisted_mass", "magnetic_flux", "electric_flux", "charge", "photons",
    "flow_time", "histogram_bins", "definition", "energy_margin", "topological_charge_margin", "reweighting_masses",
    "spectral_edges", "polyakov_correlator_distances", "charge_correlator_distances", "polyakov_multilevel_distances",
    "gluon_propagator_momenta", "gluon_temporal_momenta", "ghost_propagator_momenta",
    "quark_propagator_momenta", "quark_vertex_momenta", "flowed_quarks_times",
)  # fmt: skip
#: Those that the numbers of a table with a prefix (PREFIX_flow, say) have under this prefix.
AXIS_NAMES = (
    "flow_time", "spectral_edges", "polyakov_correlator_distances", "charge_correlator_distances",
    "polyakov_multilevel_distances", "gluon_propagator_momenta", "gluon_temporal_momenta", "ghost_propagator_momenta",
    "quark_propagator_momenta", "quark_vertex_momenta", "flowed_quarks_times",
)  # fmt: skip
#: Endings of names that say how hard the solver worked, or how other replicas fared, not where the chain is.
EFFORT = (
    "iterations", "solves", "residual", "seconds", "others_accepted", "start_accepted", "steps_accepted", "sweeps",
    "fixing_theta",
)  # fmt: skip
#: Keys whose pairs are real and imaginary part, with the prefix of a table or of the flow; other lists are plain ones.
COMPLEX = re.compile(r"(?:.+_)?polyakov(?:_trace|_directions)?")
#: What records hold as numbers; truth values are integers.
NUMBER = (int, float)
#: Below it variances vanish in double precision.
SMALLEST = 1e-140
#: Trajectory numbers end here: beyond it a column of numbers does not hold every integer.
MOST_TRAJECTORIES = 2**53
#: An imaginary part below this fraction of the real part is rounding (SU(2)) and is left out.
ROUNDING = 1e-10


#: By file of a run, or by the name of a list of numbers: name and values of the increasing list that is its x axis.
Axes = dict[str, tuple[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Series:
    """One scalar measured along the Markov chain.

    Attributes
    ----------
    name
        For example ``polyakov_trace.re``.
    source
        File it comes from, as shown to the user.
    trajectories, values
        Increasing trajectory numbers and the values, shape (n,) each.
    bound
        Whether the values know the couplings of the run, so that weights for others do not apply.
    """

    name: str
    source: str
    trajectories: IntArray = field(repr=False)
    values: FloatArray = field(repr=False)
    bound: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def interval(self) -> int:
        """Most frequent distance between two measurements, in trajectories (1 for fewer than two)."""
        if len(self) < 2:
            return 1
        differences = np.diff(self.trajectories)
        if np.all(differences == differences[0]):
            return int(differences[0])
        steps, counts = np.unique(differences, return_counts=True)
        return int(steps[np.argmax(counts)])

    @property
    def regular(self) -> bool:
        """True if all distances are the same."""
        return len(self) < 2 or bool(np.all(np.diff(self.trajectories) == self.interval))

    def after(self, trajectory: int) -> Series:
        """The part with trajectory numbers above `trajectory`."""
        keep = self.trajectories > trajectory
        return replace(self, trajectories=self.trajectories[keep], values=self.values[keep])


def check_finite(series: Series) -> None:
    """Refuse values that are no numbers, or whose squares are none.

    Raises
    ------
    DataError
        A value that is not finite or beyond ``LARGEST``; names file, series and trajectory.
    """
    bad = np.flatnonzero(~(np.abs(series.values) <= LARGEST))
    if len(bad):
        where, value = series.trajectories[bad[0]], series.values[bad[0]]
        beyond = f", beyond {LARGEST:g}" if np.isfinite(value) else ""
        raise DataError(f"{series.source}: {series.name} of trajectory {where} is {value}{beyond}")


def check_size(series: Series) -> None:
    """Refuse values so small that they have no variance: their error would be 0.

    Raises
    ------
    DataError
        No value reaches ``SMALLEST``, and not all are 0; names file and series.
    """
    if 0.0 < np.abs(series.values).max(initial=0.0) < SMALLEST:
        raise DataError(f"{series.source}: no value of {series.name} reaches {SMALLEST:g}: too small for a variance")


def aligned(items: Sequence[Series]) -> tuple[IntArray, FloatArray]:
    """Trajectories on which all the series were measured, shape (n,), and their values there, shape (n, series)."""
    common = items[0].trajectories
    for item in items[1:]:
        if not np.array_equal(item.trajectories, common):
            common = np.intersect1d(common, item.trajectories)
    columns = [item.values if len(item) == len(common) else item.values[np.isin(item.trajectories, common)]
               for item in items]  # fmt: skip
    return common, np.stack(columns, axis=1)


def is_effort(name: str) -> bool:
    """True for a series about work, of the solver or of replicas: no say in thermalisation and statistics."""
    return name.endswith(EFFORT)


@lru_cache(maxsize=4096)
def is_description(key: str) -> bool:
    """True for a key that describes a measurement instead of being one."""
    return key in DESCRIPTIONS or key.endswith(tuple(f"_{name}" for name in AXIS_NAMES))


@lru_cache(maxsize=4096)
def _is_complex(key: str) -> bool:
    """True for a key whose numbers are complex; every record is asked for its keys."""
    return COMPLEX.fullmatch(key) is not None


@lru_cache(maxsize=4096)
def _is_passed_over(key: str) -> bool:
    """True for a key that gives no series; every record is asked for its keys."""
    return is_description(key) or key.endswith("_error")


def is_whole(number: float) -> bool:
    """Whether a number counts trajectories: an integer, not too large."""
    return abs(number) <= MOST_TRAJECTORIES and number == int(number)


def flatten(record: Mapping[str, Any]) -> dict[str, float]:
    """Named scalars of one record: numbers, truth values as 0 and 1, and lists of them; all else is passed over."""
    scalars: dict[str, float] = {}
    for key, value in record.items():
        if _is_passed_over(key):
            continue
        if isinstance(value, float):  # most of them
            scalars[key] = value
            continue
        listed = isinstance(value, list) and _is_complex(key)
        parts = _complex_parts(value, key.endswith("directions")) if listed else ()
        scalars.update((key + part, _double(number)) for part, number in parts)
        if not parts:
            _flatten_into(scalars, key, value)
    return scalars


def _flatten_into(scalars: dict[str, float], name: str, value: Any) -> None:
    if isinstance(value, NUMBER):
        scalars[name] = _double(value)
    elif isinstance(value, list):
        names = _numbered(name, len(value))
        if set(map(type, value)) == {float}:  # lists of hundreds of them, for every record
            scalars.update(zip(names, value, strict=True))
            return
        for one, item in zip(names, value, strict=True):
            _flatten_into(scalars, one, item)


@lru_cache(maxsize=4096)
def _numbered(name: str, length: int) -> tuple[str, ...]:
    """Names of the entries of a list; the same texts for all records."""
    return tuple(f"{name}.{i}" for i in range(1, length + 1))


def _double(number: float) -> float:
    """A number in double precision; an integer beyond it is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _complex_parts(value: list[Any], of_directions: bool) -> list[tuple[str, float]]:
    """Endings and numbers of a complex number, of one for each direction, or of a list of either along the flow."""
    if len(value) == 2 and isinstance(value[0], NUMBER) and isinstance(value[1], NUMBER):
        return [(".re", value[0]), (".im", value[1])]
    lists = [item for item in value if isinstance(item, list)]
    named = of_directions and all(isinstance(part, NUMBER) for item in lists for part in item)
    places = direction_names(len(lists)) if named else range(1, len(lists) + 1)
    return [
        (f".{place}{part}" if named else f"{part}.{place}", number)
        for place, item in zip(places, lists, strict=False)
        for part, number in _complex_parts(item, of_directions)
    ]


def series_of_records(
    records: Iterable[Mapping[str, Any]], source: str, index: str | None = "trajectory"
) -> tuple[Series, ...]:
    """All scalar series of a file of records.

    A trajectory that occurs twice counts once, with its last record. Imaginary parts that are rounding are left out.

    Parameters
    ----------
    records
        Dictionaries as in the journal, in file order.
    source
        Name of the file for messages.
    index
        Key that numbers the records; None: numbered from 1.

    Raises
    ------
    DataError
        A record without the index (the message names the line).
    """
    by_trajectory: dict[int, Mapping[str, Any]] = {}
    for line, record in enumerate(records, start=1):
        number = line if index is None else record.get(index)
        if not isinstance(number, int | float) or not is_whole(number):
            raise DataError(f"{source}: line {line} has no integer {index!r}")
        by_trajectory[int(number)] = record
    rows = sorted(by_trajectory.items())
    alike: dict[tuple[str, ...], list[int]] = {}  # rows by their keys: nearly always all have the same
    for place, (_, record) in enumerate(rows):
        alike.setdefault(tuple(record), []).append(place)
    columns: Columns = {}
    for keys, places in alike.items():
        here = [rows[place][1] for place in places]
        table = _table([key for key in keys if key != index], here)
        if table is None:  # lists of different lengths, for instance
            scalars = [flatten({key: value for key, value in record.items() if key != index}) for record in here]
            _add_rows(columns, places, scalars)
        else:
            for name, column in table.items():
                columns.setdefault(name, []).append((np.array(places), column))
    return _series_of_columns(columns, [number for number, _ in rows], source)


def _table(keys: Iterable[str], records: Sequence[Mapping[str, Any]]) -> dict[str, FloatArray] | None:
    """Columns of numbers by the names that `flatten` gives them, key by key; None where records are not alike."""
    found: dict[str, FloatArray] = {}
    for key in keys:
        if _is_passed_over(key):
            continue
        values = [record[key] for record in records]
        if {str, dict, type(None)}.issuperset(map(type, values)):  # no numbers
            continue
        try:
            array = np.array(values)
        except (ValueError, OverflowError):  # lists of different lengths
            return None
        names = list(flatten({key: values[0]}))
        numbers = array.dtype.kind in "fib" and array.size == len(names) * len(values)
        if not numbers or not found.keys().isdisjoint(names):
            return None
        found |= zip(names, array.reshape(len(values), -1).astype(np.float64).T.copy(), strict=True)
    return found


def listing(names: Iterable[str]) -> str:
    """Names for a message; a list, which may have hundreds, by its first and last number: ``pion[1] to [16]``."""
    lists: dict[tuple[str, int], list[str]] = {}
    for name in names:
        stem, *numbers = re.split(r"\.(?=\d+(?:\.\d+)*$)", name, maxsplit=1)
        entry = f"[{numbers[0].replace('.', '][')}]" if numbers else ""
        lists.setdefault((stem, entry.count("[")), []).append(entry)
    return ", ".join(
        f"{stem}{entries[0]}" if len(entries) < 2 else f"{stem}{entries[0]} to {entries[-1]}"
        for (stem, _), entries in lists.items()
    )


def series_of_rows(rows: Sequence[tuple[int, Mapping[str, float]]], source: str) -> tuple[Series, ...]:
    """One series for each name that occurs in rows of (increasing trajectory number, scalars)."""
    columns: Columns = {}
    _add_rows(columns, range(len(rows)), [scalars for _, scalars in rows])
    return _series_of_columns(columns, [number for number, _ in rows], source)


#: By name of a series: parts of it, each with the places of its values among all rows.
Columns = dict[str, list[tuple[IntArray, FloatArray]]]


def _add_rows(columns: Columns, places: Sequence[int], rows: Sequence[Mapping[str, float]]) -> None:
    alike: dict[tuple[str, ...], list[int]] = {}  # rows by their names: nearly always all have the same
    for k, scalars in enumerate(rows):
        alike.setdefault(tuple(scalars), []).append(k)
    for names, members in alike.items():
        table = np.array([list(rows[k].values()) for k in members], dtype=np.float64)
        where = np.array([places[k] for k in members])
        for name, column in zip(names, table.T.copy(), strict=True):
            columns.setdefault(name, []).append((where, column))


def _series_of_columns(columns: Columns, numbers: Sequence[int], source: str) -> tuple[Series, ...]:
    trajectories = np.array(numbers, dtype=np.int64)
    series = {}
    for name, parts in columns.items():
        where, values = (np.concatenate(both) for both in zip(*parts, strict=True))
        order = np.argsort(where)
        series[name] = Series(name, source, trajectories[where[order]], values[order])
    return tuple(item for item in series.values() if not _is_rounding(item, series))


def _is_rounding(item: Series, others: Mapping[str, Series]) -> bool:
    """True for the imaginary part of numbers that are real up to rounding."""
    stem, found, number = item.name.partition(".im")
    real = others.get(f"{stem}.re{number}") if found else None
    return real is not None and float(np.abs(item.values).max()) <= ROUNDING * float(np.abs(real.values).max())


def axes_of(records: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Increasing lists of numbers among the descriptions of the last record, such as ``flow_time``."""
    for name, value in (records[-1] if records else {}).items():
        described = is_description(name) and isinstance(value, list) and len(value) > 1
        if described and all(isinstance(x, int | float) for x in value) and all(x < y for x, y in pairwise(value)):
            yield name, tuple(map(float, value))


def inner_axes_of(records: Sequence[Mapping[str, Any]]) -> Axes:
    """Axes of lists within lists, of the last record, by the name of the list with a dot.

    They are distances, the same increasing list for each flow time.
    """
    found: Axes = {}
    for key, value in (records[-1] if records else {}).items():
        inner = value[0] if isinstance(value, list) and value else None
        same = is_description(key) and isinstance(inner, list) and all(one == inner for one in value)
        for name, positions in axes_of([{key: inner}] if same else []):
            found[f"{name.removesuffix('_distances')}."] = name, positions
    return found


def axes_of_lists(records: Sequence[Mapping[str, Any]]) -> Axes:
    """The axis of each list in records of several observables: of the same length, and the names begin alike."""
    found: Axes = {}
    for name, positions in axes_of(records):
        first = name.rpartition("_")[0]
        for key, value in records[-1].items():
            if f"{key}_".startswith(f"{first}_") and isinstance(value, list) and len(value) == len(positions):
                found[key] = name, positions
    return found
