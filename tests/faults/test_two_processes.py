"""Two processes in one directory: one works, the other ends with exit code 6 and touches nothing."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.runs import content
from tests.faults.harness import Server, place, same_content, tree, until
from tests.faults.inputs import QUENCHED, TRAINED

ENDLESS = QUENCHED.replace("trajectories = 4", "trajectories = 100000")


@pytest.fixture
def other() -> Server:
    with Server() as server:
        yield server


def state(pid: int) -> str:
    """The letter for the state of a process."""
    if Path(f"/proc/{pid}/stat").exists():
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()[:1]


@pytest.mark.parametrize("command", ["generate", "measure", "train"])
def test_the_second_is_refused_and_touches_nothing(
    server: Server, other: Server, tmp_path: Path, command: str
) -> None:
    """The holder is stopped meanwhile, so that every byte of the directory can be compared."""
    endless = TRAINED.replace("[train]\ntrajectories = 8", "[train]\ntrajectories = 99999")
    text = endless if command == "train" else ENDLESS
    folder = place(tmp_path, text)
    holder = server.start(folder, "train" if command == "train" else "generate", "in.toml")
    until(lambda: any(folder.glob("run/checkpoint/*.h5")) or any(folder.glob("run/train/checkpoint/*.h5")))
    os.kill(holder, signal.SIGSTOP)
    try:
        until(lambda: state(holder) == "T")
        before = tree(folder)
        refused = other.run(folder, command, "in.toml", output=place(tmp_path / "output", ""))
        idle = other.run(folder, "--version", output=tmp_path / "output")
        assert {name: data for name, data in tree(folder).items() if not name.startswith("output")} == before
    finally:
        os.kill(holder, signal.SIGCONT)
        os.kill(holder, signal.SIGTERM)
    assert server.wait().status == 75
    assert refused.status == 6, refused.err
    assert f"process {holder} on" in refused.err
    assert refused.seconds - idle.seconds < 2.0


def test_started_at_the_same_moment_exactly_one_works(server: Server, other: Server, tmp_path: Path) -> None:
    outcomes = []
    for number in range(20):
        folder = place(tmp_path / str(number), ENDLESS)
        pids = [
            one.start(folder, "generate", "in.toml", output=place(tmp_path / f"{number}-{i}", ""))
            for i, one in enumerate((server, other))
        ]
        until(lambda folder=folder: (folder / "run/status.json").exists())
        until(lambda: server.ended() or other.ended())
        for pid, one in zip(pids, (server, other), strict=True):
            if not one.ended():
                os.kill(pid, signal.SIGTERM)
        outcomes.append(sorted(one.wait().status for one in (server, other)))
    assert outcomes == [[6, 75]] * 20


def test_a_stale_lock_needs_no_manual_step(server: Server, tmp_path: Path) -> None:
    whole = place(tmp_path / "whole", QUENCHED)
    assert server.run(whole, "generate", "in.toml").status == 0
    folder = place(tmp_path / "killed", QUENCHED)
    killed = server.run(folder, "generate", "in.toml", code="from tests.faults.calls import kill; kill(60, 'half')")
    assert killed.status == -9
    assert (folder / "run/run.lock").stat().st_size > 0
    assert server.run(folder, "generate", "in.toml").status == 0
    same_content(folder / "run", content(whole / "run"))
