"""A job-array script for Slurm: one task for each point of a scan."""

from __future__ import annotations

import math
import re
import shlex
import sys
from pathlib import Path

from lqcdnn.storage.scandir import ScanDir

GRACE = 120
"""Seconds before the end of the job at which Slurm sends the signal that makes a run write its checkpoint."""


def slurm_script(scan: ScanDir, jobs: int | None = None, threads: int = 1, max_time: float | None = None) -> str:
    """Text of the script, whose commands run in the present folder; submit it again to go on with what is unfinished.

    Parameters
    ----------
    scan
        The scan, written.
    jobs
        Most tasks at a time; None: as many as Slurm likes.
    threads
        Cores of a task.
    max_time
        Time limit of a task in seconds; None: that of the partition.
    """
    place = Path.cwd()  # paths in inputs are relative
    name = re.sub(r"[^A-Za-z0-9._-]", "_", scan.path.name)
    limit = [f"#SBATCH --time={_clock(max_time)}"] if max_time else []
    output = str(place / scan.path / "logs" / "slurm-%A_%a.log")
    # the lines for Slurm know no quoting that all its versions agree on
    where = [f"#SBATCH --output={output}"] if re.fullmatch(r"[A-Za-z0-9._+,=@%/-]+", output) else []
    quoted = {key: shlex.quote(str(value)) for key, value in {"place": place, "scan": scan.path.as_posix()}.items()}
    return "\n".join(
        [
            "#!/bin/bash",
            f"#SBATCH --job-name={name}",
            f"#SBATCH --array=1-{len(scan.points)}{f'%{jobs}' if jobs else ''}",
            f"#SBATCH --ntasks=1 --cpus-per-task={threads}",
            *limit,
            f"#SBATCH --signal=B:USR1@{GRACE}",
            *where,
            "# One task for each point of the scan. Submitted again it goes on with what is unfinished.",
            f"cd {quoted['place']} || exit 4",
            f"scan={quoted['scan']}",
            "points=(",
            *(f"    {shlex.quote(point.name)}" for point in scan.points),
            ")",
            "point=${points[$((SLURM_ARRAY_TASK_ID - 1))]}",
            'if [ "${SLURM_ARRAY_TASK_ID:-0}" -lt 1 ] || [ -z "$point" ]; then',
            '    echo "no point ${SLURM_ARRAY_TASK_ID:-} in $scan" >&2',
            "    exit 2",
            "fi",
            "# exec: the signal of Slurm must reach the program",
            f'exec {shlex.quote(sys.executable)} -m lqcdnn generate "$scan/inputs/$point.toml" --plain \\',
            f'    --threads "${{SLURM_CPUS_PER_TASK:-{threads}}}" >> "$scan/logs/$point.log" 2>&1',
            "",
        ]
    )


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds, rounded up."""
    whole = math.ceil(seconds)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
