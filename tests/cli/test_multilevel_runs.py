"""The multilevel algorithm as a user runs it: the chain does not see it, resumed and stored are the same, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import assert_resumes_in_pieces, content, generated, lqcdnn, process

INPUT = head(
    [4, 4, 4], "SU(2)", 3.0, name="small", trajectories=6, thermalization=2, seed=7, save_every=2, checkpoint_every=2
) + """\
[update]
kind = "heatbath"
overrelaxation = 1
"""
MULTILEVEL = """
[observables.polyakov_correlator]
[observables.polyakov_multilevel]
every = 2
updates = 3
[observables.thick_polyakov_multilevel]
slab = [4, 2]
updates = [2, 2]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("multilevel"), INPUT + MULTILEVEL)


def values(folder: Path, name: str = "polyakov_multilevel") -> dict[int, list[float]]:
    lines = (folder / f"small/measure/{name}.jsonl").read_text().splitlines()
    return {record["trajectory"]: record[name] for record in map(json.loads, lines)}


def test_the_chain_does_not_see_it(folder: Path, tmp_path: Path) -> None:
    generated(tmp_path, INPUT)
    alone, both = content(tmp_path / "small"), content(folder / "small")
    assert alone == {name: data for name, data in both.items() if not name.startswith("measure/")}
    assert len(alone) == 4
    assert len(both) == 7


def test_resumed(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 3, 6)


@pytest.mark.slow
def test_threads(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT + MULTILEVEL)
    assert process(tmp_path, "generate", "in.toml", "--threads", "2").returncode == 0
    assert content(tmp_path / "small") == content(folder / "small")


def test_stored_configurations(folder: Path, tmp_path: Path) -> None:
    """Measured afterwards, from the run without the tables and from files, it is what the run itself found."""
    generated(tmp_path, INPUT)
    options = ["--observables", "polyakov_multilevel", "--set", "observables.polyakov_multilevel.updates=3"]
    done = lqcdnn(tmp_path, "measure", "small/resolved.toml", *options)
    assert done.returncode == 0, done.stderr
    found, expected = values(tmp_path), values(folder)
    assert sorted(found) == [4, 6, 8]
    assert found == {trajectory: expected[trajectory] for trajectory in found}
    file = "small/configs/cfg_00000004.h5"
    beta = ["--set", "observables.polyakov_multilevel.beta=3.0", "--seed", "7"]
    done = lqcdnn(tmp_path, "measure", "--configs", file, *options, *beta, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["polyakov_multilevel"] == found[4]


def test_refused(folder: Path) -> None:
    file = "small/configs/cfg_00000004.h5"
    done = lqcdnn(folder, "measure", "--configs", file, "--observables", "polyakov_multilevel")
    assert done.returncode == 2
    assert "observables.polyakov_multilevel.beta: missing; allowed: a number >= 0" in done.stderr
    done = lqcdnn(folder, "generate", "in.toml", "--set", "action.gauge.kind=symanzik", "--set", "run.name=other")
    assert done.returncode == 2
    assert "in.toml" in done.stderr
    assert 'given with action.gauge.kind = "symanzik"' in done.stderr


def test_free_energy(folder: Path) -> None:
    fit = "F = free_energy(thick_polyakov_multilevel)"
    done = lqcdnn(folder, "analyze", "small", "--thermalization", "0", "--fit", fit, "--json")
    assert done.returncode == 0, done.stderr
    assert '"F.1"' in done.stdout
    assert '"F.0"' not in done.stdout
