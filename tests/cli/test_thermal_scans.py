"""``lqcdnn analyze`` of a scan over shape and beta: pressure and interaction measure, printed, in pages and files."""

import json
import re
from pathlib import Path

import pytest
from input_head import head
from synthetic_run import make_run

from lqcdnn.cli.main import main

INPUT = head([4, 4, 4, 4], "SU(3)", 5.7, name="scan", trajectories=300) + """\
[update]
kind = "heatbath"
"""
GRID = ("--grid", "action.gauge.beta=5.7,5.8,6.0", "--grid", "lattice.shape=[4,4,4,2],[4,4,4,4]")


@pytest.fixture
def scan(tmp_path, monkeypatch):
    """Six points of synthetic numbers, all with the same plaquette."""
    monkeypatch.chdir(tmp_path)
    Path("in.toml").write_text(INPUT)
    assert main(["scan", "in.toml", *GRID, "--emit", "slurm"]) == 0
    for seed, point in enumerate(json.loads(Path("scan/scan.json").read_text())["points"]):
        run = make_run(tmp_path / "scan" / point["name"], n=400, seed=seed, group="SU(3)")
        text = (run / "resolved.toml").read_text().partition("[[action.fermion]]")[0]
        shape = point["values"]["lattice.shape"]
        (run / "resolved.toml").write_text(text.replace("[4, 4, 4, 4]", str(shape)))
        (run / "status.json").write_text(json.dumps({"state": "done", "trajectory": 400, "total": 400}))
    return tmp_path / "scan"


def test_integral_method(scan, capsys):
    fits = ["--fit", "p = pressure(plaquette, beta)", "--fit", "d = interaction_measure(plaquette, beta)"]
    arguments = ["analyze", "scan", *fits, "--derive", "e = d.interaction_measure + 3*p.pressure", "--html"]
    assert main([*arguments, "--export", "out.csv"]) in (0, 1)
    out = " ".join(capsys.readouterr().out.split())
    assert "p = pressure(plaquette, beta) at shape = [4, 4, 4, 2]: integral from 5.7 to 6, pressure = " in out
    found = json.loads((scan / "analyze/summary.json").read_text())
    pressure, measure = (fit["parameters"] for fit in found["fits"])
    for item in (pressure["pressure"], pressure["trapezoid"], measure["interaction_measure"]):
        assert abs(item["value"]) < 4 * item["error"] < 1.0
    total = found["derived"][0]
    assert total["value"] == pytest.approx(
        measure["interaction_measure"]["value"] + 3 * pressure["pressure"]["value"], rel=1e-12
    )
    assert total["error"] > 3 * pressure["pressure"]["error"] / 2
    page = (scan / "analyze/report.html").read_text()
    assert re.search(r"p: p/T\^4", page)
    assert "(e - 3p)/T^4" in page
    assert "p.trapezoid" in Path("out.csv").read_text()


@pytest.mark.parametrize(
    "text",
    ["c1 = -0.1\n", '[[action.gauge.term]]\nloops = "chair"\ncoefficient = 0.1\n', "[action.theta]\nimaginary = 1.0\n"],
)
def test_other_terms_of_the_action(scan, capsys, text):
    run = next(path for path in sorted(scan.iterdir()) if (path / "resolved.toml").exists())
    (run / "resolved.toml").write_text((run / "resolved.toml").read_text() + text)
    assert main(["analyze", "scan", "--fit", "p = pressure(plaquette, beta)"]) == 2
    assert "without other terms" in capsys.readouterr().err


def test_quarks_have_a_part_of_their_own(scan, capsys):
    run = next(path for path in sorted(scan.iterdir()) if (path / "resolved.toml").exists())
    fermion = '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = 0.3\nboundary = [1, 1, 1, -1]\n'
    (run / "resolved.toml").write_text((run / "resolved.toml").read_text() + fermion)
    assert main(["analyze", "scan", "--fit", "p = pressure(plaquette, beta)"]) == 2
    assert "dynamical quarks" in capsys.readouterr().err
