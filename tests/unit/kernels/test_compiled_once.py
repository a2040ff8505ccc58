"""Processes with one cache of kernels: one of them compiles, the others wait and find it there."""

import errno
import fcntl
import os
import signal
import time
from pathlib import Path

import pytest
from numba import int64
from numba.core import event
from numba.core.caching import Cache
from numba.core.dispatcher import Dispatcher

from lqcdnn.kernels import sharing
from lqcdnn.kernels.compile import CACHE_DIR, driver
from lqcdnn.kernels.sharing import compile_once


class Stored:
    """As ``Cache``: what is stored of a function, one line for each time."""

    def __init__(self, path):
        self.path = path

    def save_overload(self, sig, data):
        known = self.path.read_text()
        time.sleep(0.05)  # the index is read, and somebody else could read it too
        self.path.write_text(f"{known}{data} {sig}\n")


def dispatcher():
    """As ``Dispatcher``: a class of functions that compile what is not stored."""

    class Function:
        def __init__(self, py_func, cache):
            self.py_func, self._cache = py_func, cache

        def compile(self, sig):
            if str(sig) not in self._cache.path.read_text():
                time.sleep(0.1)
                self._cache.save_overload(sig, os.getpid())

    return Function


def compiled_by_two(folder: Path, signatures) -> list[str]:
    """What is stored once two processes have compiled a function, each for one type."""
    kinds = type("Kept", (Stored,), {"_py_func": lambda: None}), dispatcher()
    compile_once(folder, kinds[1], kinds[0])
    (folder / "index").write_text("")
    pids = []
    for sig in signatures:
        pid = os.fork()
        if pid == 0:
            kinds[1](kinds[0]._py_func, kinds[0](folder / "index")).compile(sig)
            os._exit(0)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    return (folder / "index").read_text().splitlines()


def test_who_comes_second_waits(tmp_path):
    assert len(compiled_by_two(tmp_path, [(int64,), (int64,)])) == 1


def test_nothing_is_lost_where_two_types_are_stored_at_once(tmp_path):
    found = compiled_by_two(tmp_path, [(int64,), (int64, int64)])
    assert sorted(line.split(" ", 1)[1] for line in found) == ["(int64, int64)", "(int64,)"]


def test_without_locks_everybody_compiles(tmp_path, monkeypatch):
    def refused(*_arguments):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(sharing.fcntl, "lockf", refused)
    assert len(compiled_by_two(tmp_path, [(int64,), (int64,)])) in (1, 2)  # the index is not looked after, either
    (tmp_path / "no folder").touch()
    kind = dispatcher()
    before = kind.compile
    compile_once(tmp_path / "no folder", kind, Stored)
    assert kind.compile is before


def test_nobody_waits_for_ever(tmp_path, monkeypatch):
    """A process that was stopped while it compiled keeps its lock."""
    monkeypatch.setattr(sharing, "PATIENCE", 0.1)
    kinds = type("Kept", (Stored,), {"_py_func": lambda: None}), dispatcher()
    compile_once(tmp_path, kinds[1], kinds[0])
    (tmp_path / "index").write_text("")
    function, ready = kinds[0]._py_func, os.pipe()
    place = sharing.place_of(function.__module__, function.__qualname__, str((int64,)))
    pid = os.fork()
    if pid == 0:
        fcntl.lockf(os.open(tmp_path / "lock", os.O_RDWR), fcntl.LOCK_EX, 1, place)
        os.write(ready[1], b"1")
        time.sleep(60)
    os.read(ready[0], 1)
    with event.install_recorder("numba:compile") as told:
        kinds[1](function, kinds[0](tmp_path / "index")).compile((int64,))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert len((tmp_path / "index").read_text().splitlines()) == 1
    assert [one.is_start for _, one in told.buffer] == [True, False]  # waiting is told, and charged to compiling
    with event.install_recorder("numba:compile") as told:
        kinds[1](function, kinds[0](tmp_path / "index")).compile((int64,))
    assert not told.buffer  # no waiting any more


def test_kernels_are_compiled_with_their_lock():
    """The lock of a kernel and type is held while it is compiled, as a process of its own sees it, and then no more."""
    place = sharing.place_of(one_more.py_func.__module__, one_more.py_func.__qualname__, str((int64,)))
    path = CACHE_DIR / "lock"

    def is_free():
        pid = os.fork()
        if pid == 0:
            descriptor = os.open(path, os.O_RDWR)
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except OSError:
                os._exit(1)
            os._exit(0)
        return os.waitpid(pid, 0)[1] == 0

    seen = []
    with pytest.MonkeyPatch.context() as patch:
        load = Cache.load_overload
        patch.setattr(Cache, "load_overload", lambda *words: (seen.append(is_free()), load(*words))[1])
        assert one_more(1) == 2
    assert seen == [False]
    assert is_free()
    assert Dispatcher.compile.__module__ == sharing.__name__


@driver
def one_more(x):
    return x + 1
