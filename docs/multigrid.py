"""CPU time of Wilson and clover propagators by multigrid and by BiCGStab: the table of docs/performance-algorithms.md.

``python docs/multigrid.py --group "SU(3)" --shape 12 12 12 12 --beta 6.0 --kappa 0.15 0.157`` prints rows of it: a
configuration is made by heat bath, and ``count`` columns of the propagator from a point are solved for to a true
residual of 1e-10, by each method in turns.  "one from a point" are all columns, with the setup; a setup "pays from" so
many solves on.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from time import process_time

os.environ.setdefault("LQCDNN_THREADS", "1")

from lqcdnn.config import load_text
from lqcdnn.dirac.multigrid import Multigrid
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import NumericalError
from lqcdnn.jobs.library import prepare
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.propagators import unit_spinor

INPUT = """
[lattice]
shape = {shape}
group = "{group}"
[run]
name = "multigrid"
trajectories = 1
seed = {seed}
initial = "cold"
[action.gauge]
beta = {beta}
[update]
kind = "heatbath"
overrelaxation = 3
"""


def links(o: argparse.Namespace) -> tuple[Lattice, Blocks, int]:
    """A configuration after so many sweeps, and its number of colours."""
    sim, state = prepare(load_text(INPUT.format(shape=o.shape, group=o.group, seed=o.seed, beta=o.beta)))
    update = sim.update()
    for _ in range(o.sweeps):
        state, _info = update.step(state)
    return sim.lattice, state.U, sim.group.n


def timed(solver: WilsonPropagator, operator: WilsonOperator, source: Blocks, most: int) -> tuple[float, str]:
    """CPU seconds of a solve, and its iterations."""
    operator.log.reset()
    start, x = process_time(), operator.vector()
    try:
        solver.solve(x, source, 1e-10, most)
        count = str(operator.log.iterations)
    except NumericalError:
        count = f"none in {operator.log.iterations}"
    return process_time() - start, count


def rows(o: argparse.Namespace) -> Iterator[str]:
    """Lines of the table."""
    lattice, U, n = links(o)
    columns = n * lattice.d
    yield "| kappa | csw | BiCGStab: iterations, s | multigrid: steps, s | setup, s | one from a point | pays from |"
    yield "|---|---|---|---|---|---|---|"
    for kappa in o.kappa:
        operator = WilsonOperator(lattice, n, kappa, (1,) * (lattice.d - 1) + (-1,), o.csw)
        operator.set_links(U)
        sources = [unit_spinor(lattice, n, lattice.d, 0, *divmod(k, lattice.d)) for k in range(min(o.count, columns))]
        old, new = WilsonPropagator(operator, mixed=True), WilsonPropagator(operator, multigrid=True)
        assert isinstance(new._inner, Multigrid)
        for solver in (old, new):  # compile, and learn
            timed(solver, operator, sources[0], o.most)
        start = process_time()
        new._inner.learn()
        setup = process_time() - start
        found = [[timed(solver, operator, b, o.most) for solver in (old, new)] for b in sources]
        (slow, a), (fast, b) = (min(times, key=lambda t: t[0]) for times in zip(*found, strict=True))
        pays = f"{setup / (slow - fast):.1f}" if slow > fast else "never"
        yield (
            f"| {kappa} | {o.csw} | {a}, {slow:.3g} | {b}, {fast:.3g} | {setup:.3g} | "
            f"{columns * slow:.3g} / {setup + columns * fast:.3g} | {pays} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--group", default="SU(3)")
    parser.add_argument("--shape", type=int, nargs="+", default=[8, 8, 8, 8])
    parser.add_argument("--beta", type=float, default=6.0)
    parser.add_argument("--sweeps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--kappa", type=float, nargs="+", default=[0.15])
    parser.add_argument("--csw", type=float, default=0.0)
    parser.add_argument("--count", type=int, default=3, help="columns that are solved for")
    parser.add_argument("--most", type=int, default=20000, help="iterations at most")
    for line in rows(parser.parse_args()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
