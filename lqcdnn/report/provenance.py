"""Where and with what a result was made: the facts of ``manifest.json``."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import platform
import shlex
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lqcdnn

#: Packages whose versions matter for a result.
PACKAGES = ("numpy", "numba", "h5py", "click", "rich", "tomli")


def manifest_facts(command: Sequence[str] | None = None) -> dict[str, Any]:
    """Versions, machine, user and command line. Starts other processes (git): call it before the first kernel.

    Parameters
    ----------
    command
        Words of the command line; default those of this process.
    """
    words = list(sys.argv if command is None else command)
    if words:
        words[0] = Path(words[0]).name
    return {
        "program": "lqcdnn",
        "version": lqcdnn.__version__,
        "git": git_state(),
        "packages": package_versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "host": socket.gethostname(),
        "user": _user(),
        "command": shlex.join(words),
    }


def package_versions() -> dict[str, str | None]:
    """Installed versions of the packages results depend on, without importing them; None if absent."""
    return {name: version(name) for name in PACKAGES}


def cpu_name() -> str:
    """Model name of the processor; of ARM Linux tells the numbers of its maker and of the model alone."""
    if sys.platform == "darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    try:
        facts = _facts(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        facts = {}
    if "CPU part" in facts:
        return f"{platform.machine()}, implementer {facts.get('CPU implementer', 'unknown')}, part {facts['CPU part']}"
    return facts.get("model name") or platform.processor() or platform.machine()


def _facts(text: str) -> dict[str, str]:
    """Lines ``name : value``, the first of each name."""
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    return facts


def git_state() -> dict[str, Any] | None:
    """Commit and "dirty" flag of the checkout this package runs from; None for an installed package."""
    root = Path(lqcdnn.__file__).resolve().parent.parent
    if not (root / ".git").exists():  # a package inside someone else's repository is not a checkout of ours
        return None
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None else {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _git(root: Path, *words: str) -> str | None:
    # an optional lock would disturb a git command of the user at the same moment
    return _output("git", "--no-optional-locks", "-C", str(root), *words)


def _output(*command: str) -> str | None:
    """What a command says; None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def version(package: str) -> str | None:
    """Version of an installed package; None if it is not there."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for this user
        return None
