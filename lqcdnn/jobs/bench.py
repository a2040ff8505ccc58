"""``lqcdnn bench``: the one place where speed is measured; process CPU time, cases interleaved, one thread.

Reference figures are those of LatticeQCD.jl 1.1.0 (Julia 1.5, one thread), measured as process CPU seconds per
trajectory on a busy two-core AVX-512 Xeon: compare ratios of one machine's run, not absolute numbers of two.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter, process_time

import numpy as np

from lqcdnn.config import load_text
from lqcdnn.jobs.build import build, initial_links
from lqcdnn.update.state import State

PAPER_POINT = """
[lattice]
shape = [4, 4, 4, 4]
group = "SU(2)"
[run]
name = "bench"
trajectories = 1
seed = 5
initial = "twisted"
[action.gauge]
kind = "wilson"
beta = 2.7
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3
tolerance = 1e-11
md_tolerance = 1e-11
[update]
steps = 10
"""
GUIDE = """
[[guide.fermion]]
mass = 0.4
links = "net"
[[network.net.layer]]
loops = ["plaquette", "polyakov_time", "polyakov_space"]
initial = [-0.0141, -0.0011, 0.0031]
[[network.net.layer]]
loops = ["plaquette", "polyakov_time", "polyakov_space"]
initial = [-0.0141, -0.0011, 0.0031]
"""
QUENCHED = """
[lattice]
shape = {shape}
group = "{group}"
[run]
name = "bench"
trajectories = 1
seed = 5
[action.gauge]
kind = "wilson"
beta = {beta}
[update]
steps = 20
"""
STAGGERED_SU3 = QUENCHED.format(shape=[4] * 4, group="SU(3)", beta=5.7) + """
[[action.fermion]]
kind = "staggered"
flavors = {flavors}
mass = 0.5
tolerance = 1e-11
md_tolerance = 1e-11
"""
WILSON_SU3 = QUENCHED.format(shape=[4] * 4, group="SU(3)", beta=5.7) + """
[[action.fermion]]
kind = "wilson"
flavors = 2
kappa = 0.141139
tolerance = 1e-11
md_tolerance = 1e-11
"""
DOMAIN_WALL_SU3 = QUENCHED.format(shape=[4] * 4, group="SU(3)", beta=5.7) + """
[[action.fermion]]
kind = "domain_wall"
flavors = 2
mass = 0.1
M5 = 1.0
L5 = 4
tolerance = 1e-11
md_tolerance = 1e-11
"""
HEATBATH = QUENCHED.replace("{shape}", "[8, 8, 8, 8]").replace("steps = 20", 'kind = "heatbath"')


@dataclass(frozen=True)
class Case:
    """One trajectory to time.

    Attributes
    ----------
    name
        What is run.
    input_text
        Input file; solver tolerance 1e-11 relative is |r|^2 < 1e-19 absolute on 4^4, as in the reference program.
    reference
        CPU seconds of LatticeQCD.jl 1.1.0: (least, median) of its faster code path; None where it has none.
    demand
        Greatest CPU seconds that were promised, None if none.
    """

    name: str
    input_text: str
    reference: tuple[float, float] | None
    demand: float | None = None


CASES = (
    Case("SU(2) 4^4 staggered HMC, 10 x 0.1", PAPER_POINT, (0.063, 0.085), 0.063 / 5),
    Case("SU(2) 4^4 staggered SLHMC, 10 x 0.1", PAPER_POINT + GUIDE, None, 0.05),
    Case("SU(2) 4^4 quenched, 20 x 0.05", QUENCHED.format(shape=[4] * 4, group="SU(2)", beta=2.7), (0.012, 0.018)),
    Case("SU(3) 4^4 quenched, 20 x 0.05", QUENCHED.format(shape=[4] * 4, group="SU(3)", beta=5.7), (0.036, 0.041)),
    Case("SU(3) 8^4 quenched, 20 x 0.05", QUENCHED.format(shape=[8] * 4, group="SU(3)", beta=5.7), (0.76, 0.80)),
    Case("SU(3) 4^4 staggered Nf 4, 20 x 0.05", STAGGERED_SU3.format(flavors=4), (0.269, 0.269), 0.269 / 5),
    Case("SU(3) 4^4 staggered Nf 2 RHMC, 20 x 0.05", STAGGERED_SU3.format(flavors=2), (0.527, 0.527), 0.527 / 5),
    Case("SU(3) 4^4 Wilson Nf 2, 20 x 0.05", WILSON_SU3, (1.84, 1.87), 1.84 / 5),
    Case("SU(3) 4^4 domain wall L5 4, 20 x 0.05", DOMAIN_WALL_SU3, (11.2, 11.2), 11.0 / 5),
    Case("SU(2) 8^4 heat bath sweep", HEATBATH.format(group="SU(2)", beta=2.7), (0.020, 0.027), 0.020 / 5),
    Case("SU(3) 8^4 heat bath sweep", HEATBATH.format(group="SU(3)", beta=5.7), (0.073, 0.097), 0.073 / 5),
)


@dataclass(frozen=True)
class Timing:
    """CPU seconds per trajectory of one case: least, median, and what they are compared with."""

    name: str
    least: float
    median: float
    reference: tuple[float, float] | None
    demand: float | None

    @property
    def ratio(self) -> float | None:
        """Reference least over our median: how many times faster, on the safe side."""
        return self.reference[0] / self.median if self.reference else None


def bench_trajectories(rounds: int = 5, thermalize: int = 10) -> list[Timing]:
    """Time every case, interleaved.

    Parameters
    ----------
    rounds
        Samples per case; each is enough trajectories for about 0.2 s.
    thermalize
        Trajectories from the start before timing.
    """
    steps = [_stepper(case, thermalize) for case in CASES]
    repeats = [max(1, int(0.2 / _seconds(step, 1))) for step in steps]
    samples = np.array([[_seconds(s, n) for s, n in zip(steps, repeats, strict=True)] for _ in range(rounds)])
    return [
        Timing(c.name, float(t.min()), float(np.median(t)), c.reference, c.demand)
        for c, t in zip(CASES, samples.T, strict=True)
    ]


def _stepper(case: Case, thermalize: int) -> Callable[[], None]:
    config = load_text(case.input_text, case.name)
    sim = build(config)
    update = sim.update()
    state = State(initial_links(config, sim, 5), 0, 5)

    def step() -> None:
        nonlocal state
        state, _info = update.step(state)

    for _ in range(thermalize):
        step()
    return step


def _seconds(step: Callable[[], None], count: int) -> float:
    start = process_time()
    for _ in range(count):
        step()
    return (process_time() - start) / count


@dataclass(frozen=True)
class StartUp:
    """Wall seconds from the command to the end of the first trajectory, with an empty and a filled kernel cache."""

    cold: float
    warm: float


def bench_start() -> StartUp:
    """Run ``lqcdnn generate`` for one SLHMC trajectory in a fresh process, twice, with a cache of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PAPER_POINT + GUIDE)
        environment = {**os.environ, "LQCDNN_CACHE_DIR": os.path.join(folder, "cache"), "LQCDNN_THREADS": "1"}
        seconds = []
        for name in ("cold", "warm"):
            start = perf_counter()
            command = [sys.executable, "-m", "lqcdnn", "generate", path, "--plain", "--set", f"run.name={name}"]
            subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
            seconds.append(perf_counter() - start)
    return StartUp(*seconds)


def report(timings: list[Timing], start: StartUp | None) -> str:
    """Table for the terminal."""
    head = ("CPU s per trajectory", "median", "least", "LatticeQCD.jl", "ratio", "demand")
    lines = ["{:<40} {:>9} {:>9} {:>14} {:>6} {:>8}".format(*head)]
    for t in timings:
        theirs = f"{t.reference[0]:.3f}-{t.reference[1]:.3f}" if t.reference else "-"
        ratio = f"{t.ratio:.1f}" if t.ratio else "-"
        demand = f"{t.demand:.4f}" if t.demand else "-"
        lines.append(f"{t.name:<40} {t.median:9.5f} {t.least:9.5f} {theirs:>14} {ratio:>6} {demand:>8}")
    if start is not None:
        lines.append("")
        lines.append(
            f"command to end of first SLHMC trajectory: {start.cold:.1f} s with an empty kernel cache, "
            f"{start.warm:.1f} s with a filled one (wall)"
        )
    return "\n".join(lines)


def to_dict(timings: list[Timing], start: StartUp | None) -> dict[str, object]:
    """Plain data for ``--json``."""
    cases = [{**asdict(t), "ratio": t.ratio} for t in timings]
    return {"trajectories": cases, "start": asdict(start) if start else None}
