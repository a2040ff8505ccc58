"""Small runs for the tests of the commands: input files, and the program in this process or one of its own."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from input_head import head

from lqcdnn.cli.main import main
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.journal import Journal

Done = subprocess.CompletedProcess

SMALL = head(
    [4, 2, 2, 4], "SU(2)", 2.2, name="small", trajectories=12, thermalization=2, seed=7, save_every=2,
    checkpoint_every=3, initial="twisted"
) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[update]
steps = 4
[observables.plaquette]
[observables.polyakov]
every = 2
[observables.condensate]
every = 4
"""
GAUGE = SMALL.split("[[action.fermion]]")[0] + "[update]\nsteps = 4\n[observables.plaquette]\n"
GUIDED = SMALL + """
[[guide.fermion]]
mass = 0.7
links = "net"
[[network.net.layer]]
loops = ["plaquette", "polyakov_time", "polyakov_space"]
[[network.net.layer]]
loops = ["plaquette", "polyakov_time", "polyakov_space"]
[train]
trajectories = 10
rate = 1e-5
checkpoint_every = 4
"""


def command(*arguments: str) -> list[str]:
    """The program as a process."""
    return [sys.executable, "-m", "lqcdnn", *arguments]


def environment(threads: int = 1) -> dict[str, str]:
    """Environment with a number of threads and nothing that colours the output."""
    return {**os.environ, "LQCDNN_THREADS": str(threads), "LQCDNN_PLAIN": "1"}


def process(folder: Path, *arguments: str, threads: int = 1, timeout: float = 900) -> Done:
    """Run a command in ``folder`` as a process of its own and wait for it."""
    return subprocess.run(
        command(*arguments), cwd=folder, env=environment(threads), capture_output=True, text=True, timeout=timeout
    )


def lqcdnn(folder: Path, *arguments: str) -> Done:
    """Run a command in ``folder`` within this process, on one thread: a start of the program costs a second."""
    out, err = io.StringIO(), io.StringIO()
    with chdir(folder), pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("LQCDNN_THREADS", "1")
        patch.setenv("LQCDNN_PLAIN", "1")
        code = main(arguments)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def options(*changes: str) -> list[str]:
    """Words of a command that change keys of an input."""
    return [word for change in changes for word in ("--set", change)]


def content(run: Path) -> dict[str, bytes]:
    """Everything that must not depend on interruption or threads: journals, series, configurations."""
    kept = ["journal.jsonl", "measure/*.jsonl", "configs/*.h5", "train/history.jsonl", "train/weights.h5"]
    return {str(p.relative_to(run)): p.read_bytes() for pattern in kept for p in sorted(run.glob(pattern))}


def records(run: Path) -> list[dict[str, Any]]:
    """The lines of the journal."""
    return [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]


def plaquette_of(run: Path, number: int) -> float:
    """That of a trajectory, from the journal."""
    (found,) = (line["plaquette"] for line in records(run) if line["trajectory"] == number)
    return float(found)


def generated(folder: Path, text: str) -> Path:
    """The folder, with an input and the run of it, uninterrupted."""
    (folder / "in.toml").write_text(text)
    done = lqcdnn(folder, "generate", "in.toml")
    assert done.returncode == 0, done.stderr
    return folder


def assert_threads_do_not_matter(folder: Path, text: str) -> None:
    """The run ``small`` of an input has the same bytes with one, two and three threads."""
    found = []
    for threads in ("1", "2", "3"):
        (folder / threads).mkdir()
        (folder / threads / "in.toml").write_text(text)
        assert process(folder / threads, "generate", "in.toml", "--threads", threads).returncode == 0
        found.append(content(folder / threads / "small"))
    assert found[0] == found[1] == found[2]


def lines_written(run: Path) -> int:
    """Journal lines written so far, of training and of the run."""
    files = [run / "journal.jsonl", run / "train/history.jsonl"]
    return sum(f.read_bytes().count(b"\n") for f in files if f.exists())


