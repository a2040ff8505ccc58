"""What this machine and installation offer, what is wrong with them, and compiling the kernels ahead."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import lqcdnn
from lqcdnn.jobs.cores import usable_cores
from lqcdnn.report.provenance import cpu_name, package_versions, version

Facts = dict[str, Any]
OPTIONAL = ("tbb", "matplotlib", "llvmlite")
SIMD = (
    ("avx512f", "AVX-512", 512),
    ("avx2", "AVX2", 256),
    ("avx", "AVX", 256),
    ("neon", "NEON", 128),
    ("sse2", "SSE2", 128),
)
ARM, X86 = ("aarch64", "arm64"), ("x86_64", "AMD64")
SMALL_DISK, SMALL_MEMORY = 1e9, 5e8

WARM_INPUT = """
[lattice]
shape = [4, 4, 4, 4]
group = "{group}"
[run]
name = "warm"
trajectories = 1
seed = 1
[action.gauge]
beta = 2.7
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3
solver = "mixed"
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3
solver = "half"
[guide.gauge]
kind = "symanzik"
[[guide.fermion]]
links = "net"
solver = "cg"
[[guide.fermion]]
links = "net"
solver = "half"
[[network.net.layer]]
loops = ["plaquette", "polyakov_time"]
initial = 0.001
[update]
steps = 1
[observables.plaquette]
[observables.polyakov]
[observables.condensate]
"""


@dataclass
class Diagnosis:
    """Facts by subject, and what should be changed, each as one sentence."""

    facts: Facts
    problems: list[str] = field(default_factory=list)

    def to_dict(self) -> Facts:
        """Plain data for ``--json``."""
        return {**self.facts, "problems": self.problems}


def diagnose() -> Diagnosis:
    """Versions, processor, threads, kernel cache, HDF5, memory, disk of this process and its directory."""
    facts: Facts = {
        "version": lqcdnn.__version__,
        "python": platform.python_version(),
        "packages": package_versions() | {name: version(name) for name in OPTIONAL},
        "platform": platform.platform(),
        "processor": processor(),
        "threads": threads(),
        "cache": cache(),
        "hdf5": hdf5(),
        "memory": memory(),
        "disk": disk(Path.cwd()),
    }
    return Diagnosis(facts, list(problems(facts)))


def processor() -> Facts:
    """Model, the compiler's name for it, the widest vectors that are used, and the cores this process may use."""
    from lqcdnn.kernels.compile import FEATURES, PROCESSOR

    name, bits = vectors(FEATURES, platform.machine())
    return {
        "model": cpu_name(),
        "target": PROCESSOR,
        "simd": name,
        "simd_bits": bits,
        "cores": os.cpu_count(),
        "cores_available": usable_cores(),
    }


def vectors(features: Set[str], machine: str) -> tuple[str, int]:
    """Name and bits of the widest vectors that kernels use.

    Every ARM processor of 64 bits has NEON, though LLVM lists the features of none on macOS, and every x86 has SSE2.
    SVE is not used: code for it would have to be compiled for one length of its vectors.
    """
    always: set[str] = {"neon"} if machine in ARM else {"sse2"} if machine in X86 else set()
    return next(((name, bits) for key, name, bits in SIMD if key in features | always), ("none known", 64))


def threads() -> Facts:
    """LQCDNN_THREADS, threads of the kernels of this process, and numba's thread layers that can be loaded."""
    from numba import get_num_threads

    from lqcdnn.kernels.compile import PARALLEL
    from lqcdnn.kernels.threads import layers

    available = layers()
    return {
        "LQCDNN_THREADS": os.environ.get("LQCDNN_THREADS"),
        "kernels": get_num_threads() if PARALLEL else 1,
        "layer": (available or ["none"])[0] if PARALLEL else "none (one thread)",
        "layers_available": available,
    }


def cache() -> Facts:
    """Kernel cache of this version and processor, and what other versions left beside it."""
    from lqcdnn.kernels.compile import CACHE_DIR, CACHING

    others = [one for one in _entries(CACHE_DIR.parent) if one.is_dir() and one != CACHE_DIR]
    return {
        "directory": str(CACHE_DIR),
        "writable": CACHING,
        "files": sum(1 for _ in CACHE_DIR.rglob("*.nbc")),
        "bytes": _size(CACHE_DIR),
        "other_caches": len(others),
        "other_bytes": sum(_size(one) for one in others),
    }


