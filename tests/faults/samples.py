"""One small file of every kind that the program reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.storage import hdf5, weights
from lqcdnn.storage.formats import FORMATS, write_configuration
from tests.unit.storage import storage_samples as files

SHAPE = (4, 4, 4, 4)


def configurations(folder: Path, shape: tuple[int, ...] = SHAPE) -> dict[str, bytes]:
    """A file of every format, from the slow writers of the tests and from the writers of the program."""
    su2, su3 = files.random_links(shape, 2), files.random_links(shape, 3)
    found = {
        "milc": files.milc(su3),
        "nersc": files.nersc(su3),
        "nersc two rows": files.nersc(su3, rows=2),
        "scidac": files.scidac(su3),
        "ildg": files.ildg(su2),
        "ildg without checksum": files.ildg(su2, checksum=False),
        "ildg bare": files.bare(su2),
        "openqcd": files.openqcd(su3),
        "hirep": files.hirep(su2),
        "hirep quaternions": files.hirep(su2, quaternions=True),
        "npz": files.npz(su2),
    }
    for name, known in FORMATS.items():
        if known.write is not None:
            found[f"written {name}"] = _written(folder / "written", name, su3)
    return found


def _written(path: Path, name: str, su3: NDArray[np.complex128]) -> bytes:
    """A file by a writer of the program: in double precision where the format has it."""
    attributes = {"trajectory": 3} if name == "native" else {}
    for real in ("f8", "f4"):
        try:
            write_configuration(path, su3, "SU(3)", attributes, name, real)
        except InputError:
            continue
        return path.read_bytes()
    raise AssertionError(f"{name} writes no SU(3)")


def checkpoint(shape: tuple[int, ...] = SHAPE) -> bytes:
    """A state of a chain."""
    return hdf5.pack({"links": files.random_links(shape, 2)}, {"trajectory": 4, "serial": 2, "weights.net": "0" * 64})


def weights_file(folder: Path) -> bytes:
    """Weights of a network of one layer."""
    definition = [{"loops": ["plaquette"], "sharing": "shared"}]
    content = weights.Weights(np.array([0.1, -0.2]), definition, {"group": "SU(2)"}, "0" * 64, {"samples": 3})
    weights.save(folder / "weights.h5", content)
    return (folder / "weights.h5").read_bytes()
