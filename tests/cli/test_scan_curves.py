"""``lqcdnn analyze SCAN --reweight``: curves between the points, peaks along them, and what is derived from these."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from input_head import head
from reference.exact import bessel_i
from synthetic_run import write_lines

from lqcdnn.cli.main import main

INPUT = head([4, 4], "U(1)", 2.0, name="scan", trajectories=300, seed=3)
BETAS = (1.6, 2.1, 2.7, 3.4)
HEAT = "C = beta**2 * V * (mean(plaquette**2) - plaquette**2)"
SHIFTED = "shifted = plaquette - 0.75"
RANGE = "beta=1.6:3.4:0.2"


def fill(scan, n=300):
    """Every point gets plaquettes of independent angles, whose mean is I1/I0."""
    for k, point in enumerate(json.loads((scan / "scan.json").read_text())["points"]):
        path, beta = scan / point["name"], point["values"].get("action.gauge.beta", 2.0)
        path.mkdir()
        shape = point["values"].get("lattice.shape", [4, 4])
        manifest = {"format": "lqcdnn run", "schema": 1, "created": "2026-01-01", "physics": {}, "sessions": []}
        (path / "manifest.json").write_text(json.dumps(manifest))
        lattice = f'[lattice]\nshape = {shape}\ngroup = "U(1)"\n[run]\ntrajectories = {n}\n'
        (path / "resolved.toml").write_text(f'{lattice}[action.gauge]\nkind = "wilson"\nbeta = {beta}\n')
        cosines = np.cos(np.random.default_rng(k).vonmises(0.0, beta, size=(n, int(np.prod(shape)))))
        records = [{"trajectory": i + 1, "plaquette": float(c.mean())} for i, c in enumerate(cosines)]
        write_lines(path / "journal.jsonl", records)
        (path / "status.json").write_text(json.dumps({"state": "done", "trajectory": n, "total": n}))
    return scan


@pytest.fixture
def scan(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("in.toml").write_text(INPUT)
    grid = ",".join(map(str, BETAS))
    assert main(["scan", "in.toml", "--grid", f"action.gauge.beta={grid}", "--emit", "slurm"]) == 0
    capsys.readouterr()
    return fill(tmp_path / "scan")


def ratio(beta):
    return float(np.divide(*bessel_i([1, 0], beta)))


def analyzed(capsys, *arguments):
    assert main(["analyze", "scan", "--thermalization", "0", *arguments]) == 0
    return capsys.readouterr().out


def test_curve_peak_and_what_follows_from_it(scan, capsys):
    words = ("--reweight", RANGE, "--derive", HEAT, "--derive", "ratio = bc.height/(V*bc.x0**2)")
    fits = ("--fit", "bc = peak(C, beta)", "--fit", "half = zero(shifted, beta)")
    out = analyzed(capsys, *words, *fits, "--derive", SHIFTED, "--html", "--export", "out.csv")
    document = json.loads((scan / "analyze/summary.json").read_text())
    (curves,) = document["curves"]
    assert curves["x"] == pytest.approx(np.arange(1.6, 3.5, 0.2))
    for beta, value, error in zip(curves["x"], *curves["curves"]["plaquette"].values(), strict=True):
        assert abs(value - ratio(beta)) < 4.0 * error < 0.04
    found = {fit["name"]: fit["parameters"] for fit in document["fits"]}
    x0, height = found["bc"]["x0"], found["bc"]["height"]
    assert abs(x0["value"] - 2.4778) < 4.0 * x0["error"]
    assert abs(height["value"] - 0.67992) < 4.0 * height["error"]
    assert x0["jackknife_error"] == pytest.approx(x0["error"], rel=0.4)
    assert abs(ratio(found["half"]["x0"]["value"]) - 0.75) < 0.01
    (derived,) = document["derived"]
    assert derived["value"] == pytest.approx(height["value"] / 16.0 / x0["value"] ** 2, rel=1e-9)
    said = " ".join(out.split())
    assert "between the points: multi-histogram reweighting of 4 runs; neighbours share " in said
    assert "bc = peak(C, beta): maximum of the curve, x0 = 2." in said
    page = (scan / "analyze/report.html").read_text()
    assert "C by multi-histogram reweighting" in page
    assert "Values between the points" in page
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    assert [row["name"] for row in rows if row["what"] == "fit"] == ["bc.x0", "bc.height", "half.x0", "half.b"]
    assert sum(row["what"] == "curve" for row in rows) == 30


def test_without_curves_the_points_are_fitted(scan, capsys):
    """In a range; parameters of two fits to the same runs are correlated."""
    fits = ("--fit", "a = zero(shifted, beta, 2, 3)", "--fit", "b = zero(shifted, beta, 2, 3)")
    out = analyzed(capsys, "--derive", SHIFTED, "--derive", "same = a.x0/b.x0", *fits, "--json")
    document = json.loads(out)
    (same,) = document["derived"]
    assert (same["value"], same["error"]) == pytest.approx((1.0, 0.0), abs=1e-9)
    first = document["fits"][0]
    assert len(first["points"]) == 2
    words = ("--derive", SHIFTED, "--derive", "two = 2*a.x0", "--fit", "a = zero(shifted, beta)")
    twice = json.loads(analyzed(capsys, *words, "--json"))
    errors = twice["derived"][0]["error"], twice["fits"][0]["parameters"]["x0"]["error"]
    assert errors[0] == pytest.approx(2.0 * errors[1], rel=1e-3)


def test_lines_of_a_grid_in_two_keys(tmp_path, monkeypatch, capsys):
    """One ensemble for each lattice; seeds belong together."""
    monkeypatch.chdir(tmp_path)
    Path("in.toml").write_text(INPUT)
    grid = ["--grid", "action.gauge.beta=2.0,2.6", "--grid", "lattice.shape=[4,4],[4,6]", "--grid", "run.seed=1,2"]
    assert main(["scan", "in.toml", *grid, "--emit", "slurm"]) == 0
    fill(tmp_path / "scan")
    capsys.readouterr()
    document = json.loads(analyzed(capsys, "--reweight", "beta=2,2.3", "--json"))
    assert [curves["where"] for curves in document["curves"]] == [{"shape": [4, 4]}, {"shape": [4, 6]}]
    for curves in document["curves"]:
        assert curves["runs"] == [2.0, 2.0, 2.6, 2.6]
        value, error = (curves["curves"]["plaquette"][key][1] for key in ("value", "error"))
        assert abs(value - ratio(2.3)) < 4.0 * error
    analyzed(capsys, "--reweight", "beta=2,2.3", "--html")
    page = (tmp_path / "scan/analyze/report.html").read_text()
    for k in (0, 1):  # each curve has its colour, its band too, and a line style that grey print shows
        assert f'class="cloud c{k}"' in page
        assert f'class="curve c{k} d{k}"' in page


def test_replicas_of_one_coupling(tmp_path, monkeypatch, capsys):
    """Single-histogram reweighting of all of them together; the coupling is no key of the grid."""
    monkeypatch.chdir(tmp_path)
    Path("in.toml").write_text(INPUT)
    assert main(["scan", "in.toml", "--grid", "run.seed=1,2,3", "--emit", "slurm"]) == 0
    fill(tmp_path / "scan")
    capsys.readouterr()
    out = analyzed(capsys, "--reweight", "beta=2.1", "--html", "--export", "out.csv")
    assert "multi-histogram reweighting of 3 runs; neighbours share 100% of" in " ".join(out.split())
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    (row,) = [row for row in rows if row["what"] == "curve"]
    assert (row["seed"], row["beta"], row["name"]) == ("", "2.1", "plaquette")
    assert abs(float(row["mean"]) - ratio(2.1)) < 4.0 * float(row["error"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reweight", "beta=9:10:0.5"], "the weights leave fewer than 10 independent configurations"),
        (["--reweight", "mass=0.1"], "a scan is reweighted in beta alone"),
        (["--reweight", "beta=2:3"], "2:3 is no range"),
        (["--reweight", RANGE, "--fit", "p = peak(plaquette, beta)"], "is highest at the end of its range, 3.4"),
        (["--reweight", RANGE, "--fit", "p = zero(plaquette, beta)"], "changes its sign nowhere between 1.6 and 3.4"),
        (["--reweight", RANGE, "--fit", "p = peak(plaquette, beta, 2, 2.1)"], "needs three places or more"),
        (["--fit", "p = zero(plaquette, beta)", "--derive", "q = p.x"], "did you mean p.x0?"),
        (["--export", "a.h5"], "a scan is exported as .csv or .json"),
    ],
)
def test_refusals(scan, capsys, arguments, message):
    assert main(["analyze", "scan", "--thermalization", "0", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (scan / "analyze").exists()
    assert main(["analyze", "scan/beta=2.1", "--reweight", "beta=2:3:0.5"]) == 2
    assert "ranges for a scan" in capsys.readouterr().err
