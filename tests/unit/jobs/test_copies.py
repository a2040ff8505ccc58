"""Runs as copies of a process that has imported the program: exit codes, signals, and doing without."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lqcdnn.jobs.scan import copies as module
from lqcdnn.jobs.scan.copies import Copies, copies
from lqcdnn.jobs.scan.processes import PROGRAM, Task

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")


@pytest.fixture(scope="module")
def made() -> Iterator[Copies]:
    with copies() as found:
        assert found is not None
        while not found.known:
            time.sleep(0.02)
        yield found


def task(folder: Path, *words: str) -> Task:
    return Task("t", (*PROGRAM, *words), folder / "t.log", (), 0, lambda: 0, lambda: "")


def ended(one: Task) -> int | None:
    while not one.poll():
        time.sleep(0.005)
    return one.exit_code


@linux
def test_copies_do_what_processes_begun_anew_do(tmp_path: Path, made: Copies) -> None:
    """Output of both kinds is appended to the log; the exit code is that of the command; group and parent are right."""
    found = []
    for maker in (made, None):
        (tmp_path / "t.log").write_text("before\n")
        for words in (("validate", "none.toml"), ("--version",)):
            one = task(tmp_path, *words)
            one.start(None, maker)
            assert one.process is not None
            assert os.getpgid(one.process.pid) == one.process.pid
            found.append(ended(one))
            assert isinstance(one.process, module.Copy) == (maker is made)
        found.append((tmp_path / "t.log").read_text())
    assert found[:3] == found[3:]
    assert found[:2] == [2, 0]
    assert found[2].startswith("before\n")
    assert found[2].count("\n") >= 3


@linux
def test_a_killed_copy_takes_no_other_with_it(tmp_path: Path, made: Copies) -> None:
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe/in.toml")  # to read it takes for ever
    one, other = task(tmp_path, "validate", str(tmp_path / "pipe/in.toml")), task(tmp_path, "--version")
    one.start(None, made)
    assert not one.poll()
    assert one.process is not None
    os.killpg(one.process.pid, signal.SIGKILL)
    other.start(None, made)
    assert (ended(one), ended(other)) == (137, 0)


@linux
def test_copies_outlive_what_made_them(tmp_path: Path, made: Copies) -> None:
    os.mkfifo(tmp_path / "in.toml")
    one, other = task(tmp_path, "validate", str(tmp_path / "in.toml")), task(tmp_path, "--version")
    one.start(None, made)
    made._process.kill()
    made._process.wait()
    other.start(None, made)
    assert ended(other) == 0
    assert not isinstance(other.process, module.Copy)
    assert not one.poll()
    (tmp_path / "in.toml").write_text("nonsense")  # ends what reads it
    assert ended(one) == 2


@linux
def test_what_makes_copies_too_late_makes_none(tmp_path: Path) -> None:
    with copies() as slow:
        assert slow is not None
        while not slow.known:
            time.sleep(0.02)
        os.kill(slow._process.pid, signal.SIGSTOP)
        slow._end.settimeout(0.05)
        one = task(tmp_path, "--version")
        one.start(None, slow)
        os.kill(slow._process.pid, signal.SIGCONT)
        assert slow._process.wait(timeout=10) == -signal.SIGKILL
        assert ended(one) == 0
    assert (tmp_path / "t.log").read_text().count("\n") == 1


@linux
def test_processes_are_begun_anew_where_there_are_no_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody adopts orphans, where what makes copies cannot begin, and where it is gone."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "_adopt", lambda wanted: False)
        with copies() as none:
            assert none is None
    monkeypatch.setattr(module, "MODULE", "lqcdnn.no_such_module")
    with copies() as broken:
        assert broken is not None
        while not broken.known:
            time.sleep(0.02)
        one = task(tmp_path, "--version")
        one.start(None, broken)
        assert ended(one) == 0
        assert not isinstance(one.process, module.Copy)
