"""The runner of many processes, with small programs in place of runs."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from lqcdnn.jobs.scan.processes import Runner, Task, _signal
from lqcdnn.update.chain import StopRequest

START = "import sys, time, signal; r = open(sys.argv[1], 'a'); r.write('1\\n'); r.flush()\n"
WAIT = START + "signal.signal(15, lambda *_: sys.exit(75)); r.write('1\\n'); r.flush(); time.sleep(60)\n"


def task(folder: Path, name: str, code: str) -> Task:
    record = folder / f"{name}.record"
    return Task(
        name=name,
        command=[sys.executable, "-c", code, str(record)],
        log=folder / f"{name}.log",
        records=(record,),
        total=2,
        done=lambda: record.read_text().count("\n") if record.exists() else 0,
        where=lambda: "somewhere",
    )


def run(tasks: list[Task], jobs: int) -> list[str]:
    said: list[str] = []
    with StopRequest().listening() as stop:
        Runner(tasks, jobs, said.append, stop).run()
    return said


def test_at_most_so_many_at_a_time_and_the_first_one_alone(tmp_path: Path) -> None:
    slow = "import sys, time; time.sleep(0.6)\n" + START + "time.sleep(0.3)"
    tasks = [task(tmp_path, f"t{k}", slow if k == 0 else START + "time.sleep(0.3)") for k in range(5)]
    most: list[int] = []
    with StopRequest().listening() as stop:
        runner = Runner(tasks, 2, lambda line: most.append(len(runner.running)), stop)
        runner.run()
    assert [task.exit_code for task in tasks] == [0] * 5
    assert max(most) == 2
    assert tasks[1].began - tasks[0].began > 0.5


def test_failures_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = START + "print('lqcdnn: error: no convergence', file=sys.stderr); print('  hint: more'); sys.exit(5)"
    killed = START + "import os; os.kill(os.getpid(), 9)"
    tasks = [task(tmp_path, "bad", bad), task(tmp_path, "killed", killed), task(tmp_path, "good", START)]
    said = run(tasks, 1)
    assert [task.exit_code for task in tasks] == [5, 137, 0]
    assert [task.failed for task in tasks] == [True, True, False]
    assert "bad: FAILED with exit code 5: no convergence" in said
    assert said[-1].startswith("good: done, 1/2 trajectories")


@pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])
def test_a_signal_to_a_run_that_has_just_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type) -> None:
    """Linux does not find its process group any more, macOS refuses it."""
    one = task(tmp_path, "t", START)
    one.start(None)
    assert one.process is not None
    one.process.wait()

    def refuse(group: int, number: int) -> None:
        raise error

    monkeypatch.setattr(os, "killpg", refuse)
    _signal(one, signal.SIGTERM)


def test_a_signal_stops_all_and_starts_no_more(tmp_path: Path) -> None:
    tasks = [task(tmp_path, f"t{k}", WAIT) for k in range(4)]
    said: list[str] = []

    def summary() -> bool:
        return any("2 running, 2 waiting" in line and "(t0 somewhere; t1 somewhere)" in line for line in said)

    def interrupt() -> None:
        while not (all(one.done() == 2 for one in tasks[:2]) and summary()):
            time.sleep(0.02)
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=interrupt).start()
    with StopRequest().listening() as stop:
        Runner(tasks, 2, said.append, stop, interval=0.2).run()
    assert [task.exit_code for task in tasks] == [75, 75, None, None]
    assert not any(task.failed for task in tasks)
    assert "t1: stopped early, 2/2 trajectories" in "\n".join(said)


def test_a_run_that_is_stopped_before_it_listens_has_not_failed(tmp_path: Path) -> None:
    tasks = [task(tmp_path, "t", START + "time.sleep(60)")]  # ends by the signal itself
    said: list[str] = []

    def interrupt() -> None:
        while tasks[0].done() < 1:
            time.sleep(0.02)
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=interrupt).start()
    with StopRequest().listening() as stop:
        Runner(tasks, 1, said.append, stop).run()
    assert (tasks[0].exit_code, tasks[0].failed) == (75, False)
    assert said[-1].startswith("t: stopped early, 1/2 trajectories")


def test_a_second_interrupt_kills(tmp_path: Path) -> None:
    stubborn = START + "signal.signal(15, signal.SIG_IGN); r.write('1\\n'); r.flush(); time.sleep(60)"
    tasks = [task(tmp_path, "t", stubborn)]

    def interrupt() -> None:
        while tasks[0].done() < 2:
            time.sleep(0.02)
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.3)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run(tasks, 1)
    assert tasks[0].exit_code is not None
    assert tasks[0].process is not None
    assert tasks[0].process.poll() == -signal.SIGKILL
