"""``lqcdnn compare``, and what ``lqcdnn analyze`` says about several runs, on the command line."""

import json
import shutil

import pytest
from synthetic_run import make_run, write_lines

from lqcdnn.cli.main import main
from lqcdnn.jobs.compare import flat_physics

NAMES = ("hmc", "slhmc")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder of two runs."""
    folder = tmp_path_factory.mktemp("runs")
    for seed, name in enumerate(NAMES, start=1):
        make_run(folder / name, n=600, seed=seed)
    record = {"session": 1, "first": 101, "trajectory": 500, "start": False, "threads": 1}
    write_lines(folder / "hmc/timing.jsonl", [record | {"cpu": 60.0, "cpu_update": 40.0, "wall": 50.0}])
    return folder


@pytest.fixture
def runs(made, tmp_path, monkeypatch):
    """Copies of them, which a test may change, in the present folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return [tmp_path / name for name in NAMES]


def snapshot(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_table(runs, tmp_path, capsys):
    before = snapshot(tmp_path)
    assert main(["compare", "hmc", "slhmc"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "ok      agreement" in out
    hmc, slhmc = (next(line for line in out.splitlines() if line.startswith(name)) for name in ("hmc", "slhmc"))
    assert hmc.split()[-3:] == ["0.1", "0.15", "1"]
    assert slhmc.split()[-3:] == ["-", "-", "-"]
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(("width", "last"), [(100, "cost"), (80, "tau_int"), (60, "difference")])
def test_table_fits_a_terminal(runs, width, last, monkeypatch, capsys):
    monkeypatch.setattr("lqcdnn.report.terminal.compare.text_width", lambda: width)
    assert main(["compare", "hmc", "slhmc"]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("plaquette ") and " mean " in line)
    table = lines[start : start + 3]
    assert max(map(len, table)) <= width
    assert table[0].split()[-1] == last


def test_json(runs, capsys):
    arguments = ["compare", "hmc", "slhmc", "--json", "--observable", "plaquette", "--derive", "p2 = plaquette**2"]
    assert main([*arguments, "--thermalization", "200"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in document["observables"]] == ["plaquette", "p2"]
    assert document["runs"][0]["thermalization"] == 200
    assert document["verdict"]["name"] == "agreement"


def test_physics_is_shown_as_in_an_input_file():
    physics = {"action.gauge.kind": "wilson", "train": {"rate": 1e-7, "on": False, "loops": ["plaquette"], "n": 4}}
    assert list(flat_physics(physics).values()) == ["wilson", "1e-07", "false", '["plaquette"]', "4"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hmc"], "two run directories"),
        (["hmc", "hmc"], "itself"),
        (["hmc", "nowhere"], "nowhere is not a directory"),
        (["hmc", "slhmc", "--derive", "p = ("], "is not an expression"),
        (["hmc", "slhmc", "--observable", "spin"], "no observable 'spin'"),
    ],
)
def test_refusals(runs, capsys, arguments, message):
    assert main(["compare", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_replicas_are_analysed_together(runs, capsys):
    for seed, run in enumerate(runs):
        manifest = json.loads((run / "manifest.json").read_text())
        manifest["physics"] = {"run.seed": seed, "action.gauge.beta": 2.7}
        (run / "manifest.json").write_text(json.dumps(manifest))
    assert main(["analyze", "hmc", "slhmc", "--export", "both.csv"]) == 0
    out = capsys.readouterr().out
    assert "hmc + slhmc" in out
    assert "replicas: least probable spread" in out
    assert "both.csv" not in out
    assert main(["analyze", "hmc", "slhmc", "--json"]) == 0
    documents = json.loads(capsys.readouterr().out)
    assert [item["kind"] for item in documents] == ["run", "run", "replicas"]
    with open("both.csv") as file:
        assert file.readline().startswith("name,mean,error")


DEFINED = ["--derive", "chi = V*(mean(plaquette**2) - plaquette**2)", "--derive", "P = mean(polyakov.abs)"]


def test_derive_fit_bootstrap_and_tail(runs, capsys):
    assert main(["analyze", "hmc", *DEFINED, "--bootstrap", "50", "--tau-exp", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in document["derived"]] == ["chi", "P"]
    assert document["derived"][0]["bootstrap_error"] > 0.0
    assert document["derived"][0]["source"] == DEFINED[1]
    convex = [abs(t - 4) ** 2 for t in range(8)]
    pion = [{"trajectory": i, "pion": [2.0 + 0.01 * (i % 7) + value for value in convex]} for i in range(9)]
    write_lines(runs[0] / "measure" / "pion.jsonl", pion)
    assert main(["analyze", "hmc", *DEFINED, "--fit", "m = effective(pion)", "--html", "--thermalization", "0"]) == 0
    out = capsys.readouterr().out
    assert "derived quantities" in out
    assert "m = effective(pion)" in out
    assert "m.2" in out
    page = (runs[0] / "analyze" / "report.html").read_text()
    assert "<h2>Derived quantities</h2>" in page
    assert "<h2>Fits</h2>" in page


def test_reweighting_is_not_stored_as_the_run_s_own(runs, capsys):
    assert main(["analyze", "hmc", "--reweight", "beta=2.71"]) == 0
    out = capsys.readouterr().out
    assert "reweighted to beta = 2.71" in out
    assert "reweighting: beta = 2.71 from 2.7" in out
    assert not (runs[0] / "analyze" / "summary.json").exists()
    assert main(["analyze", "hmc", "--reweight", "beta=2.71", "-o", "out"]) == 0
    assert json.loads((runs[0].parent / "out" / "summary.json").read_text())["reweighted"] == ["beta = 2.71"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hmc", "--reweight", "mass=0.2"], "no weights of mass 0.2"),
        (["hmc", "--reweight", "kappa=0.2"], "allowed: beta=VALUE"),
        (["hmc", "--reweight", "reweighting.2"], "no series 'reweighting.2'"),
        (["hmc", "--reweight", "beta=x"], "allowed: beta=VALUE"),
        (["hmc", "--reweight", "beta=9"], "the weights leave"),
        (["hmc", "--reweight", "beta=2.71", "--html"], "need a directory"),
        (["hmc", "--derive", "q = nonsense"], "no series 'nonsense'"),
        (["hmc", "--derive", "q = __import__('os')"], "there is no function"),
        (["hmc", "--fit", "m = cosh(pion, 1, 3)"], "no vector of series 'pion'"),
        (["hmc", "--bootstrap", "1"], "bootstrap"),
        (["hmc", "--tau-exp", "-1"], "tau-exp"),
        (["hmc", "--export", "x.txt"], "unknown format"),
        (["hmc", "slhmc", "--export", "x.csv"], "one DIR, or replicas"),
        (["--series", "x", "--reweight", "beta=2"], "need a run directory"),
    ],
)
def test_refused_requests(runs, capsys, arguments, message):
    assert main(["analyze", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for seed in (1, 2):
        make_run(tmp_path / f"r{seed}", n=400, seed=seed)
    assert main(["compare", "r1", "r2", "--html", "page.html"]) == 0
    text = (tmp_path / "page.html").read_text()
    assert "Comparison of r1, r2" in text
    assert "KS" in text
    assert main(["compare", "--html", "r1", "r2"]) == 0
    assert (tmp_path / "comparison.html").exists()
    (tmp_path / "mine.html").write_text("thesis")
    assert main(["compare", "r1", "r2", "--html", "mine.html"]) == 2
    assert (tmp_path / "mine.html").read_text() == "thesis"
