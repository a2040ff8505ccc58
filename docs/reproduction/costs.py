"""What an independent measurement costs with each algorithm: the end of docs/performance-algorithms.md.

``python docs/reproduction/costs.py --runs runs/costs --tuning tuning.md`` runs what is missing and writes the section,
with the table that ``tuning.py`` printed; every run is an ordinary ``lqcdnn`` command.  The runs of a table take turns,
a part of the trajectories each time, so that a busy machine slows all of them alike; the command can be stopped and
started again.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from common import DOCS, INPUTS, Run, fill, table

from lqcdnn.analyze.comparison import Comparison, Row
from lqcdnn.analyze.notation import compact
from lqcdnn.jobs.compare import compare_runs

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


def made(title: str, name: str, source: str, trajectories: int, *changes: str, size: int = 4) -> Entry:
    """A run at the published point, from the configuration that all share."""
    start = f"run.initial=start_{size}/configs/cfg_{START[size]:08d}.h5"
    common = (f"run.name={name}_{size}", start, "run.thermalization=0", "analyze.thermalization=0", *SIZES[size])
    return Entry(title, Run("generate", source, (*common, *changes)), trajectories)


START = {4: 2000, 8: 150}
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
        made("HMC, leapfrog, 8 steps", "leapfrog", HMC, 30000, LOOSE, "update.steps=8"),
        made("HMC, Omelyan, 3 steps", "omelyan", HMC, 30000, LOOSE, *steps("omelyan", 3)),
        made("HMC, force gradient, 3 steps", "gradient", HMC, 30000, LOOSE, *steps("force_gradient", 3)),
        made("HMC, Hasenbusch mass 0.4", "ratio", RATIO, 20000, LOOSE, *SPLIT, "update.level.1.steps=1"),
        made("SLHMC, 6 weights, Omelyan, 3 steps", "slhmc", SLHMC, 16000, LOOSE_GUIDE, *steps("omelyan", 3)),
        made("SLHMC, 20 weights, Omelyan, 3 steps", "large", LARGE, 16000, LOOSE_GUIDE, *steps("omelyan", 3)),
    ),
)
SMEARED = Table(
    "smeared",
    (Run("train", "su2_smeared_train"),),
    (
        Entry("HMC", Run("generate", "su2_smeared_hmc", ("observables.condensate.every=20",)), 40000),
        Entry("SLHMC", Run("generate", "su2_smeared_slhmc", ("observables.condensate.every=20",)), 60000),
    ),
)
BIG = Table(
    "8^4",
    (
        NEARER,
        Run(
            "generate",
            HMC,
            ("run.name=start_8", *SIZES[8], *steps("leapfrog", 15), "run.thermalization=100", "run.trajectories=50",
             "run.save_every=50"),
        ),
    ),
    (
        made("HMC, leapfrog, 18 steps", "leapfrog", HMC, 2400, LOOSE, "update.steps=18", size=8),
        made("HMC, Omelyan, 5 steps", "omelyan", HMC, 4800, LOOSE, *steps("omelyan", 5), size=8),
        made("HMC, force gradient, 3 steps", "gradient", HMC, 3200, LOOSE, *steps("force_gradient", 3), size=8),
        made(
            "HMC, Hasenbusch mass 0.4", "ratio", RATIO, 1920, LOOSE, *SPLIT, "update.level.1.steps=2",
            "update.level.1.integrator=leapfrog", size=8,
        ),
        made(
            "SLHMC, 6 weights, guide mass 0.32", "slhmc", SLHMC, 2400, LOOSE_GUIDE, *steps("omelyan", 5),
            "guide.fermion.1.mass=0.32", "network.net.weights=nearer_train/train/weights.h5", size=8,
        ),
    ),
    2,
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


def do_table(chosen: Table, runs: Path) -> None:
    """Everything of a table, in turns."""
    for run in chosen.before:
        do(run, runs)
    for turn in range(1, chosen.rounds + 1):
        for entry in chosen.entries:
            do(entry.run, runs, entry.trajectories * turn // chosen.rounds)


def price(row: Row) -> str:
    """CPU seconds with error."""
    return "-" if row.cpu_per_sample is None else compact(row.cpu_per_sample, row.cpu_per_sample_error)


def rows(comparison: Comparison, name: str) -> dict[int, Row]:
    """An observable by run."""
    return {row.run: row for found in comparison.observables if found.name == name for row in found.rows}


def compared(chosen: Table, runs: Path) -> Comparison:
    """The runs of a table."""
    return compare_runs([runs / entry.run.name for entry in chosen.entries])


def section(chosen: Table, comparison: Comparison) -> str:
    """A table of the page."""
    head = ["", "trajectories", "acceptance", "CPU s per trajectory"]
    head += [f"tau_int, {name}" for name in OBSERVABLES.values()]
    head += [f"CPU s for an independent {name}" for name in OBSERVABLES.values()]
    lines, columns = [head], [rows(comparison, key) for key in OBSERVABLES]
    for k, (entry, analysis, cost) in enumerate(
        zip(chosen.entries, comparison.analyses, comparison.costs, strict=True)
    ):
        accepted, found = analysis.acceptance, [column[k] for column in columns]
        assert accepted is not None
        assert cost is not None
        line = [entry.title, str(accepted.n), compact(accepted.mean, accepted.error), f"{cost.cpu_update:.3g}"]
        line += [compact(row.tau_int, row.tau_int_error) for row in found]
        lines.append([*line, *(price(row) for row in found)])
    return table(lines)


def gain(comparison: Comparison) -> str:
    """How many times cheaper the second run is, by observable."""
    words = []
    for key, name in OBSERVABLES.items():
        one, other = (rows(comparison, key)[k] for k in (0, 1))
        ratio = one.cpu_per_sample / other.cpu_per_sample
        error = ratio * math.hypot(
            one.cpu_per_sample_error / one.cpu_per_sample, other.cpu_per_sample_error / other.cpu_per_sample
        )
        words.append(f"{compact(ratio, error)} ({name})")
    return f"An independent measurement by SLHMC is cheaper by the factor {', '.join(words)}."


OBSERVABLES = {"plaquette": "plaquette", "polyakov_trace.re": "Polyakov loop", "condensate": "condensate"}
PAGE, MARKS = DOCS / "performance-algorithms.md", ("<!-- statistics -->\n", "<!-- end of statistics -->\n")


def write(runs: Path, tuning: str) -> None:
    """The section of the page."""
    small, smeared, big = (compared(chosen, runs) for chosen in TABLES)
    parts = {"SMALL": section(SMALL, small), "SMEARED": section(SMEARED, smeared), "BIG": section(BIG, big)}
    text = fill("costs.template.md", {**parts, "GAIN": gain(smeared), "TUNING": tuning})
    before, _, rest = PAGE.read_text().partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    PAGE.write_text(f"{before}{MARKS[0]}{text}{MARKS[1]}{after}")


def main() -> None:
    """Run what is missing, then write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="folder of the run directories")
    parser.add_argument("--tables", nargs="*", default=[t.name for t in TABLES], help="run only these")
    parser.add_argument("--tuning", type=Path, help="output of tuning.py; write the section")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    for chosen in TABLES:
        if chosen.name in options.tables:
            do_table(chosen, options.runs)
    if options.tuning is not None:
        write(options.runs, options.tuning.read_text().strip())


if __name__ == "__main__":
    main()
