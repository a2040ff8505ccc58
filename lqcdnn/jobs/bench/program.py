"""The program around the kernels: start, compilation, solver in mixed precision, saving a configuration."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.shortlinks import use_short_links
from lqcdnn.dirac.staggered import EVEN, StaggeredOperator
from lqcdnn.jobs.bench.cases import hot_links, random_blocks
from lqcdnn.jobs.bench.trajectories import GUIDE, PAPER_POINT
from lqcdnn.storage.atomic import write_bytes
from lqcdnn.storage.formats import write_configuration
from lqcdnn.storage.formats.verify import plaquette

SHAPE, MASS, TOLERANCE = (16, 16, 16, 16), 0.2, 1e-10
SOLVES, SAVES = 2, 7


@dataclass(frozen=True)
class Start:
    """Seconds of commands, each in a fresh process: wall time, and CPU time where it is named so.

    Attributes
    ----------
    version, validate
        ``lqcdnn --version``, ``lqcdnn validate``.
    cold, cold_cpu
        ``lqcdnn generate`` for one SLHMC trajectory with an empty kernel cache.
    warm, warm_cpu
        The same with a filled one.
    """

    version: float
    validate: float
    cold: float
    cold_cpu: float
    warm: float
    warm_cpu: float


def bench_start() -> Start:
    """Run the commands in a folder of their own, with a kernel cache of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bench.toml").write_text(PAPER_POINT + GUIDE, encoding="utf-8")
        environment = {**os.environ, "LQCDNN_CACHE_DIR": os.path.join(folder, "cache"), "LQCDNN_THREADS": "1"}

        def run(*arguments: str) -> tuple[float, float]:
            start, cpu = perf_counter(), children_cpu()
            command = [sys.executable, "-m", "lqcdnn", *arguments]
            subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
            return perf_counter() - start, children_cpu() - cpu

        version = min(run("--version")[0] for _ in range(3))
        validate = min(run("validate", "bench.toml")[0] for _ in range(3))
        runs = [run("generate", "bench.toml", "--plain", "--set", f"run.name={name}") for name in ("cold", "warm")]
        return Start(version, validate, *runs[0], *runs[1])


def children_cpu() -> float:
    """CPU seconds of all finished child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True)
class Mixed:
    """CPU seconds, iterations and true residual of the same solve, by precision; ``half``: with links of 16 bits."""

    double: tuple[float, int, float]
    mixed: tuple[float, int, float]
    half: tuple[float, int, float]


def bench_mixed() -> Mixed:
    """SU(3) staggered on random links of 16^4, least of a few solves each, in turns."""
    grid, U = hot_links("SU(3)", SHAPE)
    operators = [StaggeredOperator(grid, 3, MASS, (1, 1, 1, -1)) for _ in range(3)]
    use_mixed_precision(operators[1])
    use_short_links(operators[2])
    b, x = random_blocks(grid.zeros(3, 1)), grid.zeros(3, 1)
    found: list[list[tuple[float, int, float]]] = [[] for _ in operators]
    for operator in operators:
        operator.set_links(U)
        operator.solve(x, b, EVEN, 0.5, 10)  # compiles
    for _ in range(SOLVES):
        for operator, results in zip(operators, found, strict=True):
            operator.log.reset()
            start = process_time()
            operator.solve(x, b, EVEN, TOLERANCE, 5000)
            results.append((process_time() - start, operator.log.iterations, operator.log.residual))
    return Mixed(*(min(results) for results in found))


@dataclass(frozen=True)
class Saving:
    """CPU seconds to save one 16^4 SU(3) configuration, and to hash and write as many bytes plainly."""

    save: float
    plain: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """How many times the plain way."""
        return self.save / self.plain


def bench_saving() -> Saving:
    """Least of a few of each, in turns; both write by way of a temporary file and fsync."""
    grid, U = hot_links("SU(3)", SHAPE)
    data, mean = np.ascontiguousarray(U["c"]).tobytes(), plaquette(grid.to_user(U)).mean
    save, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(SAVES):
            start = process_time()
            write_configuration(os.path.join(folder, "a.h5"), grid.to_user(U), "SU(3)", {}, plaquette=mean)
            middle = process_time()
            hashlib.sha256(data).hexdigest()
            write_bytes(os.path.join(folder, "b"), data)
            save.append(middle - start)
            plain.append(process_time() - middle)
    return Saving(min(save), min(plain), len(data) / 1e6)
