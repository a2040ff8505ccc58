"""Threads: wall time of a trajectory with one, two and ``auto``, in runs of the program itself.

The runs of a case take turns; all must write the same journal.  Only on a quiet machine does this say anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lqcdnn.jobs.bench.trajectories import PAPER_POINT, QUENCHED, STAGGERED_SU3

THREADS = ("1", "2", "auto")
ROUNDS = 2
CASES = (
    ("SU(2) 4^4 staggered HMC", PAPER_POINT, (4, 4, 4, 4), 40),
    ("SU(3) 8^4 quenched", QUENCHED.format(shape=[4] * 4, group="SU(3)", beta=5.7), (8, 8, 8, 8), 20),
    ("SU(3) 8^4 staggered HMC", STAGGERED_SU3.format(flavors=4), (8, 8, 8, 8), 8),
    ("SU(3) 16^4 quenched", QUENCHED.format(shape=[4] * 4, group="SU(3)", beta=5.7), (16, 16, 16, 16), 16),
    ("SU(3) 16^4 staggered HMC", STAGGERED_SU3.format(flavors=4), (16, 16, 16, 16), 5),
)
"""Name, input, lattice, trajectories of a run; the first of them is not counted."""


@dataclass(frozen=True)
class Scaling:
    """Least wall seconds of a trajectory without saving by number of threads; whether results were the same bytes."""

    name: str
    wall: dict[str, float]
    identical: bool


def bench_scaling() -> list[Scaling]:
    """All cases."""
    found = []
    for name, text, shape, count in CASES:
        walls: dict[str, list[float]] = {threads: [] for threads in THREADS}
        journals = set()
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "bench.toml").write_text(text.replace("[4, 4, 4, 4]", str(list(shape))), encoding="utf-8")
            for turn in range(ROUNDS):
                for threads in THREADS:
                    run = Path(folder, f"run_{threads}_{turn}")
                    generate(folder, run.name, threads, count)
                    walls[threads].append(wall(run))
                    journals.add((run / "journal.jsonl").read_bytes())
        found.append(Scaling(name, {threads: min(times) for threads, times in walls.items()}, len(journals) == 1))
    return found


def generate(folder: str, name: str, threads: str, trajectories: int) -> None:
    """One run."""
    settings = [f"run.name={name}", f"run.trajectories={trajectories}", "run.thermalization=0", "run.initial=cold"]
    words = [sys.executable, "-m", "lqcdnn", "generate", "bench.toml", "--threads", threads, "--plain"]
    for setting in settings:
        words += ["--set", setting]
    environment = {key: value for key, value in os.environ.items() if key != "LQCDNN_THREADS"}
    subprocess.run(words, cwd=folder, env=environment, check=True, capture_output=True)


def wall(run: Path) -> float:
    """Wall seconds for a trajectory, without saving; but for the first, which may compile."""
    records = [json.loads(line) for line in (run / "timing.jsonl").read_text().splitlines()]
    counted = [record for record in records if not record["start"]]
    count = sum(record["trajectory"] - record["first"] + 1 for record in counted)
    seconds: float = sum(record["wall"] - record["wall_io"] for record in counted) / count
    return seconds
