"""Runs on anisotropic lattices as a user makes them: resumed bit for bit, analysed, told from isotropic ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import (
    assert_resumes_in_pieces,
    assert_threads_do_not_matter,
    assert_verify_recomputes_plaquettes,
    generated,
    lqcdnn,
)

INPUT = head(
    [4, 4, 4], "SU(2)", 4.0, kind="symanzik", name="small", trajectories=8, thermalization=2, seed=7, save_every=4,
    checkpoint_every=3, initial="hot"
) + """\
anisotropy = 2.0
[guide.gauge]
anisotropy = 1.9
[update]
steps = 6
[observables.plaquette]
[observables.wilson_loop]
spatial = true
[observables.flow]
every = 2
time = 0.2
interval = 0.05
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("anisotropic"), INPUT)


def test_flow_and_loops_know_both_spacings(folder: Path) -> None:
    (line, *_), (loops, *_) = (
        [json.loads(text) for text in (folder / "small" / "measure" / name).read_text().splitlines()]
        for name in ("flow.jsonl", "wilson_loop.jsonl")
    )
    assert line["flow_options"]["anisotropy"] == 2.0
    parts = zip(line["flow_t2E_clover_space"], line["flow_t2E_clover_time"], strict=True)
    assert [a + b for a, b in parts] == pytest.approx(line["flow_t2E_clover"], rel=1e-14)
    assert len(loops["wilson_loop_space"]) == len(loops["wilson_loop_space"][0]) == 2


@pytest.mark.slow
def test_stopped_runs_go_on_with_the_same_bits(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 1, 8)


@pytest.mark.slow
def test_threads_do_not_matter(tmp_path: Path) -> None:
    assert_threads_do_not_matter(tmp_path, INPUT)


def test_verify_recomputes_plaquettes(folder: Path, tmp_path: Path) -> None:
    assert_verify_recomputes_plaquettes(folder, tmp_path, 6)


def test_no_reweighting_in_beta(folder: Path) -> None:
    done = lqcdnn(folder, "analyze", "small", "--reweight", "beta=4.1")
    assert done.returncode == 2
    assert "the mean plaquette does not give the action of an anisotropic lattice" in done.stderr


def test_another_anisotropy_is_another_run(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", "--set", "action.gauge.anisotropy=2.1")
    assert done.returncode == 2
    assert "action.gauge.anisotropy" in done.stderr


def test_flows_of_configuration_files_say_their_anisotropy(folder: Path) -> None:
    """Without an input the files do not know it: the flow is that of its own key."""
    path = "small/configs/cfg_00000006.h5"
    found = []
    for xi in ("1", "2"):
        (folder / "files.toml").write_text(f"[observables.flow]\ntime = 0.2\ninterval = 0.05\nanisotropy = {xi}.0\n")
        done = lqcdnn(folder, "measure", "--configs", "files.toml", path, "--json")
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout)[0]["flow_t2E_clover"])
    lines = (folder / "small" / "measure" / "flow.jsonl").read_text().splitlines()
    known = next(line for line in map(json.loads, lines) if line["trajectory"] == 6)["flow_t2E_clover"]
    assert found[1] == pytest.approx(known, rel=1e-12)
    assert found[0][-1] != pytest.approx(known[-1], rel=1e-2)
