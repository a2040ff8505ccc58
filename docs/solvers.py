"""Solver iterations and CPU time of a trajectory: the tables of docs/performance-algorithms.md.

``python docs/solvers.py --case wilson --size 4`` prints one table.  Every setting runs the same trajectories from the
same configurations, in turns, so that the numbers differ by the solver alone; the time is the least of them.
"products" are the iterations and the applications of A that find the start vectors.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from time import process_time

os.environ["LQCDNN_THREADS"] = "1"

from lqcdnn.config import load_text
from lqcdnn.jobs.build import Simulation, build
from lqcdnn.jobs.starts import initial_links
from lqcdnn.update.hmc import HMC, Info
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
    "heavy_wilson": SU3 | {"fermion": 'kind = "wilson"\nflavors = 2\nkappa = 0.125'},
    "domain_wall": SU2 | {"fermion": 'kind = "domain_wall"\nflavors = 2\nmass = 0.1\nM5 = 1.0\nL5 = 4'},
}


Setting = tuple[str, int, float]
"""solver, start_vectors, md_tolerance"""


def simulation(case: str, size: int, steps: int, setting: Setting) -> tuple[Simulation, State]:
    """Objects of one setting, and the start of the chain."""
    solver, vectors, tolerance = setting
    text = INPUT.format(size=size, steps=steps, solver=solver, vectors=vectors, tolerance=tolerance, **CASES[case])
    config = load_text(text, case)
    sim = build(config)
    return sim, State(initial_links(config, sim, 5), 0, 5)


def states(case: str, size: int, steps: int, thermalization: int, count: int) -> list[State]:
    """``count`` configurations, one trajectory apart, after thermalization."""
    sim, state = simulation(case, size, steps, ("cg", 0, 1e-6))
    hmc, found = sim.update(), [state]
    for _ in range(thermalization + count - 1):
        found.append(hmc.step(found[-1])[0])
    return found[-count:]


def timed(hmc: HMC, state: State) -> tuple[float, Info]:
    """CPU seconds of a trajectory, and what happened."""
    start = process_time()
    _U, info = hmc.propose(state)
    return process_time() - start, info


def table(o: argparse.Namespace) -> Iterator[str]:
    """Lines of the table."""
    chain = states(o.case, o.size, o.steps, o.thermalization, o.count)
    settings = [(s, v, t) for t in o.tolerances for s in o.solvers for v in o.vectors]
    for setting in settings:  # compile on a small lattice
        sim, state = simulation(o.case, 4, 2, setting)
        sim.update().propose(state)
    updates = [simulation(o.case, o.size, o.steps, setting)[0].update() for setting in settings]
    runs = [[timed(hmc, state) for hmc in updates] for state in chain]
    yield "| md_tolerance | solver | start_vectors | iterations | products | CPU s | dH |"
    yield "|---|---|---|---|---|---|---|"
    for (solver, vectors, tolerance), found in zip(settings, zip(*runs, strict=True), strict=True):
        iterations = sum(info.cg_iterations for _, info in found) / len(found)
        least, info = min(seconds for seconds, _ in found), found[0][1]
        driving = info.solves - (3 if o.case == "domain_wall" else 2)  # but heat bath and Metropolis
        products = iterations + sum(min(k, vectors) + 1 for k in range(1, driving) if vectors)
        row = f"| {tolerance:.0e} | {solver} | {vectors} | {iterations:.0f} | {products:.0f} | {least:.4f} |"
        yield f"{row} {info.dH:.7f} |"


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
    for line in table(parser.parse_args()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
