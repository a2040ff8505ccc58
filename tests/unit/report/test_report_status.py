"""The status of a run, seen from outside."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from synthetic_run import make_run

from lqcdnn.errors import DataError, InputError
from lqcdnn.report.terminal.status import last_record, read_status, status_text


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run", n=120)


def write(run, **values):
    status = {
        "state": "running",
        "trajectory": 60,
        "total": 120,
        "acceptance": 0.8,
        "seconds_per_trajectory": 2.0,
        "eta_seconds": 120.0,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "updated": (datetime.now(UTC) - timedelta(seconds=30)).isoformat(),
    }
    (run / "status.json").write_text(json.dumps(status | values))


def test_running(run):
    write(run)
    found = read_status(run)
    assert (found.state, found.alive, found.trajectory, found.eta_seconds) == ("running", True, 60, 120.0)
    assert found.last["trajectory"] == 120
    assert 29.0 < found.age_seconds < 90.0
    text = status_text(found)
    assert "60/120 (50 %)" in text
    assert "2m00s" in text
    assert "last plaquette  0.7" in text


def test_steps_of_a_training_are_not_called_trajectories(run):
    write(run, phase="training", trajectory=776, total=3020)
    found = read_status(run)
    assert (found.phase, found.to_dict()["phase"], found.eta_seconds) == ("training", "training", 120.0)
    lines = status_text(found).splitlines()
    assert lines[1] == "training step   776/3020 (26 %)"
    assert "pace            2 s per step" in lines  # one column, as wide as "last plaquette"
    write(run, phase="generate")
    assert status_text(read_status(run)).splitlines()[1] == "trajectory      60/120 (50 %)"


def test_process_that_is_gone(run):
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    write(run, pid=process.pid)
    found = read_status(run)
    assert (found.state, found.alive, found.eta_seconds) == ("gone", False, None)
    assert "is gone" in status_text(found)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_process_that_ended_unnoticed(run):
    """Its parent does not wait for it: signals still find it."""
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        write(run, pid=process.pid)
        assert read_status(run).state == "gone"


def test_other_host_is_not_judged(run):
    write(run, host="elsewhere.example")
    found = read_status(run)
    assert (found.state, found.alive) == ("running", None)
    assert "according to its last word" in status_text(found)


@pytest.mark.parametrize("state", ["done", "stopped", "failed"])
def test_ended(run, state):
    write(run, state=state, reason="signal 15")
    found = read_status(run)
    assert (found.state, found.alive, found.eta_seconds) == (state, None, None)
    assert "signal 15" in status_text(found)


def test_new_run_and_odd_times(run):
    (run / "journal.jsonl").unlink()
    assert read_status(run).state == "new"
    assert "nothing done yet" in status_text(read_status(run))
    write(run, updated=1.0)
    assert read_status(run).age_seconds > 1e9
    write(run, updated="yesterday")
    assert read_status(run).age_seconds is None
    write(run, updated="2026-01-01T00:00:00")
    assert read_status(run).age_seconds > 0.0


def test_last_record(tmp_path):
    path = tmp_path / "journal.jsonl"
    assert last_record(path) is None
    path.write_text('{"trajectory": 1}\n{"trajec')
    assert last_record(path) == {"trajectory": 1}
    path.write_text("".join(json.dumps({"trajectory": i, "x": "y" * 100}) + "\n" for i in range(2000)))
    assert last_record(path)["trajectory"] == 1999
    path.write_text("{broken}\n")
    with pytest.raises(DataError, match="last line"):
        last_record(path)
    path.write_text("")
    assert last_record(path) is None


def test_damaged_status_and_foreign_directory(run, tmp_path):
    for text in ("{", "[]"):
        (run / "status.json").write_text(text)
        with pytest.raises(DataError, match=r"status\.json is damaged"):
            read_status(run)
    with pytest.raises(InputError, match="not a run directory"):
        read_status(tmp_path)
