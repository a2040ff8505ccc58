"""Tasks shared out among processes: the first two are done here, and short or few ones, or where memory is scarce."""

import os
import time
from contextlib import closing

import pytest

from lqcdnn.jobs import sharing
from lqcdnn.jobs.cores import available_memory
from lqcdnn.workers import POSSIBLE

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="processes are copied on Linux, with kernels on one thread")


def slow(task):
    time.sleep(0.01)
    return task, os.getpid()


def places(count, processes):
    """Who did each of some tasks, which come in order."""
    with closing(sharing.shared_out(slow, range(count), processes)) as found:
        results = list(found)
    assert [task for task, _ in results] == list(range(count))
    return [pid for _, pid in results]


def test_the_first_two_are_done_here(monkeypatch):
    monkeypatch.setattr(sharing, "WORTH", 0.05)
    here = os.getpid()
    pids = places(12, 3)
    assert pids[:2] == [here, here]
    assert here not in pids[2:]
    assert len(set(pids[2:])) == 3
    assert set(places(12, 1)) == {here}


def test_little_work_is_not_worth_a_process():
    assert set(places(12, 3)) == {os.getpid()}


@pytest.mark.parametrize("memory", [0, 10**7])
def test_without_memory_for_others_there_are_none(memory, monkeypatch):
    monkeypatch.setattr(sharing, "WORTH", 0.05)
    monkeypatch.setattr(sharing, "available_memory", lambda: memory)
    assert set(places(12, 3)) == {os.getpid()}


def test_fewer_than_three_tasks():
    for count in range(3):
        assert len(places(count, 4)) == count


def test_memory_that_is_left(tmp_path):
    root = str(tmp_path)
    assert available_memory(root) > 2**62
    for name, text in [
        ("proc/meminfo", "MemTotal: 100 kB\nMemAvailable:   50 kB\n"),
        ("proc/self/cgroup", "0::/a/b\n"),
        ("sys/fs/cgroup/a/memory.max", "45000\n"),
        ("sys/fs/cgroup/a/memory.current", "5000\n"),
        ("sys/fs/cgroup/a/b/memory.max", "max\n"),
        ("sys/fs/cgroup/a/b/memory.current", "1\n"),
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name == "proc/meminfo":
            assert available_memory(root) == 51200
    assert available_memory(root) == 40000
    (tmp_path / "proc/self/cgroup").write_text("4:memory,hugetlb:/c\n")
    for name, text in [("limit", "30000"), ("usage", "31000")]:
        path = tmp_path / f"sys/fs/cgroup/memory/c/memory.{name}_in_bytes"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert available_memory(root) == 0
