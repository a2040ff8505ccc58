"""The program under attack: a server that runs it, what a run holds, and what must be true after any fault."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lqcdnn.storage.atomic import is_temporary
from tests.cli.runs import content

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """How a command ended: exit code (negative: a signal), output, wall and CPU seconds, peak memory in kB."""

    status: int
    out: str
    err: str
    seconds: float
    cpu: float
    peak: int


class Server:
    """See :mod:`tests.faults.server`."""

    def __init__(self) -> None:
        environment = {**os.environ, "LQCDNN_THREADS": "1", "LQCDNN_PLAIN": "1", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.server"], cwd=ROOT, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        trouble = self._reply()["trouble"]
        assert not trouble, trouble

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def _reply(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server is gone"
        reply: dict[str, Any] = json.loads(line)
        return reply

    def start(
        self, folder: Path, *arguments: str, code: str = "", environment: Mapping[str, str] | None = None,
        output: Path | None = None,
    ) -> int:  # fmt: skip
        """Start a command and return its pid; ``code`` is executed in its process first."""
        assert self.process.stdin is not None
        self.output = output or folder
        request = {
            "arguments": arguments, "folder": str(folder), "code": code, "environment": dict(environment or {}),
            "output": str(self.output),
        }  # fmt: skip
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        pid: int = self._reply()["pid"]
        return pid

    def ended(self) -> bool:
        """Whether the command that was started has ended; :meth:`wait` then says how at once."""
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def wait(self) -> Outcome:
        """The end of the command that was started."""
        reply = self._reply()
        out, err = ((self.output / name).read_text(errors="replace") for name in ("stdout.txt", "stderr.txt"))
        return Outcome(reply["status"], out, err, reply["seconds"], reply["cpu"], reply["peak"])

    def run(self, folder: Path, *arguments: str, **options: Any) -> Outcome:
        """Run a command to its end; a traceback is never right."""
        self.start(folder, *arguments, **options)
        outcome = self.wait()
        assert "Traceback" not in outcome.err, outcome.err
        return outcome

    def kill(self, folder: Path, *arguments: str, after: float) -> Outcome:
        """SIGKILL a command after some seconds, if it still runs then."""
        pid = self.start(folder, *arguments)
        time.sleep(after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return self.wait()


def place(folder: Path, text: str, name: str = "in.toml") -> Path:
    """A folder with an input file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


def last_checkpoint(run: Path) -> Any:
    """Links, trajectory of the newest checkpoint, verified; None when there is none."""
    from lqcdnn.storage import checkpoint

    found = checkpoint.load_latest(run / "checkpoint")
    return None if found is None else (found[1]["trajectory"], found[0]["links"].tobytes())


def temporaries(folder: Path) -> list[Path]:
    """Temporary files of the program in a folder."""
    return [path for path in folder.rglob("*") if is_temporary(path.name)]


def tree(folder: Path, without: Sequence[str] = ("stdout.txt", "stderr.txt")) -> dict[str, bytes]:
    """Every file of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in without
    }


def same_content(run: Path, expected: dict[str, bytes]) -> None:
    """Journals, series, configurations and weights are those of the uninterrupted run, byte for byte."""
    found = content(run)
    assert sorted(found) == sorted(expected)
    assert [name for name in found if found[name] != expected[name]] == []
    assert temporaries(run) == []


def sound(run: Path) -> None:
    """``lqcdnn verify`` finds nothing wrong."""
    from lqcdnn.jobs.verify import verify

    found = verify(run)
    assert found.sound, found.text()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
