"""``lqcdnn analyze`` for a scan: table, page, pictures, unfinished and damaged points."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from input_head import head
from synthetic_lists import add_lists
from synthetic_run import ar1, make_run

from lqcdnn.analyze.scan.scaling import finite_size
from lqcdnn.cli.main import main

INPUT = head([4, 4, 4, 4], "SU(2)", 2.7, name="scan", trajectories=200, seed=3) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3
"""
GRID = ("--grid", "action.gauge.beta=2.5,2.6,2.7", "--grid", "action.fermion.1.mass=0.3,0.4")


def begun(folder, *grid):
    """Folders of the points of a new scan, which is only laid out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("in.toml").write_text(INPUT)
        assert main(["scan", "in.toml", *grid, "--emit", "slurm"]) == 0
    return [folder / "scan" / point["name"] for point in json.loads((folder / "scan/scan.json").read_text())["points"]]


def done(path, count):
    (path / "status.json").write_text(json.dumps({"state": "done", "trajectory": count, "total": count}))


def copied(original, folder, monkeypatch):
    """A scan that a test may change, in the present folder."""
    shutil.copytree(original, folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    return folder / "scan"


@pytest.fixture(scope="module")
def five_points(tmp_path_factory):
    folder = tmp_path_factory.mktemp("points")
    for k, path in enumerate(begun(folder, *GRID)[:5]):
        done(make_run(path, n=200, seed=k), 200)
    return folder


@pytest.fixture
def scan(five_points, tmp_path, monkeypatch):
    """Five of six points have data."""
    return copied(five_points, tmp_path, monkeypatch)


def test_table(scan, capsys):
    assert main(["analyze", "scan"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "scan: scan of 6 points over action.gauge.beta, action.fermion.1.mass"
    assert lines[2].split()[:6] == ["beta", "mass", "state", "traj", "verdict", "acceptance"]
    assert lines[3].split()[:4] == ["2.5", "0.3", "done", "200"]
    assert lines[8].split()[:6] == ["2.7", "0.4", "new", "0", "-", "-"]
    assert max(map(len, lines)) <= 100
    assert "note: beta=2.7,mass=0.4: not started" in out
    assert "wrote scan/analyze: summary.json" in err
    first = json.loads((scan / "analyze/summary.json").read_text())["points"][0]
    plaquette = next(item for item in first["analysis"]["observables"] if item["name"] == "plaquette")
    assert abs(plaquette["mean"] - 0.7025) < 5 * plaquette["error"]
    assert first["values"] == {"action.gauge.beta": 2.5, "action.fermion.1.mass": 0.3}


def test_replicas_have_a_common_mean_elsewhere(scan, capsys):
    """A grid of seeds: the note names a command that averages them."""
    assert "replicas" not in _said(["analyze", "scan"], capsys)
    assert main(["scan", "in.toml", "--grid", "run.seed=1:3:1", "--name", "seeds", "--emit", "slurm"]) == 0
    for seed in (1, 2, 3):
        path = make_run(Path("seeds") / f"seed={seed}", n=200, seed=seed)
        manifest = json.loads((path / "manifest.json").read_text()) | {"physics": {"run": {"seed": seed}}}
        (path / "manifest.json").write_text(json.dumps(manifest))
    assert "lqcdnn analyze seeds/seed=*" in _said(["analyze", "seeds", "--html"], capsys)
    assert "lqcdnn analyze seeds/seed=*" in Path("seeds/analyze/report.html").read_text()
    common = _said(["analyze", *map(str, sorted(Path().glob("seeds/seed=*")))], capsys)
    assert "seeds/seed=1 + seeds/seed=2 + seeds/seed=3" in common


def _said(arguments, capsys):
    capsys.readouterr()
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_lists_are_named_where_they_are_left_out(scan, capsys):
    assert main(["analyze", "scan"]) == 0
    assert "lists" not in capsys.readouterr().out
    add_lists(scan / "beta=2.5,mass=0.3", 200)
    assert main(["analyze", "scan"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "lists are left out (flow_t2E_clover, pion, wilson_loop): lqcdnn analyze scan/POINT shows them" in said


def test_json_and_observable(scan, capsys):
    assert main(["analyze", "scan", "--json", "--observable", "condensate", "--thermalization", "150"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "scan"
    assert len(document["points"]) == 6
    assert document["points"][5]["analysis"] is None
    assert [item["name"] for item in document["points"][0]["analysis"]["observables"]] == ["condensate"]
    assert document["points"][0]["analysis"]["thermalization"]["trajectory"] == 150


def test_page_and_pictures(scan, capsys):
    pytest.importorskip("matplotlib")
    assert main(["analyze", "scan", "--observable", "plaquette", "--html", "--plot"]) == 0
    names = {path.name for path in (scan / "analyze").iterdir()}
    assert names == {"summary.json", "report.html", "plots.pdf", "plot_plaquette.png", "plot_acceptance.png"}
    text = (scan / "analyze/report.html").read_text()
    assert text.count('role="img"') == 3
    assert "mass = 0.3" in text
    same = "wilson beta 2.7; staggered Nf 4 mass 0.3 boundary +++-"
    assert f"<dt>action</dt><dd>{same}</dd>" in text
    resolved = scan / "beta=2.6,mass=0.3/resolved.toml"
    resolved.write_text(resolved.read_text().replace("beta = 2.7", "beta = 2.6"))
    assert main(["analyze", "scan", "--html", "page.html"]) == 0
    text = Path("page.html").read_text()
    assert text.startswith("<!doctype html>")
    assert f"<dt>action</dt><dd>{same} (at beta=2.5,mass=0.3)</dd>" in text


def test_derived_quantities_and_cost(scan, capsys):
    cost = {"first": 1, "trajectory": 200, "start": False, "threads": 1, "cpu_update": 40.0, "cpu": 50.0, "wall": 99.0}
    (scan / "beta=2.6,mass=0.3/timing.jsonl").write_text(json.dumps(cost) + "\n")
    assert main(["analyze", "scan", "--observable", "plaquette", "--derive", "twice = 2*plaquette"]) == 0
    tables = [part.splitlines() for part in capsys.readouterr().out.split("\n\n")]
    derived = next(table for table in tables if " twice " in table[0])
    column = derived[0].split().index("twice")
    assert float(derived[1].split()[column].partition("(")[0]) == pytest.approx(1.405, abs=0.01)
    times = next(table for table in tables if table[0].endswith("CPU s/traj"))
    assert [row.split()[-1] for row in times[1:]] == ["-", "-", "0.25", "-", "-", "-"]


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
    capsys.readouterr()
    assert main(["analyze", "scan", "--fit", "m = cosh(spin, 1, 2)"]) == 2
    assert capsys.readouterr().err.endswith("'spin'; not started)\n")  # no advice to run the scan
    (scan / "scan.json").write_text("{")
    assert main(["analyze", "scan"]) == 3


def test_page_of_one_run_and_of_two(scan, capsys):
    first, second = "scan/beta=2.5,mass=0.3", "scan/beta=2.5,mass=0.4"
    assert main(["analyze", first, "--html", "one.html"]) == 0
    assert "Analysis of" in Path("one.html").read_text()
    assert main(["analyze", first, second, "--html", "two.html"]) == 0
    assert "Comparison of" in Path("two.html").read_text()


def lattices(folder, length):
    """Five lattices with a series "mode" of that length: tau_int = 0.5 L^1.5 / 2, mean 2 + 3/L."""
    shapes = ",".join(f"[{extent},{extent},{extent},{extent}]" for extent in EXTENTS)
    for extent, path in zip(EXTENTS, begun(folder, "--grid", f"lattice.shape={shapes}"), strict=True):
        done(make_run(path, n=200, seed=extent), 200)
        values = 2.0 + 3.0 / extent + 0.1 * ar1(length, 0.25 * extent**1.5, np.random.default_rng(extent))[:, 0]
        lines = [json.dumps({"trajectory": i + 1, "mode": value}) for i, value in enumerate(values)]
        (path / "measure/mode.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def five_lattices(tmp_path_factory):
    return lattices(tmp_path_factory.mktemp("lattices"), 8000)


@pytest.fixture(scope="module")
def short_ones(tmp_path_factory):
    return lattices(tmp_path_factory.mktemp("short"), 400)


@pytest.fixture
def slow(five_lattices, tmp_path, monkeypatch):
    return copied(five_lattices, tmp_path, monkeypatch)


@pytest.fixture
def short(short_ones, tmp_path, monkeypatch):
    return copied(short_ones, tmp_path, monkeypatch)


EXTENTS = (4, 6, 8, 12, 16)
FITS = {
    "z": "z = tau_power(mode, shape)",
    "e": "e = tau_exponential(mode, lattice.shape)",
    "size": "size = finite_size(mode, shape, 1)",
    "mean": "mean = tau_power(mode, mode)",
    "self": "self = finite_size(mode, mode, 1)",
    "none": "none = zero(shifted, shape)",
}


def test_fits_over_the_points(slow, capsys):
    arguments = [word for text in FITS.values() for word in ("--fit", text)] + ["--derive", "shifted = mode - 2.5"]
    assert main(["analyze", "scan", "--thermalization", "0", *arguments, "--html", "page.html"]) == 0
    found = {fit["name"]: fit for fit in json.loads((slow / "analyze/summary.json").read_text())["fits"]}
    for name, parameter, truth in (("z", "z", 1.5), ("z", "c", 0.25), ("size", "A", 2.0), ("size", "b", 3.0)):
        value = found[name]["parameters"][parameter]
        assert abs(value["value"] - truth) < 4.0 * value["error"] < 0.5
    assert found["z"]["probability"] > 1e-4
    assert 5.0 < found["none"]["parameters"]["x0"]["value"] < 11.0  # a line through 2 + 3/L = 2.5 at L = 6
    assert found["e"]["chi2"] > found["z"]["chi2"]  # a power is not an exponential
    assert [x for x, _ in found["size"]["x"]] == list(EXTENTS)
    assert all(error > 0.0 for _, error in found["mean"]["x"])
    (x, dx), (y, dy) = (zip(*found["self"][key], strict=True) for key in "xy")
    assert found["self"]["parameters"]["b"]["error"] == finite_size(x, y, dy, 1.0, dx).slope_error
    out = capsys.readouterr().out.replace("\n      ", " ")
    assert "z = tau_power(mode, shape): c shape^z, c = 0.2" in out
    assert "for 3 degrees of freedom, p = " in out
    page = Path("page.html").read_text()
    assert "c exp(b lattice.shape)" in page
    assert page.count("fit of mode") >= 3


def test_points_without_the_series_are_left_out_of_a_fit(short, capsys):
    """Of the fitted one, or of the one it is fitted against; a scan may be analysed while it is under way."""
    names = [point["name"] for point in json.loads((short / "scan.json").read_text())["points"]]
    (short / names[0] / "measure/mode.jsonl").unlink()
    (short / names[1] / "measure/condensate.jsonl").unlink()
    fits = ("--fit", "size = finite_size(mode, shape, 1)", "--fit", "c = finite_size(mode, condensate, 1)")
    assert main(["analyze", "scan", *fits, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    size, against = document["fits"]
    assert size["points"] == names[1:]
    assert against["points"] == names[2:]
    assert f"{names[0]}: left out of the fit size: it has no series mode" in document["warnings"]
    assert f"{names[1]}: left out of the fit c: it has no series condensate" in document["warnings"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("z = tau_power(mode)", r"tau_power(SERIES, X)"),
        ("z = finite_size(mode, shape)", r"finite_size(SERIES, X, EXPONENT)"),
        ("z = tau_power(mode, shape, 8, 4)", "the range of shape from 8 to 4 is empty"),
        ("z = tau_power(mode, shape, 20, 40)", "two points or more with different shape between 20 and 40"),
        ("z = tau_power(mood, shape)", "no point has a series mood"),
        ("z = tau_power(mode, beta)", "beta is neither a key of the grid nor a series"),
        ("z = finite_size(mode, shape, -1)", "exponent must be positive, not -1"),
    ],
)
def test_fits_over_the_points_that_cannot_be_done(short, capsys, text, message):
    assert main(["analyze", "scan", "--fit", text]) == 2
    assert message in capsys.readouterr().err
    assert main(["analyze", "scan", "--fit", "z = tau_power(mode, shape)", "--fit", "z = tau_power(mode, shape)"]) == 2
    assert "defined twice" in capsys.readouterr().err


def test_points_that_share_random_numbers_are_noted_where_they_count_as_independent(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.toml").write_text(INPUT)
    for name, more in (("seeds", ("--grid", "run.seed=1,2")), ("own", ())):
        assert main(["scan", "in.toml", *GRID[:2], *more, "--name", name, "--emit", "slurm"]) == 0
        points = json.loads((tmp_path / name / "scan.json").read_text())["points"]
        for k, point in enumerate(points):
            make_run(tmp_path / name / point["name"], n=200, seed=k)
        fit = ("--fit", "z = finite_size(plaquette, beta, 1)")
        note = "draw the same random numbers"
        assert (note in " ".join(_said(["analyze", name, *fit], capsys).split())) == (name == "seeds")
        assert note not in " ".join(_said(["analyze", name], capsys).split())


def test_fits_over_a_grid_in_two_keys_go_along_one(scan, capsys):
    """One for each value of the other key; a line with too few points is noted, a single run refused."""
    assert main(["analyze", "scan", "--fit", "z = finite_size(plaquette, beta, 1)", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["fits"]
    assert [fit["where"] for fit in found] == [{"mass": 0.3}, {"mass": 0.4}]
    assert [len(fit["points"]) for fit in found] == [3, 2]
    assert main(["analyze", "scan", "--fit", "z = peak(plaquette, beta)"]) == 2
    assert "mass = 0.3: the parabola has no maximum between the points" in capsys.readouterr().err
    text = "z = zero(shifted, beta, 2.55, 2.75)"
    assert main(["analyze", "scan", "--derive", "shifted = plaquette - 0.7", "--fit", text]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "z = zero(shifted, beta, 2.55, 2.75) at mass = 0.3: b (beta - x0), x0 = " in out
    assert "note: mass = 0.4: no fit z: the fit needs two points or more with different beta between 2.55 and" in out
    assert main(["analyze", "scan", "--fit", "z = tau_power(plaquette, condensate)"]) == 2
    assert "condensate is no key of the grid, which has several" in capsys.readouterr().err
    assert main(["analyze", "scan/beta=2.5,mass=0.3", "--fit", "z = tau_power(plaquette, beta)"]) == 2
    assert "a fit over the points of a scan" in capsys.readouterr().err
