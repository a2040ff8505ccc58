"""Runs with exact determinants as a user makes them: learned couplings, the same bytes in pieces, what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import content, lqcdnn, records

INPUT = head(
    [4, 8], "U(1)", 2.0, name="slmc", trajectories=60, thermalization=4, seed=7, save_every=20, checkpoint_every=3,
    initial="hot"
) + """\
[[action.fermion]]
kind = "staggered"
flavors = 1
mass = 0.2
determinant = "exact"
[guide]
fermion = []
[guide.gauge]
beta = 2.0
[[guide.gauge.term]]
loops = "polyakov_time"
coefficient = 0.0
[train]
couplings = ["beta", "term.1", "constant"]
optimizer = "least_squares"
rate = 1.0
trajectories = 100
thermalization = 5
[update]
kind = "slmc"
overrelaxation = 1
sweeps = 2
accept_first = 3
[observables.plaquette]
"""
KEYS = ["trajectory", "dH", "accepted", "acceptance_probability", "H", "plaquette", "solves", "cg_iterations",
        "residual", "check"]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    folder = tmp_path_factory.mktemp("slmc")
    (folder / "in.toml").write_text(INPUT)
    done = lqcdnn(folder, "generate", "in.toml")
    assert done.returncode == 0, done.stderr
    assert "acceptance" in done.stdout
    return folder


def test_couplings_are_learned(folder: Path) -> None:
    history = [json.loads(line) for line in (folder / "slmc/train/history.jsonl").read_text().splitlines()]
    assert len(history) == 100
    learned = history[-1]["couplings"]
    assert learned["beta"] != 2.0
    assert learned["term.1"] != 0.0
    late = [one["loss"] for one in history[50:]]
    assert sum(late) / len(late) < 0.2


def test_the_journal(folder: Path) -> None:
    found = records(folder / "slmc")
    assert [one["trajectory"] for one in found] == list(range(1, 65))
    assert all(list(one) == KEYS for one in found[3:])
    assert all(one["forced"] for one in found[:3])
    accepted = [one["accepted"] for one in found[3:]]
    assert 0.6 < sum(accepted) / len(accepted) < 1.0


def test_in_pieces_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT)
    for last in (7, 60):
        done = lqcdnn(tmp_path, "generate", "in.toml", "--set", f"run.trajectories={last}")
        assert done.returncode == 0, done.stderr
    assert content(tmp_path / "slmc") == content(folder / "slmc")


def test_what_is_said_of_it(folder: Path) -> None:
    analyzed = lqcdnn(folder, "analyze", "slmc")
    assert analyzed.returncode == 0, analyzed.stderr
    assert "exp(-dH)" in analyzed.stdout
    cited = lqcdnn(folder, "cite", "in.toml").stdout
    assert "1610.03137" in cited
    assert "2010.11900" in cited
    assert "2103.11965" not in cited
    poor = lqcdnn(
        folder, "generate", "in.toml", "--set=run.name=poor", "--set=guide.gauge.beta=0.1", "--set=train.trajectories=1"
    )
    assert poor.returncode == 0, poor.stderr
    said = lqcdnn(folder, "analyze", "poor").stdout
    assert "train couplings of the guide, or give it more terms" in " ".join(said.split())
