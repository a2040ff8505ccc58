"""Runs with twisted boundary conditions as a user makes them: resumed bit for bit, verified, measured, refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from input_head import head
from reference import twist as reference

import lqcdnn as lqcdnn_package
from lqcdnn.errors import InputError
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.journal import Journal
from tests.cli.runs import (
    assert_files_need_the_input,
    assert_resumes_in_pieces,
    assert_verify_recomputes_plaquettes,
    content,
    generated,
    lqcdnn,
    process,
)

INPUT = head(
    [4, 2, 2, 4], "SU(3)", 5.7, lattice="twist = {xy = 1, zt = -1}\n", name="small", trajectories=8,
    thermalization=2, seed=7, save_every=4, checkpoint_every=3, initial="hot"
) + """\
[guide.gauge]
beta = 5.6
[update]
steps = 6
[observables.plaquette]
[observables.energy]
every = 2
"""
FILES = """
[lattice]
shape = [4, 2, 2, 4]
group = "SU(3)"
twist = {xy = 1, zt = 2}
[observables.plaquette]
"""
PLANES = ((0, 1, 1), (2, 3, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("twist"), INPUT)


def test_plaquettes_of_the_journal(folder: Path) -> None:
    records = {record["trajectory"]: record for record in Journal(folder / "small/journal.jsonl").records().records}
    for number in (6, 10):
        found = read_configuration(folder / f"small/configs/cfg_{number:08d}.h5")
        assert found.attributes["twist"] == "xy = 1, zt = 2"
        mean = reference.loop_sum(found.links, reference.plaquette_paths(4), PLANES) / (6 * 64 * 3)
        assert records[number]["plaquette"] == pytest.approx(mean, abs=1e-13)
        assert abs(found.plaquette - mean) > 1e-4


def test_stopped_and_resumed_gives_the_same_bytes(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 1, 4, 8)


@pytest.mark.slow
def test_threads_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT)
    assert process(tmp_path, "generate", "in.toml", "--threads", "3").returncode == 0
    assert content(tmp_path / "small") == content(folder / "small")


def test_verify_knows_the_twist(folder: Path, tmp_path: Path) -> None:
    assert_verify_recomputes_plaquettes(folder, tmp_path, 6)


def test_files_are_measured_with_the_twist_of_the_input(folder: Path) -> None:
    assert_files_need_the_input(folder, FILES, 6, "made with lattice.twist = {xy = 1, zt = 2}")


def test_measured_from_python(folder: Path) -> None:
    path = folder / "small/configs/cfg_00000006.h5"
    found = read_configuration(path)
    tables = {"lattice": {"shape": [4, 2, 2, 4], "group": "SU(3)", "twist": {"xy": 1, "zt": 2}}}
    expected = reference.loop_sum(found.links, reference.plaquette_paths(4), PLANES) / (6 * 64 * 3)
    for source in (path, found, found.links):
        record = lqcdnn_package.measure_configuration(source, "plaquette", tables=tables)
        assert record["plaquette"] == pytest.approx(expected, abs=1e-14)
    other = {"lattice": {"shape": [4, 4], "group": "SU(2)"}}
    with pytest.raises(InputError, match=r"lattice: the links are SU\(3\)"):
        lqcdnn_package.measure_configuration(found, "plaquette", tables=other)
    tables["lattice"]["twist"] = {"zt": 3}
    with pytest.raises(InputError, match=r"lattice\.twist\.zt"):
        lqcdnn_package.measure_configuration(found, "plaquette", tables=tables)


def test_planes_that_are_not_there_are_refused(folder: Path) -> None:
    (folder / "wrong.toml").write_text(FILES.replace("[4, 2, 2, 4]", "[4, 4]"))
    done = lqcdnn(folder, "measure", "--configs", "wrong.toml", "small/configs/cfg_00000006.h5")
    assert done.returncode == 2
    assert "wrong.toml:5: lattice.twist.xy: no such plane in d = 2" in done.stderr


def test_a_run_keeps_its_twist(folder: Path) -> None:
    for change in ("lattice.twist.xy=2", "lattice.twist.xt=1"):
        for command in ("generate", "measure"):
            done = lqcdnn(folder, command, "in.toml", "--set", change)
            assert done.returncode == 2
            assert change.partition("=")[0] in done.stderr
    (folder / "plain.toml").write_text(INPUT.replace("twist = {xy = 1, zt = -1}\n", ""))
    for command in ("generate", "measure"):
        done = lqcdnn(folder, command, "plain.toml")
        assert done.returncode == 2
        assert "lattice.twist.xy: 1 in the run, (absent)" in done.stderr


def test_converted_files_are_sound(folder: Path) -> None:
    for target in ("copy.nersc", "copy.h5"):
        done = lqcdnn(folder, "convert", "small/configs/cfg_00000006.h5", target)
        assert done.returncode == 0, done.stderr
    assert read_configuration(folder / "copy.h5").attributes["twist"] == "xy = 1, zt = 2"
