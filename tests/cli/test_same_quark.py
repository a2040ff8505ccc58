"""What an input says of the quarks of a run and of valence quarks when more is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.runs import Done, generated, lqcdnn, options

TEXT = """
[lattice]
shape = [4, 8]
group = "U(1)"
[run]
name = "small"
trajectories = 2
seed = 3
[action.gauge]
beta = 2.0
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = 0.3
csw = 1.0
[valence.q]
kind = "wilson"
mass = 0.3
csw = 1.0
[update]
steps = 2
[observables.condensate]
method = "exact"
[observables.q_condensate]
fermion = "q"
method = "exact"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated(tmp_path_factory.mktemp("quark"), TEXT)


def measured(folder: Path, *changes: str) -> Done:
    return lqcdnn(folder, "measure", "in.toml", *options(*changes))


@pytest.mark.parametrize("change", ['clover="exponential"', "csw=1.2", "csw_time=1.2", "twisted_mass=0.1"])
def test_another_quark_is_refused(change: str, folder: Path) -> None:
    name, value = change.replace('"', "").split("=")
    of_run, of_valence = measured(folder, f"action.fermion.1.{change}"), measured(folder, f"valence.q.{change}")
    assert of_run.returncode == of_valence.returncode == 2
    assert f"action.fermion.1.{name}: " in of_run.stderr
    assert f"{value} in the input" in of_run.stderr
    assert f"q_condensate_quark.{name} = " in of_valence.stderr


def test_what_is_so_anyhow_may_be_said(folder: Path) -> None:
    said = ('clover="linear"', "csw_time=1.0", "twisted_mass=0.0", 'representation="fundamental"', "theta=[0,0]")
    for place in ("action.fermion.1", "valence.q"):
        done = measured(folder, *(f"{place}.{option}" for option in said))
        assert done.returncode == 0, done.stderr
    record = json.loads((folder / "small/measure/q_condensate.jsonl").read_text().splitlines()[-1])
    assert record["q_condensate_quark"] == {"fermion": "q", "kind": "wilson", "csw": 1.0}
