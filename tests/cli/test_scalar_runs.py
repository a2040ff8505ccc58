"""Runs with a scalar field as a user makes them: resumed bit for bit, forked, repaired, converted, measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lqcdnn import load
from lqcdnn.jobs.library import measure_configuration, prepare
from lqcdnn.storage import checkpoint
from lqcdnn.storage.checkpoint import StorageWarning
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.journal import Journal
from tests.cli.runs import (
    GAUGE,
    GUIDED,
    SMALL,
    assert_resumes_in_pieces,
    assert_threads_do_not_matter,
    content,
    generated,
    lqcdnn,
    options,
    records,
)

TABLES = """[observables.higgs]
[observables.higgs_correlator]
every = 2
steps = [0, 2]
[action.scalar]
kappa = 0.3
lambda = 0.5
sweeps = 2
"""
INPUT = GAUGE.replace("steps = 4", "steps = 4\naccept_first = 2") + TABLES
GUIDE = "[guide.gauge]\nbeta = 2.0\n"
CONFIG = "small/configs/cfg_00000014.h5"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run, of which some trajectories are rejected: the guide has another beta."""
    return generated(tmp_path_factory.mktemp("scalar"), INPUT + GUIDE)


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    assert {line["accepted"] for line in records(folder / "small")[2:]} == {True, False}
    assert_resumes_in_pieces(folder, 0, 4, 12)
    assert lqcdnn(folder, "verify", "small").returncode == 0


@pytest.mark.slow
def test_beside_quarks_with_a_heavier_guide(tmp_path: Path) -> None:
    text = SMALL.replace("steps = 4", "steps = 8\naccept_first = 2") + TABLES + "[[guide.fermion]]\nmass = 0.6\n"
    assert_resumes_in_pieces(generated(tmp_path, text), 5, 12)
    assert lqcdnn(tmp_path, "generate", "in.toml", *options("run.trajectories=400", "run.name=long")).returncode == 0
    weights = np.exp([-line["dH"] for line in records(tmp_path / "long")[50:]])
    assert abs(weights.mean() - 1.0) < 4.0 * weights.std() / np.sqrt(weights.size) < 0.2
    lines = Journal(tmp_path / "long/measure/higgs.jsonl").records().records[50:]
    length, squares, hopping = (
        np.array([line[f"higgs_{name}"] for line in lines]) for name in ("length", "quartic", "hopping")
    )
    motion = length + 2.0 * 0.5 * (squares + length - 1.0) - 2.0 * 0.3 * 4 * hopping
    bins = motion[:350].reshape(25, -1).mean(axis=1)
    assert abs(bins.mean() - 2.0) < 4.0 * bins.std(ddof=1) / 5.0 < 0.2


@pytest.mark.slow
def test_a_training_goes_on_with_its_field(tmp_path: Path) -> None:
    """Stopped after every trajectory it is the same, also where the chain begins with links and field of its end."""
    text, again = GUIDED.replace("steps = 4", "steps = 8") + TABLES, tmp_path / "again"
    generated(tmp_path, text)
    again.mkdir()
    (again / "in.toml").write_text(text)
    codes = [75]
    while codes[-1] == 75:
        codes.append(lqcdnn(again, "generate", "in.toml", "--max-time", "0.001").returncode)
    assert len(codes) > 20
    assert content(again / "small") == content(tmp_path / "small")
    assert lqcdnn(again, "verify", "small").returncode == 0


@pytest.mark.slow
def test_threads_do_not_matter(tmp_path: Path) -> None:
    assert_threads_do_not_matter(tmp_path, INPUT + GUIDE)


def test_a_stored_configuration_is_measured_as_in_the_run(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "small", tmp_path / "small")
    shutil.copy(folder / "in.toml", tmp_path)
    series = Journal(tmp_path / "small/measure/higgs.jsonl")
    lines = series.records().records
    series.path.unlink()
    assert lqcdnn(tmp_path, "measure", "in.toml").returncode == 0
    again = series.records().records
    saved = [line for line in lines if line["trajectory"] in {one["trajectory"] for one in again}]
    assert len(saved) == 6
    assert again == saved
    done = lqcdnn(tmp_path, "measure", "--configs", CONFIG, "--observables", "higgs", "--json")
    (found,) = json.loads(done.stdout)
    assert {key: found[key] for key in lines[-1] if key.startswith("higgs")} == {
        key: value for key, value in lines[-1].items() if key.startswith("higgs")
    }
    whole = read_configuration(tmp_path / CONFIG)
    assert measure_configuration(whole, "higgs")["higgs_length"] == found["higgs_length"]
    np.testing.assert_allclose((np.abs(whole.scalar) ** 2).sum() / whole.scalar[..., 0, 0].size, found["higgs_length"])


