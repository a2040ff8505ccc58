"""Runs that were made one by one as points of a scan: keys that differ, fits over them, seeds, what is refused."""

import json
from pathlib import Path

import pytest
from synthetic_run import make_run, with_physics

from lqcdnn.cli.main import main
from lqcdnn.jobs.scan.gathered import gather

BETA, MASS, STEPS, SEED = "action.gauge.beta", "action.fermion.1.mass", "update.steps", "run.seed"


def run(name, seed, **physics):
    known = {"lattice__shape": [4, 4, 4, 4], "run__seed": seed, "action__gauge__kind": "wilson", **physics}
    return with_physics(make_run(Path(name), n=150, seed=seed), **known)


@pytest.fixture
def loop(tmp_path, monkeypatch):
    """Runs over beta, as a loop of the shell leaves them, in the order of their names."""
    monkeypatch.chdir(tmp_path)
    for seed, beta in enumerate((2.6, 10.0, 2.7), start=3):
        run(f"b{beta:g}", seed, action__gauge__beta=beta, update__steps=int(10 * beta))
    return ["b10", "b2.6", "b2.7"]


def test_table_fits_and_files(loop, capsys):
    fit = ["--fit", "p = law(plaquette, beta, a + b/x)", "--fit", "z = zero(plaquette, action.gauge.beta)"]
    assert main(["analyze", *loop, "--observable", "plaquette", *fit, "--derive", "r = p.a + p.b/2.6"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == f"b10 + b2.6 + b2.7: runs as a scan of 3 points over {BETA}"
    assert [line.split()[0] for line in lines[2:6]] == ["beta", "2.6", "2.7", "10.0"]
    said = " ".join(out.split())
    assert "p = law(plaquette, beta, a + b/x): a = 0." in said
    assert "r = p.a + p.b/2.6: 0.70" in said
    assert f"the runs differ in {STEPS} too" in said
    assert "wrote" not in err
    assert main(["analyze", *loop, "--scan", "--observable", "plaquette", "-o", "out", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["keys"] == {BETA: "beta"}
    assert [point["name"] for point in document["points"]] == ["b2.6", "b2.7", "b10"]
    assert [path.name for path in Path("out").iterdir()] == ["summary.json"]


def test_a_key_of_the_update_is_one_where_it_is_asked_for(loop):
    assert list(gather(loop).grid) == [BETA]
    assert list(gather(loop, ["steps"]).grid) == [BETA, STEPS]
    assert list(gather(loop, [STEPS]).grid) == [BETA, STEPS]
    for name in loop:
        with_physics(Path(name), update__steps=int(float(name[1:])), run__seed=int(10 * float(name[1:])))
    assert gather(loop).grid == {STEPS: [2, 10], SEED: [26, 27, 100]}


def test_holes_absent_keys_and_seeds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("a", 1, action__gauge__beta=2.0, action__fermion__1__mass=0.1)
    run("b", 1, action__gauge__beta=2.0, action__fermion__1__mass=0.3)
    run("c", 2, action__gauge__beta=3.0, action__fermion__1__mass=0.1)
    run("d", 5, action__gauge__beta=3.0)
    found = gather(["d", "c", "b", "a"])
    assert found.grid == {BETA: [2.0, 3.0], MASS: [0.1, 0.3, "-"]}
    assert [point.name for point in found.points] == ["a", "b", "c", "d"]
    assert "same run.seed" in found.notes[0]
    again = run("e", 9, action__gauge__beta=3.0)
    assert list(gather(["a", "d", again]).grid) == [BETA, MASS, SEED]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["b2.6", "--scan"], "two run directories or more"),
        (["b2.6", "b2.7", "--scan", "--html"], "need a directory"),
        (["b2.6", "b2.7", "--scan", "-o", "o", "--fit", "z = zero(plaquette, mass)"], "mass is neither a key"),
        (["b2.6", "twin", "--scan"], "do not differ"),
        (["b2.6", "none", "--scan"], "none is not a run directory"),
    ],
)
def test_what_is_refused(loop, arguments, message, capsys):
    run("twin", 3, action__gauge__beta=2.6, update__steps=26)
    assert main(["analyze", *arguments]) == 2
    assert message in capsys.readouterr().err
