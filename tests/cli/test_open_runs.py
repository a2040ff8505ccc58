"""Runs with open time as a user makes them: resumed bit for bit, verified, measured, forked, refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from input_head import head
from reference import opentime as reference

from lqcdnn import measure_configuration
from lqcdnn.errors import InputError
from lqcdnn.storage.formats import read_configuration
from tests.cli.runs import (
    assert_files_need_the_input,
    assert_resumes_in_pieces,
    assert_threads_do_not_matter,
    assert_verify_recomputes_plaquettes,
    generated,
    lqcdnn,
    plaquette_of,
)

INPUT = head(
    [4, 2, 2, 4], "SU(3)", 5.7, lattice='time = "open"\n', name="small", trajectories=8, thermalization=2, seed=7,
    save_every=4, checkpoint_every=3, initial="hot"
) + """\
[guide.gauge]
beta = 5.6
[update]
steps = 6
[observables.plaquette]
[observables.topological_charge]
slices = true
[observables.energy]
every = 2
margin = 1
"""
FILES = '[lattice]\nshape = [4, 2, 2, 4]\ngroup = "SU(3)"\ntime = "open"\n[observables.plaquette]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("open"), INPUT)


def test_files_hold_links_of_the_group_and_say_so(folder: Path) -> None:
    planes = [reference.oblong(mu, nu, 1, 1) for nu in range(4) for mu in range(nu)]
    for number in (6, 10):
        found = read_configuration(folder / f"small/configs/cfg_{number:08d}.h5")
        assert found.attributes["time"] == "open"
        assert np.array_equal(found.links[-1][..., -1, :, :], np.broadcast_to(np.eye(3), (4, 2, 2, 3, 3)))
        mean = plaquette_of(folder / "small", number)
        assert mean == pytest.approx(reference.mean(found.links, planes), abs=1e-13)
        assert abs(found.plaquette - mean) > 1e-3


def test_stopped_and_resumed_gives_the_same_bytes(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 1, 4, 8)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hmc", "heatbath"])
def test_threads_give_the_same_bytes(kind: str, tmp_path: Path) -> None:
    text = INPUT
    if kind == "heatbath":
        text = INPUT.replace("[guide.gauge]\nbeta = 5.6\n", "")
        text = text.replace("steps = 6", 'kind = "heatbath"\noverrelaxation = 2')
    assert_threads_do_not_matter(tmp_path, text)


def test_another_boundary_is_refused_on_resume(folder: Path) -> None:
    for command in ("generate", "measure"):
        periodic = ("--set", "lattice.time=periodic", "--set", "observables.energy.margin=0")
        done = lqcdnn(folder, command, "in.toml", *periodic)
        assert done.returncode == 2
        assert "lattice.time: " in done.stderr


def test_verify_leaves_out_what_is_not_there(folder: Path, tmp_path: Path) -> None:
    assert_verify_recomputes_plaquettes(folder, tmp_path, 6)


def test_files_are_measured_as_the_input_says(folder: Path) -> None:
    assert_files_need_the_input(folder, FILES, 6, 'made with lattice.time = "open"')


def test_measured_from_python(folder: Path) -> None:
    path = folder / "small/configs/cfg_00000006.h5"
    table = {"shape": [4, 2, 2, 4], "group": "SU(3)", "time": "open"}
    for source in (path, read_configuration(path)):
        found = measure_configuration(source, ["plaquette"], tables={"lattice": table})
        assert found["plaquette"] == plaquette_of(folder / "small", 6)
    with pytest.raises(InputError, match="twist"):
        measure_configuration(path, ["plaquette"], tables={"lattice": {**table, "twist": {"xy": 1}}})


def test_a_fork_cuts_a_periodic_configuration_open(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT.replace('time = "open"\n', "").replace("margin = 1\n", ""))
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=0").returncode == 0
    fork = ("--fork", "cut", "--set", "lattice.time=open", "--set", "run.trajectories=4")
    done = lqcdnn(tmp_path, "generate", "in.toml", *fork)
    assert done.returncode == 0, done.stderr
    assert lqcdnn(tmp_path, "verify", "cut").returncode == 0
    links = read_configuration(tmp_path / "cut/configs/cfg_00000006.h5").links
    assert np.array_equal(links[-1][..., -1, :, :], np.broadcast_to(np.eye(3), (4, 2, 2, 3, 3)))


def test_reweighting_in_beta_is_refused(folder: Path) -> None:
    done = lqcdnn(folder, "analyze", "small", "--reweight", "beta=5.6")
    assert done.returncode == 2
    assert "where time is not periodic" in done.stderr
