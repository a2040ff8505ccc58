"""Steps and solver precision of the algorithms of docs/performance-algorithms.md: acceptance against CPU time.

``python docs/reproduction/tuning.py --count 300`` prints a table.  All settings take turns, each with a chain of its
own from the same configuration; the time is the median.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from itertools import product
from time import process_time

os.environ["LQCDNN_THREADS"] = "1"

import numpy as np
from common import INPUTS, table

from lqcdnn.config import load
from lqcdnn.jobs.build import build
from lqcdnn.jobs.networks import load_networks
from lqcdnn.jobs.starts import initial_links
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State

HMC_INPUT, RATIO_INPUT, LEVELS_INPUT = "tomiya_nagai_su2_hmc", "su2_staggered_hasenbusch", "su2_staggered_hmc"
TOLERANCE = "action.fermion.1.md_tolerance={}"


def settings() -> Iterator[tuple[str, str, list[str]]]:
    """Title, input, changes."""
    for name, counts in (("leapfrog", (6, 8, 10)), ("omelyan", (2, 3, 4)), ("force_gradient", (2, 3, 4))):
        for steps, tolerance in product(counts, ("1e-6", "1e-3")):
            changes = [f"update.integrator={name}", f"update.steps={steps}", TOLERANCE.format(tolerance)]
            yield f"{name}, {steps} steps, md_tolerance {tolerance}", HMC_INPUT, changes
    for steps in (2, 3):
        changes = [f"update.level.1.steps={steps}", "update.level.2.steps=1", TOLERANCE.format("1e-3")]
        yield f"omelyan, {steps} steps of the fermion, the gauge action finer", LEVELS_INPUT, changes
    for mass in (0.4, 0.5, 0.7):
        changes = ["action.fermion.1.mass=0.3", f"action.fermion.1.hasenbusch=[{mass}]", TOLERANCE.format("1e-3")]
        changes += ["update.level.1.steps=1", "update.level.2.steps=1"]
        yield f"Hasenbusch mass {mass}", RATIO_INPUT, changes


def update(source: str, changes: list[str]) -> tuple[HMC, State]:
    """One setting and the start."""
    config = load(INPUTS / f"{source}.toml", changes)
    sim = build(config)
    load_networks(config, sim)
    hmc = sim.update()
    assert isinstance(hmc, HMC)
    return hmc, State(initial_links(config, sim, 5), 0, 5)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="trajectories of each setting")
    parser.add_argument("--thermalization", type=int, default=200)
    options = parser.parse_args()
    titles, made = [], []
    for title, source, changes in settings():
        titles.append(title)
        made.append(update(source, changes))
    state = made[2][1]
    for _ in range(options.thermalization):
        state = made[2][0].step(state)[0]
    states = [state] * len(made)
    samples = np.empty((options.count, len(made), 2))
    for turn in range(-1, options.count):  # the first compiles
        for k, (hmc, _start) in enumerate(made):
            start = process_time()
            states[k], info = hmc.step(states[k])
            if turn >= 0:
                samples[turn, k] = process_time() - start, info.acceptance_probability
    rows = [["setting", "acceptance", "CPU ms per trajectory", "over acceptance"]]
    for title, times, accepted in zip(titles, np.median(samples[:, :, 0], 0), samples[:, :, 1].mean(0), strict=True):
        rows.append([title, f"{accepted:.2f}", f"{1e3 * times:.2f}", f"{1e3 * times / accepted:.2f}"])
    print(table(rows))


if __name__ == "__main__":
    main()
