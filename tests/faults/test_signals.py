"""SIGTERM, SIGINT, SIGUSR1 in molecular dynamics, in a solve, in a write: checkpoint, exit code 75, resumable."""

import json
import signal
from pathlib import Path

import pytest

from tests.cli.runs import content
from tests.faults.harness import Server, last_checkpoint, place, same_content
from tests.faults.inputs import SMALL_STAGGERED, TRAINED

TEXT = SMALL_STAGGERED.replace("checkpoint_every = 2", "checkpoint_every = 100")
"""No checkpoint but that of the signal and that of the end."""
STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1]
PLACES = {
    "molecular dynamics": ("lqcdnn.update.hmc", "HMC", "integrate"),
    "a solve": ("lqcdnn.dirac.staggered", "StaggeredOperator", "solve"),
    "a write": ("lqcdnn.storage.journal", "Journal", "append"),
}
CODE = """
import importlib, os, pathlib, time
owner = getattr(importlib.import_module({module!r}), {owner!r})
original, count = owner.{name}, 0
def {name}(*arguments, **named):
    global count
    count += 1
    if count == {nth}:
        journal = pathlib.Path("run/journal.jsonl")
        pathlib.Path("at.txt").write_text(str(journal.read_bytes().count(b"\\n") if journal.exists() else 0))
        for _ in range({times}):
            os.kill(os.getpid(), {number})
    return original(*arguments, **named)
owner.{name} = {name}
"""


def code(where: str, number: int, nth: int = 3, times: int = 1) -> str:
    """The process sends itself a signal when it enters a function for the n-th time."""
    module, owner, name = PLACES[where]
    return CODE.format(module=module, owner=owner, name=name, nth=nth, times=times, number=int(number))


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = place(tmp_path_factory.mktemp("whole"), TEXT)
    assert server.run(folder, "generate", "in.toml").status == 0
    return content(folder / "run")


def trajectories(folder: Path) -> int:
    return (folder / "run/journal.jsonl").read_bytes().count(b"\n")


@pytest.mark.parametrize("number", STOPS)
@pytest.mark.parametrize("where", PLACES)
def test_stops_after_the_trajectory_with_a_checkpoint(
    server: Server, tmp_path: Path, whole: dict[str, bytes], where: str, number: signal.Signals
) -> None:
    folder = place(tmp_path, TEXT)
    stopped = server.run(folder, "generate", "in.toml", code=code(where, number, nth=2 if where == "a write" else 3))
    assert stopped.status == 75, stopped.err
    assert number.name in stopped.err
    at = int((folder / "at.txt").read_text())
    done = trajectories(folder)
    # the trajectory of the signal and no other; a write may be one behind its line in the journal
    assert done == at + 1 or (where == "a write" and done == at)
    assert last_checkpoint(folder / "run")[0] == done
    assert json.loads((folder / "run/status.json").read_text())["state"] == "stopped"
    assert server.run(folder, "generate", "in.toml").status == 0
    same_content(folder / "run", whole)


@pytest.mark.parametrize("where", ["molecular dynamics", "a solve"])
def test_second_interrupt_stops_at_once(
    server: Server, tmp_path: Path, whole: dict[str, bytes], where: str
) -> None:
    folder = place(tmp_path, TEXT)
    stopped = server.run(folder, "generate", "in.toml", code=code(where, signal.SIGINT, nth=3, times=2))
    assert stopped.status == 130, stopped.err
    assert not (folder / "run/journal.jsonl").exists() or trajectories(folder) == int((folder / "at.txt").read_text())
    assert server.run(folder, "generate", "in.toml").status == 0
    same_content(folder / "run", whole)


@pytest.mark.parametrize("number", STOPS)
def test_signal_in_training(server: Server, tmp_path: Path, number: signal.Signals) -> None:
    whole = place(tmp_path / "whole", TRAINED)
    assert server.run(whole, "train", "in.toml").status == 0
    folder = place(tmp_path / "stopped", TRAINED)
    assert server.run(folder, "train", "in.toml", code=code("molecular dynamics", number)).status == 75
    assert server.run(folder, "train", "in.toml").status == 0
    same_content(folder / "run", content(whole / "run"))


@pytest.mark.parametrize("name", ["open", "write", "fsync", "replace"])
def test_signal_in_every_call_of_a_checkpoint(
    server: Server, tmp_path: Path, whole: dict[str, bytes], name: str
) -> None:
    """From the first write to the last: stopped with 75, or done when nothing is left to do."""
    for nth in range(2, 50, 12):
        folder = place(tmp_path / str(nth), TEXT)
        fault = f"from tests.faults.calls import signal_at; signal_at({nth}, ({name!r},), {int(signal.SIGTERM)})"
        stopped = server.run(folder, "generate", "in.toml", code=fault)
        if stopped.status == -signal.SIGTERM:  # before the run began to listen: as if killed
            assert not (folder / "run/journal.jsonl").exists()
        else:
            assert stopped.status in (75, 0), stopped.err
        assert server.run(folder, "generate", "in.toml").status == 0
        same_content(folder / "run", whole)
