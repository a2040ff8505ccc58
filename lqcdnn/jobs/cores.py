"""How many cores a process may use, how many of them nobody uses now, and how much memory there is."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

LOOKS = 5
"""How often the running processes are counted: what runs for an instant does not matter."""


def usable_cores(root: str = "/") -> int:
    """Cores to which this process is bound, but no more than its control group (a container, say) has time for.

    ``root`` is where ``proc`` and ``sys`` are; without them, elsewhere than on Linux, all cores are usable.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *(int(share) for share in _shares(Path(root)))]))


def idle_cores(root: str = "/") -> int:
    """Usable cores, but for those that others keep busy now (Linux says how many run)."""
    cores, usable = os.cpu_count() or 1, usable_cores(root)
    others = cores
    for _ in range(LOOKS):
        try:
            loads = Path(root, "proc/loadavg").read_text(encoding="ascii")
            running = int(loads.split()[3].partition("/")[0])
        except (OSError, IndexError, ValueError):
            return usable
        others = min(others, running - 1)  # this process runs
        time.sleep(0.002)
    return min(usable, cores - others)


def available_memory(root: str = "/") -> int:
    """Bytes that processes may still take, by the system and by control groups; no bound where unknown."""
    found = [sys.maxsize]
    for line in _text(Path(root, "proc/meminfo")).splitlines():
        if line.startswith("MemAvailable:"):
            found.append(1024 * int(line.split()[1]))
    files = ["memory.max", "memory.current"], ["memory.limit_in_bytes", "memory.usage_in_bytes"]
    found += [limit - used for limit, used in _of_groups(Path(root), "memory", *files)]
    return max(0, min(found))


def whole_memory(root: str = "/") -> int:
    """Bytes that this process could ever have: memory and swap, or what its control groups and limits leave of them.

    Never too few: where control groups say nothing of swap, that of the system counts.
    """
    lines = [line.split() for line in _text(Path(root, "proc/meminfo")).splitlines()]
    kilobytes = [int(line[1]) for line in lines if line and line[0] in ("MemTotal:", "SwapTotal:")]
    found = [1024 * sum(kilobytes) if kilobytes else sys.maxsize]
    files = ["memory.max", "memory.swap.max"], ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]
    found += [sum(numbers) for numbers in _of_groups(Path(root), "memory", *files)]
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return min(*found, sys.maxsize if soft == resource.RLIM_INFINITY else soft)


def _shares(root: Path) -> Iterator[float]:
    """Time over period of the control groups of this process."""
    for quota, period in _of_groups(root, "cpu", ["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
        if period:
            yield quota / period


def _of_groups(root: Path, controller: str, new: list[str], old: list[str]) -> Iterator[tuple[int, int]]:
    """Two numbers, as far as there are some, from files of the control groups that this process is in and of those
    above them, versions 2 and 1.
    """
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, files = root / "sys/fs/cgroup", new
        elif controller in controllers.split(","):
            top, files = root / "sys/fs/cgroup" / controller, old
        else:
            continue
        inside = PurePosixPath(path.lstrip("/"))
        for group in (inside, *inside.parents):
            numbers = " ".join(_text(top / group / name) for name in files).split()
            if len(numbers) == 2 and all(number.isdigit() for number in numbers):
                yield int(numbers[0]), int(numbers[1])


def _text(path: Path) -> str:
    """What a file of the system says; nothing if it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