def hdf5() -> Facts:
    """Library version and its own file locking, which plays no part here: files are built in memory."""
    import h5py

    return {"version": h5py.version.hdf5_version, "HDF5_USE_FILE_LOCKING": os.environ.get("HDF5_USE_FILE_LOCKING")}


def memory() -> Facts:
    """Bytes of memory, and available now (None where the system does not say)."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return {"total": None, "available": None}
    found = {line.partition(":")[0]: line.partition(":")[2].split()[0] for line in lines if ":" in line}
    return {
        "total": 1024 * int(found["MemTotal"]) if "MemTotal" in found else None,
        "available": 1024 * int(found["MemAvailable"]) if "MemAvailable" in found else None,
    }


def disk(directory: Path) -> Facts:
    """Free bytes where a run would be made, whether it can be written, and whether locks work there."""
    return {
        "directory": str(directory),
        "free": shutil.disk_usage(directory).free,
        "writable": os.access(directory, os.W_OK),
        "locks": _locks_work(directory),
    }


def problems(facts: Facts) -> list[str]:
    """Sentences about what should be changed, with the remedy."""
    found = []
    if not facts["cache"]["writable"]:
        found.append(
            f"the kernel cache {facts['cache']['directory']} cannot be written: every start compiles anew; "
            "set LQCDNN_CACHE_DIR to a directory of yours"
        )
    if facts["threads"]["kernels"] > (facts["processor"]["cores_available"] or 1):
        found.append(
            f"LQCDNN_THREADS = {facts['threads']['kernels']}, but this process may use "
            f"{facts['processor']['cores_available']} cores"
        )
    if facts["threads"]["kernels"] > 1 and facts["threads"]["layers_available"][:1] == ["workqueue"]:
        tbb = "" if platform.machine() in ARM else " or TBB (pip install 'lqcdnn[threads]')"  # there is none for ARM
        found.append(
            "several threads wait for each other long with numba's workqueue: install OpenMP (libgomp1 on Linux, "
            f"libomp on macOS){tbb}"
        )
    if not facts["disk"]["writable"]:
        found.append(f"{facts['disk']['directory']} cannot be written: runs are made in the current directory")
    elif facts["disk"]["locks"] is False:
        found.append(f"{facts['disk']['directory']} knows no locks (flock): runs cannot be made there")
    if facts["disk"]["free"] < SMALL_DISK:
        found.append(f"only {facts['disk']['free'] / 1e6:.0f} MB are free in {facts['disk']['directory']}")
    if facts["memory"]["available"] is not None and facts["memory"]["available"] < SMALL_MEMORY:
        found.append(f"only {facts['memory']['available'] / 1e6:.0f} MB of memory are available")
    return found


def warm(groups: tuple[str, ...] = ("SU(2)", "SU(3)"), report: Callable[[str], None] | None = None) -> dict[str, float]:
    """Compile the kernels of a run by a tiny one in memory: update, training, measurement. Writes only the cache.

    Parameters
    ----------
    groups
        Gauge groups; the kernels of a group serve every dimension and lattice with V/2 divisible by 8.
    report
        Receives a sentence before each group.

    Returns
    -------
    dict
        Seconds by group; a second call takes a fraction of a second.
    """
    from lqcdnn.config import load_text

    seconds = {}
    for group in groups:
        if report is not None:
            report(f"compiling the kernels for {group}; up to a minute when the cache has none")
        start = perf_counter()
        _tiny_run(load_text(WARM_INPUT.format(group=group), "warm"))
        seconds[group] = perf_counter() - start
    return seconds


def _tiny_run(config: Any) -> None:
    from lqcdnn.fields.gauge import hot, unitarity_violation
    from lqcdnn.fields.random import Stream
    from lqcdnn.jobs.build import build
    from lqcdnn.measure.runner import measurements
    from lqcdnn.network.optimizers import SGD
    from lqcdnn.update.hmc import State
    from lqcdnn.update.training import Trainer

    sim = build(config)
    start = State(hot(sim.lattice, sim.group, 1), 0, 1)
    state, _ = sim.update().step(start)
    Trainer(sim.exact, sim.guide, sim.networks["net"], SGD(1e-9)).sample(state.U, Stream(1, 2))
    measurements(config, sim.networks).measure(state.U, Stream(1, 3))
    unitarity_violation(sim.lattice, state.U, sim.group)


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def _size(directory: Path) -> int:
    """Bytes of all files below; files that vanish meanwhile count nothing."""
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except OSError:
                continue
    return total


def _locks_work(directory: Path) -> bool | None:
    """Whether ``flock`` works there; None if no file can be made to try it."""
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            return True
    except OSError:
        return None
