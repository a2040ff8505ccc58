"""Say what a file or directory is: configurations of all formats, weights, checkpoints, series, runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lqcdnn.analyze.data.rundata import read_physics
from lqcdnn.errors import DiskError, InputError
from lqcdnn.report.terminal.sparkline import sparkline
from lqcdnn.report.terminal.status import read_status
from lqcdnn.storage import deformations, hdf5, potentials, surrogates, weights
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.manifest import read_json
from lqcdnn.storage.rundir import RunDir

Description = dict[str, Any]
"""``kind`` and whatever else is worth knowing, as plain data."""


def describe(
    path: str | os.PathLike[str], shape: Sequence[int] | None = None, group: str | None = None
) -> Description:
    """Recognise a file or directory by its content, read it whole, verify it, and say what it is.

    Parameters
    ----------
    path
        A configuration of any known format, a weights file, a checkpoint, a series of JSON lines, a JSON file of a run
        (``manifest.json``, ...), a run directory.
    shape, group
        Of a configuration that does not say itself; others must agree.

    Returns
    -------
    dict
        ``kind`` ("gauge configuration", "weights", "surrogate", "deformation", "bias potential", "checkpoint",
        "series", "document", "run directory"), ``path``, and facts that depend on the kind; plain data for JSON.

    Raises
    ------
    InputError
        No such file, or a directory that is no run.
    DataError
        Damaged, or of no known kind.
    DiskError
        It cannot be read.
    """
    place = Path(path)
    try:
        if place.is_dir():
            return _run(place)
        if not place.is_file():
            raise InputError(f"{place}: {'a pipe or a device' if place.exists() else 'no such file or directory'}")
        with place.open("rb") as file:
            head = file.read(len(hdf5.MAGIC))
    except OSError as error:
        raise DiskError(f"{place}: could not read: {error.strerror}") from error
    if head == hdf5.MAGIC:
        return _hdf5(place, shape, group)
    if head[:1] == b"{":
        return _document(place) if place.suffix == ".json" else _series(place)
    return _configuration(place, shape, group)


def _configuration(path: Path, shape: Sequence[int] | None, group: str | None) -> Description:
    found = read_configuration(path, shape, group)
    return {
        "kind": "gauge configuration",
        "path": str(path),
        "format": found.format,
        "group": found.group,
        "shape": list(found.shape),
        "precision": found.real,
        "plaquette": found.plaquette,
        "claimed": found.claimed,
        "unitarity": found.unitarity,
        **({} if found.scalar is None else {"scalar": f"{found.scalar.shape[-2]} components, beside the links"}),
        "checksum": f"{found.checksum}, verified" if found.checksum else "none",
        "attributes": _plain(found.attributes),
        "warnings": found.warnings,
    }


def _hdf5(path: Path, shape: Sequence[int] | None, group: str | None) -> Description:
    """One of our own files."""
    attributes = hdf5.peek(path)
    if attributes.get("kind") == weights.KIND:
        return _weights(path)
    if attributes.get("kind") == surrogates.KIND:
        return _surrogate(path)
    if attributes.get("kind") == deformations.KIND:
        return _deformation(path)
    if attributes.get("kind") == potentials.KIND:
        return _potential(path)
    if "serial" not in attributes:
        return _configuration(path, shape, group)
    arrays, attributes = hdf5.unpack(path)
    return {"kind": "checkpoint", "path": str(path), "attributes": _plain(attributes), "arrays": _shapes(arrays)}


def _weights(path: Path) -> Description:
    found = weights.load(path)
    layers = [_layer(layer) for layer in found.definition]
    return {
        "kind": "weights",
        "path": str(path),
        "layers": layers,
        "weights": found.layers.tolist(),
        **({"couplings": found.coupling_values} if found.couplings else {}),
        "trained_for": found.physics,
        "physics_digest": found.physics_digest,
        "training": found.training,
        "conventions": weights.CONVENTIONS,
    }


def _potential(path: Path) -> Description:
    found = potentials.load(path)
    return {
        "kind": "bias potential",
        "path": str(path),
        "variable": found.variable,
        "built": found.facts,
        "picture": sparkline(found.numbers, 60),
        "numbers": found.numbers.tolist(),
        "conventions": found.conventions,
    }


def _surrogate(path: Path) -> Description:
    found = surrogates.load(path)
    seen = [one.trained.tolist() for one in found.seen]
    return {
        "kind": "surrogate",
        "path": str(path),
        "target": found.target,
        "group": found.group,
        "network": found.definition,
        "weights": found.theta.tolist(),
        "trained_on": seen[0] if len(seen) == 1 else dict(zip((one.run for one in found.seen), seen, strict=True)),
        "training": found.settings | found.facts,
        "conventions": surrogates.conventions(found.definition),
    }


def _deformation(path: Path) -> Description:
    found = deformations.load(path)
    return {
        "kind": "deformation",
        "path": str(path),
        "target": found.target,
        "shape": list(found.shape),
        "beta": found.beta,
        "loops": found.facts,
        "trained_on": list(found.trained),
        "training": found.settings,
        "conventions": deformations.CONVENTIONS,
    }


def _layer(layer: dict[str, Any]) -> str:
    """Loops, or the kind of smearing, sharing and, if there is, attention or the channels that weights come from."""
    special = f", attention of reach {layer['attention']}" if "attention" in layer else ""
    special += f", local weights by channels {layer['channels']}" if "channels" in layer else ""
    what = "HEX smearing" if layer.get("kind") == "hex" else "+".join(layer["loops"])
    return f"{what} ({layer['sharing']}{special})"


def _series(path: Path) -> Description:
    """A journal or another file of JSON lines."""
    content = Journal(path).records()
    index = next((key for key in ("trajectory", "step") if content.records and key in content.records[0]), None)
    numbers = [record[index] for record in content.records if index in record] if index else []
    return {
        "kind": "series",
        "path": str(path),
        "records": len(content.records),
        "keys": list(dict.fromkeys(key for record in content.records for key in record)),
        **({"first": numbers[0], "last": numbers[-1], "numbered_by": index} if numbers else {}),
        "warnings": content.warnings,
    }


def _document(path: Path) -> Description:
    """A JSON file such as the manifest or the status of a run."""
    return {"kind": "document", "path": str(path), "content": read_json(path)}


def _run(path: Path) -> Description:
    RunDir.require(path)
    run, status, physics = RunDir.open(path), read_status(path), read_physics(path)
    saved = [number for number, _ in run.configurations()]
    series = {
        file.stem: len(Journal(file).records().records) for file in sorted((path / "measure").glob("*.jsonl"))
    }
    return {
        "kind": "run directory",
        "path": str(path),
        "created": run.manifest.get("created"),
        "group": physics.group,
        "shape": list(physics.shape),
        "seed": run.physics.get("run.seed"),
        "setup": {name: line for name, line in physics.setup.items() if name not in ("lattice", "seed")},
        "self_learning": physics.guided,
        "state": status.state,
        "phase": status.phase,
        "trajectory": status.trajectory,
        "total": status.total,
        "configurations": len(saved),
        "first_configuration": saved[0] if saved else None,
        "last_configuration": saved[-1] if saved else None,
        "measured": series,
        "sessions": len(run.manifest["sessions"]),
    }


def _plain(attributes: Mapping[str, Any]) -> Description:
    """Attributes of a file that can be shown as plain data."""
    return {key: value for key, value in attributes.items() if isinstance(value, str | int | float | list)}


def _shapes(arrays: Mapping[str, NDArray[Any]]) -> dict[str, str]:
    return {name: f"{array.dtype} {list(array.shape)}" for name, array in arrays.items()}
