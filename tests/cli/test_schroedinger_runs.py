"""Runs between fixed links as a user makes them: resumed bit for bit, verified, measured, forked, refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from input_head import head
from reference import opentime
from reference import schroedinger as reference

from lqcdnn import measure_configuration
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.journal import Journal
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
    [4, 2, 2, 4], "SU(3)", 7.0, lattice='time = "schroedinger"\nschroedinger = {fields = "A"}\n', name="small",
    trajectories=8, thermalization=2, seed=7, save_every=4, checkpoint_every=3, initial="hot"
) + """\
ct = "one_loop"
[guide.gauge]
beta = 6.9
ct = 1.0
[update]
steps = 6
[observables.plaquette]
[observables.schroedinger]
[observables.energy]
every = 2
[analyze]
derive = ["g2 = 1 / schroedinger_inverse_coupling"]
"""
QUARKS = """
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = 0.2
csw = 1.3
ct_tilde = 0.95
theta = [0.4, 0.4, 0.4, 0.0]
hasenbusch = [0.6]
[[guide.fermion]]
mass = 0.25
csw = 1.2
[observables.schroedinger_correlators]
every = 2
"""
SEA = """
[lattice]
shape = [4, 2, 2, 5]
group = "SU(3)"
time = "schroedinger"
schroedinger = {fields = "A"}
[valence.sea]
kind = "wilson"
flavors = 2
mass = 0.2
csw = 1.3
ct_tilde = 0.95
theta = [0.4, 0.4, 0.4, 0.0]
[observables.schroedinger]
beta = 7.0
quarks = ["sea"]
vectors = 2
[observables.schroedinger_correlators]
"""
WITH_QUARKS = INPUT.replace("[4, 2, 2, 4]", "[4, 2, 2, 5]").replace('ct = "one_loop"\n', "").replace("ct = 1.0\n", "")
WITH_QUARKS = WITH_QUARKS.replace("[observables.schroedinger]", "[observables.schroedinger]\nvectors = 2") + QUARKS
LATTICE = {"shape": [4, 2, 2, 4], "group": "SU(3)", "time": "schroedinger", "schroedinger": {"fields": "A"}}
FILES = INPUT.partition("[run]")[0] + "[observables.plaquette]\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("fixed"), INPUT)


def test_files_hold_the_links_that_are_fixed_and_say_so(folder: Path) -> None:
    planes = [opentime.oblong(mu, nu, 1, 1) for nu in range(4) for mu in range(nu)]
    for number in (6, 10):
        found = read_configuration(folder / f"small/configs/cfg_{number:08d}.h5")
        assert found.attributes["time"] == "schroedinger"
        assert str(found.attributes["boundary_fields"]).startswith("-1.0471975511965976, 0.0, 1.0471975511965976; ")
        assert np.array_equal(found.links[-1][..., -1, :, :], np.broadcast_to(np.eye(3), (4, 2, 2, 3, 3)))
        assert np.abs(found.links - reference.fixed(found.links, *reference.ANGLES[3][:2])).max() < 1e-15
        mean = plaquette_of(folder / "small", number)
        assert mean == pytest.approx(opentime.mean(found.links, planes), abs=1e-13)


def test_stopped_and_resumed_gives_the_same_bytes(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 1, 4, 8)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hmc", "heatbath"])
def test_threads_give_the_same_bytes(kind: str, tmp_path: Path) -> None:
    text = INPUT
    if kind == "heatbath":
        text = INPUT.replace("[guide.gauge]\nbeta = 6.9\nct = 1.0\n", "")
        text = text.replace("steps = 6", 'kind = "heatbath"\noverrelaxation = 2')
    assert_threads_do_not_matter(tmp_path, text)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("lattice.schroedinger.eta=0.1",), "lattice.schroedinger.eta"),
        (("action.gauge.ct=0.9", "guide.gauge.ct=1.0"), "action.gauge.ct"),
    ],
)
def test_other_boundary_fields_and_another_weight_are_refused_on_resume(
    folder: Path, change: tuple[str, ...], key: str
) -> None:
    for command in ("generate", "measure"):
        done = lqcdnn(folder, command, "in.toml", *(word for option in change for word in ("--set", option)))
        assert done.returncode == 2
        assert f"{key}: " in done.stderr


def test_verify_leaves_out_what_is_not_there(folder: Path, tmp_path: Path) -> None:
    assert_verify_recomputes_plaquettes(folder, tmp_path, 6)


def test_files_are_measured_as_the_input_says(folder: Path) -> None:
    assert_files_need_the_input(folder, FILES, 6, 'made with lattice.time = "schroedinger"')


def test_measured_from_python(folder: Path) -> None:
    path = folder / "small/configs/cfg_00000006.h5"
    options = {"schroedinger": {"beta": 7.0, "ct": "one_loop"}}
    found = measure_configuration(path, ["schroedinger"], options, tables={"lattice": LATTICE})
    series = Journal(folder / "small/measure/schroedinger.jsonl").records().records
    (known,) = (record for record in series if record["trajectory"] == 6)
    for name in ("derivative", "inverse_coupling", "vbar"):
        assert found[f"schroedinger_{name}"] == known[f"schroedinger_{name}"]
    tables = {"lattice": {**LATTICE, "schroedinger": {"fields": "A", "eta": 0.1}}}
    told = measure_configuration(path, ["plaquette"], tables=tables)["warnings"]
    assert any("made with links fixed by the angles -1.047" in warning for warning in told)


def test_a_fork_fixes_the_links_of_a_periodic_configuration(tmp_path: Path) -> None:
    text = INPUT.replace('time = "schroedinger"\nschroedinger = {fields = "A"}\n', "")
    for line in ('ct = "one_loop"\n', "ct = 1.0\n", "[observables.schroedinger]\n"):
        text = text.replace(line, "")
    (tmp_path / "in.toml").write_text(text.partition("[analyze]")[0])
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=0").returncode == 0
    table = ("--set", "lattice.time=schroedinger", "--set", "lattice.schroedinger.fields=A")
    done = lqcdnn(tmp_path, "generate", "in.toml", "--fork", "fixed", *table, "--set", "run.trajectories=4")
    assert done.returncode == 0, done.stderr
    assert lqcdnn(tmp_path, "verify", "fixed").returncode == 0
    links = read_configuration(tmp_path / "fixed/configs/cfg_00000006.h5").links
    assert np.abs(links - reference.fixed(links, *reference.ANGLES[3][:2])).max() < 1e-15


def test_the_coupling_is_analysed_and_reweighting_in_beta_is_refused(folder: Path) -> None:
    done = lqcdnn(folder, "analyze", "small")
    assert done.returncode == 0, done.stderr
    assert "g2 " in done.stdout
    assert "schroedinger_vbar" in done.stdout
    done = lqcdnn(folder, "analyze", "small", "--reweight", "beta=6.9")
    assert done.returncode == 2
    assert "where time is not periodic" in done.stderr


@pytest.mark.slow
def test_quarks_resumed_bit_for_bit_verified_and_measured_from_files(tmp_path: Path) -> None:
    """Mass preconditioning, a guide, an odd number of slices; the sea is named for files without a run."""
    folder = generated(tmp_path, WITH_QUARKS)
    assert_resumes_in_pieces(folder, 1, 4, 8)
    assert lqcdnn(folder, "verify", "small").returncode == 0
    changes = ("--set", "action.fermion.1.ct_tilde=0.9", "--set", "guide.gauge.beta=6")
    done = lqcdnn(folder, "generate", "in.toml", *changes)
    assert done.returncode == 2
    assert "action.fermion.1.ct_tilde: " in done.stderr
    (folder / "files.toml").write_text(SEA)
    path = "small/configs/cfg_00000006.h5"
    assert lqcdnn(folder, "measure", "files.toml", "--configs", path, "-o", "found.json").returncode == 0
    (found,) = json.loads((folder / "found.json").read_text())
    for name in ("schroedinger", "schroedinger_correlators"):
        series = Journal(folder / f"small/measure/{name}.jsonl").records().records
        (known,) = (record for record in series if record["trajectory"] == 6)
        for key, value in known.items():
            if key.startswith(("schroedinger_f", "schroedinger_k")):
                assert found[key] == pytest.approx(value, rel=1e-9)
    # noise has the seed of the run, and of files another one; plaquettes have none
    assert found["schroedinger_quark_derivative"] != 0.0


@pytest.mark.slow
def test_threads_do_not_matter_to_quarks(tmp_path: Path) -> None:
    assert_threads_do_not_matter(tmp_path, WITH_QUARKS)
