"""Results of an analysis in files that other programs read."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lqcdnn
from lqcdnn.analyze.result import CONVENTION, Analysis, Estimate
from lqcdnn.errors import InputError
from lqcdnn.report.output import summary_bytes
from lqcdnn.storage import atomic

ENDINGS = (".csv", ".json", ".h5", ".json.gz")
_COLUMNS = (
    *("name", "mean", "error", "error_of_error", "tau_int", "tau_int_error", "window", "n", "effective"),
    *("systematic", "total_error"),
    *("jackknife_error", "bootstrap_error", "interval", "first", "last", "replicas", "replica_probability"),
)


def check_export(path: str | Path) -> Path:
    """The path of a new file with a known ending.

    Raises
    ------
    InputError
        The ending is unknown, the file exists, or its directory does not.
    """
    target = Path(path)
    if not target.name.endswith(ENDINGS) or target.name in ENDINGS:
        raise InputError(f"--export {target}: unknown format", hint=f"endings: {', '.join(ENDINGS)}")
    if target.exists():
        raise InputError(f"--export {target}: the file exists", hint="choose another name, or remove it first")
    if not target.parent.is_dir():
        raise InputError(f"--export {target}: there is no directory {target.parent}")
    return target


def export(analysis: Analysis, path: Path) -> None:
    """Write an analysis; the ending decides the format.

    ``.csv`` has one line of numbers for each estimate; ``.json`` is the summary; ``.h5`` has summary and series;
    ``.json.gz`` has every estimate with its fluctuations as pyerrors reads it.

    Raises
    ------
    DiskError
        It could not be written.
    """
    if path.name.endswith(".json.gz"):
        content = pyerrors_bytes(analysis)
    elif path.suffix == ".csv":
        content = csv_bytes(analysis)
    elif path.suffix == ".h5":
        content = hdf5_bytes(analysis)
    else:
        content = summary_bytes(analysis)
    atomic.write_bytes(path, content)


def csv_bytes(analysis: Analysis) -> bytes:
    """One line for each estimate under a line of names; empty where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for item in _all(analysis):
        values = (getattr(item, column) for column in _COLUMNS)
        writer.writerow(["" if value is None else value for value in values])
    return text.getvalue().encode()


def hdf5_bytes(analysis: Analysis) -> bytes:
    """Datasets NAME.trajectories and NAME.values of each estimate after the cut, and the summary as an attribute."""
    from lqcdnn.storage import hdf5

    arrays: hdf5.Arrays = {}
    for item in _all(analysis):
        for number, part in enumerate(item.parts, start=1):
            place = item.name if len(item.parts) == 1 else f"{item.name}.replica{number}"
            arrays |= {f"{place}.trajectories": part.trajectories, f"{place}.values": part.values}
    return bytes(hdf5.pack(arrays, {"summary": summary_bytes(analysis).decode(), "convention": CONVENTION}))


def pyerrors_bytes(analysis: Analysis) -> bytes:
    """The format of ``pyerrors.input.json`` (F. Joswig et al., arXiv:2209.14371), version 1.1: one Obs each.

    The deltas of a derived quantity are its linearised fluctuations, so that products with other quantities of the same
    file propagate errors with their correlations. Series of one ensemble must carry one name: the directory's.

    Raises
    ------
    InputError
        No series is long enough for an error.
    """
    ensemble = Path(analysis.source.split(" + ")[0]).name.replace("|", "_") or "series"
    document = {
        "program": f"lqcdnn {lqcdnn.__version__}",
        "version": "1.1",
        "description": f"analysis of {analysis.source}",
        "obsdata": [_obs(item, ensemble) for item in _all(analysis) if item.gamma is not None],
    }
    if not document["obsdata"]:
        raise InputError("no series is long enough to be exported for pyerrors")
    return gzip.compress(json.dumps(document, allow_nan=False).encode(), mtime=0)


def _obs(item: Estimate, ensemble: str) -> dict[str, Any]:
    value = item.center
    names = [ensemble] if len(item.parts) == 1 else [f"{ensemble}|r{i + 1}" for i in range(len(item.parts))]
    replicas = [
        {
            "name": name,
            "deltas": [[int(t), float(x) - value] for t, x in zip(part.trajectories, part.values, strict=True)],
        }
        for name, part in zip(names, item.parts, strict=True)
    ]
    data = [{"id": ensemble, "replica": replicas}]
    return {"type": "Obs", "layout": "1", "tag": [item.name], "value": [value], "data": data}


def _all(analysis: Analysis) -> Sequence[Estimate]:
    update = (analysis.acceptance, analysis.exp_minus_dH, analysis.dH)
    return [*analysis.estimates, *(item for item in update if item is not None)]
