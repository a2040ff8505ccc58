"""``lqcdnn analyze`` for a scan: table, page, pictures, unfinished and damaged points."""

import json
from pathlib import Path

import pytest
from synthetic_run import make_run

from lqcdnn.cli.main import main

INPUT = """
[lattice]
shape = [4, 4, 4, 4]
group = "SU(2)"
[run]
name = "scan"
trajectories = 200
seed = 3
[action.gauge]
beta = 2.7
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3
"""
GRID = ("--grid", "action.gauge.beta=2.5,2.6,2.7", "--grid", "action.fermion.1.mass=0.3,0.4")


@pytest.fixture
def scan(tmp_path, monkeypatch, capsys):
    """Five of six points have data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.toml").write_text(INPUT)
    assert main(["scan", "in.toml", *GRID, "--emit", "slurm"]) == 0
    points = json.loads((tmp_path / "scan/scan.json").read_text())["points"]
    for k, point in enumerate(points[:5]):
        make_run(tmp_path / "scan" / point["name"], n=400, seed=k)
        status = {"state": "done", "trajectory": 400, "total": 400}
        (tmp_path / "scan" / point["name"] / "status.json").write_text(json.dumps(status))
    capsys.readouterr()
    return tmp_path / "scan"


def test_table(scan, capsys):
    assert main(["analyze", "scan"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "scan: scan of 6 points over action.gauge.beta, action.fermion.1.mass"
    assert lines[2].split()[:6] == ["beta", "mass", "state", "traj", "verdict", "acceptance"]
    assert lines[3].split()[:4] == ["2.5", "0.3", "done", "400"]
    assert lines[8].split()[:6] == ["2.7", "0.4", "new", "0", "-", "-"]
    assert max(map(len, lines)) <= 100
    assert "note: beta=2.7,mass=0.4: not started" in out
    assert "wrote scan/analyze: summary.json" in err
    first = json.loads((scan / "analyze/summary.json").read_text())["points"][0]
    plaquette = next(item for item in first["analysis"]["observables"] if item["name"] == "plaquette")
    assert abs(plaquette["mean"] - 0.7025) < 5 * plaquette["error"]
    assert first["values"] == {"action.gauge.beta": 2.5, "action.fermion.1.mass": 0.3}


def test_json_and_observable(scan, capsys):
    assert main(["analyze", "scan", "--json", "--observable", "condensate", "--thermalization", "200"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "scan"
    assert len(document["points"]) == 6
    assert document["points"][5]["analysis"] is None
    assert [item["name"] for item in document["points"][0]["analysis"]["observables"]] == ["condensate"]
    assert document["points"][0]["analysis"]["thermalization"]["trajectory"] == 200


def test_page_and_pictures(scan, capsys):
    pytest.importorskip("matplotlib")
    assert main(["analyze", "scan", "--observable", "plaquette", "--html", "--plot"]) == 0
    names = {path.name for path in (scan / "analyze").iterdir()}
    assert names == {"summary.json", "report.html", "plots.pdf", "plot_plaquette.png", "plot_acceptance.png"}
    text = (scan / "analyze/report.html").read_text()
    assert text.count('role="img"') == 3
    assert "mass = 0.3" in text
    assert main(["analyze", "scan", "--html", "page.html"]) == 0
    assert Path("page.html").read_text().startswith("<!doctype html>")


def test_derived_quantities_and_cost(scan, capsys):
    cost = {"first": 1, "trajectory": 400, "start": False, "threads": 1, "cpu_update": 80.0, "cpu": 100.0, "wall": 99.0}
    (scan / "beta=2.6,mass=0.3/timing.jsonl").write_text(json.dumps(cost) + "\n")
    assert main(["analyze", "scan", "--observable", "plaquette", "--derive", "twice = 2*plaquette"]) == 0
    tables = [part.splitlines() for part in capsys.readouterr().out.split("\n\n")]
    derived = next(table for table in tables if " twice " in table[0])
    column = derived[0].split().index("twice")
    assert float(derived[1].split()[column].partition("(")[0]) == pytest.approx(1.405, abs=0.01)
    times = next(table for table in tables if table[0].endswith("CPU s/traj"))
    assert [row.split()[-1] for row in times[1:]] == ["-", "-", "0.25", "-", "-", "-"]
    assert main(["analyze", "scan", "--reweight", "beta=2.6"]) == 2


def test_the_page_of_an_option_never_swallows_a_directory(scan, capsys):
    assert main(["analyze", "--html", "scan"]) == 0
    assert (scan / "analyze/report.html").exists()


def test_a_damaged_point_is_noted(scan, capsys):
    with (scan / "beta=2.5,mass=0.3/journal.jsonl").open("a") as file:
        file.write("{]\n")
    assert main(["analyze", "scan"]) == 0
    out = capsys.readouterr().out
    assert "note: beta=2.5,mass=0.3: " in out
    assert out.splitlines()[3].split()[:3] == ["2.5", "0.3", "damaged"]


def test_refusals(scan, tmp_path, capsys):
    make_run(tmp_path / "run", n=100)
    (tmp_path / "mine.html").write_text("thesis")
    for arguments in (
        ["scan", "run"],
        ["scan", "--observable", "topology"],
        ["scan", "-o", "run"],
        ["scan", "--html", "mine.html"],
    ):
        assert main(["analyze", *arguments]) == 2, arguments
    assert (tmp_path / "mine.html").read_text() == "thesis"
    (scan / "scan.json").write_text("{")
    assert main(["analyze", "scan"]) == 3


def test_page_of_one_run_and_of_two(scan, capsys):
    first, second = "scan/beta=2.5,mass=0.3", "scan/beta=2.5,mass=0.4"
    assert main(["analyze", first, "--html", "one.html"]) == 0
    assert "Analysis of" in Path("one.html").read_text()
    assert main(["analyze", first, second, "--html", "two.html"]) == 0
    assert "Comparison of" in Path("two.html").read_text()
