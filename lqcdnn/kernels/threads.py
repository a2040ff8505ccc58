"""Threads that run kernels: numba's layers in the order of preference.

A kernel of a small lattice takes some ten microseconds.  OpenMP and TBB keep waiting threads awake for as long and
hand them work in a few; numba's own workqueue puts them to sleep and takes up to a hundred.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from pathlib import Path

import numba
from numba.np.ufunc import parallel

LAYERS = {"tbb": "tbbpool", "omp": "omppool", "workqueue": "workqueue"}
"""numba's name of a layer and its module, the preferred one first: TBB is there only if somebody installed it."""

SPINS = "10000"
"""Turns of the loop in which a thread of GNU OpenMP waits before it sleeps: 30 us; its default is thirty times that,
which a busy machine has no cores for."""


def prefer_fast_layers() -> None:
    """Load pip's TBB (numba does not look in ``sys.prefix/lib``) and say which layers come before workqueue."""
    for name in ("libtbb.so.12", "libtbb.12.dylib"):
        library = Path(sys.prefix) / "lib" / name
        if library.exists():
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    numba.config.THREADING_LAYER_PRIORITY = list(LAYERS)


def use_threads(threads: int) -> None:
    """Let kernels run on so many threads, whatever other code that imported numba before has asked of it.

    numba takes the number of its threads from the environment when it is imported, which is over by now; afterwards its
    variables for it are read when the first kernel starts them.  If that was earlier, some of them are left out.
    """
    parallel.NUM_THREADS = numba.config.NUMBA_NUM_THREADS = threads
    if numba.get_num_threads() > threads:
        numba.set_num_threads(threads)


def layers() -> list[str]:
    """Layers that can be loaded here, the preferred one first."""
    prefer_fast_layers()
    return [name for name, module in LAYERS.items() if _loads(f"numba.np.ufunc.{module}")]


def _loads(module: str) -> bool:
    try:
        importlib.import_module(module)
    except (ImportError, RuntimeError, OSError):
        return False
    return True
