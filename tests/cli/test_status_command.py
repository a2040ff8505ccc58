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
