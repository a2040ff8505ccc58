"""What was measured on configuration files, for the terminal: one line for each file, then its tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby, takewhile
from typing import Any

import numpy as np

from lqcdnn.analyze.data.series import COMPLEX, axes_of_lists, is_description
from lqcdnn.analyze.fits.flowscale import REFERENCE, t0, w0
from lqcdnn.errors import InputError

COLUMNS = (
    "plaquette",
    "plaquette_space",
    "plaquette_time",
    "rectangle",
    "polyakov",
    "polyakov_trace",
    "energy_clover",
    "energy_plaquette",
    "energy_momentum_tt",
    "condensate",
    "diquark_condensate",
    "quark_number",
    "quark_fluctuations_2",
    "quark_fluctuations_1_1",
    "quark_fluctuations_4",
    "topological_charge",
    "index",
    "gauge_fixing_functional",
    "monopoles_density",
    "center_vortices_density",
    "gauge_functional",
)
"""Numbers that fit on the line of a file; JSON has all."""

Row = dict[str, Any]


def measured_table(found: Sequence[Row]) -> str:
    """One line for each file (complex numbers as re and im, errors of noise estimates after +-), tables, warnings."""
    columns = [name for name in COLUMNS if any(name in row for row in found)] + _prefixed(found)
    rows = [[*columns, "config"], *([*(_cell(row, name) for name in columns), row["config"]] for row in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    lines = ["  ".join([*(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=False)), row[-1]]) for row in rows]
    lines = lines if columns else []  # lists alone: each table names its file
    for row in found:
        for prefix in _of_flows(row):
            lines += _flow(row, prefix)
        for prefix in _of_loops(row):
            lines += _wilson_loops(row, prefix)
        lines += _lists(row)
    notes = [text for row in found for text in row["warnings"]]
    if hidden := list(dict.fromkeys(name for row in found for name in _hidden(row))):
        notes.append(f"in JSON alone (--json, -o FILE): {', '.join(hidden)}")
    return "\n".join([*lines, *(f"note: {text}" for text in notes)])


def _prefixed(found: Sequence[Row]) -> list[str]:
    """Such numbers of tables that are called PREFIX_OBSERVABLE."""
    endings = tuple(f"_{name}" for name in COLUMNS)
    names = [key for row in found for key, value in row.items() if isinstance(value, float) and key.endswith(endings)]
    return [name for name in dict.fromkeys(names) if name not in COLUMNS]


def _prefixes(row: Row, name: str) -> list[str]:
    """What stands before this number in the names of the tables that measured it; not that along a flow."""
    found = [key.removesuffix(name) for key in row if f"_{key}".endswith(f"_{name}")]
    return [prefix for prefix in found if not f"_{prefix}".endswith("_flow_")]


def _of_flows(row: Row) -> list[str]:
    """Prefixes of flows, which tell their options; a function of the user may give numbers of the same names."""
    return [prefix for prefix in _prefixes(row, "flow_time") if isinstance(row.get(f"{prefix}flow_options"), dict)]


def _of_loops(row: Row) -> list[str]:
    """Prefixes of tables of Wilson loops, likewise."""
    return [prefix for prefix in _prefixes(row, "wilson_loop") if np.ndim(row[f"{prefix}wilson_loop"]) == 2]


def _of(what: str, prefix: str, row: Row) -> str:
    """What a table shows, of which file, and under which prefix."""
    return f"{what} of {row['config']}" + (f" ({prefix.removesuffix('_')})" if prefix else "")


def _cell(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        return "-"
    if isinstance(value, list):
        return f"{value[0]:.8f} {value[1]:+.8f}i"
    error = row.get(f"{name}_error")
    # z: no sign of zero, which the topological charge of U(1) comes with
    return f"{value:z.6f} +- {error:.6f}" if isinstance(error, float) else f"{value:z.10f}"


def _hidden(row: Row) -> Iterator[str]:
    """Lists of lists, which no table has: matrices of correlators, correlators and complex numbers along a flow."""
    flows = tuple(f"{prefix}flow_" for prefix in _of_flows(row))
    shown = {f"{prefix}wilson_loop" for prefix in _of_loops(row)}
    for name, value in row.items():
        nested = isinstance(value, list) and any(isinstance(item, list) for item in value)
        usual = name in shown or COMPLEX.fullmatch(name)
        if nested and not is_description(name) and (name.startswith(flows) or not usual):
            yield name


def _flow(row: Row, prefix: str) -> Iterator[str]:
    flow = f"{prefix}flow_"
    lists = {name: row[name] for name in row if name.startswith(flow) and isinstance(row[name], list)}
    names = [name for name, values in lists.items() if name != f"{flow}time" and isinstance(values[0], float)]
    options = row[f"{flow}options"]  # of a table with a prefix, all that its numbers depend on
    yield _of(f"{options.get('flow_options', options)['kind']} flow", prefix, row)
    yield "  ".join([f"{'t':>8}", *(f"{name.removeprefix(flow):>20}" for name in names)])
    for values in zip(row[f"{flow}time"], *(row[name] for name in names), strict=True):
        yield "  ".join([f"{values[0]:8.4f}", *(f"{value:20.10f}" for value in values[1:])])
    if len(row["shape"]) == 4:
        yield from _scales(row, flow)


def _scales(row: Row, flow: str) -> Iterator[str]:
    """t_0 and w_0 of this configuration, where the flow is long enough, and the smoothing radius against the box."""
    times, values = np.array(row[f"{flow}time"]), np.array(row[f"{flow}t2E_clover"])
    with suppress(InputError):
        t = t0(times, values).value
        radius, extent = math.sqrt(8.0 * t), min(row["shape"])
        yield f"t^2 E_clover = {REFERENCE} at t0 = {t:.4f}: sqrt(8 t0) = {radius:.2f} of {extent} sites"
    with suppress(InputError):
        yield f"t d(t^2 E_clover)/dt = {REFERENCE} at t = w0^2: w0 = {w0(times, values).value:.4f}"


def _lists(row: Row) -> Iterator[str]:
    """All other lists of numbers, those whose names begin alike beside each other.

    Entries count from 1; those that have an axis, such as the distances of a correlator, show it.
    """
    known, flows = {*COLUMNS, "shape", "warnings"}, tuple(f"{prefix}flow_" for prefix in _of_flows(row))
    lists = {
        name: value
        for name, value in row.items()
        if isinstance(value, list) and all(isinstance(x, float) for x in value)
        if value and name not in known and not is_description(name) and not name.startswith(flows)
    }
    axes = axes_of_lists([row])
    for (_, length), names in groupby(lists, lambda name: (name.partition("_")[0], len(lists[name]))):
        members = list(names)
        places = dict(axes[name] for name in members if name in axes)
        columns = [(name.rpartition("_")[2], list(values)) for name, values in places.items()]
        columns += [(name, lists[name]) for name in members]
        words_of = (name.split("_") for name in members)
        common = takewhile(lambda words: len(set(words)) == 1, zip(*words_of, strict=False))
        yield f"{'_'.join(words[0] for words in common)} of {row['config']}"
        yield "  ".join([f"{'entry':>5}", *(f"{name:>17}" for name, _ in columns)])
        for i in range(length):
            cells = (f"{values[i]:{max(17, len(name))}.10g}" for name, values in columns)
            yield "  ".join([f"{i + 1:5}", *cells])


def _wilson_loops(row: Row, prefix: str) -> Iterator[str]:
    loops = row[f"{prefix}wilson_loop"]
    yield _of("Wilson loops W(R, T)", prefix, row)
    yield "  ".join([f"{'R':>4}", *(f"{f'T = {t}':>13}" for t in range(1, len(loops[0]) + 1))])
    for r, values in enumerate(loops, 1):
        yield "  ".join([f"{r:4}", *(f"{value:13.10f}" for value in values)])
