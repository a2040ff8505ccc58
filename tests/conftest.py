"""Puts this folder on the import path: ``reference`` and helpers shared by several test folders live in it.

Kernels are those that users run. With LQCDNN_BOUNDS=1 in the environment they are compiled with index checks, and a
bad index is an error, not somebody else's memory. That is an eighth more to compile: ``make test-slow`` and the tests
with the lower bounds of the dependencies have it so. The checks themselves are tested everywhere, in a process of their
own (``unit/kernels/test_compile.py``).

Garbage is collected seldom: compilers make millions of small objects that stay, and looking through them again and
again took a sixth of the time.

Bytecode is kept, whatever the environment says: hundreds of tests start the program, and reading all of its source
takes half as long as everything else that it does until it works.

BLAS runs on one thread: its threads, waiting for a core beside other processes, cost more than the small matrices of
the references.

Under xdist the files come alternately from the two ends of the list: processes side by side then work far from each
other, and seldom wait for the same kernel (``lqcdnn/kernels/sharing.py``).

Hypothesis takes some of what it tries from the source: all of it took five seconds of each process to read at first.

The folder ``faults`` is not looked through where its marker is excluded: its samples are made as it is collected.
"""

import gc
import os
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(50_000, 20, 50)


FUZZED = ("config", "storage", "analyze")
"""Rooms that tests give what hypothesis makes up."""


def read_less(hypothesis_providers):
    """Let hypothesis look for literals to try in the source of these rooms, not in that of all modules."""
    if (is_ours := getattr(hypothesis_providers, "is_local_module_file", None)) is not None:
        hypothesis_providers.is_local_module_file = (
            lambda path: any(f"/lqcdnn/{room}/" in path for room in FUZZED) and is_ours(path)
        )


def pytest_ignore_collect(collection_path, config):
    """True for the folder of a marker that the expression given with -m excludes."""
    excluded = "not faults" in config.getoption("markexpr")
    return True if excluded and collection_path == Path(__file__).parent / "faults" else None


@pytest.hookimpl(tryfirst=True)  # hypothesis reads as soon as tests are collected
def pytest_collection_modifyitems(items):
    """Order the files as told above; the tests of a file stay in their order."""
    read_less(sys.modules.get("hypothesis.internal.conjecture.providers"))
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    names = sorted(files)
    half = (len(names) + 1) // 2
    order = (path for pair in zip_longest(names[:half], reversed(names[half:])) for path in pair if path is not None)
    items[:] = [item for path in order for item in files[path]]
