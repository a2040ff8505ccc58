"""``lqcdnn analyze`` as a user meets it."""

import json
import os
import re

import numpy as np
import pytest
from synthetic_run import make_run

from lqcdnn.cli.main import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return make_run(tmp_path / "su2", n=300)


def snapshot(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_table_and_summary(run, capsys):
    before = snapshot(run)
    assert main(["analyze", "su2"]) == 0
    out, err = capsys.readouterr()
    assert "plaquette" in out
    assert "\x1b" not in out + err
    assert "ok      thermalised" in out
    after = snapshot(run)
    assert set(after) - set(before) == {run / "analyze" / "summary.json"}
    assert all(after[file] == content for file, content in before.items())


def test_json(run, capsys):
    assert main(["analyze", "su2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((run / "analyze" / "summary.json").read_text())
    assert document["schema"] == 1
    plaquette = document["observables"][0]
    assert plaquette["name"] == "plaquette"
    assert abs(plaquette["mean"] - 0.7025) < 5 * plaquette["error"]
    assert document["convention"].startswith("tau_int = 1/2 + sum rho")


def test_several_runs_are_compared(run, tmp_path, capsys):
    make_run(tmp_path / "other", n=300, seed=2)
    assert main(["analyze", "su2", "other"]) == 0
    assert "difference" in capsys.readouterr().out
    assert main(["analyze", "su2", "other", "--json"]) == 0
    assert [item["source"] for item in json.loads(capsys.readouterr().out)] == ["su2", "other"]


def test_trainings_are_set_side_by_side(run, tmp_path, capsys):
    """Runs that only trained, whose seeds alone differ: nothing to average, their trainings are the table."""
    for seed, path in enumerate([run, make_run(tmp_path / "other", n=120, seed=2)]):
        for file in [path / "journal.jsonl", *(path / "measure").iterdir()]:
            file.unlink()
        manifest = json.loads((path / "manifest.json").read_text())
        (path / "manifest.json").write_text(json.dumps(manifest | {"physics": {"run": {"seed": seed}}}))
    assert main(["analyze", "su2", "other"]) == 0
    out = capsys.readouterr().out
    table = out[out.index("observable ") :].splitlines()
    spreads = re.findall(r"spread (\S+) \(last", out)
    acceptances = re.findall(r"acceptance +(\S+) expected", out)
    assert ["spread", "of", "S_theta", "-", "S", *spreads, "-"] in [line.split() for line in table]
    assert ["expected", "acceptance", *acceptances, "-"] in [line.split() for line in table]
    assert "replicas" not in out


def test_a_run_twice_is_refused(run, capsys):
    assert main(["analyze", "su2", "./su2/"]) == 2
    assert "a directory is named twice" in capsys.readouterr().err


def test_pictures_and_report(run, capsys):
    pytest.importorskip("matplotlib")
    assert main(["analyze", "su2", "--plot", "--html", "--observable", "plaquette"]) == 0
    names = {file.name for file in (run / "analyze").iterdir()}
    assert {"summary.json", "report.html", "plot_plaquette.png", "plot_training.png"} <= names
    assert "wrote su2/analyze: summary.json, report.html, " in capsys.readouterr().err


def test_what_was_written_is_said_and_what_is_older(run, tmp_path, capsys):
    assert main(["analyze", str(run), "--html", "--export", str(tmp_path / "numbers.csv")]) == 0
    said = capsys.readouterr().err
    assert f"wrote {tmp_path}: numbers.csv" in said
    assert "earlier" not in said
    assert main(["analyze", str(run), "--thermalization", "200"]) == 0
    assert "note: from an earlier analysis, not written anew: report.html\n" in capsys.readouterr().err


def test_output_elsewhere(run, tmp_path, capsys):
    assert main(["analyze", "su2", "--html", "-o", "out"]) == 0
    assert (tmp_path / "out" / "report.html").exists()
    assert not (run / "analyze" / "summary.json").exists()
    assert main(["analyze", "su2", "--html", "-o", "out"]) == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    assert main(["analyze", "su2", "-o", "mine"]) == 2
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_thermalization_and_observable(run, capsys):
    assert main(["analyze", "su2", "--thermalization", "200", "--observable", "condensate", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["thermalization"]["trajectory"] == 200
    assert [item["name"] for item in document["observables"]] == ["condensate"]
    assert document["observables"][0]["n"] == 10


def test_plain_is_ascii(run, capsys):
    assert main(["analyze", "su2", "--plain"]) == 0
    assert capsys.readouterr().out.isascii()


def test_series_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(91)
    rows = "".join(f"{i + 1} {x!r} {y!r}\n" for i, (x, y) in enumerate(rng.normal(5.0, 1.0, (800, 2)).tolist()))
    (tmp_path / "data.txt").write_text("# itrj plaq poly\n" + rows)
    assert main(["analyze", "--series", "data.txt", "--column", "poly"]) == 0
    out = capsys.readouterr().out
    assert "poly " in out
    assert "plaq " not in out
    assert [file.name for file in tmp_path.iterdir()] == ["data.txt"]
    assert main(["analyze", "--series", "data.txt", "--html"]) == 2
    assert main(["analyze", "--series", "data.txt", "--html", "-o", "report"]) == 0
    assert (tmp_path / "report" / "report.html").exists()


def test_directory_that_is_no_run_is_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert main(["analyze", "photos", "--html"]) == 2
    assert list((tmp_path / "photos").iterdir()) == []
    assert "not a run directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze"],
        ["analyze", "absent"],
        ["analyze", "su2", "--series", "x"],
        ["analyze", "su2", "--column", "x"],
        ["analyze", "su2", "--thermalization", "-1"],
        ["analyze", "su2", "--thermalization", "100000"],
        ["analyze", "su2", "--observable", "topology"],
        ["analyze", "su2", "su2", "-o", "out"],
        ["analyze", "--series", "absent.txt"],
        ["analyze", "su2", "--frobnicate"],
    ],
)
def test_bad_usage(run, arguments, capsys):
    before = snapshot(run)
    assert main(arguments) == 2
    assert capsys.readouterr().err
    assert snapshot(run) == before


def test_damaged_file_is_exit_3(run, capsys):
    with (run / "measure" / "condensate.jsonl").open("a") as file:
        file.write("{]\n")
    assert main(["analyze", "su2"]) == 3
    assert "line" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_run_is_analysed(run, capsys):
    (run / "analyze").chmod(0o500)
    assert main(["analyze", "su2"]) == 0
    assert main(["analyze", "su2", "--html"]) == 4


def test_summary_that_cannot_be_stored(run, capsys):
    """The same without a second user: a file is in the way of the directory."""
    (run / "analyze").rmdir()
    (run / "analyze").write_text("in the way")
    assert main(["analyze", "su2"]) == 0
    assert "was not stored" in capsys.readouterr().err
    assert main(["analyze", "su2", "--html"]) == 4
