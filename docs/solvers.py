"""Solver iterations and CPU time of a trajectory against solver and start vectors: the tables of docs/performance.md.

``python docs/solvers.py --case wilson --size 4`` prints one table. The same trajectories are run with every setting, from
the same configurations, so that the numbers differ by the solver alone.
"""

from __future__ import annotations

import argparse
import os
from time import process_time

os.environ["LQCDNN_THREADS"] = "1"

from lqcdnn.config import load_text
from lqcdnn.jobs.build import Simulation, build, initial_links
from lqcdnn.update.state import State

INPUT = """
[lattice]
shape = [{size}, {size}, {size}, {size}]
group = "{group}"
[run]
name = "solvers"
trajectories = 1
seed = 5
initial = "{initial}"
[action.gauge]
beta = {beta}
[[action.fermion]]
{fermion}
solver = "{solver}"
start_vectors = {vectors}
md_tolerance = {tolerance}
[update]
steps = {steps}
integrator = "omelyan"
"""
SU2 = {"group": "SU(2)", "beta": 2.7, "initial": "twisted"}
SU3 = {"group": "SU(3)", "beta": 5.7, "initial": "cold"}
CASES = {
    "staggered": SU2 | {"fermion": 'kind = "staggered"\nflavors = 4\nmass = 0.3'},
    "light": SU2 | {"fermion": 'kind = "staggered"\nflavors = 4\nmass = 0.05'},
    "wilson": SU3 | {"fermion": 'kind = "wilson"\nflavors = 2\nkappa = 0.141139'},
    "domain_wall": SU2 | {"fermion": 'kind = "domain_wall"\nflavors = 2\nmass = 0.1\nM5 = 1.0\nL5 = 4'},
}


def simulation(case: str, size: int, steps: int, solver: str, vectors: int, tolerance: float) -> tuple[Simulation, State]:
    """Objects of one setting, and the start of the chain."""
    text = INPUT.format(size=size, steps=steps, solver=solver, vectors=vectors, tolerance=tolerance, **CASES[case])
    config = load_text(text, case)
    sim = build(config)
    return sim, State(initial_links(config, sim, 5), 0, 5)


def states(case: str, size: int, steps: int, thermalization: int, count: int) -> list[State]:
    """``count`` configurations, one trajectory apart, after thermalization."""
    sim, state = simulation(case, size, steps, "cg", 0, 1e-6)
    hmc, found = sim.update(), []
    for t in range(thermalization + count - 1):
        if t >= thermalization - 1:
            found.append(state)
        state, _info = hmc.step(state)
    return [*found, state][-count:]


def measure(case: str, size: int, steps: int, chain: list[State], solver: str, vectors: int, tolerance: float) -> str:
    """One line of the table: iterations and least CPU seconds of a trajectory, largest |dH| differs by the seed only."""
    sim, _state = simulation(case, size, steps, solver, vectors, tolerance)
    hmc = sim.update()
    hmc.propose(chain[0])  # compiles
    iterations, seconds, dH = [], [], []
    for state in chain:
        start = process_time()
        _U, info = hmc.propose(state)
        seconds.append(process_time() - start)
        iterations.append(info.cg_iterations)
        dH.append(info.dH)
    mean = sum(iterations) / len(iterations)
    cells = (f"{tolerance:.0e}", solver, vectors, f"{mean:.0f}", f"{sum(seconds) / len(seconds):.4f}", f"{dH[0]:.6f}")
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, default="staggered")
    parser.add_argument("--size", type=int, default=4)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--thermalization", type=int, default=10)
    parser.add_argument("--count", type=int, default=3, help="trajectories for each setting")
    parser.add_argument("--solvers", nargs="+", default=["cg"])
    parser.add_argument("--vectors", nargs="+", type=int, default=[0, 2, 4, 7])
    parser.add_argument("--tolerances", nargs="+", type=float, default=[1e-10, 1e-6])
    o = parser.parse_args()
    chain = states(o.case, o.size, o.steps, o.thermalization, o.count)
    print("| md_tolerance | solver | start_vectors | iterations | CPU s | dH |\n|---|---|---|---|---|---|")
    for tolerance in o.tolerances:
        for solver in o.solvers:
            for vectors in o.vectors:
                print(measure(o.case, o.size, o.steps, chain, solver, vectors, tolerance), flush=True)


if __name__ == "__main__":
    main()
