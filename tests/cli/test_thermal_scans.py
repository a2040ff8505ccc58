"""``lqcdnn analyze`` of a scan over shape and beta: pressure and interaction measure, printed, in pages and files."""

import json
import re
import shutil
from contextlib import chdir
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


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """Six points of synthetic numbers, all with the same plaquette."""
    folder = tmp_path_factory.mktemp("points")
    (folder / "in.toml").write_text(INPUT)
    with chdir(folder):
        assert main(["scan", "in.toml", *GRID, "--emit", "slurm"]) == 0
    for seed, point in enumerate(json.loads((folder / "scan/scan.json").read_text())["points"]):
        run = make_run(folder / "scan" / point["name"], n=400, seed=seed, group="SU(3)")
        text = (run / "resolved.toml").read_text().partition("[[action.fermion]]")[0]
        shape = point["values"]["lattice.shape"]
        (run / "resolved.toml").write_text(text.replace("[4, 4, 4, 4]", str(shape)))
        (run / "status.json").write_text(json.dumps({"state": "done", "trajectory": 400, "total": 400}))
    return folder


@pytest.fixture
def scan(points, tmp_path, monkeypatch):
    """The same, which a test may change, in the present folder."""
    shutil.copytree(points, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
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


FERMION = '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = 0.3\nboundary = [1, 1, 1, -1]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c1 = -0.1\n", "without other terms"),
        ('[[action.gauge.term]]\nloops = "chair"\ncoefficient = 0.1\n', "without other terms"),
        ("[action.theta]\nimaginary = 1.0\n", "without other terms"),
        (FERMION, "dynamical quarks"),
    ],
)
def test_other_terms_of_the_action_and_quarks(scan, capsys, text, message):
    run = next(path for path in sorted(scan.iterdir()) if (path / "resolved.toml").exists())
    (run / "resolved.toml").write_text((run / "resolved.toml").read_text() + text)
    assert main(["analyze", "scan", "--fit", "p = pressure(plaquette, beta)"]) == 2
    assert message in capsys.readouterr().err
