"""Results over a scan in files that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lqcdnn.analyze.scan.result import ScanAnalysis
from lqcdnn.config.language.values import toml_value
from lqcdnn.errors import InputError
from lqcdnn.report.output import summary_bytes
from lqcdnn.report.scan.table import observable_names
from lqcdnn.storage import atomic

ENDINGS = (".csv", ".json")
_NUMBERS = ("mean", "error", "tau_int", "tau_int_error")


def check_scan_export(path: Path) -> None:
    """Refuse formats that hold single runs.

    Raises
    ------
    InputError
        Neither ``.csv`` nor ``.json``.
    """
    if not path.name.endswith(ENDINGS):
        allowed = " or ".join(ENDINGS)
        raise InputError(f"--export {path}: a scan is exported as {allowed}", hint="or export its runs one by one")


def export_scan(scan: ScanAnalysis, path: Path) -> None:
    """Write a scan: the summary, or a table with a line for each number.

    Raises
    ------
    DiskError
        It could not be written.
    """
    atomic.write_bytes(path, summary_bytes(scan) if path.suffix == ".json" else scan_csv(scan))


def scan_csv(scan: ScanAnalysis) -> bytes:
    """Point, curve, fit or derived, the keys of the grid, name, value, error, and tau_int in trajectories."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = list(dict.fromkeys([*scan.names.values(), *(found.x_name for found in scan.curves)]))
    writer.writerow(["what", *keys, "name", *_NUMBERS])
    for what, where, name, numbers in _rows(scan):
        places = [_cell(where.get(short)) for short in keys]
        writer.writerow([what, *places, name, *["" if number is None else number for number in numbers]])
    return text.getvalue().encode()


Row = tuple[str, Mapping[str, Any], str, tuple[float | None, ...]]


def _rows(scan: ScanAnalysis) -> Iterator[Row]:
    names = observable_names(scan)
    for point, analysis in scan.analysed:
        where = {short: point.values[key] for key, short in scan.names.items()}
        for item in analysis.estimates:
            if item.name in names:
                tau = item.tau_int_trajectories, item.tau_int_error_trajectories
                yield "point", where, item.name, (item.mean, item.error, *tau)
    for found in scan.curves:
        for name, pairs in found.curves.items():
            for x, pair in zip(found.x, pairs, strict=True):
                yield "curve", {**found.where, found.x_name: x}, name, (*pair, None, None)
    for fit in scan.fits:
        for parameter in fit.parameters:
            name = f"{fit.request.name}.{parameter.name}"
            yield "fit", fit.where, name, (parameter.value, parameter.error, None, None)
    for derived in scan.derived:
        yield "derived", derived.where, derived.name, (derived.value, derived.error, None, None)


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else toml_value(value)
