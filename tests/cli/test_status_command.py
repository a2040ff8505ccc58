"""``lqcdnn status`` as a user meets it."""

import json
import os
import socket

import pytest
from synthetic_run import make_run

from lqcdnn.cli.main import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = make_run(tmp_path / "su2", n=120)
    status = {"state": "running", "trajectory": 60, "total": 120, "pid": os.getpid(), "host": socket.gethostname()}
    (path / "status.json").write_text(json.dumps(status))
    return path


def test_text(run, capsys):
    assert main(["status", "su2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("su2: running")
    assert "60/120" in out


def test_json(run, capsys):
    assert main(["status", "su2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["alive"] is True
    assert document["last"]["trajectory"] == 120


def test_not_a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["status", "."]) == 2
    assert "not a run directory" in capsys.readouterr().err


def test_points_of_a_scan(run, capsys):
    points = [{"name": name, "values": {}, "seed": 1} for name in ("m=0.1", "m=0.2", "m=0.3")]
    manifest = {"format": "lqcdnn scan", "schema": 1, "seed": 1, "grid": {"m": [0.1, 0.2, 0.3]}, "points": points}
    scan = run.parent / "scan"
    scan.mkdir()
    (scan / "scan.json").write_text(json.dumps(manifest))
    run.rename(scan / "m=0.1")
    training = json.loads((scan / "m=0.1/status.json").read_text()) | {"phase": "training"}
    (scan / "m=0.1/status.json").write_text(json.dumps(training))
    other = make_run(scan / "m=0.2", n=10)
    (other / "status.json").write_text("{")
    assert main(["status", "scan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "scan: 3 points, 1 running, 1 damaged, 1 new"
    assert lines[1].split() == ["m=0.1", "running", "training", "step", "60/120"]
    assert "status.json" in lines[2]
    assert lines[3].split() == ["m=0.3", "new"]
    assert main(["status", "scan", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [point["state"] for point in document["points"]] == ["running", "damaged", "new"]
    (scan / "scan.json").write_text("{}")
    assert main(["status", "scan"]) == 3
