"""What an independent measurement costs with each algorithm: the end of docs/performance.md.

``python docs/reproduction/costs.py --runs runs/costs`` runs what is missing and writes the section; every run is an
ordinary ``lqcdnn`` command.  The runs of a table take turns, a part of the trajectories each time, so that a busy
machine slows all of them alike; the command can be stopped and started again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from common import INPUTS, Run

POINT = "tomiya_nagai_su2"


@dataclass(frozen=True)
class Entry:
    """One algorithm of a table."""

    title: str
    run: Run
    trajectories: int


@dataclass(frozen=True)
class Table:
    """Algorithms at one point: what has to run before, and ``rounds`` turns."""

    name: str
    before: tuple[Run, ...]
    entries: tuple[Entry, ...]
    rounds: int = 4


def entry(title: str, name: str, source: str, trajectories: int, *changes: str, size: int = 4) -> Entry:
    """A run at the published point, from the configuration that all share."""
    start = f"run.initial=start_{size}/configs/cfg_{START[size]:08d}.h5"
    common = (f"run.name={name}_{size}", start, "run.thermalization=0", "analyze.thermalization=0", *SIZES[size])
    return Entry(title, Run("generate", source, (*common, *changes)), trajectories)


START = {4: 2000, 8: 200}
SIZES = {
    4: ("observables.condensate.every=20",),
    8: ("lattice.shape=[8, 8, 8, 8]", "observables.condensate.method=noise", "observables.condensate.vectors=4"),
}
HMC, SLHMC, LARGE, RATIO = f"{POINT}_hmc", f"{POINT}_slhmc", f"{POINT}_large_slhmc", "su2_staggered_hasenbusch"
LOOSE = "action.fermion.1.md_tolerance=1e-3"
LOOSE_GUIDE = "guide.fermion.1.md_tolerance=1e-3"
SPLIT = ("action.fermion.1.mass=0.3", "action.fermion.1.hasenbusch=[0.4]", "update.level.2.steps=1")
TRAINED = Run("train", f"{POINT}_train")
NEARER = Run("train", f"{POINT}_train", ("run.name=nearer_train", "guide.fermion.1.mass=0.32"))


def steps(integrator: str, count: int) -> tuple[str, str]:
    """Integrator and steps."""
    return f"update.integrator={integrator}", f"update.steps={count}"


SMALL = Table(
    "4^4",
    (
        TRAINED,
        Run("train", f"{POINT}_large_train"),
        Run("generate", HMC, ("run.name=start_4", *steps("omelyan", 3), "run.trajectories=1500")),
    ),
    (
        entry("HMC, leapfrog, 8 steps", "leapfrog", HMC, 30000, LOOSE, "update.steps=8"),
        entry("HMC, Omelyan, 3 steps", "omelyan", HMC, 30000, LOOSE, *steps("omelyan", 3)),
        entry("HMC, force gradient, 3 steps", "gradient", HMC, 30000, LOOSE, *steps("force_gradient", 3)),
        entry("HMC, Hasenbusch mass 0.4", "ratio", RATIO, 20000, LOOSE, *SPLIT, "update.level.1.steps=1"),
        entry("SLHMC, 6 weights, Omelyan, 3 steps", "slhmc", SLHMC, 16000, LOOSE_GUIDE, *steps("omelyan", 3)),
        entry("SLHMC, 20 weights, Omelyan, 3 steps", "large", LARGE, 2000, LOOSE_GUIDE, *steps("omelyan", 3)),
    ),
)
SMEARED = Table(
    "smeared",
    (Run("train", "su2_smeared_train"),),
    (
        Entry("HMC", Run("generate", "su2_smeared_hmc", ("observables.condensate.every=20",)), 12000),
        Entry("SLHMC", Run("generate", "su2_smeared_slhmc", ("observables.condensate.every=20",)), 16000),
    ),
)
BIG = Table(
    "8^4",
    (
        NEARER,
        Run(
            "generate",
            HMC,
            ("run.name=start_8", *SIZES[8], *steps("omelyan", 8), "run.thermalization=150", "run.trajectories=50",
             "run.save_every=50"),
        ),
    ),
    (
        entry("HMC, leapfrog, 18 steps", "leapfrog", HMC, 800, LOOSE, "update.steps=18", size=8),
        entry("HMC, Omelyan, 5 steps", "omelyan", HMC, 2000, LOOSE, *steps("omelyan", 5), size=8),
        entry("HMC, force gradient, 3 steps", "gradient", HMC, 1200, LOOSE, *steps("force_gradient", 3), size=8),
        entry(
            "HMC, Hasenbusch mass 0.4", "ratio", RATIO, 800, LOOSE, *SPLIT, "update.level.1.steps=2",
            "update.level.1.integrator=leapfrog", size=8,
        ),
        entry(
            "SLHMC, 6 weights, guide mass 0.32", "slhmc", SLHMC, 500, LOOSE_GUIDE, *steps("omelyan", 5),
            "guide.fermion.1.mass=0.32", "network.net.weights=nearer_train/train/weights.h5", size=8,
        ),
    ),
)  # fmt: skip
TABLES = (SMALL, SMEARED, BIG)


def do(run: Run, runs: Path, trajectories: int | None = None) -> None:
    """One command, on one thread."""
    more = () if trajectories is None else ("--set", f"run.trajectories={trajectories}")
    words = [*run.line(), *more, "--threads", "1", "--plain"]
    words[0:1] = [sys.executable, "-m", "lqcdnn"]
    words[words.index(f"{INPUTS.name}/{run.input}.toml")] = str(INPUTS / f"{run.input}.toml")
    print(" ".join(words[3:]), flush=True)
    subprocess.run(words, cwd=runs, check=True, stdout=subprocess.DEVNULL)


def do_table(table: Table, runs: Path) -> None:
    """Everything of a table, in turns."""
    for run in table.before:
        do(run, runs)
    for turn in range(1, table.rounds + 1):
        for entry in table.entries:
            do(entry.run, runs, entry.trajectories * turn // table.rounds)


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="folder of the run directories")
    parser.add_argument("--tables", nargs="+", default=[t.name for t in TABLES])
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    os.environ["LQCDNN_THREADS"] = "1"
    for table in TABLES:
        if table.name in options.tables:
            do_table(table, options.runs)


if __name__ == "__main__":
    main()
