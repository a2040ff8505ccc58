"""Runs that measure projected links: resumed and on threads bit for bit, afterwards the same, copies by the seed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from input_head import head

from lqcdnn.config import load_text
from lqcdnn.report.references.citations import used_by
from tests.cli.runs import (
    assert_measured_afterwards_the_same,
    assert_resumes_in_pieces,
    assert_threads_do_not_matter,
    generated,
    lqcdnn,
)

TABLES = """\
[observables.wilson_loop]
[observables.center_wilson_loop]
links = "center"
[observables.removed_wilson_loop]
links = "without"
[observables.monopoles]
links = "abelian"
[observables.center_vortices]
links = "center"
[observables.gauge_fixing]
gauge = "center"
copies = 3
"""
INPUT = head(
    [4, 4, 4], "SU(2)", 4.0, name="small", trajectories=4, thermalization=2, seed=7, save_every=2,
    checkpoint_every=1, initial="hot"
) + """\
[update]
kind = "heatbath"
[projection.without]
kind = "vortex_removed"
copies = 3
[projection.abelian]
kind = "abelian"
copies = 2
[projection.center]
kind = "center"
copies = 3
""" + TABLES
LARGE = INPUT.replace("[4, 4, 4]", "[4, 2, 2, 4]").replace("SU(2)", "SU(3)").replace("beta = 4.0", "beta = 5.7")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("projected"), INPUT)


def records(folder: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / f"small/measure/{name}.jsonl").read_text().splitlines()]


def test_series(folder: Path) -> None:
    """Loops of the centre are +-1 in the mean; their plaquette is 1 - 2 p, p the share of vortices with time."""
    lines = zip(records(folder, "center_wilson_loop"), records(folder, "center_vortices"), strict=True)
    for loops, vortices in lines:
        plaquette = 1.0 - 2.0 * vortices["center_vortices_time"]
        assert loops["center_wilson_loop"][0][0] == pytest.approx(plaquette, abs=1e-14)
        assert loops["center_wilson_loop_links"]["projection"] == "center"
    starts = records(folder, "gauge_fixing")
    assert all(len(set(one["gauge_fixing_starts"])) > 1 for one in starts)
    done = lqcdnn(folder, "analyze", "small")
    assert "center_wilson_loop.2.2" in done.stdout
    assert "center_vortices_density" in done.stdout
    assert "center_vortices_gauge_functional" in done.stdout
    assert "projection center" in lqcdnn(folder, "validate", "in.toml").stdout
    for line, of in zip(records(folder, "center_vortices"), starts, strict=True):
        assert line["center_vortices_gauge_functional"] == of["gauge_fixing_functional"]


def test_stopped_runs_go_on_with_the_same_bits(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 2, 4)


def test_measured_afterwards_the_same(folder: Path, tmp_path: Path) -> None:
    names = ("center_wilson_loop", "removed_wilson_loop", "monopoles", "center_vortices")
    assert_measured_afterwards_the_same(folder, tmp_path, TABLES, names, [4, 6])


def test_another_projection_is_not_mixed_in(folder: Path) -> None:
    done = lqcdnn(folder, "measure", "in.toml", "--set", "projection.center.copies=2")
    assert done.returncode == 2
    assert "center_vortices_links" in done.stderr or "center_wilson_loop_links" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("text", [INPUT, LARGE])
def test_threads_do_not_matter(text: str, tmp_path: Path) -> None:
    assert_threads_do_not_matter(tmp_path, text)


def test_papers() -> None:
    used = set(used_by(load_text(INPUT)))
    assert {"Kronfeld1987", "DeGrandToussaint1980", "DelDebbio1998", "deForcrandDElia1999", "Gribov1978"} <= used
    used = set(used_by(load_text(INPUT.replace(TABLES, '[observables.plaquette]\nlinks = "abelian"\n'))))
    assert "Kronfeld1987" in used
    assert not {"DeGrandToussaint1980", "DelDebbio1998"} & used
