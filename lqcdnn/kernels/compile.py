"""How kernels are compiled: flags, thread layer, and a cache that can never be stale.

numba keys its cache by the file of the function alone, so a change in a callee of another file would return
old code.  The cache directory is therefore named by a digest of all kernel sources, the compilers' versions,
the processor and the flags; it must be set before the first kernel is decorated, hence on import.

numba names machine code by the types of its arguments, but a record by the number that its type happens to get in a
process.  Code cached by two processes could bear one name for two types; a third that loads both would run the first
for the second.  Records are therefore named by what they hold.

Environment
-----------
LQCDNN_THREADS
    Number of threads, default 1; ``auto`` means 1 here, where no lattice is known.  With 1 the kernels are compiled
    serially: no launch cost, a third of the compile time, and the same bits, because every sum is over per-block
    partials in a fixed order.
LQCDNN_BOUNDS
    ``1`` compiles index checks into ``at``, ``put`` and ``hop`` (for tests).
LQCDNN_CACHE_DIR
    Parent of the kernel cache; default is the user's cache directory.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import sys
from functools import partial
from pathlib import Path

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numba import types
from numba.core import event
from numba.core.caching import IndexDataCacheFile
from numba.core.codegen import get_host_cpu_features

from lqcdnn.errors import InputError
from lqcdnn.kernels.frontend import PARTS, not_for_python, spare_repetition
from lqcdnn.kernels.linking import APART
from lqcdnn.kernels.sharing import compile_once
from lqcdnn.kernels.threads import prefer_fast_layers, use_threads


def threads_asked(text: str) -> int:
    """What LQCDNN_THREADS asks for.

    Raises
    ------
    InputError
        If it is neither a number nor auto.
    """
    if text in ("", "auto"):
        return 1
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise InputError(f"LQCDNN_THREADS: found {text!r}; allowed: 1, 2, ... or auto")
    return int(text)


THREADS = threads_asked(os.environ.get("LQCDNN_THREADS", ""))
PARALLEL = THREADS > 1
BOUNDS = os.environ.get("LQCDNN_BOUNDS", "0") == "1"


def target() -> tuple[str, str]:
    """Name and features (``+avx2,-avx512f,...``) of the processor that numba compiles for: that of this machine, or
    what NUMBA_CPU_NAME, NUMBA_CPU_FEATURES and NUMBA_ENABLE_AVX say.
    """
    name, features = numba.config.CPU_NAME, numba.config.CPU_FEATURES
    return name or binding.get_host_cpu_name(), get_host_cpu_features() if features is None else features


PROCESSOR, FLAGS = target()
FEATURES = {flag[1:] for flag in FLAGS.split(",") if flag.startswith("+")}
VECTOR_BYTES, REGISTERS = (64, 32) if "avx512f" in FEATURES else (32, 16)
"""Vectors of the processor: AVX-512, or AVX2 and whatever else.

The 32 registers of NEON, of 16 bytes each, are taken as 16 of 32: code as good, and the bits of AVX2.
"""


def is_intel_server(features: set[str], name: str) -> bool:
    """Whether a core reads the last cache, behind a mesh, not much faster than memory: measured on Emerald Rapids, 24
    against 15 GB/s, and on one with 480 MB of it, 29 against 29, and taken for the others.

    Those since Sapphire Rapids are known by what they can do: of a number of its model that LLVM does not know, or
    that a virtual machine made up, it takes a server for a Rocket Lake, and hops of SU(3) took twice the time.
    """
    older = ("skylake-avx512", "cascadelake", "cooperlake", "icelake-server")
    return "amx-tile" in features or "rapids" in name or name in older


INTEL_SERVER = is_intel_server(FEATURES, PROCESSOR)

HALF_RATE = ("znver4", "cannonlake", "icelake-client", "tigerlake", "rocketlake")
"""Processors that multiply and add vectors of 512 bits as two of 256."""

WIDE_ARITHMETIC = VECTOR_BYTES == 64 and (INTEL_SERVER or PROCESSOR not in HALF_RATE)
"""Whether vectors of 512 bits are multiplied at full rate."""

CACHES = 2**25
"""Bytes of the last cache of a processor, about: what is larger comes from memory each time."""

FAST_CACHES = 2**21 if INTEL_SERVER else CACHES
"""Bytes that a core reads much faster than memory."""

FIRST_CACHE, SECOND_CACHE, NO_CACHE = 3, 2, 0
"""Where what is asked for is to stay, as LLVM counts it."""

FAR = FIRST_CACHE if PROCESSOR == "znver5" or INTEL_SERVER else SECOND_CACHE
"""Where to what comes from memory is asked for: the first cache of a core waits for 24 lines at once (Zen), which at
the latency of memory is half of what the second brings.  Measured on Zen 4; on Zen 5 the second takes up to a third
longer, on a server of Intel up to 5 % and seldom less.
"""

PASSING = NO_CACHE if PROCESSOR == "znver5" else FAR
"""Where to what is read once: where it need not stay it must be there when it is needed, but others may keep a small
part of the first cache for it, from where it is gone by then."""

STREAMED = CACHES // 2 if INTEL_SERVER else CACHES // 4
"""Bytes of a field from which on it is written past the caches: what else a kernel passes takes the rest.  Measured on
Zen 5 and on Emerald Rapids, where fields of 8 MB were better written through them.
"""


def cache_key() -> str:
    """Digest of everything the machine code depends on."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    for fact in (numba.__version__, llvmlite.__version__, sys.version, target(), PARALLEL, BOUNDS):
        digest.update(repr(fact).encode())
    return digest.hexdigest()[:16]


