"""Gauges as a user meets them: runs resumed and measured afterwards are the same, files, messages, the analysis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import assert_measured_afterwards_the_same, assert_resumes_in_pieces, generated, lqcdnn

INPUT = head(
    [4, 2, 2, 4], "SU(2)", 2.2, name="small", trajectories=6, thermalization=2, seed=7, save_every=2, checkpoint_every=2
) + """\
[update]
kind = "heatbath"
"""
GAUGES = """
[observables.gauge_fixing]
copies = 3
[observables.gluon_propagator]
copies = 3
[observables.coulomb_gluon_propagator]
every = 2
gauge = "coulomb"
[observables.ghost_propagator]
every = 2
"""
NAMES = ("gauge_fixing", "gluon_propagator", "coulomb_gluon_propagator", "ghost_propagator")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("gauges"), INPUT + GAUGES)


def test_resumed(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 3, 6)


def test_stored_configurations(folder: Path, tmp_path: Path) -> None:
    """Random starts are those of seed and trajectory, so they are the same afterwards."""
    assert_measured_afterwards_the_same(folder, tmp_path, GAUGES, NAMES, [4, 6, 8])


def test_files(folder: Path) -> None:
    file = "small/configs/cfg_00000004.h5"
    done = lqcdnn(folder, "measure", "--configs", file, "--observables", "gauge_fixing,gluon_propagator")
    assert done.returncode == 0, done.stderr
    assert "gauge_fixing_functional" in done.stdout.splitlines()[0]
    assert "momenta" in done.stdout
    options = [f"--set=observables.gauge_fixing.{key}" for key in ("steps=10", "tolerance=1e-20")]
    done = lqcdnn(folder, "measure", "--configs", file, "--observables", "gauge_fixing", *options)
    assert done.returncode == 5
    assert f"gauge_fixing of {file}: landau gauge: theta = " in done.stderr
    assert "more steps" in done.stderr


def test_analysis(folder: Path) -> None:
    """Sweeps and theta say nothing of where the chain is; momenta are the axes of the lists."""
    done = lqcdnn(folder, "analyze", "small", "--thermalization", "0", "--json", "--html")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    names = {one["name"] for one in found["observables"]}
    assert {"gauge_fixing_functional", "gluon_propagator.1", "coulomb_gluon_temporal.1", "ghost_propagator.2"} <= names
    assert not any("momenta" in name for name in names)
    assert "gluon propagator momenta (lattice units)" in (folder / "small/analyze/report.html").read_text()
