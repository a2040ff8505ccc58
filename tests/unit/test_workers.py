"""Work shared out among copies of a process: results in order, errors told, no process and no file left behind."""

import fcntl
import os
import signal
import time
from pathlib import Path

import pytest

from lqcdnn.errors import NumericalError, StoppedEarly
from lqcdnn.timing import clock
from lqcdnn.workers import POSSIBLE, Workers

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="processes are copied on Linux, with kernels on one thread")


@pytest.fixture
def workers():
    """A function that makes workers, which end with the test."""
    made = []

    def make(do, number=2):
        made.append(Workers(do, number))
        return made[-1]

    yield make
    for one in made:
        one.close()


def slow_if_even(task):
    """The earlier tasks are done later."""
    if task % 2 == 0:
        time.sleep(0.05)
    return task, os.getpid()


def test_results_come_in_the_order_of_the_tasks(workers):
    three = workers(slow_if_even, 3)
    for _ in range(2):
        found = list(three.results(range(7)))
        assert [task for task, _ in found] == list(range(7))
        pids = {pid for _, pid in found}
        assert 2 <= len(pids) <= 3
        assert os.getpid() not in pids


def test_an_error_comes_in_its_turn(workers):
    def fail(task):
        if task == 1:
            raise NumericalError("no solution", hint="none")
        return task

    found = workers(fail).results([0, 1, 2])
    assert next(found) == 0
    with pytest.raises(NumericalError, match="no solution") as error:
        next(found)
    assert error.value.hint == "none"


def test_a_process_that_was_killed_is_told(workers):
    two = workers(slow_if_even)
    pids = {pid for _, pid in two.results(range(4))}
    os.kill(pids.pop(), signal.SIGKILL)
    with pytest.raises(StoppedEarly, match="has ended"):
        list(two.results(range(4)))


def test_they_end_in_the_middle_of_a_task():
    """A second interrupt stops the program at once, and no process is left."""
    two = Workers(time.sleep, 2)

    def interrupted(number, frame):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(two.results([1000.0] * 2))
    finally:
        signal.signal(signal.SIGALRM, previous)
    two.close()
    for member in two._members:
        assert member.exitcode == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(member.pid, 0)


def test_what_the_parent_handles_they_leave_to_it(workers):
    previous = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    try:
        two = workers(slow_if_even)
        pids = {pid for _, pid in two.results(range(4))}
        for pid in pids:
            os.kill(pid, signal.SIGUSR1)
            os.kill(pid, signal.SIGINT)
        assert {pid for _, pid in two.results(range(4))} == pids
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_cpu_time_of_all_processes_counts(workers):
    def busy(seconds):
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    before = clock.total.cpu
    list(workers(busy).results([0.03] * 3))
    assert clock.total.cpu - before > 0.09


def test_a_copy_holds_no_file_of_its_parent(tmp_path, workers):
    """A lock would outlive the process that has it, and the other end of a pipe would hide that it is gone."""
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for _, pid in workers(slow_if_even).results(range(4)):
            files = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir() if int(path.name) > 2]
            assert len(files) == 1
            assert files[0].startswith("socket:")
