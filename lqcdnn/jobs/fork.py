"""``--fork``: begin a run with the state of another one, which is only read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.scalar import SCALAR
from lqcdnn.config import RunConfig
from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import checkpoint
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.rundir import RunDir


@dataclass(frozen=True)
class Parent:
    """Where a run began.

    Attributes
    ----------
    directory
        Absolute path of the parent run.
    trajectory
        Its trajectory whose links are the start.
    digest
        sha256 of the links.
    links
        Links in user layout.
    scalar
        Scalar field, if both runs have one.
    """

    directory: str
    trajectory: int
    digest: str
    links: NDArray[np.complex128]
    scalar: NDArray[np.complex128] | None = None

    def facts(self) -> dict[str, Any]:
        """What the manifest keeps."""
        return {"directory": self.directory, "trajectory": self.trajectory, "digest": self.digest}


def parent_state(config: RunConfig, directory: str | os.PathLike[str], trajectory: int | None = None) -> Parent:
    """The state of a run to begin another one with; nothing is locked, so the run may go on meanwhile.

    Parameters
    ----------
    config
        Input of the new run.
    directory
        The parent.
    trajectory
        Of a saved configuration; None takes the newest checkpoint.

    Raises
    ------
    InputError
        No such run or configuration, no checkpoint yet, another lattice or group, or a ``run.name`` that is taken, by a
        fork of another configuration too.
    DataError
        Everything there is damaged.
    """
    run = RunDir.open(directory)
    where = str(run.path.resolve())
    _refuse_taken(config.run.name, where, trajectory)
    number, links, scalar = _last_state(run) if trajectory is None else _configuration(run, trajectory)
    shape = (config.lattice.dims, *config.lattice.shape, config.lattice.colors, config.lattice.colors)
    if links.shape != shape:
        raise InputError(
            f"{directory} holds links of shape {links.shape}, the input asks for {shape}",
            hint="a fork keeps lattice.shape and lattice.group",
        )
    kept = None if config.action.scalar is None else scalar
    return Parent(where, number, hashlib.sha256(links.tobytes()).hexdigest(), links, kept)


def plant(run: RunDir, parent: Parent) -> None:
    """Make the parent's links the first checkpoint of a new run; one that has begun already is left alone."""
    if not run.goes_on_from_parent and checkpoint.load_latest(run.checkpoint_dir) is None:
        scalar = {} if parent.scalar is None else {SCALAR: parent.scalar}
        checkpoint.save(run.checkpoint_dir, {"links": parent.links, **scalar}, {"trajectory": 0})


def chain_seed(manifest: Mapping[str, Any], seed: int) -> int:
    """Seed of the chain: that of the input, or for a fork one that depends on the links it began with.

    The parent's links were made with the random numbers of its seed, so a fork must not draw the same ones again.
    """
    parent = manifest.get("parent")
    return seed if parent is None else seed ^ int(str(parent["digest"])[:16], 16)


def _refuse_taken(name: str, parent: str, trajectory: int | None) -> None:
    path = Path(name)
    if str(path.resolve()) == parent:
        raise InputError(f"{name}: a run cannot be forked into itself", hint="--fork NEWDIR takes another directory")
    if RunDir.is_run_directory(path):
        run = RunDir.open(path)
        known = run.manifest.get("parent") or {}
        if known.get("directory") != parent:
            raise InputError(f"{name} is a run already, and no fork of {parent}", hint="choose another directory")
        begun = run.goes_on_from_parent or any(path.is_file() for path in checkpoint.paths(run.checkpoint_dir))
        first = known.get("trajectory")
        if begun and trajectory not in (None, first):
            raise InputError(
                f"{name} is a fork of trajectory {first} of {parent}, not of {trajectory}",
                hint=f"--fork-at {first} goes on with it; for another start choose another directory",
            )


def _last_state(run: RunDir) -> tuple[int, NDArray[np.complex128], NDArray[np.complex128] | None]:
    found = checkpoint.load_latest(run.checkpoint_dir)
    if found is None:
        raise InputError(f"{run.path} has no checkpoint to begin with", hint="generate writes one")
    arrays, attributes = found
    if "links" not in arrays or not isinstance(attributes.get("trajectory"), int):
        raise DataError(f"{run.checkpoint_dir} holds no state of a chain")
    return int(str(attributes["trajectory"])), np.ascontiguousarray(arrays["links"]), arrays.get(SCALAR)


def _configuration(
    run: RunDir, trajectory: int
) -> tuple[int, NDArray[np.complex128], NDArray[np.complex128] | None]:
    saved = dict(run.configurations())
    if trajectory not in saved:
        known = f"{min(saved)} to {max(saved)}" if saved else "none"
        raise InputError(f"{run.path} has no configuration of trajectory {trajectory} (saved: {known})")
    found = read_configuration(saved[trajectory])
    return trajectory, found.links, found.scalar