def name_by_contents(record=types.Record) -> None:
    """Let the names of machine code say of a record what it holds: the same in every process."""

    def mangling_args(self):
        return "Record", (hashlib.sha256(self.name.encode()).hexdigest()[:16],)

    record.mangling_args = property(mangling_args)


def cache_root() -> Path:
    """Parent folder of the kernel caches: LQCDNN_CACHE_DIR, else XDG_CACHE_HOME, else ~/.cache."""
    chosen = os.environ.get("LQCDNN_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "lqcdnn"


def tolerate_damage(cache_file=IndexDataCacheFile) -> None:
    """Let numba treat a cache file that cannot be read (a full disk, a copy cut short) as one that is not there.

    numba itself does so only when the file cannot be opened; anything else escapes as EOFError and the like.
    """
    read_index, load = cache_file._load_index, cache_file.load

    def index_or_nothing(self):
        try:
            return read_index(self)
        except Exception:  # whatever unpickling trips over
            return {}

    def code_or_nothing(self, key):
        try:
            return load(self, key)
        except Exception:
            return None

    cache_file._load_index, cache_file.load = index_or_nothing, code_or_nothing


class NoCollection(event.Listener):
    """No garbage is collected while a kernel is compiled.

    A compiler makes millions of small objects that stay, and looking through them again and again took an eighth of the
    time; 8 % of it is saved, because what is left over is looked through once afterwards.  Its own garbage is 20 MB.
    numba tells of compilations while it holds its lock, so that those counted here are nested ones of one thread.
    """

    def __init__(self) -> None:
        self._depth, self._collected = 0, False

    def on_start(self, _event: event.Event) -> None:
        """A kernel, or one that it calls, begins to be compiled."""
        if self._depth == 0:
            self._collected = gc.isenabled()  # who has switched it off will not find it on
            gc.disable()
        self._depth += 1

    def on_end(self, _event: event.Event) -> None:
        """It is compiled, or could not be."""
        self._depth -= 1
        if self._depth == 0 and self._collected:
            gc.enable()


event.register("numba:compile", NoCollection())
name_by_contents()
spare_repetition()
CACHE_DIR = cache_root() / cache_key()
try:
    CACHE_DIR.mkdir(parents=True, exist_ok=True)
    CACHING = os.access(CACHE_DIR, os.W_OK)
except OSError:
    CACHING = False  # no home or a read-only one: compile in memory
if CACHING:
    numba.config.CACHE_DIR = str(CACHE_DIR)
    tolerate_damage()
    compile_once(CACHE_DIR)
if PARALLEL:
    prefer_fast_layers()
    use_threads(THREADS)

START = np.int64(0)
"""Zero as an argument of a kernel that others call with a variable: for a literal it would be compiled once more."""

compiled = partial(numba.njit, nogil=True, error_model="numpy", cache=CACHING, no_cfunc_wrapper=True)
driver = compiled()
"""A serial driver of kernels, which Python calls."""


def kernel(function):
    """A loop over blocks; sums go into per-block partials, never into a prange reduction."""
    APART.add(function)
    return compiled(parallel=PARALLEL)(function)


def inner(function):
    """The same for kernels and drivers alone."""
    APART.add(function)
    return not_for_python(compiled(parallel=PARALLEL, no_cpython_wrapper=True)(function))


def device(function):
    """A function for kernels and drivers alone."""
    return not_for_python(compiled(no_cpython_wrapper=True)(function))


def inlined(part):
    """A part of a kernel, driver or device function: matrices as arguments of a call go through memory."""
    PARTS.add(part)
    return numba.njit(inline="always")(part)
