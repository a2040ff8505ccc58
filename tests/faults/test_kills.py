"""SIGKILL at random times and at every system call of a write; the same command goes on each time."""

import random
import shutil
from pathlib import Path

import pytest

from tests.cli.runs import content
from tests.faults.harness import Outcome, Server, place, same_content, sound, until
from tests.faults.inputs import QUENCHED, SMALL_STAGGERED, TRAINED

LONG = QUENCHED.replace("trajectories = 4", "trajectories = 20").replace("checkpoint_every = 2", "checkpoint_every = 3")
STAGGERED = SMALL_STAGGERED.replace("trajectories = 5", "trajectories = 12")
TRAINING = TRAINED.replace("trajectories = 8", "trajectories = 16")
MEASURED = STAGGERED.replace("save_every = 2", "save_every = 1").replace("[observables.plaquette]", "")
OBSERVABLES = ("--observables", "plaquette,polyakov,condensate")


def uninterrupted(server: Server, folder: Path, text: str, *arguments: str) -> tuple[dict[str, bytes], float]:
    """What the command makes when nothing happens, and how long it takes."""
    done = server.run(place(folder, text), *arguments)
    assert done.status == 0, done.err
    return content(folder / "run"), done.seconds


def end_of_kill(outcome: Outcome) -> bool:
    """Killed by us, or done before; anything else is a fault of the program."""
    assert outcome.status in (-9, 0), outcome.err
    return outcome.status == 0


@pytest.mark.parametrize(("text", "command", "kills"), [
    (LONG, "generate", 60), (STAGGERED, "generate", 40), (TRAINING, "train", 20),
])  # fmt: skip
def test_killed_at_random_times(server: Server, tmp_path: Path, text: str, command: str, kills: int) -> None:
    """When the command ends before all kills are done, it begins again in a new directory."""
    expected, seconds = uninterrupted(server, tmp_path / "whole", text, command, "in.toml")
    rng = random.Random(f"{command} {kills}")
    folder = place(tmp_path / "killed", text)
    done, finished = 0, 0
    while done < kills:
        if end_of_kill(server.kill(folder, command, "in.toml", after=rng.uniform(0.0, seconds))):
            same_content(folder / "run", expected)
            finished += 1
            shutil.rmtree(folder / "run")
        else:
            done += 1
    last = server.run(folder, command, "in.toml")
    assert last.status == 0, last.err
    same_content(folder / "run", expected)
    sound(folder / "run")


def test_measurement_killed_at_random_times(server: Server, tmp_path: Path) -> None:
    saved = place(tmp_path / "saved", MEASURED)
    assert server.run(saved, "generate", "in.toml").status == 0
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    shutil.copytree(saved, whole)
    shutil.copytree(saved, folder)
    complete = server.run(whole, "measure", "in.toml", *OBSERVABLES)
    assert complete.status == 0, complete.err
    expected = content(whole / "run")
    rng = random.Random(20)
    for _ in range(20):
        if end_of_kill(server.kill(folder, "measure", "in.toml", *OBSERVABLES, after=rng.uniform(0, complete.seconds))):
            same_content(folder / "run", expected)
            shutil.rmtree(folder)
            shutil.copytree(saved, folder)
    last = server.run(folder, "measure", "in.toml", *OBSERVABLES)
    assert last.status == 0, last.err
    same_content(folder / "run", expected)
    sound(folder / "run")


@pytest.mark.parametrize("moment", ["before", "half", "after"])
@pytest.mark.parametrize(("text", "command"), [(QUENCHED, "generate"), (TRAINED, "train")])
def test_killed_in_every_call_of_a_write(
    server: Server, tmp_path: Path, text: str, command: str, moment: str
) -> None:
    """One run is killed in its first call, the next in its second, ...; each is resumed once."""
    expected, _ = uninterrupted(server, tmp_path / "whole", text, command, "in.toml")
    folder = place(tmp_path / "killed", text)
    stride = 1 if (command, moment) == ("generate", "half") else 4
    for nth in range(1, 10_000, stride):
        code = f"from tests.faults.calls import kill; kill({nth}, {moment!r})"
        outcome = server.run(folder, command, "in.toml", code=code)
        if end_of_kill(outcome):
            break
        resumed = server.run(folder, command, "in.toml")
        assert resumed.status == 0, f"call {nth}: {resumed.err}"
        same_content(folder / "run", expected)
        shutil.rmtree(folder / "run")
    assert nth > 50


def test_killed_again_and_again_without_ever_resuming_in_peace(server: Server, tmp_path: Path) -> None:
    """Each session is killed some calls later than the one before."""
    expected, _ = uninterrupted(server, tmp_path / "whole", QUENCHED, "generate", "in.toml")
    folder = place(tmp_path / "killed", QUENCHED)
    for nth in range(5, 400, 7):
        code = f"from tests.faults.calls import kill; kill({nth}, 'half')"
        if end_of_kill(server.run(folder, "generate", "in.toml", code=code)):
            break
    same_content(folder / "run", expected)
    sound(folder / "run")


def test_killed_in_real_processes_from_their_start(tmp_path: Path, server: Server) -> None:
    """The start of the interpreter included; the others are forked from a process that has the program loaded."""
    import subprocess

    from tests.cli.runs import command, environment

    expected, seconds = uninterrupted(server, tmp_path / "whole", LONG, "generate", "in.toml")
    folder = place(tmp_path / "killed", LONG)
    rng = random.Random(5)
    for _ in range(5):
        process = subprocess.Popen(
            command("generate", "in.toml"), cwd=folder, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda process=process: (folder / "run/manifest.json").exists() or process.poll() is not None)
        try:
            process.wait(rng.uniform(0.0, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
        assert process.wait() in (-9, 0)
    assert server.run(folder, "generate", "in.toml").status == 0
    same_content(folder / "run", expected)
