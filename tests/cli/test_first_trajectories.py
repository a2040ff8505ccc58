"""What is done otherwise at the start of a chain: acceptance without a test, and no measurements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lqcdnn.config import load_text
from lqcdnn.jobs.library import prepare
from lqcdnn.jobs.probe import SERIES_BYTES, estimate
from lqcdnn.jobs.verify import verify
from lqcdnn.storage.journal import Journal
from tests.cli.runs import GUIDED, SMALL, content, generated, lqcdnn


def forced(text: str) -> str:
    """A chain of so few steps that nothing would be accepted, with four trajectories that are all the same."""
    longer = text.replace("thermalization = 2", "thermalization = 6").replace("trajectories = 12", "trajectories = 4")
    return longer.replace("steps = 4", "steps = 2\nlength = 4.0\naccept_first = 4")


RHMC = SMALL.replace("flavors = 4", "flavors = 2")
SLHMC = GUIDED.replace("trajectories = 10", "trajectories = 3")
KINDS = {"HMC": forced(SMALL), "RHMC": forced(RHMC), "SLHMC": forced(SLHMC)}


def journal(folder: Path) -> list[dict[str, Any]]:
    return Journal(folder / "small/journal.jsonl").records().records


@pytest.mark.parametrize("kind", ["HMC", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("RHMC", "SLHMC"))])
def test_first_trajectories_are_accepted_and_resumed(kind: str, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(KINDS[kind])
    done = lqcdnn(tmp_path, "generate", "in.toml", "--json")
    assert done.returncode == 0, done.stderr
    assert "trajectories 1 to 4 are accepted whatever dH is (update.accept_first)" in done.stderr
    records = journal(tmp_path)
    assert [n for n, r in enumerate(records, start=1) if r.get("forced")] == [1, 2, 3, 4]
    assert [n for n, r in enumerate(records, start=1) if "accepted" in r] == [5, 6, 7, 8, 9, 10]
    assert all("acceptance_probability" not in r for r in records[:4])
    assert min(r["dH"] for r in records[:4]) > 20.0  # which no test accepts
    assert len({r["plaquette"] for r in records[:4]}) == 4
    assert not any(r["accepted"] for r in records[4:])
    assert json.loads(done.stdout)["acceptance"] == 0.0
    assert json.loads((tmp_path / "small/status.json").read_text())["acceptance"] == 0.0
    assert verify(tmp_path / "small").sound
    whole = content(tmp_path / "small")
    (tmp_path / "small").rename(tmp_path / "whole")
    starts = 0
    while lqcdnn(tmp_path, "generate", "in.toml", "--max-time", "0.000001").returncode == 75:
        starts += 1
    assert starts >= 9
    assert content(tmp_path / "small") == whole


def test_status_of_a_trajectory_without_a_test(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(KINDS["HMC"])
    assert lqcdnn(tmp_path, "generate", "in.toml", "--max-time", "0.000001").returncode == 75
    shown = lqcdnn(tmp_path, "status", "small").stdout
    assert ", accepted whatever it is (update.accept_first)" in shown
    assert "acceptance" not in shown
    assert json.loads(lqcdnn(tmp_path, "status", "small", "--json").stdout)["last"]["forced"] is True


def test_other_numbers_of_first_trajectories_are_other_physics(tmp_path: Path) -> None:
    generated(tmp_path, KINDS["HMC"])
    before = content(tmp_path / "small")
    for number in (0, 5):
        refused = lqcdnn(tmp_path, "generate", "in.toml", "--set", f"update.accept_first={number}")
        assert refused.returncode == 2
        assert f"update.accept_first: 4 in the run, {number} now" in refused.stderr
    assert content(tmp_path / "small") == before
    checked = lqcdnn(tmp_path, "validate", "in.toml")
    assert "the first 4 trajectories accepted whatever dH is" in checked.stdout


def test_verify_finds_a_force_in_the_wrong_place(tmp_path: Path) -> None:
    generated(tmp_path, KINDS["HMC"])
    records, path = journal(tmp_path), tmp_path / "small/journal.jsonl"
    del records[1]["forced"], records[7]["accepted"], records[7]["acceptance_probability"]
    records[7]["forced"] = True
    path.unlink()
    with Journal(path) as new:
        for record in records:
            new.append(record)
    found = verify(tmp_path / "small")
    assert not found.sound
    assert "line 2: forced is false, but update.accept_first is 4" in found.text()
    assert "line 8: forced is true, but update.accept_first is 4" in found.text()


def test_training_starts_the_same_way() -> None:
    simulation, state = prepare(load_text(KINDS["SLHMC"]))
    assert [update.step(state)[1].accepted for update in (simulation.prior(), simulation.update())] == [None, None]


def measured(folder: Path, name: str) -> list[int]:
    return [record["trajectory"] for record in Journal(folder / f"small/measure/{name}.jsonl").records().records]


QUIET = SMALL.replace("thermalization = 2", "thermalization = 5\nmeasure_thermalization = false")


def test_nothing_is_measured_during_thermalization(tmp_path: Path) -> None:
    generated(tmp_path, QUIET)
    assert measured(tmp_path, "plaquette") == list(range(6, 18))
    assert measured(tmp_path, "polyakov") == [6, 8, 10, 12, 14, 16]
    assert not verify(tmp_path / "small").text().count("not measured")
    quiet = content(tmp_path / "small")
    other = tmp_path / "other"
    other.mkdir()
    generated(other, QUIET.replace("false", "true"))
    assert measured(other, "plaquette") == list(range(1, 18))
    loud = content(other / "small")
    assert {name for name in loud if loud[name] != quiet.get(name)} == {
        "measure/plaquette.jsonl", "measure/polyakov.jsonl", "measure/condensate.jsonl"
    }  # fmt: skip
    assert lqcdnn(tmp_path, "measure", "in.toml").returncode == 0  # of what is stored, which is none of it
    assert min(measured(tmp_path, "polyakov")) == 6
    assert "every 4), from trajectory 6 on" in lqcdnn(tmp_path, "validate", "in.toml").stdout


def test_a_run_that_could_not_measure_goes_on_without(tmp_path: Path) -> None:
    """The exit of the solver names the key, and the key may be set for the run that is there."""
    heavy = SMALL.replace("mass = 0.5", "mass = 500.0\nmax_iterations = 3")
    (tmp_path / "in.toml").write_text(heavy + "[observables.pion]\nmass = 0.001\n")
    failed = lqcdnn(tmp_path, "generate", "in.toml")
    assert failed.returncode == 5
    assert "pion of trajectory 1: " in failed.stderr
    assert "during thermalization run.measure_thermalization = false does without measurements" in failed.stderr
    later = lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.measure_thermalization=false")
    assert later.returncode == 5
    assert "pion of trajectory 3: " in later.stderr
    assert "measure_thermalization" not in later.stderr


def test_dry_run_counts_what_is_measured() -> None:
    loud, quiet = (estimate(load_text(QUIET.replace("false", word))) for word in ("true", "false"))
    assert loud.disk_bytes - quiet.disk_bytes == SERIES_BYTES * (5 + 2 + 1)


def test_bad_values_are_refused_with_key_and_range(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    for setting, words in (
        ("update.accept_first=3", "update.accept_first: found 3; allowed: 0 to run.thermalization = 2"),
        ("run.measure_thermalization=2", "run.measure_thermalization: found 2; allowed: true or false"),
    ):
        refused = lqcdnn(tmp_path, "generate", "in.toml", "--set", setting)
        assert refused.returncode == 2
        assert words in refused.stderr
    assert not (tmp_path / "small").exists()
