import json
import os
import signal
import subprocess
import sys

import pytest

from lqcdnn.errors import DiskError, LockError
from lqcdnn.storage.lock import RunLock

HOLD = """
import sys, time
from lqcdnn.storage.lock import RunLock
with RunLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "run.lock")], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_second_process_is_refused_and_told_who_holds(tmp_path, holder):
    before = (tmp_path / "run.lock").read_bytes()
    with (
        pytest.raises(LockError, match=rf"process {holder.pid} on \S+, since 20") as caught,
        RunLock(tmp_path / "run.lock"),
    ):
        pass
    assert caught.value.exit_code == 6
    assert (tmp_path / "run.lock").read_bytes() == before


def test_killed_holder_needs_no_manual_step(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert json.loads((tmp_path / "run.lock").read_bytes())["pid"] == holder.pid
    with RunLock(tmp_path / "run.lock"):
        assert json.loads((tmp_path / "run.lock").read_bytes())["pid"] == os.getpid()


def test_lock_within_one_process_and_release(tmp_path):
    lock = RunLock(tmp_path / "run.lock")
    with lock:
        with pytest.raises(LockError), RunLock(tmp_path / "run.lock"):
            pass
        assert (tmp_path / "run.lock").stat().st_size > 0
    with lock:
        pass
    lock.release()
    assert (tmp_path / "run.lock").read_bytes() == b""


def test_holder_without_signature(tmp_path):
    with RunLock(tmp_path / "run.lock"):
        (tmp_path / "run.lock").write_bytes(b"[]")
        with pytest.raises(LockError, match="does not say which"):
            RunLock(tmp_path / "run.lock").acquire()


def test_missing_directory(tmp_path):
    with pytest.raises(DiskError, match="cannot open the lock file"):
        RunLock(tmp_path / "absent" / "run.lock").acquire()
