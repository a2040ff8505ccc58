"""Runs of evolutions as a user makes them: resumed bit for bit, verified, analysed, measured again, forked, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import assert_resumes_in_pieces, content, generated, lqcdnn, process, records

INPUT = head([4, 8], "U(1)", 2.0, name="small", trajectories=60, thermalization=5, seed=7, save_every=10) + """\
[network.first]
masked = true
[[network.first.layer]]
loops = ["plaquette"]
initial = 0.04
[network.last]
masked = true
[[network.last.layer]]
loops = ["plaquette"]
initial = 0.02
[update]
kind = "heatbath"
[update.evolution]
start_beta = 1.0
steps = 4
between = 2
networks = ["first", "last"]
[observables.plaquette]
[observables.topological_charge]
every = 2
"""
DEFECT = INPUT.replace("start_beta = 1.0\n", "").replace(
    'networks = ["first", "last"]', "[update.evolution.defect]\nside = 2"
)
FERMIONS = head([2, 4, 2, 4], "SU(2)", 2.2, name="fermions", trajectories=2, seed=7) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[update]
steps = 20
integrator = "omelyan"
[update.evolution]
start_beta = 2.1
steps = 2
between = 1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("evolution"), INPUT)


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 3, 20, 60)


@pytest.mark.slow  # compiles kernels for several threads
def test_the_same_bits_with_two_threads(folder: Path) -> None:
    done = process(folder, "generate", "in.toml", "--set", "run.name=two", threads=2)
    assert done.returncode == 0, done.stderr
    assert content(folder / "two") == content(folder / "small")


def test_analysed_with_its_weights(folder: Path) -> None:
    assert all(line["work"] != 0.0 and "accepted" not in line for line in records(folder / "small"))
    assert lqcdnn(folder, "verify", "small").returncode == 0
    found = json.loads(lqcdnn(folder, "analyze", "small", "--json", "--html").stdout)
    assert found["reweighted"] == ["weights exp(-work)"]
    assert {"delta_F", "dissipation", "ess"} <= {item["name"] for item in found["derived"]}
    assert "effective sample size" in (folder / "small" / "analyze" / "report.html").read_text()
    assert "evolutions: effective sample size" in lqcdnn(folder, "analyze", "small").stdout
    said = lqcdnn(folder, "validate", "in.toml").stdout
    assert "layers of network first, last; one every 2 sweeps" in " ".join(said.split())
    assert "Jarzynski1997" in lqcdnn(folder, "cite", "in.toml").stdout
    assert lqcdnn(folder, "generate", "in.toml", "--dry-run", "--set", "run.name=dry").returncode == 0


def test_what_is_measured_afterwards_has_the_weights_too(folder: Path) -> None:
    text = INPUT.replace("every = 2", "every = 2\n[observables.polyakov]\nevery = 10")
    (folder / "more.toml").write_text(text)
    done = lqcdnn(folder, "measure", "more.toml")
    assert done.returncode == 0, done.stderr
    found = json.loads(lqcdnn(folder, "analyze", "small", "--json", "--observable", "polyakov").stdout)
    assert found["reweighted"] == ["weights exp(-work)"]
    assert all(item["n"] == 6 for item in found["observables"])


def test_a_checkpoint_has_the_start_chain(folder: Path) -> None:
    """A configuration alone is no state to go back to: the start chain is in checkpoints."""
    import h5py

    with h5py.File(next((folder / "small" / "checkpoint").glob("*.h5"))) as file:
        assert "replica.1" in file
    done = lqcdnn(folder, "generate", "in.toml", "--set", "run.name=torn", "--set", "run.trajectories=15")
    assert done.returncode == 0, done.stderr
    for path in (folder / "torn" / "checkpoint").glob("*.h5"):
        path.write_bytes(path.read_bytes()[:1000])
    done = lqcdnn(folder, "generate", "in.toml", "--set", "run.name=torn", "--repair")
    assert done.returncode == 3
    assert "no sound state that old is left" in done.stderr


def test_a_fork_begins_its_start_chain_with_the_end_of_an_evolution(folder: Path) -> None:
    changes = ("run.name=small", "run.trajectories=3", "update.evolution.start_beta=1.5")
    options = [word for change in changes for word in ("--set", change)]
    done = lqcdnn(folder, "generate", "in.toml", "--fork", "forked", *options)
    assert done.returncode == 0, done.stderr
    assert len(records(folder / "forked")) == 8


def test_a_defect(folder: Path) -> None:
    (folder / "defect.toml").write_text(DEFECT.replace('"small"', '"defect"'))
    done = lqcdnn(folder, "generate", "defect.toml", "--set", "run.trajectories=10")
    assert done.returncode == 0, done.stderr
    assert all(line["work"] > 0.0 for line in records(folder / "defect"))  # loops are switched on
    assert lqcdnn(folder, "analyze", "defect").returncode == 0


@pytest.mark.slow
def test_hmc_with_fermions(tmp_path: Path) -> None:
    generated(tmp_path, FERMIONS)
    for line in records(tmp_path / "fermions"):
        assert 0.0 <= line["start_accepted"] <= 1.0
        assert line["steps_accepted"] in (0.0, 0.5, 1.0)
        assert line["cg_iterations"] > 0
        assert line["work"] > 0.0
    assert lqcdnn(tmp_path, "verify", "fermions").returncode == 0


@pytest.mark.slow  # processes of their own
def test_a_scan_has_points_with_weights_and_no_curves(folder: Path) -> None:
    options = ("--name", "points", "--grid", "action.gauge.beta=1.8,2.0", "--set", "run.trajectories=30")
    done = lqcdnn(folder, "scan", "in.toml", *options)
    assert done.returncode == 0, done.stderr
    found = json.loads(lqcdnn(folder, "analyze", "points", "--json").stdout)
    assert all(point["analysis"]["reweighted"] == ["weights exp(-work)"] for point in found["points"])
    done = lqcdnn(folder, "analyze", "points", "--reweight", "beta=1.9,1.95")
    assert done.returncode == 2
    assert "ends of evolutions have weights" in done.stderr


def test_what_is_refused_ends_with_2(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", "--set", "run.name=no", "--set", "update.evolution.start_beta=2.0")
    assert done.returncode == 2
    assert "update.evolution.start_beta" in done.stderr
    done = lqcdnn(folder, "generate", "in.toml", "--set", "update.evolution.steps=5")
    assert done.returncode == 2
    assert "update.evolution.steps" in done.stderr