def assert_kills_do_not_matter(folder: Path, text: str, step: int, expected: dict[str, bytes]) -> None:
    """The run ``small`` of an input, killed every ``step`` journal lines and resumed, has the content expected.

    The last part, which is not killed, is done in this process.
    """
    (folder / "in.toml").write_text(text)
    run, kills, wanted = folder / "small", 0, 1
    lines = sum(expected.get(name, b"").count(b"\n") for name in ("journal.jsonl", "train/history.jsonl"))
    for _ in range(60):
        if wanted > lines:
            done = lqcdnn(folder, "generate", "in.toml")
            assert done.returncode == 0, done.stderr
            break
        running = subprocess.Popen(command("generate", "in.toml"), cwd=folder, env=environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while running.poll() is None and lines_written(run) < wanted:
            time.sleep(0.0005)
        if running.poll() is None:
            running.send_signal(signal.SIGKILL)
            kills += 1
        if running.wait() == 0:
            break
        wanted = lines_written(run) + step
    assert kills >= 2
    assert content(run) == expected


def assert_measured_afterwards_the_same(
    folder: Path, copies: Path, tables: str, names: tuple[str, ...], trajectories: list[int]
) -> None:
    """The run without ``tables`` of observables, measured afterwards, has the records of the one with them."""
    whole = (folder / "in.toml").read_text()
    generated(copies, whole.removesuffix(tables))
    (copies / "in.toml").write_text(whole)
    done = lqcdnn(copies, "measure", "in.toml")
    assert done.returncode == 0, done.stderr
    for name in names:
        after, known = (
            {record["trajectory"]: record for record in map(json.loads, (path / file).read_text().splitlines())}
            for file in [f"small/measure/{name}.jsonl"]
            for path in (copies, folder)
        )
        assert sorted(after) == trajectories
        for number, record in after.items():
            del record["check"], known[number]["check"]  # of this line and those before
            assert record == known[number]


def assert_resumes_in_pieces(folder: Path, *ends: int) -> None:
    """The run of ``in.toml`` again, with stops after so many trajectories: the same as the one that is there."""
    for trajectories in ends:
        options = ("--set", "run.name=pieces", "--set", f"run.trajectories={trajectories}")
        done = lqcdnn(folder, "generate", "in.toml", *options)
        assert done.returncode == 0, done.stderr
    assert content(folder / "pieces") == content(folder / "small")


def assert_verify_recomputes_plaquettes(folder: Path, copies: Path, number: int) -> None:
    """The run is in order; a copy whose journal has another plaquette at a saved configuration is not."""
    done = lqcdnn(folder, "verify", "small")
    assert done.returncode == 0, done.stdout
    shutil.copytree(folder / "small", copies / "small")
    journal = copies / "small" / "journal.jsonl"
    lines = Journal(journal).records().records
    journal.unlink()
    with Journal(journal) as copy:
        for record in lines:
            change = 1e-9 if record["trajectory"] == number else 0.0
            copy.append({key: value + change if key == "plaquette" else value for key, value in record.items()})
    done = lqcdnn(copies, "verify", "small")
    assert done.returncode == 3
    assert f"cfg_{number:08}.h5: plaquette" in done.stdout


def assert_files_need_the_input(folder: Path, files: str, number: int, note: str) -> None:
    """A saved configuration has the plaquette of the run with the input of it or of files; alone another and a note."""
    path = f"small/configs/cfg_{number:08}.h5"
    known = plaquette_of(folder / "small", number)
    (folder / "files.toml").write_text(files)
    for name in ("in.toml", "files.toml"):
        done = lqcdnn(folder, "measure", "--configs", name, path, "--json")
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)
        assert found["plaquette"] == pytest.approx(known, abs=1e-14)
        assert found["warnings"] == []
    (found,) = json.loads(lqcdnn(folder, "measure", "--configs", path, "--json").stdout)
    assert found["plaquette"] == pytest.approx(read_configuration(folder / path).plaquette, abs=1e-14)
    assert note in found["warnings"][0]