def test_a_file_without_the_field_is_told(folder: Path, tmp_path: Path) -> None:
    plain = generated(tmp_path, GAUGE.replace("trajectories = 12", "trajectories = 2"))
    done = lqcdnn(plain, "measure", "--configs", "small/configs/cfg_00000004.h5", "--observables", "higgs")
    assert done.returncode == 2
    assert "holds no scalar field" in done.stderr


def test_formats_without_a_place_for_it_are_refused(folder: Path, tmp_path: Path) -> None:
    refused = lqcdnn(folder, "convert", CONFIG, str(tmp_path / "out.npy"))
    assert refused.returncode == 2
    assert "cannot hold the scalar field" in refused.stderr
    assert lqcdnn(folder, "convert", CONFIG, str(tmp_path / "out.h5")).returncode == 0
    before, after = read_configuration(folder / CONFIG), read_configuration(tmp_path / "out.h5")
    np.testing.assert_array_equal(before.scalar, after.scalar)
    refused = lqcdnn(folder, "convert", CONFIG, str(tmp_path / "fixed.h5"), "--gauge", "landau")
    assert refused.returncode == 2
    assert "holds a scalar field" in refused.stderr
    assert "2 components" in lqcdnn(folder, "show", CONFIG).stdout


def test_a_fork_and_a_start_from_a_file_take_the_field_along(folder: Path) -> None:
    none = "run.trajectories=0", "run.thermalization=0", "update.accept_first=0"
    done = lqcdnn(folder, "generate", "in.toml", "--fork", "forked", "--fork-at", "14", *options(*none))
    assert done.returncode == 0, done.stderr
    found, saved = checkpoint.load_latest(folder / "forked" / "checkpoint"), read_configuration(folder / CONFIG)
    assert found is not None
    np.testing.assert_array_equal(found[0]["scalar"], saved.scalar)
    simulation, state = prepare(load(folder / "in.toml", (f"run.initial={folder / CONFIG}",)))
    np.testing.assert_array_equal(simulation.lattice.to_user(state.scalar), saved.scalar)


def test_a_repaired_run_goes_on_with_the_field_of_a_configuration(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "small", tmp_path / "small")
    shutil.copy(folder / "in.toml", tmp_path)
    for path in checkpoint.paths(tmp_path / "small" / "checkpoint"):
        path.write_bytes(path.read_bytes()[:-40])
    assert lqcdnn(tmp_path, "generate", "in.toml").returncode == 3
    with pytest.warns(StorageWarning) as told:
        assert lqcdnn(tmp_path, "generate", "in.toml", "--repair").returncode == 0
    assert any("goes back to trajectory 14 (configuration" in str(one.message) for one in told)
    assert content(tmp_path / "small") == content(folder / "small")


def test_a_checkpoint_without_the_field_is_no_state(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "small", tmp_path / "small")
    shutil.copy(folder / "in.toml", tmp_path)
    found = checkpoint.load_latest(tmp_path / "small" / "checkpoint")
    assert found is not None
    for path in checkpoint.paths(tmp_path / "small" / "checkpoint"):
        path.unlink()
    rest = {name: value for name, value in found[1].items() if name != "serial"}
    checkpoint.save(tmp_path / "small" / "checkpoint", {"links": found[0]["links"]}, rest)
    refused = lqcdnn(tmp_path, "generate", "in.toml")
    assert refused.returncode == 3
    assert "holds no scalar" in refused.stderr
    assert "no scalar of finite numbers" in lqcdnn(tmp_path, "verify", "small").stdout


def test_tune_has_no_field_to_begin_with(folder: Path) -> None:
    refused = lqcdnn(folder, "bench", "--tune", "in.toml")
    assert refused.returncode == 2
    assert "action.scalar is not tuned" in refused.stderr
