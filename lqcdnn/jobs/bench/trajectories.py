"""Whole trajectories, interleaved, beside those of another program.

Reference figures are those of LatticeQCD.jl 1.1.0 (Julia 1.5, one thread), measured as process CPU seconds per
trajectory on a busy two-core AVX-512 Xeon: compare ratios of one machine's run, not absolute numbers of two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lqcdnn.config import load_text
from lqcdnn.jobs.bench.sampling import counts_for, seconds
from lqcdnn.jobs.build import build
from lqcdnn.jobs.starts import initial_links
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
SOLVED = "tolerance = 1e-11\nmd_tolerance = 1e-11\n"
OF_SU3 = QUENCHED.format(shape=[4] * 4, group="SU(3)", beta=5.7) + "\n[[action.fermion]]\n"
STAGGERED_SU3 = OF_SU3 + 'kind = "staggered"\nflavors = {flavors}\nmass = 0.5\n' + SOLVED
WILSON_SU3 = OF_SU3 + 'kind = "wilson"\nflavors = 2\nkappa = 0.141139\n' + SOLVED
DOMAIN_WALL_SU3 = OF_SU3 + 'kind = "domain_wall"\nflavors = 2\nmass = 0.1\nM5 = 1.0\nL5 = 4\n' + SOLVED
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


def bench_trajectories(rounds: int) -> list[Timing]:
    """Time every case, interleaved; each of the ``rounds`` is enough trajectories for about 0.2 s."""
    steps = [stepper(case, 10) for case in CASES]
    counts = [counts_for(step, 0.2) for step in steps]
    samples = np.array([[seconds(s, n) for s, n in zip(steps, counts, strict=True)] for _ in range(rounds)])
    return [
        Timing(c.name, float(t.min()), float(np.median(t)), c.reference, c.demand)
        for c, t in zip(CASES, samples.T, strict=True)
    ]


def stepper(case: Case, thermalize: int) -> Callable[[], None]:
    """Function that makes the next trajectory of a chain that has run for ``thermalize`` of them."""
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
