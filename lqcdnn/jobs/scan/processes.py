"""Many runs as processes of their own, a bounded number at a time, stopped together and resumable."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lqcdnn.config.language.counts import counted
from lqcdnn.errors import DiskError, StoppedEarly
from lqcdnn.jobs.scan.copies import Copies, Copy
from lqcdnn.report.terminal.duration import duration
from lqcdnn.update.chain import StopRequest

STOPPED = StoppedEarly.exit_code
POLL_SECONDS = 0.02
SHOWN = 4
"""Most runs named in the line on the state of all."""


@dataclass
class Task:
    """One run.

    Attributes
    ----------
    name
        For messages.
    command
        Words of the command line; ``--max-time`` is added where there is a budget.
    log
        File its output is appended to.
    records
        Files that grow when the run has passed its start.
    total
        Trajectories in all.
    done, where
        Say how many are done, and in words how far it is.
    exit_code
        None until it has ended.
    asked
        It has been asked to stop.
    """

    name: str
    command: Sequence[str]
    log: Path
    records: Sequence[Path]
    total: int
    done: Callable[[], int]
    where: Callable[[], str]
    exit_code: int | None = None
    asked: bool = False
    process: subprocess.Popen[bytes] | Copy | None = field(default=None, repr=False)
    began: float = 0.0
    sizes: int = 0

    def start(self, budget: float | None, copies: Copies | None = None) -> None:
        """Start the process, in a process group of its own so that a key press reaches only its parent.

        Parameters
        ----------
        budget
            Seconds for it; None: no limit.
        copies
            What makes it, where it can: a process begun anew does the same.

        Raises
        ------
        DiskError
            If its log cannot be written.
        """
        words = [*self.command, *([] if budget is None else ["--max-time", f"{max(budget, 1.0):.0f}s"])]
        self.began, self.sizes = time.monotonic(), self._written()
        try:
            with self.log.open("ab") as log:
                self.process = copies.start(words[len(PROGRAM) :], log) if copies is not None else None
                if self.process is None:
                    self.process = subprocess.Popen(
                        words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, process_group=0
                    )
        except OSError as error:
            raise DiskError(f"{self.name}: could not start, log {self.log}: {error.strerror}") from error

    @property
    def under_way(self) -> bool:
        """Whether it has written a record since it was started, or has ended: the kernels are compiled then."""
        return self.exit_code is not None or self._written() > self.sizes

    def poll(self) -> bool:
        """Take note of its end; True if it has just ended."""
        if self.process is None or self.exit_code is not None:
            return False
        code = self.process.poll()
        self.exit_code = code if code is None or code >= 0 else 128 - code  # killed by a signal: as shells count
        if self.asked and code == -signal.SIGTERM:  # while it started, before it could listen
            self.exit_code = STOPPED
        return code is not None

    @property
    def failed(self) -> bool:
        """Whether it ended with an error; an early stop is none."""
        return self.exit_code not in (None, 0, STOPPED)

    def last_words(self) -> str:
        """Last line of its log that is not a hint."""
        with contextlib.suppress(OSError):
            lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()[-20:]]
            errors = [line for line in lines if line.startswith("lqcdnn: ")]
            return (errors or [line for line in lines if line] or [""])[-1].removeprefix("lqcdnn: error: ")
        return ""

    def _written(self) -> int:
        return sum(file.stat().st_size for file in self.records if file.exists())


PROGRAM = (sys.executable, "-m", "lqcdnn")
"""The program run by the same Python."""


class Runner:
    """Runs tasks, at most `jobs` at a time, and tells how it goes.

    The first one runs alone until it has passed its start: where kernels are not yet compiled it compiles them for all.

    Parameters
    ----------
    tasks
        What is to be run, in order.
    jobs
        Most processes at a time.
    say
        Takes one line of text for the user.
    stop
        Signals and time budget.
    interval
        Seconds between two lines on the state of all.
    copies
        What makes processes of commands of `PROGRAM`; None: they are begun anew.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        jobs: int,
        say: Callable[[str], None],
        stop: StopRequest,
        interval: float = 30.0,
        copies: Copies | None = None,
    ) -> None:
        self.tasks, self.jobs, self.say, self.stop, self.interval = tuple(tasks), jobs, say, stop, interval
        self.copies = copies
        self._begin = self._shown = time.monotonic()
        self._at_begin = sum(task.done() for task in self.tasks)
        self._stopping = False

    def run(self) -> None:
        """Run all; after it every task that was started has its exit code.

        Raises
        ------
        KeyboardInterrupt
            At a second interrupt; the processes are killed (their checkpoints stand).
        """
        try:
            while not self._finished():
                self._step()
                time.sleep(POLL_SECONDS)
        except BaseException:
            self._kill()
            raise

    @property
    def running(self) -> list[Task]:
        """Tasks whose process is at work."""
        return [task for task in self.tasks if task.process is not None and task.exit_code is None]

    def _finished(self) -> bool:
        waiting = [] if self._stopping else [task for task in self.tasks if task.process is None]
        return not waiting and not self.running

    def _step(self) -> None:
        for task in self.tasks:
            if task.poll():
                self.say(self._ended(task))
        if self.stop.reason is not None and not self._stopping:
            self._stopping = True
            self.say(f"stopped by {self.stop.reason}; waiting for checkpoints")
            for task in self.running:
                task.asked = True
                _signal(task, signal.SIGTERM)
        if not self._stopping:
            self._start()
        if time.monotonic() - self._shown >= self.interval:
            self._shown = time.monotonic()
            self.say(self.summary())

    def _start(self) -> None:
        if self.copies is not None and not self.copies.known:
            return
        first = next(iter(self.tasks), None)
        for task in self.tasks:
            alone = first is not None and first.process is not None and not first.under_way
            if task.process is None and len(self.running) < self.jobs and not alone:
                left = None if self.stop.max_time is None else self.stop.start + self.stop.max_time - time.monotonic()
                task.start(left, self.copies)
                self.say(f"{task.name}: started (log {task.log})")

    def _ended(self, task: Task) -> str:
        seconds = duration(time.monotonic() - task.began)
        done = f"{task.done()}/{counted(task.total, 'trajectory')}"
        if task.exit_code == 0:
            return f"{task.name}: done, {done}, {seconds}"
        if task.exit_code == STOPPED:
            return f"{task.name}: stopped early, {done}, {seconds}"
        return f"{task.name}: FAILED with exit code {task.exit_code}: {task.last_words()}"

    def summary(self) -> str:
        """State of all tasks in one line."""
        done, total = sum(task.done() for task in self.tasks), sum(task.total for task in self.tasks)
        new, seconds = done - self._at_begin, time.monotonic() - self._begin
        eta = f", eta {duration((total - done) * seconds / new)}" if new > 0 and not self._stopping else ""
        ended = [task for task in self.tasks if task.exit_code is not None]
        failed = sum(task.failed for task in ended)
        shown = "; ".join(f"{task.name} {task.where()}" for task in self.running[:SHOWN])
        running = f" ({shown})" if shown else ""
        return (
            f"{sum(task.exit_code == 0 for task in ended)} done, {len(self.running)} running, "
            f"{sum(task.process is None for task in self.tasks)} waiting{f', {failed} FAILED' if failed else ''}; "
            f"{done}/{counted(total, 'trajectory')}{eta}{running}"
        )

    def _kill(self) -> None:
        for task in self.running:
            _signal(task, signal.SIGKILL)
        for task in self.running:
            if task.process is not None:
                task.exit_code = task.process.wait()


def _signal(task: Task, number: signal.Signals) -> None:
    if task.process is not None:
        # macOS refuses a group of which nobody is left but those whose end this process has not asked for yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(task.process.pid, number)
